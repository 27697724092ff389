"""Both engines take the same folders for records, and refuse the same."""

from __future__ import annotations

import datetime as dt
import shutil

import duckdb
import pytest

from features.engines.spark import SparkEngine
from risk.store.parquet_export import RecordsFolderFailed, export_records
from risk.store.parquet_store import open_folder
from risk.store.parquet_validation import RecordsFolderEmpty, RecordsFolderRefused

from ...conftest import thorough

DAY = dt.date(2025, 3, 1)


@pytest.fixture
def folder(world, tmp_path):
    """Records of one project and one payroll, in a folder whose name is a pattern."""
    world.project()
    world.payroll("S1", "2024-06-30")
    made = tmp_path / "records [of] {two}* years?"
    export_records(world.store, made)
    return made


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=thorough)])
def read(request):
    """A function that reads a folder by either engine and answers a query."""

    def by_duckdb(folder, sql="SELECT 1"):
        with open_folder(str(folder)) as store:
            return store.rows(sql)

    def by_spark(folder, sql="SELECT 1"):
        engine = SparkEngine(str(folder), [DAY], session=request.getfixturevalue("spark"))
        try:
            return engine.rows(sql)
        finally:
            engine.close()

    return by_spark if request.param == "spark" else by_duckdb


ALL = "SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM payrolls)"


def test_spark_engine_reads_files_in_any_subfolder_of_a_table(folder, read):
    assert read(f"file://{folder}", ALL) == [(1, 1)]
    file = next((folder / "projects").rglob("*.parquet"))
    for place in ("top", "region=1/known_year=2024", "deep/er/and/deeper"):
        (folder / "projects" / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / "projects" / place / "more.parquet")
    shutil.copy(file, folder / "projects" / "more.parquet")
    assert read(folder, ALL) == [(5, 1)]


def test_spark_engine_ignores_marker_and_hidden_files(folder, read):
    for name in ("_SUCCESS", "_temporary/0/a.parquet", ".hidden.parquet", ".b/c.parquet", "a.txt"):
        file = folder / "projects" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("not Parquet")
    assert read(folder, ALL) == [(1, 1)]


def test_spark_engine_refuses_folders_without_files(tmp_path, read):
    for name in ("projects/known_year=2024", "payrolls"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "payrolls" / "_SUCCESS").touch()
    with pytest.raises(RecordsFolderEmpty):
        read(tmp_path)
    with pytest.raises(RecordsFolderEmpty):
        read(tmp_path / "nowhere")


def rewrite(folder, table, picked, name=None):
    """Replace the only file of ``table`` by ``picked`` of it, or add that as ``name``."""
    file = next((folder / table).rglob("*.parquet"))
    plain = folder.parent / "plain.parquet"
    shutil.copy(file, plain)
    made = folder.parent / "made.parquet"
    with duckdb.connect() as any_engine:
        any_engine.execute(f"COPY (SELECT {picked} FROM '{plain}') TO '{made}'")
    made.rename(file.with_name(name) if name else file)


@pytest.mark.parametrize(
    ("picked", "code", "column"),
    [
        ("* REPLACE (amount_due / 100 AS amount_due)", "wrong_type", "amount_due"),
        ("* REPLACE (7::BIGINT AS payroll_id)", "wrong_type", "payroll_id"),
        ("* REPLACE (known_at::TIMESTAMP AS known_at)", "wrong_type", "known_at"),
        ("* REPLACE (arrival::INTEGER AS arrival)", "wrong_type", "arrival"),
        ("* EXCLUDE (workers)", "missing_column", "workers"),
    ],
)
def test_spark_engine_refuses_columns_that_break_the_contract(folder, read, picked, code, column):
    rewrite(folder, "payrolls", picked)
    with pytest.raises(RecordsFolderRefused) as refused:
        read(folder)
    found = [(one.code, one.where) for one in refused.value.fields["problems"]]
    assert found == [(code, f"payrolls.{column}")]


def test_spark_engine_ignores_further_columns(folder, read):
    rewrite(folder, "payrolls", "*, 'x' AS remark")
    assert read(folder, ALL) == [(1, 1)]


@pytest.mark.parametrize("picked", ["* REPLACE (7::BIGINT AS payroll_id)", "* EXCLUDE (workers)"])
def test_spark_engine_checks_every_file(folder, picked):
    rewrite(folder, "payrolls", picked, "second.parquet")
    with pytest.raises(RecordsFolderRefused):
        open_folder(str(folder))


def test_a_file_that_fails_while_reading_is_reported_with_its_folder(folder):
    file = next((folder / "payrolls").rglob("*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + bytes(200) + whole[204:])
    with pytest.raises(RecordsFolderFailed) as failed, open_folder(str(folder)) as store:
        store.rows("SELECT sum(amount_due), max(payroll_id), max(project_id) FROM payrolls")
    assert str(folder) in failed.value.message()
