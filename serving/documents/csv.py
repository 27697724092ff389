"""CSV that spreadsheet programs open rightly and cannot be tricked by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as UTF-8 CSV in which no text can be taken for a formula."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(headings)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return sheet.getvalue().encode("utf-8")


def _safe(cell: Cell) -> Cell:
    # A spreadsheet would run such a text as a formula; an apostrophe makes it text.
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell
