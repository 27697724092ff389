"""What can be said where labels exist only where somebody looked or complained.

A list is full of labels where it was visited and empty elsewhere, so what was found on it says
little about the rest. Random visits do: each stands for as many projects as its chance of being
drawn says (D. Horvitz, D. Thompson, 1952; in the ratio form of J. Hájek, 1971). Nothing here counts
"nobody looked" as "nothing owed".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import HORIZON_DAYS, add_months
from training.dataset.labels import EventLog
from training.dataset.observation import Looks, outcomes
from training.evaluation.bootstrap import DRAWS, Estimate, Weights, cluster_weights, estimate
from training.evaluation.group_counts import selected
from training.evaluation.predictions import Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANDOM = "random"


@dataclass(frozen=True)
class Listed:
    """An entry of a list of the past.

    ``selection`` is risk, random or must; ``draw_probability`` the chance a random entry had;
    ``cluster`` its contractor.
    """

    as_of: dt.date
    project_id: str
    cluster: str
    selection: str
    draw_probability: float | None
    probability: float


@dataclass(frozen=True)
class ListedOutcome:
    """What came of an entry: 1 an event, 0 a look that found none, None where nobody looked."""

    entry: Listed
    outcome: float | None


@dataclass(frozen=True)
class Realised:
    """What lists of the past came to.

    ``said`` is the mean probability of all entries chosen for their risk, ``precision`` is over the
    labelled ones; ``at_least`` counts the
    unlabelled ones as nothing owed, ``at_most`` as owed. ``elsewhere`` is the rate of arrears among
    projects not listed for their risk, from random entries by their draw probabilities.
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


def outcomes_of(listed: Sequence[Listed], log: EventLog, looked: Looks) -> list[ListedOutcome]:
    """What came of each entry, as told by ``log`` and ``looked``."""
    as_ofs = np.array([one.as_of for one in listed], dtype="datetime64[D]")
    found = outcomes(log, looked, [one.project_id for one in listed], as_ofs)
    return [
        ListedOutcome(one, None if np.isnan(outcome) else float(outcome))
        for one, outcome in zip(listed, found, strict=True)
    ]


def realised(listed: Sequence[ListedOutcome], seed: int = 0) -> Realised:
    """What the lists of ``listed`` came to."""
    chosen = [one for one in listed if one.entry.selection != RANDOM]
    known = [one for one in chosen if one.outcome is not None]
    events = sum(one.outcome or 0.0 for one in known)
    drawn = [one for one in listed if one.entry.selection == RANDOM and one.entry.draw_probability]
    seen = [one for one in drawn if one.outcome is not None]
    inverse = [1 / (one.entry.draw_probability or 1.0) for one in seen]
    return Realised(
        entries=len(chosen),
        labelled=len(known),
        events=int(events),
        said=_part(sum(one.entry.probability for one in chosen), len(chosen)),
        precision=_weighted_rate(known, [1.0] * len(known), seed),
        at_least=_part(events, len(chosen)),
        at_most=_part(events + len(chosen) - len(known), len(chosen)),
        random_entries=len(drawn),
        random_labelled=len(seen),
        elsewhere=_weighted_rate(seen, inverse, seed),
    )


@dataclass(frozen=True)
class RandomVisits:
    """What random visits say of a walk: rates that do not depend on where one chose to look.

    ``known_rate`` is the rate of known events in the whole cohort, ``base_rate`` that among the
    projects drawn and visited; where more is found among them than is known, the difference is what
    goes unseen. ``precision`` and ``elsewhere`` are the rates on the list and off it. Records do
    not keep the chance of each draw, so an even draw from the cohort of the month is assumed.
    """

    visits: int
    known_rate: Estimate
    base_rate: Estimate
    precision: Estimate
    elsewhere: Estimate


def random_visits(
    judged: Judged, looked: Looks, contender: str, places: int, weights: Weights
) -> RandomVisits:
    """The rates among projects visited at random in the month after each as_of.

    ``weights`` are resamples as :func:`training.evaluation.report.resamples` makes them.
    """
    drawn, inverse = _drawn(judged, looked)
    listed = selected(judged, contender, places)
    counted = drawn * inverse
    return RandomVisits(
        visits=int(drawn.sum()),
        known_rate=_rate(judged.happened, np.ones_like(drawn), weights),
        base_rate=_rate(judged.happened, counted, weights),
        precision=_rate(judged.happened, counted * listed, weights),
        elsewhere=_rate(judged.happened, counted * (1 - listed), weights),
    )


def _drawn(judged: Judged, looked: Looks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which rows were drawn in their month, and the inverse of the even chance of it."""
    days = looked.random_days()
    drawn = np.zeros(len(judged.project_ids))
    inverse = np.ones(len(judged.project_ids))
    for month in judged.months():
        rows = np.flatnonzero(judged.as_ofs == np.datetime64(month))
        length = min((add_months(month, 1) - month).days, HORIZON_DAYS)
        start = np.datetime64(month)
        for row in rows:
            on = days.get(judged.project_ids[row])
            if on is not None:
                first, stop = np.searchsorted(on, [start, start + length])
                drawn[row] = float(stop > first)
        if drawn[rows].any():
            inverse[rows] = len(rows) / drawn[rows].sum()
    return drawn, inverse


def _rate(
    happened: NDArray[np.float64], counted: NDArray[np.float64], weights: Weights
) -> Estimate:
    whole = weights @ counted
    part = weights @ (counted * happened)
    rates = np.full(len(whole), np.nan)
    np.divide(part, whole, out=rates, where=whole > 0)
    positives = float(happened[counted > 0].sum())
    return estimate(float(rates[0]), rates[1:], positives)


def _weighted_rate(
    listed: Sequence[ListedOutcome], counted: Sequence[float], seed: int
) -> Estimate:
    if not listed:
        return Estimate(float("nan"), None, None, 0)
    happened = np.array([one.outcome or 0.0 for one in listed])
    drawn = cluster_weights([one.entry.cluster for one in listed], DRAWS, seed)
    weights = np.vstack([np.ones((1, len(listed))), drawn])
    return _rate(happened, np.array(counted), weights)


def _part(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")
