"""Ledgers with columns for each month, read as sheets with one row per month.

A ledger of a year often has a row per project or team and, for each month, a column or a group of
columns (应发, 实发). A layout reads it as if every month had a row of its own: the month is in one
column, what the months have in common in one column each. So the layout stays the same when the
next month is added. A month without a value has no row, and columns of totals are left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from risk.contract import STORED_TABLES, FieldType, Table
from risk.intake.cell_parsers import UNKNOWN
from risk.intake.cells import Cell, Row, all_struck, as_text, as_written, normalise, struck_out
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.heads import SEARCHED_ROWS, join_headings, one_line
from risk.intake.layouts.vocabulary import full_heading_key, heading_key, vocabulary
from risk.intake.named_periods import with_digits
from risk.intake.non_records import non_record, plain
from risk.intake.readers.sheet import CellRange, Sheet, SheetView, first_rows
from risk.intake.stated_years import stated_years
from risk.intake.table_detection import tables_in_name
from risk.intake.units import unit_alone

MONTH = "所属月份"
"""Heading of the month of a row."""

UNNAMED = "每月数"
"""Heading of the values of a month where neither headings nor titles say what they are."""

_LEAST = 2  # months; one alone may be about anything
_SAMPLE = 40
_MOSTLY = 0.6
_NEVER = re.compile(r"姓名|身份证")
_TOTAL = re.compile(
    r"合计|小计|总计|累计|共计|全年|年度|季度|半年|平均|截至|截止|\d月?[-~—–至到]\d+月"
)
_YEAR = r"(?:(?<!\d)(20\d\d)(?:年度?)?[-./年]?)?"
_NAMED = re.compile(rf"{_YEAR}(?<![\d.])(1[0-2]|0?[1-9])月份?(?![\d底末初上中下])")
_NUMBERED = re.compile(r"(?<!\d)(20\d\d)(?:[-./](1[0-2]|0?[1-9])|(0[1-9]|1[0-2]))(?![\d.-]|/\d)")
_EMPTY_BRACKETS = re.compile(r"\(\)|\[\]")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:万?元|人|天|个|工日)?")
_SHORT = 20
_BOOK = re.compile(r"单位:|表$|台账|统计|汇总|情况")
_MEASURES = (FieldType.MONEY, FieldType.COUNT)
_TABLES = ("payrolls", "payments", "attendance", "transfers")


class MonthsWithoutYear(IntakeFailure):
    """A sheet has columns of months, and nothing says their year.

    Carries ``sheet`` and ``months``.
    """

    code = "months_without_year"


@dataclass(frozen=True)
class MonthColumn:
    """Column of a month, ``year`` 0 if its heading has none; ``name`` is that of its values."""

    index: int
    year: int
    month: int
    name: str

    @property
    def text(self) -> str:
        """Month as written into its rows, without a year if nothing says it."""
        return f"{self.year}-{self.month:02}" if self.year else f"{self.month}月"


@dataclass(frozen=True)
class MonthHead:
    """Head in the rows ``first`` to ``last``: other columns, those of months, and totals left out.

    ``rows`` are the texts of its rows; a page of print may repeat them.
    """

    first: int
    last: int
    labels: Mapping[int, str]
    months: tuple[MonthColumn, ...]
    totals: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values of a month, in the order of the sheet."""
        return tuple(dict.fromkeys(one.name for one in self.months))


@dataclass
class UnfoldedRows:
    """What became of the rows below the head, counted while they are read.

    ``rows`` had a month with a value, ``empty`` ones none; ``records`` were made of them, and
    ``blank`` months were left out. ``merged`` are, by heading, cells of months that are merged with
    the row above, whose value counts for the first row only.
    """

    rows: int = 0
    empty: int = 0
    records: int = 0
    blank: int = 0
    merged: Counter[str] = field(default_factory=Counter)

    def reset(self) -> None:
        """Count from 0, because the rows are read again."""
        self.rows = self.empty = self.records = self.blank = 0
        self.merged.clear()


