"""How good are the lists now? What can be said before their outcomes are known, and what after.

Before: a calibrated probability is also a statement about the list it makes. If probabilities mean
what they say, the list's precision is the mean of its probabilities, and the expected events are
their sum ("confidence-based performance estimation"). That is valid only as long as calibration
holds, so it is held against what came. After: the champion on months later than its training.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.base import ScoringModel
from risk.calendar.dates import add_months
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, happened
from training.evaluation.bootstrap import DRAWS, Estimate, cluster_weights, estimate
from training.evaluation.predictions_join import details_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_MONTHS = 12


@dataclass(frozen=True)
class Outlook:
    """What the probabilities say of the cohort of the day: expected events and precision."""

    cohort: int
    events_expected: float
    places: int
    precision_expected: float


@dataclass(frozen=True)
class SinceTraining:
    """The champion on months after its training whose events are known.

    ``ratio`` is mean probability over event rate; ``precision`` that of the first places of each
    month, ``precision_expected`` the mean probability there.
    """

    months: tuple[dt.date, ...]
    events: int
    ratio: Estimate
    precision: Estimate
    precision_expected: float


def outlook(probability: NDArray[np.float64], places: int) -> Outlook:
    """What ``probability`` of a cohort says of its list of ``places``."""
    first = np.sort(probability)[::-1][:places]
    mean = float(first.mean()) if len(first) else float("nan")
    return Outlook(len(probability), float(probability.sum()), len(first), mean)


def months_since(trained_at: dt.date, log: EventLog) -> list[dt.date]:
    """The latest months from ``trained_at`` on whose events are known, on its day of the month."""
    days = (add_months(trained_at, ahead) for ahead in range(240))
    mature = []
    for day in days:
        if day > log.last_mature():
            break
        mature.append(day)
    return mature[-MOST_MONTHS:]


def since_training(
    store: RecordStore,
    model: ScoringModel,
    trained_at: dt.date,
    log: EventLog,
    places: int,
    kept: Path | None = None,
) -> SinceTraining | None:
    """How the champion did since; None while no month after its training is mature."""
    months = months_since(trained_at, log)
    if not months:
        return None
    matrix = cached_matrix(store, months, kept)
    probability = model.calibration.probability(model.raw(matrix))
    return _judge(store, matrix, probability, happened(log, matrix), months, places)


def _judge(
    store: RecordStore,
    matrix: Matrix,
    probability: NDArray[np.float64],
    came: NDArray[np.float64],
    months: Sequence[dt.date],
    places: int,
) -> SinceTraining:
    whose = details_at(store, months).whose
    keys = zip(matrix.as_ofs.astype(object), matrix.project_ids, strict=True)
    clusters = [str(whose[key][0]) for key in keys]
    weights = np.vstack([np.ones((1, len(came))), cluster_weights(clusters, DRAWS)])
    listed = _first_of_each_month(matrix, probability, places)
    events = float(came.sum())
    ratio = _ratio(weights @ probability, weights @ came)
    precision = _ratio(weights @ (listed * came), weights @ listed)
    expected = float((listed * probability).sum() / max(listed.sum(), 1))
    return SinceTraining(
        tuple(months),
        int(events),
        estimate(float(ratio[0]), ratio[1:], events),
        estimate(float(precision[0]), precision[1:], float((listed * came).sum())),
        expected,
    )


def _first_of_each_month(
    matrix: Matrix, probability: NDArray[np.float64], places: int
) -> NDArray[np.float64]:
    listed = np.zeros(len(probability))
    for month in np.unique(matrix.as_ofs):
        rows = np.flatnonzero(matrix.as_ofs == month)
        listed[rows[np.argsort(-probability[rows], kind="stable")[:places]]] = 1.0
    return listed


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
