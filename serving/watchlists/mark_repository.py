"""Marks of the record store at the sealing of lists, in the service database."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, select

from risk.store.marks import StoreMark
from serving.db.tables import WATCHLIST_MARKS


def save_mark(connection: Connection, watchlist_id: int, mark: StoreMark) -> None:
    """Insert the mark of a list, unless it has one."""
    if _load(connection, watchlist_id) is None:
        connection.execute(
            insert(WATCHLIST_MARKS).values(
                watchlist_id=watchlist_id,
                arrival=mark.arrival,
                opening=mark.opening,
                digest=mark.digest,
            )
        )


def load_mark(engine: Engine, watchlist_id: int) -> StoreMark | None:
    """Return the mark of a list; None for lists sealed before marks were stored."""
    with engine.connect() as connection:
        return _load(connection, watchlist_id)


def _load(connection: Connection, watchlist_id: int) -> StoreMark | None:
    row = connection.execute(
        select(
            WATCHLIST_MARKS.c.arrival, WATCHLIST_MARKS.c.opening, WATCHLIST_MARKS.c.digest
        ).where(WATCHLIST_MARKS.c.watchlist_id == watchlist_id)
    ).first()
    return StoreMark(*row) if row else None
