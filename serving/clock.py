"""Current time, and the calendar day of a moment where the office is.

The service stores moments in UTC. Days (of a visit, a deadline, the import) are the office's, so
they depend on ``office.timezone`` and not on the time zone of the machine. One process serves one
office: :func:`serving.settings.load_settings` sets the time zone.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

DEFAULT_TIMEZONE = "Asia/Shanghai"
"""Time zone of the whole of China."""


CLOCK_SLACK = dt.timedelta(minutes=5)
"""How far clocks may differ; a moment further ahead is from before the clock was set back."""


class _Office:
    """Time zone of the office served by this process."""

    timezone = ZoneInfo(DEFAULT_TIMEZONE)


def set_timezone(name: str) -> None:
    """Set the time zone of the office by its IANA name.

    Raises:
        ZoneInfoNotFoundError: there is no such time zone (a KeyError).
        ValueError: the name is malformed.
    """
    _Office.timezone = ZoneInfo(name)


def now() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(dt.UTC)


def office_time(moment: dt.datetime) -> dt.datetime:
    """Return ``moment`` in the time zone of the office.

    >>> office_time(dt.datetime(2025, 6, 30, 16, 30, tzinfo=dt.UTC)).isoformat()
    '2025-07-01T00:30:00+08:00'
    """
    return moment.astimezone(_Office.timezone)


def office_date(moment: dt.datetime) -> dt.date:
    """Return the day of ``moment`` at the office; the UTC day is one behind before 08:00.

    >>> office_date(dt.datetime(2025, 6, 30, 16, 30, tzinfo=dt.UTC))
    datetime.date(2025, 7, 1)
    """
    return office_time(moment).date()


def office_noon(day: dt.date) -> dt.datetime:
    """Return noon of ``day`` at the office."""
    return dt.datetime.combine(day, dt.time(12), _Office.timezone)


def office_midnight(day: dt.date) -> dt.datetime:
    """Return the beginning of ``day`` at the office."""
    return dt.datetime.combine(day, dt.time(), _Office.timezone)


def today() -> dt.date:
    """Return the current day at the office."""
    return office_date(now())
