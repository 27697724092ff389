"""Records of a sheet: its blocks under their headers, without rows that are no records.

A sheet is a sequence of blocks. A header that is repeated, for instance on every printed page,
continues a block; a different one begins a new block, whose rows are read by its own columns. Only
rows with a doubtful required cell are looked at closely, so that large files stay fast.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from risk.contract import FieldType, Table
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.cells import Cell, Row, all_struck, is_blank, is_struck
from risk.intake.header_location import header_at, unit_row
from risk.intake.headers import (
    Column,
    Header,
    HeaderCells,
    fields_of,
    missing_fields,
    parse_header,
)
from risk.intake.headings import HeadingMatcher, parse_heading
from risk.intake.merged_cells import MergedCells
from risk.intake.non_records import NonRecord, non_record, plain, plain_title
from risk.intake.readers.csv_columnar import Chunk
from risk.intake.readers.sheet import Sheet
from risk.intake.stated_years import stated_years
from risk.intake.units import money_units
from risk.intake.unpaid_rows import unpaid_test

_PLAIN_ID = r"^[A-Za-z_.:/-]*[0-9][A-Za-z0-9_.:/-]*$"
_is_plain_id = re.compile(_PLAIN_ID).match
_has_digit = re.compile(r"\d").search
_WORDS = (FieldType.TEXT, FieldType.ENUM, FieldType.BOOL)
_HEADING_LENGTH, _CACHED = 60, 10_000


@dataclass(frozen=True)
class IncompleteBlock:
    """Block of a sheet whose header, in ``row``, lacks the required ``columns``."""

    row: int
    columns: tuple[str, ...]


class SheetRecords:
    """Reader of the records of one sheet; counts what it passes over.

    ``supplied`` are cells of fields without a column, or functions of a row's cells.
    """

    def __init__(
        self,
        table: Table,
        sheet: Sheet,
        header: Header,
        *,
        cells: HeaderCells,
        match: HeadingMatcher,
        file: str,
        supplied: Sequence[Cell] = (),
    ) -> None:
        self.set_aside: Counter[NonRecord] = Counter()
        self.blocks_read = 1
        self.hidden = 0
        self.struck: list[int] = []
        self._filled = 0  # rows that are not blank
        self._last_filled = header.row
        self.incomplete: list[IncompleteBlock] = []
        self.disagreeing: list[int] = []
        self.footers: list[Cell] = []
        self.merged = MergedCells(sheet.merges, table.key)
        self._table, self._sheet, self._header, self._match = table, sheet, header, match
        self._file, self.supplied = file, tuple(supplied)
        self._titles = {plain_title(cell) for cell in cells.titles if isinstance(cell, str)} - {""}
        self._first_titles: list[Cell] = [cell for cell in cells.titles if isinstance(cell, str)]
        self._recent_titles: list[Cell] = []
        self._block_titles: list[Cell] = []
        self._period = stated_years("", [self._first_titles], "")
        self._raw_heads = [cells]
        self._heading_cache: dict[str, bool] = {}
        self._upcoming: Header | None = None

    def blocks(self, *, start: int | None = None) -> Iterator[tuple[Header, Iterator[Row]]]:
        """Headers with the rows below them; use up the rows before the next header.

        ``start`` is the number of the row to begin at, by default the first below the header.
        """
        first = self._header.row + 1 if start is None else start
        rows = _Peekable(self._counted(row for row in self._sheet.rows() if row[0] >= first))
        header: Header | None = self._header
        while header is not None:
            self._upcoming = None
            yield header, self._rows(rows, header)
            header = self._upcoming

    def chunks(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Chunks of a CSV file without the rows that are no records.

        Ends above a row with a different header; :attr:`resume_at` is then its number.
        """
        look = _Look(self._table, self._header)
        first = True
        for chunk in chunks:
            doubtful = _doubtful(chunk, self._header, look, first=first)
            first = first and not any(number > self._header.row for number in chunk.numbers)
            blank = {number for number, cells in doubtful if is_blank(cells)}
            aside: set[int] = set()
            for row in doubtful:
                begins = self._begins_period(row[1])
                kind = _NEW_HEADER if begins else self._kind(row, None, self._header, look)
                if kind == _NEW_HEADER:
                    self.resume_at = row[0]
                    self._count_filled(chunk, blank, below=row[0])
                    yield _without(chunk, aside, below=row[0])
                    return
                if kind is not None:
                    self._count(kind, row)
                    aside.add(row[0])
            self._count_filled(chunk, blank)
            yield _without(chunk, aside) if aside else chunk

    @property
    def blank_rows(self) -> int:
        """Number of blank rows between those that were read."""
        return self._last_filled - self._header.row - self._filled

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            if not is_blank(row[1]):
                self._filled += 1
                self._last_filled = row[0]
            yield row

    def _count_filled(self, chunk: Chunk, blank: set[int], *, below: int | None = None) -> None:
        """Count the rows of ``chunk`` below the header and above row ``below``."""
        numbers, begin = chunk.numbers, self._header.row
        end = bisect_left(numbers, below) if below is not None else len(numbers)
        ragged = [n for n, _ in chunk.ragged if n > begin and (below is None or n < below)]
        above = bisect_right(numbers, begin)
        last = max([*numbers[end - 1 : end], *ragged], default=begin)
        empty = [n for n in blank if below is None or n < below]
        while last in blank:
            last -= 1
        self._filled += end - above + len(ragged) - len(empty)
        self._last_filled = max(self._last_filled, last)

    @property
    def titles(self) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """Titles above the current block, and those at the top of the sheet."""
        return self._block_titles, self._first_titles

    resume_at: int | None = None
    """Number of the row with a different header at which :meth:`chunks` ended."""

    def _rows(self, rows: _Peekable, header: Header) -> Iterator[Row]:
        look = _Look(self._table, header)
        hidden, first = self._sheet.hidden_rows, True
        corrected = header.quarantine_id is not None  # every row of a quarantine file is a record
        for row in rows:
            cells = row[1]
            if is_blank(cells):
                continue
            if not corrected and (first or look.doubtful(cells)):
                if self._begins_period(cells):
                    rows.put_back(row)
                    self._upcoming = header
                    return
                kind = self._kind(row, rows, header, look)
                if kind == _NEW_HEADER:
                    self._upcoming = self._header_of(row, rows)
                    return
                if kind is not None:
                    self._count(kind, row)
                    continue
            first = False
            if row[0] in hidden:
                self.hidden += 1
            yield self._complete(row, header)

    def _complete(self, row: Row, header: Header) -> Row:
        """``row`` with merged and supplied cells; an amount that contradicts itself is removed."""
        row = self.merged.fill(row, header)
        for alternate in header.alternates:
            row = self._checked(row, header, alternate)
        if not self.supplied:
            return row
        number, cells = row
        padded = [*cells[: header.width], *[None] * (header.width - len(cells))]
        supplied = (one(cells) if callable(one) else one for one in self.supplied)
        return number, [*padded, *supplied]

    def _checked(self, row: Row, header: Header, alternate: Column) -> Row:
        number, cells = row
        column = next(c for c in header.columns if c.field.name == alternate.field.name)
        pair = _amount(cells, column), _amount(cells, alternate)
        if pair[0] is None and pair[1] is not None and alternate.unit is not None:
            other = [*cells, *[None] * (header.width - len(cells))]
            other[column.index] = f"{cells[alternate.index]}{alternate.unit.label}"
            return number, other
        if None in pair or _agree(*pair):  # type: ignore[arg-type]
            return row
        self.disagreeing.append(number)
        return number, [None if index == column.index else c for index, c in enumerate(cells)]

    def _kind(
        self, row: Row, rows: _Peekable | None, header: Header, look: _Look
    ) -> NonRecord | str | None:
        """Kind of a doubtful row; None for a record, ``_NEW_HEADER`` for a different header."""
        cells = row[1]
        if is_blank(cells):
            return None
        if all_struck(cells[c.index] for c in header.columns if c.index < len(cells)):
            return NonRecord.STRUCK
        if (kind := self._kind_of_header(cells, header)) is not None:
            return kind
        following = rows.peek() if rows is not None else None
        if following is not None and not look.complete(cells) and self._is_group(cells, following):
            return NonRecord.HEADING
        if unit_row(cells):
            return NonRecord.HEADING
        key = [cells[index] if index < len(cells) else None for index in look.key]
        kind = non_record(cells, key, complete=look.complete(cells), titles=self._titles)
        return kind or (NonRecord.UNPAID if look.says_unpaid(cells) else None)

    def _begins_period(self, cells: Sequence[Cell]) -> bool:
        """Whether a row is one text that states other years than the titles of its block."""
        filled = [cell for cell in cells if not _empty(cell)]
        if len(filled) != 1 or type(filled[0]) is not str or not _has_digit(filled[0]):
            return False
        period = stated_years("", [filled], "")
        if period is None or period == self._period:
            return False
        self._period, self._block_titles = period, filled
        return True

    def _kind_of_header(self, cells: Sequence[Cell], header: Header) -> NonRecord | str | None:
        """Kind of a row that repeats a header or is a new one, else None."""
        if _repeats(self._raw_heads[-1], cells):
            return NonRecord.HEADING
        if self._looks_like_header(cells):
            return NonRecord.HEADING if self._same_header(cells, header) else _NEW_HEADER
        if any(_repeats(raw, cells) for raw in self._raw_heads[:-1]):
            return NonRecord.HEADING
        return None

    def _count(self, kind: NonRecord | str, row: Row) -> None:
        self.set_aside[NonRecord(kind)] += 1
        if kind == NonRecord.STRUCK:
            self.struck.append(row[0])
        if kind == NonRecord.FOOTER:
            self.footers = [*self.footers, *row[1]][-50:]
        if kind in (NonRecord.TITLE, NonRecord.HEADING):
            self._recent_titles = [*self._recent_titles, *row[1]][-50:]

    def _looks_like_header(self, cells: Sequence[Cell]) -> bool:
        filled = [cell for cell in cells if not _empty(cell)]
        found = sum(type(cell) is str and self._names_field(cell) for cell in filled)
        return found >= 2 and found * 2 >= len(filled)

    def _names_field(self, text: str) -> bool:
        if len(text) > _HEADING_LENGTH:
            return False
        if text not in self._heading_cache:
            if len(self._heading_cache) >= _CACHED:
                self._heading_cache.clear()
            self._heading_cache[text] = self._match(parse_heading(text)) is not None
        return self._heading_cache[text]

    def _same_header(self, cells: Sequence[Cell], header: Header) -> bool:
        found = {
            (field.name, index)
            for index, cell in enumerate(cells)
            if (field := self._match(parse_heading(cell))) is not None
        }
        return found == {(c.field.name, c.index) for c in (*header.columns, *header.alternates)}

    def _is_group(self, cells: Sequence[Cell], following: Row) -> bool:
        texts = all(type(c) is str and not _has_digit(c) for c in cells if not _empty(c))
        return texts and self._looks_like_header(following[1])

    def _header_of(self, row: Row, rows: _Peekable) -> Header:
        """Header that begins in ``row``; its required columns may be missing."""
        found = header_at(row, rows.peek(), self._match, self._sheet.merges)
        units: Sequence[Cell] = ()
        while (following := rows.peek()) is not None and (
            following[0] <= found.cells.row or unit_row(following[1])
        ):
            if following[0] > found.cells.row:
                units = following[1]
            next(rows)
        recent = self._recent_titles
        titles = recent if money_units(recent) else [*self._first_titles, *recent]
        number = found.cells.row + bool(units)
        raw = replace(found.cells, row=number, units=units, titles=tuple(titles))
        if recent:
            self._block_titles, self._recent_titles = recent, []
            self._period = stated_years("", self.titles, "")
        self._raw_heads.append(raw)
        self.blocks_read += 1
        given = [field.name for field in self._table.fields]
        header = parse_header(self._table, raw, file=self._file, match=self._match, given=given)
        lacking = missing_fields(self._table, fields_of(raw, self._match))
        if not lacking:
            return header
        self.incomplete.append(IncompleteBlock(number, tuple(field.zh for field in lacking)))
        # A column beyond the last cell is empty in all rows: they are quarantined.
        beyond = tuple(Column(field, header.width + n) for n, field in enumerate(lacking))
        return replace(header, columns=(*header.columns, *beyond))


