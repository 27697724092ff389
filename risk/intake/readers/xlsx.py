"""XLSX reader (openpyxl), row by row. A formula cell has its saved result as value."""

from __future__ import annotations

import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

# openpyxl would use lxml if another library installed it, and raise other errors.
os.environ.setdefault("OPENPYXL_LXML", "False")

import openpyxl

from risk.intake.cells import FORMULA_WITHOUT_VALUE, Cell, Row
from risk.intake.file_errors import OldWorkbook, WorkbookBroken, WorkbookTooLarge
from risk.intake.readers.sheet import CellRange, Sheet
from risk.intake.readers.sheet_xml import SheetMarks, read_marks, sheet_parts

MAX_UNPACKED = 2 * 2**30
"""Maximum unpacked size of a workbook in bytes; protects against zip bombs."""

MAX_STRINGS = 512 * 2**20
"""Maximum size of the shared strings in bytes; they are read into memory."""

_ROWS_AT_ONCE = 100
_OLE = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
)


@dataclass(frozen=True)
class XlsxSheet:
    """Worksheet of an open workbook, stored as ``part`` of ``book``."""

    file: str
    name: str
    sheet: Any
    book: zipfile.ZipFile
    part: str
    strict_width: bool = False

    @property
    def hidden(self) -> bool:
        """Whether the workbook hides the sheet."""
        return bool(self.sheet.sheet_state != "visible")

    @property
    def merges(self) -> tuple[CellRange, ...]:
        """Merged ranges, at most ``sheet_xml.MAX_MERGES``."""
        return self.marks.merges

    @property
    def hidden_rows(self) -> frozenset[int]:
        """Numbers of hidden rows."""
        return self.marks.hidden_rows

    @cached_property
    def marks(self) -> SheetMarks:
        """Merged ranges, hidden rows and unsaved formulas.

        Raises:
            WorkbookBroken: the sheet is damaged.
        """
        with _errors_as_broken(self.file):
            return read_marks(self.book, self.part)

    def rows(self) -> Iterator[Row]:
        """Yield rows with their number in the sheet.

        Raises:
            WorkbookBroken: the sheet is damaged further down.
        """
        rows = enumerate(self.sheet.iter_rows(values_only=True), start=1)
        unsaved = self.marks.unsaved
        while True:
            # A cell that openpyxl warns about (a date out of range) has an error value.
            with warnings.catch_warnings(), _errors_as_broken(self.file):
                warnings.simplefilter("ignore")
                read = list(islice(rows, _ROWS_AT_ONCE))
            if not read:
                return
            if not unsaved:
                yield from read
                continue
            for row in read:
                yield row if row[0] not in unsaved else (row[0], self._with_placeholders(*row))

    def _with_placeholders(self, number: int, cells: Sequence[Cell]) -> Sequence[Cell]:
        columns = self.marks.unsaved[number]
        # openpyxl omits such a cell at the end of a row.
        padded = [*cells, *[None] * (max(columns) + 1 - len(cells))]
        return [
            FORMULA_WITHOUT_VALUE if index in columns else cell for index, cell in enumerate(padded)
        ]


@contextmanager
def xlsx_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the worksheets of a workbook, in their order.

    Raises:
        OldWorkbook: an old or encrypted workbook with a new suffix.
        WorkbookBroken: the file is not a workbook or is damaged.
        WorkbookTooLarge: the unpacked size exceeds the limit.
    """
    _refuse_other_files(path)
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        # A handle of its own: marks may be read while another thread reads rows.
        book = stack.enter_context(_zip_file(path))
        with _errors_as_broken(path.name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _refuse_bomb(path, book.infolist())
            parts = sheet_parts(book)
            sheets = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets
        for sheet in sheets:
            # Other programs often store wrong dimensions in the sheet.
            sheet.reset_dimensions()
        yield [XlsxSheet(path.name, s.title, s, book, parts[s.title]) for s in sheets]


def _zip_file(path: Path) -> zipfile.ZipFile:
    with _errors_as_broken(path.name):
        return zipfile.ZipFile(path)


def _refuse_other_files(path: Path) -> None:
    if zipfile.is_zipfile(path):
        return
    with path.open("rb") as file:
        old = file.read(4) == _OLE
    raise OldWorkbook(file=path.name) if old else WorkbookBroken(file=path.name)


def _refuse_bomb(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    for found, allowed in ((unpacked, MAX_UNPACKED), (strings, MAX_STRINGS)):
        if found > allowed:
            raise WorkbookTooLarge(file=path.name, found=found >> 20, allowed=allowed >> 20)


@contextmanager
def _errors_as_broken(file: str) -> Iterator[None]:
    """Convert the many exceptions openpyxl raises for damaged workbooks to WorkbookBroken."""
    try:
        yield
    except _BROKEN as error:
        raise WorkbookBroken(file=file) from error
