"""Working days of China: Monday to Friday, less public holidays, plus the days worked instead.

The holiday plan of a year is decided by the State Council late in the year before. For years the
kept library does not know, Monday to Friday count; every answer says whether the plan was known.
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
"""The last day before, and the last day of, the years whose holidays the library knows."""


@dataclass(frozen=True)
class WorkingDay:
    """A day that was counted to; ``planned`` is False where a year's holiday plan was unknown."""

    day: dt.date
    planned: bool


@dataclass(frozen=True)
class WorkingDays:
    """A number of working days; ``planned`` is False where a year's holiday plan was unknown."""

    days: int
    planned: bool


def is_working_day(day: dt.date) -> tuple[bool, bool]:
    """Whether ``day`` is worked, and whether the year's holiday plan is known.

    >>> is_working_day(dt.date(2026, 10, 1)), is_working_day(dt.date(2099, 10, 1))
    ((False, True), (True, False))
    """
    try:
        return bool(chinese_calendar.is_workday(day)), True
    except NotImplementedError:
        return day.weekday() < _SATURDAY, False


@lru_cache(maxsize=4096)
def add_working_days(day: dt.date, count: int) -> WorkingDay:
    """The last day of a term of ``count`` working days that runs from the day after ``day``.

    A term of no days ends on ``day`` itself, worked or not.

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
    """The working days after ``start`` up to and with ``stop``; negative where ``stop`` is earlier.

    >>> working_days_between(dt.date(2026, 9, 30), dt.date(2026, 10, 9)).days
    2
    """
    if stop < start:
        turned = working_days_between(stop, start)
        return WorkingDays(-turned.days, turned.planned)
    first, last = min(max(start, _BEFORE), stop), max(min(stop, _LAST), start)
    days = _weekdays(start, first) + _weekdays(max(last, first), stop)
    day = first
    while day < last:
        day += _DAY
        days += is_working_day(day)[0]
    return WorkingDays(days, start == stop or (start >= _BEFORE and stop <= _LAST))


def _weekdays(start: dt.date, stop: dt.date) -> int:
    """Mondays to Fridays after ``start`` up to and with ``stop``; day 1 ever was a Monday."""
    return _until(stop) - _until(start)


def _until(day: dt.date) -> int:
    weeks, rest = divmod(day.toordinal(), 7)
    return 5 * weeks + min(rest, 5)
