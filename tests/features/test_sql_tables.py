"""Which tables a SQL text reads: taken from the parse, pinned for the steps of the features."""

from __future__ import annotations

import pytest

from features.cache import dependencies
from features.cache.dependencies import family_dependencies
from features.feature_sets import FEATURE_SETS
from features.matrix import steps_read_by
from features.sql_tables import parse, parse_all, tables_read

PROJECT_TABLES = {
    "attendance": "attendance cases payments payrolls projects",
    "complaints": "cases complaints links projects",
    "deposits": "cases deposits payrolls projects",
    "disputes": "cases disputes projects",
    "history": "cases contracts inspections listings payments payrolls projects transfers",
    "operations": "cases contracts operations projects",
    "payments": "attendance cases payments payrolls projects",
    "reporting": "attendance cases payments payrolls projects",
    "stage": "cases organizations projects",
    "subcontracting": "cases contracts organizations projects",
    "transfers": "accounts cases payrolls projects transfers",
}
EMPLOYER_TABLES = {
    "complaints": "cases complaints links organizations",
    "history": "cases contracts inspections listings organizations payments payrolls transfers",
    "operations": "cases contracts operations organizations",
    "stage": "cases organizations",
    "utilities": "cases operations organizations",
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT pay FROM rolls", {"rolls"}),
        ("SELECT paid AS pay FROM rolls events WHERE events.stage > 0", {"rolls"}),
        ("SELECT * FROM main.rolls JOIN (SELECT * FROM paid) p USING (id)", {"rolls", "paid"}),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b) UNION ALL SELECT 1 FROM c", {*"abc"}),
        ("WITH tree AS (SELECT * FROM a) SELECT * FROM tree", {"a"}),
        ("WITH tree AS (SELECT * FROM a) SELECT * FROM main.tree", {"a", "tree"}),
        ("SELECT 1 -- FROM pay", set()),
    ],
)
def test_tables_read_leaves_out_columns_and_aliases_named_like_tables(sql, expected):
    assert tables_read(sql) == expected


def test_parse_counts_mentions_and_lists_columns():
    parsed = parse("SELECT f.has_cases FROM feeds f JOIN steps.feeds g ON g.as_of = f.as_of")
    assert sorted(parsed.tables) == [("", "feeds"), ("steps", "feeds")]
    assert parsed.columns == {"has_cases", "as_of"}


def test_parse_all_gives_the_names_of_each_text_in_the_order_asked():
    texts = ["SELECT 1 FROM b", "SELECT 1 FROM a", "SELECT 1 FROM b", "SELECT 1"]
    assert [parsed.tables for parsed in parse_all(texts)] == [
        (("", "b"),),
        (("", "a"),),
        (("", "b"),),
        (),
    ]
    assert parse_all([]) == []


def test_parse_all_refuses_texts_of_which_one_cannot_be_parsed_and_names_it():
    with pytest.raises(ValueError, match="SELECT FROM here"):
        parse_all(["SELECT 1 FROM before", "SELECT FROM here"])
    assert parse("SELECT 1 FROM before").tables == (("", "before"),)


@pytest.mark.parametrize("sql", ["SELECT FROM WHERE", "DROP TABLE pay"])
def test_parse_refuses_anything_but_a_select(sql):
    with pytest.raises(ValueError, match=sql):
        parse(sql)


@pytest.mark.parametrize(
    ("kind", "expected"), [("project", PROJECT_TABLES), ("employer", EMPLOYER_TABLES)]
)
def test_family_dependencies_are_the_pinned_tables(store, kind, expected):
    found = family_dependencies(store.for_kind(kind), FEATURE_SETS[kind].families)
    assert {name: " ".join(sorted(one.tables)) for name, one in found.items()} == expected


def test_the_code_of_a_family_changes_with_a_function_of_its_steps(store, monkeypatch):
    (payments,) = [one for one in FEATURE_SETS["project"].families if one.name == "payments"]
    before = family_dependencies(store, [payments])["payments"].code
    other = "CREATE OR REPLACE TEMP MACRO days_between(earlier, later) AS 0"
    monkeypatch.setattr(dependencies, "FUNCTIONS", (other,))
    assert family_dependencies(store, [payments])["payments"].code != before
    monkeypatch.undo()
    assert family_dependencies(store, [payments])["payments"].code == before


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "project",
            "known_organizations known_projects known_attendance known_cases feeds running"
            " cohort pay_months_asked rolls paid pay wage_months presence presence_months stakes",
        ),
        (
            "employer",
            "known_organizations known_projects known_cases known_operations running cohort"
            " last_months indicator_facts meters stakes",
        ),
    ],
)
def test_steps_read_by_returns_only_the_steps_needed_in_order(kind, expected):
    queries = ["SELECT * FROM stakes", "SELECT * FROM known_organizations"]
    assert " ".join(step.name for step in steps_read_by(queries, kind)) == expected
