"""Plain tables as a workbook: a sheet each, with headings that stay and filters."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter

from serving.documents.sanitize import clean

Cell = str | int | float | Decimal | dt.date | None
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "top", "border": 1, "text_wrap": True}
_NAME, _WIDTH = 31, 18


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, its headings, its rows; a cell of None stays empty."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def rows_xlsx(sheets: Sequence[Sheet], day: dt.date) -> bytes:
    """The workbook. Texts are written as texts, never as formulas or links; ``day`` is its date."""
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        # The same rows give the same file, whenever it is made.
        book.set_properties({"created": dt.datetime.combine(day, dt.time())})
        bold = book.add_format({**_FONT, "bold": True, "bg_color": "#EEEEEE"})
        plain = book.add_format(_FONT)
        dated = book.add_format({**_FONT, "num_format": "yyyy-mm-dd"})
        for one in sheets:
            sheet = book.add_worksheet(one.name[:_NAME])
            sheet.set_column(0, len(one.heads) - 1, _WIDTH)
            for place, head in enumerate(one.heads):
                sheet.write_string(0, place, head, bold)
            for row, cells in enumerate(one.rows, start=1):
                for place, cell in enumerate(cells):
                    if isinstance(cell, dt.date):
                        moment = dt.datetime.combine(cell, dt.time())
                        sheet.write_datetime(row, place, moment, dated)
                    elif isinstance(cell, str):
                        sheet.write_string(row, place, clean(cell), plain)
                    elif cell is not None:
                        sheet.write_number(row, place, float(cell), plain)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, len(one.rows), len(one.heads) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
    return memory.getvalue()
