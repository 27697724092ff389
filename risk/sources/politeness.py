"""Pace and retries of requests: a rate, back-off, and the server's ``Retry-After``."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from risk.sources.errors import SourceUnavailable
from risk.sources.meter import BoundReached, Meter

T = TypeVar("T")

ATTEMPTS = 6
"""Most attempts of one request."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds before the second attempt, and most seconds between two without Retry-After."""

LONGEST_RETRY_AFTER = 600.0
"""Most seconds a server may ask to wait; a longer wait is left to the next pull."""


class TryAgain(Exception):
    """A request failed in a way that may pass: 429, 5xx, a cut connection, a timeout.

    ``reason`` is a short code such as ``http_503``; ``after`` the seconds the server asked to wait.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Pacer:
    """Sends requests at most ``per_second`` times a second, and failed ones again."""

    def __init__(
        self,
        source: str,
        per_second: float,
        meter: Meter,
        *,
        first_wait: float = FIRST_WAIT,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._interval = 1.0 / per_second
        self._meter = meter
        self._first_wait = first_wait
        self._sleep = sleep
        self._clock = clock
        self._next = clock()

    def call(self, ask: Callable[[], T]) -> T:
        """Return the result of ``ask``, which is tried again after :class:`TryAgain`.

        Raises:
            SourceUnavailable: all attempts failed, or the server asks to wait too long.
            BoundReached: a bound of the pull would be passed.
        """
        for attempt in range(1, ATTEMPTS + 1):
            self._keep_pace()
            self._meter.count_request()
            try:
                return ask()
            except TryAgain as failure:
                self._meter.refusals[failure.reason] += 1
                if attempt == ATTEMPTS or (failure.after or 0.0) > LONGEST_RETRY_AFTER:
                    raise SourceUnavailable(source=self._source, reason=failure.reason) from failure
                self._meter.retries += 1
                self._wait(self._pause(attempt, failure.after))
        raise AssertionError("unreachable")

    def _keep_pace(self) -> None:
        wait = self._next - self._clock()
        if wait > 0:
            self._wait(wait)
        self._next = max(self._next, self._clock()) + self._interval

    def _pause(self, attempt: int, after: float | None) -> float:
        """Seconds to wait: as the server asked, else doubled each time, with some jitter."""
        if after is not None:
            return after
        longest = min(LONGEST_WAIT, self._first_wait * 2.0 ** (attempt - 1))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads requests, no secret

    def _wait(self, seconds: float) -> None:
        if seconds > self._meter.seconds_left:
            raise BoundReached("seconds")
        self._meter.waited += seconds
        self._sleep(seconds)


def retry_after(header: str | None, now: dt.datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` header, a number or an HTTP date; None if unreadable.

    >>> retry_after("120", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:01:00 GMT", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    60.0
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - now).total_seconds())
