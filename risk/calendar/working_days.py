"""Chinese working days: Monday to Friday, less public holidays, plus make-up working days.

The State Council publishes the holiday plan of a year late in the year before. For years missing
from ``chinese_calendar``, Monday to Friday count; every result has a flag for whether the plan was
known.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import chinese_calendar

_DAY = dt.timedelta(days=1)
_SATURDAY = 5
_YEARS = sorted({day.year for day in chinese_calendar.holidays})
_BEFORE = dt.date(_YEARS[0] - 1, 12, 31)
_LAST = dt.date(_YEARS[-1], 12, 31)
"""Last day before, and last day of, the years covered by ``chinese_calendar``."""


@dataclass(frozen=True)
class WorkingDay:
    """End of a term of working days; ``planned`` is False if a holiday plan was unknown."""

    day: dt.date
    planned: bool


@dataclass(frozen=True)
class WorkingDays:
    """Number of working days; ``planned`` is False if a holiday plan was unknown."""

    days: int
    planned: bool


def is_working_day(day: dt.date) -> tuple[bool, bool]:
    """Whether ``day`` is a working day, and whether the holiday plan of its year is known.

    >>> is_working_day(dt.date(2026, 10, 1)), is_working_day(dt.date(2099, 10, 1))
    ((False, True), (True, False))
    """
    in_week = day.weekday() < _SATURDAY
    if not _BEFORE < day <= _LAST:
        return in_week, False
    # ``chinese_calendar.is_workday`` compares the day with all years first.
    return day in chinese_calendar.workdays or (
        in_week and day not in chinese_calendar.holidays
    ), True


@lru_cache(maxsize=4096)
def add_working_days(day: dt.date, count: int) -> WorkingDay:
    """Last day of a term of ``count`` working days that starts on the day after ``day``.

    A term of zero days ends on ``day`` itself, working day or not.

    Raises:
        ValueError: ``count`` is negative.

    >>> add_working_days(dt.date(2026, 2, 13), 1)   # a worked Saturday comes before the festival
    WorkingDay(day=datetime.date(2026, 2, 14), planned=True)
    """
    if count < 0:
        raise ValueError(count)
    planned, left = True, count
    while left:
        day += _DAY
        worked, known = is_working_day(day)
        planned &= known
        left -= worked
    return WorkingDay(day, planned)


@lru_cache(maxsize=4096)
def working_days_between(start: dt.date, stop: dt.date) -> WorkingDays:
    """Working days after ``start`` up to and including ``stop``; negative if ``stop`` is earlier.

    >>> working_days_between(dt.date(2026, 9, 30), dt.date(2026, 10, 9)).days
    2
    """
    if stop < start:
        reverse = working_days_between(stop, start)
        return WorkingDays(-reverse.days, reverse.planned)
    first, last = min(max(start, _BEFORE), stop), max(min(stop, _LAST), start)
    days = _weekdays(start, first) + _weekdays(max(last, first), stop)
    day = first
    while day < last:
        day += _DAY
        days += is_working_day(day)[0]
    return WorkingDays(days, start == stop or (start >= _BEFORE and stop <= _LAST))


def working_days_left(on: dt.date, due: dt.date) -> WorkingDays:
    """Working days from ``on`` until ``due``, negative once it has passed.

    Days without work right after ``due`` count as the first working day after it.

    >>> friday = dt.date(2025, 6, 13)
    >>> [working_days_left(friday + days * _DAY, friday).days for days in (0, 1, 3, 4)]
    [0, -1, -1, -2]
    """
    found = working_days_between(on, due)
    return WorkingDays(-1, found.planned) if found.days == 0 and due < on else found


def _weekdays(start: dt.date, stop: dt.date) -> int:
    """Mondays to Fridays after ``start`` up to and including ``stop``."""
    return _weekdays_until(stop) - _weekdays_until(start)


def _weekdays_until(day: dt.date) -> int:
    # Ordinal day 1 was a Monday.
    weeks, rest = divmod(day.toordinal(), 7)
    return 5 * weeks + min(rest, 5)
