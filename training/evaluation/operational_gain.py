"""What a list would have brought, in officials' units, with as many visits as were really made.

Every month each way of choosing gets as many distinct projects of the cohort as were visited in
that month; its visits are spread evenly over the month in its order, the real ones keep their days.
An event is reached when a project is visited in a month within whose horizon the event falls; it is
reached early by the days between visit and event. Events are counted once, however many horizons
they fall into. What was known of arrears stays as it was: that a visit prevents any is not claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import HORIZON_DAYS, add_months
from training.dataset.labels import EventLog
from training.dataset.observation import Visit
from training.evaluation.baselines import RULES
from training.evaluation.bootstrap import DRAWS, Estimate, cluster_weights, estimate
from training.evaluation.predictions import MODEL, Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

MADE = "made"
"""The visits as they were really made."""

WAYS = (MODEL, RULES, MADE)
_FOUND = ("events", "workers", "amount", "days_early", "weeks_early")
_VISITED = ("visits", "nothing_owed", "nobody_looked")
COUNTS = (*_FOUND, *_VISITED)
FIGURES = (*COUNTS, "mean_days_early")
"""``events`` reached, ``workers`` and ``amount`` (fen) that hang on them, the sum of
``days_early``, the events reached 7 days early or more (``weeks_early``); ``visits``, of which
``nothing_owed`` were looked into and nothing came of it, and ``nobody_looked`` at the others;
``mean_days_early`` is over all events, 0 for those not reached."""

_EARLY_DAYS = 7


@dataclass(frozen=True)
class Gain:
    """The figures of each way of choosing, and the model's minus those of the others.

    ``known_stakes`` is the share of the events whose workers and amount are known at all.
    """

    events: int
    known_stakes: float
    ways: Mapping[str, Mapping[str, Estimate]]
    ahead: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True)
class _Events:
    """The events of a walk: their day, the rows whose horizon they fall into, their cluster."""

    day: NDArray[np.datetime64]
    cluster: NDArray[np.int64]
    workers: NDArray[np.float64]
    amount: NDArray[np.float64]
    rows: tuple[NDArray[np.int64], ...]


def gain(judged: Judged, log: EventLog, visits: Sequence[Visit], seed: int = 0) -> Gain:
    """The gain of the model over the visits really made and over the rules."""
    names, cluster = np.unique(np.array(judged.clusters, dtype=str), return_inverse=True)
    made = _days_visited(judged, visits)
    events = _events(judged, log, cluster)
    drawn = cluster_weights(names.tolist(), DRAWS, seed)
    weights = np.vstack([np.ones((1, len(names))), drawn])
    totals = {
        way: _totals(judged, events, cluster, _plan(judged, way, made, seed), weights)
        for way in WAYS
    }
    found = totals[MODEL][0][0]
    return Gain(
        events=len(events.day),
        known_stakes=float(np.mean(~np.isnan(events.workers + events.amount)))
        if len(events.day)
        else float("nan"),
        ways={way: _estimates(all_, found) for way, all_ in totals.items()},
        ahead={
            way: _estimates(totals[MODEL] - totals[way], len(events.day))
            for way in WAYS
            if way != MODEL
        },
    )


def _days_visited(judged: Judged, visits: Sequence[Visit]) -> NDArray[np.datetime64]:
    """Per row the day it was first visited in its month; NaT where it was not."""
    out = np.full(len(judged.project_ids), np.datetime64("NaT"), dtype="datetime64[D]")
    by_project: dict[str, list[np.datetime64]] = {}
    for visit in visits:
        by_project.setdefault(visit.project_id, []).append(np.datetime64(visit.on))
    for month in judged.months():
        first, stop = np.datetime64(month), np.datetime64(add_months(month, 1))
        for row in np.flatnonzero(judged.as_ofs == first):
            days = by_project.get(judged.project_ids[row], [])
            out[row] = min((day for day in days if first <= day < stop), default=out[row])
    return out


def _events(judged: Judged, log: EventLog, cluster: NDArray[np.int64]) -> _Events:
    rows: dict[tuple[str, np.datetime64], list[int]] = {}
    for row in np.flatnonzero(judged.happened > 0.5):
        days = log.days[judged.project_ids[row]]
        start = judged.as_ofs[row]
        first, stop = np.searchsorted(days, [start, start + HORIZON_DAYS])
        for day in days[first:stop]:
            rows.setdefault((judged.project_ids[row], day), []).append(int(row))
    ordered = [(day, rows[name, day]) for name, day in sorted(rows)]
    last = np.array([found[-1] for _, found in ordered], dtype=np.int64)
    return _Events(
        day=np.array([day for day, _ in ordered], dtype="datetime64[D]"),
        cluster=cluster[last],
        workers=judged.workers[last],
        amount=judged.amount[last],
        rows=tuple(np.array(found, dtype=np.int64) for _, found in ordered),
    )


def _plan(
    judged: Judged, way: str, made: NDArray[np.datetime64], seed: int
) -> NDArray[np.datetime64]:
    """Per row the day on which it would be visited; NaT where it would not."""
    if way == MADE:
        return made
    out = np.full_like(made, np.datetime64("NaT"))
    random = np.random.default_rng(seed)
    for month in judged.months():
        rows = np.flatnonzero(judged.as_ofs == np.datetime64(month))
        places = int((~np.isnat(made[rows])).sum())
        order = np.lexsort((random.random(len(rows)), -judged.scores[way][rows]))[:places]
        length = (add_months(month, 1) - month).days
        steps = ((np.arange(places) + 0.5) * length / max(places, 1)).astype(np.int64)
        out[rows[order]] = np.datetime64(month) + steps
    return out


def _totals(
    judged: Judged,
    events: _Events,
    cluster: NDArray[np.int64],
    plan: NDArray[np.datetime64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The figures for every row of ``weights``, shape (1 + draws, len(FIGURES))."""
    clusters = weights.shape[1]
    early = _days_early(events, plan)
    reached = ~np.isnan(early)
    per_event = np.column_stack(
        [
            reached,
            reached * np.nan_to_num(events.workers),
            reached * np.nan_to_num(events.amount),
            np.nan_to_num(early),
            np.nan_to_num(early) >= _EARLY_DAYS,
            np.ones_like(early),
        ]
    ).astype(np.float64)
    visited = ~np.isnat(plan)
    per_visit = np.column_stack(
        [visited, visited & (judged.outcome == 0), visited & np.isnan(judged.outcome)]
    ).astype(np.float64)
    by_event = np.zeros((clusters, per_event.shape[1]))
    np.add.at(by_event, events.cluster, per_event)
    by_visit = np.zeros((clusters, per_visit.shape[1]))
    np.add.at(by_visit, cluster, per_visit)
    found = weights @ by_event
    mean = found[:, 3:4] / np.maximum(found[:, 5:6], 1.0)
    return np.hstack([found[:, :5], weights @ by_visit, mean])


def _days_early(events: _Events, plan: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Days between the earliest visit and the event, 0 if it came first; NaN if not reached."""
    out = np.full(len(events.day), np.nan)
    for number, rows in enumerate(events.rows):
        days = plan[rows]
        days = days[~np.isnat(days)]
        if len(days):
            out[number] = max(float((events.day[number] - days.min()).astype(int)), 0.0)
    return out


def _estimates(all_: NDArray[np.float64], positives: float) -> dict[str, Estimate]:
    return {
        name: estimate(float(all_[0, place]), all_[1:, place], positives)
        for place, name in enumerate(FIGURES)
    }