_NEW_HEADER = "new_header"


class _Look:
    """First look at the rows below a header: is any required cell doubtful?

    ``key`` are the columns of the key; ``day`` is that of the day of payments, else None.
    """

    def __init__(self, table: Table, header: Header) -> None:
        columns = {c.field.name: c for c in header.columns if c.index < header.width}
        self.key = [columns[name].index for name in table.key if name in columns] or [0]
        required = [column for column in columns.values() if column.field.required]
        self._required = [(column.index, _doubt(column.field.type)) for column in required]
        self._unpaid = unpaid_test(table, {name: one.index for name, one in columns.items()})
        self.day = columns["paid_on"].index if self._unpaid else None

    def doubtful(self, cells: Sequence[Cell]) -> bool:
        """Whether a required cell is empty or does not look like its type."""
        width = len(cells)
        for index, doubt in self._required:
            if index >= width or (cell := cells[index]) is None:
                return True
            if type(cell) is str and doubt(cell):
                return True
        return False

    def complete(self, cells: Sequence[Cell]) -> bool:
        """Whether all required cells are filled."""
        return all(index < len(cells) and not _empty(cells[index]) for index, _ in self._required)

    def says_unpaid(self, cells: Sequence[Cell]) -> bool:
        """Whether a row of payments says that nothing was paid."""
        return self._unpaid is not None and self._unpaid(cells)


