"""Every simulated row satisfies the record contract and carries the mark of invention."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from risk.contract import KNOWN_AT, TABLES, FieldType
from risk.intake.credit_code import check_character

SHAPES = {
    FieldType.DATE: r"\d{4}-\d\d-\d\d",
    FieldType.MONTH: r"\d{4}-\d\d",
    FieldType.MONEY: r"\d+\.\d\d",
    FieldType.COUNT: r"\d+",
    FieldType.SHARE: r"0(\.\d+)?|1(\.0+)?",
    FieldType.NUMBER: r"-?\d+(\.\d+)?(e[+-]?\d+)?",
    FieldType.BOOL: r"true|false",
    FieldType.ID: r"[0-9A-Z\-]+",
    FieldType.TEXT: r"(?s).+",
}
FILLED = {
    "cases": {"cause", "guided_on"},
    "inspections": {"workers_covered", "contracts_seen"},
}
"""Optional columns of later releases that the simulated authority fills in."""
LAST_DAY = "2025-12-31"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_rows_satisfy_the_contract(table, county, rows):
    found = rows(county, table.name)
    assert found
    filled = FILLED.get(table.name, set())
    usual = [field.name for field in table.fields if not field.added or field.name in filled]
    assert list(found[0]) == [*usual, "known_at"]
    for field in [*table.fields, KNOWN_AT]:
        values = {row.get(field.name, "") for row in found}
        if field.required or field.name == "known_at":
            assert "" not in values
        if field.type is FieldType.ENUM:
            assert values - {""} <= set(field.values)
        else:
            shape = re.compile(SHAPES[field.type])
            assert all(shape.fullmatch(value) for value in values - {""}), field.name


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_nothing_is_known_before_it_happens_or_after_the_end(table, county, rows):
    found = rows(county, table.name)
    assert found
    for row in found:
        dt.date.fromisoformat(row["known_at"])
        assert row["known_at"] <= LAST_DAY
        if table.event_date:
            assert row["known_at"] >= row[table.event_date]


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("projects.owner_id", "organizations.org_id"),
        ("projects.contractor_id", "organizations.org_id"),
        ("contracts.contractor_id", "organizations.org_id"),
        ("payments.payroll_id", "payrolls.payroll_id"),
        ("cases.complaint_id", "complaints.complaint_id"),
        ("cases.org_id", "organizations.org_id"),
        ("listings.org_id", "organizations.org_id"),
        ("operations.org_id", "organizations.org_id"),
    ],
)
def test_references_lead_somewhere(column, key, county, rows):
    (table, column), (other, key) = column.split("."), key.split(".")
    known = {row[key] for row in rows(county, other)}
    assert {row[column] for row in rows(county, table)} - {""} <= known


def test_versions_change_something(county, rows):
    for table in TABLES.values():
        seen = [tuple(row.values()) for row in rows(county, table.name)]
        assert seen
        assert len(seen) == len(set(seen)), table.name


def test_each_table_with_versions_has_some(county, rows):
    for name in ("projects", "transfers", "cases", "deposits", "payrolls", "attendance"):
        keys = [tuple(row[k] for k in TABLES[name].key) for row in rows(county, name)]
        assert len(keys) > len(set(keys)), name


def test_project_numbers_are_unique_and_places_fictional(county, rows):
    projects = rows(county, "projects")
    names = {row["project_id"]: row["project_name"] for row in projects}
    assert len(names) == len(set(names.values()))
    assert all(re.fullmatch(r"99\d{4}(\d{3})?", row["region_code"]) for row in projects)


def test_credit_codes_have_a_valid_check_character(county, rows):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    codes = {row["org_id"] for row in rows(county, "organizations")}
    assert codes
    for code in codes:
        total = sum(alphabet.index(c) * 3**i for i, c in enumerate(code[:17]))
        assert len(code) == 18
        assert (total + alphabet.index(code[17])) % 31 == 0


def test_published_credit_codes_agree():
    for code in ("91110000101623741K", "911101066976941872"):
        assert check_character(code[:17]) == code[17]


def test_all_names_are_marked_as_invented(county, rows):
    notice = (county / "README.md").read_text(encoding="utf-8")
    assert "模拟数据" in notice
    assert "SYNTHETIC" in notice
    for table, column in (
        ("organizations", "org_name"),
        ("projects", "project_name"),
        ("contracts", "contractor_name"),
        ("accounts", "bank"),
    ):
        assert all(row[column].startswith("模拟·") for row in rows(county, table))


def test_individuals_have_no_person_names(county, rows):
    persons = [r for r in rows(county, "contracts") if r["contractor_kind"] == "individual"]
    assert persons
    assert all(re.fullmatch(r"模拟·.{2,3}\d+班承包人", r["contractor_name"]) for r in persons)


def test_completion_is_never_withdrawn(county, rows):
    completed = {}
    for row in rows(county, "projects"):
        before = completed.get(row["project_id"], "")
        assert row["completed_on"] == before or not before
        completed[row["project_id"]] = row["completed_on"]
    assert any(completed.values())


def test_complaints_follow_the_start_of_their_site(county, rows):
    started = {row["project_id"]: row["started_on"] for row in rows(county, "projects")}
    complaints = rows(county, "complaints")
    assert complaints
    for row in complaints:
        assert row["project_id"] not in started or started[row["project_id"]] <= row["received_on"]


def test_unfounded_cases_turn_out_to_be_about_other_money(county, rows):
    found = rows(county, "cases")
    others = [row for row in found if row["cause"] not in {"", "wages"}]
    assert others
    assert {row["cause"] for row in others} <= {"project_payment", "labour_fee", "other"}
    assert {row["status"] for row in others} == {"unfounded"}
    assert all(row["opened_on"] <= row["guided_on"] <= row["known_at"] for row in others)
    assert {row["cause"] for row in found if row["status"] == "confirmed"} == {"wages"}
