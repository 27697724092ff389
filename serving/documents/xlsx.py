"""Tables as an XLSX workbook: one sheet each, with a frozen header row and filters."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from serving.documents.sanitize import xml_safe

Cell = str | int | float | Decimal | dt.date | None
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "top", "border": 1, "text_wrap": True}
_NAME, _WIDTH = 31, 18
_IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Sheet:
    """One sheet; a cell of None is empty. Rows may be made while they are written."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def to_xlsx(sheets: Sequence[Sheet], day: dt.date) -> IO[bytes]:
    """Return the workbook, created as of ``day``, as a file to read, on disk beyond 4 MB.

    One row at a time is in memory. Text is never written as a formula or link.
    """
    import xlsxwriter

    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        # A fixed creation date makes the bytes reproducible.
        book.set_properties({"created": dt.datetime.combine(day, dt.time())})
        bold = book.add_format({**_FONT, "bold": True, "bg_color": "#EEEEEE"})
        plain = book.add_format(_FONT)
        dated = book.add_format({**_FONT, "num_format": "yyyy-mm-dd"})
        for content in sheets:
            sheet = book.add_worksheet(content.name[:_NAME])
            sheet.set_column(0, len(content.headers) - 1, _WIDTH)
            for column, header in enumerate(content.headers):
                sheet.write_string(0, column, header, bold)
            last = 0
            for last, cells in enumerate(content.rows, start=1):
                _write_row(sheet, last, cells, plain, dated)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, last, len(content.headers) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
    file.seek(0)
    return file


def _write_row(sheet: Any, row: int, cells: Sequence[Cell], plain: Any, dated: Any) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, dt.date):
            moment = dt.datetime.combine(cell, dt.time())
            sheet.write_datetime(row, column, moment, dated)
        elif isinstance(cell, str):
            sheet.write_string(row, column, xml_safe(cell), plain)
        elif cell is not None:
            sheet.write_number(row, column, float(cell), plain)
