"""Workbooks in .xls, .et, .xlsb and .ods (calamine). A formula cell has its saved result as value.

These formats do not let calamine tell an error such as #N/A from an empty cell. Of .ods what is
struck out is read from its XML.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import python_calamine as calamine

from risk.intake.cells import Cell, Row, struck_out
from risk.intake.file_errors import OldWorkbook, WorkbookBroken, WorkbookEncrypted
from risk.intake.readers.formats import OLE, Format, detect_format
from risk.intake.readers.ods_strikes import StruckCells, struck_cells
from risk.intake.readers.sheet import CellRange, Sheet


@dataclass(frozen=True)
class BinaryBookSheet:
    """Worksheet of an open workbook."""

    book: Any
    path: Path
    name: str
    hidden: bool
    strict_width: bool = False
    hidden_rows: tuple[int, ...] = ()
    struck: StruckCells = field(default_factory=dict)

    @cached_property
    def merges(self) -> tuple[CellRange, ...]:
        """Merged ranges; empty for formats in which calamine does not read them."""
        found = self._sheet.merged_cell_ranges or ()
        return tuple(
            CellRange(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in found
        )

    @cached_property
    def _sheet(self) -> Any:
        with _errors_as_broken(self.path):
            return self.book.get_sheet_by_name(self.name)

    def rows(self) -> Iterator[Row]:
        """Yield rows with their number in the sheet.

        Raises:
            WorkbookBroken: the sheet is damaged.
        """
        if self._sheet.start is None:
            return
        left = [None] * self._sheet.start[1]  # calamine begins with the first filled column
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            row: list[Cell] = [*left, *(None if cell == "" else cell for cell in cells)]
            for column, text in self.struck.get(number, {}).items():
                if column < len(row):
                    row[column] = text or struck_out(row[column])
            yield number, row


@contextmanager
def binary_book_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the worksheets of a workbook, in their order.

    Raises:
        OldWorkbook: an old format that cannot be read.
        WorkbookBroken: the file is damaged.
        WorkbookEncrypted: it needs a password.
    """
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        with _errors_as_broken(path):
            # Given a path, calamine would go by the suffix.
            book = stack.enter_context(calamine.load_workbook(file))
            struck = _struck_cells(path)
        yield [
            BinaryBookSheet(
                *(book, path, one.name, one.visible is not calamine.SheetVisibleEnum.Visible),
                struck=struck.get(one.name, {}),
            )
            for one in book.sheets_metadata
            if one.typ is calamine.SheetTypeEnum.WorkSheet
        ]


def _struck_cells(path: Path) -> Mapping[str, StruckCells]:
    if detect_format(path) is not Format.ODS:
        return {}
    with zipfile.ZipFile(path) as book:
        return struck_cells(book)


@contextmanager
def _errors_as_broken(path: Path) -> Iterator[None]:
    try:
        yield
    except calamine.PasswordError as error:
        raise WorkbookEncrypted(file=path.name) from error
    except (calamine.CalamineError, ParseError, OSError, ValueError, OverflowError) as error:
        with path.open("rb") as file:
            failure = OldWorkbook if file.read(4) == OLE else WorkbookBroken
        raise failure(file=path.name) from error
