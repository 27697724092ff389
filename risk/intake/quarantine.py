"""Quarantine: rejected rows, stored in full, listed as CSV, to be corrected and sent again.

The rows are in the record store, so that the good and bad rows of a file are committed together.
The CSV files are a copy for people, rewritten after every import. Only columns of the contract are
stored; the contents of other columns are never stored, not even in quarantine.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from risk.contract import KNOWN_AT, STORED_TABLES, Table
from risk.intake.cells import as_text
from risk.intake.csv_escaping import escape_cell
from risk.intake.headers import QUARANTINE_ID
from risk.intake.row_errors import Problem, problem_from_json
from risk.intake.row_parser import BadRow
from risk.intake.staging import registered
from risk.locale import Language, text
from risk.store.store import RecordStore

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("table_name", pa.string()),
        ("file", pa.string()),
        ("row_number", pa.int64()),
        ("cells", pa.string()),
        ("problems", pa.string()),
    ]
)
_ENTRIES = "intake_quarantined"
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
    """Create the quarantine table in ``store`` if it does not exist."""
    store.rows(
        "CREATE TABLE IF NOT EXISTS quarantine (id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
        " file VARCHAR NOT NULL, row_number BIGINT NOT NULL, cells VARCHAR NOT NULL,"
        " problems VARCHAR NOT NULL)"
    )


def quarantined_rows(store: RecordStore, table: Table) -> Iterator[QuarantinedRow]:
    """Quarantined rows of ``table``, ordered by file and row."""
    if not _has_table(store):
        return
    with store.connection.cursor() as cursor:
        found = cursor.execute(
            "SELECT id, file, row_number, cells, problems FROM quarantine WHERE table_name = ?"
            " ORDER BY file, row_number, id",
            [table.name],
        )
        while rows := found.fetchmany(_FETCH):
            for identity, file, number, cells, problems in rows:
                parsed = tuple(problem_from_json(stored) for stored in json.loads(problems))
                yield QuarantinedRow(identity, table.name, file, number, json.loads(cells), parsed)


def quarantined_counts(store: RecordStore) -> dict[str, int]:
    """Number of quarantined rows of every table."""
    if not _has_table(store):
        return dict.fromkeys(STORED_TABLES, 0)
    found = dict(store.rows("SELECT table_name, count(*) FROM quarantine GROUP BY table_name"))
    return {name: found.get(name, 0) for name in STORED_TABLES}


def _has_table(store: RecordStore) -> bool:
    # A store that is opened read-only may have had no import yet.
    return bool(store.rows("FROM duckdb_tables() WHERE table_name = 'quarantine'"))


class FileQuarantine:
    """Changes of one file to the quarantine. Use inside one transaction.

    The id of a row is a digest of table, file name and cells, and of how often the same cells
    occurred before in the file, so the same bad row of the same file is stored only once.
    """

    def __init__(self, store: RecordStore, table: Table, file: str) -> None:
        self._store = store
        self._table = table
        self._file = file
        self._seen: Counter[bytes] = Counter()
        self._corrected: list[str] = []
        self._still_bad: set[str] = set()
        self._pending: list[dict[str, object]] = []
        # What the digests of all rows begin with.
        self._digest_prefix = hashlib.sha256(
            f"{_to_json([table.name, file])[:-1]}, ".encode(*_CODEC)
        )
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
                f"INSERT INTO quarantine SELECT * FROM {_ENTRIES} e"
                " WHERE NOT EXISTS (FROM quarantine q WHERE q.id = e.id)"
            )

    def commit(self) -> None:
        """Write pending rows and remove corrected ones from quarantine.

        A row sent twice, once corrected and once still bad, stays in quarantine.
        """
        self._write()
        gone = sorted(set(self._corrected) - self._still_bad)
        if gone:
            numbers = pa.table({"id": gone})
            with registered(self._store, _ENTRIES, numbers):
                self._store.rows(
                    "DELETE FROM quarantine WHERE table_name = ?"
                    f" AND id IN (SELECT id FROM {_ENTRIES})",
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
        cells = {name: as_text(cell) for name, cell in row.cells.items()}
        if row.surplus:
            cells.update({f"+{n}": as_text(cell) for n, cell in enumerate(row.surplus, 1)})
        stored = _to_json(cells)
        number = row.corrects if row.corrects in known - self._still_bad else None
        if number is not None:
            self._still_bad.add(number)
        return {
            "id": number or self._number(stored),
            "table_name": self._table.name,
            "file": self._file,
            "row_number": row.number,
            "cells": stored,
            "problems": _to_json([problem.as_json() for problem in row.problems]),
        }

    def _number(self, cells: str) -> str:
        headings = self._digest_prefix.copy()
        headings.update(f"{_to_json(cells)}]".encode(*_CODEC))
        digest = headings.digest()
        self._seen[digest] += 1
        numbered = hashlib.sha256(digest + str(self._seen[digest]).encode())
        # The leading letter keeps spreadsheets from reading the id as a number.
        return f"Q{numbered.hexdigest()[:16].upper()}"


def write_quarantine(store: RecordStore, folder: Path, *, language: Language = "zh") -> None:
    """Write ``folder``/<table>.csv for every table with quarantined rows, and remove the others.

    The files are UTF-8 with BOM, with the contract's Chinese headers, and are replaced atomically.
    """
    for name, count in quarantined_counts(store).items():
        path = folder / f"{name}.csv"
        if count:
            folder.mkdir(parents=True, exist_ok=True)
            _write(store, STORED_TABLES[name], path, language)
        else:
            path.unlink(missing_ok=True)


def _write(store: RecordStore, table: Table, path: Path, language: Language) -> None:
    fields = [*table.fields, KNOWN_AT]

    @lru_cache(_FETCH)  # rows of a file tend to have the same problems
    def described(problems: tuple[Problem, ...]) -> str:
        return escape_cell("；".join(problem.message(table, language) for problem in problems))

    part = path.with_suffix(".csv.part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        headings = [
            text(f"intake.quarantine.{key}", language) for key in ("file", "row", "problems")
        ]
        writer.writerow([QUARANTINE_ID, *headings, *(field.zh for field in fields)])
        for row in quarantined_rows(store, table):
            head = [row.id, escape_cell(row.file), row.row, described(row.problems)]
            cells = [row.cells.get(field.name) for field in fields]
            # Surplus cells are written too, so that an uncorrected row is refused again.
            surplus = [cell for name, cell in row.cells.items() if name.startswith("+")]
            writer.writerow(head + [escape_cell(cell) for cell in cells + surplus])
    part.replace(path)
