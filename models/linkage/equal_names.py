"""Candidates whose name a complaint gives letter by letter, or but for words that say nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from models.linkage.normalise import core_firm_name, plain_name
from models.linkage.snapshot import Candidate, ComplaintText

Likeness = Literal["equal", "nearly"]

MIN_LENGTH = 3
"""Characters of a plain name below which equality says little ("小区", "学校")."""

_GENERIC = re.compile(r"工程|项目|施工|建设|(?<=标)段|号$")
_PLACE_KINDS = re.compile(r"街道|镇|乡|县|市|省")


@dataclass(frozen=True)
class NameMatch:
    """The indices of the candidates of one name, in order.

    ``likeness`` is ``equal`` if the plain names are equal, ``nearly`` if only 工程, 项目 and the
    like differ or one of them leaves out 镇, 县 and the like.
    """

    candidates: tuple[int, ...]
    likeness: Likeness

    @property
    def is_unique(self) -> bool:
        """Whether only one candidate has the name."""
        return len(self.candidates) == 1


class NameIndex:
    """Looks up candidates by name."""

    def __init__(self, candidates: Iterable[Sequence[str]]) -> None:
        """Index the names of every candidate."""
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._nearly: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for index, names in enumerate(candidates):
            for plain in sorted({plain_name(name) for name in names}):
                self._equal[plain].append(index)
                bare = _GENERIC.sub("", plain)
                self._nearly[_PLACE_KINDS.sub("", bare)].append((bare, index))

    def find(self, name: str) -> NameMatch | None:
        """The candidates of ``name``: of equal names if any, else of nearly equal ones."""
        return self.find_equal(name) or self._find_nearly(name)

    def find_equal(self, name: str) -> NameMatch | None:
        """The candidates of the same plain name."""
        plain = plain_name(name)
        if len(plain) < MIN_LENGTH or plain not in self._equal:
            return None
        return NameMatch(tuple(self._equal[plain]), "equal")

    def _find_nearly(self, name: str) -> NameMatch | None:
        plain = plain_name(name)
        bare = _GENERIC.sub("", plain)
        core = _PLACE_KINDS.sub("", bare)
        if len(core) < MIN_LENGTH:
            return None
        found = {n for other, n in self._nearly.get(core, ()) if _one_leaves_out(bare, other)}
        return NameMatch(tuple(sorted(found)), "nearly") if found else None


class Namesakes:
    """Finds the candidates of equal names of complaints, by site for projects, by firm for others.

    Firms match by equal names only: 青川建设 and 青川工程 are two.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._by_site = any(candidate.names for candidate in candidates)
        self._candidates = candidates

    @cached_property
    def _index(self) -> NameIndex:
        names = (one.names if self._by_site else one.firms for one in self._candidates)
        return NameIndex(names)

    def of(self, complaint: ComplaintText) -> NameMatch | None:
        """The match of a complaint, None if it gives no such name."""
        if self._by_site:
            return self._index.find(complaint.site) if complaint.site else None
        return self._index.find_equal(complaint.firm) if core_firm_name(complaint.firm) else None


def equal_names(
    complaints: Sequence[ComplaintText], candidates: Sequence[Candidate]
) -> list[NameMatch | None]:
    """The match of every complaint, see :class:`Namesakes`."""
    namesakes = Namesakes(candidates)
    return [namesakes.of(complaint) for complaint in complaints]


def _one_leaves_out(one: str, other: str) -> bool:
    """Whether the shorter is the longer without some characters: 云渡乡 is not 云渡镇."""
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    return all(character in rest for character in short)