@dataclass(frozen=True)
class MonthSheet(SheetView):
    """``sheet`` with one row per month that has a value; rows have the numbers of the ledger."""

    head: MonthHead
    counts: UnfoldedRows = field(default_factory=UnfoldedRows)

    @property
    def name(self) -> str:
        """Name of the sheet."""
        return self.sheet.name

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged cells below one another in the columns that are not of months."""
        place = {index: number for number, index in enumerate(self.head.labels)}
        return tuple(
            CellRange(one.top, place[one.left], one.bottom, place[one.left])
            for one in self.sheet.merges
            if one.left == one.right and one.left in place and one.top > self.head.last
        )

    @property
    def merges_of_months(self) -> Sequence[CellRange]:
        """Merged cells below one another in the columns of months, as in the ledger."""
        columns = {one.index for one in self.head.months}
        return tuple(
            one
            for one in self.sheet.merges
            if one.left == one.right and one.left in columns and one.top > self.head.last
        )

    @property
    def hidden_rows(self) -> Collection[int]:
        """Numbers of the rows that the sheet hides."""
        return self.sheet.hidden_rows

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings of the rows: those of the other columns, the month, and its values."""
        return (*self.head.labels.values(), MONTH, *self.head.names)

    def rows(self) -> Iterator[Row]:
        """Titles, one head, and a row for each month with a value."""
        self.counts.reset()
        head, merged = self.head, _MergedMonths(self)
        for number, cells in self.sheet.rows():
            self.counts.merged.update(merged.repeated(number, cells))
            if number < head.first:
                yield number, cells
            elif number < head.last:
                yield number, []
            elif number == head.last:
                yield number, list(self.headings)
            else:
                yield from ((number, row) for row in self._below(cells))

    def _below(self, cells: Sequence[Cell]) -> Iterator[list[Cell]]:
        """Rows of one row below the head; one for a row that is no record."""
        head, counts = self.head, self.counts
        if self.strict_width and len(cells) < self._width:
            yield list(cells[: len(head.labels)])  # stays too narrow, and is rejected
            return
        texts = _texts(cells)
        if texts and texts in head.rows:
            yield list(self.headings) if texts == head.rows[-1] else []
            return
        labels = [_at(cells, index) for index in head.labels]
        filled = [cell for cell in labels if not _is_blank(cell)]
        values = dict(self._values(cells))
        known = {month: row for month, row in values.items() if not all(map(_is_blank, row))}
        if texts and non_record(cells, filled[:1], complete=False, titles=()) is not None:
            yield labels if filled else [next((one for one in cells if not _is_blank(one)), None)]
        elif known:
            counts.rows += 1
            counts.records += len(known)
            counts.blank += len(values) - len(known)
            surplus = [one for one in cells[self._width :] if self.strict_width]
            for month, row in known.items():
                struck = all_struck((*labels, *row))
                yield [*labels, struck_out(month) if struck else month, *row, *surplus]
        elif len(filled) > 1:
            counts.empty += 1
        else:
            yield labels

    @property
    def _width(self) -> int:
        return max(map(len, self.head.rows))

    def _values(self, cells: Sequence[Cell]) -> Iterator[tuple[str, list[Cell]]]:
        """Months with their values, in the order of :attr:`MonthHead.names`."""
        found: dict[str, dict[str, Cell]] = {}
        for one in self.head.months:
            found.setdefault(one.text, {})[one.name] = _at(cells, one.index)
        for month in sorted(found, key=_in_order):
            yield month, [found[month].get(name) for name in self.head.names]


class _MergedMonths:
    """Cells of months that are merged with the one above, of rows from the top."""

    def __init__(self, sheet: MonthSheet) -> None:
        self._headings = {one.index: f"{one.text} {one.name}" for one in sheet.head.months}
        self._starting: dict[int, list[CellRange]] = {}
        for one in sheet.merges_of_months:
            self._starting.setdefault(one.top, []).append(one)
        self._open: list[CellRange] = []

    def repeated(self, number: int, cells: Sequence[Cell]) -> list[str]:
        """Headings of such cells of a row, where the first one of the range has a value."""
        self._open = [one for one in self._open if number <= one.bottom]
        found = [self._headings[one.left] for one in self._open]
        starting = self._starting.get(number, ())
        self._open += [one for one in starting if not _is_blank(_at(cells, one.left))]
        return found


