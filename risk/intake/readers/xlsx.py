"""XLSX reader. A formula cell has its saved result as value.

Sheets are read by calamine, ten times faster, unless they are so large that its table in memory
would be; those, and what calamine cannot read, are read row by row by openpyxl.
"""

from __future__ import annotations

import datetime as dt
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
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
import python_calamine as calamine

from risk.intake.cells import EXACT_INTEGERS_BELOW, Cell, Row
from risk.intake.file_errors import WorkbookBroken
from risk.intake.readers.cell_formats import RowFormats
from risk.intake.readers.sheet import CellRange, Sheet
from risk.intake.readers.sheet_xml import SheetMarks, read_marks, sheet_parts

MAX_AREA = 3_000_000
"""Rows times columns of the largest sheet that calamine reads: about 90 bytes each."""

_ROWS_AT_ONCE = 100
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
    """Worksheet ``name`` of the workbook at ``path``, stored as ``part`` of ``book``."""

    path: Path
    name: str
    hidden: bool
    book: zipfile.ZipFile
    part: str
    strict_width: bool = False

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
        """What the XML of the sheet says beyond its values.

        Raises:
            SheetTooLarge: a row number or a column is beyond the limits.
            WorkbookBroken: the sheet is damaged.
        """
        with errors_as_broken(self.path.name):
            return read_marks(self.book, self.part, file=self.path.name)

    def rows(self) -> Iterator[Row]:
        """Yield rows with their number in the sheet.

        Raises:
            SheetTooLarge, WorkbookBroken: as for ``marks``.
        """
        marks = self.marks
        whole = self._whole_sheet if marks.rows * marks.columns <= MAX_AREA else None
        rows = self.streamed_rows() if whole is None else _calamine_rows(whole)
        if marks.formatted:
            rows = as_shown(rows, marks.formatted.by_row())
        if not marks.replaced:
            yield from rows
            return
        for number, cells in rows:
            replaced = marks.replaced.get(number)
            yield number, _replace(cells, replaced) if replaced else cells

    @cached_property
    def _whole_sheet(self) -> Any:
        """The sheet read by calamine; None if it cannot."""
        try:
            # Given a path, calamine would go by the suffix.
            with self.path.open("rb") as file, calamine.load_workbook(file) as book:
                return book.get_sheet_by_name(self.name)
        except (calamine.CalamineError, ValueError, OSError):
            return None

    def streamed_rows(self) -> Iterator[Row]:
        """Yield rows read by openpyxl, without error values and placeholders of formulas.

        Raises:
            WorkbookBroken: the sheet is damaged further down.
        """
        with self.path.open("rb") as file:
            with errors_as_broken(self.path.name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
                sheet = book[self.name]
            # Other programs often store wrong dimensions in the sheet.
            sheet.reset_dimensions()
            rows = enumerate(sheet.iter_rows(values_only=True), start=1)
            while True:
                # A cell that openpyxl warns about (a date out of range) has an error value.
                with warnings.catch_warnings(), errors_as_broken(self.path.name):
                    warnings.simplefilter("ignore")
                    read = list(islice(rows, _ROWS_AT_ONCE))
                if not read:
                    return
                yield from read


def _calamine_rows(sheet: Any) -> Iterator[Row]:
    if sheet.start is not None:
        left = [None] * sheet.start[1]  # calamine begins with the first filled column
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [*left, *map(_plain, cells)]


def _plain(cell: Cell) -> Cell:
    """A cell of calamine as openpyxl returns it."""
    kind = type(cell)
    if kind is str:
        return cell or None
    if kind is float:
        exact = cell.is_integer() and -EXACT_INTEGERS_BELOW < cell < EXACT_INTEGERS_BELOW
        return int(cell) if exact else cell
    return dt.datetime.combine(cell, dt.time()) if kind is dt.date else cell


def as_shown(rows: Iterator[Row], formats: RowFormats) -> Iterator[Row]:
    """``rows`` from the top with their cells as ``formats`` show them."""
    for number, cells in rows:
        shown = formats.of(number)
        if not shown:
            yield number, cells
            continue
        yield (
            number,
            [
                shown[column].shown(cell) if column in shown else cell
                for column, cell in enumerate(cells)
            ],
        )


def _replace(cells: Sequence[Cell], replaced: Mapping[int, str]) -> Sequence[Cell]:
    padded = [*cells, *[None] * (max(replaced) + 1 - len(cells))]
    return [replaced.get(index, cell) for index, cell in enumerate(padded)]


@contextmanager
def xlsx_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the worksheets of a workbook, in their order.

    Raises:
        WorkbookBroken: the file is not a workbook or is damaged.
    """
    with ExitStack() as stack:
        with errors_as_broken(path.name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = stack.enter_context(zipfile.ZipFile(path))
            parts = sheet_parts(book)
            with path.open("rb") as file:
                loaded = openpyxl.load_workbook(file, read_only=True).worksheets
                sheets = [(one.title, one.sheet_state != "visible") for one in loaded]
            opened = [XlsxSheet(path, name, hidden, book, parts[name]) for name, hidden in sheets]
        yield opened


@contextmanager
def errors_as_broken(file: str) -> Iterator[None]:
    """Convert the many exceptions openpyxl raises for damaged workbooks to WorkbookBroken."""
    try:
        yield
    except _BROKEN as error:
        raise WorkbookBroken(file=file) from error
