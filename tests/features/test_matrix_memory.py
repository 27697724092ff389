"""Memory holds a matrix once, plus the rows of a few dates at most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from risk.store.store import RecordStore

from ..conftest import thorough

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = 3_000
SPARE = 1.5
"""The matrix, the names of its rows and the parts of a date or two; twice would be 2 and more."""

# A process of its own, so that Arrow has never held more than the matrix asks of it.
MEASURED = """
import datetime as dt, json, sys, tracemalloc
from pathlib import Path
import pyarrow as pa
from features.matrix import feature_matrix
from features.families import complaints, stage
from features.cache.cached_matrix import cached_matrix
from risk.calendar.dates import add_months
from risk.store.store import RecordStore
families = (stage.FAMILY, complaints.FAMILY)
dates = [add_months(dt.date(2025, 1, 1), number) for number in range(24)]
with RecordStore(sys.argv[1], read_only=True) as store:
    tracemalloc.start()
    if sys.argv[2] == "computed":
        matrix = feature_matrix(store, dates, families=families, max_rows=1)
    else:
        matrix = cached_matrix(store, dates, Path(sys.argv[2]), families=families)
    peak = tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory()
print(json.dumps([matrix.values.shape[0], peak / matrix.values.nbytes]))
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of many projects of which nothing else is known."""
    path = tmp_path_factory.mktemp("many") / "records.duckdb"
    with RecordStore(path) as store:
        store.rows(
            "INSERT INTO projects (project_id, project_name, region_code, started_on, known_at,"
            " arrival) SELECT 'P' || n, '甲', '420300101', '2024-01-01', '2024-01-02', n"
            f" FROM range({PROJECTS}) t(n)"
        )
    return path


def peak_of(store: Path, way: str) -> float:
    """Peak memory of Python, NumPy and Arrow, as a multiple of the size of the matrix."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(store), way],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    rows, peak = json.loads(done.stdout)
    assert rows == PROJECTS * 24
    return float(peak)


@thorough
def test_feature_matrix_in_batches_holds_the_matrix_in_memory_once(many):
    assert 1 < peak_of(many, "computed") < SPARE


@thorough
def test_cached_matrix_holds_the_matrix_in_memory_once(many, tmp_path):
    peak_of(many, str(tmp_path))
    assert 1 < peak_of(many, str(tmp_path)) < SPARE
