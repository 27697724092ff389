"""What can be learnt before a day: matured monthly snapshots and what came of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from risk.calendar.dates import HORIZON_DAYS
from risk.errors import WagewatchError
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, dated_within, event_log, training_dates

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_POSITIVES = 30
"""Fewer events than this and the scorecard scores instead."""

NEAR_EVENT_WEIGHT = 0.5
"""An event in the 90 days after the horizon counts half while fitting: trouble that surfaces a
little later was mostly there already. Measured on months before any reported date: ROC AUC
0.710 to 0.723. Calibration and every figure use the plain label."""


class NoProjectsKnown(WagewatchError):
    """Nothing is known before the day, so there is nothing to train on or to score."""

    code = "no_projects_known"


@dataclass(frozen=True)
class Lessons:
    """Matured snapshots and what came of them, as told at ``log.told_at``.

    ``target`` is 1 where an event fell within the horizon; ``soft`` is what boosters learn from
    (see :data:`NEAR_EVENT_WEIGHT`); ``events`` counts the events of the span.
    """

    log: EventLog
    dates: tuple[dt.date, ...]
    matrix: Matrix
    target: NDArray[np.float64]
    soft: NDArray[np.float64]
    events: int

    def enough(self) -> bool:
        """Whether there is enough to learn from; else the scorecard scores."""
        return min(self.events, int(self.target.sum())) >= MIN_POSITIVES


def lessons_at(
    store: RecordStore,
    as_of: dt.date,
    progress: Progress | None = None,
    kept: Path | None = None,
) -> Lessons:
    """What can be learnt from what was known strictly before ``as_of``.

    Features of months that were computed before are read from the folder ``kept``, if given.

    Raises:
        NoProjectsKnown: no project was known before ``as_of``.
    """
    require_projects(store, as_of)
    log = event_log(store, as_of)
    dates = training_dates(log) or [as_of]
    return lessons_from(log, cached_matrix(store, dates, kept, progress))


def lessons_from(log: EventLog, matrix: Matrix) -> Lessons:
    """The lessons of ``log`` over the rows of ``matrix``, which holds every training date.

    Without any training date the rows of the day itself remain, with nothing known of them.
    """
    dates = tuple(training_dates(log))
    wanted = np.array(dates or (log.told_at,), dtype="datetime64[D]")
    rows = np.isin(matrix.as_ofs, wanted)
    taught = matrix if rows.all() else matrix.where(rows)  # no copy of what is all wanted
    target, soft = labels_of(log, taught.project_ids, taught.as_ofs)
    if not dates:
        target = soft = np.zeros(len(taught.project_ids))
    return Lessons(log, dates, taught, target, soft, events_within(log, dates))


def labels_of(
    log: EventLog, project_ids: Sequence[str], as_ofs: NDArray[np.datetime64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per row whether an event fell within the horizon, and what boosters learn from.

    See ``target`` and ``soft`` of :class:`Lessons`.
    """
    target = dated_within(log.days, project_ids, as_ofs).astype(np.float64)
    near = dated_within(log.days, project_ids, as_ofs, HORIZON_DAYS, 2 * HORIZON_DAYS)
    return target, np.maximum(target, NEAR_EVENT_WEIGHT * near)


def require_projects(store: RecordStore, as_of: dt.date) -> None:
    """Raises NoProjectsKnown if no project was known before ``as_of``."""
    if not store.rows("SELECT 1 FROM projects WHERE known_at < ? LIMIT 1", [as_of]):
        raise NoProjectsKnown(as_of=as_of)


def events_within(log: EventLog, dates: Sequence[dt.date]) -> int:
    """How many events fall between the first of ``dates`` and the end of the last one's horizon."""
    if not dates:
        return 0
    first = np.datetime64(min(dates))
    last = np.datetime64(max(dates)) + HORIZON_DAYS
    return int(sum(((days >= first) & (days < last)).sum() for days in log.days.values()))
