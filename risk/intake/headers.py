"""Header rows: the field and the unit of each column.

A column is recognised by its field name or its Chinese header. Full-width characters, case, white
space, a star for "required" and a trailing bracket make no difference; a unit in it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cells import Cell, match_key
from risk.intake.file_errors import ColumnsMissing, ColumnsTwice, UnitUnknown
from risk.intake.units import MONEY_UNITS, PERCENT, Unit

SEARCHED_ROWS = 10
"""Number of rows searched for the header from the top; titles may precede it."""

QUARANTINE_ID = "隔离编号"
"""Header of the first column of a quarantine file: the id of the quarantined row."""

_HEADING_LENGTH = 200  # a longer cell is content
_BRACKET = re.compile(r"\(([^()]*)\)$")
_NOISE = re.compile(r"[*:_\"'“”]")
_UNIT_NOISE = re.compile(r"单位|人民币|[:,;、]")
_TITLE_UNIT = re.compile(r"单位:?(?:人民币)?((?:千|百万|万|亿)元)")
_BARE_UNIT = re.compile(r"(.+?)((?:千|百万|万|亿)?元|%)")


@dataclass(frozen=True)
class Column:
    """Column index of a field, and the unit named in its header."""

    field: Field
    index: int
    unit: Unit | None = None


@dataclass(frozen=True)
class Header:
    """Parsed header row.

    A row needs at least ``needed`` cells and may have at most ``width``; ``quarantine_id`` is the
    index of the column with quarantine ids; ``ignored`` are the headers of columns not read.
    """

    row: int
    columns: tuple[Column, ...]
    width: int
    needed: int
    quarantine_id: int | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Heading:
    """Name and unit of one header cell."""

    name: str
    unit: str | None


def recognised_fields(table: Table, cells: Sequence[Cell]) -> set[str]:
    """Names of the fields that ``cells`` contain if read as a header row."""
    names = _names(table)
    found = (_field_of(heading, names) for heading in map(_heading, cells))
    return {field.name for field in found if field is not None}


def missing_fields(table: Table, found: Iterable[str]) -> list[Field]:
    """Required fields of ``table`` not in ``found``."""
    found = set(found)
    return [field for field in table.fields if field.required and field.name not in found]


def read_header(
    table: Table, row: int, cells: Sequence[Cell], *, titles: Sequence[Cell] = (), file: str
) -> Header:
    """Parse the header row ``cells``; ``titles``, the cells above, may contain 单位：万元.

    Raises:
        ColumnsMissing: a required field has no column.
        ColumnsTwice: a field has two columns.
        UnitUnknown: a header has a unit its field does not allow.
    """
    names, default = _names(table), _title_unit(titles)
    columns: list[Column] = []
    ignored: list[str] = []
    quarantine_id = None
    for index, cell in enumerate(cells):
        heading = _heading(cell)
        field = _field_of(heading, names)
        if field is not None:
            columns.append(Column(field, index, _unit(field, heading, default, file)))
        elif heading.name == QUARANTINE_ID:
            quarantine_id = index
        elif heading.name:
            ignored.append(str(cell).strip())
    _refuse_missing(table, columns, ignored, file)
    _refuse_twice(columns, file)
    filled = [index for index, cell in enumerate(cells) if cell not in (None, "")]
    return Header(row, tuple(columns), len(cells), max(filled) + 1, quarantine_id, tuple(ignored))


def _refuse_missing(table: Table, columns: list[Column], ignored: list[str], file: str) -> None:
    lacking = missing_fields(table, (column.field.name for column in columns))
    if lacking:
        found = [column.field.zh for column in columns] + ignored
        raise ColumnsMissing(
            file=file,
            columns=", ".join(f"{field.zh}/{field.name}" for field in lacking),
            found=", ".join(found)[:500],
        )


def _refuse_twice(columns: list[Column], file: str) -> None:
    names = [column.field.name for column in columns]
    twice = {
        column.field.name: column.field for column in columns if names.count(column.field.name) > 1
    }
    if twice:
        raise ColumnsTwice(
            file=file, columns=", ".join(f"{field.zh}/{field.name}" for field in twice.values())
        )


def _names(table: Table) -> Mapping[str, Field]:
    fields = (*table.fields, KNOWN_AT)
    english = {field.name.replace("_", ""): field for field in fields}
    return english | {match_key(field.zh): field for field in fields}


def _heading(cell: Cell) -> _Heading:
    name, units = match_key(str(cell or "")[:_HEADING_LENGTH]), []
    while found := _BRACKET.search(name):
        units.append(found[1])
        name = name[: found.start()]
    return _Heading(_NOISE.sub("", name), ",".join(reversed(units)) or None)


def _field_of(heading: _Heading, names: Mapping[str, Field]) -> Field | None:
    if heading.name in names:
        return names[heading.name]
    bare = _BARE_UNIT.fullmatch(heading.name)
    field = names.get(bare[1]) if bare else None
    return field if field and field.type in (FieldType.MONEY, FieldType.SHARE) else None


def _unit(field: Field, heading: _Heading, default: Unit | None, file: str) -> Unit | None:
    """Unit of a column; a bracket without a unit (必填, 2026-03-05) is a note."""
    unit_text = _UNIT_NOISE.sub("", heading.unit or "")
    bare = _BARE_UNIT.fullmatch(heading.name)
    unit_text = unit_text or (bare[2] if bare else "")
    unit = MONEY_UNITS.get(unit_text)
    if field.type is FieldType.SHARE:
        return PERCENT if "%" in unit_text else None
    if field.type is FieldType.MONEY and (unit or "元" not in unit_text):
        return unit or default
    # Reading 美元 or 数值(万元) in the field's own unit would be wrong by orders of magnitude.
    if field.type in (FieldType.MONEY, FieldType.COUNT, FieldType.NUMBER) and (
        "元" in unit_text and unit_text != "元"
    ):
        allowed = "元, 万元" if field.type is FieldType.MONEY else "-"
        raise UnitUnknown(
            file=file, column=field.zh, found=heading.unit or unit_text, allowed=allowed
        )
    return None


def _title_unit(titles: Sequence[Cell]) -> Unit | None:
    for cell in titles:
        if found := _TITLE_UNIT.search(match_key(str(cell or ""))):
            return MONEY_UNITS[found[1]]
    return None
