"""Panels next to one another on a sheet, as one sheet per panel.

To save paper, ledgers go on at the right of the page under the same head, or have another table
there. Read by the whole head, the rows of the panels at the right would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TypeAlias

from risk.contract import STORED_TABLES
from risk.intake.cells import Cell, Row, match_key
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.heads import join_headings, one_line, single_headings
from risk.intake.layouts.vocabulary import vocabulary
from risk.intake.non_records import NonRecord, non_record
from risk.intake.readers import CellRange, Sheet
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import SheetView

SEARCHED_ROWS = 60
"""Rows searched for the head of panels from the top."""

_LEAST_REPEATED, _LEAST_APART = 2, 3
_ABOUT = frozenset(
    {"project_id", "project_name", "project_text", "org_id", "org_name", "employer_text"}
    | {"payroll_id"}
)
"""Fields of which a table has one that says what its rows are about."""
_PERSON = re.compile(".{0,4}姓名")
_LONGEST = 30

_Span: TypeAlias = tuple[int, int]
"""First and last column of a panel."""


@dataclass(frozen=True)
class SheetPanel(SheetView):
    """Columns ``left`` to ``right`` of a sheet from the row ``head`` on, below all its titles.

    Of the rows ``apart`` each panel has only the title above its own columns.
    """

    name: str
    head: int
    left: int
    right: int
    apart: Collection[int] = ()

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged ranges within these columns."""
        return tuple(
            CellRange(one.top, one.left - self.left, one.bottom, one.right - self.left)
            for one in self.sheet.merges
            if one.top >= self.head and self.left <= one.left and one.right <= self.right
        )

    @property
    def hidden_rows(self) -> Collection[int]:
        """Numbers of the rows that the sheet hides."""
        return self.sheet.hidden_rows

    def rows(self) -> Iterator[Row]:
        """Titles, and these columns of the rows below, numbered as in the sheet."""
        for number, cells in self.sheet.rows():
            if number >= self.head or number in self.apart:
                yield number, self._own(cells)
            else:
                yield number, cells

    def _own(self, cells: Sequence[Cell]) -> list[Cell]:
        """Cells of these columns; a total has its word also where that is further left."""
        own = list(cells[self.left : self.right + 1])
        if self.left and any(own) and not any(isinstance(cell, str) for cell in own):
            kind = non_record(cells, (), complete=False, titles=())
            if kind is NonRecord.TOTAL and None in own:
                own[own.index(None)] = next(cell for cell in cells if isinstance(cell, str))
        return own


def sheet_panels(sheet: Sheet) -> Sequence[Sheet]:
    """Panels of a sheet from the left; the sheet itself if it has one table.

    The first has the sheet's name, a later one also its columns (汇总!F:J).
    """
    if sheet.hidden or isinstance(sheet, CsvSheet):
        return [sheet]
    try:
        rows = list(islice(sheet.rows(), SEARCHED_ROWS))
    except IntakeFailure:  # the reading says why
        return [sheet]
    for row, following in pairwise([*rows, (0, [])]):
        if spans := _spans(row, following, sheet):
            return _panels(sheet, row[0], spans, rows)
    return [sheet]


def _panels(
    sheet: Sheet, head: int, spans: Sequence[_Span], rows: Sequence[Row]
) -> Sequence[Sheet]:
    # Only now, because openpyxl takes long to import.
    from openpyxl.utils.cell import get_column_letter

    lefts = {left for left, _ in spans}
    apart = [number for number, cells in rows if number < head and _filled(cells) == lefts]
    names = (f"!{get_column_letter(left + 1)}:{get_column_letter(right + 1)}"
             for left, right in spans[1:])  # fmt: skip
    return [
        SheetPanel(sheet, f"{sheet.name}{name}", head, left, right, apart)
        for name, (left, right) in zip(("", *names), spans, strict=True)
    ]


def _filled(cells: Sequence[Cell]) -> set[int]:
    return {index for index, cell in enumerate(cells) if one_line(cell)}


def _spans(row: Row, following: Row, sheet: Sheet) -> Sequence[_Span]:
    """Columns of the panels whose head begins in ``row``, of one row or two; empty if it does not.

    Panels have the same headings, or those of different tables.
    """
    if not _are_headings(row[1]):
        return ()
    heads = [single_headings(row[1])]
    if following[0] == row[0] + 1 and _are_headings(following[1]):
        heads.append(join_headings([row, following], sheet.merges))
    for head in heads:
        by_first = _parted_by_first(head)
        if found := _repeated(head, by_first) or _different(head, _parted_by_gaps(head)):
            return found
        if found := _different(head, by_first):
            return found
    return ()


def _are_headings(cells: Sequence[Cell]) -> bool:
    filled = [cell for cell in cells if one_line(cell)]
    return len(filled) > 1 and all(isinstance(c, str) and len(c) <= _LONGEST for c in filled)


def _parted_by_first(head: Sequence[str]) -> Sequence[_Span]:
    """Columns from each heading that is the first one again, without empty ones at the end."""
    keys = list(map(match_key, head))
    first = next(key for key in keys if key)
    lefts = [index for index, key in enumerate(keys) if key == first]
    ends = (following - 1 for following in [*lefts[1:], len(keys)])
    return [(left, _last_filled(keys, right)) for left, right in zip(lefts, ends, strict=True)]


def _last_filled(keys: Sequence[str], right: int) -> int:
    while not keys[right]:
        right -= 1
    return right


def _parted_by_gaps(head: Sequence[str]) -> Sequence[_Span]:
    """Columns between those without a heading."""
    found: list[_Span] = []
    for index, heading in enumerate(head):
        if heading and found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        elif heading:
            found.append((index, index))
    return found


def _repeated(head: Sequence[str], spans: Sequence[_Span]) -> Sequence[_Span]:
    """``spans`` if they have the same headings, which are those of a table."""
    own = {tuple(map(match_key, head[left : right + 1])) for left, right in spans}
    if len(spans) < 2 or len(own) > 1:
        return ()
    headings = head[spans[0][0] : spans[0][1] + 1]
    persons = len(headings) >= _LEAST_REPEATED and any(map(_PERSON.fullmatch, headings))
    return spans if persons or _table_of(headings, _LEAST_REPEATED) else ()


def _different(head: Sequence[str], spans: Sequence[_Span]) -> Sequence[_Span]:
    """``spans`` of different tables; what is no table belongs to the one at its left."""
    found: list[_Span] = []
    tables: set[str] = set()
    for left, right in spans:
        table = _table_of(head[left : right + 1], _LEAST_APART)
        if table and table not in tables:
            found.append((left, right))
            tables.add(table)
        elif found:
            found[-1] = (found[-1][0], right)
        else:
            return ()
    return found if len(found) > 1 else ()


def _table_of(headings: Sequence[str], least: int) -> str:
    """Name of the table that has the most of ``headings``; empty without one.

    It has at least ``least`` of them, and one that says what its rows are about.
    """
    best, most = "", least - 1
    for name, table in STORED_TABLES.items():
        known = [vocabulary().target(table, heading) for heading in headings if heading]
        fields = {one[0].field.name for one in known if one}
        if len(fields) > most and fields & _ABOUT:
            best, most = name, len(fields)
    return best
