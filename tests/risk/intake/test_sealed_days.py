"""Undated rows that arrive after a list was sealed are known no earlier than its date."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake.sealed_days import SealedRows, counties_sql, move_behind_seals
from risk.store.seals import Seal, record_seal, sealed_day

THROUGH = dt.date(2025, 6, 1)
FIRM = "91330102MA49XXXX0A"


@pytest.fixture
def office(world):
    """Two counties; only the first had payrolls and payments when a list was sealed."""
    for project_id, region in (("A", "330102001"), ("B", "330106")):
        world.project(project_id, region_code=region)
    world.add("organizations", org_id=FIRM, org_name="甲", region_code="330102")
    world.payroll("R1", "2025-01-15", project_id="A")
    world.payment("R1", "2025-01-15", 100)
    record_seal(world.store, Seal("list", THROUGH, world._arrival))
    return world


def first_new(world):
    return world._arrival + 1


def known(store, table, arrival):
    return store.rows(
        f"SELECT known_at, dated_by FROM {table} WHERE arrival >= ? ORDER BY arrival", [arrival]
    )


def test_undated_rows_of_a_present_feed_move_to_the_day_of_the_list(office, store):
    first = first_new(office)
    for how in ("unfolded", "stated", "import", "given", None):
        office.payroll(f"R-{how}", "2025-02-15", project_id="A", dated_by=how)
    office.payroll("R-later", "2025-07-15", project_id="A", dated_by="unfolded")
    found = move_behind_seals(store, STORED_TABLES["payrolls"], first)
    assert found == SealedRows(3, ())
    february, july = dt.date(2025, 2, 15), dt.date(2025, 7, 15)
    assert known(store, "payrolls", first) == [
        *[(THROUGH, "sealed")] * 3,
        (february, "given"),
        (february, None),
        (july, "unfolded"),
    ]
    # Rows stored before are never touched.
    assert known(store, "payrolls", 0)[0] == (dt.date(2025, 1, 15), None)


def test_a_row_known_on_the_day_of_the_list_stays_as_it_is(office, store):
    first = first_new(office)
    for day in ("2025-05-31", "2025-06-01", "2025-06-02"):
        office.payroll(f"R-{day}", day, project_id="A", dated_by="unfolded")
    assert move_behind_seals(store, STORED_TABLES["payrolls"], first) == SealedRows(1, ())
    after = (dt.date(2025, 6, 2), "unfolded")
    found = known(store, "payrolls", first)
    assert found == [(THROUGH, "sealed"), (THROUGH, "unfolded"), after]


def test_feed_new_to_a_county_unfolds_as_history(office, store):
    first = first_new(office)
    office.payroll("R2", "2025-02-15", project_id="B", dated_by="unfolded")
    found = move_behind_seals(store, STORED_TABLES["payrolls"], first)
    assert found == SealedRows(0, ("330106",))
    assert known(store, "payrolls", first) == [(dt.date(2025, 2, 15), "unfolded")]


def test_payment_belongs_to_the_county_of_its_payroll(office, store):
    office.payroll("R2", "2025-02-15", project_id="B")
    first = first_new(office)
    for payroll in ("R1", "R2"):
        office.payment(payroll, "2025-02-16", 5, dated_by="import")
    found = move_behind_seals(store, STORED_TABLES["payments"], first)
    assert found == SealedRows(1, ("330106",))
    assert [row[1] for row in known(store, "payments", first)] == ["sealed", "import"]


def test_rows_of_no_county_are_bound_by_any(office, store):
    office.add("complaints", complaint_id="C1", received_on="2025-01-01", known_at="2025-01-02")
    record_seal(store, Seal("next", dt.date(2025, 7, 1), office._arrival))
    first = first_new(office)
    for number, project in enumerate((None, "B", "unknown")):
        office.add(
            "complaints",
            complaint_id=f"N{number}",
            project_id=project,
            received_on="2025-03-01",
            known_at="2025-03-01",
            dated_by="unfolded",
        )
    found = move_behind_seals(store, STORED_TABLES["complaints"], first)
    assert found == SealedRows(3, ())
    assert {row[0] for row in known(store, "complaints", first)} == {dt.date(2025, 7, 1)}


def test_county_of_a_case_is_that_of_its_project_or_organization(office, store):
    office.add("cases", case_id="K1", project_id="B", org_id=FIRM, known_at="2025-01-01")
    office.add("cases", case_id="K2", org_id=FIRM, known_at="2025-01-01")
    office.add("cases", case_id="K3", known_at="2025-01-01")
    rows = store.rows(
        f"SELECT county FROM ({counties_sql(STORED_TABLES['cases'])}) ORDER BY arrival"
    )
    assert rows == [("330106",), ("330102",), (None,)]


@pytest.mark.parametrize("name", STORED_TABLES)
def test_every_table_has_counties(store, name):
    assert store.rows(counties_sql(STORED_TABLES[name])) == []


def test_without_a_list_nothing_moves(world, store):
    world.project("A", dated_by="unfolded")
    assert move_behind_seals(store, STORED_TABLES["projects"], 1) == SealedRows(0, ())


def test_list_of_another_history_binds_nothing(world, store):
    world.project("A")
    record_seal(store, Seal("other", THROUGH, None))
    world.project("B", dated_by="unfolded")
    assert move_behind_seals(store, STORED_TABLES["projects"], 2) == SealedRows(0, ())


def test_latest_of_the_binding_lists_counts():
    found = [Seal("a", dt.date(2025, 3, 1), 9), Seal("b", dt.date(2025, 2, 1), 20)]
    assert sealed_day(found, {"330102": 5}, "330102") == dt.date(2025, 3, 1)
    assert sealed_day(found, {"330102": 10}, "330102") == dt.date(2025, 2, 1)
    assert sealed_day(found, {"330102": 21}, "330102") is None
    assert sealed_day(found, {}, None) is None


@pytest.mark.parametrize(("first", "bound"), [(9, True), (10, True), (11, False), (None, False)])
def test_a_list_binds_a_county_that_had_a_row_when_it_was_sealed(first, bound):
    """The list saw rows up to the tenth; of a county's rows the first decides."""
    seals = [Seal("list", THROUGH, 10), Seal("other history", dt.date(2026, 1, 1), None)]
    arrivals = {"330106": 1} if first is None else {"330102": first, "330106": 1}
    assert sealed_day(seals, arrivals, "330102") == (THROUGH if bound else None)
    # Rows of no county are of all.
    assert sealed_day(seals, {**arrivals, None: 10}, "330102") == THROUGH
    assert sealed_day(seals, {"330106": 11, None: 12}, "330102") is None
    assert sealed_day(seals, {"330106": 10}, None) == THROUGH


def test_the_first_new_row_moves_too_and_older_rows_decide(office, store):
    """County A has rows before and after the list: the first of them binds."""
    office.payroll("R2", "2025-02-20", project_id="A")
    first = first_new(office)
    office.payroll("R3", "2025-02-15", project_id="A", dated_by="unfolded")
    assert move_behind_seals(store, STORED_TABLES["payrolls"], first) == SealedRows(1, ())
    assert known(store, "payrolls", first) == [(THROUGH, "sealed")]
