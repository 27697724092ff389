"""The compared implementations compute today's features of wage payment.

Else the ratios of speed would compare different work. Polars is not among the tools of the tests;
the benchmark itself compares it.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rivals import SUMS, finished
from benchmarks.rivals.pandas_features import sums
from benchmarks.rivals.sql_features import features
from benchmarks.synthetic_store import as_ofs, make_projects
from features.families import payments
from features.matrix import feature_matrix

DATES = as_ofs(30)[::6]
LEFT_OUT = "below_minimum_share_3m"
ODD_RECORDS = """
UPDATE payments SET returned_on = paid_on + 9 WHERE hash(payment_id) % 23 = 0;
UPDATE payments SET workers_paid = NULL WHERE hash(payment_id) % 31 = 0;
UPDATE payments SET channel = NULL WHERE hash(payment_id) % 5 = 0;
UPDATE payments SET amount = amount * 3 WHERE hash(payment_id) % 17 = 0;
UPDATE payments SET paid_on = paid_on + 400, known_at = known_at + 400
  WHERE hash(payment_id) % 19 = 0;
UPDATE payrolls SET wage_basis =
  CASE hash(payroll_id) % 4 WHEN 0 THEN 'measured' WHEN 1 THEN 'piece' WHEN 2 THEN 'daily' END;
UPDATE payrolls SET workers = NULL WHERE hash(payroll_id) % 29 = 0;
UPDATE payrolls SET workers = 0 WHERE hash(payroll_id) % 37 = 0;
UPDATE payrolls SET contract_id = NULL WHERE hash(payroll_id) % 41 = 0;
UPDATE payrolls SET amount_due = 0 WHERE hash(payroll_id) % 43 = 0;
"""
"""What the generated records lack: each rule of the features is used somewhere."""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A folder of Parquet files, the open store, and the matrix of the features compared."""
    folder = tmp_path_factory.mktemp("records")
    with make_projects(folder / "records.duckdb", 6) as store:
        store.connection.execute(ODD_RECORDS)
        for table in ("projects", "cases", "payrolls", "payments"):
            store.connection.execute(f"COPY {table} TO '{folder}/{table}.parquet'")
        matrix = feature_matrix(store, DATES, families=[payments.FAMILY])
        compared = [name for name in matrix.columns if name != LEFT_OUT]
        yield folder, store, matrix.select_columns(compared)


def test_every_feature_compared_has_values(records):
    _, _, ours = records
    assert len(ours.columns) == 32
    known = ~np.isnan(ours.values).all(axis=0)
    assert known.all()


def test_pandas_agrees(records):
    folder, _, ours = records
    frame = sums(folder, DATES)
    theirs = finished({name: frame[name].to_numpy() for name in SUMS})
    assert tuple(theirs) == ours.columns
    np.testing.assert_allclose(np.column_stack(list(theirs.values())), ours.values, rtol=1e-9)


def test_one_query_agrees(records):
    _, store, ours = records
    columns = features(store, DATES).columns[2:]
    theirs = np.column_stack([one.to_numpy().astype(float) for one in columns])
    np.testing.assert_allclose(theirs, ours.values, rtol=1e-9)
