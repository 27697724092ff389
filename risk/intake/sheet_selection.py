"""Selection of the sheet that contains the table, and of its header row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from risk.contract import Table
from risk.intake.cells import Cell, Row, is_blank
from risk.intake.file_errors import FileEmpty, HeaderMissing, QuotesBroken
from risk.intake.headers import (
    Header,
    missing_fields,
    read_header,
    recognised_fields,
)
from risk.intake.headings import HeadingMatcher, contract_matcher
from risk.intake.readers import Sheet

SEARCHED_ROWS = 60
"""Number of rows searched for the header from the top; titles and notes may precede it."""


@dataclass(frozen=True)
class SelectedSheet:
    """Sheet to read, its header, and names of other sheets that look like the table."""

    sheet: Sheet
    header: Header
    unread: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Non-blank rows below the header."""
        above = self.header.row
        for row in self.sheet.rows():
            if row[0] > above and not is_blank(row[1]):
                yield row


@dataclass(frozen=True)
class _Candidate:
    sheet: Sheet
    row: int
    cells: Sequence[Cell]
    titles: Sequence[Cell]
    found: frozenset[str]


def select_sheet(
    table: Table, sheets: Sequence[Sheet], *, file: str, match: HeadingMatcher | None = None
) -> SelectedSheet:
    """First sheet with all required columns in one of its first rows.

    Raises:
        FileEmpty: no sheet has a filled cell in its first rows.
        HeaderMissing: no row contains any column of the table.
        ColumnsMissing, ColumnsTwice, UnitUnknown: the best header found is invalid.
    """
    match = match or contract_matcher(table)
    candidates: list[_Candidate] = []
    broken: list[QuotesBroken] = []
    for sheet in sheets:
        try:
            candidates.extend(_candidates(table, sheet, match))
        except QuotesBroken as failure:  # may be due to the wrong delimiter
            broken.append(failure)
    if broken and all(missing_fields(table, candidate.found) for candidate in candidates):
        raise broken[0]
    if not candidates:
        raise FileEmpty(file=file)
    complete = [row for row in candidates if not missing_fields(table, row.found)]
    best = complete[0] if complete else max(candidates, key=lambda row: len(row.found))
    if not best.found:
        allowed = ", ".join(field.zh for field in table.fields if field.required)
        raise HeaderMissing(file=file, table=table.zh, allowed=allowed)
    header = read_header(table, best.row, best.cells, titles=best.titles, file=file, match=match)
    names = dict.fromkeys(row.sheet.name for row in complete if row.sheet is not best.sheet)
    return SelectedSheet(best.sheet, header, tuple(filter(None, names)))


def _candidates(table: Table, sheet: Sheet, match: HeadingMatcher) -> Iterator[_Candidate]:
    titles: list[Cell] = []
    for number, cells in islice(sheet.rows(), SEARCHED_ROWS):
        if is_blank(cells):
            continue
        found = frozenset(recognised_fields(table, cells, match=match))
        yield _Candidate(sheet, number, cells, tuple(titles), found)
        titles.extend(cells)
