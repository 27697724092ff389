"""The walk forward: at each month learn from what was known then, score, and judge later.

Features at a date do not depend on the day of training, so they are computed once for all dates;
only the labels are told anew for every month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from risk.calendar.dates import add_months
from risk.errors import WagewatchError
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, event_log, event_logs, happened, training_dates
from training.dataset.observation import Looks, looks, outcomes
from training.dataset.training_set import Lessons, lessons_from, require_projects
from training.evaluation.baselines import Contest, contest
from training.evaluation.predictions import Judged, together
from training.evaluation.predictions_join import Details, details_at, judged_rows

Contending = Callable[[Lessons, Matrix], Contest]


class NothingToJudge(WagewatchError):
    """No month of the span is over long enough for its events to be known."""

    code = "nothing_to_judge"


class SpanEmpty(WagewatchError):
    """The span ends before it begins."""

    code = "span_empty"


@dataclass(frozen=True)
class Plan:
    """The months of a walk, judged by what is told before ``told_at``.

    ``not_mature`` are the months whose events may not all be known yet: they are left out.
    """

    told_at: dt.date
    months: tuple[dt.date, ...]
    not_mature: tuple[dt.date, ...]


@dataclass(frozen=True)
class MonthNote:
    """One month: the kind of model, the events it learnt from, and what came of the cohort."""

    as_of: dt.date
    kind: str
    events_learnt: int
    cohort: int
    events: int
    labelled: int


@dataclass(frozen=True)
class Walk:
    """All months scored, and the events and looks by which they are judged."""

    plan: Plan
    judged: Judged
    log: EventLog
    looks: Looks
    months: tuple[MonthNote, ...]


def plan(store: RecordStore, first: dt.date, last: dt.date) -> Plan:
    """The months from ``first`` to ``last``, on the day of the month of ``first``.

    They are judged by all that the records tell.

    Raises:
        SpanEmpty: ``last`` is before ``first``.
        NoProjectsKnown: nothing is known before ``first``.
        NothingToJudge: no month's events can all be known yet.
    """
    if last < first:
        raise SpanEmpty(first=first, last=last)
    require_projects(store, first)
    told_at = end_of_records(store)
    mature = event_log(store, told_at).last_mature()
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = [day for day in (add_months(first, n) for n in range(count)) if day <= last]
    ready = tuple(day for day in months if day <= mature)
    if not ready:
        raise NothingToJudge(first=first, last=last, mature=mature)
    return Plan(told_at, ready, tuple(day for day in months if day > mature))


def end_of_records(store: RecordStore) -> dt.date:
    """The day after anything that tells of arrears (or else a project) last became known."""
    tables = ("cases", "inspections", "complaints")
    told = [store.rows(f"SELECT max(known_at) FROM {name}")[0][0] for name in tables]
    known = [day for day in told if day is not None]
    latest: dt.date = (
        max(known) if known else store.rows("SELECT max(known_at) FROM projects")[0][0]
    )
    return latest + dt.timedelta(days=1)


def walk(
    store: RecordStore,
    planned: Plan,
    progress: Progress | None = None,
    contending: Contending = contest,
    kept: Path | None = None,
) -> Walk:
    """Let the contenders learn and score at every month of the plan, and judge them later.

    Features of dates that were computed before are read from the folder ``kept``, if given.
    """
    logs = event_logs(store, planned.months)
    lessons_at = {day for log in logs.values() for day in training_dates(log)}
    dates = sorted(lessons_at | set(planned.months))
    matrix, details = _features(store, dates, planned.months, progress, kept)
    judged_by, looked = event_log(store, planned.told_at), looks(store, planned.told_at)
    parts, notes = [], []
    for number, month in enumerate(planned.months, start=1):
        cohort = matrix.rows_at(month)
        scored = contending(lessons_from(logs[month], matrix), cohort)
        part = judged_rows(
            cohort,
            details,
            happened(judged_by, cohort),
            outcomes(judged_by, looked, cohort.project_ids, cohort.as_ofs),
            scored.scores,
            scored.probability,
        )
        parts.append(part)
        notes.append(_note(month, scored, part))
        if progress:
            progress(month.isoformat(), 0.2 + 0.8 * number / len(planned.months))
    return Walk(planned, together(parts), judged_by, looked, tuple(notes))


def _features(
    store: RecordStore,
    dates: Sequence[dt.date],
    months: Sequence[dt.date],
    progress: Progress | None,
    kept: Path | None,
) -> tuple[Matrix, Details]:
    """The features of all dates, and what was known of each project at ``months``."""

    def heard(first: float, share: float) -> Progress | None:
        return (lambda step, done: progress(step, first + done * share)) if progress else None

    matrix = cached_matrix(store, dates, kept, heard(0, 0.15))
    return matrix, details_at(store, months, heard(0.15, 0.05), stakes=True)


def _note(month: dt.date, scored: Contest, part: Judged) -> MonthNote:
    return MonthNote(
        as_of=month,
        kind=scored.trained.model.kind,
        events_learnt=scored.trained.events,
        cohort=len(part.project_ids),
        events=int(part.happened.sum()),
        labelled=int((~np.isnan(part.outcome)).sum()),
    )
