"""Months in the names of files and sheets and in titles."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from risk.intake.cells import normalise

_FULL = re.compile(r"(20\d{2})[年./_-]?(1[0-2]|0?[1-9])(?:月份?|(?!\d))")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])月份?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?:年|(?!\d))")
_CHINESE = re.compile(r"(十[一二]?|[一二三四五六七八九])月份?")
_NUMERALS = {text: number for number, text in enumerate("一二三四五六七八九十", 1)}
_NUMERALS |= {"十一": 11, "十二": 12}


def month_in(text: str, *, year: int | None = None) -> dt.date | None:
    """First day of the month a text states; ``year`` counts where it states only the month.

    >>> month_in("2025年9月考勤"), month_in("考勤202510"), month_in("九月", year=2025)
    (datetime.date(2025, 9, 1), datetime.date(2025, 10, 1), datetime.date(2025, 9, 1))
    >>> month_in("上半年台账")
    """
    plain = normalise(text)
    if found := _FULL.search(plain):
        return dt.date(int(found[1]), int(found[2]), 1)
    if year is None and (stated := _YEAR.search(plain)):
        year = int(stated[1])
    if year is None:
        return None
    if found := _MONTH.search(plain):
        return dt.date(year, int(found[1]), 1)
    if found := _CHINESE.search(plain):
        return dt.date(year, _NUMERALS[found[1]], 1)
    return None


def year_in(text: str) -> int | None:
    """Year a text states."""
    found = _YEAR.search(normalise(text))
    return int(found[1]) if found else None


def last_day(month: dt.date) -> dt.date:
    """Last day of a month given as any of its days."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
