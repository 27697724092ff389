"""Group fairness: selection rate, precision, recall and calibration by group.

Each group is compared with all other projects (the rest), since an average over all would contain
the group itself. The reference of each figure:

- selection rate: the rest's, in proportion to the observed event rates. A group that owes less
  often needs fewer places on the list; what matters is events per place.
- precision: the rest's.
- recall: the rest's, lowered in proportion to the observed event rate where that is lower. With a
  short list, events of a group that owes less often are found less often even with true
  probabilities (A. Chouldechova, "Fair prediction with disparate impact", 2017), so that alone is
  not unfair.
- calibration (mean probability minus observed rate): the rest's ratio of the two.

A figure is outside if chance alone hardly explains its distance from the reference. Counts are
compared by exact tests of two shares (R. A. Fisher, 1935) and of two rates (J. Przyborowski and
H. Wilenski, 1940), after division by the design effect, since the projects of one contractor and
the months of one project are not independent (J. Rao, A. Scott, "A simple method for the analysis
of clustered binary data", 1992). The p-values are corrected for all comparisons made (S. Holm,
1979). Exact tests are used because a bootstrap interval of a count of zero has no width. Groups
with fewer than 10 distinct events are not tested.

All rates rest on known events: a group that is never inspected has no known events and looks fair.
Random visits measure that (:mod:`training.evaluation.selective_labels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from training.evaluation.bootstrap import MIN_EVENTS_FOR_INTERVAL, SEED, Estimate, estimate
from training.evaluation.group_counts import (
    GroupCounts,
    canonical_order,
    group_metrics,
    listed_share,
)
from training.evaluation.groups import Bounds, Membership, memberships
from training.evaluation.hypothesis_tests import RateSample, holm_correction, p_value
from training.evaluation.predictions import MODEL, Predictions
from training.json_safe import to_json_safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIGURES = ("selection_rate", "precision", "recall", "calibration")
LEVEL = 0.05
"""Probability of any false alarm at all where all groups are treated alike, at most."""

Side = Literal["low", "high"]


@dataclass(frozen=True)
class GroupFigure:
    """A figure of a group, the rest's figure, and the reference ``fair`` (see the module).

    ``chance`` is the corrected p-value, None if there are too few events. ``outside`` is the side
    on which a figure outside is.
    """

    value: Estimate
    rest: float
    fair: float
    chance: float | None
    outside: Side | None


@dataclass(frozen=True)
class Group:
    """One group. ``value`` is None for unknown; ``bounds`` are in fen, for sizes only.

    ``events`` counts distinct ones. ``figures`` has one entry per name in :data:`FIGURES`;
    ``ratio`` is mean probability over observed rate. Rates are shares of project-months.
    """

    attribute: str
    value: str | None
    bounds: Bounds | None
    rows: int
    events: int
    observed_rate: Estimate
    ratio: Estimate
    figures: Mapping[str, GroupFigure]


@dataclass(frozen=True)
class Fairness:
    """All groups of one contender; ``comparisons`` is the number of tests corrected for."""

    contender: str
    places_per_month: int
    level: float
    comparisons: int
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class UnfairFigure:
    """A figure that stops the gate: the value found and the lowest fair one."""

    attribute: str
    value: str | None
    figure: str
    found: float
    fair: float
    chance: float
    events: int


def fairness(
    predictions: Predictions, places_per_month: int, contender: str = MODEL, seed: int = SEED
) -> Fairness:
    """All figures of every group with 95 % intervals, and which are outside.

    The list of a month holds the first ``places_per_month`` rows by score; ties share places. The
    order of the rows does not matter.
    """
    ordered = canonical_order(predictions)
    listed = listed_share(ordered, contender, places_per_month)
    counts = GroupCounts(ordered, listed, contender, seed)
    groups = _corrected(tuple(_group(counts, member) for member in memberships(ordered)))
    comparisons = sum(
        figure.chance is not None for group in groups for figure in group.figures.values()
    )
    return Fairness(contender, places_per_month, LEVEL, comparisons, groups)


def unfair_figures(report: Fairness) -> tuple[UnfairFigure, ...]:
    """The figures that stop the gate: groups that are warned too little.

    These are a recall outside on the low side, and a calibration outside on the low side whose
    probabilities are also below the observed rate. Too many warnings cost visits, too few cost
    wages; a low selection rate or precision harms nobody where these two are in order.
    """
    return tuple(
        UnfairFigure(
            group.attribute,
            group.value,
            name,
            figure.value.value,
            figure.fair,
            figure.chance or 0.0,
            group.events,
        )
        for group in report.groups
        for name, figure in group.figures.items()
        if figure.outside == "low"
        and (name == "recall" or (name == "calibration" and figure.value.value < 0))
    )


def as_document(report: Fairness) -> dict[str, Any]:
    """The report as JSON-safe values; a figure that does not exist is None."""
    document: dict[str, Any] = to_json_safe(asdict(report))
    return document


def _group(counts: GroupCounts, member: Membership) -> Group:
    ours, rest = counts.sums(member.rows), counts.sums(~member.rows)
    metrics, rest_metrics = group_metrics(ours), group_metrics(rest)
    relative_rate = _relative(metrics["observed_rate"][0], rest_metrics["observed_rate"][0])
    fair = _references(metrics, rest_metrics, relative_rate)
    events = counts.events(member.rows)
    estimates = {name: estimate(values, events) for name, values in metrics.items()}
    tests = _tests(counts, member, relative_rate)
    return Group(
        member.attribute,
        member.value,
        member.bounds,
        int(ours[0, 0]),
        events,
        estimates["observed_rate"],
        estimates["ratio"],
        {
            name: GroupFigure(
                estimates[name], float(rest_metrics[name][0]), fair[name], *tests[name]
            )
            for name in FIGURES
        },
    )


def _references(
    ours: Mapping[str, NDArray[np.float64]],
    rest: Mapping[str, NDArray[np.float64]],
    relative_rate: float,
) -> dict[str, float]:
    """The reference of each figure of a group."""
    return {
        "selection_rate": float(rest["selection_rate"][0]) * relative_rate,
        "precision": float(rest["precision"][0]),
        "recall": float(rest["recall"][0]) * min(1.0, relative_rate),
        "calibration": float(ours["known_rate"][0] * (rest["ratio"][0] - 1)),
    }


def _tests(
    counts: GroupCounts, member: Membership, relative_rate: float
) -> dict[str, tuple[float | None, Side | None]]:
    """Per figure the uncorrected p-value, and the side on which the group is."""
    _, listed, hits, events, _, probability, known_events = counts.columns.T
    enough, enough_known = (
        min(count(member.rows), count(~member.rows)) >= MIN_EVENTS_FOR_INTERVAL
        for count in (counts.events, counts.known_events)
    )

    def rate(
        count: NDArray[np.float64], exposure: NDArray[np.float64], enough_events: bool
    ) -> RateSample:
        return RateSample(count, exposure, member.rows, counts.cluster, enough_events)

    def share(count: NDArray[np.float64], exposure: NDArray[np.float64]) -> RateSample:
        return RateSample(count, exposure, member.rows, counts.cluster, enough, bounded=True)

    # More events per place, or per unit of probability, mean too few places, too low a probability.
    return {
        "selection_rate": _flipped(p_value(rate(events, listed, enough))),
        "precision": p_value(share(hits, listed)),
        "recall": p_value(share(hits, events), min(1.0, relative_rate), max(1.0, relative_rate)),
        "calibration": _flipped(p_value(rate(known_events, probability, enough_known))),
    }


def _flipped(test: tuple[float | None, Side | None]) -> tuple[float | None, Side | None]:
    chance, side = test
    flipped: dict[Side | None, Side | None] = {"low": "high", "high": "low", None: None}
    return chance, flipped[side]


def _corrected(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups with p-values corrected for all comparisons, and sides only where outside."""
    chances = {
        (number, name): figure.chance
        for number, group in enumerate(groups)
        for name, figure in group.figures.items()
        if figure.chance is not None
    }
    corrected = dict(zip(chances, holm_correction(list(chances.values())), strict=True))
    return tuple(
        replace(
            group,
            figures={
                name: _with_chance(figure, corrected.get((number, name)))
                for name, figure in group.figures.items()
            },
        )
        for number, group in enumerate(groups)
    )


def _with_chance(figure: GroupFigure, chance: float | None) -> GroupFigure:
    outside = figure.outside if chance is not None and chance < LEVEL else None
    return replace(figure, chance=chance, outside=outside)


def _relative(ours: np.float64, rest: np.float64) -> float:
    return float(ours / rest) if rest > 0 else 1.0
