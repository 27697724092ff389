"""The walk-forward loop of a backtest: train on what was known each month, score, evaluate later.

Features at a date do not depend on the training day, so they are computed once for all dates; only
the labels are rebuilt every month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from risk.calendar.dates import month_days
from risk.errors import WagewatchError
from risk.progress import Progress, scaled_progress
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, event_log, event_logs, horizon_labels, training_dates
from training.dataset.observation import Observations, observations_before, observed_labels
from training.dataset.training_set import TrainingSet, require_projects, training_set_from_matrix
from training.evaluation.baselines import ContenderScores, score_all_models
from training.evaluation.predictions import Predictions, concat
from training.evaluation.predictions_join import ProjectDetails, details_at, join_predictions

Scorer = Callable[[TrainingSet, Matrix], ContenderScores]
"""Fits the contenders on a training set and scores a cohort."""


class NothingToJudge(WagewatchError):
    """No month of the span has a mature horizon."""

    code = "nothing_to_judge"


class SpanEmpty(WagewatchError):
    """The span ends before it begins."""

    code = "span_empty"


@dataclass(frozen=True)
class WalkPlan:
    """The months of a walk, evaluated by what is known before ``known_until``.

    ``not_mature`` are the months left out because their events may not all be known yet.
    """

    known_until: dt.date
    months: tuple[dt.date, ...]
    not_mature: tuple[dt.date, ...]


@dataclass(frozen=True)
class MonthNote:
    """One month: kind of model, events in its training set, and size and events of the cohort."""

    as_of: dt.date
    kind: str
    events_learnt: int
    cohort: int
    events: int
    labelled: int


@dataclass(frozen=True)
class Walk:
    """The predictions of all months, with the events and observations that label them."""

    plan: WalkPlan
    predictions: Predictions
    log: EventLog
    observations: Observations
    months: tuple[MonthNote, ...]


def plan_walk(store: RecordStore, first: dt.date, last: dt.date) -> WalkPlan:
    """The months from ``first`` to ``last``, on the day of the month of ``first``.

    They are evaluated by all that the records hold.

    Raises:
        SpanEmpty: ``last`` is before ``first``.
        NoProjectsKnown: nothing is known before ``first``.
        NothingToJudge: no month is mature.
    """
    if last < first:
        raise SpanEmpty(first=first, last=last)
    require_projects(store, first)
    known_until = end_of_records(store)
    mature = event_log(store, known_until).last_complete()
    months = month_days(first, last)
    ready = tuple(day for day in months if day <= mature)
    if not ready:
        raise NothingToJudge(first=first, last=last, mature=mature)
    return WalkPlan(known_until, ready, tuple(day for day in months if day > mature))


def end_of_records(store: RecordStore) -> dt.date:
    """The day after the last case, inspection or complaint (else project) became known."""
    tables = ("cases", "inspections", "complaints")
    days = [store.rows(f"SELECT max(known_at) FROM {name}")[0][0] for name in tables]
    known = [day for day in days if day is not None]
    latest: dt.date = (
        max(known) if known else store.rows("SELECT max(known_at) FROM projects")[0][0]
    )
    return latest + dt.timedelta(days=1)


def walk(
    store: RecordStore,
    plan: WalkPlan,
    progress: Progress | None = None,
    scorer: Scorer = score_all_models,
    cache_dir: Path | None = None,
) -> Walk:
    """Fit and score with ``scorer`` at every month of the plan, and label the predictions.

    Features are read from and written to the feature cache in ``cache_dir``, if given.
    """
    logs = event_logs(store, plan.months)
    train_dates = {day for log in logs.values() for day in training_dates(log)}
    dates = sorted(train_dates | set(plan.months))
    matrix, details = _features(store, dates, plan.months, progress, cache_dir)
    final_log = event_log(store, plan.known_until)
    observations = observations_before(store, plan.known_until)
    parts, notes = [], []
    for number, month in enumerate(plan.months, start=1):
        cohort = matrix.rows_at(month)
        scored = scorer(training_set_from_matrix(logs[month], matrix), cohort)
        part = join_predictions(
            cohort,
            details,
            horizon_labels(final_log, cohort),
            observed_labels(final_log, observations, cohort.project_ids, cohort.as_ofs),
            scored.scores,
            scored.probability,
        )
        parts.append(part)
        notes.append(_note(month, scored, part))
        if progress:
            progress(month.isoformat(), 0.2 + 0.8 * number / len(plan.months))
    return Walk(plan, concat(parts), final_log, observations, tuple(notes))


def _features(
    store: RecordStore,
    dates: Sequence[dt.date],
    months: Sequence[dt.date],
    progress: Progress | None,
    cache_dir: Path | None,
) -> tuple[Matrix, ProjectDetails]:
    """The features of all dates, and the project details at ``months``."""
    matrix = cached_matrix(store, dates, cache_dir, scaled_progress(progress, 0, 0.15))
    return matrix, details_at(store, months, scaled_progress(progress, 0.15, 0.05), stakes=True)


def _note(month: dt.date, scored: ContenderScores, part: Predictions) -> MonthNote:
    return MonthNote(
        as_of=month,
        kind=scored.trained.model.kind,
        events_learnt=scored.trained.events,
        cohort=len(part.project_ids),
        events=int(part.labels.sum()),
        labelled=int((~np.isnan(part.observed)).sum()),
    )
