"""Results written by an engine replace the partitions of its dates, and no others."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from features.engines.duckdb import DuckDBEngine
from features.engines.spark import SparkEngine
from risk.store.parquet_export import export_records

from ...conftest import thorough

DAYS = [dt.date(2025, 3, 1), dt.date(2025, 4, 1), dt.date(2025, 5, 1)]
OTHER = dt.date(2020, 1, 1)


@pytest.fixture
def folder(world, tmp_path):
    """A folder with the records of one project."""
    world.project()
    export_records(world.store, tmp_path / "records")
    return str(tmp_path / "records")


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=thorough)])
def engine(request, folder, store):
    """Each engine in turn, for :data:`DAYS`."""
    if request.param == "spark":
        made = SparkEngine(folder, DAYS, session=request.getfixturevalue("spark"))
    else:
        made = DuckDBEngine(store, DAYS)
    yield made
    made.close()


def rows_in(out):
    table = ds.dataset(out, partitioning="hive").to_table().to_pylist()
    return sorted((str(row["as_of"]), row["told"]) for row in table)


def test_write_removes_the_partition_of_a_date_without_rows(engine, tmp_path):
    out = tmp_path / "答案 of [two] runs"
    (out / f"as_of={OTHER}").mkdir(parents=True)
    pq.write_table(pa.table({"told": ["first"]}), out / f"as_of={OTHER}" / "part-0.parquet")
    engine.write("SELECT as_of, 'first' AS told FROM as_ofs", str(out))
    some = f"SELECT as_of, 'second' AS told FROM as_ofs WHERE as_of <> DATE '{DAYS[1]}'"
    engine.write(some, str(out))
    kept = [(str(OTHER), "first"), (str(DAYS[0]), "second"), (str(DAYS[2]), "second")]
    assert rows_in(out) == kept
    engine.write("SELECT as_of, 'third' AS told FROM as_ofs WHERE false", str(out))
    assert rows_in(out) == kept[:1]


def test_write_leaves_partitions_unchanged_if_it_fails(engine, tmp_path):
    out = tmp_path / "out"
    engine.write("SELECT as_of, 'first' AS told FROM as_ofs", str(out))
    before = rows_in(out)
    with pytest.raises(Exception, match=r"(?i)cast|convert"):
        engine.write("SELECT as_of, CAST(concat('x', as_of) AS INT) AS told FROM as_ofs", str(out))
    assert rows_in(out) == before
