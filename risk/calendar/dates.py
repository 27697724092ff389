"""Calendar rules everything stands on: horizon, maturity, months.

A date is a civil day; no times and no time zones. ``as_of`` always means "what was known
strictly before this day".
"""

from __future__ import annotations

import calendar
import datetime as dt

HORIZON_DAYS = 90
"""An event counts for an as_of when its date lies in [as_of, as_of + HORIZON_DAYS)."""

COMPLETED_GRACE_DAYS = 90
"""A project leaves the cohort this many days after its completion."""

MATURITY_MIN_DAYS = 30
MATURITY_MAX_DAYS = 180


def month_start(day: dt.date) -> dt.date:
    """The first day of the month of ``day``."""
    return day.replace(day=1)


def add_months(day: dt.date, months: int) -> dt.date:
    """``day`` moved by ``months``; clipped to the end of a shorter month.

    >>> add_months(dt.date(2025, 1, 31), 1)
    datetime.date(2025, 2, 28)
    >>> add_months(dt.date(2025, 1, 15), -2)
    datetime.date(2024, 11, 15)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_range(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of all months from ``first`` to ``last``, both included.

    >>> [d.month for d in month_range(dt.date(2024, 11, 5), dt.date(2025, 1, 1))]
    [11, 12, 1]
    """
    days, day = [], month_start(first)
    while day <= last:
        days.append(day)
        day = add_months(day, 1)
    return days