def month_table(sheet: MonthSheet, file: str) -> Table | None:
    """Table whose amounts or counts the months have; payrolls also for what was paid.

    Where nothing says what they are, it is the table that titles and names say, else payrolls.
    None if they are something else.
    """
    names = sheet.head.names
    found = {
        table: sum(_is_measure(STORED_TABLES[table], name) for name in names) for table in _TABLES
    }
    if any(found.values()):
        best = max(found, key=lambda table: found[table])
        return STORED_TABLES["payrolls" if best == "payments" else best]
    if not all(name.startswith(UNNAMED) for name in names):
        return None
    above = (row for row in first_rows(sheet.sheet, SEARCHED_ROWS) if row[0] < sheet.head.first)
    titles = [cell for _, cells in above for cell in cells if isinstance(cell, str)]
    named = (tables_in_name(text).table for text in (*titles, sheet.name, file))
    by_month = [one for one in named if one and one.name in ("attendance", "transfers")]
    return next(iter(by_month), STORED_TABLES["payrolls"])


def _is_measure(table: Table, name: str) -> bool:
    known = vocabulary().target(table, name)
    return known is not None and known[0].field.type in _MEASURES


def require_years(sheet: MonthSheet, file: str) -> None:
    """Check that the year of all months is known.

    Raises:
        MonthsWithoutYear: that of a month is not.
    """
    without = [one.text for one in sheet.head.months if not one.year]
    if without:
        months = "、".join(dict.fromkeys(without))
        raise MonthsWithoutYear(file=file, sheet=sheet.name or file, months=months)


def month_sheet(sheet: Sheet, file: str) -> MonthSheet | None:
    """``sheet`` by month; None if it has no columns of several months, or is about workers.

    ``file`` is the name of its file, which may say the year.
    """
    rows = [] if sheet.hidden else [*first_rows(sheet, SEARCHED_ROWS + _SAMPLE)]
    for place, (_, cells) in enumerate(rows[:SEARCHED_ROWS]):
        if len(cells) < _LEAST:  # all rows of a CSV file that is separated otherwise
            continue
        if sum(_find_month(_as_heading(cell)) is not None for cell in cells) >= _LEAST:
            head = _head(sheet, rows, place, file)
            if head is not None and _has_values(rows, head):
                return MonthSheet(sheet, head)
    return None


def _head(sheet: Sheet, rows: Sequence[Row], place: int, file: str) -> MonthHead | None:
    """Head around the row with the months."""
    begin = place - (place > 0 and _is_above(rows[place - 1], rows[place]))
    end = place + (place + 1 < len(rows) and _is_below(rows[place], rows[place + 1]))
    own = [(number, [*map(_as_heading, cells)]) for number, cells in rows[begin : end + 1]]
    joined = join_headings(own, [one for one in sheet.merges if one.right > one.left])
    if any(map(_NEVER.search, joined)):
        return None
    titles = [cell for _, cells in rows[:begin] for cell in cells if isinstance(cell, str)]
    labels: dict[int, str] = {}
    months: list[MonthColumn] = []
    totals: list[str] = []
    unnamed = _named_measure([*titles, sheet.name, file])
    years = stated_years(sheet.name, [titles], file)
    for index, heading in enumerate(joined):
        if _TOTAL.search(_compact(heading)):
            totals.append(heading)
        elif found := _find_month(heading):
            year, month, rest = found
            if not year and years is not None:
                whole = years.first // 12 if years.first // 12 == years.last // 12 else 0
                year = years.year(month) or whole
            months.append(MonthColumn(index, year, month, _name(rest, unnamed)))
        elif heading or not months:
            labels[index] = heading
    texts = tuple(_texts(cells) for _, cells in own)
    head = MonthHead(own[0][0], own[-1][0], labels, tuple(months), tuple(totals), texts)
    return head if any(labels.values()) and _in_sequence(months) else None


def _in_sequence(months: Sequence[MonthColumn]) -> bool:
    """Whether the columns of each name are of different months, one after another."""
    for name in {one.name for one in months}:
        own = [one.year * 12 + one.month for one in months if one.name == name]
        steps = [later - earlier for earlier, later in pairwise(own)]
        if len(own) < _LEAST or any(step < 1 for step in steps) or steps.count(1) * 2 < len(steps):
            return False
    return bool(months)


