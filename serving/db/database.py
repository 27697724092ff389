"""The service database: its address and its SQLAlchemy engine."""

from __future__ import annotations

from typing import Any, Self

from risk.errors import WagewatchError
from serving.db.byte_cache import ByteCache
from serving.db.engine import make_engine
from serving.db.migrate import migrate

MOST_DERIVED_BYTES = 64_000_000


class Database:
    """An open service database. Safe to share between threads; use as a context manager.

    ``derived`` keeps what was computed from rows, by keys that change with the rows.
    """

    def __init__(self, url: str) -> None:
        """Open ``url`` and run the migrations it lacks.

        Raises:
            DatabaseUnreachable: it cannot be opened.
            DatabaseTooNew: a later version of this program migrated it.
        """
        self.engine = make_engine(url)
        self.derived = ByteCache[tuple[object, ...], Any](MOST_DERIVED_BYTES)
        try:
            migrate(self.engine)
        except WagewatchError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
