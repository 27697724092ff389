"""Cache keys: a fingerprint of the records a family reads before a date.

Per table: the number of rows known before the date, the largest arrival number among them, and the
mark of the session in which that row was written. This detects every change and reads two columns:

- a new row has a larger arrival number than any before it, so it changes the largest arrival of
  every date after its ``known_at``, and of no other;
- rows are never overwritten, but may be deleted, which changes the count; a row deleted and stored
  again has a new, larger arrival number;
- a store that is created again, or restored from a backup and then continued, reuses arrival
  numbers, but under another mark: each session that opens the store for writing draws a new one.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

import duckdb

from features.cache.dependencies import FamilyDependencies
from risk.store.store import RecordStore

FORMAT = 1
"""Increment when blocks are computed or written differently by the same SQL."""


class CacheKeys:
    """The cache keys of families at any date, from one pass over each table."""

    def __init__(self, store: RecordStore, tables: Iterable[str]) -> None:
        """Read counts and arrivals of the stored ``tables``."""
        self._tables = {name: _Table(store, name) for name in tables}
        self._openings = store.rows("SELECT after_arrival, mark FROM main.openings ORDER BY 1")

    def key(self, dependencies: FamilyDependencies, as_of: dt.date) -> str:
        """The key that a valid block of a family with ``dependencies`` has at ``as_of``."""
        return json.dumps(
            {
                "format": FORMAT,
                "engine": duckdb.__version__,
                "code": dependencies.code,
                "records": {
                    name: self._records(name, as_of) for name in sorted(dependencies.tables)
                },
                "feeds": {
                    name: bool(self._tables[name].before(as_of)[0])
                    for name in sorted(dependencies.feeds)
                },
            }
        )

    def _records(self, table: str, as_of: dt.date) -> list[object]:
        count, arrival = self._tables[table].before(as_of)
        if not count:
            return [0]
        opened = bisect_left(self._openings, arrival, key=lambda row: int(row[0])) - 1
        return [count, arrival, str(self._openings[opened][1]) if opened >= 0 else ""]


class _Table:
    """Count and largest arrival number of the rows known before a day."""

    def __init__(self, store: RecordStore, name: str) -> None:
        rows = store.rows(
            f"SELECT known_at, count(*), max(arrival) FROM {store.stored(name)}"
            " WHERE known_at IS NOT NULL GROUP BY known_at ORDER BY known_at"
        )
        self._days = [row[0] for row in rows]
        self._counts = list(accumulate(row[1] for row in rows))
        self._arrivals = list(accumulate((row[2] for row in rows), max))

    def before(self, day: dt.date) -> tuple[int, int]:
        index = bisect_left(self._days, day)
        return (self._counts[index - 1], self._arrivals[index - 1]) if index else (0, 0)
