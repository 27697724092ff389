"""Bodies and rows on their way into the database, on disk once they are many.

They are made before the transaction that stores them, which holds the write lock of SQLite.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

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


class SpooledRows(Sequence[dict[str, Any]]):
    """Rows of JSON values, each read when it is asked for; equal to a list of the same rows."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._bodies = Spool()
        for number, row in enumerate(rows):
            self._bodies.add(str(number), json.dumps(row, ensure_ascii=False).encode())

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self._row(place) for place in places]
        return self._row(places)

    def __len__(self) -> int:
        return len(self._bodies)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)

    def _row(self, place: int) -> dict[str, Any]:
        row: dict[str, Any] = json.loads(self._bodies[str(place)])
        return row
