"""Sheets that hold several tables below one another, as one sheet per table.

Ledgers often have special accounts, attendance and disputes on one sheet, each below a title. Read
by the first head, the rows of the others would be wrong records.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from risk.contract import STORED_TABLES, Table
from risk.intake.cells import Cell, Row, normalise
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.heads import join_headings, one_line, single_headings
from risk.intake.layouts.side_panels import sheet_panels
from risk.intake.layouts.vocabulary import vocabulary
from risk.intake.readers import CellRange, Sheet, open_sheets
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import SheetView
from risk.intake.units import money_units, unit_alone

SEARCHED_ROWS = 2_000
"""Rows of a sheet that are searched for heads; a longer one is an export of one table."""

_HEADINGS, _LEAD = 3, 2
_LONGEST, _TITLE = 30, 20
_LABEL, _DIGIT = re.compile(r"[^\d\s]\s*:"), re.compile(r"\d")
_LEADING = 4
"""Filled cells of a row of titles, at most: what, of whom, of when, and in what unit."""


@dataclass(frozen=True)
class SheetPart(SheetView):
    """Rows ``first`` to ``last`` of a sheet, the latter None for its end."""

    name: str
    first: int
    last: int | None

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged ranges of these rows."""
        return tuple(one for one in self.sheet.merges if self._has(one.top))

    @property
    def hidden_rows(self) -> Collection[int]:
        """Numbers of hidden rows among these."""
        return [number for number in self.sheet.hidden_rows if self._has(number)]

    def rows(self) -> Iterator[Row]:
        """These rows, numbered as in the sheet."""
        for row in self.sheet.rows():
            if self.last is not None and row[0] > self.last:
                return
            if row[0] >= self.first:
                yield row

    def _has(self, number: int) -> bool:
        return number >= self.first and (self.last is None or number <= self.last)


@contextmanager
def open_tables(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the sheets of a file, one with several tables as one sheet per table or panel.

    Raises:
        IntakeFailure: the file cannot be read; the subclass gives the reason.
    """
    with open_sheets(path) as sheets:
        parts = (part for sheet in sheets for part in sheet_parts(sheet))
        yield [panel for part in parts for panel in sheet_panels(part)]


def sheet_parts(sheet: Sheet) -> Sequence[Sheet]:
    """Parts of a sheet, each with the head of another table; the sheet itself if it has one.

    The first part has the sheet's name, a later one also the title above its head, or its number.
    """
    if sheet.hidden or isinstance(sheet, CsvSheet):
        return [sheet]
    try:
        rows = list(islice(sheet.rows(), SEARCHED_ROWS + 1))
    except IntakeFailure:  # the reading says why
        return [sheet]
    begins = [] if len(rows) > SEARCHED_ROWS else list(_beginnings(rows, sheet))
    if not begins:
        return [sheet]
    ends = [*(first - 1 for first, _ in begins), None]
    parts = [SheetPart(sheet, sheet.name, rows[0][0], ends[0])]
    for number, (first, title) in enumerate(begins, start=1):
        name = f"{sheet.name}!{title[:_TITLE] or number + 1}"
        parts.append(SheetPart(sheet, name, first, ends[number]))
    return parts


def _beginnings(rows: Sequence[Row], sheet: Sheet) -> Iterator[tuple[int, str]]:
    """First row and title of each part after the first."""
    table, title_row, title, after_blank = "", 0, "", False
    for row, following in pairwise([*rows, (0, [])]):
        filled = [cell for cell in row[1] if one_line(cell)]
        if (after_blank or not title_row) and _is_title(filled, after_blank=after_blank):
            title_row, title = row[0], one_line(filled[0])
        after_blank = not filled
        if len(filled) < 2 or (title_row and _is_lead(filled)):
            continue
        found = _table_of(row, following, sheet, table)
        if found and table and found != table:
            yield title_row or row[0], title
        table, title_row, title = found or table, 0, ""


def _is_title(filled: Sequence[Cell], *, after_blank: bool) -> bool:
    """Whether a row may begin a table: one cell, or also labels, such as 单位：万元."""
    if len(filled) < 2 or not _is_lead(filled):
        return len(filled) == 1
    first = one_line(filled[0])
    # A record may have labels after its number: what is taken for a title is not read.
    named = not _is_label(first) and (after_blank or not _DIGIT.search(first))
    return named or bool(money_units(filled))


def _is_lead(filled: Sequence[Cell]) -> bool:
    """Whether a row may be above a head: all cells after the first are labels."""
    return 0 < len(filled) <= _LEADING and all(map(_is_label, filled[1:]))


def _is_label(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    named = _LABEL.search(normalise(cell)) or money_units([cell]) or unit_alone(cell)
    return bool(named)


def _table_of(row: Row, following: Row, sheet: Sheet, above: str) -> str:
    """Name of the table whose headings ``row`` has, ``above`` if it fits nearly as well.

    Empty if the row is no head. A second row may belong to it.
    """
    if not _are_headings(row[1]):
        return ""
    heads = [single_headings(row[1])]
    if following[0] == row[0] + 1 and _are_headings(following[1]):
        heads.append(join_headings([row, following], sheet.merges))
    known = {
        name: max(_known(table, head) for head in heads) for name, table in STORED_TABLES.items()
    }
    best = max(known, key=lambda name: known[name])
    if known[best] < _HEADINGS:
        return ""
    return above if above and known[above] > known[best] - _LEAD else best


def _known(table: Table, head: Sequence[str]) -> int:
    return sum(vocabulary().target(table, heading) is not None for heading in head)


def _are_headings(cells: Sequence[Cell]) -> bool:
    """Whether all filled cells of a row are short texts, at least two of them."""
    filled = [cell for cell in cells if not (cell is None or cell == "")]
    return len(filled) > 1 and all(isinstance(c, str) and len(c) <= _LONGEST for c in filled)
