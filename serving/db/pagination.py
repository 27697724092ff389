"""Pages of rows in order of a growing number: a cursor is the last number seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Connection, Row, Select

T = TypeVar("T")


@dataclass(frozen=True)
class PageRequest:
    """Which part: at most ``limit`` rows after ``cursor`` (None: from the beginning)."""

    limit: int
    cursor: int | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and the cursor of the next page; None where this is the last."""

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
    """The rows of one page and the cursor of the next; ``number`` is also selected by ``query``."""
    if request.cursor is not None:
        after = number < request.cursor if newest_first else number > request.cursor
        query = query.where(after)
    query = query.order_by(number.desc() if newest_first else number).limit(request.limit + 1)
    rows = list(connection.execute(query))
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    return rows, int(rows[-1]._mapping[number.name]) if more else None
