"""Which sheet of a file holds the table, and where its header stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from risk.contract import Table
from risk.intake.cells import Cell, Row, is_blank
from risk.intake.file_errors import FileEmpty, HeaderMissing, QuotesBroken
from risk.intake.headers import (
    SEARCHED_ROWS,
    Header,
    missing_fields,
    read_header,
    recognised_fields,
)
from risk.intake.readers import Sheet


@dataclass(frozen=True)
class SelectedSheet:
    """The sheet to read, its header, and other sheets that look like the table but are not read."""

    sheet: Sheet
    header: Header
    unread: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """The filled rows below the header."""
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


def select_sheet(table: Table, sheets: Sequence[Sheet], *, file: str) -> SelectedSheet:
    """The first sheet with a row of all required columns near its top.

    Raises:
        FileEmpty: no sheet has a filled cell near its top.
        HeaderMissing: no row names any column of the table.
        ColumnsMissing, ColumnsTwice, UnitUnknown: the best header found is not right.
    """
    candidates: list[_Candidate] = []
    broken: list[QuotesBroken] = []
    for sheet in sheets:
        try:
            candidates.extend(_candidates(table, sheet))
        except QuotesBroken as failure:  # perhaps only because the delimiter tried is not right
            broken.append(failure)
    if broken and all(missing_fields(table, candidate.found) for candidate in candidates):
        raise broken[0]
    if not candidates:
        raise FileEmpty(file=file)
    whole = [found for found in candidates if not missing_fields(table, found.found)]
    best = whole[0] if whole else max(candidates, key=lambda candidate: len(candidate.found))
    if not best.found:
        allowed = ", ".join(field.zh for field in table.fields if field.required)
        raise HeaderMissing(file=file, table=table.zh, allowed=allowed)
    header = read_header(table, best.row, best.cells, titles=best.titles, file=file)
    names = dict.fromkeys(found.sheet.name for found in whole if found.sheet is not best.sheet)
    return SelectedSheet(best.sheet, header, tuple(filter(None, names)))


def _candidates(table: Table, sheet: Sheet) -> Iterator[_Candidate]:
    titles: list[Cell] = []
    for number, cells in islice(sheet.rows(), SEARCHED_ROWS):
        if is_blank(cells):
            continue
        found = frozenset(recognised_fields(table, cells))
        yield _Candidate(sheet, number, cells, tuple(titles), found)
        titles.extend(cells)
