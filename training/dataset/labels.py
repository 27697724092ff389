"""Arrears events after an as_of, taken from what was known before the training day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, dropwhile, islice, takewhile
from typing import TYPE_CHECKING, cast

import numpy as np

from features.common_steps import EVENTS, known_rows_step
from features.engines.duckdb import DuckDBEngine
from features.matrix import Matrix
from risk.calendar.dates import HORIZON_DAYS, add_months
from risk.intake.project_merges import merged_projects
from risk.store.store import RecordStore
from training.dataset.completeness import Completeness, completeness_of
from training.dataset.delays import (
    COURSES,
    Courses,
    Delays,
    courses_of,
    courses_sql,
    delays_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAINING_MONTHS = 72
"""Dates of the training set, one a month, at most."""


@dataclass(frozen=True)
class OpenCases:
    """The undecided cases of a project: sorted dates, and the chance of each to be confirmed."""

    days: NDArray[np.datetime64]
    chances: NDArray[np.float64]


@dataclass(frozen=True)
class EventLog:
    """Arrears events known before ``known_until``: sorted, distinct dates per project.

    A visit and a case of one project on one day are one event.

    ``maturity_days`` is the wait after the end of a horizon until its labels are used.
    ``undecided`` holds, per project, the dates of its open cases and the probability of each to be
    confirmed.
    """

    known_until: dt.date
    days: Mapping[str, NDArray[np.datetime64]]
    maturity_days: int
    undecided: Mapping[str, OpenCases] = field(default_factory=dict)
    delays: Delays = field(default_factory=Delays)
    completeness: Completeness | None = None

    def last_mature(self) -> dt.date:
        """The latest as_of whose horizon has ended and matured by ``known_until``."""
        return self.known_until - dt.timedelta(days=HORIZON_DAYS + self.maturity_days)

    def last_complete(self) -> dt.date:
        """The latest as_of of whose events 90 % should be known, see :class:`Delays`."""
        days = max(self.delays.complete_days(), self.maturity_days)
        return self.known_until - dt.timedelta(days=HORIZON_DAYS + days)

    def first_event(self) -> dt.date | None:
        """Date of the earliest event; None without events."""
        if not self.days:
            return None
        earliest: dt.date = min(days[0] for days in self.days.values()).astype(object)
        return earliest


def event_log(store: RecordStore, known_until: dt.date) -> EventLog:
    """The events known before ``known_until``."""
    return event_logs(store, [known_until])[known_until]


def event_logs(store: RecordStore, days: Sequence[dt.date]) -> dict[dt.date, EventLog]:
    """The events known before each of ``days``, from one pass over the records."""
    engine = DuckDBEngine(store, days)
    try:
        engine.run([known_rows_step("cases"), known_rows_step("inspections"), EVENTS, COURSES])
        rows = engine.rows(
            "SELECT DISTINCT as_of, project_id, event_on FROM events ORDER BY 1, 2, 3"
        )
        courses = {day: courses_of(engine.rows(courses_sql(day))) for day in days}
    finally:
        engine.close()
    events: dict[object, dict[str, list[dt.date]]] = {day: {} for day in days}
    for day, project_id, event_on in rows:
        events[day].setdefault(str(project_id), []).append(cast("dt.date", event_on))
    logs = {}
    codes = merged_projects(store)
    for day in days:
        _add_to_made_ids(events[day], codes)
        dates = {name: np.array(on, dtype="datetime64[D]") for name, on in events[day].items()}
        logs[day] = log_of(day, dates, courses[day], delays_of(courses[day], day))
    return logs


def _add_to_made_ids(events: dict[str, list[dt.date]], codes: Mapping[str, str]) -> None:
    """Add the events of a code to the id the project had before a person confirmed it is one.

    Dates before that day have the project under its earlier id.
    """
    for made, code in codes.items():
        if code in events:
            events[made] = sorted({*events.get(made, []), *events[code]})


def log_of(
    day: dt.date,
    dates: Mapping[str, NDArray[np.datetime64]],
    courses: Courses,
    delays: Delays,
) -> EventLog:
    """The log of the events on ``dates`` and the open cases of ``courses``."""
    return EventLog(
        day,
        dates,
        delays.maturity_days(),
        open_cases(courses, delays, day),
        delays,
        completeness_of(courses, delays, day),
    )


def open_cases(courses: Courses, delays: Delays, known_until: dt.date) -> dict[str, OpenCases]:
    """The open cases by project; empty where too few delays are measured to judge them."""
    if delays.confirmed_later is None:
        return {}
    index = np.flatnonzero(courses.undecided & courses.measured)
    ages = (np.datetime64(known_until) - courses.event_on[index]).astype(np.int64)
    later = delays.confirmed_later.at(ages)[1]
    found: dict[str, list[tuple[object, float]]] = {}
    for row, chance in zip(index, later, strict=True):
        case = (courses.event_on[row], float(chance))
        found.setdefault(courses.project_ids[int(row)], []).append(case)
    return {
        name: OpenCases(
            np.array([day for day, _ in cases], dtype="datetime64[D]"),
            np.array([chance for _, chance in cases]),
        )
        for name, cases in found.items()
    }


def horizon_labels(
    log: EventLog, matrix: Matrix, *, first_day: int = 0, last_day: int = HORIZON_DAYS
) -> NDArray[np.float64]:
    """1 where an event is dated in [as_of + first_day, as_of + last_day), else 0; shape (rows,).

    0 means "no event known", not "no arrears": the project may never have been inspected.
    """
    dated = dated_within(log.days, matrix.project_ids, matrix.as_ofs, first_day, last_day)
    return dated.astype(np.float64)


def expected_labels(
    log: EventLog, project_ids: Sequence[str], as_ofs: NDArray[np.datetime64]
) -> NDArray[np.float64]:
    """Probability of an event in each horizon: 1 where one is known, else from open cases.

    Shape (rows,). A row without an event but with undecided cases opened within its horizon has the
    highest of their chances to be confirmed; any other row 0.
    """
    expected = dated_within(log.days, project_ids, as_ofs).astype(np.float64)
    if not log.undecided:
        return expected
    for row in np.flatnonzero(expected == 0).tolist():
        cases = log.undecided.get(project_ids[row])
        if cases is not None:
            start, stop = np.searchsorted(cases.days, [as_ofs[row], as_ofs[row] + HORIZON_DAYS])
            expected[row] = cases.chances[start:stop].max(initial=0.0)
    return expected


def dated_within(
    days: Mapping[str, NDArray[np.datetime64]],
    project_ids: Sequence[str],
    as_ofs: NDArray[np.datetime64],
    first_day: int = 0,
    last_day: int = HORIZON_DAYS,
) -> NDArray[np.bool_]:
    """Whether any of the project's sorted ``days`` is in [as_of + first_day, as_of + last_day).

    Shape (rows,).
    """
    out = np.zeros(len(project_ids), dtype=bool)
    for row, (project_id, as_of) in enumerate(zip(project_ids, as_ofs, strict=True)):
        dated = days.get(project_id)
        if dated is not None:
            start, stop = np.searchsorted(dated, [as_of + first_day, as_of + last_day])
            out[row] = stop > start
    return out


def training_dates(log: EventLog, *, months: int = TRAINING_MONTHS) -> Sequence[dt.date]:
    """As_of dates of the training set: one a month, counted back from the last mature one.

    At most ``months`` dates, the earliest 90 days before the first known event. They have the day
    of the month of ``known_until``, since lists are published in the same rhythm.
    """
    first = log.first_event()
    if first is None:
        return []
    earliest = first - dt.timedelta(days=HORIZON_DAYS)
    dates = (add_months(log.known_until, -back) for back in count())
    mature = dropwhile(lambda day: day > log.last_mature(), dates)
    return sorted(islice(takewhile(lambda day: day >= earliest, mature), months))
