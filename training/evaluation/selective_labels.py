"""Evaluation where labels exist only for projects that were inspected or complained about.

Entries of a list are visited and so have labels, other projects mostly have none, so the events
found on a list say little about the rest. Random visits do: each represents as many projects as the
inverse of its probability of being drawn (D. Horvitz, D. Thompson, 1952; in the ratio form of
J. Hájek, 1971). An unobserved project is never counted as one without arrears.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import HORIZON_DAYS, add_months
from training.dataset.labels import EventLog
from training.dataset.observation import Observations, observed_labels
from training.evaluation.bootstrap import SEED, Estimate, Weights, bootstrap_weights, estimate
from training.evaluation.few_events import FewEvents, few_events
from training.evaluation.group_counts import listed_share
from training.evaluation.predictions import Predictions
from training.metrics import distinct_events, ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANDOM = "random"


@dataclass(frozen=True)
class ListedEntry:
    """An entry of a published list.

    ``selection`` is risk, random or must; ``draw_probability`` the probability with which a random
    entry was drawn; ``cluster`` its contractor.
    """

    as_of: dt.date
    project_id: str
    cluster: str
    selection: str
    draw_probability: float | None
    probability: float


@dataclass(frozen=True)
class LabelledEntry:
    """An entry with its label: 1 an event, 0 observed without one, None not observed."""

    entry: ListedEntry
    label: float | None


@dataclass(frozen=True)
class ListPerformance:
    """Performance of published lists.

    ``entries`` are those not drawn at random, ``said`` is their mean probability. ``precision`` is
    over the labelled ones of them, ``said_of_labelled`` their mean probability, which it is
    compared with; ``few`` takes the place of its interval where the events are too few for one.
    ``at_least`` counts the unlabelled ones as without arrears, ``at_most`` as with arrears.
    ``elsewhere`` is the rate of arrears among projects not listed otherwise, from random entries
    weighted by their draw probabilities.
    """

    entries: int
    labelled: int
    events: int
    said: float
    precision: Estimate
    at_least: float
    at_most: float
    random_entries: int
    random_labelled: int
    elsewhere: Estimate
    said_of_labelled: float
    few: FewEvents | None = None


def label_entries(
    listed: Sequence[ListedEntry], log: EventLog, observations: Observations
) -> list[LabelledEntry]:
    """The entries with their labels according to ``log`` and ``observations``."""
    as_ofs = np.array([entry.as_of for entry in listed], dtype="datetime64[D]")
    labels = observed_labels(log, observations, [entry.project_id for entry in listed], as_ofs)
    return [
        LabelledEntry(entry, None if np.isnan(label) else float(label))
        for entry, label in zip(listed, labels, strict=True)
    ]


def list_performance(listed: Sequence[LabelledEntry], seed: int = SEED) -> ListPerformance:
    """The performance of the lists with the entries ``listed``."""
    by_risk = [one for one in listed if one.entry.selection != RANDOM]
    labelled = [one for one in by_risk if one.label is not None]
    events = sum(one.label or 0.0 for one in labelled)
    drawn = [one for one in listed if one.entry.selection == RANDOM and one.entry.draw_probability]
    drawn_labelled = [one for one in drawn if one.label is not None]
    inverse = [1 / (one.entry.draw_probability or 1.0) for one in drawn_labelled]
    precision = _weighted_rate(labelled, [1.0] * len(labelled), seed)
    return ListPerformance(
        entries=len(by_risk),
        labelled=len(labelled),
        events=int(events),
        said=_share(sum(one.entry.probability for one in by_risk), len(by_risk)),
        precision=precision,
        at_least=_share(events, len(by_risk)),
        at_most=_share(events + len(by_risk) - len(labelled), len(by_risk)),
        random_entries=len(drawn),
        random_labelled=len(drawn_labelled),
        elsewhere=_weighted_rate(drawn_labelled, inverse, seed),
        said_of_labelled=_share(sum(one.entry.probability for one in labelled), len(labelled)),
        few=_few(labelled) if labelled and precision.too_few else None,
    )


@dataclass(frozen=True)
class RandomVisits:
    """Rates from random visits during a walk; they do not depend on who was chosen for a visit.

    ``known_rate`` is the rate of known events in the whole cohort, ``base_rate`` the rate among
    projects drawn and visited; the excess of the latter is what goes undetected. ``precision`` and
    ``elsewhere`` are the rates on the list and off it. Records do not hold the probability of each
    draw, so an even draw from the cohort of the month is assumed. ``visits`` leaves out projects
    whose outcome is unknown because a case is still open.
    """

    visits: int
    known_rate: Estimate
    base_rate: Estimate
    precision: Estimate
    elsewhere: Estimate


def random_visits(
    predictions: Predictions,
    observations: Observations,
    contender: str,
    capacity: int,
    weights: Weights,
) -> RandomVisits:
    """The rates among projects visited at random in the month after each as_of.

    ``weights`` as made by :func:`training.evaluation.bootstrap.bootstrap_weights`.
    """
    drawn, inverse = _drawn(predictions, observations)
    listed = listed_share(predictions, contender, capacity)
    exposure = drawn * inverse
    return RandomVisits(
        visits=int(drawn.sum()),
        known_rate=_rate(predictions, np.ones_like(drawn), weights),
        base_rate=_rate(predictions, exposure, weights),
        precision=_rate(predictions, exposure * listed, weights),
        elsewhere=_rate(predictions, exposure * (1 - listed), weights),
    )


def _drawn(
    predictions: Predictions, observations: Observations
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which rows were drawn in their month, and the inverse of the even draw probability.

    Rows without a label count as not drawn.
    """
    days = observations.random_inspection_days()
    drawn = np.zeros(len(predictions.project_ids))
    inverse = np.ones(len(predictions.project_ids))
    for month in predictions.months():
        rows = np.flatnonzero(predictions.as_ofs == np.datetime64(month))
        length = min((add_months(month, 1) - month).days, HORIZON_DAYS)
        start = np.datetime64(month)
        for row in rows:
            inspected = days.get(predictions.project_ids[row])
            if inspected is not None:
                first, stop = np.searchsorted(inspected, [start, start + length])
                drawn[row] = float(stop > first and not np.isnan(predictions.observed[row]))
        if drawn[rows].any():
            inverse[rows] = len(rows) / drawn[rows].sum()
    return drawn, inverse


def _rate(predictions: Predictions, exposure: NDArray[np.float64], weights: Weights) -> Estimate:
    rates = ratio_or_nan(weights @ (exposure * predictions.labels), weights @ exposure)
    return estimate(rates, predictions.events_of(exposure > 0))


def _weighted_rate(
    listed: Sequence[LabelledEntry], exposure: Sequence[float], seed: int
) -> Estimate:
    if not listed:
        return Estimate(float("nan"), None, None, 0)
    labels = np.array([one.label or 0.0 for one in listed])
    weights = bootstrap_weights([one.entry.cluster for one in listed], seed=seed)
    counted = np.array(exposure)
    rates = ratio_or_nan(weights @ (counted * labels), weights @ counted)
    as_ofs = np.array([one.entry.as_of for one in listed], dtype="datetime64[D]")
    events = distinct_events([one.entry.project_id for one in listed], as_ofs, labels)
    return estimate(rates, events)


def _few(labelled: Sequence[LabelledEntry]) -> FewEvents:
    return few_events(
        np.array([one.entry.probability for one in labelled]),
        np.array([one.label or 0.0 for one in labelled]),
        [one.entry.cluster for one in labelled],
    )


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")
