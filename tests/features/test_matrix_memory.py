"""A matrix is held once: beside it there are the rows of a few dates at most."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from features.build import Matrix, feature_matrix
from features.families import complaints, stage
from features.months.building import stored_matrix
from risk.dates import add_months
from risk.records import RecordStore

FAMILIES = (stage.FAMILY, complaints.FAMILY)
DATES = [add_months(dt.date(2025, 1, 1), number) for number in range(24)]
PROJECTS = 3_000
SPARE = 1.5
"""The matrix, the names of its rows and the parts of a date or two; twice would be 2 and more."""


@pytest.fixture(scope="module")
def many() -> Iterator[RecordStore]:
    """A store of many projects of which nothing else is known."""
    with RecordStore(":memory:") as store:
        store.rows(
            "INSERT INTO projects (project_id, project_name, region_code, started_on, known_at,"
            " arrival) SELECT 'P' || n, '甲', '420300101', '2024-01-01', '2024-01-02', n"
            f" FROM range({PROJECTS}) t(n)"
        )
        yield store


def peak_of(made: Callable[[], Matrix]) -> float:
    """The most that Python, NumPy and Arrow held at once, in sizes of the matrix."""
    usual = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counted)
    tracemalloc.start()
    try:
        matrix = made()
        numbers = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)
    assert matrix.values.shape[0] == PROJECTS * len(DATES)
    return float(numbers + counted.max_memory()) / matrix.values.nbytes


def test_a_matrix_computed_in_goes_is_held_once(many):
    peak = peak_of(lambda: feature_matrix(many, DATES, families=FAMILIES, rows_at_once=1))
    assert 1 < peak < SPARE


def test_a_matrix_read_from_kept_months_is_held_once(many, tmp_path: Path):
    stored_matrix(many, DATES, tmp_path, families=FAMILIES)
    peak = peak_of(lambda: stored_matrix(many, DATES, tmp_path, families=FAMILIES))
    assert 1 < peak < SPARE
