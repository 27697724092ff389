"""Read-only record store over a folder of Parquet files; nothing is copied.

Files may be in any subfolder of ``FOLDER/<table>``; names that start with a dot or an underscore
are ignored, as other engines do.
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
    records_sql,
    schema_problems,
)
from risk.store.store import RecordStore


class ParquetStore(RecordStore):
    """Read-only records of a folder; DuckDB errors in its ``with`` block name the folder."""

    def __init__(self, folder: str, *, memory_gb: float | None = None) -> None:
        """Create a store without records; use :func:`open_folder`."""
        super().__init__(":memory:", memory_gb=memory_gb)
        self._folder = folder

    def __exit__(self, *raised: object) -> None:
        self.close()
        error = raised[1]
        if isinstance(error, duckdb.Error):
            with raise_as_failed(self._folder):
                raise error


def open_folder(folder: str, *, memory_gb: float | None = None) -> RecordStore:
    """Open the records of ``folder`` (a path, or a URL that DuckDB reads) read-only.

    Raises:
        RecordsFolderEmpty: there is no such folder, or it has no records.
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
    """Replace the empty tables by views of the folder's files."""
    files = {name: _files(store, folder, name) for name in STORED_TABLES}
    present = [(STORED_TABLES[name], paths) for name, paths in files.items() if paths]
    if not present:
        raise RecordsFolderEmpty(path=folder)
    problems = [problem for table, paths in present for problem in _problems(store, table, paths)]
    if problems:
        raise RecordsFolderRefused(path=folder, problems=problems)
    for table, paths in present:
        source = records_sql(store, table, paths)
        store.rows(f"DROP TABLE {table.name}")
        store.rows(f"CREATE VIEW {table.name} AS SELECT {column_list(table)} FROM {source}")


def _problems(store: RecordStore, table: Table, files: list[str]) -> list[FolderProblem]:
    """Schema problems, without unknown columns: nothing reads those."""
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
