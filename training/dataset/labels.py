"""Arrears events after an as_of, taken from what was known before the training day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.common_steps import EVENTS, known_rows_step
from features.engines.duckdb import DuckDBEngine
from features.matrix import Matrix
from risk.calendar.dates import HORIZON_DAYS, MATURITY_MAX_DAYS, MATURITY_MIN_DAYS, add_months
from risk.causes import about_wages
from risk.measured_dates import measured_sql
from risk.store.store import RecordStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAINING_MONTHS = 72
"""Dates of the training set, one a month, at most."""

MIN_MEASURED = 20
"""Events with a measured delay that suffice where they are less than half of all events."""


@dataclass(frozen=True)
class EventLog:
    """Arrears events known before ``known_until``: sorted, distinct dates per project.

    A visit and a case of one project on one day are one event.

    ``maturity_days`` is the wait after the end of a horizon until its events are known.
    """

    known_until: dt.date
    days: Mapping[str, NDArray[np.datetime64]]
    maturity_days: int

    def last_mature(self) -> dt.date:
        """The latest as_of whose horizon has ended and matured by ``known_until``."""
        return self.known_until - dt.timedelta(days=HORIZON_DAYS + self.maturity_days)

    def first_event(self) -> dt.date | None:
        """Date of the earliest event; None without events."""
        if not self.days:
            return None
        earliest: dt.date = min(days[0] for days in self.days.values()).astype(object)
        return earliest


def first_known_sql(day: str) -> str:
    """SQL of (event_on, known_at, measured_at) of every event known before ``day``.

    ``measured_at`` is ``known_at`` if that measures the delay, else later or NULL.
    """
    measured = "min(CASE WHEN {} THEN known_at END) AS measured_at"
    return f"""
        SELECT opened_on AS event_on, min(known_at) AS known_at,
               {measured.format(measured_sql("opened_on"))}
        FROM cases_versions
        WHERE known_at < {day} AND project_id IS NOT NULL
          AND (status = 'confirmed' OR confirmed_on IS NOT NULL) AND {about_wages()}
        GROUP BY case_id, opened_on
        UNION ALL
        SELECT inspected_on, min(known_at), {measured.format(measured_sql("inspected_on"))}
        FROM inspections_versions
        WHERE known_at < {day} AND arrears_found
        GROUP BY inspection_id, inspected_on
    """


def event_log(store: RecordStore, known_until: dt.date) -> EventLog:
    """The events known before ``known_until``."""
    return event_logs(store, [known_until])[known_until]


def event_logs(store: RecordStore, days: Sequence[dt.date]) -> dict[dt.date, EventLog]:
    """The events known before each of ``days``, from one pass over the records."""
    engine = DuckDBEngine(store, days)
    try:
        engine.run([known_rows_step("cases"), known_rows_step("inspections"), EVENTS])
        rows = engine.rows(
            "SELECT DISTINCT as_of, project_id, event_on FROM events ORDER BY 1, 2, 3"
        )
    finally:
        engine.close()
    events: dict[object, dict[str, list[object]]] = {day: {} for day in days}
    for day, project_id, event_on in rows:
        events[day].setdefault(str(project_id), []).append(event_on)
    return {
        day: EventLog(
            day,
            {
                project_id: np.array(dates, dtype="datetime64[D]")
                for project_id, dates in events[day].items()
            },
            maturity_days(store, day),
        )
        for day in days
    }


def maturity_days(store: RecordStore, known_until: dt.date) -> int:
    """The 90 % quantile of the delay until an event is known, within 30 to 180 days.

    Only events known on a day that measures the delay count; 30 if these are too few.
    """
    delay, measured, events = store.rows(
        "SELECT quantile_cont(datediff('day', event_on, known_at), 0.9)"
        " FILTER (measured_at = known_at), count(*) FILTER (measured_at = known_at), count(*)"
        f" FROM ({first_known_sql('$1')})",
        [known_until],
    )[0]
    if delay is None or (2 * measured < events and measured < MIN_MEASURED):
        return MATURITY_MIN_DAYS
    # Rounded first: engines interpolate between two delays with different last digits.
    return int(min(max(np.ceil(round(delay, 6)), MATURITY_MIN_DAYS), MATURITY_MAX_DAYS))


def horizon_labels(
    log: EventLog, matrix: Matrix, *, first_day: int = 0, last_day: int = HORIZON_DAYS
) -> NDArray[np.float64]:
    """1 where an event is dated in [as_of + first_day, as_of + last_day), else 0; shape (rows,).

    0 means "no event known", not "no arrears": the project may never have been inspected.
    """
    dated = dated_within(log.days, matrix.project_ids, matrix.as_ofs, first_day, last_day)
    return dated.astype(np.float64)


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
    dates = (add_months(log.known_until, -back) for back in range(1, months + 12))
    mature = [day for day in dates if earliest <= day <= log.last_mature()]
    return sorted(mature)[-months:]
