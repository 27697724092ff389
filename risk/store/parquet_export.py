"""Export of the record store to a folder of partitioned Parquet, and import from it.

The layout is ``FOLDER/<table>/known_year=<YYYY>/*.parquet``: one folder per table that has rows,
partitioned by the year of ``known_at``. The files have the stored columns (money in fen, months as
their first day) and ``arrival``; any engine that reads partitioned Parquet can read them.

Tables are read and written one at a time, within the memory limit of DuckDB.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from risk.contract import STORED_TABLES, Table
from risk.errors import WagewatchError
from risk.progress import Progress
from risk.store.marks import newest_arrival
from risk.store.parquet_validation import (
    Partition,
    RecordsFolderEmpty,
    RecordsFolderRefused,
    column_list,
    find_partitions,
    find_problems,
    unexpected_entries,
)
from risk.store.row_hashes import columns
from risk.store.row_sums import extend_row_sums
from risk.store.store import RecordStore

_COMPRESSION = "zstd"


class NoRecordsFolder(WagewatchError):
    """The target exists and is not a records folder; nothing was changed."""

    code = "no_records_folder"


class RecordsFolderFailed(WagewatchError):
    """The folder could not be written or read completely; fields: ``path``, ``detail``."""

    code = "records_folder_failed"


@dataclass(frozen=True)
class TableImport:
    """Result of the import of one table: rows in the folder, and new rows stored."""

    table: str
    rows: int
    stored: int


def export_records(
    store: RecordStore, folder: Path, progress: Progress | None = None
) -> dict[str, int]:
    """Write all versions of all records to ``folder`` and return the rows written, by table.

    The folder is written under a temporary name and renamed when complete. An existing records
    folder is replaced; any other folder is left unchanged.

    Raises:
        NoRecordsFolder: ``folder`` contains something other than exported records.
        RecordsFolderFailed: the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or unexpected_entries(folder)):
        raise NoRecordsFolder(path=str(folder))
    # "." or a symbolic link: the folder it points to is replaced.
    folder = folder.resolve()
    part = folder.with_name(f".{folder.name}.part")
    with raise_as_failed(folder):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            rows = _write(store, part, progress)
            _move_into_place(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return rows


def import_records(
    store: RecordStore, folder: Path, progress: Progress | None = None
) -> list[TableImport]:
    """Import all records of ``folder`` into ``store``, in one transaction.

    The sums of the new rows are stored after that. Rows already stored, equal in every column, are
    skipped: for n equal rows in the store, the first n equal rows of the folder. The order of
    arrival is preserved within and across tables; an empty store takes over the arrival numbers
    unchanged.

    Raises:
        RecordsFolderEmpty: there is no such folder, or it has no records.
        RecordsFolderRefused: tables, columns, types or values are not those of the contract.
        RecordsFolderFailed: the folder cannot be read completely; nothing is stored.
    """
    if not folder.is_dir():
        raise RecordsFolderEmpty(path=str(folder))
    with raise_as_failed(folder):
        parts = find_partitions(folder)
        problems = find_problems(store, folder, parts)
        if problems:
            raise RecordsFolderRefused(path=str(folder), problems=problems)
        if not parts:
            raise RecordsFolderEmpty(path=str(folder))
        with store.transaction():
            taken = _Import(store, parts).run(progress)
        extend_row_sums(store)
    return taken


@contextmanager
def raise_as_failed(folder: Path | str) -> Iterator[None]:
    """Convert errors of the file system and of DuckDB.

    Raises:
        RecordsFolderFailed: the block raised OSError or duckdb.Error.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RecordsFolderFailed(path=str(folder), detail=detail) from error


def _write(store: RecordStore, part: Path, progress: Progress | None) -> dict[str, int]:
    rows: dict[str, int] = {}
    # One transaction, so that all tables show the same state.
    with store.transaction():
        for number, table in enumerate(STORED_TABLES.values(), start=1):
            # Schema main has the stored tables, whichever kind of unit the store shows.
            count = store.rows(f"SELECT count(*) FROM main.{table.name}")[0][0]
            if count:
                _write_table(store, table, part / table.name)
                rows[table.name] = count
            if progress:
                progress(table.name, number / len(STORED_TABLES))
    return rows


def _write_table(store: RecordStore, table: Table, folder: Path) -> None:
    target = str(folder).replace("'", "''")
    store.rows(
        f"COPY (SELECT {column_list(table)}, year(known_at) AS known_year"
        f" FROM main.{table.name})"
        f" TO '{target}' (FORMAT parquet, PARTITION_BY (known_year), COMPRESSION {_COMPRESSION})"
    )


def _move_into_place(part: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


class _Import:
    """Import of a validated folder, inside one transaction."""

    def __init__(self, store: RecordStore, parts: dict[str, list[Partition]]) -> None:
        self._store = store
        self._parts = parts

    def run(self, progress: Progress | None) -> list[TableImport]:
        """Find the new rows, then number and store them."""
        for number, (name, parts) in enumerate(self._parts.items(), start=1):
            self._find_new(STORED_TABLES[name], parts)
            if progress:
                progress(name, 0.5 * number / len(self._parts))
        shift, next_arrival = self._numbering()
        done = []
        for number, (name, parts) in enumerate(self._parts.items(), start=1):
            done.append(self._insert(STORED_TABLES[name], parts, shift))
            if progress:
                progress(name, 0.5 + 0.5 * number / len(self._parts))
        if any(result.stored for result in done):
            self._store.rows(f"CREATE OR REPLACE SEQUENCE arrivals START WITH {next_arrival}")
        return done

    def _find_new(self, table: Table, parts: list[Partition]) -> None:
        """Create the temporary view ``new_<table>`` of rows that are not stored yet.

        Equal rows have equal ``known_at``, so each year is compared only with itself; a year
        without stored rows is taken over without comparison.
        """
        stored = {
            row[0]
            for row in self._store.rows(f"SELECT DISTINCT year(known_at) FROM main.{table.name}")
        }
        untouched = [part.source(self._store) for part in parts if part.year not in stored]
        self._store.rows(f"CREATE TEMP TABLE met_{table.name} AS FROM main.{table.name} LIMIT 0")
        for part in parts:
            if part.year in stored:
                new = _not_stored_sql(table, part, self._store)
                self._store.rows(f"INSERT INTO met_{table.name} BY NAME {new}")
        picked = f"SELECT {column_list(table)} FROM"
        selects = [f"{picked} {source}" for source in (*untouched, f"met_{table.name}")]
        self._store.rows(f"CREATE TEMP VIEW new_{table.name} AS {' UNION ALL '.join(selects)}")

    def _numbering(self) -> tuple[int, int]:
        """Offset to add to the arrival of new rows, and the next number of the sequence.

        New rows are numbered after all stored rows, in their original order.
        """
        spans = " UNION ALL ".join(
            f"SELECT min(arrival) AS least, max(arrival) AS most FROM new_{name}"
            for name in self._parts
        )
        least, most = self._store.rows(f"SELECT min(least), max(most) FROM ({spans})")[0]
        if least is None:
            return 0, 1
        newest = max(newest_arrival(self._store), self._store.last_drawn())
        shift = max(0, newest + 1 - least)
        return shift, most + shift + 1

    def _insert(self, table: Table, parts: list[Partition], shift: int) -> TableImport:
        names = column_list(table)
        stored: int = self._store.rows(
            f"INSERT INTO main.{table.name} ({names})"
            f" SELECT {names} FROM (SELECT * REPLACE (arrival + {shift} AS arrival)"
            f" FROM new_{table.name})"
        )[0][0]
        self._store.rows(f"DROP VIEW new_{table.name}")
        self._store.rows(f"DROP TABLE met_{table.name}")
        sources = " UNION ALL ".join(
            f"SELECT count(*) AS n FROM {part.source(self._store)}" for part in parts
        )
        rows: int = self._store.rows(f"SELECT sum(n)::BIGINT FROM ({sources})")[0][0]
        return TableImport(table.name, rows, stored)


def _not_stored_sql(table: Table, part: Partition, store: RecordStore) -> str:
    """SQL for the rows of ``part`` that are not in the store.

    The same content may occur twice in a row's history (a value changes and changes back), so
    equal rows are numbered on both sides: with two stored, the third is new. ``dated_by`` makes no
    difference.
    """
    names = [name for name, _ in columns(table)]
    listed = ", ".join([*names, "withdrawn"])
    numbered = f"row_number() OVER (PARTITION BY {listed} ORDER BY arrival) AS copy"
    same = " AND ".join(f"incoming.{name} IS NOT DISTINCT FROM stored.{name}" for name in names)
    both = ", ".join([*names, "dated_by", "withdrawn IS TRUE AS withdrawn"])
    return (
        f"SELECT {column_list(table)}"
        f" FROM (SELECT *, {numbered} FROM (SELECT {both}, arrival FROM {part.source(store)}))"
        " incoming"
        f" ANTI JOIN (SELECT {listed}, {numbered} FROM (SELECT {both}, arrival"
        f" FROM main.{table.name} WHERE year(known_at) = {part.year})) stored"
        f" ON incoming.copy = stored.copy AND incoming.withdrawn = stored.withdrawn AND {same}"
    )
