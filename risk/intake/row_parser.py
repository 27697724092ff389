"""Parsing and checking of raw rows into typed columns, one batch at a time.

Columns are parsed one after another, with a cache of parsed texts per column: in a feed most cells
repeat.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

from risk.calendar.dates import add_months, month_start
from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cell_parsers import (
    MONTH_PRECISION,
    NEXT_MONTH,
    YEAR_OF_DAY,
    YEAR_OF_MONTH,
    CellRefused,
    Noted,
    Parsed,
    Value,
    all_plain_ids,
    parse_plain_yuan,
    parser_of,
    require_readable,
)
from risk.intake.cells import CUT_OFF, Cell, Row, as_text, normalise
from risk.intake.checks import MAY_COME, check_known_at, check_region, count_marks
from risk.intake.csv_escaping import append_unit, unescape_cell
from risk.intake.headers import Column, Header
from risk.intake.personal_numbers import FIRM_CODES
from risk.intake.row_errors import Problem, problem, raw_text
from risk.intake.row_keys import key_text
from risk.intake.spellings import last_day
from risk.intake.stated_years import StatedYears
from risk.intake.units import Unit
from risk.intake.wage_days import OF_WAGES, not_before, periods_of

BATCH_ROWS = 10_000
"""Rows parsed, stored and reported at a time; bounds the memory of an import."""

_CACHED_CELLS, _CACHED_LENGTH = 20_000, 64
_MOSTLY_UNIQUE = frozenset((FieldType.ID, FieldType.TEXT, FieldType.MONEY, FieldType.NUMBER))

_MONTH_NUMBER = re.compile(r"1[0-2]|0?[1-9]")
_MAX_RAW = 200
"""Characters of an unreadable cell stored for the list of cells to look at."""

Columns: TypeAlias = dict[str, list[Value]]
Answers: TypeAlias = Mapping[tuple[str, str], Value]
"""Values that people gave for unreadable cells, by field and raw text."""
_Problems: TypeAlias = dict[int, list[Problem]]


@dataclass(frozen=True)
class BadRow:
    """Rejected row: its number, raw cells by field, and problems.

    ``corrects`` is the quarantine id of the row it was meant to correct; ``key`` and ``known_at``
    are those of the row if they could be read.
    """

    number: int
    cells: Mapping[str, Cell]
    surplus: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    corrects: str | None = None
    key: str | None = None
    known_at: dt.date | None = None


@dataclass(frozen=True)
class UnreadableCell:
    """Optional cell of a good row that could not be read; its field is unknown in the store.

    ``raw`` is the beginning of its text with personal numbers masked; ``known_at`` is None if the
    row had no date of its own.
    """

    number: int
    column: str
    raw: str
    code: str
    key: str
    known_at: dt.date | None


@dataclass(frozen=True)
class Batch:
    """Rows of a file as read: good rows as columns, bad rows with their raw cells.

    ``known_at`` is None in rows without one;
    ``corrects`` holds the quarantine ids of good rows that had one. ``marks`` counts data-quality
    marks of good rows; ``notes`` are those of single cells (approximate numbers). Columns are
    lists, or Arrow arrays if :mod:`risk.intake.columnar_parser` read them.
    """

    read: int
    columns: Mapping[str, Any]
    bad: list[BadRow]
    marks: Mapping[str, int]
    corrects: list[str]
    unreadable: list[UnreadableCell] = field(default_factory=list)
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def good(self) -> int:
        """Number of rows that can be stored."""
        return len(self.columns[KNOWN_AT.name])


class BatchParser:
    """Parser of the rows of one file; caches parsed texts per column."""

    def __init__(
        self,
        table: Table,
        header: Header,
        *,
        strict_width: bool,
        today: dt.date,
        lenient: bool = False,
        answers: Answers | None = None,
        years: StatedYears | None = None,
    ) -> None:
        """Parser for ``table`` below ``header``.

        Args:
            table: table of the rows.
            header: columns of the rows.
            strict_width: rows with fewer or more cells than the header are rejected.
            today: day of the import.
            lenient: an unreadable optional cell is unknown instead of rejecting its row.
            answers: values for unreadable cells.
            years: period that gives the year of dates without one.
        """
        self._table = table
        self._header = header
        self._years = years
        self._strict_width = strict_width
        dates = {KNOWN_AT.name, table.event_date, *(fact.date for fact in table.unfolds)}
        happened = dates - MAY_COME
        self._columns = [
            _ColumnParser(
                column, today if column.field.name in happened else None, answers or {}, years
            )
            for column in header.columns
        ]
        self._optional = optional_fields(table) if lenient else frozenset()
        self._absent = _absent(table, header)

    def batches(self, rows: Iterable[Row]) -> Iterator[Batch]:
        """All ``rows``, in batches."""
        rows = iter(rows)
        while piece := list(islice(rows, BATCH_ROWS)):
            yield self._batch(piece)

    def _batch(self, rows: Sequence[Row]) -> Batch:
        problems: _Problems = {}
        self._check_lengths(rows, problems)
        found = _Findings(problems, {}, [], self._optional)
        columns = self._parse(rows, found)
        known_at = list(columns[KNOWN_AT.name])
        check_region(self._table, columns, problems)
        check_known_at(self._table, columns, problems)
        keys = self._keys(columns, {*problems, *found.unreadable})
        for index in problems.keys() & found.unreadable.keys():
            unreadable = found.unreadable.pop(index)
            more = [
                problem(self._table.field(cell.column), cell.code, cell.found)
                for cell in unreadable
            ]
            problems[index] = self._in_order(problems[index] + more)
        good = [index for index in range(len(rows)) if index not in problems]
        notes = found.notes_of_good_rows(problems)
        if problems:
            columns = {name: [cells[index] for index in good] for name, cells in columns.items()}
        return Batch(
            len(rows),
            columns,
            [
                self._bad_row(rows[index], problems[index], keys[index], known_at[index])
                for index in sorted(problems)
            ],
            count_marks(self._table, columns) | notes,
            self._corrected_ids(rows[index] for index in good),
            [
                UnreadableCell(
                    rows[index][0], cell.column, cell.found, cell.code, keys[index] or "", known
                )
                for index in sorted(found.unreadable)
                for cell in found.unreadable[index]
                for known in [_date_or_none(known_at[index])]
            ],
            notes,
        )

    def _keys(self, columns: Columns, rows: Iterable[int]) -> dict[int, str | None]:
        """Keys of ``rows`` by index; None if a required part could not be read."""
        required = [name for name in self._table.key if self._table.field(name).required]
        keys: dict[int, str | None] = {}
        for index in rows:
            complete = all(columns[name][index] is not None for name in required)
            parts = [columns[name][index] for name in self._table.key]
            keys[index] = key_text(parts) if complete else None
        return keys

    def _in_order(self, problems: list[Problem]) -> list[Problem]:
        """``problems`` in the order of the columns, those of the whole row first."""
        names = ["", *(column.field.name for column in self._columns)]
        order = {name: index for index, name in enumerate(names)}
        return sorted(problems, key=lambda found: order.get(found.column, len(order)))

    def _check_lengths(self, rows: Sequence[Row], problems: _Problems) -> None:
        # A workbook's rows end at their last filled cell, but the quarantine's has surplus cells.
        if not self._strict_width and self._header.quarantine_id is None:
            return
        needed = self._header.needed
        lengths = {len(cells) for _, cells in rows}
        if needed <= min(lengths) <= max(lengths) <= self._header.width:
            return
        for index, (_, cells) in enumerate(rows):
            if self._strict_width and len(cells) < needed:
                found, allowed = str(len(cells)), str(needed)
                problems[index] = [Problem("", "too_few_cells", found, allowed)]
            elif surplus := _surplus(cells, self._header.width):
                found, allowed = "; ".join(map(str, surplus))[:200], str(self._header.width)
                problems[index] = [Problem("", "too_many_cells", found, allowed)]

    def _parse(self, rows: Sequence[Row], found: _Findings) -> Columns:
        columns: Columns = {name: [None] * len(rows) for name in self._absent}
        escaped = self._header.quarantine_id is not None
        columns_of_cells = _transpose(rows, 1 + max(column.index for column in self._columns))
        for column in self._columns:
            cells: Sequence[Cell] = columns_of_cells[column.index]
            if escaped:
                cells = [unescape_cell(cell) for cell in cells]
            columns[column.field.name] = column.parse(cells, found)
        if self._years and "period" in columns:
            for column in self._columns:
                if (name := column.field.name) in OF_WAGES:
                    cells = columns_of_cells[column.index]
                    columns[name] = [*map(not_before, columns[name], columns["period"], cells)]
        return columns

    def _bad_row(
        self, row: Row, problems: Sequence[Problem], key: str | None, known_at: Value
    ) -> BadRow:
        number, cells = row
        if self._strict_width:
            cells = [*cells, *[CUT_OFF] * (self._header.needed - len(cells))]
        raw = {column.field.name: column.raw_with_unit(cells) for column in self._columns}
        if self._header.quarantine_id is not None:
            raw = {name: unescape_cell(cell) for name, cell in raw.items()}
        surplus: tuple[Cell, ...] = ()
        if self._strict_width or self._header.quarantine_id is not None:
            surplus = _surplus(cells, self._header.width)
        corrects = self._corrected_id(cells)
        known = _date_or_none(known_at)
        return BadRow(number, raw, surplus, tuple(problems), corrects, key, known)

    def _corrected_ids(self, rows: Iterable[Row]) -> list[str]:
        if self._header.quarantine_id is None:
            return []
        return [corrects for _, cells in rows if (corrects := self._corrected_id(cells))]

    def _corrected_id(self, cells: Sequence[Cell]) -> str | None:
        index = self._header.quarantine_id
        if index is None or index >= len(cells):
            return None
        return str(cells[index] or "").strip() or None


@dataclass(frozen=True)
class _Findings:
    """What the parsing of a batch finds besides values.

    ``problems`` reject their rows; unreadable cells of ``optional`` fields do not. ``notes`` are
    the rows and marks of values that are not exactly what was written.
    """

    problems: _Problems
    unreadable: _Problems
    notes: list[tuple[int, str]]
    optional: frozenset[str]

    def notes_of_good_rows(self, bad: Container[int]) -> Counter[str]:
        """Marks of single cells, counted for the rows that are not ``bad``."""
        return Counter(note for index, note in self.notes if index not in bad)

    def refuse(self, index: int, field: Field, code: str, cell: Cell) -> None:
        """Add a problem of the row ``index``."""
        optional = field.name in self.optional and code != "cut_off"
        raw = raw_text(cell, field)[:_MAX_RAW] if optional else ""
        found = Problem(field.name, code, raw) if optional else problem(field, code, cell)
        (self.unreadable if optional else self.problems).setdefault(index, []).append(found)


class _ParseCache(dict[str, Any]):
    """Parsed values by the text of the cell; a text is parsed on first access."""

    def __init__(self, read: Callable[[Cell], Parsed | CellRefused]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Parsed | CellRefused:
        value = self._read(cell)
        if len(cell) <= _CACHED_LENGTH:
            self[cell] = value
        return value


class _ColumnParser:
    """Parser of the cells of one column.

    A month for a day ends ``today`` at the latest; with None the day may be still to come.
    """

    def __init__(
        self, column: Column, today: dt.date | None, answers: Answers, years: StatedYears | None
    ) -> None:
        self.field: Field = column.field
        self.index = column.index
        self._today = today
        self._parser = CellParser(column.field, column.unit, answers, years)
        self._unit = column.unit
        self._cache = _ParseCache(self._parser)
        self._repeats = column.field.type not in _MOSTLY_UNIQUE

    def parse(self, cells: Sequence[Cell], found: _Findings) -> list[Value]:
        """Values of ``cells``; refused or missing ones are None and added to ``found``."""
        values: list[Any] = self._parse_cached(cells) if self._repeats else self._read(cells)
        for index, value in enumerate(values):
            if type(value) is Noted:
                found.notes.append((index, value.note))
                values[index] = self._as_stored(value)
            elif type(value) is CellRefused:
                found.refuse(index, self.field, value.code, cells[index])
                values[index] = None
            elif value is None and self.field.required:
                code = "unknown_value" if as_text(cells[index]).strip() else "missing"
                found.refuse(index, self.field, code, cells[index])
        return values

    def _as_stored(self, value: Noted[Any]) -> Value:
        stored: Value = value.value
        if value.note in (MONTH_PRECISION, YEAR_OF_MONTH) and isinstance(stored, dt.date):
            return last_day(month_start(stored), self._today)
        if value.note == NEXT_MONTH and isinstance(stored, dt.date):
            month = month_start(stored)
            return last_day(month, self._today, add_months(month, -1))
        return stored

    def raw_with_unit(self, cells: Sequence[Cell]) -> Cell:
        """Raw cell of a row, with the header's unit appended to a bare number."""
        cell = cells[self.index] if self.index < len(cells) else None
        return append_unit(cell, self._unit)

    def _read(self, cells: Sequence[Cell]) -> list[Parsed | CellRefused]:
        parse_cell = self._parser
        plain = self.field.type is FieldType.ID and self.field.name not in FIRM_CODES
        if plain and cells and all_plain_ids(cells):
            return list(cells)
        if self.field.type is FieldType.MONEY and self._unit is None:
            quick = [parse_plain_yuan(cell) for cell in cells]
            return [
                parse_cell(cell) if fen is None else fen
                for fen, cell in zip(quick, cells, strict=True)
            ]
        return [parse_cell(cell) for cell in cells]

    def _parse_cached(self, cells: Sequence[Cell]) -> list[Parsed | CellRefused]:
        cache, parse_cell = self._cache, self._parser
        if len(cache) > _CACHED_CELLS:
            cache.clear()
        # Only text is cached: 1, 1.0 and True are the same dict key.
        return [cache[cell] if type(cell) is str else parse_cell(cell) for cell in cells]


