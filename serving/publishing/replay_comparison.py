"""Compares a list of an older seal version with its rebuild in the current version."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from risk.locale import LANGUAGES
from serving.watchlists.document import Document
from serving.watchlists.seal_version import FEATURES_SINCE

TOLERANCE = 1e-6
"""Numbers that differ by less, absolutely or relatively, count as the same figure."""

Category = Literal["texts", "numbers", "fields", "statements", "flags", "other"]

_NOT_COMPARED = ("seal_version", "risks_digest")
_BY_PROJECT = ("entries", "gone")


@dataclass(frozen=True)
class ChangedPath:
    """How many values differ at one path, for example ``entries[].reasons[].text.zh``."""

    path: str
    count: int


@dataclass(frozen=True)
class VersionComparison:
    """What differs between a sealed list and its rebuild, and whether its bytes verify.

    ``texts`` are catalogue texts, ``numbers`` figures within :data:`TOLERANCE`, ``fields`` those
    that only one of the versions has, ``statements`` the features that reasons name, ``flags`` the
    red flags, which follow the rules of the version, ``other`` everything else. ``risks[]`` are
    the documents of the scored projects.
    """

    sealed_version: int
    current_version: int
    body_verified: bool
    same_members: bool
    same_order: bool
    same_probabilities: bool
    max_probability_difference: float
    texts: tuple[ChangedPath, ...]
    numbers: tuple[ChangedPath, ...]
    fields: tuple[ChangedPath, ...]
    statements: tuple[ChangedPath, ...]
    flags: tuple[ChangedPath, ...]
    other: tuple[ChangedPath, ...]

    @property
    def differs_by_flags(self) -> bool:
        """Whether all that differs follows from red flags: which projects must be visited.

        The rules of red flags follow the law and change with versions of the program.
        """
        follows = all(
            change.path in ("entries", "entries[]", "gone") or change.path.startswith(_SELECTED)
            for change in self.other
        )
        return bool(self.flags) and self.body_verified and self.same_probabilities and follows

    @property
    def differs_by_features(self) -> bool:
        """Whether the list differs, is unchanged as stored and has features of another definition.

        Its figures cannot be computed again, so a difference in them shows nothing.
        """
        redefined = self.sealed_version < FEATURES_SINCE <= self.current_version
        return redefined and self.body_verified and bool(self.other)

    @property
    def is_faithful(self) -> bool:
        """Whether the bytes verify and members, order and figures are the same.

        Texts, format, rounding, the features that reasons name and the red flags may differ.
        """
        return self.body_verified and self.same_members and self.same_order and not self.other


@dataclass(frozen=True)
class ListDocuments:
    """The document of a list and those of its risks by project_id."""

    watchlist: Document
    risks: Mapping[str, Document]

    def listed(self) -> list[str]:
        """The listed projects in order."""
        return [entry["project_id"] for entry in self.watchlist["entries"]]


def compare_versions(
    sealed: ListDocuments, rebuilt: ListDocuments, versions: tuple[int, int], *, verified: bool
) -> VersionComparison:
    """Compare a sealed list with its rebuild; ``versions`` are the sealed and the current one."""
    found = Counter(_list_changes(sealed, rebuilt))
    difference = _probability_difference(sealed.risks, rebuilt.risks)
    return VersionComparison(
        sealed_version=versions[0],
        current_version=versions[1],
        body_verified=verified,
        same_members=set(sealed.listed()) == set(rebuilt.listed()),
        same_order=sealed.listed() == rebuilt.listed(),
        same_probabilities=difference <= TOLERANCE,
        max_probability_difference=difference,
        texts=_of_category(found, "texts"),
        numbers=_of_category(found, "numbers"),
        fields=_of_category(found, "fields"),
        statements=_of_category(found, "statements"),
        flags=_of_category(found, "flags"),
        other=_of_category(found, "other"),
    )


def _of_category(
    found: Mapping[tuple[Category, str], int], category: Category
) -> tuple[ChangedPath, ...]:
    return tuple(
        ChangedPath(path, count)
        for (kind, path), count in sorted(found.items())
        if kind == category
    )


def _list_changes(sealed: ListDocuments, rebuilt: ListDocuments) -> Iterator[tuple[Category, str]]:
    before, after = sealed.watchlist, rebuilt.watchlist
    names = (*_NOT_COMPARED, *_BY_PROJECT)
    yield from _changes(_without(before, names), _without(after, names), "")
    for name in _BY_PROJECT:
        yield from _keyed_changes(_by_project(before[name]), _by_project(after[name]), name)
    old = {key: _without(risk, _NOT_COMPARED) for key, risk in sealed.risks.items()}
    new = {key: _without(risk, _NOT_COMPARED) for key, risk in rebuilt.risks.items()}
    yield from _keyed_changes(old, new, "risks")


def _keyed_changes(
    before: Mapping[str, Document], after: Mapping[str, Document], path: str
) -> Iterator[tuple[Category, str]]:
    for key in before.keys() | after.keys():
        if key in before and key in after:
            yield from _changes(before[key], after[key], f"{path}[]")
        else:
            yield "other", f"{path}[]"


def _changes(before: object, after: object, path: str) -> Iterator[tuple[Category, str]]:
    """Category and path of every leaf that differs."""
    if path.endswith("[].red_flags"):
        yield from _flag_changes(before, after, path)
        return
    if path.endswith(_STATED) and before != after:
        yield "statements", path
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in before.keys() | after.keys():
            inner = f"{path}.{name}" if path else name
            if name in before and name in after:
                yield from _changes(before[name], after[name], inner)
            else:
                yield "fields", inner
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from _changes(old, new, f"{path}[]")
    elif before != after:
        yield _category(before, after, path), path


_SELECTED = (
    *(f"entries[].{name}" for name in ("rank", "selection", "draw_probability", "change")),
    *("gone[]", "risks[].listing"),
)
"""Paths of what the selection decides."""

_STATED = tuple(
    f".reasons[].{name}" for name in ("feature", "value", "typical", "article", "evidence")
)


def _flag_changes(before: object, after: object, path: str) -> Iterator[tuple[Category, str]]:
    """Changes of the red flags of one project, matched by their code."""
    old, new = _by_code(before), _by_code(after)
    for code in old.keys() | new.keys():
        if code in old and code in new:
            for kind, inner in _changes(old[code], new[code], f"{path}[]"):
                yield ("flags" if kind == "other" else kind), inner
        else:
            yield "flags", path


def _by_code(flags: object) -> dict[str, Document]:
    return {flag["code"]: flag for flag in flags} if isinstance(flags, list) else {}


def _category(before: object, after: object, path: str) -> Category:
    if isinstance(before, str) and isinstance(after, str) and path.endswith(_LANGUAGE_ENDS):
        return "texts"
    if isinstance(before, int | float) and isinstance(after, int | float):
        is_close = math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return "numbers" if is_close else "other"
    return "other"


_LANGUAGE_ENDS = tuple(f".{language}" for language in LANGUAGES)


def _probability_difference(before: Mapping[str, Document], after: Mapping[str, Document]) -> float:
    shared = before.keys() & after.keys()
    return max(
        (abs(before[key]["probability"] - after[key]["probability"]) for key in shared), default=0.0
    )


def _by_project(items: Sequence[Document]) -> dict[str, Document]:
    return {item["project_id"]: item for item in items}


def _without(document: Mapping[str, Any], names: Sequence[str]) -> Document:
    return {name: value for name, value in document.items() if name not in names}
