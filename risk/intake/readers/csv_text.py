"""Text in UTF-8, UTF-16 with BOM or GB18030, separated by comma, semicolon, tab or bar.

The file is read twice, in blocks: once to detect the encoding, once for the rows. UTF-16 is first
converted to UTF-8 in a temporary file, so that there is one way of reading.
"""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from risk.intake.cells import Row
from risk.intake.file_errors import (
    EncodingUnknown,
    FileEmpty,
    LineTooLong,
    NotText,
    QuotesBroken,
    SheetTooLarge,
)
from risk.intake.readers.sheet import CellRange, Sheet, check_filled

ALLOWED_ENCODINGS = "UTF-8, UTF-16, GB18030"

DELIMITERS = (",", ";", "\t", "|")

MAX_FIELD = 16 * 2**20
"""Maximum characters of one cell; a longer cell means that a quote was left open."""

MAX_LINE = 8 * 2**20
"""Maximum bytes of one line, that of sixty full cells of a spreadsheet; lines are read into memory
and searched for a header in every way a file may be separated."""

MAX_COLUMNS = 16_384
"""Maximum columns of a header, as in spreadsheet programs."""

MAX_BLANK_RUN = 100
"""Blank lines in sequence that are yielded; the others of a longer run are skipped."""

_BLOCK_BYTES = 2**20
_HEAD_ROWS = 100
_BINARY_STARTS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16_STARTS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvSheet:
    """A CSV file read with one delimiter."""

    path: Path
    encoding: str
    delimiter: str
    name: str = ""
    strict_width: bool = True
    hidden: bool = False
    merges: tuple[CellRange, ...] = ()
    hidden_rows: tuple[int, ...] = ()

    def rows(self, *, offset: int = 0, above: int = 0) -> Iterator[Row]:
        """Yield rows numbered as in a spreadsheet, where a cell with line breaks is one row.

        Of a long run of blank lines only the first are yielded. ``offset`` is the byte offset of
        the row to start at, ``above`` the number of rows above.

        Raises:
            QuotesBroken: a quote is never closed or closes inside a cell.
            SheetTooLarge: one of the first rows has too many cells.
        """
        csv.field_size_limit(MAX_FIELD)
        encoding = "utf-8" if offset and self.encoding == "utf-8-sig" else self.encoding
        with self.path.open("rb") as file:
            file.seek(offset)
            lines = io.TextIOWrapper(file, encoding=encoding, newline="")
            for number, cells in self._numbered(lines, above):
                if number <= _HEAD_ROWS:
                    if len(cells) > MAX_COLUMNS:
                        limits = {"found": len(cells), "allowed": MAX_COLUMNS}
                        raise SheetTooLarge(file=self.path.name, **limits)
                    check_filled(self.path.name, cells)
                yield number, cells

    def _numbered(self, lines: io.TextIOWrapper, above: int) -> Iterator[tuple[int, list[str]]]:
        """Rows of ``lines`` and their numbers, of which the first is ``above`` plus one."""
        source: Iterator[str] = lines
        last = above
        while True:
            blank = 0
            reader = csv.reader(source, delimiter=self.delimiter, strict=True)
            try:
                for last, cells in enumerate(reader, start=last + 1):  # noqa: B020
                    yield last, cells
                    blank = 0 if any(map(str.strip, cells)) else blank + 1
                    if blank >= MAX_BLANK_RUN:
                        break
                else:
                    return
            except csv.Error as error:
                raise QuotesBroken(file=self.path.name, row=last + 1) from error
            # Here no quote is open, so blank lines can be skipped without parsing them.
            skipped, line = self._filled_line(lines)
            if not line:
                return
            last += skipped
            source = chain([line], lines)

    def _filled_line(self, lines: Iterator[str]) -> tuple[int, str]:
        """Number of blank lines skipped, and the next line; empty at the end."""
        white, skipped = f" \t\r\n{self.delimiter}", -1
        for skipped, line in enumerate(lines):
            if line.strip(white):
                return skipped, line
        return skipped + 1, ""


@contextmanager
def csv_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Sheets of the file, one per delimiter; the one with the table's header is used.

    Raises:
        NotText, EncodingUnknown, FileEmpty: the file is not text in an allowed encoding.
        LineTooLong: a line exceeds ``MAX_LINE``.
    """
    with ExitStack() as stack:
        if _starts(path).startswith(_UTF16_STARTS):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wagewatch-"))
            path = _converted(path, Path(folder))
        encoding = encoding_of(path)
        yield [CsvSheet(path, encoding, delimiter) for delimiter in DELIMITERS]


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _converted(path: Path, folder: Path) -> Path:
    """Copy of a UTF-16 file in UTF-8, under the same name.

    Raises:
        EncodingUnknown: the file is not UTF-16.
    """
    target = folder / path.name
    decoder = codecs.getincrementaldecoder("utf-16")()
    with target.open("w", encoding="utf-8", newline="") as output:
        try:
            for block in _blocks(path):
                output.write(decoder.decode(block))
            output.write(decoder.decode(b"", final=True))
        except UnicodeError as error:
            raise EncodingUnknown(file=path.name, allowed=ALLOWED_ENCODINGS) from error
    return target


def encoding_of(path: Path) -> str:
    """Encoding that decodes the whole file without errors.

    Raises:
        FileEmpty: the file contains only white space.
        NotText: the file contains binary data.
        EncodingUnknown: none of the allowed encodings decodes it.
    """
    if _is_utf8(path):
        return "utf-8-sig"
    if _is_gb18030(path):
        return "gb18030"
    raise EncodingUnknown(file=path.name, allowed=ALLOWED_ENCODINGS)


def _blocks(path: Path) -> Iterator[bytes]:
    length = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            length = 0 if b"\n" in block or b"\r" in block else length + len(block)
            if length > MAX_LINE:
                raise LineTooLong(file=path.name, allowed=MAX_LINE >> 20)
            yield block


def _is_utf8(path: Path) -> bool:
    """Whether the file is valid UTF-8; raises for binary and blank files."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    utf8, blank = True, True
    for index, block in enumerate(_blocks(path)):
        if b"\x00" in block or (index == 0 and block.startswith(_BINARY_STARTS)):
            raise NotText(file=path.name, allowed=ALLOWED_ENCODINGS)
        try:
            text = decoder.decode(block) if utf8 else "?"
        except UnicodeDecodeError:
            utf8, text = False, "?"
        blank = blank and not text.strip()
    if blank:
        raise FileEmpty(file=path.name)
    return utf8 and not decoder.getstate()[0]


def _is_gb18030(path: Path) -> bool:
    """Whether the file is valid GB18030 and at least half of its Chinese characters are common.

    GB18030 decodes nearly any bytes; Latin text decoded with it turns into characters outside
    GB 2312, the set of common characters.
    """
    decoder = codecs.getincrementaldecoder("gb18030")()
    chinese = everyday = 0
    for block in _blocks(path):
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError:
            return False
        narrow = len(text.encode("ascii", "ignore"))
        chinese += len(text) - narrow
        everyday += (len(text.encode("gb2312", "ignore")) - narrow) // 2
    return not decoder.getstate()[0] and everyday * 2 >= chinese
