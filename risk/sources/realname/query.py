"""All rows of a query, page by page, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from risk.sources.realname.answers import Answer, Row
from risk.sources.realname.client import Client
from risk.sources.realname.dialect import Method
from risk.sources.realname.errors import AnswerIncomplete

T = TypeVar("T")

ATTEMPTS = 3
"""Times that a query is begun if its rows change while they are read."""

_EMPTY_PAGES = 2
"""Empty or repeated pages in a row after which no more are asked for."""


class _Changed(Exception):
    """The stated number of rows is not what came; ``stated`` and ``got``."""

    def __init__(self, stated: int, got: int) -> None:
        super().__init__(stated, got)
        self.stated = stated
        self.got = got


def all_rows(
    client: Client,
    method: Method,
    asked: Mapping[str, str],
    shape: Callable[[Row], T | None],
    *,
    page_size: int,
) -> list[T]:
    """Return all rows of a query, each reduced by ``shape``; rows that it makes None are left out.

    Pages that repeat one already read are dropped. If the stated number of rows changes, or
    another number comes, the query is begun again.

    Args:
        client: client of the interface.
        method: reading method.
        asked: the platform's parameters without those of the page.
        shape: makes a row what is needed of it, so that a page is not held longer than it is read.
        page_size: rows asked for at a time.

    Raises:
        AnswerIncomplete: the rows changed at every attempt, or fewer come than are stated.
        UnitRefused, SourceError, BoundReached: as for :meth:`Client.ask`.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            rows = (shape(row) for page in _pages(client, method, asked, page_size) for row in page)
            return [row for row in rows if row is not None]
        except _Changed as changed:
            if attempt == ATTEMPTS:
                raise AnswerIncomplete(
                    source=client.source,
                    method=method.name,
                    stated=changed.stated,
                    got=changed.got,
                ) from None
    raise AssertionError("unreachable")


def _pages(
    client: Client, method: Method, asked: Mapping[str, str], page_size: int
) -> Iterator[Sequence[Row]]:
    call = client.dialect.call
    index, got, empty = call["page_start"], 0, 0
    stated: int | None = None
    seen: set[bytes] = set()
    while True:
        answer = client.ask(
            method, {**asked, call["page_index"]: index, call["page_size"]: page_size}
        )
        if stated is not None and answer.total not in (None, stated):
            raise _Changed(answer.total or 0, got)
        stated = answer.total if stated is None else stated
        fresh = _fresh(answer, seen)
        got += len(fresh)
        empty = 0 if fresh else empty + 1
        yield fresh
        if _is_last(stated, got, len(answer.rows), page_size, empty):
            break
        index += 1
    if stated is not None and got != stated:
        raise _Changed(stated, got)


def _fresh(answer: Answer, seen: set[bytes]) -> Sequence[Row]:
    """Rows of a page; none if the page was read before."""
    if answer.digest in seen:
        return ()
    seen.add(answer.digest)
    return answer.rows


def _is_last(stated: int | None, got: int, rows: int, page_size: int, empty: int) -> bool:
    """Whether no page follows. A server may have smaller pages than it was asked for."""
    if stated is not None:
        return got >= stated or empty >= _EMPTY_PAGES
    return rows < page_size or empty > 0
