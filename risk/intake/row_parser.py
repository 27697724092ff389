"""Parsing and checking of raw rows into typed columns, one batch at a time.

Columns are parsed one after another, with a cache of parsed texts per column: in a feed most cells
repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cell_parsers import (
    CellRefused,
    Value,
    all_plain_ids,
    parse_plain_yuan,
    parser_of,
    require_readable,
)
from risk.intake.cells import CUT_OFF, Cell, Row
from risk.intake.checks import check_known_at, check_region, count_marks
from risk.intake.csv_escaping import append_unit, unescape_cell
from risk.intake.headers import Column, Header
from risk.intake.row_errors import Problem, problem

BATCH_ROWS = 10_000
"""Rows parsed, stored and reported at a time; bounds the memory of an import."""

_CACHED_CELLS, _CACHED_LENGTH = 20_000, 64
_MOSTLY_UNIQUE = frozenset((FieldType.ID, FieldType.TEXT, FieldType.MONEY, FieldType.NUMBER))

Columns: TypeAlias = dict[str, list[Value]]
_Problems: TypeAlias = dict[int, list[Problem]]


@dataclass(frozen=True)
class BadRow:
    """Rejected row: its number, raw cells by field, and problems.

    ``corrects`` is the quarantine id of the row it was meant to correct.
    """

    number: int
    cells: Mapping[str, Cell]
    surplus: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    corrects: str | None = None


@dataclass(frozen=True)
class Batch:
    """Rows of a file as read: good rows as columns, bad rows with their raw cells.

    ``known_at`` is None in rows without one. ``corrects`` holds the quarantine ids of good rows
    that had one. Columns are lists, or Arrow arrays if :mod:`risk.intake.columnar_parser` read
    them.
    """

    read: int
    columns: Mapping[str, Any]
    bad: list[BadRow]
    marks: Mapping[str, int]
    corrects: list[str]

    @property
    def good(self) -> int:
        """Number of rows that can be stored."""
        return len(self.columns[KNOWN_AT.name])


class BatchParser:
    """Parser of the rows of one file; caches parsed texts per column."""

    def __init__(self, table: Table, header: Header, *, strict_width: bool) -> None:
        """``strict_width``: rows with fewer or more cells than the header are rejected."""
        self._table = table
        self._header = header
        self._strict_width = strict_width
        self._columns = [_ColumnParser(column) for column in header.columns]
        self._absent = _absent(table, header)

    def batches(self, rows: Iterable[Row]) -> Iterator[Batch]:
        """All ``rows``, in batches."""
        rows = iter(rows)
        while piece := list(islice(rows, BATCH_ROWS)):
            yield self._batch(piece)

    def _batch(self, rows: Sequence[Row]) -> Batch:
        problems: _Problems = {}
        self._check_lengths(rows, problems)
        columns = self._parse(rows, problems)
        check_region(self._table, columns, problems)
        check_known_at(self._table, columns, problems)
        good = [index for index in range(len(rows)) if index not in problems]
        if problems:
            columns = {name: [cells[index] for index in good] for name, cells in columns.items()}
        return Batch(
            len(rows),
            columns,
            [self._bad_row(rows[index], problems[index]) for index in sorted(problems)],
            count_marks(self._table, columns),
            self._corrected_ids(rows[index] for index in good),
        )

    def _check_lengths(self, rows: Sequence[Row], problems: _Problems) -> None:
        lengths = {len(cells) for _, cells in rows}
        if not self._strict_width or self._header.needed <= min(lengths) <= max(lengths) <= (
            self._header.width
        ):
            return
        for index, (_, cells) in enumerate(rows):
            if len(cells) < self._header.needed:
                found, allowed = str(len(cells)), str(self._header.needed)
                problems[index] = [Problem("", "too_few_cells", found, allowed)]
            elif surplus := _surplus(cells, self._header.width):
                found, allowed = "; ".join(map(str, surplus))[:200], str(self._header.width)
                problems[index] = [Problem("", "too_many_cells", found, allowed)]

    def _parse(self, rows: Sequence[Row], problems: _Problems) -> Columns:
        columns: Columns = {name: [None] * len(rows) for name in self._absent}
        escaped = self._header.quarantine_id is not None
        columns_of_cells = _transpose(rows, 1 + max(column.index for column in self._columns))
        for column in self._columns:
            cells: Sequence[Cell] = columns_of_cells[column.index]
            if escaped:
                cells = [unescape_cell(cell) for cell in cells]
            columns[column.field.name] = column.parse(cells, problems)
        return columns

    def _bad_row(self, row: Row, problems: Sequence[Problem]) -> BadRow:
        number, cells = row
        if self._strict_width and len(cells) < self._header.needed:
            cells = [*cells, *[CUT_OFF] * (self._header.needed - len(cells))]
        raw = {column.field.name: column.raw_with_unit(cells) for column in self._columns}
        if self._header.quarantine_id is not None:
            raw = {name: unescape_cell(cell) for name, cell in raw.items()}
        surplus = _surplus(cells, self._header.width) if self._strict_width else ()
        return BadRow(number, raw, surplus, tuple(problems), self._corrected_id(cells))

    def _corrected_ids(self, rows: Iterable[Row]) -> list[str]:
        if self._header.quarantine_id is None:
            return []
        return [corrects for _, cells in rows if (corrects := self._corrected_id(cells))]

    def _corrected_id(self, cells: Sequence[Cell]) -> str | None:
        index = self._header.quarantine_id
        if index is None or index >= len(cells):
            return None
        return str(cells[index] or "").strip() or None


class _ParseCache(dict[str, Any]):
    """Parsed values by the text of the cell; a text is parsed on first access."""

    def __init__(self, read: Callable[[Cell], Value | CellRefused]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Value | CellRefused:
        value = self._read(cell)
        if len(cell) <= _CACHED_LENGTH:
            self[cell] = value
        return value


class _ColumnParser:
    """Parser of the cells of one column."""

    def __init__(self, column: Column) -> None:
        self.field: Field = column.field
        self.index = column.index
        self._unit = column.unit
        self._parser = parser_of(column.field, column.unit)
        self._cache = _ParseCache(self._parse_cell)
        self._repeats = column.field.type not in _MOSTLY_UNIQUE

    def parse(self, cells: Sequence[Cell], problems: _Problems) -> list[Value]:
        """Values of ``cells``; refused or missing ones are None and add a problem to their row."""
        values: list[Any] = self._parse_cached(cells) if self._repeats else self._read(cells)
        for index, value in enumerate(values):
            if type(value) is CellRefused:
                found = problem(self.field, value.code, cells[index])
                problems.setdefault(index, []).append(found)
                values[index] = None
            elif value is None and self.field.required:
                found = problem(self.field, "missing", cells[index])
                problems.setdefault(index, []).append(found)
        return values

    def raw_with_unit(self, cells: Sequence[Cell]) -> Cell:
        """Raw cell of a row, with the header's unit appended to a bare number."""
        cell = cells[self.index] if self.index < len(cells) else None
        return append_unit(cell, self._unit)

    def _read(self, cells: Sequence[Cell]) -> list[Value | CellRefused]:
        parse_cell = self._parse_cell
        if self.field.type is FieldType.ID and cells and all_plain_ids(cells):
            return list(cells)
        if self.field.type is FieldType.MONEY and self._unit is None:
            quick = [parse_plain_yuan(cell) for cell in cells]
            return [
                parse_cell(cell) if fen is None else fen
                for fen, cell in zip(quick, cells, strict=True)
            ]
        return [parse_cell(cell) for cell in cells]

    def _parse_cached(self, cells: Sequence[Cell]) -> list[Value | CellRefused]:
        cache, parse_cell = self._cache, self._parse_cell
        if len(cache) > _CACHED_CELLS:
            cache.clear()
        # Only text is cached: 1, 1.0 and True are the same dict key.
        return [cache[cell] if type(cell) is str else parse_cell(cell) for cell in cells]

    def _parse_cell(self, cell: Cell) -> Value | CellRefused:
        try:
            if cell is None:
                return None
            require_readable(cell)
            return self._parser(cell)
        except CellRefused as refused:
            return CellRefused(refused.code)


def _transpose(rows: Sequence[Row], width: int) -> list[tuple[Cell, ...]]:
    """First ``width`` columns of ``rows``; short rows are filled up with None."""
    wide = [
        cells if len(cells) >= width else [*cells, *[None] * (width - len(cells))]
        for _, cells in rows
    ]
    return list(islice(zip(*wide, strict=False), width))


def _surplus(cells: Sequence[Cell], width: int) -> tuple[Cell, ...]:
    """Filled cells beyond the header's last column."""
    if len(cells) <= width:
        return ()
    return tuple(cell for cell in cells[width:] if cell is not None and str(cell).strip())


def _absent(table: Table, header: Header) -> list[str]:
    present = {column.field.name for column in header.columns}
    return [field.name for field in (*table.fields, KNOWN_AT) if field.name not in present]
