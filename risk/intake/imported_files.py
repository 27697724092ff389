"""Files imported so far: a file that is sent again, and records a full book no longer has.

A file is the same if its label and its bytes are. Two files belong to one series if their labels
differ in numbers and months only (案件2025年9月.xlsx and 案件2025年10月.xlsx, 9月/案件.xlsx and
10月/案件.xlsx).
Labels are compared as far as both have folders: 案件.xlsx may be 9月/案件.xlsx.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from risk.contract import Table
from risk.intake.named_periods import without_periods
from risk.intake.unfolded_versions import BookDay
from risk.store.store import RecordStore

_TABLE = "imported_files"
BORROWED_FIELDS = "borrowed_fields"
"""Table of the fields that a stored version has from another source, by its arrival."""

CONFIRMED_VERSIONS = "confirmed_versions"
"""Table of the day of the newest book that repeats a stored version, by its arrival."""

_FULL = 0.5
"""Share of the known rows of its series from which a file counts as a full book."""


@dataclass(frozen=True)
class SourceFile:
    """File that is being imported.

    ``label`` is its path below the folder or in the archive that was named; empty for a file that
    was itself named. ``origin`` is the source it was pulled from; empty for books.
    """

    path: Path
    label: str = ""
    origin: str = ""

    @property
    def name(self) -> str:
        """Label, or the name without its folder."""
        return self.label or self.path.name

    @property
    def series(self) -> str:
        """Name without numbers, months and suffix; equal for the files of one series.

        >>> SourceFile(Path("案件2025年9月.xlsx")).series
        '案件年月'
        >>> SourceFile(Path("a.csv"), "街道甲/2025/九月/案件.csv").series
        '街道甲/月/案件'
        """
        parts = PurePosixPath(self.name).with_suffix("").parts
        return "/".join(filter(None, map(without_periods, parts)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def create_table(store: RecordStore) -> None:
    """Create the table of imported files in ``store`` if it does not exist."""
    if store.has_table(CONFIRMED_VERSIONS):  # the newest: the others are as they are now
        return
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {_TABLE} (table_name VARCHAR NOT NULL, name VARCHAR NOT NULL,"
        " series VARCHAR NOT NULL, digest VARCHAR NOT NULL, imported_on DATE NOT NULL,"
        " first_arrival BIGINT NOT NULL, last_arrival BIGINT NOT NULL)"
    )
    store.rows(f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS book_day DATE")
    store.rows(f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS origin VARCHAR")
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {BORROWED_FIELDS} (table_name VARCHAR NOT NULL,"
        " arrival BIGINT NOT NULL, fields VARCHAR[] NOT NULL)"
    )
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {CONFIRMED_VERSIONS} (table_name VARCHAR NOT NULL,"
        " arrival BIGINT NOT NULL, book_day DATE NOT NULL)"
    )


def last_import_day(store: RecordStore) -> dt.date | None:
    """Return the latest day of an import, None before the first one."""
    if not store.has_table(_TABLE):
        return None
    [(last,)] = store.rows(f"SELECT max(imported_on) FROM {_TABLE}")
    day: dt.date | None = last
    return day


def was_imported(store: RecordStore, table: Table, file: SourceFile) -> bool:
    """Whether the last file of this label that was imported into ``table`` was the same.

    If another came between, the file is a later book that returns to earlier values.
    """
    last = store.rows(
        f"SELECT arg_max(digest, rowid) FROM {_TABLE}"
        f" WHERE table_name = $1 AND {_same_path('name', '$2')} GROUP BY name",
        [table.name, file.name],
    )
    return (file.digest,) in last


def has_content(store: RecordStore, table: Table, file: SourceFile) -> bool:
    """Whether a file of the same bytes was imported into ``table``, whatever its label."""
    create_table(store)
    found = store.rows(
        f"SELECT 1 FROM {_TABLE} WHERE table_name = ? AND digest = ? LIMIT 1",
        [table.name, file.digest],
    )
    return bool(found)


def record_import(
    store: RecordStore,
    table: Table,
    file: SourceFile,
    book: BookDay,
    arrivals: range,
    *,
    digest: str,
) -> None:
    """Remember that the rows with numbers in ``arrivals`` came from ``file``; it may be empty."""
    names = (file.name, file.series, digest, file.origin)
    _insert(store, table, names, book.today, arrivals, book.day)


def record_copies(
    store: RecordStore,
    table: Table,
    today: dt.date,
    arrivals: range,
    book_day: dt.date,
    origin: str,
) -> None:
    """Remember that the versions with numbers in ``arrivals`` repeat rows of the book of a day."""
    _insert(store, table, ("", "", "", origin), today, arrivals, book_day)


def record_borrowed(
    store: RecordStore, table: Table, rows: str, parameters: Sequence[object] = ()
) -> None:
    """Remember the fields that versions have from other sources.

    ``rows`` is SQL with ``parameters`` of their ``arrival`` and ``borrowed`` fields, maybe none.
    """
    store.rows(
        f"INSERT INTO {BORROWED_FIELDS} SELECT '{table.name}', arrival, borrowed FROM ({rows})"
        " WHERE len(borrowed) > 0",
        parameters,
    )


def record_confirmed(store: RecordStore, table: Table, rows: str, book_day: dt.date) -> None:
    """Remember that the book of a day repeats versions.

    ``rows`` is SQL of their ``arrival``, of each once.
    """
    name = CONFIRMED_VERSIONS
    of_table = f"table_name = '{table.name}' AND arrival IN (SELECT arrival FROM ({rows}))"
    store.rows(f"DELETE FROM {name} WHERE {of_table}")
    store.rows(f"INSERT INTO {name} SELECT '{table.name}', arrival, $1 FROM ({rows})", [book_day])


def has_other_origins(store: RecordStore, table: Table, origin: str) -> bool:
    """Whether rows of ``table`` came from another origin than ``origin``."""
    found = store.rows(
        f"SELECT 1 FROM {_TABLE} WHERE table_name = ? AND coalesce(origin, '') <> ?"
        " AND last_arrival >= first_arrival LIMIT 1",
        [table.name, origin],
    )
    return bool(found)


def _insert(
    store: RecordStore,
    table: Table,
    names: tuple[str, str, str, str],
    today: dt.date,
    arrivals: range,
    book_day: dt.date,
) -> None:
    store.rows(
        f"INSERT INTO {_TABLE} BY NAME SELECT $1 AS table_name, $2 AS name, $3 AS series,"
        " $4 AS digest, $5 AS origin, $6 AS imported_on, $7 AS first_arrival, $8 AS last_arrival,"
        " $9 AS book_day",
        [table.name, *names, today, arrivals.start, arrivals.stop - 1, book_day],
    )


def book_days_sql(table: Table) -> str:
    """SQL for ``first_arrival``, ``last_arrival``, ``book_day`` and ``origin`` of the imports."""
    return (
        f"SELECT first_arrival, last_arrival, coalesce(book_day, imported_on) AS book_day, origin"
        f" FROM {_TABLE} WHERE table_name = '{table.name}' AND last_arrival >= first_arrival"
    )


def missing_rows(store: RecordStore, table: Table, file: SourceFile, staged: str) -> int:
    """Number of records from earlier files of the series that a full book no longer has.

    A file is a full book if it has at least half of them; for any other file 0. Withdrawn records
    do not count. ``staged`` is the table of the file's rows.
    """
    same_series = _same_path("series", "$2")
    spans = store.rows(
        f"SELECT 1 FROM {_TABLE} WHERE table_name = $1 AND {same_series} LIMIT 1",
        [table.name, file.series],
    )
    if not spans:
        return 0
    key = ", ".join(table.key)
    same = " AND ".join(f"known.{name} IS NOT DISTINCT FROM staged.{name}" for name in table.key)
    known, missing = store.rows(
        f"""
        WITH known AS (
          SELECT {key} FROM {table.name} stored
          WHERE EXISTS (FROM {_TABLE} f WHERE f.table_name = $1 AND {same_series}
                        AND stored.arrival BETWEEN f.first_arrival AND f.last_arrival)
          GROUP BY {key}
        ), current AS (
          SELECT known.* FROM known SEMI JOIN {table.name}_versions staged
            ON {same} AND staged.superseded_at IS NULL
        )
        SELECT (SELECT count(*) FROM current),
               (SELECT count(*) FROM current known ANTI JOIN {staged} staged ON {same})
        """,
        [table.name, file.series],
    )[0]
    return int(missing) if missing <= (1 - _FULL) * known else 0


def _same_path(column: str, value: str) -> str:
    """SQL: whether two paths are equal as far as both have folders."""
    return (
        f"({column} = {value} OR ends_with({column}, '/' || {value})"
        f" OR ends_with({value}, '/' || {column}))"
    )
