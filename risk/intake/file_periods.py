"""The month a file's name states, and the order of files by month and natural name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from risk.intake.cells import normalise

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


@dataclass(frozen=True, order=True)
class NamedPeriod:
    """Year, month and day in a file's name; 0 where the name does not state it."""

    year: int = 0
    month: int = 0
    day: int = 0


def named_period(name: str) -> NamedPeriod:
    """Last period that ``name`` states; of a range of months, its end.

    >>> named_period("2025年1-9月工资表.xlsx")
    NamedPeriod(year=2025, month=9, day=0)
    >>> named_period("考勤202510.csv").month, named_period("十二月").month
    (10, 12)
    >>> named_period("2025年上半年项目")
    NamedPeriod(year=2025, month=0, day=0)
    """
    text = _NUMERAL_MONTH.sub(lambda found: _NUMERALS[found[1]], normalise(name))
    whole = [*_COMPACT.finditer(text), *_SEPARATED.finditer(text)]
    months = list(_MONTH.finditer(text))
    last = max(whole, key=lambda found: found.start(), default=None)
    if last and not any(found.start() >= last.end() for found in months):
        return NamedPeriod(int(last[1]), int(last[2]), int(last[3] or 0))
    years = [found[1] for found in _YEAR.finditer(text) if len(found[1]) == 4 or "年" in found[0]]
    year = int(years[-1]) % 2000 + 2000 if years else 0
    if not months:
        return NamedPeriod(year)
    return NamedPeriod(year, int(months[-1][1]), int(months[-1][2] or 0))


def file_order(path: PurePath) -> tuple[NamedPeriod, tuple[tuple[bool, int, str], ...]]:
    """Sort key of a file: its period, then its name with numbers compared as numbers.

    A year that the file's own name lacks is taken from its folders. Files without a period come
    first, so that the files of a month overrule them.
    """
    own = named_period(path.name)
    years = [found.year for folder in path.parts[:-1] if (found := named_period(folder)).year]
    if not own.year and years:
        own = NamedPeriod(years[-1], own.month, own.day)
    return own, _natural(path.as_posix())


def _natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    parts = (part for part in _NUMBER.split(normalise(name).casefold()) if part)
    return tuple((False, int(part), "") if part.isdigit() else (True, 0, part) for part in parts)
