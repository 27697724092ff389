"""A folder of records seen as a record store: read where it lies, nothing is copied.

Below ``FOLDER/<table>`` the files may lie in any folders; what begins with a dot or an underscore
is passed over, as other engines do.
"""

from __future__ import annotations

import glob
import os.path

import duckdb

from risk.contract import STORED_TABLES, Table
from risk.store.parquet_export import raise_as_failed
from risk.store.parquet_validation import (
    FolderProblem,
    RecordsFolderEmpty,
    RecordsFolderRefused,
    column_list,
    read_parquet_sql,
    schema_problems,
)
from risk.store.store import RecordStore


class ParquetStore(RecordStore):
    """Records of a folder, to be read only; a file that fails in a ``with`` block is told so."""

    def __init__(self, folder: str, *, memory_gb: float | None = None) -> None:
        """A store without records yet; see :func:`open_folder`."""
        super().__init__(":memory:", memory_gb=memory_gb)
        self._folder = folder

    def __exit__(self, *raised: object) -> None:
        self.close()
        error = raised[1]
        if isinstance(error, duckdb.Error):
            with raise_as_failed(self._folder):
                raise error


def open_folder(folder: str, *, memory_gb: float | None = None) -> RecordStore:
    """The records of ``folder`` (a path, or an address DuckDB reads), to be read only.

    Raises:
        RecordsFolderEmpty: there is no such folder, or no records in it.
        RecordsFolderRefused: a column is missing or is not of the contract's type.
        RecordsFolderFailed: it cannot be read, now or in a ``with`` block of the store.
    """
    store = ParquetStore(folder, memory_gb=memory_gb)
    try:
        with raise_as_failed(folder):
            _create_views(store, folder)
    except BaseException:
        store.close()
        raise
    return store


def _create_views(store: RecordStore, folder: str) -> None:
    """Put views of the folder's files in place of the empty tables."""
    files = {name: _files(store, folder, name) for name in STORED_TABLES}
    held = [(STORED_TABLES[name], found) for name, found in files.items() if found]
    if not held:
        raise RecordsFolderEmpty(path=folder)
    problems = [one for table, found in held for one in _problems(store, table, found)]
    if problems:
        raise RecordsFolderRefused(path=folder, problems=problems)
    for table, found in held:
        source = read_parquet_sql(found, "union_by_name := true")
        store.rows(f"DROP TABLE {table.name}")
        store.rows(
            f"CREATE VIEW {table.name} AS SELECT {column_list(table)}, arrival FROM {source}"
        )


def _problems(store: RecordStore, table: Table, files: list[str]) -> list[FolderProblem]:
    """Other columns do no harm: nothing reads them."""
    found = schema_problems(store, table, files)
    return [problem for problem in found if problem.code != "unknown_column"]


def _files(store: RecordStore, folder: str, name: str) -> list[str]:
    folder = folder.removeprefix("file://")
    whole = folder.rstrip("/") if "://" in folder else os.path.abspath(folder)
    place = f"{whole}/{name}"
    found = store.rows(
        "SELECT file FROM glob(?) ORDER BY file", [f"{glob.escape(place)}/**/*.parquet"]
    )
    return [file for (file,) in found if not _hidden(file.removeprefix(place))]


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))
