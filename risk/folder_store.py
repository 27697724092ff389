"""A folder of records seen as a record store: read where it lies, nothing is copied."""

from __future__ import annotations

import duckdb

from risk.contract import STORED_TABLES
from risk.record_folder_checks import RecordsFolderEmpty
from risk.record_folders import RecordsFolderFailed
from risk.records import RecordStore, columns


def open_folder(folder: str, *, memory_gb: float | None = None) -> RecordStore:
    """The records of ``folder`` (a path, or an address DuckDB reads), to be read only.

    Raises:
        RecordsFolderEmpty: there is no such folder, or no records in it.
        RecordsFolderFailed: it cannot be read.
    """
    store = RecordStore(":memory:", memory_gb=memory_gb)
    try:
        shown = [name for name in STORED_TABLES if _show(store, folder, name)]
        if not shown:
            raise RecordsFolderEmpty(path=folder)
    except duckdb.Error as error:
        store.close()
        raise RecordsFolderFailed(path=folder, detail=str(error).splitlines()[0]) from error
    except RecordsFolderEmpty:
        store.close()
        raise
    return store


def _show(store: RecordStore, folder: str, name: str) -> bool:
    """Put a view of the folder's files in place of the empty table ``name``, if there are any."""
    quoted = f"{folder}/{name}/*/*.parquet".replace("'", "''")
    if not store.rows(f"SELECT 1 FROM glob('{quoted}') LIMIT 1"):
        return False
    names = ", ".join([*(column for column, _ in columns(STORED_TABLES[name])), "arrival"])
    store.rows(f"DROP TABLE {name}")
    store.rows(f"CREATE VIEW {name} AS SELECT {names} FROM read_parquet('{quoted}')")
    return True
