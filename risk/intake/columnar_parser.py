"""Columnar parser of CSV files: whole columns are parsed and checked at once.

Only rows without any doubt are accepted here. Every other row is parsed again, cell by cell, by
:class:`risk.intake.row_parser.BatchParser`, which decides: it reports the row's problems or accepts
it. Both parsers therefore give the same rows, values and problems.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from risk.contract import KNOWN_AT, FieldType, Table
from risk.intake.cells import Row, is_blank
from risk.intake.checks import MARKED, REGION, count_marks
from risk.intake.column_parsers import ARROW, ColumnParser
from risk.intake.headers import Header
from risk.intake.readers.csv_columnar import Chunk
from risk.intake.row_parser import Answers, Batch, BatchParser
from risk.intake.stated_years import StatedYears

_NUMBER = "row_number"


@dataclass(frozen=True)
class _Parsed:
    """Parsed columns with row numbers, and a mask of the rows that need the row parser."""

    rows: pa.Table
    doubtful: pa.BooleanArray


class ColumnarParser:
    """Parser of the chunks of one CSV file."""

    def __init__(
        self,
        table: Table,
        header: Header,
        *,
        today: dt.date,
        lenient: bool = False,
        answers: Answers | None = None,
        years: StatedYears | None = None,
    ) -> None:
        """Parser with the options of :class:`risk.intake.row_parser.BatchParser`."""
        self._table = table
        self._header = header
        self._readers = [
            (column, ColumnParser(column.field, column.unit, answers)) for column in header.columns
        ]
        self._row_parser = BatchParser(
            table,
            header,
            strict_width=True,
            today=today,
            lenient=lenient,
            answers=answers,
            years=years,
        )

    def batches(self, chunks: Iterable[Chunk]) -> Iterator[Batch]:
        """Batches of all non-blank rows below the header; their columns are Arrow arrays."""
        for chunk in chunks:
            batch = self._batch(_below(chunk, self._header.row))
            if batch.read:
                yield batch

    def _batch(self, chunk: Chunk) -> Batch:
        parsed = self._parse(chunk)
        rows = sorted([*_rows(chunk, parsed.doubtful), *chunk.ragged], key=lambda row: row[0])
        checked = [row for row in rows if not is_blank(row[1])]
        accepted = parsed.rows.filter(pc.invert(parsed.doubtful))
        batches = list(self._row_parser.batches(checked))
        bad = [row for batch in batches for row in batch.bad]
        if len(bad) < len(checked):
            refused = {row.number for row in bad}
            numbers = [number for number, _ in checked if number not in refused]
            corrected = self._as_rows(batches, numbers)
            accepted = pa.concat_tables([accepted, corrected]).sort_by(_NUMBER)
        notes = _notes(batches)
        marked = {name: accepted[name].to_pylist() for name in MARKED.get(self._table.name, ())}
        return Batch(
            accepted.num_rows + len(bad),
            {name: accepted[name] for name in self._fields},
            bad,
            count_marks(self._table, marked) | notes,
            [],
            [cell for batch in batches for cell in batch.unreadable],
            notes,
        )

    @property
    def _fields(self) -> dict[str, FieldType]:
        return {field.name: field.type for field in (*self._table.fields, KNOWN_AT)}

    def _parse(self, chunk: Chunk) -> _Parsed:
        count = len(chunk.numbers)
        columns = {name: pa.nulls(count, ARROW[kind]) for name, kind in self._fields.items()}
        doubts = []
        for column, reader in self._readers:
            parsed = reader.read(chunk.columns[column.index])
            columns[column.field.name] = parsed.values
            doubts.append(parsed.doubtful)
            if column.field.required:
                doubts.append(parsed.values.is_null())
        columns[_NUMBER] = pa.array(chunk.numbers, pa.int64())
        doubts += self._checks(columns)
        return _Parsed(pa.table(columns), reduce(pc.or_, doubts))

    def _checks(self, columns: dict[str, pa.Array]) -> Iterator[pa.BooleanArray]:
        """Masks of rows that a check of :mod:`risk.intake.checks` would refuse, one per check."""
        if self._table.event_date is not None:
            early = pc.less(columns[KNOWN_AT.name], columns[self._table.event_date])
            yield pc.fill_null(early, False)
        if self._table.name == "projects":
            region = pc.match_substring_regex(columns["region_code"], f"^{REGION.pattern}$")
            yield pc.invert(pc.fill_null(region, True))

    def _as_rows(self, batches: Sequence[Batch], numbers: Sequence[int]) -> pa.Table:
        """Good rows of ``batches`` as an Arrow table; ``numbers`` are their row numbers."""
        columns = {
            name: pa.array([cell for batch in batches for cell in batch.columns[name]], ARROW[kind])
            for name, kind in self._fields.items()
        }
        columns[_NUMBER] = pa.array(numbers, pa.int64())
        return pa.table(columns)


@contextmanager
def system_memory() -> Iterator[None]:
    """Let Arrow allocate from the C library within the block.

    Arrow's own pool returns the pages of each chunk to the system and takes new ones for the next:
    a third of the time of an import. Buffers remember where they came from.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def _notes(batches: Iterable[Batch]) -> Counter[str]:
    """Marks of single cells; those of whole rows are counted over all good rows."""
    total: Counter[str] = Counter()
    for batch in batches:
        total.update(batch.notes)
    return total


def _below(chunk: Chunk, header_row: int) -> Chunk:
    """Rows of ``chunk`` below the header."""
    above = sum(number <= header_row for number in chunk.numbers[:header_row])
    if not above and not chunk.ragged:
        return chunk
    return Chunk(
        chunk.numbers[above:],
        tuple(column[above:] for column in chunk.columns),
        tuple(row for row in chunk.ragged if row[0] > header_row),
    )


def _rows(chunk: Chunk, mask: pa.BooleanArray) -> list[Row]:
    """Raw rows of ``chunk`` where ``mask`` is true."""
    indices = pc.indices_nonzero(mask)
    cells = zip(*(column.take(indices).to_pylist() for column in chunk.columns), strict=True)
    numbers = (chunk.numbers[index] for index in indices.to_pylist())
    return [(number, list(row)) for number, row in zip(numbers, cells, strict=True)]
