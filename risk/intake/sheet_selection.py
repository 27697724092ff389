"""Selection of the sheets of a file that hold a table, and of their headers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from risk.contract import STORED_TABLES, FieldType, Table
from risk.intake.cells import Row, is_blank
from risk.intake.file_errors import (
    FileEmpty,
    HeaderMissing,
    QuotesBroken,
    SeveralTablesFit,
    SheetsHidden,
    TableIncomplete,
    TableNotRecognised,
)
from risk.intake.header_location import LocatedHeader, locate_header
from risk.intake.headers import Column, Header, missing_fields, parse_header
from risk.intake.headings import HeadingMatcher, contract_matcher
from risk.intake.readers import Sheet
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import CellRange
from risk.intake.units import UNCLEAR, has_larger_unit

SEARCHED_ROWS = 60
"""Number of rows searched for the header from the top; titles and notes may precede it."""

_SHOWN, _SHOWN_LENGTH = 6, 16


class SheetTable(NamedTuple):
    """Table that a sheet is read as, and the matcher of its headings."""

    table: Table
    match: HeadingMatcher


Supply = Callable[[Table, Sheet, LocatedHeader], Mapping[str, str]]
"""Cells, by field, that a sheet gives for fields without a column."""


def no_supply(table: Table, sheet: Sheet, located: LocatedHeader) -> Mapping[str, str]:
    """No cells: only columns count."""
    return {}


_NO_TABLES: Mapping[int, SheetTable] = MappingProxyType({})


@dataclass(frozen=True)
class SelectedSheet:
    """Sheet to read as ``table``; ``supplied`` are cells of fields without a column."""

    table: Table
    sheet: Sheet
    header: Header
    located: LocatedHeader
    supplied: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Non-blank rows below the header."""
        above = self.header.row
        for row in self.sheet.rows():
            if row[0] > above and not is_blank(row[1]):
                yield row


@dataclass(frozen=True)
class UnreadSheet:
    """Sheet that is not read.

    ``reason`` is ``hidden``, ``blank``, ``summary``, ``no_header`` or ``incomplete``; an incomplete
    header has ``found`` and lacks ``missing`` columns.
    """

    name: str
    reason: str
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """Sheets to read and sheets that are not read, in the order of the file."""

    read: tuple[SelectedSheet, ...]
    unread: tuple[UnreadSheet, ...] = ()


def with_summaries(selection: Selection, names: Collection[str]) -> Selection:
    """``selection`` with the reason that the sheets called ``names`` are summaries."""
    unread = (
        UnreadSheet(one.name, "summary") if one.name in names and one.reason != "hidden" else one
        for one in selection.unread
    )
    return Selection(selection.read, tuple(unread))


@dataclass(frozen=True)
class _Opened:
    """First rows of a sheet, with the failure that ended them early."""

    sheet: Sheet
    rows: tuple[Row, ...]
    failure: QuotesBroken | None = None


def select_sheet(
    table: Table, sheets: Sequence[Sheet], *, file: str, match: HeadingMatcher | None = None
) -> SelectedSheet:
    """First sheet with all required columns of ``table``; see :func:`select_sheets`."""
    return select_sheets(table, sheets, file=file, match=match).read[0]


