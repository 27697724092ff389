"""Header rows: the field and the unit of each column.

A column is recognised by its field name or its Chinese header. Full-width characters, case, white
space, a star for "required" and a trailing bracket make no difference; a unit in it counts. A
header may have two rows: a group heading above the headings of its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from risk.contract import Field, FieldType, Table
from risk.intake.cells import Cell, match_key
from risk.intake.file_errors import ColumnsMissing, ColumnsTwice, OnlyPlanned, UnitUnknown
from risk.intake.headings import (
    Heading,
    HeadingMatcher,
    contract_matcher,
    parse_heading,
    planned_instead,
    unit_of,
)
from risk.intake.units import Unit, money_units, unit_alone

_IN_UNITS = (FieldType.MONEY, FieldType.SHARE, FieldType.NUMBER)

QUARANTINE_ID = "隔离编号"
"""Header of the first column of a quarantine file: the id of the quarantined row."""


@dataclass(frozen=True)
class Column:
    """Column index of a field, the unit of its amounts, and its heading as written."""

    field: Field
    index: int
    unit: Unit | None = None
    heading: str = ""


@dataclass(frozen=True)
class RefusedColumn:
    """Column of a field that is not read: ``found`` are the units between which it is unclear."""

    field: Field
    heading: str
    found: str


@dataclass(frozen=True)
class Header:
    """Parsed header.

    A row needs at least ``needed`` cells and may have at most ``width``; ``quarantine_id`` is the
    index of the column with quarantine ids; ``ignored`` are the headers of columns not read.
    ``row`` is the number of the header's last row. ``alternates`` hold the same amount as a column
    of ``columns`` in another unit. ``unit_from_title`` is the unit of amounts that a title names.
    """

    row: int
    columns: tuple[Column, ...]
    width: int
    needed: int
    quarantine_id: int | None = None
    ignored: tuple[str, ...] = ()
    refused: tuple[RefusedColumn, ...] = ()
    alternates: tuple[Column, ...] = ()
    unit_from_title: Unit | None = None

    @property
    def unread(self) -> tuple[str, ...]:
        """Headings of all columns not read, for whatever reason."""
        refused = (column.heading for column in self.refused)
        return (*self.ignored, *refused, *(column.heading for column in self.alternates))

    @property
    def signature(self) -> tuple[tuple[str, int, Unit | None], ...]:
        """Field, index and unit of every column; equal if rows below are read alike."""
        return tuple((column.field.name, column.index, column.unit) for column in self.columns)


@dataclass(frozen=True)
class HeaderCells:
    """Raw cells of a header: ``row`` is the number of its last row.

    ``groups`` are the cells of the row above in a header of two rows, already filled to the right;
    ``units`` those of a row of units below the headings; ``titles`` all cells above.
    """

    row: int
    headings: Sequence[Cell]
    groups: Sequence[Cell] = ()
    units: Sequence[Cell] = ()
    titles: Sequence[Cell] = ()

    def parsed(self) -> list[Heading]:
        """Headings of the columns, from the first."""
        width = max(len(self.headings), len(self.groups))
        return [
            parse_heading(_at(self.headings, index), _at(self.groups, index))
            for index in range(width)
        ]


def recognised_fields(
    table: Table, cells: Sequence[Cell], *, match: HeadingMatcher | None = None
) -> set[str]:
    """Names of the fields that ``cells`` contain if read as a header row."""
    return fields_of(HeaderCells(0, cells), match or contract_matcher(table))


def fields_of(cells: HeaderCells, match: HeadingMatcher) -> set[str]:
    """Names of the fields that the headings of ``cells`` match."""
    found = (match(heading) for heading in cells.parsed() if heading.text)
    return {field.name for field in found if field is not None}


def missing_fields(table: Table, found: Iterable[str]) -> list[Field]:
    """Required fields of ``table`` not in ``found``."""
    found = set(found)
    return [field for field in table.fields if field.required and field.name not in found]


def read_header(
    table: Table,
    row: int,
    cells: Sequence[Cell],
    *,
    titles: Sequence[Cell] = (),
    file: str,
    match: HeadingMatcher | None = None,
) -> Header:
    """Parse the header row ``cells``; see :func:`parse_header`."""
    raw = HeaderCells(row, cells, titles=titles)
    return parse_header(table, raw, file=file, match=match or contract_matcher(table))


def parse_header(
    table: Table,
    cells: HeaderCells,
    *,
    file: str,
    match: HeadingMatcher,
    given: Iterable[str] = (),
) -> Header:
    """Parse a header; ``given`` are names of fields that need no column.

    A column of amounts without a unit of its own has the unit of the titles; where these name two,
    the column is refused.

    Raises:
        ColumnsMissing: a required field has no column.
        ColumnsTwice: a field has two columns that are no amounts in two units.
        UnitUnknown: a header has a unit its field does not allow.
    """
    titles = money_units(cells.titles)
    columns: list[Column] = []
    refused: list[RefusedColumn] = []
    ignored: list[str] = []
    quarantine_id = None
    for index, heading in enumerate(cells.parsed()):
        field = match(heading) if heading.text else None
        if field is not None:
            column = _column(field, index, heading, _at(cells.units, index), titles, file)
            if isinstance(column, Column):
                columns.append(column)
            else:
                refused.append(column)
        elif match_key(heading.text) == QUARANTINE_ID:
            quarantine_id = index
        elif heading.text:
            ignored.append(heading.text)
    columns, alternates = _without_alternates(columns)
    found = [*(column.field.name for column in columns), *given]
    _refuse_missing(table, found, [*(column.field.zh for column in columns), *ignored], file)
    _refuse_twice(columns, file)
    filled = [index for index, heading in enumerate(cells.parsed()) if heading.text]
    needed = max(filled) + 1
    # Rows of the quarantine may have surplus cells; a reader may pad the header to their width.
    width = needed if quarantine_id is not None else max(len(cells.headings), len(cells.groups))
    return Header(
        row=cells.row,
        columns=tuple(columns),
        width=width,
        needed=needed,
        quarantine_id=quarantine_id,
        ignored=tuple(ignored),
        refused=tuple(refused),
        alternates=tuple(alternates),
        unit_from_title=titles[0] if len(titles) == 1 else None,
    )


def _column(
    field: Field,
    index: int,
    heading: Heading,
    below: Cell,
    titles: tuple[Unit, ...],
    file: str,
) -> Column | RefusedColumn:
    """Column of a heading; ``below`` is the cell of a row of units, ``titles`` name the default."""
    text = heading.unit or unit_alone(below) or ""
    found = unit_of(field, text)
    if found.unknown and field.type not in _IN_UNITS and _is_of_group(heading):
        found = unit_of(field, "")
    if found.unknown:
        allowed = "元, 万元" if field.type is FieldType.MONEY else "-"
        raise UnitUnknown(file=file, column=field.zh, found=text, allowed=allowed)
    if found.several:
        return RefusedColumn(field, heading.text, text)
    if field.type is not FieldType.MONEY or found.unit is not None:
        return Column(field, index, found.unit, heading.text)
    if len(titles) > 1:
        return RefusedColumn(field, heading.text, "、".join(unit.label for unit in titles))
    return Column(field, index, titles[0] if titles else None, heading.text)


def _is_of_group(heading: Heading) -> bool:
    """Whether only the group names a unit: 人数 below 发放（万元）, which is about the amounts."""
    own = heading.text.rpartition("/")[2]
    return own != heading.text and unit_alone(own) is None and not parse_heading(own).unit


def _without_alternates(columns: list[Column]) -> tuple[list[Column], list[Column]]:
    """Columns, and those that repeat an amount of one of them in another unit."""
    first: dict[str, Column] = {}
    alternates = []
    for column in columns:
        units = (first.setdefault(column.field.name, column).unit, column.unit)
        if column.field.type is FieldType.MONEY and None not in units and units[0] != units[1]:
            alternates.append(column)
    return [column for column in columns if column not in alternates], alternates


def _refuse_missing(table: Table, found: list[str], columns: list[str], file: str) -> None:
    lacking = missing_fields(table, found)
    if planned := planned_instead(table, map(parse_heading, columns), lacking):
        raise OnlyPlanned(file=file, column=planned[0].text, columns=planned[1].zh)
    if lacking:
        raise ColumnsMissing(
            file=file,
            columns=", ".join(f"{field.zh}/{field.name}" for field in lacking),
            found=", ".join(columns)[:500],
        )


def _refuse_twice(columns: list[Column], file: str) -> None:
    names = [column.field.name for column in columns]
    twice: Mapping[str, Field] = {
        column.field.name: column.field for column in columns if names.count(column.field.name) > 1
    }
    if twice:
        raise ColumnsTwice(
            file=file, columns=", ".join(f"{field.zh}/{field.name}" for field in twice.values())
        )


def _at(cells: Sequence[Cell], index: int) -> Cell:
    return cells[index] if index < len(cells) else None
