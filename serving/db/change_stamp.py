"""Change detection for in-memory caches: the stamp changes with lists, tokens and users.

SQLite has a counter of writes that costs microseconds to read, so no cache is ever stale.
PostgreSQL has nothing as cheap; there the state is read at most every half second, so a change
made by another process is seen within that time.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

from sqlalchemy import Engine, text

SECONDS = 0.5

_STATE = """
    SELECT (SELECT max(id) FROM watchlists),
      (SELECT count(*) FROM tokens), (SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL),
      (SELECT count(*) FROM users), (SELECT sum(stamp) FROM users)
"""


class ChangeStamp:
    """Stamps of the state; while they are equal, nothing that caches depend on has changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._stamp: tuple[object, ...] = ()
        self._connection: sqlite3.Connection | None = None
        self._version: sqlite3.Cursor | None = None
        if engine.dialect.name == "sqlite" and engine.url.database:
            self._connection = sqlite3.connect(
                f"{Path(engine.url.database).resolve().as_uri()}?mode=ro",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
            self._version = self._connection.cursor()

    def current(self) -> tuple[object, ...]:
        """Return the present stamp."""
        with self._lock:
            moment = self._moment()
            if moment != self._seen:
                self._stamp = self._state()
                self._seen = moment
            return self._stamp

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _moment(self) -> int:
        if self._version is None:
            return int(time.monotonic() / SECONDS)
        found: int = self._version.execute("PRAGMA data_version").fetchone()[0]
        return found

    def _state(self) -> tuple[object, ...]:
        if self._connection is not None:
            return tuple(self._connection.execute(_STATE).fetchone())
        with self._engine.connect() as connection:
            return tuple(connection.execute(text(_STATE)).one())
