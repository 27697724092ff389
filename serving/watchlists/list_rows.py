"""Which rows written with a list a principal may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.watchlists.repository import ListSummary, WatchlistRepository


def visible_rows(
    database: Database, summary: ListSummary, principal: Principal, table: Table
) -> ColumnElement[bool]:
    """The condition on ``table``, which has a watchlist_id and a region_code.

    No row meets it where the list was published without a register.
    """
    lists = WatchlistRepository(database, summary.kind)
    number = lists.sealed_id(summary.as_of, summary.region)
    return (table.c.watchlist_id == number) & within(table.c.region_code, principal)
