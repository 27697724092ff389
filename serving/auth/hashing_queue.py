"""Bounded queue of password checks, which must not keep other requests waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from serving.auth.passwords import AT_ONCE
from serving.auth.rate_limit import TooManyRequests

T = TypeVar("T")

MOST_WAITING = 40
_RETRY_SECONDS = 5


class HashingQueue:
    """Runs functions that hash passwords in threads of their own, ``AT_ONCE`` at a time."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._waiting = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Return the result of ``function``.

        Raises:
            TooManyRequests: ``MOST_WAITING`` are waiting already.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyRequests(seconds=_RETRY_SECONDS)
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(function, limiter=self._limiter)
        finally:
            self._waiting -= 1
