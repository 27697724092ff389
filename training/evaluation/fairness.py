"""Is every group of projects warned alike? Selection, precision, recall, calibration by group.

Each group is compared with all other projects (the rest), since "the average" contains the group
itself. What a figure is compared with:

- selection rate: the rest's, in proportion to the observed rates. Where less is owed, fewer places
  are no injustice; what counts is events per place.
- precision: the rest's.
- recall: the rest's, and no less than in proportion to the observed rate where that is lower. With
  few places a group that owes less often is found less often even by true probabilities
  (A. Chouldechova, "Fair prediction with disparate impact", 2017), so that alone is not unfair.
- calibration (mean probability minus observed rate): the rest's ratio of the two.

A figure is outside when chance would hardly bring the group so far from that: counts are compared
by the exact tests of two shares (R. A. Fisher, 1935) and of two rates (J. Przyborowski and
H. Wilenski, 1940), after they were divided by the design effect, for the projects of one contractor
and the months of one project are not independent (J. Rao, A. Scott, "A simple method for the
analysis of clustered binary data", 1992), and the chances are corrected for all comparisons made
(S. Holm, 1979). An exact test, because intervals of a resampled zero have no width. With fewer
than 10 events nothing is said.

All rates rest on known events: where nobody looks nothing is found, and a group that is never
visited looks fair here. Random visits answer that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from training.evaluation.bootstrap import MIN_POSITIVES_TO_TELL, Estimate, estimate
from training.evaluation.group_counts import Tally, in_order, selected
from training.evaluation.group_counts import figures as figures_of
from training.evaluation.groups import Bounds, Membership, memberships
from training.evaluation.hypothesis_tests import Counted, chance_of, holm
from training.evaluation.predictions import MODEL, Judged
from training.json_safe import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIGURES = ("selection_rate", "precision", "recall", "calibration")
LEVEL = 0.05
"""How often, at most, anything at all is called outside where all groups are treated alike."""

Side = Literal["low", "high"]


@dataclass(frozen=True)
class Compared:
    """A group's figure, the rest's, and what is fair for it (see the top of this file).

    ``chance`` is how likely chance alone brings it so far from that, corrected for all
    comparisons; None where too few events tell. ``outside`` says on which side it then lies.
    """

    value: Estimate
    rest: float
    fair: float
    chance: float | None
    outside: Side | None


@dataclass(frozen=True)
class Group:
    """One group. ``value`` None is the unknown; ``bounds`` in fen, of sizes only.

    ``figures`` holds one entry per name in :data:`FIGURES`; ``ratio`` is mean probability over
    observed rate. Rates are shares of project-months.
    """

    attribute: str
    value: str | None
    bounds: Bounds | None
    rows: int
    events: int
    observed_rate: Estimate
    ratio: Estimate
    figures: Mapping[str, Compared]


@dataclass(frozen=True)
class Fairness:
    """All groups of one contender; ``comparisons`` is how many were made and corrected for."""

    contender: str
    places_per_month: int
    level: float
    comparisons: int
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Unfair:
    """A figure of a group for which the gate stops: what was found, and the least that is fair."""

    attribute: str
    value: str | None
    figure: str
    found: float
    fair: float
    chance: float
    events: int


def fairness(
    judged: Judged, places_per_month: int, contender: str = MODEL, seed: int = 0
) -> Fairness:
    """Every group's figures with 95 % intervals, and which of them lie outside.

    Each month's list holds the first ``places_per_month`` by score, ties sharing their places.
    The order of the rows does not matter.
    """
    judged = in_order(judged)
    sums = Tally(judged, selected(judged, contender, places_per_month), contender, seed)
    groups = tuple(_group(sums, one) for one in memberships(judged))
    corrected = _corrected(groups)
    made = sum(f.chance is not None for group in corrected for f in group.figures.values())
    return Fairness(contender, places_per_month, LEVEL, made, corrected)


def unfair(found: Fairness) -> tuple[Unfair, ...]:
    """What the gate stops for: groups warned too little.

    Their recall is too low, or their probability is too low both beside the rest's and beside
    what was observed. Too many warnings cost visits, too few cost wages, so only these stop a
    model; and a lower selection rate or precision hurts nobody where these two are in order.
    """
    return tuple(
        Unfair(g.attribute, g.value, name, f.value.value, f.fair, f.chance or 0.0, g.events)
        for g in found.groups
        for name, f in g.figures.items()
        if f.outside == "low"
        and (name == "recall" or (name == "calibration" and f.value.value < 0))
    )


def as_document(found: Fairness) -> dict[str, Any]:
    """All of it as plain JSON values; a figure that does not exist is None."""
    document: dict[str, Any] = plain(asdict(found))
    return document


def _group(sums: Tally, one: Membership) -> Group:
    ours, rest = sums.of(one.rows), sums.of(~one.rows)
    figures, others = figures_of(ours), figures_of(rest)
    fair = _fair(figures, others)
    events = float(ours[0, 3])
    told = {name: estimate(float(all_[0]), all_[1:], events) for name, all_ in figures.items()}
    chances = _chances(sums, one, ours[0], rest[0])
    return Group(
        one.attribute,
        one.value,
        one.bounds,
        int(ours[0, 0]),
        int(events),
        told["observed_rate"],
        told["ratio"],
        {
            name: Compared(told[name], float(others[name][0]), fair[name], *chances[name])
            for name in FIGURES
        },
    )


def _fair(
    ours: Mapping[str, NDArray[np.float64]], rest: Mapping[str, NDArray[np.float64]]
) -> dict[str, float]:
    """What each figure of a group is compared with."""
    pace = _relative(float(ours["observed_rate"][0]), float(rest["observed_rate"][0]))
    return {
        "selection_rate": float(rest["selection_rate"][0]) * pace,
        "precision": float(rest["precision"][0]),
        "recall": float(rest["recall"][0]) * min(1.0, pace),
        "calibration": float(ours["known_rate"][0] * (rest["ratio"][0] - 1)),
    }


def _chances(
    sums: Tally, one: Membership, ours: NDArray[np.float64], rest: NDArray[np.float64]
) -> dict[str, tuple[float | None, Side | None]]:
    """Per figure the chance, not corrected yet, and the side on which the group lies."""
    _, places, hits, events, _, said, known_events = sums.columns.T
    pace = _relative(ours[3] / max(ours[0], 1), rest[3] / max(rest[0], 1))
    enough = min(ours[3], rest[3]) >= MIN_POSITIVES_TO_TELL
    enough_known = min(ours[6], rest[6]) >= MIN_POSITIVES_TO_TELL

    def rate(count: NDArray[np.float64], exposure: NDArray[np.float64], tell: bool) -> Counted:
        return Counted(count, exposure, one.rows, sums.cluster, tell)

    def part(count: NDArray[np.float64], exposure: NDArray[np.float64]) -> Counted:
        return Counted(count, exposure, one.rows, sums.cluster, enough, bounded=True)

    # More events per place, or per unit of probability, mean too few places, too low a probability.
    return {
        "selection_rate": _flipped(chance_of(rate(events, places, enough))),
        "precision": chance_of(part(hits, places)),
        "recall": chance_of(part(hits, events), min(1.0, pace), max(1.0, pace)),
        "calibration": _flipped(chance_of(rate(known_events, said, enough_known))),
    }


def _flipped(found: tuple[float | None, Side | None]) -> tuple[float | None, Side | None]:
    chance, side = found
    flipped: dict[Side | None, Side | None] = {"low": "high", "high": "low", None: None}
    return chance, flipped[side]


def _corrected(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups with chances corrected for all comparisons, and sides only where outside."""
    told = {
        (number, name): figure.chance
        for number, one in enumerate(groups)
        for name, figure in one.figures.items()
        if figure.chance is not None
    }
    known = dict(zip(told, holm(list(told.values())), strict=True))
    return tuple(
        replace(one, figures={n: _judged(f, known.get((g, n))) for n, f in one.figures.items()})
        for g, one in enumerate(groups)
    )


def _judged(figure: Compared, chance: float | None) -> Compared:
    outside = figure.outside if chance is not None and chance < LEVEL else None
    return replace(figure, chance=chance, outside=outside)


def _relative(ours: float, rest: float) -> float:
    return ours / rest if rest > 0 else 1.0