def _has_values(rows: Sequence[Row], head: MonthHead) -> bool:
    """Whether most filled cells below the months are numbers."""
    cells = [
        cell
        for number, row in rows
        if number > head.last and _texts(row) not in head.rows
        for one in head.months
        if not _is_blank(cell := _at(row, one.index))
    ]
    return sum(map(_is_number, cells)) > len(cells) * _MOSTLY


def _is_above(above: Row, row: Row) -> bool:
    """Whether the row above that of the months has headings of the same head."""
    if above[0] != row[0] - 1:
        return False
    filled = [index for index, cell in enumerate(above[1]) if not _is_blank(cell)]
    texts = [_as_heading(above[1][index]) for index in filled]
    if not texts or not all(0 < len(text) <= _SHORT for text in texts):
        return False
    if any(map(_BOOK.search, map(_compact, texts))):
        return False  # a title
    first = next(i for i, cell in enumerate(row[1]) if _find_month(_as_heading(cell)))
    apart = all(_is_blank(_at(row[1], index)) for index in filled if index < first)
    return apart and (len(filled) > 1 or filled[0] >= first)


def _is_below(row: Row, below: Row) -> bool:
    """Whether the row below that of the months has headings of the same head."""
    filled = [index for index, cell in enumerate(below[1]) if not _is_blank(cell)]
    if below[0] != row[0] + 1 or len(filled) < _LEAST:
        return False
    texts = [cell for index in filled if isinstance(cell := below[1][index], str)]
    headings = len(texts) == len(filled) and not any(re.search(r"\d", text) for text in texts)
    months = [i for i, cell in enumerate(row[1]) if _find_month(_as_heading(cell))]
    apart = all(_is_blank(_at(row[1], index)) for index in filled if index < months[0])
    return headings and apart and max(map(len, texts)) <= _SHORT and max(filled) >= months[0]


def _find_month(heading: str) -> tuple[int, int, str] | None:
    """Year or 0, month and the rest of a heading; None if it has no month, or has several."""
    plain = _compact(heading)
    numbered = [(one, one[2] or one[3]) for one in _NUMBERED.finditer(plain)]
    named = [(one, one[2]) for one in _NAMED.finditer(plain)]
    found = named or numbered
    if len(found) != 1:
        return None
    [(match, month)] = found
    year = match[1] or next(iter(re.findall(r"(?<!\d)(20\d\d)年", plain[: match.start()])), "0")
    rest = re.sub(r"(?<!\d)20\d\d年度?", "", f"{plain[: match.start()]}/{plain[match.end() :]}")
    return int(year), int(month), _EMPTY_BRACKETS.sub("", rest).strip("/:、-的")


def _name(rest: str, unnamed: str) -> str:
    """Name of the values of a month; of a bare month or unit, that of the titles."""
    text = re.sub(r"/+", "/", rest)
    unit = unit_alone(text) or unit_alone(text.strip("()"))
    if unit:
        return f"{unnamed}({unit})"
    return text if heading_key(text) else f"{unnamed}{text}"


def _named_measure(texts: Sequence[str]) -> str:
    """What titles or names say that the months are about, in a word known as a heading."""
    for text in texts:
        plain = full_heading_key(text)
        found = {one for one in _measures() if one in plain}
        longest = {one for one in found if not any(one in other for other in found - {one})}
        if len(longest) == 1:
            return longest.pop()
    return UNNAMED


@cache
def _measures() -> frozenset[str]:
    """Known headings of amounts and counts of the tables by month."""
    tables = (STORED_TABLES[name] for name in _TABLES)
    return frozenset(
        name
        for table in tables
        for name, target in vocabulary().candidates(table)
        if target.field.type in _MEASURES and len(name) > 2 and not name.isascii()
    )


def _in_order(month: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", month)))


def _as_heading(cell: Cell) -> str:
    """Text of a heading; a date that means a month is written as one."""
    if isinstance(cell, dt.date):
        return f"{cell.year}年{cell.month}月" if cell.day == 1 else ""
    return one_line(as_text(cell))


def _compact(heading: str) -> str:
    return with_digits(heading).replace(" ", "").replace("（", "(").replace("）", ")")


def _texts(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Texts of a row for comparison, without empty ones at the end."""
    texts = [plain(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and normalise(cell).casefold() in UNKNOWN)


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(normalise(as_written(cell))) is not None
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _at(cells: Sequence[Cell], index: int) -> Cell:
    return cells[index] if index < len(cells) else None