class CellParser:
    """Parser of the cells of one column that returns refusals and looks up answers to them."""

    def __init__(
        self,
        field: Field,
        unit: Unit | None,
        answers: Answers,
        years: StatedYears | None = None,
    ) -> None:
        self._field = field
        self._parser = parser_of(field, unit)
        self._answers = answers
        dated = field.type in (FieldType.DATE, FieldType.MONTH)
        self._years = periods_of(field.name, years) if dated and years else ()
        self._month = _month_named if field.type is FieldType.MONTH else str

    def __call__(self, cell: Cell) -> Parsed | CellRefused:
        """Value of ``cell``, else the answer to its text, else the refusal."""
        try:
            if cell is None:
                return None
            require_readable(cell)
            return self._parser(cell)
        except CellRefused as refused:
            for years in self._years:
                if read := self._with_year(cell, years):
                    return read
            if self._answers:
                raw = raw_text(cell, self._field)[:_MAX_RAW]
                if (self._field.name, raw) in self._answers:
                    return self._answers[self._field.name, raw]
            return CellRefused(refused.code)

    def _with_year(self, cell: Cell, years: StatedYears) -> Noted[Any] | None:
        """Value of a date or a month without a year, with the year of ``years``."""
        text = years.complete(self._month(cell)) if isinstance(cell, str | int) else None
        try:
            value = self._parser(text) if text else None
        except CellRefused:
            return None
        if isinstance(value, Noted):
            return Noted(value.value, YEAR_OF_MONTH)
        return Noted(value, YEAR_OF_DAY) if value else None


