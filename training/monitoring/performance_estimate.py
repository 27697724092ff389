"""Estimated performance before labels mature, and realised performance afterwards.

Before: if probabilities are calibrated, the precision of a list is the mean of its probabilities
and the expected number of events their sum (confidence-based performance estimation). This holds
only as long as the calibration does, so it is compared with the realised rates. After: the champion
on mature months later than its training.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.base import ScoringModel
from risk.calendar.dates import add_months
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, expected_labels
from training.evaluation.bootstrap import Estimate, bootstrap_weights, estimate, resampled_sums
from training.evaluation.few_events import FewEvents, few_events
from training.evaluation.predictions_join import details_at
from training.metrics import distinct_events, ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_MONTHS = 12


@dataclass(frozen=True)
class EstimatedPerformance:
    """Events expected in the cohort of the day, and precision expected on its list.

    ``places`` is the length of the list.
    """

    cohort: int
    events_expected: float
    places: int
    precision_expected: float


@dataclass(frozen=True)
class RealisedPerformance:
    """The champion on mature months after its training.

    ``ratio`` is mean probability over event rate; ``precision`` that of the list of each month,
    ``precision_expected`` the mean probability on these lists. Undecided cases count by their
    chance to be confirmed; ``events`` are the known ones, each once. ``few`` takes the place of the
    interval of ``ratio`` where they are too few for one.
    """

    months: tuple[dt.date, ...]
    events: int
    ratio: Estimate
    precision: Estimate
    precision_expected: float
    few: FewEvents | None = None


def estimate_performance(probability: NDArray[np.float64], capacity: int) -> EstimatedPerformance:
    """The performance expected from the ``probability`` of a cohort, listing ``capacity`` rows."""
    listed = np.sort(probability)[::-1][:capacity]
    mean = float(listed.mean()) if len(listed) else float("nan")
    return EstimatedPerformance(len(probability), float(probability.sum()), len(listed), mean)


def mature_months_since(trained_at: dt.date, log: EventLog) -> list[dt.date]:
    """The latest mature months from ``trained_at`` on, on its day of the month; at most 12."""
    days = (add_months(trained_at, ahead) for ahead in count())
    mature = takewhile(lambda day: day <= log.last_mature(), days)
    return list(deque(mature, maxlen=MAX_MONTHS))


def realised_performance(
    store: RecordStore,
    model: ScoringModel,
    trained_at: dt.date,
    log: EventLog,
    capacity: int,
    cache_dir: Path | None = None,
) -> RealisedPerformance | None:
    """The champion's performance since its training; None while no later month is mature."""
    months = mature_months_since(trained_at, log)
    if not months:
        return None
    matrix = cached_matrix(store, months, cache_dir)
    probability = model.calibration.probability(model.raw(matrix))
    labels = expected_labels(log, matrix.project_ids, matrix.as_ofs)
    return _evaluate(store, matrix, probability, labels, months, capacity)


def _evaluate(
    store: RecordStore,
    matrix: Matrix,
    probability: NDArray[np.float64],
    labels: NDArray[np.float64],
    months: Sequence[dt.date],
    capacity: int,
) -> RealisedPerformance:
    projects = details_at(store, months).projects
    keys = zip(matrix.as_ofs.astype(object), matrix.project_ids, strict=True)
    clusters = [str(projects[key][0]) for key in keys]
    weights = bootstrap_weights(clusters)
    listed = _listed(matrix, probability, capacity)
    known = np.floor(labels)
    events = distinct_events(matrix.project_ids, matrix.as_ofs, known)
    ratio = ratio_or_nan(resampled_sums(weights, probability), resampled_sums(weights, labels))
    precision = ratio_or_nan(
        resampled_sums(weights, listed * labels), resampled_sums(weights, listed)
    )
    expected = float((listed * probability).sum() / max(listed.sum(), 1))
    realised = estimate(ratio, events)
    return RealisedPerformance(
        tuple(months),
        events,
        realised,
        estimate(precision, distinct_events(matrix.project_ids, matrix.as_ofs, listed * known)),
        expected,
        few_events(probability, labels, clusters) if realised.too_few else None,
    )


def _listed(matrix: Matrix, probability: NDArray[np.float64], capacity: int) -> NDArray[np.float64]:
    """1 for the ``capacity`` most probable rows of each month, else 0."""
    listed = np.zeros(len(probability))
    for month in np.unique(matrix.as_ofs):
        rows = np.flatnonzero(matrix.as_ofs == month)
        listed[rows[np.argsort(-probability[rows], kind="stable")[:capacity]]] = 1.0
    return listed
