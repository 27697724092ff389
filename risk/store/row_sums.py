"""Sums of row hashes by table and day, stored so that digests need not hash every row again.

The digests of :meth:`RecordStore.digest` and :mod:`risk.store.marks` are made of sums over rows, so
sums over parts add up. All that brings records (files, a source, a folder of Parquet files) extends
the stored sums by the rows it added (:func:`extend_row_sums`). Publishing adds the rows that came
since and subtracts superseded ones; replaying a list hashes every row again, so that it notices
rows that were changed behind the program's back.
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
        waiting = _not_counted(store)
        counted = _counted(store, [table for table, _ in waiting])
        again = [table.name for table, _ in waiting if table.name not in counted]
        if again:
            store.rows(f"DELETE FROM {ROW_SUMS} WHERE list_contains(?, table_name)", [again])
        for table, newest in waiting:
            through = counted[table.name].through if table.name in counted else 0
            new = f"(FROM {table.name} WHERE arrival > {through})"
            store.rows(
                f"INSERT INTO {ROW_SUMS} SELECT ?, ?, ?, * FROM ({daily_sums_sql(table, new)})",
                [table.name, _definition(table), newest],
            )


def _not_counted(store: Records) -> list[tuple[Table, int]]:
    """Tables with rows that are not counted, and their largest arrival numbers.

    Two queries for all tables: an import has rows for one or two of twenty.
    """
    counted = _stored_through(store)
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


def known_sums(store: Records, tables: Sequence[Table], as_of: dt.date) -> dict[str, Sums]:
    """Sums of the rows of ``tables`` as known before ``as_of``, by table.

    Without those of which none are stored. The store must have cached its superseded rows.
    """
    counted = _counted(store, tables)
    if not counted:
        return {}
    stored = _stored(store, "low", "high", "known_at < ?", [as_of])
    superseded = _with_rows(store, [f"{name}_superseded" for name in counted])
    found: dict[str, Sums] = {}
    for table in (table for table in tables if table.name in counted):
        # Where there is nothing to hash, planning that takes longer than all the rest.
        added = taken = _NONE
        through, newest = counted[table.name]
        if newest > through:
            new = f"(FROM {store.stored(table.name)} WHERE known_at < $1 AND arrival > $2)"
            added = store.rows(row_sums_sql(table, new), [as_of, through])[0]
        if f"{table.name}_superseded" in superseded:
            gone = (
                f"(SELECT t.* FROM {store.stored(table.name)} t"
                f" JOIN {table.name}_superseded s ON s.place = t.rowid"
                " WHERE t.known_at < $1 AND (s.hidden IS TRUE OR s.superseded_at < $1))"
            )
            taken = store.rows(row_sums_sql(table, gone), [as_of])[0]
        found[table.name] = _total([stored.get(table.name, _NONE), added], taken)
    return found


def mark_sums(store: Records, tables: Sequence[Table]) -> dict[str, Sums]:
    """Sums of all rows of ``tables`` for a mark, without those of which none are stored."""
    counted = _counted(store, tables)
    stored = _stored(store, "mark_low", "mark_high", "true", []) if counted else {}
    found: dict[str, Sums] = {}
    for table in (table for table in tables if table.name in counted):
        parts = [stored.get(table.name, _NONE)]
        through, newest = counted[table.name]
        if newest > through:
            new = f"(FROM {store.stored(table.name)} WHERE arrival > {through})"
            parts.append(store.rows(row_sums_sql(table, new, *MARK_FIELDS))[0])
        found[table.name] = _total(parts)
    return found


def _stored(
    store: Records, low: str, high: str, condition: str, parameters: Sequence[object]
) -> dict[str, Sums]:
    """The stored sums of the days that meet ``condition``, by table."""
    rows = store.rows(
        f"SELECT table_name, sum(count), sum({low}), sum({high}) FROM {ROW_SUMS}"
        f" WHERE {condition} GROUP BY table_name",
        parameters,
    )
    return {name: (count, low_sum, high_sum) for name, count, low_sum, high_sum in rows}


def _with_rows(store: Records, names: Sequence[str]) -> set[str]:
    """The tables of ``names`` that have rows."""
    each = (f"SELECT '{name}' WHERE EXISTS (FROM {name})" for name in names)
    return {name for (name,) in store.rows(" UNION ALL ".join(each))}


def _total(added: Sequence[tuple[int | None, ...]], taken: tuple[int | None, ...] = _NONE) -> Sums:
    count, low, high = (
        sum(part[place] or 0 for part in added) - (taken[place] or 0) for place in range(3)
    )
    return (count, low, high) if count else (0, None, None)


class _Counted(NamedTuple):
    """The arrival number up to which the rows of a table are counted, and its largest."""

    through: int
    newest: int


def _counted(store: Records, tables: Sequence[Table]) -> dict[str, _Counted]:
    """How far the rows of ``tables`` are counted, by table.

    Without those where they are not, or where the stored sums are not of the rows now there. Two
    queries for all tables, each of which takes as long to plan as one of its own for each table.
    """
    if store.kind != "project" or store.last_arrival is not None or not store.has_table(ROW_SUMS):
        return {}
    stored = _stored_through(store)
    sums = {
        table.name: stored[table.name, _definition(table)]
        for table in tables
        if (table.name, _definition(table)) in stored
    }
    if not sums:
        return {}
    there = " UNION ALL ".join(
        f"SELECT '{name}', count(*) FILTER (arrival <= {through}), max(arrival)"
        f" FROM {store.stored(name)}"
        for name, (through, _) in sums.items()
    )
    return {
        name: _Counted(sums[name][0], int(newest))
        for name, count, newest in store.rows(there)
        if count == sums[name][1]
    }


def _stored_through(store: Records) -> dict[tuple[str, str], tuple[int, int]]:
    """The arrival number up to which rows are counted and their count, by table and definition."""
    rows = store.rows(
        f"SELECT table_name, definition, max(through), sum(count) FROM {ROW_SUMS} GROUP BY ALL"
    )
    return {(name, definition): (through, count) for name, definition, through, count in rows}


def _definition(table: Table) -> str:
    """What the sums of ``table`` are of; sums of an earlier release with another are not used."""
    return hashlib.sha256(daily_sums_sql(table, "").encode()).hexdigest()[:16]
