"""Prefetching: the next item is computed on a thread while the current one is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")


@contextmanager
def prefetch(items: Iterable[_Item]) -> Iterator[Iterator[_Item]]:
    """Iterate ``items`` with one item computed ahead on another thread.

    An exception of ``items`` is raised when the item is requested. At the end of the block the
    thread has ended, so that the source of ``items`` can be closed.

    >>> with prefetch([1, 2, 3]) as numbers:
    ...     list(numbers)
    [1, 2, 3]
    """
    source = iter(items)
    end = object()
    with ThreadPoolExecutor(1, "wagewatch-import") as executor:

        def prefetched() -> Iterator[_Item]:
            upcoming = executor.submit(next, source, end)
            while (item := upcoming.result()) is not end:
                upcoming = executor.submit(next, source, end)
                yield item  # type: ignore[misc]

        yield prefetched()
