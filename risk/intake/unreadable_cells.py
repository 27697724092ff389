"""Optional cells that could not be read: their list for people, and the answers given to them.

Such a cell is unknown in the store; its raw text (with personal numbers masked) is listed with the
key of its row. Cells of one column with the same text are answered at once: the answer is stored as
new versions of the rows, known on the same days as before, and used by later imports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from risk.contract import STORED_AS, STORED_TABLES, Field, FieldType, Table
from risk.errors import WagewatchError
from risk.intake.cell_parsers import CellRefused, Value, parse
from risk.intake.row_errors import Problem, problem
from risk.intake.row_keys import key_sql
from risk.intake.row_parser import Answers, UnreadableCell, optional_fields
from risk.intake.staging import registered
from risk.locale import Language
from risk.store.store import RecordStore

_SCHEMA = pa.schema(
    [
        ("table_name", pa.string()),
        ("field", pa.string()),
        ("raw", pa.string()),
        ("code", pa.string()),
        ("row_key", pa.string()),
        ("known_at", pa.date32()),
        ("file", pa.string()),
        ("row_number", pa.int64()),
    ]
)
_PENDING, _SEEN = "intake_unreadable", "intake_unreadable_seen"
_WRITE_BATCH = 10_000


class AnswerRefused(WagewatchError):
    """The answer is not a value of its column. Carries ``column``, ``found`` and ``reason``."""

    code = "answer_refused"


class NothingToAnswer(WagewatchError):
    """No unreadable cell has this text. Carries ``column`` and ``found``."""

    code = "nothing_to_answer"


@dataclass(frozen=True)
class UnreadableGroup:
    """Unreadable cells of one column with the same text, and the number of their rows."""

    table: str
    field: str
    raw: str
    code: str
    rows: int

    def message(self, language: Language = "zh") -> str:
        """Why the text could not be read."""
        table = STORED_TABLES[self.table]
        found = problem(table.field(self.field), self.code, self.raw)
        return found.message(table, language)


class FileUnreadableCells:
    """Unreadable cells of one file. Use inside one transaction."""

    def __init__(self, store: RecordStore, table: Table, file: str) -> None:
        self._store = store
        self._table = table
        self._file = file
        self._pending: list[dict[str, object]] = []
        self._has_seen = False
        create_tables(store)

    def add(self, cells: Sequence[UnreadableCell]) -> None:
        """Add cells of good rows."""
        self._pending += [
            {
                "table_name": self._table.name,
                "field": cell.column,
                "raw": cell.raw,
                "code": cell.code,
                "row_key": cell.key,
                "known_at": cell.known_at,
                "file": self._file,
                "row_number": cell.number,
            }
            for cell in cells
        ]
        if len(self._pending) >= _WRITE_BATCH:
            self._write()

    def commit(self, staged: str) -> None:
        """Write pending cells, and remove older cells of rows whose field came back readable.

        ``staged`` is the table of the file's good rows.
        """
        self._write()
        # Most tables have none; to look for older cells takes ten times as long.
        some = "SELECT EXISTS (FROM unreadable_cells WHERE table_name = ?)"
        [(older,)] = self._store.rows(some, [self._table.name])
        if older:
            self._create_seen()
            self._remove_readable(staged)
        if self._has_seen:
            self._store.rows(f"DROP TABLE {_SEEN}")

    def _create_seen(self) -> None:
        """Create the table of the cells of this file; most files have none and need none."""
        if not self._has_seen:
            self._store.rows(
                f"CREATE OR REPLACE TEMP TABLE {_SEEN} (field VARCHAR, row_key VARCHAR)"
            )
            self._has_seen = True

    def _remove_readable(self, staged: str) -> None:
        self._store.rows(
            f"DELETE FROM unreadable_cells u WHERE table_name = ?"
            f" AND NOT EXISTS (FROM {_SEEN} seen"
            "   WHERE seen.field = u.field AND seen.row_key = u.row_key)"
            f" AND EXISTS (FROM {staged} s WHERE {key_sql(self._table, 's')} = u.row_key"
            "   AND (u.known_at IS NULL OR s.known_at = u.known_at))",
            [self._table.name],
        )

    def _write(self) -> None:
        if not self._pending:
            return
        cells = pa.Table.from_pylist(self._pending, schema=_SCHEMA)
        self._pending = []
        with registered(self._store, _PENDING, cells):
            self._store.rows(
                f"INSERT INTO unreadable_cells BY NAME SELECT * FROM {_PENDING} p"
                " WHERE NOT EXISTS (FROM unreadable_cells u WHERE u.table_name = p.table_name"
                " AND u.field = p.field AND u.raw = p.raw AND u.row_key = p.row_key"
                " AND u.known_at IS NOT DISTINCT FROM p.known_at)"
            )
            self._create_seen()
            self._store.rows(f"INSERT INTO {_SEEN} SELECT field, row_key FROM {_PENDING}")


def create_tables(store: RecordStore) -> None:
    """Create the tables of unreadable cells and answers if they do not exist."""
    if store.has_table("cell_answers"):  # the later one
        return
    store.rows(
        "CREATE TABLE IF NOT EXISTS unreadable_cells (table_name VARCHAR NOT NULL,"
        " field VARCHAR NOT NULL, raw VARCHAR NOT NULL, code VARCHAR NOT NULL,"
        " row_key VARCHAR NOT NULL, known_at DATE, file VARCHAR, row_number BIGINT)"
    )
    store.rows(
        "CREATE TABLE IF NOT EXISTS cell_answers (table_name VARCHAR NOT NULL,"
        " field VARCHAR NOT NULL, raw VARCHAR NOT NULL, answer VARCHAR NOT NULL,"
        " answered_on DATE NOT NULL, answered_by VARCHAR)"
    )


def unreadable_groups(
    store: RecordStore, *, before: dt.date | None = None
) -> list[UnreadableGroup]:
    """Unreadable cells without an answer by table, column and text, most rows first.

    With ``before`` only those of rows known before that day, or without a day of knowledge.
    """
    if not store.has_table("unreadable_cells"):
        return []
    found = store.rows(
        "SELECT table_name, field, raw, any_value(code), count(DISTINCT row_key) AS rows"
        " FROM unreadable_cells WHERE $1::DATE IS NULL OR known_at IS NULL OR known_at < $1"
        " GROUP BY table_name, field, raw ORDER BY rows DESC, table_name, field, raw",
        [before],
    )
    return [UnreadableGroup(*row) for row in found]


def stored_answers(store: RecordStore, table: Table) -> Answers:
    """Values given for unreadable cells of ``table``."""
    if not store.has_table("cell_answers") or not store.rows("SELECT 1 FROM cell_answers LIMIT 1"):
        return {}
    found = store.rows(
        "SELECT field, raw, arg_max(answer, rowid) FROM cell_answers WHERE table_name = ?"
        " GROUP BY field, raw",
        [table.name],
    )
    return {(name, raw): parse(answer, table.field(name)) for name, raw, answer in found}


def answer_cells(
    store: RecordStore,
    table: Table,
    field: Field,
    raw: str,
    answer: str,
    *,
    today: dt.date,
    who: str = "",
) -> int:
    """Answer all unreadable cells of ``field`` with the text ``raw``; return the rows corrected.

    An empty answer, or a word for unknown, leaves the field unknown and takes the cells off the
    list. The rows get new versions with the same ``known_at``; a date that the earlier versions
    could not have known counts from its own day.

    Raises:
        NothingToAnswer: there is no such cell.
        AnswerRefused: ``answer`` is not a value of the field.
    """
    try:
        value = parse(answer, field)
    except CellRefused as refused:
        reason = Problem(field.name, refused.code, answer, "、".join(field.values.values()))
        raise AnswerRefused(column=field.zh, found=answer, reason=reason.message(table)) from None
    with store.transaction():
        create_tables(store)
        where = "table_name = ? AND field = ? AND raw = ?"
        cell = [table.name, field.name, raw]
        [(found,)] = store.rows(f"SELECT EXISTS (FROM unreadable_cells WHERE {where})", cell)
        if not found:
            raise NothingToAnswer(column=field.zh, found=raw)
        store.rows(
            "INSERT INTO cell_answers VALUES (?, ?, ?, ?, ?, ?)", [*cell, answer, today, who]
        )
        mended = 0 if value is None else _mend(store, table, field, raw, value, today)
        store.rows(f"DELETE FROM unreadable_cells WHERE {where}", cell)
    return mended


def field_called(table: Table, name: str) -> Field | None:
    """Optional field of ``table`` by its name or Chinese heading."""
    optional = optional_fields(table)
    for field in table.fields:
        if name in (field.name, field.zh) and field.name in optional:
            return field
    return None


def _mend(
    store: RecordStore, table: Table, field: Field, raw: str, value: Value, today: dt.date
) -> int:
    """Insert versions with ``value`` in place of the unknown field; return the number of rows."""
    key = key_sql(table, "v")
    parts = ", ".join(f"v.{name}" for name in table.key)
    store.rows(
        f"""
