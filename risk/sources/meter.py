"""Bounds of one pull, and counts of what was asked and received."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

MEGABYTE = 1_000_000


class BoundReached(Exception):
    """A bound of the pull is reached: ``requests``, ``rows``, ``seconds`` or ``bytes``.

    The unit under way is dropped; whole units that came before count. The next pull goes on.
    """

    def __init__(self, bound: str) -> None:
        super().__init__(bound)
        self.bound = bound


@dataclass(frozen=True)
class Bounds:
    """Most requests (pages), rows, seconds and received bytes of one pull."""

    requests: int = 20_000
    rows: int = 5_000_000
    seconds: float = 7200.0
    bytes: int = 2000 * MEGABYTE


class Meter:
    """Counts of one pull; checks them against ``bounds``.

    ``requests``, ``retries``, ``rows``, ``bytes`` and ``waited`` (seconds) grow during the pull.
    ``refusals`` counts retried and final refusals by reason, which is a status or a code and never
    a text with personal data.
    """

    def __init__(self, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self.requests = self.retries = self.rows = self.bytes = 0
        self.waited = 0.0
        self.refusals: Counter[str] = Counter()
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """Seconds since the pull began."""
        return self._clock() - self._began

    @property
    def seconds_left(self) -> float:
        """Seconds until the bound on time."""
        return self.bounds.seconds - self.seconds

    def count_request(self) -> None:
        """Count a request that is about to be sent.

        Raises:
            BoundReached: the pull has sent as many requests as it may, or its time is over.
        """
        self._require("requests", self.requests < self.bounds.requests)
        self.check_time()
        self.requests += 1

    def count_bytes(self, received: int) -> None:
        """Count bytes of an answer.

        Raises:
            BoundReached: the pull has received as many bytes as it may.
        """
        self.bytes += received
        self._require("bytes", self.bytes <= self.bounds.bytes)

    def count_row(self) -> None:
        """Count a row; the framework calls it for every row a unit yields.

        Raises:
            BoundReached: the pull has as many rows as it may.
        """
        self._require("rows", self.rows < self.bounds.rows)
        self.rows += 1

    def check_time(self) -> None:
        """Check the bound on time.

        Raises:
            BoundReached: the time is over.
        """
        self._require("seconds", self.seconds_left > 0)

    def _require(self, bound: str, met: bool) -> None:
        if not met:
            raise BoundReached(bound)
