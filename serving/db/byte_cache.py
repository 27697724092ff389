"""A cache in memory that is bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """The values used last, as many as fit into ``most`` bytes. Safe to share between threads.

    >>> cache = ByteCache[str, str](10)
    >>> for name in "abc":
    ...     cache.put(name, name.upper(), 4)
    >>> cache.get("a"), cache.get("c"), cache.size
    (None, 'C', 8)
    >>> cache.put("d", "too large to keep", 11)
    >>> cache.get("d"), cache.size
    (None, 8)
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._lock = threading.Lock()
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value of ``key``; None if it is not kept."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value of ``size`` bytes, unless it alone is larger than the bound."""
        with self._lock:
            self._remove(key)
            if size > self.most:
                return
            self._values[key] = (value, size)
            self.size += size
            while self.size > self.most:
                self._remove(next(iter(self._values)))

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()
            self.size = 0

    def _remove(self, key: K) -> None:
        found = self._values.pop(key, None)
        self.size -= found[1] if found else 0