class _Peekable(Iterator[Row]):
    """Rows with a look at the next non-blank one."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = None

    def put_back(self, row: Row) -> None:
        """Yield ``row``, the last one yielded, again."""
        self._next = row

    def __next__(self) -> Row:
        if self._next is not None:
            row, self._next = self._next, None
            return row
        return next(self._rows)

    def peek(self) -> Row | None:
        """The next non-blank row, or None at the end; blank rows before it are skipped."""
        while self._next is None or is_blank(self._next[1]):
            self._next = next(self._rows, None)
            if self._next is None:
                return None
        return self._next


def _repeats(raw: HeaderCells, cells: Sequence[Cell]) -> bool:
    """Whether most filled cells of a row equal those of a header."""
    filled = [(index, plain(cell)) for index, cell in enumerate(cells) if not _empty(cell)]
    for heads in (raw.headings, raw.groups, raw.units):
        same = sum(index < len(heads) and plain(heads[index]) == text for index, text in filled)
        if heads and same * 10 >= len(filled) * 9:
            return True
    return False


def _doubt(kind: FieldType) -> Callable[[str], bool]:
    if kind is FieldType.ID:
        return lambda text: not _is_plain_id(text)
    if kind in _WORDS:
        return lambda text: not text.strip() or is_struck(text)
    return lambda text: not _has_digit(text) or is_struck(text)


def _doubtful(chunk: Chunk, header: Header, look: _Look, *, first: bool) -> list[Row]:
    """Rows of ``chunk`` to be looked at: an unusual key, day or width, and the first row of all."""
    usual = pc.match_substring_regex(chunk.columns[look.key[0]], _PLAIN_ID)
    if look.day is not None:
        usual = pc.and_(usual, pc.match_substring_regex(chunk.columns[look.day], "[0-9]"))
    rows = list(chunk.ragged)
    indices = (
        [] if usual.true_count == len(usual) else (pc.indices_nonzero(pc.invert(usual)).to_pylist())
    )
    if first:
        start = next((i for i, n in enumerate(chunk.numbers) if n > header.row), None)
        indices = sorted({*indices, *([] if start is None else [start])})
    if indices:
        taken = pa.array(indices, pa.int64())
        cells = zip(*(column.take(taken).to_pylist() for column in chunk.columns), strict=True)
        rows += [(chunk.numbers[i], list(row)) for i, row in zip(indices, cells, strict=True)]
    return sorted((row for row in rows if row[0] > header.row), key=lambda row: row[0])


def _without(chunk: Chunk, aside: set[int], *, below: int | None = None) -> Chunk:
    """``chunk`` without the rows ``aside`` and without those from number ``below`` on."""
    wanted = np.ones(len(chunk.numbers), bool)
    wanted[[place for number in aside if (place := _place(chunk, number)) is not None]] = False
    if below is not None:
        wanted[bisect_left(chunk.numbers, below) :] = False
    mask = pa.array(wanted)
    return Chunk(
        np.asarray(chunk.numbers)[wanted].tolist(),
        tuple(column.filter(mask) for column in chunk.columns),
        tuple(
            row for row in chunk.ragged if row[0] not in aside and (below is None or row[0] < below)
        ),
    )


def _place(chunk: Chunk, number: int) -> int | None:
    """Index of a row among those as wide as the header; None for any other row."""
    place = bisect_left(chunk.numbers, number)
    found = place < len(chunk.numbers) and chunk.numbers[place] == number
    return place if found else None


def _amount(cells: Sequence[Cell], column: Column) -> int | None:
    try:
        cell = cells[column.index] if column.index < len(cells) else None
        value = parse(cell, column.field, column.unit)
    except CellRefused:
        return None
    return value if isinstance(value, int) else None


def _agree(one: int, other: int) -> bool:
    """Whether two amounts in fen are the same but for rounding to the larger unit."""
    return abs(one - other) * 1_000 <= max(abs(one), abs(other))


def _empty(cell: Cell) -> bool:
    return cell is None or (type(cell) is str and not cell.strip())
