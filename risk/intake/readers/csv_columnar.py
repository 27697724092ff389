"""Columns of text of a CSV file, one chunk at a time, for the columnar parser.

Blocks of lines without quotes are split by Arrow, which gives the same cells as Python's reader for
them. From the first block with a quote or a lone carriage return on, Python's reader is used.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from risk.intake.cells import Row
from risk.intake.readers.csv_text import CsvSheet

BLOCK_BYTES = 2**20
"""Bytes read at a time; bounds the memory of an import, and the time until bad rows are counted."""

BLOCK_LINES = 100_000
"""Lines above which a block is split into chunks of ``BLOCK_ROWS``: very short lines, which are
hardly ever complete rows and take much memory and time."""

BLOCK_ROWS = 20_000
"""Rows per chunk where Python's reader is used."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a file: those as wide as the header as columns, the others as rows.

    ``numbers`` are the row numbers of the columns; ``ragged`` holds the wider and narrower rows.
    """

    numbers: Sequence[int]
    columns: tuple[pa.StringArray, ...]
    ragged: tuple[Row, ...]


def chunks(sheet: CsvSheet, width: int) -> Iterator[Chunk]:
    """Yield rows for a header of ``width`` cells; long runs of blank rows are left out.

    Raises:
        QuotesBroken: a quote is never closed or closes inside a cell.
    """
    offset, number = 0, 0
    with sheet.path.open("rb") as file:
        for block in _plain_blocks(file, sheet.encoding):
            for text, blank_lines in _without_blank_runs(block.text, sheet.delimiter):
                for part in _parts(text):
                    chunk = _split(part, sheet.delimiter, width, number)
                    number += len(chunk.numbers) + len(chunk.ragged)
                    yield chunk
                number += blank_lines
            offset = block.end
    rows = sheet.rows(offset=offset, above=number)
    while read := list(islice(rows, BLOCK_ROWS)):
        yield _to_chunk(read, width)


@dataclass(frozen=True)
class _Block:
    """Complete lines in UTF-8, and the offset of their end in the file."""

    text: bytes
    end: int


def _plain_blocks(file: BinaryIO, encoding: str) -> Iterator[_Block]:
    """Yield blocks of complete lines until the first block that Arrow would split differently.

    In both encodings the bytes of line breaks and quotes are never part of another character.
    """
    begin, rest = 0, b""
    while read := file.read(BLOCK_BYTES):
        lines, broken, rest = (rest + read).rpartition(b"\n")
        raw = lines + broken
        if not (text := _plain_text(raw, encoding, first=begin == 0)):
            return
        begin += len(raw)
        yield _Block(text, begin)
    if text := _plain_text(rest, encoding, first=begin == 0):
        yield _Block(text, begin + len(rest))


def _plain_text(raw: bytes, encoding: str, *, first: bool) -> bytes:
    """``raw`` in UTF-8; empty if it has a quote or a lone carriage return."""
    if b'"' in raw or _has_lone_return(raw):
        return b""
    text = raw.decode(encoding).encode() if encoding == "gb18030" else raw
    if first and encoding == "utf-8-sig":
        text = text.removeprefix(codecs.BOM_UTF8)
    # Arrow would drop a byte order mark that is part of a cell here.
    return b"" if text.startswith(codecs.BOM_UTF8) else text


def _without_blank_runs(text: bytes, delimiter: str) -> Iterator[tuple[bytes, int]]:
    """Parts of ``text`` between long runs of blank lines, and the number of lines in each run."""
    blank = rb"[ \t\r\n" + re.escape(delimiter.encode()) + rb"]"
    # A look at every 64th byte: 15 of them are within each run, and hardly ever outside of runs.
    if not re.search(blank + rb"{15}", text[::64]):
        yield text, 0
        return
    begin = 0
    for run in re.finditer(rb"(?<=\n)" + blank + rb"{1000,}\n", text):
        yield text[begin : run.start()], text.count(b"\n", run.start(), run.end())
        begin = run.end()
    if begin < len(text):
        yield text[begin:], 0


def _parts(text: bytes) -> Iterator[bytes]:
    """``text``, in parts of ``BLOCK_ROWS`` lines if it has more than ``BLOCK_LINES``."""
    begin = 0
    if text.count(b"\n") > BLOCK_LINES:
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
        for end in ends[BLOCK_ROWS - 1 :: BLOCK_ROWS].tolist():
            yield text[begin:end]
            begin = end
    if begin < len(text):
        yield text[begin:]


def _has_lone_return(raw: bytes) -> bool:
    """Whether a carriage return in ``raw`` is not followed by a line feed."""
    if b"\r" not in raw:
        return False
    octets = np.frombuffer(raw, np.uint8)
    returns = octets == ord("\r")
    return bool(returns[-1] or (returns[:-1] & (octets[1:] != ord("\n"))).any())


def _split(text: bytes, delimiter: str, width: int, before: int) -> Chunk:
    """Split plain lines into columns; ``before`` is the number of rows above them."""
    ragged: list[Row] = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((before + row.number, row.text.split(delimiter)))
        return "skip"

    names = [str(index) for index in range(width)]
    rows = pyarrow.csv.read_csv(
        pa.py_buffer(text),
        # Row numbers need a single thread, and no line may cross a block boundary.
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(text) + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter,
            quote_char=False,
            double_quote=False,
            escape_char=False,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    columns = tuple(_contiguous(column) for column in rows.columns)
    numbers: Sequence[int] = range(before + 1, before + 1 + rows.num_rows)
    if ragged:
        aside = {number for number, _ in ragged}
        past = range(before + 1, before + 1 + rows.num_rows + len(ragged))
        numbers = [number for number in past if number not in aside]
    return Chunk(numbers, columns, tuple(ragged))


def _to_chunk(rows: Iterable[Row], width: int) -> Chunk:
    rows = [row for row in rows if any(row[1])]
    even = [row for row in rows if len(row[1]) == width]
    ragged = tuple(row for row in rows if len(row[1]) != width)
    columns = zip(*(cells for _, cells in even), strict=True) if even else [()] * width
    return Chunk(
        [number for number, _ in even],
        tuple(pa.array(column, pa.string()) for column in columns),
        ragged,
    )


def _contiguous(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
