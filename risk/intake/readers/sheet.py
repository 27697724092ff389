"""Protocol of the readers: sheets of numbered rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from risk.intake.cells import Cell, Row
from risk.intake.file_errors import QuotesBroken, SheetTooLarge

MAX_FILLED = 2_000
"""Filled cells of a row; no ledger has as many, and headings are compared with all tables."""


@dataclass(frozen=True)
class CellRange:
    """Rectangle of merged cells; only its top left cell has a value.

    ``top`` and ``bottom`` are row numbers as yielded by ``Sheet.rows``; ``left`` and ``right`` are
    column indices from 0. Both ends are part of the range.
    """

    top: int
    left: int
    bottom: int
    right: int


class Sheet(Protocol):
    """Sheet of a file (a CSV or Parquet file has one). ``rows`` can be called repeatedly."""

    @property
    def name(self) -> str:
        """Name of the sheet; empty if the format has none."""
        ...

    @property
    def strict_width(self) -> bool:
        """Whether a row with more or fewer cells than the header is invalid (CSV)."""
        ...

    @property
    def hidden(self) -> bool:
        """Whether the workbook hides the sheet."""
        ...

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged ranges of the sheet, in the order of the file; read when first asked for."""
        ...

    @property
    def hidden_rows(self) -> Collection[int]:
        """Numbers of the rows that the sheet hides, by hand or by a filter."""
        ...

    def rows(self) -> Iterator[Row]:
        """All rows from the top, including blank ones, numbered as shown to people."""
        ...


def check_filled(file: str, cells: Sequence[Cell]) -> None:
    """Check that a row has at most ``MAX_FILLED`` filled cells.

    Raises:
        SheetTooLarge: it has more.
    """
    if len(cells) > MAX_FILLED:
        filled = sum(cell is not None and cell != "" for cell in cells)
        if filled > MAX_FILLED:
            raise SheetTooLarge(file=file, found=filled, allowed=MAX_FILLED)


def first_rows(sheet: Sheet, count: int) -> Iterator[Row]:
    """Up to ``count`` rows from the top, to search them for a header.

    They end at a row with broken quotes: text with quotes looks broken with the wrong delimiter.
    """
    try:
        yield from islice(sheet.rows(), count)
    except QuotesBroken:
        return


@dataclass(frozen=True)
class SheetView:
    """Base of sheets made from another: what they share with ``sheet`` whatever they change."""

    sheet: Sheet

    @property
    def strict_width(self) -> bool:
        """Whether a row of another width than the head is damaged, as in a CSV file."""
        return self.sheet.strict_width

    @property
    def hidden(self) -> bool:
        """Whether the workbook hides the sheet."""
        return self.sheet.hidden
