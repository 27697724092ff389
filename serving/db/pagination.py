"""Keyset pagination over a growing integer column: the cursor is the last value seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Connection, Row, Select

T = TypeVar("T")


@dataclass(frozen=True)
class PageRequest:
    """Request for at most ``limit`` rows after ``cursor`` (None: from the beginning)."""

    limit: int
    cursor: int | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items and the cursor of the next page; None on the last page."""

    items: Sequence[T]
    next: int | None


def page(
    connection: Connection,
    query: Select[Any],
    number: Column[Any],
    request: PageRequest,
    *,
    newest_first: bool = False,
) -> tuple[list[Row[Any]], int | None]:
    """Return the rows of a page and the next cursor; ``query`` must select ``number``."""
    if request.cursor is not None:
        after = number < request.cursor if newest_first else number > request.cursor
        query = query.where(after)
    query = query.order_by(number.desc() if newest_first else number).limit(request.limit + 1)
    rows = list(connection.execute(query))
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    return rows, int(rows[-1]._mapping[number.name]) if more else None
