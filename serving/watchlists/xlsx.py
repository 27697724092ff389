"""Watchlists as XLSX workbooks, laid out for A4."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from risk.contract import KNOWN_AT, TABLES, Field, FieldType, Table
from risk.locale import Language, text
from serving.documents.csv import Cell
from serving.watchlists import texts
from serving.watchlists.columns import Kind, columns_of
from serving.watchlists.texts import Document, heading, warnings

_FONT = {"font_name": "宋体", "font_size": 10, "valign": "top"}
_NUMBER_FORMATS: dict[Kind, str] = {"count": "0", "share": "0.0%", "yuan": "#,##0.00"}
_TIER_COLOURS = {"red": "#F4C7C3", "orange": "#FCE0C2", "yellow": "#FFF4C2", "blue": "#D9E7F7"}
_A4 = 9
_KIND = "watchlist"


def watchlist_xlsx(document: Document, language: Language) -> bytes:
    """Return a list as XLSX. Texts are written as strings, never as formulas or links."""
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        # The same list gives the same bytes at any time.
        book.set_properties({"created": dt.datetime.fromisoformat(document["as_of"])})
        sheet = book.add_worksheet(text("exports.sheet", language))
        top = _write_heading(book, sheet, document, language)
        _write_entries(book, sheet, document, language, top)
        _set_page(sheet, top, len(document["entries"]), len(columns_of(document)))
        _add_visits(book, document)
    return memory.getvalue()


def records_xlsx(table: Table, rows: Sequence[Mapping[str, object]], day: dt.date) -> bytes:
    """Return rows of a contract table under its Chinese headers, as an importable workbook.

    ``rows`` hold dates as ISO text and money in yuan, as records are sent over the API.
    """
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime.combine(day, dt.time())})
        sheet = book.add_worksheet(table.zh)
        fields = [*table.fields, KNOWN_AT]
        _write_records(book, sheet, fields, [[row.get(f.name) for f in fields] for row in rows])
        _set_page(sheet, 0, len(rows), len(fields))
    return memory.getvalue()


def _add_visits(book: Any, document: Document) -> None:
    """Add a sheet for visits; the filled-in workbook can be imported as inspections."""
    table = TABLES["inspections"]
    sheet = book.add_worksheet(table.zh)
    fields = list(table.fields)
    rows: list[list[object]] = []
    for entry in document["entries"]:
        number = f"YJ-{document['as_of']}-{entry['project_id']}"
        given = {
            "inspection_id": number,
            "project_id": entry["project_id"],
            "kind": _KIND,
        }
        rows.append([given.get(field.name) for field in fields])
    _write_records(book, sheet, fields, rows)
    names = [entry["project_name"] for entry in document["entries"]]
    plain = book.add_format(_FONT)
    sheet.write_string(0, len(fields), text("exports.columns.project_name", "zh"), plain)
    for row, name in enumerate(names, start=1):
        sheet.write_string(row, len(fields), name, plain)
    allowed = list((table.field("kind").values or {}).values())
    for name, choices in (("arrears_found", ["是", "否"]), ("kind", allowed)):
        place = [field.name for field in fields].index(name)
        rule = {"validate": "list", "source": choices}
        if rows:
            sheet.data_validation(1, place, len(rows), place, rule)
    _set_page(sheet, 0, len(rows), len(fields) + 1)


def _write_records(
    book: Any, sheet: Any, fields: Sequence[Field], rows: Sequence[Sequence[object]]
) -> None:
    bold = book.add_format({**_FONT, "bold": True, "border": 1, "bg_color": "#EEEEEE"})
    day = book.add_format({**_FONT, "num_format": "yyyy-mm-dd"})
    money = book.add_format({**_FONT, "num_format": _NUMBER_FORMATS["yuan"]})
    plain = book.add_format(_FONT)
    for place, field in enumerate(fields):
        sheet.write_string(0, place, field.zh, bold)
        sheet.set_column(place, place, 18, day if field.type is FieldType.DATE else None)
        for row, values in enumerate(rows, start=1):
            value = values[place]
            if value is None:
                continue
            if field.type is FieldType.DATE:
                moment = dt.datetime.fromisoformat(str(value))
                sheet.write_datetime(row, place, moment, day)
            elif field.type is FieldType.MONEY:
                sheet.write_number(row, place, float(str(value)), money)
            elif isinstance(value, bool):
                sheet.write_string(row, place, text("exports.yes" if value else "exports.no", "zh"))
            elif isinstance(value, int | float):
                sheet.write_number(row, place, value, plain)
            else:
                shown = (field.values or {}).get(str(value), str(value))
                sheet.write_string(row, place, shown, plain)


def _write_heading(book: Any, sheet: Any, document: Document, language: Language) -> int:
    title = book.add_format({"bold": True, "font_size": 16, "font_name": "黑体"})
    sheet.write_string(0, 0, text("exports.title", language), title)
    plain = book.add_format(_FONT)
    lines = [heading(document, language), *warnings(document, language)]
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line, plain)
    return len(lines) + 1


def _write_entries(
    book: Any,
    sheet: Any,
    document: Document,
    language: Language,
    top: int,
) -> None:
    bold = book.add_format(
        {**_FONT, "bold": True, "border": 1, "text_wrap": True, "bg_color": "#EEEEEE"}
    )
    formats = _formats(book)
    for place, column in enumerate(columns_of(document)):
        sheet.set_column(place, place, column.width)
        sheet.write_string(top, place, texts.column(column.name, document, language), bold)
        for row, entry in enumerate(document["entries"], start=top + 1):
            colour = entry["tier"] if column.name == "tier" else ""
            _write(sheet, row, place, column.cell(entry, language), formats[column.kind, colour])


def _formats(book: Any) -> dict[tuple[str, str], Any]:
    base = {**_FONT, "border": 1, "text_wrap": True}
    found: dict[tuple[str, str], Any] = {
        (kind, ""): book.add_format({**base, "num_format": shape})
        for kind, shape in _NUMBER_FORMATS.items()
    }
    found["text", ""] = book.add_format(base)
    for tier, colour in _TIER_COLOURS.items():
        found["text", tier] = book.add_format({**base, "bg_color": colour})
    return found


def _write(sheet: Any, row: int, place: int, cell: Cell, shape: Any) -> None:
    if cell is None:
        sheet.write_blank(row, place, None, shape)
    elif isinstance(cell, str):
        sheet.write_string(row, place, cell, shape)
    else:
        sheet.write_number(row, place, cell, shape)


def _set_page(sheet: Any, top: int, entries: int, columns: int) -> None:
    sheet.freeze_panes(top + 1, 3)
    sheet.print_area(0, 0, top + entries, columns - 1)
    sheet.repeat_rows(top)
    sheet.autofilter(top, 0, top + entries, columns - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&P / &N")
