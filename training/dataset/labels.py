"""What happened after an as_of, told only from what was known before the training day."""

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
from risk.store.store import RecordStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIRST_KNOWN = """
    SELECT opened_on AS event_on, min(known_at) AS known_at FROM cases
    WHERE known_at < $1 AND project_id IS NOT NULL
      AND (status = 'confirmed' OR confirmed_on IS NOT NULL)
    GROUP BY case_id, opened_on
    UNION ALL
    SELECT inspected_on, min(known_at) FROM inspections
    WHERE known_at < $1 AND arrears_found
    GROUP BY inspection_id, inspected_on
"""


@dataclass(frozen=True)
class EventLog:
    """Arrears events known before ``told_at``: per project the sorted days they are dated by.

    ``maturity_days`` is how long to wait after a horizon's end until its events are known.
    """

    told_at: dt.date
    days: Mapping[str, NDArray[np.datetime64]]
    maturity_days: int

    def last_mature(self) -> dt.date:
        """The latest as_of whose horizon is over and whose events are known at ``told_at``."""
        return self.told_at - dt.timedelta(days=HORIZON_DAYS + self.maturity_days)

    def first_event(self) -> dt.date | None:
        """The earliest event; None if there is none."""
        if not self.days:
            return None
        earliest: dt.date = min(days[0] for days in self.days.values()).astype(object)
        return earliest


def event_log(store: RecordStore, told_at: dt.date) -> EventLog:
    """The events that were known before ``told_at``."""
    return event_logs(store, [told_at])[told_at]


def event_logs(store: RecordStore, days: Sequence[dt.date]) -> dict[dt.date, EventLog]:
    """For each of ``days`` the events that were known before it, in one pass."""
    engine = DuckDBEngine(store, days)
    try:
        engine.run([known_rows_step("cases"), known_rows_step("inspections"), EVENTS])
        rows = engine.rows("SELECT as_of, project_id, event_on FROM events ORDER BY 1, 2, 3")
    finally:
        engine.close()
    told: dict[object, dict[str, list[object]]] = {day: {} for day in days}
    for day, project_id, event_on in rows:
        told[day].setdefault(str(project_id), []).append(event_on)
    return {
        day: EventLog(
            day,
            {name: np.array(on, dtype="datetime64[D]") for name, on in told[day].items()},
            maturity_days(store, day),
        )
        for day in days
    }


def maturity_days(store: RecordStore, told_at: dt.date) -> int:
    """30 days, or the 90 % delay between an event's date and its becoming known; at most 180."""
    delay = store.rows(
        f"SELECT quantile_cont(datediff('day', event_on, known_at), 0.9) FROM ({_FIRST_KNOWN})",
        [told_at],
    )[0][0]
    if delay is None:
        return MATURITY_MIN_DAYS
    # Rounded first: engines interpolate between two delays with different last digits.
    return int(min(max(np.ceil(round(delay, 6)), MATURITY_MIN_DAYS), MATURITY_MAX_DAYS))


def happened(
    log: EventLog, matrix: Matrix, *, first_day: int = 0, last_day: int = HORIZON_DAYS
) -> NDArray[np.float64]:
    """1 where an event is dated in [as_of + first_day, as_of + last_day), else 0; shape (rows,).

    0 means "no event known", not "no arrears": nobody may have looked.
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
    """Whether one of its project's sorted ``days`` lies in [as_of + first_day, as_of + last_day).

    Shape (rows,).
    """
    out = np.zeros(len(project_ids), dtype=bool)
    for row, (project_id, as_of) in enumerate(zip(project_ids, as_ofs, strict=True)):
        dated = days.get(project_id)
        if dated is not None:
            start, stop = np.searchsorted(dated, [as_of + first_day, as_of + last_day])
            out[row] = stop > start
    return out


def training_dates(log: EventLog, *, months: int = 72) -> Sequence[dt.date]:
    """As_of dates to learn from: one a month, counted back from the last mature one.

    They go back to 90 days before the first known event, at most ``months`` of them, and keep
    the day of the month of ``told_at``, the rhythm in which lists are made.
    """
    first = log.first_event()
    if first is None:
        return []
    earliest = first - dt.timedelta(days=HORIZON_DAYS)
    dates = (add_months(log.told_at, -back) for back in range(1, months + 12))
    mature = [day for day in dates if earliest <= day <= log.last_mature()]
    return sorted(mature)[-months:]
