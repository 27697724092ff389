"""Data for the pages stored with a publication."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from serving.watchlists.document import Document, Outline


class Dossiers(Mapping[str, Document]):
    """Dossiers by project_id, each made when it is asked for: a province's take gigabytes."""

    def __init__(self, keys: Iterable[str], make: Callable[[str], Document]) -> None:
        self._keys, self._make = dict.fromkeys(keys), make

    def __getitem__(self, project_id: str) -> Document:
        if project_id not in self._keys:
            raise KeyError(project_id)
        return self._make(project_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class RowsInBatches(Sequence[Document]):
    """Rows of a register, each made when it is read; equal to a list of the same rows."""

    def __init__(self, outlines: Sequence[Outline], make: Callable[[Outline], Document]) -> None:
        self._outlines, self._make = outlines, make

    @overload
    def __getitem__(self, index: int) -> Document: ...

    @overload
    def __getitem__(self, index: slice) -> RowsInBatches: ...

    def __getitem__(self, index: int | slice) -> Document | RowsInBatches:
        if isinstance(index, slice):
            return RowsInBatches(self._outlines[index], self._make)
        return self._make(self._outlines[index])

    def __len__(self) -> int:
        return len(self._outlines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Snapshot:
    """A dossier per project_id, and the register of all projects, matters and closed cases."""

    dossiers: Mapping[str, Document]
    register: Document
