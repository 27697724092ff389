"""Records in the record store which lists were sealed, before undated records are imported.

The service database is where lists are sealed; the record store is open for reading then. So the
seals are copied when the store is next opened for writing: no list can be sealed in between.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from risk.store.marks import StoreMark, compare_history, newest_arrival, opening_at
from risk.store.seals import Seal, record_seal, seals
from risk.store.store import RecordStore
from serving.clock import office_date
from serving.db.database import Database
from serving.db.engine import utc
from serving.db.tables import WATCHLIST_MARKS, WATCHLISTS

_AHEAD = dt.timedelta(days=31)
"""A list for a date further ahead binds records only up to this long after its publication."""


def record_seals(store: RecordStore, database: Database) -> None:
    """Record the seals of the lists that ``store`` does not know yet."""
    known = {seal.digest for seal in seals(store)}
    with database.engine.connect() as connection:
        rows = connection.execute(
            select(
                WATCHLISTS.c.digest,
                WATCHLISTS.c.as_of,
                WATCHLISTS.c.published_at,
                WATCHLIST_MARKS.c.arrival,
                WATCHLIST_MARKS.c.opening,
                WATCHLIST_MARKS.c.digest.label("records"),
            )
            .outerjoin(WATCHLIST_MARKS, WATCHLIST_MARKS.c.watchlist_id == WATCHLISTS.c.id)
            .order_by(WATCHLISTS.c.id)
        ).all()
    new = [row for row in rows if row.digest not in known]
    for row in new:
        through = min(row.as_of, office_date(utc(row.published_at)) + _AHEAD)
        mark = None if row.arrival is None else StoreMark(row.arrival, row.opening, row.records)
        record_seal(store, Seal(row.digest, through, _arrival(store, mark)))


def _arrival(store: RecordStore, mark: StoreMark | None) -> int | None:
    """The last row there was at the sealing; None if the list is of another history of records.

    For lists sealed before marks were stored all rows of today count: some records may be known
    later than necessary, but none too early.
    """
    if mark is None:
        return newest_arrival(store)
    if opening_at(store, mark.arrival) == mark.opening:
        return mark.arrival
    return mark.arrival if compare_history(store, mark) == "as_sealed" else None
