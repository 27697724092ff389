"""The feature cache: equal to a full rebuild, and only outdated blocks are computed."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.cache.cached_matrix import cached_matrix
from features.cache.dependencies import family_dependencies
from features.families import attendance as attendance_family
from features.families import complaints, deposits
from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix
from risk.contract import STORED_TABLES
from risk.store.store import RecordStore
from risk.unit_kinds import KINDS

from ...conftest import MUST_RUN_ALL, thorough
from ...empty_store import empty_store
from ...histories import store_rows, table_rows

MONTHS = [dt.date(2025, month, 2) for month in (1, 2, 3)]
NEXT = dt.date(2025, 4, 2)


def assert_same(kept, whole):
    assert kept.project_ids == whole.project_ids
    assert kept.columns == whole.columns
    np.testing.assert_array_equal(kept.as_ofs, whole.as_ofs)
    np.testing.assert_array_equal(kept.values, whole.values)


def written(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.parquet")
    }


def rebuilt(before: dict[str, int], after: dict[str, int]) -> set[tuple[str, str]]:
    """(family, date) of every part that is new or was written again."""
    changed = [Path(name) for name, stamp in after.items() if before.get(name) != stamp]
    return {(path.parent.name, path.stem.removeprefix("as_of=")) for path in changed}


# An example computes all features of three months up to six times, more than a second.
@thorough  # the cases one by one: below
@settings(max_examples=6 if MUST_RUN_ALL else 3)
@given(
    goes=st.lists(st.lists(table_rows(), max_size=8), min_size=1, max_size=3),
    kind=st.sampled_from(KINDS),
)
def test_cached_matrix_equals_a_full_rebuild_after_any_order_of_imports(goes, kind):
    """New months, late records, corrections, links, every table: to the bit, after each."""
    with tempfile.TemporaryDirectory() as place, empty_store() as store:
        store_rows(store, [("projects", PROJECT), ("organizations", EMPLOYER)])
        for told in goes:
            store_rows(store, told)
            seen = store.for_kind(kind)
            assert_same(cached_matrix(seen, MONTHS, Path(place)), feature_matrix(seen, MONTHS))


@pytest.mark.parametrize("kind", KINDS)
def test_family_dependencies_include_the_sources_of_its_features(store, kind):
    families = FEATURE_SETS[kind].families
    found = family_dependencies(store.for_kind(kind), families)
    for family in families:
        named = {table for feature in family.features for table in feature.source}
        assert named
        assert named <= found[family.name].tables | found[family.name].feeds, family.name


FEW = {"projects", "complaints", "links", "transfers", "listings"}
"""Tables tried without WAGEWATCH_TEST_ALL: a table costs a second."""


@thorough
@pytest.mark.parametrize("kind", ["project", "employer"])
def test_cached_matrix_equals_a_full_rebuild_after_a_late_row_of_any_table(store, tmp_path, kind):
    """A row of each table in turn, known before cached dates, changes the features it can."""
    seen = store.for_kind(kind)
    told = {"known_at": dt.date(2024, 12, 20)}  # of another unit, so that no feed begins later
    store_rows(store, [(table, row | told) for table, row in rows_of(2, kind).items()])
    store_rows(store, [("projects", PROJECT), ("organizations", EMPLOYER)])
    before = cached_matrix(seen, MONTHS[:2], tmp_path)
    counted = set()
    late, tried = rows_of(1, kind), set(STORED_TABLES) if MUST_RUN_ALL else FEW
    corrected = {**late["complaints"], "workers": 30}  # of an employer it counts once it is linked
    for table, row in [*late.items(), ("complaints", corrected)]:
        if table not in tried:
            continue
        store_rows(store, [(table, row | {"known_at": dt.date(2025, 1, 20)})])
        after = cached_matrix(seen, MONTHS[:2], tmp_path)
        assert_same(after, feature_matrix(seen, MONTHS[:2]))
        if after.values.tobytes() != before.values.tobytes():
            counted.add(table)
        before = after
    assert counted == tried & (OF_EMPLOYERS if kind == "employer" else set(STORED_TABLES))


OF_EMPLOYERS = {
    *("organizations", "complaints", "links", "cases", "inspections", "listings", "operations"),
}
"""Tables that say something of an employer outside construction."""


def rows_of(number: int, kind: str) -> dict[str, dict[str, object]]:
    """A row of every table that speaks of one unit of ``kind``; number 1 is ours."""
    org = EMPLOYER["org_id"] if number == 1 else "91420300MA0000002B"
    project, month, day = f"project_id{number}", dt.date(2024, 11, 1), dt.date(2024, 11, 20)
    site = {"project_id": org if kind == "employer" else project}
    about = {"org_id": org} if kind == "employer" else site
    due = {**site, "period": month, "amount_due": 1_000_000, "due_on": day}
    found = {"inspected_on": day, "arrears_found": True}
    linked = {"decision": "linked", "decided_on": day}
    roll, complaint = {"payroll_id": f"R{number}"}, {"complaint_id": f"C{number}"}
    return {
        "organizations": {**EMPLOYER, "org_id": org, "registered_capital": 9, "founded_on": day},
        "projects": {
            **PROJECT,
            "project_id": project,
            "contractor_id": org,
            "planned_end_on": day,
        },
        "contracts": {**site, "contract_id": f"K{number}", "signed_on": day, "written": False},
        "payrolls": {**due, **roll, "workers": 5},
        "payments": {"payment_id": f"X{number}", **roll, "paid_on": day, "amount": 400_000},
        "accounts": {**site, "account_id": f"X{number}", "opened_on": day},
        "transfers": {**due, "transfer_id": f"X{number}"},
        "deposits": {**site, "deposit_id": f"X{number}", "status": "stored", "valid_from": day},
        "attendance": {**site, "period": month, "workers_present": 9},
        "complaints": {**complaint, "received_on": day, "workers": 3},
        "links": {**about, **complaint, **linked},
        "cases": {**about, "case_id": f"X{number}", "opened_on": day, "status": "filed"},
        "inspections": {**site, "inspection_id": f"X{number}", **found},
        "disputes": {**site, "dispute_id": f"X{number}", "opened_on": day},
        "listings": {"listing_id": f"X{number}", "org_id": org, "listed_on": day},
        "operations": {"org_id": org, "indicator": "electricity", "period": month, "value": 5.0},
    }


PROJECT = {
    "project_id": "project_id1",
    "project_name": "甲工地",
    "region_code": "420300101",
    "contractor_id": "91420300MA0000001A",
    "started_on": dt.date(2024, 2, 1),
    "known_at": dt.date(2024, 2, 3),
}
EMPLOYER = {
    "org_id": "91420300MA0000001A",
    "org_name": "甲公司",
    "org_kind": "employer",
    "known_at": dt.date(2024, 2, 3),
}


SOME = (attendance_family.FAMILY, deposits.FAMILY, complaints.FAMILY)
"""Families of the tests below: what they prove of one holds of all, and all take a second."""


@pytest.fixture
def started(world, tmp_path):
    """A store with every feed and three cached months; yields (store, folder)."""
    world.project()
    for month in range(1, 13):
        world.payroll(f"R{month}", f"2024-{month:02d}-15")
        world.payment(f"R{month}", f"2024-{month:02d}-20", 500_000)
    attendance(world.store, dt.date(2024, 11, 1), dt.date(2024, 12, 6))
    cached_matrix(world.store, MONTHS, tmp_path, families=SOME)
    return world.store, tmp_path


def attendance(store, period, known_at):
    store_rows(
        store,
        [
            (
                "attendance",
                {
                    "project_id": "P1",
                    "contract_id": None,
                    "period": period,
                    "workers_registered": 9,
                    "workers_present": 7,
                    "worker_days": 150,
                    "workers_with_contract": 5,
                    "known_at": known_at,
                },
            )
        ],
    )


def assert_equals_rebuild(store, days, folder):
    cached = cached_matrix(store, days, folder, families=SOME)
    assert_same(cached, feature_matrix(store, days, families=SOME))


def test_cached_matrix_computes_nothing_without_new_records(started):
    store, folder = started
    before, heard = written(folder), []
    cached_matrix(store, MONTHS, folder, lambda step, _: heard.append(step), families=SOME)
    assert written(folder) == before
    assert not heard


def test_no_date_gives_no_rows_but_every_column(started):
    store, folder = started
    assert_equals_rebuild(store, [], folder)


def test_cached_matrix_computes_only_the_date_of_a_new_month(started):
    store, folder = started
    before = written(folder)
    cached_matrix(store, [*MONTHS, NEXT], folder, families=SOME)
    built = rebuilt(before, written(folder))
    assert {day for _, day in built} == {NEXT.isoformat()}
    assert {family for family, _ in built} == {family.name for family in SOME}


def test_cached_matrix_recomputes_only_later_dates_of_families_that_read_a_late_record(started):
    store, folder = started
    before = written(folder)
    attendance(store, dt.date(2024, 12, 1), dt.date(2025, 1, 10))
    assert_equals_rebuild(store, MONTHS, folder)
    built = rebuilt(before, written(folder))
    assert {day for _, day in built} == {"2025-02-02", "2025-03-02"}
    families = {family for family, _ in built}
    assert "attendance" in families
    assert not families & {"deposits", "complaints"}


def test_cached_matrix_notices_a_deleted_row_and_the_same_row_imported_again(started):
    store, folder = started
    store.rows("DELETE FROM attendance")
    assert_equals_rebuild(store, MONTHS, folder)
    attendance(store, dt.date(2024, 11, 1), dt.date(2024, 12, 6))
    assert_equals_rebuild(store, MONTHS, folder)


def test_cached_matrix_recomputes_a_corrupt_or_foreign_file(started):
    store, folder = started
    paths = sorted(folder.rglob("*.parquet"))
    paths[0].write_bytes(paths[0].read_bytes()[:-9])
    paths[1].write_text("not Parquet")
    paths[2].unlink()
    assert_equals_rebuild(store, MONTHS, folder)


def test_cached_matrix_tells_apart_stores_with_the_same_arrival_numbers(started, tmp_path_factory):
    """A new store uses the same arrival numbers; blocks of the old one are not used."""
    store, folder = started
    with RecordStore(":memory:") as other:
        for table in STORED_TABLES:
            for row in store.rows(f"SELECT * EXCLUDE (arrival) FROM {table} ORDER BY arrival"):
                names = [
                    c[0]
                    for c in store.connection.execute(
                        f"SELECT * EXCLUDE (arrival) FROM {table} LIMIT 0"
                    ).description
                ]
                told = dict(zip(names, row, strict=True))
                if table == "payments":
                    told["amount"] += 1
                store_rows(other, [(table, told)])
        assert_equals_rebuild(other, MONTHS, folder)
