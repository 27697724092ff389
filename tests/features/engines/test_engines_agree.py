"""DuckDB and Spark give the same answers to the same text: features, cohort, stakes, labels.

One Spark run is dear, so many small made-up worlds, those worked out on paper
(``hand_made.py``) and a simulated county are in one store.
Spark runs in a time zone that is neither ours nor UTC.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import evidence_of
from features.engines.duckdb import DuckDBEngine
from features.engines.spark import SparkEngine
from features.matrix import FEATURE_SETS, feature_matrix, matrix_sql, steps, to_matrix
from risk.contract import STORED_TABLES, FieldType
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.parquet_export import export_records
from risk.store.parquet_store import open_folder
from risk.store.store import RecordStore
from risk.unit_kinds import KINDS
from risk.workspace import Workspace
from training.dataset.delays import Curve, Delays, courses_of, courses_sql
from training.dataset.labels import event_log, expected_labels, log_of
from training.dataset.labels_sql import course_steps, label_steps
from training.dataset.training_set import training_labels

from ...conftest import MUST_RUN_ALL, World, thorough
from ...histories import TableRow, store_rows, table_rows
from .. import hand_made

AS_OFS = [hand_made.AS_OF, dt.date(2024, 12, 31), dt.date(2025, 3, 1), dt.date(2025, 7, 1)]
TOLD_AT = dt.date(2025, 10, 15)
DELAYS = Delays(
    measured=True,
    known_days=40,
    confirmed_later=Curve(
        np.linspace(0, 1, 101), np.repeat([1 / 3, 0.1, 0.7, 1e-6], [20, 30, 50, 1])
    ),
)
WORLDS = 40 if MUST_RUN_ALL else 8
PAID = (
    ("E1", 33_333_300, 32_999_967, 3),  # exactly 99 %
    ("E2", 33_333_300, 33_333_300, 3),
    ("E3", 20_000, 163, 1),  # 0.00815 people: a tie in decimals, none in binary
    ("E4", 33_333_300, 32_666_634, 3),
)
"""Site, fen due and paid each month, people paid."""


def made_up_worlds() -> list[list[TableRow]]:
    """Small worlds as Hypothesis makes them: versions, ties, links, cycles, unknown cells."""
    made: list[list[TableRow]] = []

    @settings(max_examples=WORLDS, derandomize=True, database=None, deadline=None)
    @given(st.lists(table_rows(), min_size=40, max_size=80))
    def gather(told: list[TableRow]) -> None:
        made.append([(table, apart(table, row, len(made))) for table, row in told])

    gather()
    return made


INSURED = {"EMP-up": 1.5, "EMP-down": 2.25, "EMP-most": 1e19}
"""Insured staff as no office should report it: DuckDB rounds in a cast, Spark truncates."""


def apart(table: str, row: dict[str, object], number: int) -> dict[str, object]:
    """``row`` with the names of world ``number``, so that worlds do not meet."""
    ids = {field.name for field in STORED_TABLES[table].fields if field.type is FieldType.ID}
    return {
        name: f"{cell}~{number}" if name in ids and cell is not None else cell
        for name, cell in row.items()
    }


def told_on_the_edge(world: World) -> None:
    """What made-up worlds hit too seldom: shares on a threshold, chains and rings of contracts."""
    for site in ("E1", "E2", "E3", "E4"):
        world.project(site, contractor_id="EC", owner_id="EO", labour_cost_share=math.nan)
    for number, due_on in enumerate(("2024-12-30", "2025-02-28", "2025-06-30", "2024-12-01")):
        for site, amount, paid, people in PAID:
            _due_on_the_edge(world, site, number, due_on, (amount, paid, people))
    _rings(world)
    _odd_values(world)
    _dated_by_rule(world)
    world.add("organizations", org_id="EMP", org_kind="employer", known_at="2024-06-01")
    for name, insured in INSURED.items():
        world.add("organizations", org_id=name, org_kind="employer", known_at="2024-06-01")
        world.add(
            "operations",
            org_id=name,
            indicator="social_insurance",
            period="2024-11-01",
            value=insured,
            known_at="2024-12-01",
        )
    _open_cases(world)
    world.add(
        "cases",
        case_id="EMP",
        org_id="EMP",
        opened_on="2025-07-02",
        status="confirmed",
        known_at="2025-09-01",
    )


def _open_cases(world: World) -> None:
    """Undecided cases, and one seen open before it was confirmed."""
    for number, unit in enumerate(("E2", "E4", "EMP-up")):
        key = "org_id" if unit.startswith("EMP") else "project_id"
        case = {"case_id": f"open-{number}", key: unit, "opened_on": "2025-08-09"}
        world.add("cases", **case, status="filed", known_at="2025-08-12")
        if unit == "E2":
            world.add("cases", **case, status="confirmed", known_at="2025-09-20")


def _dated_by_rule(world: World) -> None:
    """Versions dated by rule, dated ones that replace them, and a withdrawn finding."""
    unfolded, withdrawn = {"dated_by": "unfolded"}, {"withdrawn": True, "dated_by": "import"}
    seen = {"inspection_id": "R", "project_id": "E1", "inspected_on": "2024-06-03"}
    seen["arrears_found"] = True
    world.add("inspections", **seen, known_at="2024-06-03", **unfolded)
    world.add("inspections", **seen, known_at="2024-09-01", **withdrawn)
    opened = {"case_id": "R", "project_id": "E2", "opened_on": "2024-05-01"}
    world.add("cases", **opened, status="filed", known_at="2024-05-01", **unfolded)
    world.add("cases", **opened, status="confirmed", known_at="2024-06-01", **unfolded)
    world.add("cases", **opened, status="filed", known_at="2024-05-20")


def _due_on_the_edge(
    world: World, site: str, number: int, due_on: str, sums: tuple[int, int, int]
) -> None:
    """One payroll and all that goes with it."""
    amount, paid, people = sums
    name = f"{site}-{number}"
    due = {"project_id": site, "amount_due": amount, "workers": None}
    world.payroll(name, due_on, **due if number % 2 else {**due, "workers": 7})
    world.payment(name, due_on, paid, workers_paid=people, channel=[None, "cash"][number % 2])
    world.add(
        "attendance",
        project_id=site,
        contract_id=None if number % 2 else "K",
        period=f"{due_on[:7]}-01",
        workers_present=number * 3,
        workers_registered=number * 3,
        workers_with_contract=number * 3,
        worker_days=40,
        known_at=due_on,
    )
    world.add(
        "transfers",
        transfer_id=name,
        project_id=site,
        period=f"{due_on[:7]}-01",
        amount_due=10_000,
        amount_paid=10_000 * paid // amount,
        due_on=due_on,
        paid_on=due_on,
        known_at=due_on,
    )


def _rings(world: World) -> None:
    """Contracts below one another, in chains, in rings and below nothing."""
    rings = {"A": "A", "B": "C", "C": "B", "D": None, "E": "D", "F": "E", "G": "F", "H": "nowhere"}
    for name, parent in rings.items():
        world.add(
            "contracts",
            contract_id=f"ring-{name}",
            project_id="E1",
            parent_contract_id=parent and f"ring-{parent}",
            contractor_kind="individual" if name == "F" else "company",
            written=[True, False, None][ord(name) % 3],
            amount=ord(name) * 1_000_001,
            signed_on="2024-01-01",
            known_at="2024-01-05",
        )


def _odd_values(world: World) -> None:
    """Values that binary fractions round either way, and findings that say nothing."""
    for number, value in enumerate((0.00005, 1e19, 2.5, 1e13, 0.00465, 0.00815, 0.00815)):
        for indicator in ("electricity", "social_insurance", "overdue_loans"):
            world.add(
                "operations",
                org_id="EC" if number % 2 else "EO",
                indicator=indicator,
                period=f"2024-0{number + 1}-01",
                value=value,
                known_at="2024-10-01",
            )
    for number, findings in enumerate((" ", "\u3000", "", "a;b", ";", None)):
        world.add(
            "inspections",
            inspection_id=f"edge-{number}",
            project_id="E1",
            inspected_on=f"2024-11-{number + 1:02}",
            findings=findings,
            arrears_found=number == 3,
            known_at="2024-11-20",
        )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordStore]:
    """A simulated county, made-up worlds, worlds on the edge and by hand, in one store."""
    folder = tmp_path_factory.mktemp("engines")
    simulate(folder / "records", projects=40, months=24, seed=5)
    workspace = Workspace(folder / "workspace")
    import_paths(workspace, [folder / "records"], today=dt.date(2026, 1, 1))
    with RecordStore(workspace.records) as opened:
        store_rows(opened, [row for told in made_up_worlds() for row in told])
        world = World(opened)
        world._arrival = 10**9
        told_on_the_edge(world)
        hand_made.build(world)
        yield opened


@pytest.fixture(scope="module")
def folder(store: RecordStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same records as a folder."""
    made = tmp_path_factory.mktemp("folder") / "records"
    export_records(store, made)
    return made