def _month_named(cell: str | int) -> str:
    """``cell`` with the word for a month after a number of one: 12 in a column of months."""
    text = normalise(str(cell))
    return f"{text}月" if _MONTH_NUMBER.fullmatch(text) else text


def _date_or_none(value: Value) -> dt.date | None:
    return value if isinstance(value, dt.date) else None


def optional_fields(table: Table) -> frozenset[str]:
    """Fields that may be unknown in a row: not required and not part of its key."""
    names = (field.name for field in table.fields if not field.required)
    return frozenset(names) - set(table.key)


def _transpose(rows: Sequence[Row], width: int) -> list[tuple[Cell, ...]]:
    """First ``width`` columns of ``rows``; short rows are filled up with None."""
    wide = [
        cells if len(cells) >= width else [*cells, *[None] * (width - len(cells))]
        for _, cells in rows
    ]
    return list(islice(zip(*wide, strict=False), width))


def _surplus(cells: Sequence[Cell], width: int) -> tuple[Cell, ...]:
    """Filled cells beyond the header's last column."""
    return tuple(cell for cell in cells[width:] if cell is not None and str(cell).strip())


def _absent(table: Table, header: Header) -> list[str]:
    present = {column.field.name for column in header.columns}
    return [field.name for field in (*table.fields, KNOWN_AT) if field.name not in present]
