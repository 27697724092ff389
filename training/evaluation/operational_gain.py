"""What each ranking would have found with as many visits as were really made.

Every month each ranking gets as many distinct projects of the cohort as were visited in that month;
its visits are spread evenly over the month in its order, the real visits keep their days. An event
is reached if the project is visited in a month within whose horizon the event falls, and reached
early by the days between visit and event. An event counts once, however many horizons it falls
into. Known arrears are taken as given: it is not claimed that a visit prevents any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import HORIZON_DAYS, add_months
from training.dataset.labels import EventLog
from training.dataset.observation import Inspection
from training.evaluation.baselines import RULES
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights, estimate
from training.evaluation.predictions import MODEL, Predictions
from training.metrics import ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MADE = "made"
"""The visits as they were really made."""

WAYS = (MODEL, RULES, MADE)
_BY_EVENT = ("events", "workers", "amount", "days_early", "weeks_early")
_BY_VISIT = ("visits", "nothing_owed", "nobody_looked")
COUNTS = (*_BY_EVENT, *_BY_VISIT)
FIGURES = (*COUNTS, "mean_days_early")
"""``events`` reached, their ``workers`` and ``amount`` (fen), the sum of ``days_early``, the events
reached at least 7 days early (``weeks_early``); ``visits``, of which ``nothing_owed`` were observed
without an event and ``nobody_looked`` were not observed; ``mean_days_early`` over all events, 0 for
those not reached; unknown without any."""

_EARLY_DAYS = 7


@dataclass(frozen=True)
class Gain:
    """The figures of each way of choosing visits, and the model's minus those of the others.

    ``known_stakes`` is the share of events whose workers and amount are known.
    """

    events: int
    known_stakes: float
    ways: Mapping[str, Mapping[str, Estimate]]
    ahead: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True)
class _Events:
    """The events of a walk: day, cluster, stakes, and the rows whose horizon they fall into."""

    day: NDArray[np.datetime64]
    cluster: NDArray[np.int64]
    workers: NDArray[np.float64]
    amount: NDArray[np.float64]
    rows: tuple[NDArray[np.int64], ...]


def gain(
    predictions: Predictions,
    log: EventLog,
    inspections: Sequence[Inspection],
    seed: int = SEED,
    own_rules: Sequence[str] = (),
) -> Gain:
    """The gain of the model over the visits really made, the rules, and ``own_rules``."""
    ways = (*WAYS, *own_rules)
    names, cluster = np.unique(np.array(predictions.clusters, dtype=str), return_inverse=True)
    made = _inspected_on(predictions, inspections)
    events = _events(predictions, log, cluster)
    weights = bootstrap_weights(names.tolist(), seed=seed).astype(np.float64)
    totals = {
        way: _totals(
            predictions, events, cluster, _visit_plan(predictions, way, made, seed), weights
        )
        for way in ways
    }
    return Gain(
        events=len(events.day),
        known_stakes=float(np.mean(~np.isnan(events.workers + events.amount)))
        if len(events.day)
        else float("nan"),
        ways={way: _estimates(values, values[0, 0]) for way, values in totals.items()},
        ahead={
            way: _estimates(totals[MODEL] - totals[way], len(events.day))
            for way in ways
            if way != MODEL
        },
    )


def _inspected_on(
    predictions: Predictions, inspections: Sequence[Inspection]
) -> NDArray[np.datetime64]:
    """Per row the day of the first inspection in its month; NaT without one."""
    out = np.full(len(predictions.project_ids), np.datetime64("NaT"), dtype="datetime64[D]")
    by_project: dict[str, list[np.datetime64]] = {}
    for inspection in inspections:
        by_project.setdefault(inspection.project_id, []).append(np.datetime64(inspection.on))
    for month in predictions.months():
        first, stop = np.datetime64(month), np.datetime64(add_months(month, 1))
        for row in np.flatnonzero(predictions.as_ofs == first):
            days = by_project.get(predictions.project_ids[row], [])
            out[row] = min((day for day in days if first <= day < stop), default=out[row])
    return out


def _events(predictions: Predictions, log: EventLog, cluster: NDArray[np.int64]) -> _Events:
    rows: dict[tuple[str, np.datetime64], list[int]] = {}
    for row in np.flatnonzero(predictions.labels > 0.5):
        days = log.days[predictions.project_ids[row]]
        start = predictions.as_ofs[row]
        first, stop = np.searchsorted(days, [start, start + HORIZON_DAYS])
        for day in days[first:stop]:
            rows.setdefault((predictions.project_ids[row], day), []).append(int(row))
    ordered = [(day, rows[name, day]) for name, day in sorted(rows)]
    last = np.array([event_rows[-1] for _, event_rows in ordered], dtype=np.int64)
    return _Events(
        day=np.array([day for day, _ in ordered], dtype="datetime64[D]"),
        cluster=cluster[last],
        workers=predictions.workers[last],
        amount=predictions.amount[last],
        rows=tuple(np.array(event_rows, dtype=np.int64) for _, event_rows in ordered),
    )


def _visit_plan(
    predictions: Predictions, way: str, made: NDArray[np.datetime64], seed: int
) -> NDArray[np.datetime64]:
    """Per row the day on which it would be visited; NaT if it would not be."""
    if way == MADE:
        return made
    out = np.full_like(made, np.datetime64("NaT"))
    random = np.random.default_rng(seed)
    for month in predictions.months():
        rows = np.flatnonzero(predictions.as_ofs == np.datetime64(month))
        visits = int((~np.isnat(made[rows])).sum())
        order = np.lexsort((random.random(len(rows)), -predictions.scores[way][rows]))[:visits]
        length = (add_months(month, 1) - month).days
        steps = ((np.arange(visits) + 0.5) * length / max(visits, 1)).astype(np.int64)
        out[rows[order]] = np.datetime64(month) + steps
    return out


def _totals(
    predictions: Predictions,
    events: _Events,
    cluster: NDArray[np.int64],
    plan: NDArray[np.datetime64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The figures for every row of ``weights``, shape (1 + resamples, len(FIGURES))."""
    n_clusters = weights.shape[1]
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
        [
            visited,
            visited & (predictions.observed == 0),
            visited & np.isnan(predictions.observed),
        ]
    ).astype(np.float64)
    by_event = np.zeros((n_clusters, per_event.shape[1]))
    np.add.at(by_event, events.cluster, per_event)
    by_visit = np.zeros((n_clusters, per_visit.shape[1]))
    np.add.at(by_visit, cluster, per_visit)
    sums = weights @ by_event
    mean = ratio_or_nan(sums[:, 3], sums[:, 5])
    return np.column_stack([sums[:, :5], weights @ by_visit, mean])


def _days_early(events: _Events, plan: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Days from the earliest visit to the event, 0 if the event came first; NaN if not reached."""
    out = np.full(len(events.day), np.nan)
    for number, rows in enumerate(events.rows):
        days = plan[rows]
        days = days[~np.isnat(days)]
        if len(days):
            out[number] = max(float((events.day[number] - days.min()).astype(int)), 0.0)
    return out


def _estimates(values: NDArray[np.float64], positives: float) -> dict[str, Estimate]:
    return {name: estimate(values[:, index], positives) for index, name in enumerate(FIGURES)}
