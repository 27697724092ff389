"""Rate limit per principal: a token bucket that refills steadily."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from serving.errors import ApiError

_MAX_BUCKETS = 10_000


class TooManyRequests(ApiError):
    """The rate limit is exceeded; ``seconds`` is the time until the next request is accepted."""

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def retry_after(self) -> int:
        """Return the seconds until the next request is accepted."""
        return int(self.fields["seconds"])


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimiter:
    """Token buckets of ``per_minute`` requests per key; 0 means no limit.

    Buckets are in the memory of one process: a server with N workers accepts up to N times the
    rate. The table holds 10,000 keys; beyond that the key unused for longest is forgotten, which
    bounds the memory that made-up sign-in names can take.

    >>> limiter = RateLimiter(60, now=lambda: 0.0)
    >>> for _ in range(60):
    ...     limiter.spend("a")
    >>> limiter.spend("b")
    >>> limiter.spend("a")
    Traceback (most recent call last):
    ...
    serving.auth.rate_limit.TooManyRequests: ...
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = float(per_minute)
        self._now = now
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, key: str) -> None:
        """Take one request out of the bucket of ``key``.

        Raises:
            TooManyRequests: the bucket is empty.
        """
        if not self._per_minute:
            return
        now = self._now()
        bucket = self._buckets.pop(key, None) or _Bucket(self._per_minute, now)
        self._buckets[key] = bucket
        if len(self._buckets) > _MAX_BUCKETS:
            self._buckets.pop(next(iter(self._buckets)), None)
        refilled = bucket.left + (now - bucket.at) * self._per_minute / 60
        bucket.left = min(self._per_minute, refilled)
        bucket.at = now
        if bucket.left < 1:
            raise TooManyRequests(seconds=int((1 - bucket.left) * 60 / self._per_minute) + 1)
        bucket.left -= 1
