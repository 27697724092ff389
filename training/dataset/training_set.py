"""The training set of a day: features of mature monthly snapshots with their labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from risk.calendar.dates import HORIZON_DAYS
from risk.errors import WagewatchError
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.labels import (
    EventLog,
    dated_within,
    event_log,
    expected_labels,
    training_dates,
)
from training.metrics import event_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.shared_models import SharedPart


class NoProjectsKnown(WagewatchError):
    """No project is known before the day, so there is nothing to train on or to score."""

    code = "no_projects_known"


@dataclass(frozen=True)
class TrainingSet:
    """Features and labels of mature snapshots, as known at ``log.known_until``.

    ``target`` is 1 where an event falls within the horizon. ``expected`` is the probability of
    that given the open cases, see :func:`training.dataset.labels.expected_labels`; models are
    fitted and calibrated on it. ``events`` counts the events of the span.

    ``shared`` holds what other counties have learnt, by the digest of the file; ``use_shared`` is
    the one that the default model uses.
    """

    log: EventLog
    dates: tuple[dt.date, ...]
    matrix: Matrix
    target: NDArray[np.float64]
    expected: NDArray[np.float64]
    events: int
    shared: Mapping[str, tuple[SharedPart, ...]] = field(default_factory=dict)
    use_shared: str | None = None

    def starts(self) -> NDArray[np.bool_]:
        """The first row of each distinct event, see :func:`training.metrics.event_starts`."""
        return event_starts(self.matrix.project_ids, self.matrix.as_ofs, self.target)

    def where(self, mask: NDArray[np.bool_]) -> TrainingSet:
        """The rows where ``mask`` is true, with all dates and events."""
        return replace(
            self,
            matrix=self.matrix.where(mask),
            target=self.target[mask],
            expected=self.expected[mask],
        )


def build_training_set(
    store: RecordStore,
    as_of: dt.date,
    progress: Progress | None = None,
    cache_dir: Path | None = None,
) -> TrainingSet:
    """The training set from what was known strictly before ``as_of``.

    Features are read from and written to the feature cache in ``cache_dir``, if given.

    Raises:
        NoProjectsKnown: no project was known before ``as_of``.
    """
    require_projects(store, as_of)
    log = event_log(store, as_of)
    dates = training_dates(log) or [as_of]
    return training_set_from_matrix(log, cached_matrix(store, dates, cache_dir, progress))


def training_set_from_matrix(log: EventLog, matrix: Matrix) -> TrainingSet:
    """The training set of ``log`` over the rows of ``matrix``, which must hold all training dates.

    Without any training date the rows of the day itself are used, with labels of 0.
    """
    dates = tuple(training_dates(log))
    selected = np.array(dates or (log.known_until,), dtype="datetime64[D]")
    rows = np.isin(matrix.as_ofs, selected)
    features = matrix if rows.all() else matrix.where(rows)  # not copied if all rows are used
    if dates:
        expected = expected_labels(log, features.project_ids, features.as_ofs)
        target = training_labels(log, features.project_ids, features.as_ofs)
    else:
        expected = target = np.zeros(len(features.project_ids))
    return TrainingSet(log, dates, features, target, expected, events_within(log, dates))


def training_labels(
    log: EventLog, project_ids: Sequence[str], as_ofs: NDArray[np.datetime64]
) -> NDArray[np.float64]:
    """``target`` of :class:`TrainingSet`, one value per row."""
    return dated_within(log.days, project_ids, as_ofs).astype(np.float64)


def require_projects(store: RecordStore, as_of: dt.date) -> None:
    """Raise NoProjectsKnown if no project was known before ``as_of``."""
    if not store.rows("SELECT 1 FROM projects WHERE known_at < ? LIMIT 1", [as_of]):
        raise NoProjectsKnown(as_of=as_of)


def events_within(log: EventLog, dates: Sequence[dt.date]) -> int:
    """Number of events from the first of ``dates`` to the end of the horizon of the last."""
    if not dates:
        return 0
    first = np.datetime64(min(dates))
    last = np.datetime64(max(dates)) + HORIZON_DAYS
    return int(sum(((days >= first) & (days < last)).sum() for days in log.days.values()))
