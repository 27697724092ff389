"""Marks of the record store: how far it had come when a list was sealed.

A mark names the last row that had arrived and proves which rows those were. The digest covers every
row up to that one with its arrival number, not only the state at one date: features also read
superseded versions, and ties between versions are settled by arrival.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from risk.contract import STORED_TABLES, Table
from risk.store.row_hashes import MARK_FIELDS, Sums, row_sums_sql
from risk.store.row_sums import mark_sums
from risk.store.store import RecordStore

History = Literal["as_sealed", "no_mark", "other_history", "changed"]
"""How the rows up to a mark compare with those of the sealing.

``as_sealed``: the same rows; ``changed``: the same history, with rows changed or deleted since;
``other_history``: other rows under the same numbers; ``no_mark``: no mark was stored.
"""


@dataclass(frozen=True)
class StoreMark:
    """The last ``arrival``, the opening that stored it, and a digest of all rows up to it.

    ``opening`` is empty for an empty store and where openings are unknown, as in a folder.
    """

    arrival: int
    opening: str
    digest: str


def current_mark(store: RecordStore) -> StoreMark:
    """The mark of all rows that ``store`` shows, with sums that imports stored."""
    arrival = newest_arrival(store)
    tables = _filled(store)
    stored = mark_sums(store, tables)
    found = {table.name: stored.get(table.name) or _sums(store, table, arrival) for table in tables}
    return StoreMark(arrival, opening_at(store, arrival), _digest(found))


def newest_arrival(store: RecordStore) -> int:
    """The largest arrival number of the rows that ``store`` shows; 0 if there is none."""
    newest = " UNION ALL ".join(
        f"SELECT max(arrival) AS newest FROM {store.stored(name)}" for name in STORED_TABLES
    )
    return int(store.rows(f"SELECT coalesce(max(newest), 0) FROM ({newest})")[0][0])


def mark_at(store: RecordStore, arrival: int) -> StoreMark:
    """The mark of the rows that had arrived with ``arrival``, each of them hashed."""
    found = {table.name: _sums(store, table, arrival) for table in _filled(store)}
    return StoreMark(arrival, opening_at(store, arrival), _digest(found))


def compare_history(store: RecordStore, mark: StoreMark | None) -> History:
    """Whether the rows of ``store`` up to ``mark`` are those it was made from.

    Equal digests suffice: a folder of exported records has the rows but not the openings.
    """
    if mark is None:
        return "no_mark"
    found = mark_at(store, mark.arrival)
    if found.digest == mark.digest:
        return "as_sealed"
    return "changed" if mark.opening and found.opening == mark.opening else "other_history"


def opening_at(store: RecordStore, arrival: int) -> str:
    """The opening in which the row ``arrival`` was stored; empty if it is not known."""
    found = store.rows(
        f"SELECT mark FROM {store.stored('openings')} WHERE after_arrival < ?"
        " ORDER BY after_arrival DESC LIMIT 1",
        [arrival],
    )
    return str(found[0][0]) if found else ""


def _filled(store: RecordStore) -> list[Table]:
    """Tables with any row, in one query; rows that the kind of unit hides count as well."""
    filled = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (FROM {store.stored(name)})" for name in STORED_TABLES
    )
    found = {name for (name,) in store.rows(filled)}
    return [table for name, table in STORED_TABLES.items() if name in found]


def _sums(store: RecordStore, table: Table, arrival: int) -> Sums:
    shown = f"(FROM {store.stored(table.name)} WHERE arrival <= {int(arrival)})"
    count, low, high = store.rows(row_sums_sql(table, shown, *MARK_FIELDS))[0]
    return int(count), low, high


def _digest(sums: Mapping[str, Sums]) -> str:
    total = hashlib.sha256()
    for name, (count, low, high) in sums.items():
        if count:
            total.update(f"{name}:{count}:{low}:{high};".encode())
    return total.hexdigest()
