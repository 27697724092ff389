"""Bodies on their way into the database, on disk once they are many.

They are made before the transaction that stores them, which holds the write lock of SQLite.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Mapping

_IN_MEMORY = 16 * 1024 * 1024


class Spool(Mapping[str, bytes]):
    """Bodies by key, in the order they were added; a temporary file holds what exceeds 16 MB."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def add(self, key: str, body: bytes) -> None:
        """Add a body."""
        self._file.seek(self._end)
        self._file.write(body)
        self._places[key] = (self._end, len(body))
        self._end += len(body)

    def __getitem__(self, key: str) -> bytes:
        start, length = self._places[key]
        self._file.seek(start)
        return self._file.read(length)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
