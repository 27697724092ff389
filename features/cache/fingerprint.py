"""What the records say before a date, in a few numbers: the key by which a part is known again.

Per table: the count of rows known before the date, the largest arrival among them, and the mark
of the opening of the store in which that row came. This is exact, and reads two columns only:

- a new row has a larger arrival than any before it, so it shows in the largest arrival of every
  date after its ``known_at``, and in no other;
- the store never overwrites a row, but a row may be deleted: the count tells. Deleted and stored
  again it has a new, larger arrival;
- a store that was made anew, or put back from a backup and then told something else, uses the
  same arrivals again, but under another mark: every opening for writing draws its own.
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
"""Raised when parts are computed or written in another way by the same SQL."""


class CacheKeys:
    """The keys of every family at any date, from one pass over each table."""

    def __init__(self, store: RecordStore, tables: Iterable[str]) -> None:
        """Pass over ``tables``, the stored ones by these names."""
        self._tables = {name: _Table(store, name) for name in tables}
        self._openings = store.rows("SELECT after_arrival, mark FROM main.openings ORDER BY 1")

    def key(self, reading: FamilyDependencies, as_of: dt.date) -> str:
        """What a part of a family that reads ``reading`` must say of itself to be right."""
        return json.dumps(
            {
                "format": FORMAT,
                "engine": duckdb.__version__,
                "code": reading.code,
                "records": {name: self._told(name, as_of) for name in sorted(reading.tables)},
                "feeds": {
                    name: bool(self._tables[name].before(as_of)[0])
                    for name in sorted(reading.feeds)
                },
            }
        )

    def _told(self, table: str, as_of: dt.date) -> list[object]:
        count, arrival = self._tables[table].before(as_of)
        if not count:
            return [0]
        opened = bisect_left(self._openings, arrival, key=lambda row: int(row[0])) - 1
        return [count, arrival, str(self._openings[opened][1]) if opened >= 0 else ""]


class _Table:
    """Count and largest arrival of the rows known before any day."""

    def __init__(self, store: RecordStore, name: str) -> None:
        rows = store.rows(
            f"SELECT known_at, count(*), max(arrival) FROM main.{name}"
            " WHERE known_at IS NOT NULL GROUP BY known_at ORDER BY known_at"
        )
        self._days = [row[0] for row in rows]
        self._counts = list(accumulate(row[1] for row in rows))
        self._arrivals = list(accumulate((row[2] for row in rows), max))

    def before(self, day: dt.date) -> tuple[int, int]:
        place = bisect_left(self._days, day)
        return (self._counts[place - 1], self._arrivals[place - 1]) if place else (0, 0)
