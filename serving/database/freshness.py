"""Whether anything was written since: what lets a process keep things in memory.

SQLite tells by a counter that costs microseconds to read, so nothing is ever stale. PostgreSQL has
none as cheap; there a change made elsewhere is seen within half a second.
"""

from __future__ import annotations

import sqlite3
import threading
import time

from sqlalchemy import Engine

SECONDS = 0.5


class Freshness:
    """Gives stamps; as long as two stamps are equal nothing was written in between."""

    def __init__(self, engine: Engine) -> None:
        self._own_writes = 0
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if engine.dialect.name == "sqlite" and engine.url.database:
            self._connection = sqlite3.connect(
                f"file:{engine.url.database}?mode=ro",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )

    def stamp(self) -> tuple[int, int]:
        """The stamp of now."""
        if self._connection is None:
            return self._own_writes, int(time.monotonic() / SECONDS)
        with self._lock:
            found = self._connection.execute("PRAGMA data_version").fetchone()
        return self._own_writes, int(found[0])

    def written(self) -> None:
        """This process has written."""
        self._own_writes += 1

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()
