"""Limits of attempts to sign in, by address and by name."""

from __future__ import annotations

from collections import OrderedDict

from serving.auth.names import look_of
from serving.auth.rate_limit import RateLimiter

PER_NAME_AND_ADDRESS = 10
PER_ADDRESS = 60
"""Attempts a minute from one address; an office may share one."""

PER_NAME = 30
"""Attempts a minute for one name from all addresses from which it has not signed in before."""

_MOST_KNOWN = 10_000


class SignInLimits:
    """Counts attempts to sign in, successful or not.

    Attempts from elsewhere do not keep out the owner of a name, who signs in from an address from
    which the name has signed in before. Counts are in the memory of one process.
    """

    def __init__(self) -> None:
        self._addresses = RateLimiter(PER_ADDRESS)
        self._pairs = RateLimiter(PER_NAME_AND_ADDRESS)
        self._names = RateLimiter(PER_NAME)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def spend(self, name: str, address: str) -> None:
        """Count an attempt.

        Raises:
            TooManyRequests: there were too many within a minute.
        """
        look = look_of(name)
        self._addresses.spend(address)
        self._pairs.spend(f"{address} {look}")
        if (look, address) not in self._known:
            self._names.spend(look)

    def remember(self, name: str, address: str) -> None:
        """Record that ``name`` has signed in from ``address``."""
        pair = (look_of(name), address)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
