"""CSV for spreadsheet programs, with formula injection escaped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from risk.intake.csv_escaping import FORMULA_STARTS, escape_formula

Cell = str | int | float | None
_ESCAPED_STARTS = (*FORMULA_STARTS, "\n")


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 CSV of ``headings`` and ``rows``; text that begins like a formula is escaped."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(headings)
    writer.writerows([_escape(cell) for cell in row] for row in rows)
    return sheet.getvalue().encode("utf-8")


def escape_text(text: str | None) -> str | None:
    """Return ``text`` escaped if it begins like a formula; None stays None."""
    return None if text is None else escape_formula(text, _ESCAPED_STARTS)


def _escape(cell: Cell) -> Cell:
    return escape_text(cell) if isinstance(cell, str) else cell
