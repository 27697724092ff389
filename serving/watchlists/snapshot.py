"""Data for the pages stored with a publication."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from serving.watchlists.document import Document


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


@dataclass(frozen=True)
class Snapshot:
    """A dossier per project_id, and the register of all projects, matters and closed cases."""

    dossiers: Mapping[str, Document]
    register: Document
