"""Empty forms of the tables as workbooks: what is filled in can be imported as it is."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from risk.contract import Field, FieldType, Table
from risk.locale import Language, text

ROWS = 1000
"""Rows with formats and lists of terms; rows below can be filled in too."""

_WIDTH = 18
_LIST_LENGTH = 255  # a longer list of terms cannot be written into a cell's rule
_TEXT_TYPES = (FieldType.ID, FieldType.MONTH, FieldType.TEXT)
_EXAMPLES: Mapping[FieldType, str] = {
    FieldType.ID: "XM-2026-001",
    FieldType.TEXT: "云渡小区二期",
    FieldType.DATE: "2026-03-05",
    FieldType.MONTH: "2026-03",
    FieldType.MONEY: "35600000",
    FieldType.COUNT: "86",
    FieldType.SHARE: "25%",
    FieldType.NUMBER: "12.5",
    FieldType.BOOL: "是",
}


def write_template(path: Path, table: Table, language: Language = "zh") -> None:
    """Write the form of ``table``: a sheet to fill in, and a sheet with notes and examples.

    Headings are the contract's. Codes and months are text, terms are chosen from a list. Examples
    are on the sheet of notes only, so that none is imported as a record.
    """
    import xlsxwriter

    created = {"created": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}  # the same file on every day
    # A workbook that cannot be written to a file leaves half of it, and folders of its parts.
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        book.set_properties(created)
        _write_form(book, table, language)
        _write_notes(book, table, language)
    path.write_bytes(memory.getvalue())


def note(field: Field, language: Language = "zh") -> str:
    """How to write the cells of a field."""
    if field.values:
        return text("template.list", language, terms="、".join(field.values.values()))
    return text(f"template.types.{field.type}", language)


def _write_form(book: Any, table: Table, language: Language) -> None:
    sheet = book.add_worksheet(table.zh)
    sheet.freeze_panes(1, 0)
    for index, field in enumerate(table.fields):
        head = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "bg_color": "#FCE4D6" if field.required else "#EDEDED",
            }
        )
        heading = f"{field.zh}（元）" if field.type is FieldType.MONEY else field.zh
        sheet.set_column(index, index, _WIDTH, _cell_format(book, field))
        sheet.write_string(0, index, heading, head)
        required = text("template.yes" if field.required else "template.no", language)
        sheet.write_comment(
            0, index, f"{required}。{note(field, language)}", {"author": "Wagewatch"}
        )
        if rule := _rule(field, language):
            sheet.data_validation(1, index, ROWS, index, rule)


def _cell_format(book: Any, field: Field) -> Any:
    if field.type in _TEXT_TYPES:
        return book.add_format({"num_format": "@"})
    if field.type is FieldType.DATE:
        return book.add_format({"num_format": "yyyy-mm-dd"})
    return None


def _rule(field: Field, language: Language) -> Mapping[str, Any] | None:
    terms = list(field.values.values()) or (["是", "否"] if field.type is FieldType.BOOL else [])
    if not terms or len(",".join(terms)) > _LIST_LENGTH:
        return None
    return {
        "validate": "list",
        "source": terms,
        "input_title": field.zh,
        "input_message": note(field, language)[:255],
    }


def _write_notes(book: Any, table: Table, language: Language) -> None:
    sheet = book.add_worksheet(text("template.sheet", language))
    bold = book.add_format({"bold": True})
    columns = ("column", "required", "how", "example")
    for index, name in enumerate(columns):
        sheet.write_string(0, index, text(f"template.{name}", language), bold)
    sheet.set_column(0, 3, 2 * _WIDTH)
    for row, field in enumerate(table.fields, start=1):
        example = next(iter(field.values.values()), "") or _EXAMPLES.get(field.type, "")
        required = text("template.yes" if field.required else "template.no", language)
        for index, cell in enumerate((field.zh, required, note(field, language), example)):
            sheet.write_string(row, index, cell)