CREATE OR REPLACE TEMP TABLE {_PENDING} AS
SELECT v.* FROM {table.name} v JOIN (
  SELECT DISTINCT row_key, known_at AS cell_known_at FROM unreadable_cells
  WHERE table_name = ? AND field = ? AND raw = ?
) u ON {key} = u.row_key AND (u.cell_known_at IS NULL OR v.known_at = u.cell_known_at)
QUALIFY row_number() OVER (PARTITION BY {parts}, v.known_at ORDER BY v.arrival DESC) = 1
""",
        [table.name, field.name, raw],
    )
    # A field that becomes known with a later fact is unknown in the versions before it.
    facts = [fact.date for fact in table.unfolds if field.name in fact.also]
    unknown = " AND ".join(
        [f"{field.name} IS NULL", "withdrawn IS NOT TRUE", *(f"{day} IS NOT NULL" for day in facts)]
    )
    dated = isinstance(value, dt.date) and field.type is FieldType.DATE and value <= today
    keys = ", ".join(table.key)
    # A past date is known from its own day on: by the version current on that day, and by those
    # after it.
    known = "greatest(known_at, $1)" if dated else "known_at"
    same = " AND ".join(f"later.{name} IS NOT DISTINCT FROM pending.{name}" for name in table.key)
    from_that_day = (
        f" AND NOT EXISTS (FROM {table.name} later WHERE {same}"
        " AND later.known_at > pending.known_at AND later.known_at <= $1)"
    )
    rows = store.rows(
        f"INSERT INTO {table.name} BY NAME SELECT * REPLACE ("
        f"CAST($1 AS {STORED_AS[field.type]}) AS {field.name},"
        f" {known} AS known_at, nextval('arrivals') AS arrival)"
        f" FROM {_PENDING} pending WHERE {unknown}{from_that_day if dated else ''}"
        f" RETURNING {keys}",
        [value],
    )
    store.rows(f"DROP TABLE {_PENDING}")
    return len(set(rows))
