"""Whether anything changed that decides who may read what: lets a process keep things in memory.

Lists are published, tokens and users made and ended; nothing else matters. SQLite tells by a
counter that costs microseconds whether anything at all was written, so nothing is ever stale.
PostgreSQL has none as cheap; there a change made elsewhere is seen within half a second.
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
    """Gives stamps; as long as two stamps are equal nothing of that changed in between."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._stamp: tuple[object, ...] = ()
        self._connection: sqlite3.Connection | None = None
        if engine.dialect.name == "sqlite" and engine.url.database:
            self._connection = sqlite3.connect(
                f"{Path(engine.url.database).resolve().as_uri()}?mode=ro",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )

    def current(self) -> tuple[object, ...]:
        """The stamp of now."""
        with self._lock:
            moment = self._moment()
            if moment != self._seen:
                self._stamp = self._state()
                self._seen = moment
            return self._stamp

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()

    def _moment(self) -> int:
        if self._connection is None:
            return int(time.monotonic() / SECONDS)
        found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def _state(self) -> tuple[object, ...]:
        if self._connection is not None:
            return tuple(self._connection.execute(_STATE).fetchone())
        with self._engine.connect() as connection:
            return tuple(connection.execute(text(_STATE)).one())
