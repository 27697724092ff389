"""Dates of Spring Festival (春节, the first day of the lunar year) from 2000 to 2050."""

from __future__ import annotations

import datetime as dt

_FIRST = 2000
_DATES = (
    *("0205", "0124", "0212", "0201", "0122", "0209", "0129", "0218", "0207", "0126"),  # 2000
    *("0214", "0203", "0123", "0210", "0131", "0219", "0208", "0128", "0216", "0205"),  # 2010
    *("0125", "0212", "0201", "0122", "0210", "0129", "0217", "0206", "0126", "0213"),  # 2020
    *("0203", "0123", "0211", "0131", "0219", "0208", "0128", "0215", "0204", "0124"),  # 2030
    *("0212", "0201", "0122", "0210", "0130", "0217", "0206", "0126", "0214", "0202"),  # 2040
    "0123",
)
LAST_YEAR = _FIRST + len(_DATES) - 1


class SpringFestivalUnknown(ValueError):
    """The table has no festival of the ``year``."""

    def __init__(self, year: int) -> None:
        super().__init__(f"Spring Festival {year} is unknown; known are {_FIRST} to {LAST_YEAR}")
        self.year = year


def spring_festival(year: int) -> dt.date:
    """Return the first day of Spring Festival of ``year``.

    Raises:
        SpringFestivalUnknown: the year is not from 2000 to 2050.

    >>> spring_festival(2026)
    datetime.date(2026, 2, 17)
    """
    if not _FIRST <= year <= LAST_YEAR:
        raise SpringFestivalUnknown(year)
    date = _DATES[year - _FIRST]
    return dt.date(year, int(date[:2]), int(date[2:]))


def spring_festivals() -> tuple[dt.date, ...]:
    """Return the first days of all festivals of the table, in order.

    >>> len(spring_festivals()), spring_festivals()[0]
    (51, datetime.date(2000, 2, 5))
    """
    return tuple(spring_festival(year) for year in range(_FIRST, LAST_YEAR + 1))


def eve_after(day: dt.date) -> dt.date:
    """Return the first eve of Spring Festival (除夕) on or after ``day``.

    Raises:
        SpringFestivalUnknown: the year is not from 2000 to 2050.

    >>> eve_after(dt.date(2025, 11, 1)), eve_after(dt.date(2026, 2, 16))
    (datetime.date(2026, 2, 16), datetime.date(2026, 2, 16))
    """
    eve = spring_festival(day.year) - dt.timedelta(days=1)
    return eve if day <= eve else spring_festival(day.year + 1) - dt.timedelta(days=1)
