"""Columns added to the contract: absent from stores and folders of earlier releases."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.store.marks import current_mark
from risk.store.parquet_export import export_records
from risk.store.parquet_store import open_folder
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 1, 1)
DIGEST = "5a09edb60a64a9b01b6461a26af4bfd68e28f6b639f74e09bfb22caaa3098831"
MARK = "6ab697ad546c887d44b7c27840521c202d80ba73f2f43a4d0406e493c02fb021"
"""Digests that the release before these columns gave the two rows of :func:`fill`."""


def fill(store):
    store.connection.execute(
        "INSERT INTO projects (project_id, project_name, region_code, started_on, known_at,"
        " arrival) VALUES ('P1', 'x', '420301', '2024-01-01', '2024-01-02', 1)"
    )
    store.connection.execute(
        "INSERT INTO payrolls (payroll_id, project_id, period, amount_due, due_on, known_at,"
        " arrival) VALUES ('R1', 'P1', '2024-01-01', 100, '2024-02-15', '2024-02-15', 2)"
    )


@pytest.fixture
def earlier(tmp_path):
    """A store without the columns, as an earlier release left it."""
    path = tmp_path / "records.duckdb"
    with RecordStore(path) as store:
        fill(store)
        store.connection.execute("DROP TABLE stored_schema")
        views = store.rows("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal")
        for schema, view in views:
            store.connection.execute(f"DROP VIEW {schema}.{view}")
        for table in STORED_TABLES.values():
            for field in table.fields:
                if field.added:
                    store.connection.execute(f"ALTER TABLE {table.name} DROP COLUMN {field.name}")
    return path


@pytest.mark.parametrize("read_only", [False, True])
def test_store_of_an_earlier_release_gains_the_columns_and_no_other_digest(earlier, read_only):
    with RecordStore(earlier, read_only=read_only) as store:
        assert store.rows("SELECT permit_on, payment_guarantee FROM projects_versions") == [
            (None, None)
        ]
        assert store.rows("SELECT wage_basis FROM payrolls") == [(None,)]
        assert (store.digest(AS_OF), current_mark(store).digest) == (DIGEST, MARK)


def test_filled_column_changes_the_digest(store):
    fill(store)
    assert store.digest(AS_OF) == DIGEST
    store.connection.execute("UPDATE projects SET permit_on = '2023-12-20'")
    with_permit = store.digest(AS_OF)
    assert with_permit != DIGEST
    store.connection.execute("UPDATE projects SET payment_guarantee = false")
    assert store.digest(AS_OF) not in {DIGEST, with_permit}


def test_folder_of_an_earlier_release_is_read(store, tmp_path):
    fill(store)
    export_records(store, tmp_path / "out")
    for file in (tmp_path / "out" / "projects").rglob("*.parquet"):
        store.connection.execute(
            f"COPY (SELECT * EXCLUDE (permit_on, payment_guarantee) FROM read_parquet('{file}',"
            f" hive_partitioning := false)) TO '{file}' (FORMAT parquet)"
        )
    with open_folder(str(tmp_path / "out")) as folder:
        assert folder.rows("SELECT permit_on FROM projects") == [(None,)]
        assert folder.digest(AS_OF) == DIGEST
