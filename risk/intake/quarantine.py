"""Quarantine: rejected rows, stored in full, to be corrected and sent again.

The rows are in the record store, so that the good and bad rows of a file are committed together.
A row leaves the quarantine when it comes back corrected under its id, or when any file has a row
with its key; :mod:`risk.intake.quarantine_book` lists the rows for people. Only columns of the
contract are stored, never the contents of other columns, and personal numbers only masked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from risk.contract import KNOWN_AT, STORED_TABLES, Table
from risk.intake.cells import as_text
from risk.intake.personal_numbers import mask_personal_numbers
from risk.intake.row_errors import Problem, problem_from_json, raw_text
from risk.intake.row_keys import key_sql
from risk.intake.row_parser import BadRow
from risk.intake.staging import registered
from risk.store.store import RecordStore

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("table_name", pa.string()),
        ("file", pa.string()),
        ("row_number", pa.int64()),
        ("cells", pa.string()),
        ("problems", pa.string()),
        ("row_key", pa.string()),
        ("known_at", pa.date32()),
    ]
)
_ENTRIES, _SEEN = "intake_quarantined", "intake_quarantine_seen"
_WRITTEN = "quarantine_written"
_CODEC = ("utf-8", "surrogatepass")
_FETCH = 1_000
_WRITE_BATCH = 10_000
"""Rows written to the store at once; bounds the memory used for pending rows."""
_to_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class QuarantinedRow:
    """Row in quarantine; ``cells`` are the raw cells by field, surplus ones as +1, +2..."""

    id: str
    table: str
    file: str
    row: int
    cells: dict[str, str]
    problems: tuple[Problem, ...]


def create_table(store: RecordStore) -> None:
    """Create the quarantine table in ``store`` if it does not exist or lacks columns."""
    if store.has_table("quarantine") and "known_at" in store.connection.table("quarantine").columns:
        return
    store.rows(
        "CREATE TABLE IF NOT EXISTS quarantine (id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
        " file VARCHAR NOT NULL, row_number BIGINT NOT NULL, cells VARCHAR NOT NULL,"
        " problems VARCHAR NOT NULL)"
    )
    # Stores of earlier releases have no keys.
    for column in ("row_key VARCHAR", "known_at DATE"):
        store.rows(f"ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS {column}")


def quarantined_rows(
    store: RecordStore, table: Table, *, before: dt.date | None = None
) -> Iterator[QuarantinedRow]:
    """Quarantined rows of ``table``, ordered by file and row.

    With ``before`` only those that became known before that day, or whose day could not be read.
    """
    if not store.has_table("quarantine"):
        return
    with store.connection.cursor() as cursor:
        found = cursor.execute(
            "SELECT id, file, row_number, cells, problems FROM quarantine WHERE table_name = $1"
            " AND ($2::DATE IS NULL OR known_at IS NULL OR known_at < $2)"
            " ORDER BY file, row_number, id",
            [table.name, before],
        )
        while rows := found.fetchmany(_FETCH):
            for identity, file, number, cells, problems in rows:
                parsed = tuple(problem_from_json(stored) for stored in json.loads(problems))
                yield QuarantinedRow(identity, table.name, file, number, json.loads(cells), parsed)


def quarantined_counts(store: RecordStore) -> dict[str, int]:
    """Number of quarantined rows of every table."""
    if not store.has_table("quarantine"):
        return dict.fromkeys(STORED_TABLES, 0)
    found = dict(store.rows("SELECT table_name, count(*) FROM quarantine GROUP BY table_name"))
    return {name: found.get(name, 0) for name in STORED_TABLES}


def quarantine_digest(store: RecordStore) -> str:
    """Digest of all quarantined rows, equal for the same rows in any order."""
    if not store.has_table("quarantine"):
        return ""
    count, total = store.rows(
        "SELECT count(*), sum(hash(id, table_name, file, row_number, cells, problems)::HUGEINT)"
        " FROM quarantine"
    )[0]
    return f"{count} {total}"


def written_digest(store: RecordStore) -> str | None:
    """Digest of the rows in the workbook as it was written last; None before the first time."""
    if not store.has_table(_WRITTEN):
        return None
    found = store.rows(f"SELECT digest FROM {_WRITTEN}")
    return str(found[0][0]) if found else None


def record_written(store: RecordStore, digest: str) -> None:
    """Remember the digest of the rows that the workbook has now."""
    store.rows(f"CREATE OR REPLACE TABLE {_WRITTEN} AS SELECT $1 AS digest", [digest])


class FileQuarantine:
    """Changes of one file to the quarantine. Use inside one transaction.

    The id of a row is a digest of table and cells, and of how often the same cells occurred before
    in the file, so the same bad row is stored only once, whatever the name of its file.
    """

    def __init__(self, store: RecordStore, table: Table, file: str) -> None:
        self._store = store
        self._table = table
        self._file = file
        self._fields = {field.name: field for field in (*table.fields, KNOWN_AT)}
        self._seen: Counter[bytes] = Counter()
        self._corrected: list[str] = []
        self._still_bad: set[str] = set()
        self._pending: list[dict[str, object]] = []
        # What the digests of all rows begin with.
        self._digest_prefix = hashlib.sha256(f"{_to_json([table.name])[:-1]}, ".encode(*_CODEC))
        self._has_seen = False
        create_table(store)

    def add(self, rows: Sequence[BadRow], corrected: Sequence[str]) -> None:
        """Adds bad ``rows``; ``corrected`` holds the quarantine ids of rows that are good now."""
        self._corrected.extend(corrected)
        if not rows:
            return
        known = self._known([row.corrects for row in rows if row.corrects])
        self._pending += [self._entry(row, known) for row in rows]
        if len(self._pending) >= _WRITE_BATCH:
            self._write()

    def _write(self) -> None:
        if not self._pending:
            return
        entries = pa.Table.from_pylist(self._pending, schema=_SCHEMA)
        self._pending = []
        with registered(self._store, _ENTRIES, entries):
            self._store.rows(
                f"UPDATE quarantine SET cells = e.cells, problems = e.problems FROM {_ENTRIES} e"
                " WHERE quarantine.id = e.id AND (quarantine.cells, quarantine.problems)"
                " IS DISTINCT FROM (e.cells, e.problems)"
            )
            self._store.rows(
                f"INSERT INTO quarantine BY NAME SELECT * FROM {_ENTRIES} e"
                " WHERE NOT EXISTS (FROM quarantine q WHERE q.id = e.id)"
            )
            self._create_seen()
            self._store.rows(f"INSERT INTO {_SEEN} SELECT id FROM {_ENTRIES}")

    def commit(self, staged: str | None = None) -> None:
        """Write pending rows and remove those that this file corrects or replaces.

        A row sent twice, once corrected and once still bad, stays in quarantine. ``staged`` is the
        table of the file's good rows; older rows with the key of a row of the file are removed,
        those with a day of knowledge only by a row of the same day.
        """
        self._write()
        if staged is not None and self._has_keys():
            self._create_seen()
            self._remove_replaced(staged)
        if self._has_seen:
            self._store.rows(f"DROP TABLE {_SEEN}")
        gone = sorted(set(self._corrected) - self._still_bad)
        if gone:
            numbers = pa.table({"id": gone})
            with registered(self._store, _ENTRIES, numbers):
                self._store.rows(
                    "DELETE FROM quarantine WHERE table_name = ?"
                    f" AND id IN (SELECT id FROM {_ENTRIES})",
                    [self._table.name],
                )

    def _create_seen(self) -> None:
        """Create the table of the rows of this file; most files have none and need none."""
        if not self._has_seen:
            self._store.rows(f"CREATE OR REPLACE TEMP TABLE {_SEEN} (id VARCHAR)")
            self._has_seen = True

    def _has_keys(self) -> bool:
        # Most tables have none; to look for replaced rows takes ten times as long.
        found = self._store.rows(
            "SELECT 1 FROM quarantine WHERE table_name = ? AND row_key IS NOT NULL LIMIT 1",
            [self._table.name],
        )
        return bool(found)

    def _remove_replaced(self, staged: str) -> None:
        key = key_sql(self._table, "s")
        self._store.rows(
            f"""