def as_numbers(rows: list[tuple[object, ...]]) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Rows by their first two cells; numbers as fractions, so that their types do not matter."""
    return {row[:2]: tuple(float(c) if isinstance(c, int) else c for c in row[2:]) for row in rows}


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param("project", None, marks=thorough),
        pytest.param("employer", None, marks=thorough),
        *([] if MUST_RUN_ALL else [("employer", 3)]),  # operations, utilities, complaints
    ],
)
def test_both_engines_compute_the_same_matrix(store, folder, spark, kind, number):
    """``number`` is that of the families compared, the first ones; None for all."""
    families = FEATURE_SETS[kind].families[:number]
    todo = [*steps(families), FEATURE_SETS[kind].stakes, *course_steps(TOLD_AT)]
    local = DuckDBEngine(store.for_kind(kind), AS_OFS)
    remote = SparkEngine(str(folder), AS_OFS, kind=kind, session=spark)
    try:
        local.run(todo)
        remote.run(todo)
        courses = local.rows(courses_sql(TOLD_AT))
        assert remote.rows(courses_sql(TOLD_AT)) == courses
        for engine in (local, remote):
            engine.run(label_steps(TOLD_AT, DELAYS))
        expected = to_matrix(local.fetch(matrix_sql(families)), kind)
        found = to_matrix(remote.fetch(matrix_sql(families)), kind)
        assert found.project_ids == expected.project_ids
        assert (found.as_ofs == expected.as_ofs).all()
        assert len(found.project_ids) > 40
        assert kind == "employer" or {"A", "B", "C"} < set(found.project_ids)
        assert different(found, expected) == []
        for asked in (
            "SELECT as_of, project_id, workers, amount FROM stakes ORDER BY 1, 2",
            "SELECT as_of, project_id, label, expected, mature FROM labels ORDER BY 1, 2",
        ):
            assert as_numbers(remote.rows(asked)) == as_numbers(local.rows(asked))
        for evidence in evidence_of(families):
            assert records_of(remote, evidence) == records_of(local, evidence), evidence.sql
    finally:
        local.close()
        remote.close()


def records_of(engine, evidence) -> Counter[tuple[object, ...]]:
    """How often each record is behind a reason; counted here, as a plan less costs Spark less."""
    picked = "as_of, project_id, source_table, record_id, known_at, weight"
    return Counter(engine.rows(f"SELECT {picked} FROM ({evidence.sql}) e"))


def different(found, expected) -> list[str]:
    """Features that are not equal to 1e-9 relative, NaN where NaN, with an example each."""
    told = []
    for place, name in enumerate(expected.columns):
        one, other = found.values[:, place], expected.values[:, place]
        bad = np.flatnonzero(~np.isclose(one, other, rtol=1e-9, atol=0, equal_nan=True))
        if len(bad):
            row = bad[0]
            told.append(f"{name} of {expected.project_ids[row]}: {one[row]} != {other[row]}")
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_labels_in_sql_are_those_of_training(store, kind):
    seen = store.for_kind(kind)
    engine = DuckDBEngine(seen, AS_OFS)
    try:
        engine.run([*steps(FEATURE_SETS[kind].families), *course_steps(TOLD_AT)])
        engine.run(label_steps(TOLD_AT, DELAYS))
        courses = courses_of(engine.rows(courses_sql(TOLD_AT)))
        labels = engine.fetch("SELECT * FROM labels ORDER BY as_of, project_id")
    finally:
        engine.close()
    log = log_of(TOLD_AT, event_log(seen, TOLD_AT).days, courses, DELAYS)
    matrix = feature_matrix(seen, AS_OFS)
    target = training_labels(log, matrix.project_ids, matrix.as_ofs)
    assert labels["project_id"].to_pylist() == list(matrix.project_ids)
    assert labels["label"].to_pylist() == target.tolist()
    expected = expected_labels(log, matrix.project_ids, matrix.as_ofs)
    assert labels["expected"].to_pylist() == expected.tolist()
    assert ((expected > 0) & (expected < 1)).any()
    assert set(target) == {0.0, 1.0}
    mature = matrix.as_ofs <= np.datetime64(log.last_mature())
    assert labels["mature"].to_pylist() == mature.tolist()
    # Whatever the maturity, the first date is mature then and the last is not.
    assert set(mature) == {True, False}


def test_known_before_hides_later_records_on_spark(store, folder, spark):
    """Of every table and its versions; features read nothing else."""
    day = AS_OFS[2]
    tables = [f"{name}{suffix}" for name in STORED_TABLES for suffix in ("", "_versions")]
    counts = [f"SELECT '{one}' AS name, count(*), max(known_at) FROM {one}" for one in tables]
    engine = SparkEngine(str(folder), [day], session=spark, known_before=day)
    try:
        found = engine.rows(" UNION ALL ".join(counts))
    finally:
        engine.close()
    earlier = [f"{sql} WHERE known_at < $1" for sql in counts]
    assert sorted(found) == sorted(store.rows(" UNION ALL ".join(earlier), [day]))
    assert all(known_at < day for _, _, known_at in found)
    assert sum(count for _, count, _ in found) > 1000


@thorough  # in small: test_record_folders.py
def test_spark_engine_reads_an_exported_folder_as_its_store(store, folder):
    with open_folder(str(folder)) as opened:
        for kind in KINDS:
            found = feature_matrix(opened.for_kind(kind), AS_OFS)
            expected = feature_matrix(store.for_kind(kind), AS_OFS)
            assert found.project_ids == expected.project_ids
            assert np.array_equal(found.values, expected.values, equal_nan=True)


def test_insured_staff_is_rounded_and_unknown_where_it_is_no_count(store):
    engine = DuckDBEngine(store.for_kind("employer"), AS_OFS)
    engine.run([*steps(FEATURE_SETS["employer"].families), FEATURE_SETS["employer"].stakes])
    rows = engine.rows("SELECT as_of, project_id, workers FROM stakes ORDER BY 1, 2")
    workers = {name: count for _, name, count in rows if name in INSURED}
    assert workers == {"EMP-up": 2, "EMP-down": 2, "EMP-most": None}
