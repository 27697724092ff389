"""What the closing account of an import says about each sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from risk.contract import FieldType, Table
from risk.intake.account_notes import Note
from risk.intake.layouts.month_columns import MonthSheet
from risk.intake.layouts.paid_columns import PAYMENTS, PAYROLLS, paid_headings
from risk.intake.layouts.paid_sheet import PaidSheet
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.non_records import NonRecord
from risk.intake.readers import Format, Sheet, detect_format
from risk.intake.report import FileReport, SheetReport
from risk.intake.sheet_records import SheetRecords
from risk.intake.sheet_selection import SelectedSheet, UnreadSheet
from risk.intake.units import money_units, possible_units

_SHOWN = 5
_LIMITS_OF_FORMATS = {
    Format.XLS: "marks_unread",
    Format.XLSB: "marks_and_merges_unread",
    Format.ODS: "merges_unread",
}


def sheet_report(selected: SelectedSheet, records: SheetRecords) -> SheetReport:
    """Report of a sheet that was read."""
    header = selected.header
    columns = [column for column in header.columns if column.heading]
    supplied = {selected.table.field(name).zh: cell for name, cell in selected.supplied.items()}
    return SheetReport(
        name=selected.sheet.name,
        header_row=header.row,
        columns={column.heading: column.field.zh for column in columns},
        units={
            column.heading: column.unit.label
            for column in columns
            if column.unit and column.unit.label
        },
        ignored=header.unread,
        supplied=supplied,
        blocks=records.blocks_read,
    )


def sheet_notes(selected: SelectedSheet, records: SheetRecords) -> Iterator[Note]:
    """Notes about the rows and columns of a sheet that was read."""
    header, sheet = selected.header, selected.sheet.name
    for refused in header.refused:
        yield Note(
            "unit_unclear",
            {"column": refused.heading, "found": refused.found, "sheet": sheet},
            needs_answer=True,
        )
    yield from _unsure_units(selected, records)
    yield from _alternates(selected, records)
    if records.blank_rows and not _is_made(selected.sheet):
        yield Note("blank_rows", {"rows": records.blank_rows, "sheet": sheet or "-"})
    if records.struck:
        yield _struck_rows(selected, records)
    if unpaid := records.set_aside[NonRecord.UNPAID]:
        yield Note("unpaid_rows", {"rows": unpaid, "sheet": sheet or "-"})
    if records.hidden:
        yield Note("hidden_rows", {"rows": records.hidden, "sheet": sheet})
    yield from _merged_amounts(records.merged.not_repeated, sheet)
    for heading, cells in (+records.merged.same_key).items():
        same: dict[str, str | int] = {"column": heading, "rows": cells, "sheet": sheet}
        yield Note("merged_key", same, needs_answer=True)
    yield from _paid_unread(selected)
    for block in records.incomplete:
        yield Note(
            "incomplete_block",
            {"row": block.row, "columns": "、".join(block.columns), "sheet": sheet},
            needs_answer=True,
        )


def month_notes(sheets: Iterable[Sheet], table: Table) -> Iterator[Note]:
    """Notes about the sheets of ``table`` that were read by month."""
    for sheet in sheets:
        one = sheet.payrolls if isinstance(sheet, PaidSheet) else sheet
        if not isinstance(one, TranslatedSheet) or not isinstance(one.sheet, MonthSheet):
            continue
        paid = isinstance(sheet, PaidSheet)
        if table is (PAYMENTS if paid else one.layout.table) and paid == one.layout.pays_only:
            head, counts = one.sheet.head, one.sheet.counts
            months = sorted({column.text for column in head.months})
            fields: dict[str, str | int] = {
                "sheet": one.name or "-",
                "rows": counts.rows,
                "records": counts.records,
                "first": months[0],
                "last": months[-1],
                "blank": counts.blank,
                "empty": counts.empty,
                "totals": len(head.totals),
            }
            yield Note("months_unfolded", fields)
            yield from _merged_amounts(counts.merged, one.name or "-")


def _merged_amounts(cells: Mapping[str, int], sheet: str) -> Iterator[Note]:
    """Notes about the ``cells``, by heading, whose merged value counts for another row only."""
    for heading, count in cells.items():
        fields: dict[str, str | int] = {"column": heading, "rows": count, "sheet": sheet}
        yield Note("merged_amount", fields, needs_answer=True)


def _paid_unread(selected: SelectedSheet) -> Iterator[Note]:
    """Note about what was paid in a sheet of payrolls, unless a layout says what becomes of it."""
    sheet = selected.sheet
    if isinstance(sheet, TranslatedSheet) and sheet.layout.confirmed:
        return
    if selected.table is PAYROLLS and (found := paid_headings(selected.header.unread)):
        columns = "、".join(found.values())
        yield Note("paid_unread", {"sheet": sheet.name or "-", "columns": columns})


def _is_made(sheet: Sheet) -> bool:
    """Whether the rows of a sheet are not those of the ledger, of which none can be missing."""
    by_month = isinstance(sheet, TranslatedSheet) and isinstance(sheet.sheet, MonthSheet)
    return by_month or isinstance(sheet, PaidSheet)


def format_notes(path: Path) -> tuple[Note, ...]:
    """Note about what the format of the file does not let the reader see."""
    code = _LIMITS_OF_FORMATS.get(detect_format(path))
    return (Note(code, {"file": path.name}),) if code else ()


def unread_notes(unread: Sequence[UnreadSheet]) -> Iterator[Note]:
    """Notes about sheets that look like the table but are not read."""
    for one in unread:
        if one.reason == "incomplete":
            fields = {
                "sheet": one.name,
                "found": "、".join(one.found),
                "missing": "、".join(one.missing),
            }
            yield Note("incomplete_sheet", fields, needs_answer=True)


def with_arbitration(
    reports: Sequence[FileReport], sheets: Iterable[Sheet]
) -> Iterator[FileReport]:
    """``reports`` of a file; the first one names its ``sheets`` about labour arbitration."""
    names = tuple(one.name for one in sheets)
    for number, one in enumerate(reports):
        own = names if number == 0 else ()
        notes = (Note("sheet_of_arbitration", {"sheet": name}, needs_answer=True) for name in own)
        yield replace(
            one,
            sheets=(*one.sheets, *(SheetReport(name, "no_header") for name in own)),
            unread_sheets=(*one.unread_sheets, *own),
            notes=(*one.notes, *notes),
        )


def uncertain_notes(notes: Iterable[Note], unread: Sequence[UnreadSheet]) -> Iterator[Note]:
    """Those of ``notes`` that are about sheets which are not read and have no note yet."""
    names = {one.name for one in unread if one.reason == "no_header"}
    yield from (note for note in notes if note.fields["sheet"] in names)


def _struck_rows(selected: SelectedSheet, records: SheetRecords) -> Note:
    """Rows that are struck out; a person has to decide unless a layout says it."""
    sheet = selected.sheet
    decided = isinstance(sheet, TranslatedSheet) and sheet.layout.struck and sheet.layout.confirmed
    shown = "、".join(map(str, list(dict.fromkeys(records.struck))[:_SHOWN]))
    fields: dict[str, str | int] = {
        "rows": len(records.struck),
        "examples": shown,
        "sheet": sheet.name,
    }
    return Note("struck_rows_void" if decided else "struck_rows", fields, needs_answer=not decided)


def _unsure_units(selected: SelectedSheet, records: SheetRecords) -> Iterator[Note]:
    """Texts above or below the rows that may name a unit, if amounts were read in yuan."""
    columns = selected.header.columns
    if not any(one.field.type is FieldType.MONEY and one.unit is None for one in columns):
        return
    footers = records.footers
    named = [cell for cell in footers if isinstance(cell, str) and money_units([cell])]
    unsure = possible_units([*selected.located.cells.titles, *footers])
    for found in (*unsure, *(cell.strip() for cell in named)):
        fields = {"found": found[:60], "sheet": selected.sheet.name}
        yield Note("unit_unsure", fields, needs_answer=True)


def _alternates(selected: SelectedSheet, records: SheetRecords) -> Iterator[Note]:
    header = selected.header
    for alternate in header.alternates:
        column = next(one for one in header.columns if one.field.name == alternate.field.name)
        fields: dict[str, str | int] = {"taken": column.heading, "other": alternate.heading}
        if not records.disagreeing:
            yield Note("two_columns_agree", fields)
            continue
        shown = "、".join(map(str, records.disagreeing[:_SHOWN]))
        fields |= {"count": len(records.disagreeing), "rows": shown}
        yield Note("two_columns_disagree", fields, needs_answer=True)
