"""By when an answer is asked for, in working days of China."""

from __future__ import annotations

import datetime as dt


def answer_day(sent_on: dt.date, working_days: int) -> dt.date:
    """The day ``working_days`` after ``sent_on``, which is not counted itself.

    Public holidays and working days made up are those decreed; of a year not decreed yet only
    Saturdays and Sundays are left out.

    >>> answer_day(dt.date(2025, 9, 30), 5)
    datetime.date(2025, 10, 14)
    """
    day, left = sent_on, working_days
    while left > 0:
        day += dt.timedelta(days=1)
        left -= _works(day)
    return day


def _works(day: dt.date) -> bool:
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5
