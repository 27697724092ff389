"""How often linking is right: precision and recall with exact intervals, by what befell a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.linkage import ComplaintCandidates

SURE = 0.9
"""From this probability on a candidate counts as proposed with confidence."""

BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class Answer:
    """One complaint with its likeliest candidate and the truth; None where there is none.

    ``damage`` is what befell the name it was linked by.
    """

    damage: str
    first: str | None
    probability: float
    truth: str | None


@dataclass(frozen=True)
class Share:
    """``right`` of ``of`` with the exact 95 % interval (Clopper and Pearson, 1934)."""

    right: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """Precision: right of those proposed. Recall: proposed rightly of all that have a truth."""

    sure_precision: Share
    sure_recall: Share
    first_right: Share


def share(right: int, of: int) -> Share:
    """A share with its exact interval; from nothing follows nothing, the interval is 0..1.

    >>> found = share(9, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.555, 0.997)
    """
    from scipy.stats import beta  # type: ignore[import-untyped]

    low = float(beta.ppf(0.025, right, of - right + 1)) if right else 0.0
    high = float(beta.ppf(0.975, right + 1, of - right)) if right < of else 1.0
    return Share(right, of, low, high)


def measured(answers: Sequence[Answer]) -> Measured:
    """The three shares of ``answers``."""
    sure = [one for one in answers if one.first is not None and one.probability >= SURE]
    known = [one for one in answers if one.truth is not None]
    right = sum(one.first == one.truth for one in sure)
    first = sum(one.first == one.truth for one in known)
    return Measured(share(right, len(sure)), share(right, len(known)), share(first, len(known)))


def by_damage(answers: Iterable[Answer]) -> Mapping[str, Measured]:
    """:func:`measured` for every kind of damage, and for ``all``."""
    kinds: dict[str, list[Answer]] = defaultdict(list)
    for one in answers:
        kinds[one.damage].append(one)
        kinds["all"].append(one)
    return {kind: measured(found) for kind, found in sorted(kinds.items())}


def reliability(answers: Sequence[Answer]) -> list[tuple[float, float, Share]]:
    """(from, to, how often right) of the first candidates by their probability."""
    rows = []
    for low, high in pairwise(BINS):
        inside = [
            one for one in answers if one.first is not None and (low < one.probability <= high)
        ]
        rows.append((low, high, share(sum(a.first == a.truth for a in inside), len(inside))))
    return rows


def answers_of(
    reviewed: Iterable[ComplaintCandidates], truths: Mapping[str, tuple[str | None, str]], kind: str
) -> list[Answer]:
    """Answers for the complaints in ``truths`` (complaint: truth and damage); ``kind`` is

    ``projects`` or ``organisations``.
    """
    found = []
    for one in reviewed:
        if one.complaint.complaint_id in truths:
            truth, damage = truths[one.complaint.complaint_id]
            candidates = one.projects if kind == "projects" else one.organisations
            first = candidates[0] if candidates else None
            found.append(
                Answer(
                    damage, first.key if first else None, first.probability if first else 0.0, truth
                )
            )
    return found
