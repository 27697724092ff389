"""Reading ahead: the next piece of a file is made while the one before it is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")


@contextmanager
def prefetch(items: Iterable[_Item]) -> Iterator[Iterator[_Item]]:
    """``items``, each made on another thread while the one before it is in use.

    At most one is made ahead. What making one raises is raised where it is asked for. At the end
    of the block nothing is being made any more, so that what ``items`` reads from can be closed.

    >>> with prefetch([1, 2, 3]) as numbers:
    ...     list(numbers)
    [1, 2, 3]
    """
    source = iter(items)
    nothing = object()
    with ThreadPoolExecutor(1, "wagewatch-import") as maker:

        def made() -> Iterator[_Item]:
            coming = maker.submit(next, source, nothing)
            while (item := coming.result()) is not nothing:
                coming = maker.submit(next, source, nothing)
                yield item  # type: ignore[misc]

        yield made()
