"""CSV that spreadsheet programs open rightly and cannot be tricked by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from risk.locale import Language, text
from serving.exports import wording
from serving.exports.columns import Cell, columns_of
from serving.exports.wording import Document

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def watchlist_csv(document: Document, language: Language) -> bytes:
    """A list as CSV with a byte order mark, one row per entry."""
    columns = columns_of(document)
    headings = [wording.column(column.name, document, language) for column in columns]
    headings.append(text("exports.columns.model", language))
    model = wording.model_name(document, language)
    rows = (
        [*(column.cell(entry, language) for column in columns), model]
        for entry in document["entries"]
    )
    # Without the byte order mark Excel would not see that the Chinese is UTF-8.
    return b"\xef\xbb\xbf" + to_csv(headings, rows)


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
