"""How often a principal may ask: a bucket that fills steadily and is emptied by requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from risk.errors import WagewatchError

_MOST_BUCKETS = 10_000


class TooManyRequests(WagewatchError):
    """The bucket is empty; ``seconds`` until there is room again."""

    code = "too_many_requests"


@dataclass
class _Bucket:
    left: float
    at: float


class Limiter:
    """One bucket per principal, of ``per_minute`` requests each; 0 means no limit.

    >>> limiter = Limiter(60, now=lambda: 0.0)
    >>> for _ in range(60):
    ...     limiter.spend("a")
    >>> limiter.spend("b")
    >>> limiter.spend("a")
    Traceback (most recent call last):
    ...
    serving.auth.rate_limit.TooManyRequests: ...
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._now = now
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, key: str) -> None:
        """Take one request out of the bucket of ``key``.

        Raises:
            TooManyRequests: it is empty.
        """
        if not self._most:
            return
        now = self._now()
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[key] = _Bucket(self._most, now)
        bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._most / 60)
        bucket.at = now
        if bucket.left < 1:
            raise TooManyRequests(seconds=int((1 - bucket.left) * 60 / self._most) + 1)
        bucket.left -= 1
