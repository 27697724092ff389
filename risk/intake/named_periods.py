"""Periods that names of files, folders and sheets and titles state, and the order of files."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from risk.calendar.dates import month_end
from risk.intake.cells import normalise
from risk.intake.numerals import first_month

_NUMERALS = {
    **{numeral: str(number) for number, numeral in enumerate("一二三四五六七八九十", start=1)},
    "十一": "11",
    "十二": "12",
}
_NUMERAL_MONTH = re.compile("(十[一二]|[一二三四五六七八九十])(?=月)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?(?!\d)")
_SEPARATED = re.compile(
    r"(?<!\d)(20\d\d)\s*[年.\-_/]\s*(1[0-2]|0?[1-9])(?!\d)"
    r"(?:\s*[月.\-_/]\s*(3[01]|[12]\d|0?[1-9])(?!\d|月))?"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d|\d\d)(?:年|(?!\d))")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])月(?:(3[01]|[12]\d|0?[1-9])日)?")
_NUMBER = re.compile(r"(\d+)")


_RANGE = re.compile(r"\d\s*月?\s*[-~—–至到]\s*\d+\s*月|季")
_CHINESE_YEAR = re.compile("[二两][〇零○oO0][一二三四五六七八九][〇零○oO0一二三四五六七八九](?=年)")
_DIGITS = str.maketrans("〇零○oO一二两三四五六七八九", "000001223456789")


@dataclass(frozen=True, order=True)
class NamedPeriod:
    """Year, month and day that a text states; 0 where it does not state one.

    Of ``several`` months or a quarter it is the last that is named.
    """

    year: int
    month: int = 0
    day: int = 0
    several: bool = field(default=False, compare=False)

    def one_month(self, *, year: int) -> dt.date | None:
        """First day of the month; ``year`` is that of a month without one.

        None if the text states no month, several, or no year either.
        """
        year = self.year or year
        return dt.date(year, self.month, 1) if year and self.month and not self.several else None

    def last_day(self) -> dt.date | None:
        """Last day of the last month; None without a year or a month."""
        if not self.year or not self.month:
            return None
        return month_end(dt.date(self.year, self.month, 1))


def named_period(text: str) -> NamedPeriod:
    """Last period that the name of a file or a sheet, or a title, states.

    >>> named_period("2025年9月工资表.xlsx")
    NamedPeriod(year=2025, month=9, day=0, several=False)
    >>> named_period("2025年1-9月工资表.xlsx")
    NamedPeriod(year=2025, month=9, day=0, several=True)
    >>> named_period("考勤202510.csv").month, named_period("十二月").month
    (10, 12)
    >>> named_period("2025年上半年项目")
    NamedPeriod(year=2025, month=0, day=0, several=False)
    """
    plain = with_digits(text)
    whole = [*_COMPACT.finditer(plain), *_SEPARATED.finditer(plain)]
    months = list(_MONTH.finditer(plain))
    stated = {int(found[2]) for found in whole} | {int(found[1]) for found in months}
    several = len(stated) > 1 or bool(_RANGE.search(plain))
    last = max(whole, key=lambda found: found.start(), default=None)
    if last and not any(found.start() >= last.end() for found in months):
        return NamedPeriod(int(last[1]), int(last[2]), int(last[3] or 0), several)
    years = [found[1] for found in _YEAR.finditer(plain) if len(found[1]) == 4 or "年" in found[0]]
    year = int(years[-1]) % 2000 + 2000 if years else 0
    if not months:
        return NamedPeriod(year)
    return NamedPeriod(year, int(months[-1][1]), int(months[-1][2] or 0), several)


def with_digits(text: str) -> str:
    """``text`` in half width, with years and months in digits.

    >>> with_digits("二〇二五年十一月")
    '2025年11月'
    """
    plain = _CHINESE_YEAR.sub(lambda found: found[0].translate(_DIGITS), normalise(text))
    plain = first_month(plain)
    return _NUMERAL_MONTH.sub(lambda found: _NUMERALS[found[1]], plain)


def path_period(path: PurePath) -> NamedPeriod:
    """Period of a file by its name; a year or a month it lacks is that of the innermost folder.

    >>> path_period(PurePath("2025年/九月/案件.xlsx"))
    NamedPeriod(year=2025, month=9, day=0, several=False)
    """
    found = named_period(path.name)
    for folder in reversed(path.parts[:-1]):
        outer = named_period(folder)
        if not found.month and (not found.year or outer.year in (0, found.year)):
            found = replace(outer, year=found.year or outer.year)
        elif not found.year:
            found = replace(found, year=outer.year)
    return found


def stated_day(label: str) -> dt.date | None:
    """Last day of the month that the path of a file states with its year; None without one."""
    return path_period(PurePath(label)).last_day()


def stated_month(texts: Sequence[str]) -> dt.date | None:
    """First day of the first single month in ``texts``; they share the first year in them.

    >>> stated_month(["十月", "2025年考勤"]), stated_month(["1-3月", "2025年考勤"])
    (datetime.date(2025, 10, 1), None)
    """
    periods = [named_period(text) for text in texts]
    year = next((found.year for found in periods if found.year), 0)
    return next((month for found in periods if (month := found.one_month(year=year))), None)


def file_order(path: PurePath) -> tuple[NamedPeriod, tuple[tuple[float, str], ...]]:
    """Sort key of a file: its period, then its name with numbers compared as numbers.

    Files without a period come first, so that the files of a month overrule them.
    """
    return path_period(path), _natural(path.as_posix())


def without_periods(name: str) -> str:
    """``name`` without numbers, months and signs; equal for the files of a monthly series.

    >>> without_periods("案件2025年9月.xlsx"), without_periods("案件（十月）.xlsx")
    ('案件年月xlsx', '案件月xlsx')
    """
    plain = _NUMERAL_MONTH.sub("", first_month(normalise(name)))
    return re.sub(r"[\d\W_]+", "", plain.casefold())


def _natural(name: str) -> tuple[tuple[float, str], ...]:
    """Parts of a name for comparison: numbers by their value, and before any text."""
    parts = (part for part in _NUMBER.split(normalise(name).casefold()) if part)
    return tuple((int(part), "") if part.isdigit() else (math.inf, part) for part in parts)
