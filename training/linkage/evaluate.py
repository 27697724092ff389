"""Precision and recall of complaint linkage with exact intervals, by kind of damage to a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.linkage import ComplaintCandidates

CONFIDENT = 0.9
"""A candidate of at least this probability counts as proposed with confidence."""

BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class Answer:
    """One complaint with its most probable candidate and the truth; None where there is none.

    ``damage`` is the kind of damage to the name it was linked by.
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
class LinkageQuality:
    """Precision and recall of confident candidates, and how often the first candidate is right.

    Precision is over the confident candidates, the other two over the complaints with a truth.
    """

    confident_precision: Share
    confident_recall: Share
    first_right: Share


def share(right: int, of: int) -> Share:
    """A share with its exact interval, which is 0..1 for a share of nothing.

    >>> nine = share(9, 10)
    >>> round(nine.low, 3), round(nine.high, 3)
    (0.555, 0.997)
    """
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    if not of:
        return Share(right, of, 0.0, 1.0)
    interval = binomtest(right, of).proportion_ci(confidence_level=0.95, method="exact")
    return Share(right, of, float(interval.low), float(interval.high))


def linkage_quality(answers: Sequence[Answer]) -> LinkageQuality:
    """Precision and recall over ``answers``."""
    confident = [
        answer for answer in answers if answer.first is not None and answer.probability >= CONFIDENT
    ]
    with_truth = [answer for answer in answers if answer.truth is not None]
    right = sum(answer.first == answer.truth for answer in confident)
    first_right = sum(answer.first == answer.truth for answer in with_truth)
    return LinkageQuality(
        share(right, len(confident)),
        share(right, len(with_truth)),
        share(first_right, len(with_truth)),
    )


def by_damage(answers: Iterable[Answer]) -> Mapping[str, LinkageQuality]:
    """:func:`linkage_quality` for every kind of damage, and for ``all``."""
    kinds: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        kinds[answer.damage].append(answer)
        kinds["all"].append(answer)
    return {kind: linkage_quality(members) for kind, members in sorted(kinds.items())}


def calibration_table(answers: Sequence[Answer]) -> list[tuple[float, float, Share]]:
    """(low, high, share right) of the first candidates, by bins of their probability."""
    rows = []
    for low, high in pairwise(BINS):
        members = [
            answer
            for answer in answers
            if answer.first is not None and (low < answer.probability <= high)
        ]
        right = sum(answer.first == answer.truth for answer in members)
        rows.append((low, high, share(right, len(members))))
    return rows


def answers_of(
    reviewed: Iterable[ComplaintCandidates], truths: Mapping[str, tuple[str | None, str]], kind: str
) -> list[Answer]:
    """Answers for the complaints in ``truths`` (complaint: truth and damage).

    ``kind`` is ``projects`` or ``organisations``.
    """
    answers = []
    for review in reviewed:
        if review.complaint.complaint_id in truths:
            truth, damage = truths[review.complaint.complaint_id]
            candidates = review.projects if kind == "projects" else review.organisations
            if candidates:
                first = candidates[0]
                answers.append(Answer(damage, first.key, first.probability, truth))
            else:
                answers.append(Answer(damage, None, 0.0, truth))
    return answers
