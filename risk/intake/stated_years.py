"""The year of dates written without one, from the period that a title or a name states.

Ledgers that say 2025年在建项目 in the title have 3月5日 in the cells. A month that the period does
not settle (12月 under 2025年1月, or two years without months) gets no year, and the cell stays
unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath

from risk.intake.cells import Cell
from risk.intake.named_periods import NamedPeriod, named_period, stated_month, with_digits
from risk.intake.numerals import chinese_digits

_FILLED_IN = re.compile(r"(?:填报|填表|制表|报送|上报|打印|导出|编制|更新)(?:日期|时间)?\s*[:：于]")
"""Titles with the day on which the table was filled in."""
_NOTE = re.compile(r"[,;，；。]|^\s*(?:备注|说明|附注|注)|截[至止]")
"""Texts about a table, which name months for other reasons than its title does."""
_YEAR = re.compile(r"(?<!\d)(20\d\d|\d\d)(?=年)|(?<!\d)(20\d\d)(?=\s*[.\-_/~—–至到]\s*\d)")
_BARE_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?(?!\d)")
_SEPARATED = re.compile(r"\s*[.\-_/]\s*(1[0-2]|0?[1-9])(?!\d)")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])(?=\s*(?:月|[-~—–至到、]\s*(?:1[0-2]|0?[1-9])\s*月))")
_QUARTER = re.compile("第?([1-4一二三四])季度")
_NEXT_YEAR = re.compile("[次翌]年|第二年")
_WITHOUT_YEAR = re.compile(
    r"(1[0-2]|0?[1-9])月(?:份?(?:[上中下]旬|[初中底末])?|(?:3[01]|[12]\d|0?[1-9])[日号]?)"
)
_MONTH_AND_DAY = re.compile(
    r"(1[0-2]|0?[1-9])(?:[/-](3[01]|[12]\d|0?[1-9])|\.(3[01]|[12]\d|0[1-9]|[4-9]))"
)
_PAID_WITHIN = 6
"""Months from that of the wages in which a day without a year says when they are due or paid."""


@dataclass(frozen=True)
class StatedYears:
    """Period that a text states, from the month ``first`` to ``last``, each year * 12 + month - 1.

    >>> StatedYears.of("2024年12月至2025年2月").year(1), StatedYears.of("2025年").year(12)
    (2025, 2025)
    """

    first: int
    last: int
    month: int | None = field(default=None, compare=False)
    """The one month that the sheet is about, if it states one."""

    @property
    def following(self) -> StatedYears | None:
        """The month that the sheet is about and those after it; None without one."""
        if self.month is None:
            return None
        return StatedYears(self.month, self.month + _PAID_WITHIN)

    @staticmethod
    def of(text: str) -> StatedYears | None:
        """Period in ``text``: a year up to the last month it names, or two months with years.

        None if the text names no year, or years and months that do not settle a period.
        """
        found = list(_stated(text))
        years = {year for year, _ in found}
        if len(years) == 1:
            [year] = years
            months = [month for _, month in found if month]
            if months != sorted(months):
                return None
            return StatedYears(year * 12, year * 12 + (months[-1] if months else 12) - 1)
        complete = all(month for _, month in found)
        places = [year * 12 + month - 1 for year, month in found]
        if not years or not complete or places != sorted(places):
            return None
        return StatedYears(places[0], places[-1])

    def year(self, month: int) -> int | None:
        """The only year in which the period has ``month``."""
        found = [one // 12 for one in range(self.first, self.last + 1) if one % 12 == month - 1]
        return found[0] if len(found) == 1 else None

    def __str__(self) -> str:
        """First and last month.

        >>> str(StatedYears.of("2025年1-9月"))
        '2025-01 – 2025-09'
        """
        return " – ".join(f"{one // 12}-{one % 12 + 1:02d}" for one in (self.first, self.last))

    def complete(self, text: str, *, figures: bool = True) -> str | None:
        """``text`` of a day or a month with its year in front; None for any other text.

        Without ``figures`` a day must be written in words: 1.25 may be an amount.

        >>> StatedYears.of("2025年在建项目").complete("3月5日")
        '2025年3月5日'
        """
        plain = _in_words(_plain(text)) if figures else _plain(text)
        found = _WITHOUT_YEAR.fullmatch(plain)
        year = self.year(int(found[1])) if found else None
        return f"{year}年{plain}" if year else None


def lacks_year(cell: Cell) -> bool:
    """Whether a cell is a day or a month without its year."""
    return isinstance(cell, str) and _WITHOUT_YEAR.fullmatch(_in_words(_plain(cell))) is not None


def _in_words(text: str) -> str:
    """Day in figures alone, 10/15, as 10月15日; any other text as it is.

    10.1 stays: it may be a number that was typed as 10.10.
    """
    found = _MONTH_AND_DAY.fullmatch(text)
    return f"{found[1]}月{found[2] or found[3]}日" if found else text


def _plain(text: str) -> str:
    return chinese_digits(with_digits(text)).replace(" ", "")


def block_period(cells: Sequence[Cell]) -> NamedPeriod | None:
    """Period with a month that a row of one text states for the rows below it; None for others.

    >>> block_period(["2025年11月工资台账", None]), block_period(["填报日期：2025年11月30日"])
    (NamedPeriod(year=2025, month=11, day=0, several=False), None)
    """
    filled = [cell for cell in cells if cell is not None and cell != ""]
    if len(filled) != 1 or not isinstance(filled[0], str):
        return None
    return _title_period(filled[0])


@lru_cache(maxsize=256)  # asked for each row below a title
def _title_period(text: str) -> NamedPeriod | None:
    if _FILLED_IN.search(text) or _NOTE.search(text):
        return None
    period = named_period(text)
    return period if period.month and not period.day else None


def stated_years(sheet: str, titles: Sequence[Sequence[Cell]], file: str) -> StatedYears | None:
    """Period of a sheet: by the nearest titles that name a year, else by its name or the file's.

    ``titles`` are groups of cells, the nearest first; ``file`` is a path. Several titles of a group
    with different years settle nothing.
    """
    path = PurePosixPath(file)
    names = [sheet, path.stem, *reversed(path.parts[:-1])]
    for group in (*titles, *([name] for name in names)):
        texts = [cell for cell in group if isinstance(cell, str) and not _FILLED_IN.search(cell)]
        naming = [text for text in texts if any(_stated(text))]
        if naming:
            periods = {StatedYears.of(text) for text in naming}
            period = periods.pop() if len(periods) == 1 else None
            return period and replace(period, month=_one_month(sheet, titles, file))
    return None


def _one_month(sheet: str, titles: Sequence[Sequence[Cell]], file: str) -> int | None:
    texts = [cell for group in titles for cell in group if isinstance(cell, str)]
    named = [text for text in texts if not _FILLED_IN.search(text)]
    month = stated_month((sheet, *named, PurePosixPath(file).stem))
    return month.year * 12 + month.month - 1 if month else None


def _stated(text: str) -> Iterator[tuple[int, int]]:
    """Years with the months named after them, in the order of ``text``; month 0 for none."""
    plain = _QUARTER.sub(_last_month, with_digits(text).replace("上半年", "6月"))
    plain = _COMPACT.sub(r"\1年\2月", plain)
    years = list(_YEAR.finditer(plain)) or list(_BARE_YEAR.finditer(plain))
    ends = [*(found.start() for found in years[1:]), len(plain)]
    for found, end in zip(years, ends, strict=False):
        year, part = int(found[0]) % 2000 + 2000, plain[found.end() : end]
        separated, following = _SEPARATED.match(part), _NEXT_YEAR.search(part)
        months = [separated] if separated else list(_MONTH.finditer(part))
        if not months:
            yield year, 0
        for one in months:
            yield year + bool(following and one.start() > following.start()), int(one[1])


def _last_month(quarter: re.Match[str]) -> str:
    return f"{3 * ('1234一二三四'.index(quarter[1]) % 4 + 1)}月"
