"""The training set as a table: labels, maturity, how they were seen, draws, folds, groups."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from risk.calendar.dates import month_days
from training.analysis.training_table import training_table
from training.dataset.training_set import NoProjectsKnown

KNOWN_UNTIL = dt.date(2025, 7, 1)
"""Labels of as_ofs up to 2025-03-03 are mature: 90 days of horizon and 30 of maturity."""

DATES = [dt.date(2025, 1, 1), dt.date(2025, 4, 1)]


@pytest.fixture
def rows(world):
    for name in ("001", "002", "003"):
        world.project(name, contract_amount=123_456, sector="water")
    world.add(
        "cases",
        case_id="C1",
        project_id="001",
        opened_on="2025-02-01",
        status="confirmed",
        known_at="2025-02-02",
    )
    world.add(
        "inspections",
        inspection_id="I1",
        project_id="002",
        inspected_on="2025-03-31",
        arrears_found=False,
        known_at="2025-04-02",
    )
    table = training_table(world.store, DATES, KNOWN_UNTIL, draws={(DATES[0], "003"): 0.25})
    return table


def column(table, name, as_of):
    day = dt.datetime(as_of.year, as_of.month, as_of.day)
    chosen = [row for row in table.to_pylist() if row["as_of"] == day]
    return {row["project_id"]: row[name] for row in chosen}


def test_labels_are_null_where_they_are_not_mature(rows):
    # 001 has an open confirmed case from 2025-02-02 on and is no longer in the cohort.
    assert column(rows, "label", DATES[0]) == {"001": 1, "002": 0, "003": 0}
    assert column(rows, "label", DATES[1]) == {"002": None, "003": None}
    assert column(rows, "mature", DATES[0]) == {"001": True, "002": True, "003": True}
    assert column(rows, "mature", DATES[1]) == {"002": False, "003": False}
    assert column(rows, "expected_label", DATES[0]) == {"001": 1.0, "002": 0.0, "003": 0.0}


def test_how_a_label_was_seen(rows):
    # The last day of [2025-01-01, +90 days) is 2025-03-31.
    assert column(rows, "observed", DATES[0]) == {
        "001": "complaint",
        "002": "visit",
        "003": "none",
    }
    assert column(rows, "observed", DATES[1]) == {"002": "none", "003": "none"}
    assert column(rows, "observed_label", DATES[0]) == {"001": 1, "002": 0, "003": None}


def test_draws_groups_and_types(rows):
    assert column(rows, "draw_probability", DATES[0]) == {"001": None, "002": None, "003": 0.25}
    assert column(rows, "contract_amount", DATES[0])["001"] == 1234.56
    assert column(rows, "registered_capital", DATES[0])["001"] is None
    assert column(rows, "sector", DATES[1]) == {"002": "water", "003": "water"}
    assert column(rows, "contractor", DATES[1]) == {"002": "002", "003": "003"}
    schema = rows.schema
    assert schema.field("as_of").type == pa.timestamp("us")
    assert schema.field("project_id").type == pa.string()
    assert schema.field("unpaid_amount").metadata[b"unit"] == b"yuan"
    assert schema.field("unpaid_amount").metadata[b"direction"] == b"more risk"
    assert schema.field("unpaid_amount").metadata[b"article"] == b"31"
    assert schema.field("unpaid_amount").metadata[b"meaning_zh"].decode() == "未付工资金额"
    assert b"null_en" in schema.field("unpaid_amount").metadata
    assert all(field.metadata for field in schema)


def test_folds_are_those_of_the_walk_forward_splits(world):
    world.project("001", known_at="2023-01-02", started_on="2023-01-01")
    dates = month_days(dt.date(2023, 2, 1), dt.date(2025, 6, 1))
    table = training_table(world.store, dates, KNOWN_UNTIL)
    folds = {row["as_of"].date(): row["fold"] for row in table.to_pylist()}
    # 26 mature months; the second half in blocks of 4, 4 and the rest.
    assert [folds[day] for day in dates] == [None] * 13 + [1] * 4 + [2] * 4 + [3] * 5 + [None] * 3


def test_nothing_known_is_refused(world):
    with pytest.raises(NoProjectsKnown):
        training_table(world.store, DATES, KNOWN_UNTIL)
