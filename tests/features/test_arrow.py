"""Arrow columns as NumPy arrays: the same values Arrow gives, and pandas is not loaded for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.arrow import days_of, doubles_of

NUMBERS = st.lists(st.one_of(st.none(), st.floats(allow_nan=False), st.just(-0.0)), max_size=70)


@given(st.lists(NUMBERS, max_size=4), st.integers(0, 9))
def test_doubles_are_those_of_the_column(chunks, first):
    column = pa.chunked_array([pa.array(one, pa.float64())[first:] for one in chunks], pa.float64())
    expected = [np.nan if one is None else one for one in column.to_pylist()]
    assert doubles_of(column).tobytes() == np.array(expected, dtype=np.float64).tobytes()


@given(st.lists(st.lists(st.dates(), max_size=20), max_size=4), st.integers(0, 9))
def test_days_are_those_of_the_column(chunks, first):
    column = pa.chunked_array([pa.array(one, pa.date32())[first:] for one in chunks], pa.date32())
    assert days_of(column).astype(object).tolist() == column.to_pylist()


def test_a_matrix_is_made_without_pandas():
    script = """
import datetime as dt, sys
from features.matrix import feature_matrix
from risk.store.store import RecordStore
with RecordStore(":memory:") as store:
    store.rows(
        "INSERT INTO projects (project_id, region_code, started_on, known_at, arrival)"
        " VALUES ('P1', '420300', DATE '2024-01-01', DATE '2024-01-02', 1)"
    )
    matrix = feature_matrix(store, [dt.date(2025, 6, 1)])
assert matrix.project_ids == ("P1",)
raise SystemExit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
