"""Many dates are computed a few at a time, and superseded rows are found once: same features."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from features.families import PROJECT_FAMILIES, deposits
from features.matrix import compute_in_batches, feature_matrix, matrix_table, steps, to_matrix
from risk.calendar.dates import add_months
from risk.contract import TABLES
from risk.store.row_hashes import columns
from risk.store.store import RecordStore

from ..conftest import MUST_RUN_ALL, thorough
from ..empty_store import empty_store

DATES = [add_months(dt.date(2025, 6, 1), back) for back in (-5, -2, 0)]


@pytest.fixture
def records(county) -> Iterator[RecordStore]:
    with RecordStore(county.records, read_only=True) as store:
        yield store


@thorough
@pytest.mark.parametrize("max_rows", [1, 60_000])
def test_compute_in_batches_gives_the_rows_of_a_single_batch(records, max_rows):
    engines = compute_in_batches(records, DATES, max_rows=max_rows)
    parts = [to_matrix(matrix_table(one)) for one in engines]
    whole = feature_matrix(records, DATES)
    assert len(parts) > 1
    assert sum(len(part.project_ids) for part in parts) == len(whole.project_ids)
    for part in parts:
        day = part.as_ofs[0].astype(object)
        same = whole.where(np.isin(whole.as_ofs, part.as_ofs))
        assert same.project_ids == part.project_ids, day
        np.testing.assert_array_equal(same.values, part.values)


@thorough
def test_feature_matrix_in_batches_is_that_of_a_single_batch(records):
    whole = feature_matrix(records, DATES)
    filled = feature_matrix(records, DATES, max_rows=1)
    assert filled.project_ids == whole.project_ids
    np.testing.assert_array_equal(filled.as_ofs, whole.as_ofs)
    np.testing.assert_array_equal(filled.values, whole.values)
    assert filled.values.flags.f_contiguous


def test_progress_over_batches_increases_to_one(records):
    heard: list[float] = []
    few = {"families": [deposits.FAMILY], "max_rows": 1}
    for _ in compute_in_batches(records, DATES, lambda _, share: heard.append(share), **few):
        pass
    assert len(set(heard)) > len(DATES)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_no_date_gives_no_rows_but_every_column(records):
    matrix = feature_matrix(records, [])
    assert matrix.values.shape == (0, sum(len(family.features) for family in PROJECT_FAMILIES))


def test_a_family_alone_runs_only_the_shared_steps_it_reads():
    names = {step.name for step in steps([deposits.FAMILY])}
    assert {"known_deposits", "cohort", "known_projects", "known_cases"} <= names
    assert not names & {"paid", "known_complaints", "known_attendance"}


days = st.integers(0, 40).map(lambda n: dt.date(2024, 1, 1) + dt.timedelta(days=n))
told = st.tuples(
    st.sampled_from(["P1", "P2"]), st.sampled_from(["C1", None]), st.integers(0, 9), days
)


@thorough
@settings(max_examples=25 if MUST_RUN_ALL else 10)  # each opens a store
@given(rows=st.lists(told, max_size=12), as_of=days)
def test_versions_are_those_of_the_record_store(rows, as_of):
    """Also with an empty part of the key, and with two versions of one key on one day."""
    names = ", ".join(name for name, _ in columns(TABLES["attendance"]))
    with empty_store() as store:
        for arrival, (project, contract, present, known_at) in enumerate(rows):
            month = dt.date(2023, 12, 1)
            row = [project, contract, month, present, present, None, None, known_at, arrival]
            marks = ", ".join("?" * len(row))
            store.rows(f"INSERT INTO attendance ({names}, arrival) VALUES ({marks})", row)
        engine = DuckDBEngine(store, [as_of])
        engine.run([known_rows_step("attendance")])
        shown = engine.rows(f"SELECT {names} FROM known_attendance ORDER BY ALL")
        engine.close()
        stood = store.rows(
            f"SELECT {names} FROM attendance_versions WHERE known_at < $1"
            " AND (superseded_at IS NULL OR superseded_at >= $1) ORDER BY ALL",
            [as_of],
        )
    assert shown == stood


@thorough
def test_memory_limit_is_respected_by_spilling_to_disk(tmp_path):
    """A sort of 64 MB within a limit of 50 MB ends without exceeding it."""
    with RecordStore(tmp_path / "records.duckdb", memory_gb=0.05) as store:
        sorted_rows = "SELECT hash(n) AS a, hash(n + 1) AS b FROM range(4000000) t(n) ORDER BY a"
        store.connection.execute(f"CREATE TEMP TABLE large AS {sorted_rows}")
        assert store.rows("SELECT count(*) FROM large") == [(4_000_000,)]
        used, on_disk = store.rows(
            "SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()"
        )[0]
    assert used <= 50_000_000
    assert on_disk > 0