DELETE FROM quarantine q WHERE table_name = ?
AND NOT EXISTS (FROM {_SEEN} seen WHERE seen.id = q.id)
AND (
  EXISTS (FROM {staged} s WHERE {key} = q.row_key
    AND (q.known_at IS NULL OR s.known_at = q.known_at))
  OR EXISTS (FROM quarantine n JOIN {_SEEN} USING (id)
    WHERE n.row_key = q.row_key
    AND n.known_at IS NOT DISTINCT FROM q.known_at)
)""",
            [self._table.name],
        )

    def _known(self, numbers: list[str]) -> set[str]:
        if not numbers:
            return set()
        found = self._store.rows(
            "SELECT id FROM quarantine WHERE table_name = ? AND id IN (SELECT unnest(?))",
            [self._table.name, numbers],
        )
        return {number for (number,) in found}

    def _entry(self, row: BadRow, known: set[str]) -> dict[str, object]:
        cells = {name: raw_text(cell, self._fields[name]) for name, cell in row.cells.items()}
        for number, cell in enumerate(row.surplus, 1):
            cells[f"+{number}"] = mask_personal_numbers(as_text(cell))
        stored = _to_json(cells)
        corrected = row.corrects if row.corrects in known - self._still_bad else None
        if corrected is not None:
            self._still_bad.add(corrected)
        return {
            "id": corrected or self._number(stored),
            "table_name": self._table.name,
            "file": self._file,
            "row_number": row.number,
            "cells": stored,
            "problems": _to_json([problem.as_json() for problem in row.problems]),
            "row_key": row.key,
            "known_at": row.known_at,
        }

    def _number(self, cells: str) -> str:
        headings = self._digest_prefix.copy()
        headings.update(f"{_to_json(cells)}]".encode(*_CODEC))
        digest = headings.digest()
        self._seen[digest] += 1
        numbered = hashlib.sha256(digest + str(self._seen[digest]).encode())
        # The leading letter keeps spreadsheets from reading the id as a number.
        return f"Q{numbered.hexdigest()[:16].upper()}"
