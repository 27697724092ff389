"""Tables as an XLSX workbook: one sheet each, with a frozen header row and filters."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter

from serving.documents.sanitize import xml_safe

Cell = str | int | float | Decimal | dt.date | None
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "top", "border": 1, "text_wrap": True}
_NAME, _WIDTH = 31, 18


@dataclass(frozen=True)
class Sheet:
    """One sheet; a cell of None is empty."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def to_xlsx(sheets: Sequence[Sheet], day: dt.date) -> bytes:
    """Return the workbook, created as of ``day``. Text is never written as a formula or link."""
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
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
            for row, cells in enumerate(content.rows, start=1):
                for column, cell in enumerate(cells):
                    if isinstance(cell, dt.date):
                        moment = dt.datetime.combine(cell, dt.time())
                        sheet.write_datetime(row, column, moment, dated)
                    elif isinstance(cell, str):
                        sheet.write_string(row, column, xml_safe(cell), plain)
                    elif cell is not None:
                        sheet.write_number(row, column, float(cell), plain)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, len(content.rows), len(content.headers) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
    return memory.getvalue()
