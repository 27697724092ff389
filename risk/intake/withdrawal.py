"""Withdrawal of records: the keys in a file get a version that takes the record back.

Nothing is deleted: before the day of the withdrawal the record counts as before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from risk.contract import KNOWN_AT, DatedBy, Table
from risk.effective_rows import effective_rows_sql
from risk.intake.book_order import evidence_sql
from risk.intake.column_parsers import ARROW
from risk.intake.file_discovery import find_files
from risk.intake.file_errors import IntakeFailure, with_label
from risk.intake.imported_files import CONFIRMED_VERSIONS, create_table
from risk.intake.named_periods import stated_day
from risk.intake.readers import open_sheets
from risk.intake.row_parser import BatchParser
from risk.intake.sealed_days import move_behind_seals
from risk.intake.sheet_selection import select_sheet
from risk.intake.staging import registered
from risk.intake.unfolded_versions import BookDay
from risk.locale import Language
from risk.store.store import RecordStore

_KEYS = "intake_withdrawn"


@dataclass(frozen=True)
class FileWithdrawal:
    """Withdrawals of one file, in records.

    ``withdrawn`` are withdrawn now, ``repeated`` were before; ``unknown`` keys are in no record,
    and ``unreadable`` rows have no readable key.
    """

    file: str
    table: str
    withdrawn: int
    repeated: int
    unknown: int
    unreadable: int


@dataclass(frozen=True)
class WithdrawalReport:
    """Withdrawals of all files; nothing of ``failed`` files is withdrawn."""

    files: tuple[FileWithdrawal, ...]
    failed: tuple[IntakeFailure, ...]

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """JSON-serialisable report; messages of failures are in ``language``."""
        return {
            "files": [asdict(file) for file in self.files],
            "failed": [
                {
                    "file": failure.fields["file"],
                    "code": failure.code,
                    "message": failure.message(language),
                }
                for failure in self.failed
            ],
        }


def withdraw_paths(
    store: RecordStore,
    paths: Sequence[Path],
    *,
    today: dt.date,
    known_on: dt.date | None = None,
) -> WithdrawalReport:
    """Withdraw the records whose keys are in the files and folders ``paths``.

    A row counts from its ``known_at``, or else from ``known_on``, the end of the month that the
    file's name states, or ``today``. Of a record whose newest version is known later than ``today``
    (an event planned and then called off), the version current by then is withdrawn too, and each
    later one on its own day; any other withdrawal is known no earlier than the newest version.
    """
    found = find_files(paths)
    files: list[FileWithdrawal] = []
    failed = list(found.failed)
    for path, table in found.files:
        label = found.labels[path]
        book = BookDay(today, known_on or stated_day(label))
        try:
            report = withdraw_file(store, path, book=book, table=table)
        except IntakeFailure as failure:
            failed.append(with_label(failure, path.name, label))
        else:
            files.append(replace(report, file=label))
    return WithdrawalReport(tuple(files), tuple(failed))


def withdraw_file(store: RecordStore, path: Path, *, book: BookDay, table: Table) -> FileWithdrawal:
    """Withdraw the records of ``table`` whose keys are in one file, in one transaction.

    Only the columns of the key are needed, and ``known_at`` is read; others are ignored.

    Raises:
        IntakeFailure: the file could not be read, and nothing is withdrawn.
    """
    keys, unreadable = _read_keys(table, path, book.today)
    with store.transaction(), registered(store, _KEYS, keys):
        open_versions = _open_sql(table, book.today)
        matched, repeated, count = store.rows(
            "SELECT count(*), count(*) FILTER (withdrawn), sum(versions)::BIGINT FROM ("
            " SELECT bool_and(coalesce(withdrawn, false)) AS withdrawn,"
            " count(*) FILTER (withdrawn IS NOT TRUE) AS versions"
            f" FROM ({open_versions}) GROUP BY {', '.join(table.key)})"
        )[0]
        unknown = store.rows(
            f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(table.key)} FROM {_KEYS})"
        )[0][0]
        if matched > repeated:
            first = _insert(store, table, book, open_versions, count)
            move_behind_seals(store, table, first)
            _count_for_newest_books(store, table, first)
    return FileWithdrawal(
        path.name, table.name, matched - repeated, repeated, unknown - matched, unreadable
    )


def _read_keys(table: Table, path: Path, today: dt.date) -> tuple[pa.Table, int]:
    """Keys with ``known_at``, and the number of rows without a readable key."""
    key = tuple(table.field(name) for name in table.key)
    only_key = replace(table, fields=key, event_date=None)
    fields = (*only_key.fields, KNOWN_AT)
    columns: dict[str, list[Any]] = {field.name: [] for field in fields}
    unreadable = 0
    with open_sheets(path) as sheets:
        selected = select_sheet(only_key, sheets, file=path.name)
        parser = BatchParser(only_key, selected.header, strict_width=False, today=today)
        for batch in parser.batches(selected.rows()):
            unreadable += len(batch.bad)
            for name, cells in columns.items():
                cells.extend(batch.columns[name])
    schema = pa.schema([(field.name, ARROW[field.type]) for field in fields])
    return pa.table(columns, schema=schema), unreadable


def _open_sql(table: Table, today: dt.date) -> str:
    """SQL of the versions of every record in the file that no other one ends by ``today``.

    These are the newest one and, where that is known later, those until then; ``stated`` is the
    file's day.
    """
    key = ", ".join(table.key)
    same = " AND ".join(f"r.{name} IS NOT DISTINCT FROM k.{name}" for name in table.key)
    of_record = ", ".join(f"r.{name}" for name in table.key)
    return f"""
        SELECT * EXCLUDE (ends) FROM (
          SELECT r.*, k.stated, lead(r.known_at) OVER (
            PARTITION BY {of_record} ORDER BY r.known_at, r.arrival) AS ends
          FROM ({effective_rows_sql(table, table.name)}) r
          JOIN (SELECT {key}, max(known_at) AS stated FROM {_KEYS} GROUP BY {key}) k ON {same}
        ) WHERE ends IS NULL OR ends > greatest(known_at, DATE '{today.isoformat()}')
    """


def _insert(store: RecordStore, table: Table, book: BookDay, open_versions: str, count: int) -> int:
    """Insert the withdrawn versions and return the first of their arrival numbers."""
    first = int(store.rows(f"SELECT min(nextval('arrivals')) FROM range({count})")[0][0])
    listed = ", ".join(field.name for field in table.fields)
    order = ", ".join([*table.key, "known_at", "arrival"])
    store.rows(
        f"INSERT INTO {table.name} ({listed}, known_at, dated_by, withdrawn, arrival)"
        f" SELECT {listed}, greatest(known_at, coalesce(stated, $1)),"
        f" CASE WHEN stated >= known_at THEN '{DatedBy.GIVEN}' ELSE $2 END, true,"
        f" {first} - 1 + row_number() OVER (ORDER BY {order})"
        f" FROM ({open_versions}) WHERE withdrawn IS NOT TRUE ORDER BY {order}",
        [book.day, str(book.dated_by)],
    )
    return first


def _count_for_newest_books(store: RecordStore, table: Table, first: int) -> None:
    """Let withdrawals from the arrival number ``first`` on count for the newest book of the record.

    A withdrawal may state a day before that book. Otherwise the book would still decide: the record
    would not return with a later one, and an older one would bring it back.
    """
    create_table(store)
    withdrawn = f"SELECT * FROM {table.name} WHERE arrival >= {first}"
    same = " AND ".join(f"w.{name} IS NOT DISTINCT FROM e.{name}" for name in table.key)
    store.rows(f"""
        INSERT INTO {CONFIRMED_VERSIONS}
        SELECT '{table.name}', w.arrival, max(e.evidence)
        FROM ({withdrawn}) w JOIN ({evidence_sql(table, withdrawn)}) e ON {same}
        GROUP BY w.arrival
    """)
