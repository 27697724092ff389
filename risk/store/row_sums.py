"""Sums of row hashes by table and day, stored so that digests need not hash every row again.

The digests of :meth:`RecordStore.digest` and :mod:`risk.store.marks` are made of sums over rows, so
sums over parts add up. An import extends the stored sums by the rows it added
(:func:`extend_row_sums`). Publishing adds the rows that came since and subtracts superseded ones;
replaying a list hashes every row again, so that it notices rows that were changed behind the
program's back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from risk.contract import STORED_TABLES, Table
from risk.store.row_hashes import MARK_FIELDS, Sums, daily_sums_sql, row_sums_sql
from risk.unit_kinds import Kind

ROW_SUMS = "row_sums"
COLUMNS = (
    "table_name VARCHAR, definition VARCHAR, through BIGINT, known_at DATE, count BIGINT,"
    " low HUGEINT, high HUGEINT, mark_low HUGEINT, mark_high HUGEINT"
)

_NONE: Sums = (0, None, None)
"""The sums of no rows."""


class Records(Protocol):
    """What is needed here of :class:`risk.store.store.RecordStore`, which imports this module."""

    kind: Kind
    last_arrival: int | None

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...

    def stored(self, table: str) -> str:
        """SQL for the stored rows of ``table``."""
        ...

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Transaction that is rolled back if the block fails."""
        ...


def extend_row_sums(store: Records) -> None:
    """Store the sums of the rows of ``store`` that are not counted yet.

    Call it after the transaction that stored them. Where rows were deleted since, all are counted
    again.
    """
    with store.transaction():
        for table, newest in _not_counted(store):
            counted = _counted(store, table)
            if counted is None:
                store.rows(f"DELETE FROM {ROW_SUMS} WHERE table_name = ?", [table.name])
            new = f"(FROM {table.name} WHERE arrival > {counted.through if counted else 0})"
            store.rows(
                f"INSERT INTO {ROW_SUMS} SELECT ?, ?, ?, * FROM ({daily_sums_sql(table, new)})",
                [table.name, _definition(table), newest],
            )


def _not_counted(store: Records) -> list[tuple[Table, int]]:
    """Tables with rows that are not counted, and their largest arrival numbers.

    Two queries for all tables: an import has rows for one or two of twenty.
    """
    counted = {
        (name, definition): (through, count)
        for name, definition, through, count in store.rows(
            f"SELECT table_name, definition, max(through), sum(count) FROM {ROW_SUMS} GROUP BY ALL"
        )
    }
    there = " UNION ALL ".join(
        f"SELECT '{name}', max(arrival), count(*) FROM {name}" for name in STORED_TABLES
    )
    return [
        (table, int(newest))
        for name, newest, count in store.rows(there)
        if count
        for table in [STORED_TABLES[name]]
        if counted.get((name, _definition(table))) != (newest, count)
    ]


def known_sums(store: Records, table: Table, as_of: dt.date) -> Sums | None:
    """Sums of the rows of ``table`` as known before ``as_of``; None where none are stored.

    The store must have cached its superseded rows.
    """
    counted = _counted(store, table)
    if counted is None:
        return None
    stored = store.rows(
        f"SELECT sum(count), sum(low), sum(high) FROM {ROW_SUMS}"
        " WHERE table_name = ? AND known_at < ?",
        [table.name, as_of],
    )[0]
    # Where there is nothing to hash, planning that takes longer than all the rest.
    added = taken = _NONE
    if counted.newest > counted.through:
        new = f"(FROM {store.stored(table.name)} WHERE known_at < $1 AND arrival > $2)"
        added = store.rows(row_sums_sql(table, new), [as_of, counted.through])[0]
    if store.rows(f"SELECT 1 FROM {table.name}_superseded LIMIT 1"):
        gone = (
            f"(SELECT t.* FROM {store.stored(table.name)} t"
            f" JOIN {table.name}_superseded s ON s.place = t.rowid"
            " WHERE t.known_at < $1 AND (s.hidden IS TRUE OR s.superseded_at < $1))"
        )
        taken = store.rows(row_sums_sql(table, gone), [as_of])[0]
    return _total([stored, added], taken)


def mark_sums(store: Records, table: Table) -> Sums | None:
    """Sums of all rows of ``table`` for a mark; None where none are stored."""
    counted = _counted(store, table)
    if counted is None:
        return None
    stored = store.rows(
        f"SELECT sum(count), sum(mark_low), sum(mark_high) FROM {ROW_SUMS} WHERE table_name = ?",
        [table.name],
    )[0]
    if counted.newest <= counted.through:
        return _total([stored])
    new = f"(FROM {store.stored(table.name)} WHERE arrival > {counted.through})"
    return _total([stored, store.rows(row_sums_sql(table, new, *MARK_FIELDS))[0]])


def _total(added: Sequence[tuple[int | None, ...]], taken: tuple[int | None, ...] = _NONE) -> Sums:
    count, low, high = (
        sum(part[place] or 0 for part in added) - (taken[place] or 0) for place in range(3)
    )
    return (count, low, high) if count else (0, None, None)


class _Counted(NamedTuple):
    """The arrival number up to which the rows of a table are counted, and its largest."""

    through: int
    newest: int


def _counted(store: Records, table: Table) -> _Counted | None:
    """How far the rows of ``table`` are counted.

    None where they are not, or where the stored sums are not of the rows now there.
    """
    if store.kind != "project" or store.last_arrival is not None:
        return None
    if not store.has_table(ROW_SUMS):
        return None
    through, counted = store.rows(
        f"SELECT max(through), sum(count) FROM {ROW_SUMS} WHERE table_name = ? AND definition = ?",
        [table.name, _definition(table)],
    )[0]
    if through is None:
        return None
    there, newest = store.rows(
        f"SELECT count(*) FILTER (arrival <= {int(through)}), max(arrival)"
        f" FROM {store.stored(table.name)}"
    )[0]
    return _Counted(int(through), int(newest)) if there == counted else None


def _definition(table: Table) -> str:
    """What the sums of ``table`` are of; sums of an earlier release with another are not used."""
    return hashlib.sha256(daily_sums_sql(table, "").encode()).hexdigest()[:16]
