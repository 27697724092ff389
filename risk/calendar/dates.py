"""Date constants and month arithmetic shared by all packages.

All dates are civil days without time or time zone. ``as_of`` always means "known strictly before
this day".
"""

from __future__ import annotations

import calendar
import datetime as dt

HORIZON_DAYS = 90
"""An event belongs to an as_of if its date is in [as_of, as_of + HORIZON_DAYS)."""

COMPLETED_GRACE_DAYS = 90
"""Days after completion for which a project stays in the cohort."""

MATURITY_MIN_DAYS = 30


def month_start(day: dt.date) -> dt.date:
    """First day of the month of ``day``."""
    return day.replace(day=1)


def add_months(day: dt.date, months: int) -> dt.date:
    """``day`` shifted by ``months``, clipped to the end of a shorter month.

    >>> add_months(dt.date(2025, 1, 31), 1)
    datetime.date(2025, 2, 28)
    >>> add_months(dt.date(2025, 1, 15), -2)
    datetime.date(2024, 11, 15)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def month_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """One day a month from ``first`` to ``last``, on the day of the month of ``first``.

    >>> [str(day) for day in month_days(dt.date(2025, 1, 31), dt.date(2025, 3, 30))]
    ['2025-01-31', '2025-02-28']
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [day for day in (add_months(first, n) for n in range(count)) if day <= last]


def month_end(day: dt.date) -> dt.date:
    """Last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
