"""Reads watchlists."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from serving.api.watchlists.schemas import Watchlists, WatchlistSummary
from serving.database.service import ServiceDatabase, Stored


def watchlists(database: ServiceDatabase, region: str | None) -> Watchlists:
    """Summaries of all lists, or of those published for ``region``."""
    found = (item for item in database.summaries() if region is None or item.region == region)
    return Watchlists(items=[WatchlistSummary(**asdict(item)) for item in found])


def watchlist(database: ServiceDatabase, as_of: dt.date | None, region: str) -> Stored:
    """The sealed list of ``region`` at ``as_of``, the newest for None."""
    return database.watchlist(as_of, region)