def select_sheets(
    table: Table,
    sheets: Sequence[Sheet],
    *,
    file: str,
    match: HeadingMatcher | None = None,
    supply: Supply = no_supply,
    others: bool = False,
    tables: Mapping[int, SheetTable] = _NO_TABLES,
) -> Selection:
    """All visible sheets with the required columns of ``table``.

    With ``others``, the sheets in ``tables`` (by their index) are read as the tables given there,
    and a sheet that has all required columns of exactly one other table as that table. Of a CSV
    file only one sheet is read.

    Raises:
        FileEmpty: no sheet has a filled cell in its first rows.
        HeaderMissing: no row contains any column of the table.
        SheetsHidden: only hidden sheets have the columns.
        ColumnsMissing, ColumnsTwice, UnitUnknown: the best header found is invalid.
    """
    opened = [_open(sheet) for sheet in sheets]
    own = SheetTable(table, match or contract_matcher(table))
    named = [tables.get(index, own) if others else own for index in range(len(opened))]
    located: list[_Fit | None] = []
    read: list[SelectedSheet] = []
    unread: list[UnreadSheet] = []
    single = any(isinstance(one.sheet, CsvSheet) for one in opened)
    for of, one in zip(named, opened, strict=True):
        if single and any(sheet.table is table for sheet in read):
            break  # the others are the same rows, separated otherwise
        located.append(found := _located(*of, one, supply))
        if found is not None and not _lacking(found) and not (single and read):
            if one.sheet.hidden:
                unread.append(UnreadSheet(one.sheet.name, "hidden"))
            else:
                read.append(_selected(found, file))
        elif not single:
            other = _other_table(table, one, supply) if others else None
            if other is not None and not one.sheet.hidden:
                read.append(_selected(other, file))
            else:
                unread.append(_unread(one, found))
    if any(sheet.table is table for sheet in read):
        return Selection(tuple(read), tuple(unread))
    fits = [one for one in located if one and one.table is table]
    _refuse(table, opened, fits, file)
    if hidden := [one.sheet.name for one in fits if one.sheet.hidden and not _lacking(one)]:
        raise SheetsHidden(file=file, sheets=", ".join(hidden))
    best = max(fits, key=lambda one: len(one.located.fields))
    return Selection((_selected(best, file),))  # raises: a required column is missing


def readable(table: Table, sheets: Sequence[Sheet], *, supply: Supply = no_supply) -> bool:
    """Whether a visible sheet has all required columns of ``table``, or gives their cells."""
    match = contract_matcher(table)
    fits = (_located(table, match, _open(one), supply) for one in sheets if not one.hidden)
    return any(fit is not None and not _lacking(fit) for fit in fits)


def recognise_table(
    sheets: Sequence[Sheet], *, file: str, named: Table | None = None, supply: Supply = no_supply
) -> Table:
    """The one table whose required columns a sheet has, by the headers alone.

    ``named`` is taken where its columns are there, whatever else fits.

    Raises:
        TableNotRecognised: no sheet has them, or the headers fit several tables equally well.
        SeveralTablesFit, TableIncomplete: the same, but a sheet has all columns of several tables,
            or some of one.
    """
    opened = [one for one in map(_open, sheets) if not one.sheet.hidden]
    nearest: list[_Fit] = []
    for one in opened:
        fits = [
            fit
            for table in STORED_TABLES.values()
            if (fit := _located(table, contract_matcher(table), one, supply))
        ]
        nearest += fits
        complete = [fit for fit in fits if not _lacking(fit)]
        own = [fit for fit in complete if fit.table is named]
        if unique := _unique_best(own or complete):
            return unique.table
    raise _not_recognised(file, opened, nearest)


def shown_names(names: Sequence[str]) -> str:
    """The first names, short enough for one line."""
    shown = "、".join(name[:_SHOWN_LENGTH] for name in names[:_SHOWN])
    return f"{shown}…" if len(names) > _SHOWN else shown


@dataclass(frozen=True)
class _Fit:
    """Header of a sheet if read as ``table``."""

    table: Table
    sheet: Sheet
    located: LocatedHeader
    match: HeadingMatcher
    supplied: Mapping[str, str]
    rows: Sequence[Row] = ()


def _open(sheet: Sheet) -> _Opened:
    rows: list[Row] = []
    try:
        for row in sheet.rows():
            rows.append(row)
            if len(rows) >= SEARCHED_ROWS:
                break
    except QuotesBroken as failure:  # may be due to the wrong delimiter
        return _Opened(sheet, tuple(rows), failure)
    return _Opened(sheet, tuple(rows))


def _located(table: Table, match: HeadingMatcher, one: _Opened, supply: Supply) -> _Fit | None:
    located = locate_header(table, one.rows, match, merges=_head_merges(one))
    if located is None:
        return None
    supplied: dict[str, str] = {}
    if len(located.fields) >= 2:
        supplied = dict(supply(table, one.sheet, located))
        if supplied:
            again = locate_header(
                table, one.rows, match, merges=_head_merges(one), given=tuple(supplied)
            )
            located = again or located
    return _Fit(table, one.sheet, located, match, supplied, one.rows)


def _head_merges(one: _Opened) -> tuple[CellRange, ...]:
    last = one.rows[-1][0] if one.rows else 0
    return tuple(span for span in one.sheet.merges if span.top <= last)


def _lacking(fit: _Fit) -> list[str]:
    fields = missing_fields(fit.table, (*fit.located.fields, *fit.supplied))
    return [field.zh for field in fields]


def _other_table(table: Table, one: _Opened, supply: Supply) -> _Fit | None:
    tables = (other for other in STORED_TABLES.values() if other is not table)
    fits = (_located(other, contract_matcher(other), one, supply) for other in tables)
    return _unique_best([fit for fit in fits if fit and not _lacking(fit)])


def _unique_best(fits: Sequence[_Fit]) -> _Fit | None:
    """The fit with the most fields, or None if there is none or two have as many."""
    ranked = sorted(fits, key=lambda fit: -len(fit.located.fields))
    if not ranked or (
        len(ranked) > 1 and len(ranked[0].located.fields) == len(ranked[1].located.fields)
    ):
        return None
    return ranked[0]


def _unread(one: _Opened, found: _Fit | None) -> UnreadSheet:
    if one.sheet.hidden:
        return UnreadSheet(one.sheet.name, "hidden")
    if found is None:
        return UnreadSheet(one.sheet.name, "blank")
    fields = [
        found.table.field(name).zh for name in sorted(found.located.fields) if name != "known_at"
    ]
    if len(fields) < 2:
        return UnreadSheet(one.sheet.name, "no_header")
    return UnreadSheet(one.sheet.name, "incomplete", tuple(fields), tuple(_lacking(found)))


def _selected(fit: _Fit, file: str) -> SelectedSheet:
    header = parse_header(
        fit.table, fit.located.cells, file=file, match=fit.match, given=fit.supplied
    )
    beyond = tuple(
        Column(fit.table.field(name), header.width + index)
        for index, name in enumerate(fit.supplied)
    )
    read = tuple(_with_unclear_unit(column, fit) for column in header.columns)
    header = replace(header, columns=(*read, *beyond))
    return SelectedSheet(fit.table, fit.sheet, header, fit.located, fit.supplied)


def _with_unclear_unit(column: Column, fit: _Fit) -> Column:
    """``column``, with a mark that a bare number may be in the unit that other cells name."""
    if column.field.type is not FieldType.MONEY or column.unit is not None:
        return column
    below = (cells for number, cells in fit.rows if number > fit.located.cells.row)
    own = (cells[column.index] for cells in below if column.index < len(cells))
    named = any(map(has_larger_unit, own))
    return replace(column, unit=UNCLEAR) if named else column


def _refuse(table: Table, opened: Sequence[_Opened], fits: Sequence[_Fit], file: str) -> None:
    failures = [one.failure for one in opened if one.failure]
    if failures:
        raise failures[0]
    if not any(one.rows and not all(is_blank(cells) for _, cells in one.rows) for one in opened):
        raise FileEmpty(file=file)
    if not any(one.located.fields for one in fits):
        allowed = "、".join(field.zh for field in table.fields if field.required)
        found = shown_names(_widest(opened))
        raise HeaderMissing(file=file, table=table.zh, found=found, allowed=allowed)


def _not_recognised(
    file: str, opened: Sequence[_Opened], fits: Sequence[_Fit]
) -> TableNotRecognised:
    """Failure that names the nearest table with what it has and lacks, or else the headings."""
    near = [fit for fit in fits if len(fit.located.fields) >= 2]
    if not near:
        return TableNotRecognised(file=file, found=shown_names(_widest(opened)))
    if complete := {fit.table.zh for fit in near if not _lacking(fit)}:
        return SeveralTablesFit(file=file, tables="、".join(sorted(complete)))
    best = min(near, key=lambda fit: (len(_lacking(fit)), -len(fit.located.fields)))
    found, missing = shown_names(_headings(best)), shown_names(_lacking(best))
    return TableIncomplete(file=file, table=best.table.zh, found=found, missing=missing)


def _widest(opened: Sequence[_Opened]) -> list[str]:
    """Texts of the first row with the most of them: the likely header."""
    rows = [
        [text for cell in cells if isinstance(cell, str) and (text := " ".join(cell.split()))]
        for one in opened
        for _, cells in one.rows
    ]
    return max(rows, key=len, default=[])


def _headings(fit: _Fit) -> list[str]:
    headings = fit.located.cells.parsed()
    return [heading.text for heading in headings if heading.text and fit.match(heading)]
