"""The closing account of an import as lines of text, one block per file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from risk.locale import Language, text
from serving.documents.text_table import strip_control_characters

if TYPE_CHECKING:
    from risk.intake.account_notes import Note
    from risk.intake.file_errors import IntakeFailure
    from risk.intake.report import FileReport, ImportReport, SheetReport

WIDTH = 100
"""Columns of a line; a Chinese character takes two."""

_WORDS = re.compile(r"[\x21-\x7e]+ ?|[^\x21-\x7e] ?")  # a Chinese text may break anywhere
_LISTED = 12
_SHOWN_SKIPPED = 10
_UNNAMED = (
    "table_unknown",
    "table_ambiguous",
    "table_not_recognised",
    "table_incomplete",
    "several_tables_fit",
)


_WITHOUT_LAYOUT = ("layout_needed", "layout_uncertain")
_OF_UNREAD = ("sheet_needs_layout", "sheet_by_month")
_OF_FORMATS = ("marks_unread", "marks_and_merges_unread")
_MANY_FILES = 8
_MANY = 3
"""Files without a layout from which on each has one short line."""


def account_lines(report: ImportReport, language: Language = "zh") -> Iterator[str]:
    """Lines about every file, its sheets and columns, and what needs an answer.

    What several files have in common is said once, and of many files only the columns that are
    headed otherwise than their field.
    """
    short = len(report.files) >= _MANY_FILES
    for file in report.files:
        yield from _file(file, language, short=short)
    yield from _formats(report.files, language)
    for note in report.notes:
        yield from _note(note, language)
    if report.entered:
        shown = _listed(report.entered, language, most=_SHOWN_SKIPPED)
        yield from _wrapped(_text("entered", language, folders=shown), indent="")
    if report.skipped:
        shown = _listed(report.skipped, language, most=_SHOWN_SKIPPED)
        yield from _wrapped(_text("skipped", language, files=shown), indent="")


def failure_lines(failures: Sequence[IntakeFailure], language: Language = "zh") -> Iterator[str]:
    """Lines about the files that could not be imported; what several need is said once.

    No line is longer than ``WIDTH`` columns.
    """
    from risk.contract import STORED_TABLES

    unlaid = [one for one in failures if one.code in _WITHOUT_LAYOUT]
    short = len(unlaid) >= _MANY
    for failure in failures:
        if not short or failure not in unlaid:
            yield from _wrapped(failure.message(language), indent="")
    if short:
        for failure in unlaid:
            yield from _wrapped(_text("without_layout", language, **failure.fields), indent="")
        yield from _wrapped(_text("layouts_needed", language, files=len(unlaid)), indent="")
    if any(failure.code in _UNNAMED for failure in failures):
        names = [table.zh if language == "zh" else table.name for table in STORED_TABLES.values()]
        shown = "、".join(names) if language == "zh" else ", ".join(names)
        yield from _wrapped(_text("table_names", language, names=shown), indent="")


def answer_line(report: ImportReport, quarantine: str, language: Language = "zh") -> str | None:
    """The last line, which says what needs an answer; None if nothing does."""
    rows = sum(file.quarantined for file in report.files)
    notes = [*report.notes, *(note for file in report.files for note in file.notes)]
    marked = sum(note.needs_answer for note in notes)
    marked += sum(bool(file.reading.asked) + len(file.unreadable) for file in report.files)
    parts = []
    if rows:
        parts.append(_text("to_mend", language, rows=rows, path=quarantine))
    if marked:
        parts.append(_text("to_answer", language, notes=marked))
    return _text("answer", language, parts="；".join(parts)) if parts else None


def _formats(files: Sequence[FileReport], language: Language) -> Iterator[str]:
    """What formats do not let the reader see, once for all files of a format."""
    from risk.intake.account_notes import Note

    notes = dict.fromkeys((note.code, note.fields["file"]) for file in files for note in file.notes
                          if note.code in _OF_FORMATS)  # fmt: skip
    for code in dict.fromkeys(code for code, _ in notes):
        named = [str(file) for other, file in notes if other == code]
        yield from _note(Note(code, {"file": _listed(named, language)}), language)


def _file(file: FileReport, language: Language, *, short: bool) -> Iterator[str]:
    from risk.contract import STORED_TABLES

    table = STORED_TABLES[file.table].zh if language == "zh" else file.table
    counts = {
        name: getattr(file, name)
        for name in ("read", "accepted", "repeated", "quarantined", "set_aside")
    }
    yield from _wrapped(_text("file", language, file=file.file, table=table, **counts), indent="")
    read = [sheet for sheet in file.sheets if not sheet.unread]
    for names, sheet in _alike(read):
        confirmed = short and bool(file.reading.layouts)
        yield from _sheet(names, sheet, language, short=short, confirmed=confirmed)
    noted = {note.fields["sheet"] for note in file.notes if note.code in _OF_UNREAD}
    for reason in ("hidden", "summary", "no_header"):
        unread = [one.name for one in file.sheets if one.unread == reason and one.name not in noted]
        if unread:
            yield from _wrapped(_text(reason, language, sheets=_listed(unread, language)))
    for name, rows in file.marks.items():
        yield from _wrapped(f"{text(f'intake.marks.{name}', language)}: {rows}")
    for name, cells in file.unreadable.items():
        field = STORED_TABLES[file.table].field(name)
        column = field.zh if language == "zh" else name
        line = text("cli.look.import", language, column=column, rows=cells)
        yield from _wrapped(f"！ {line}")
    yield from _reading(file, language, short=short)
    for note in file.notes:
        if note.code not in _OF_FORMATS:
            yield from _note(note, language)


def _reading(file: FileReport, language: Language, *, short: bool) -> Iterator[str]:
    """What layouts and usual headings did; columns that are not certain are asked."""
    reading = file.reading
    done = list(_done(file, language))
    for line in ["；".join(done)] if short and done else done:
        yield from _wrapped(f"· {line}")
    if reading.asked:
        yield from _wrapped("！ " + _text("asked", language, columns="、".join(reading.asked)))


def _done(file: FileReport, language: Language) -> Iterator[str]:
    reading = file.reading
    if reading.table_by_headings:
        yield _text("by_headings", language)
    if reading.layouts:
        yield _text("layouts", language, names="、".join(reading.layouts))
    for name in ("named_firms", "made_keys", "filled_regions"):
        if rows := getattr(reading, name):
            key = name if reading.layouts or name == "named_firms" else f"{name}_unasked"
            yield _text(key, language, rows=rows)


def _sheet(
    names: Sequence[str],
    sheet: SheetReport,
    language: Language,
    *,
    short: bool,
    confirmed: bool,
) -> Iterator[str]:
    own = _own_headings([*sheet.columns, *sheet.ignored])
    columns = "、".join(
        own[heading] if _same(own[heading], field) else f"{own[heading]} → {field}"
        for heading, field in sheet.columns.items()
        if not confirmed and not (short and _same(own[heading], field))
    )
    shown = _listed([name for name in names if name], language)
    key = "sheet" if shown else "columns"
    if short:
        key = f"{key}_short" if columns else f"{key}_all"
    row, count = sheet.header_row, len(sheet.columns)
    yield from _wrapped(_text(key, language, sheets=shown, row=row, count=count, columns=columns))
    if sheet.units:
        units = "、".join(f"{own[heading]} = {unit}" for heading, unit in sheet.units.items())
        yield from _wrapped(_text("units", language, units=units))
    if sheet.supplied:
        cells = "、".join(f"{field} = {cell}" for field, cell in sheet.supplied.items())
        yield from _wrapped(_text("supplied", language, cells=cells))
    if sheet.ignored:
        columns = "、".join(own[heading] for heading in sheet.ignored)
        yield from _wrapped(_text("ignored", language, columns=columns))
    if sheet.blocks > 1:
        yield from _wrapped(_text("blocks", language, blocks=sheet.blocks))


def _own_headings(headings: Sequence[str]) -> dict[str, str]:
    """Headings without the group above them and others, where no other column has the same one."""
    from risk.intake.headings import own_part

    own = {heading: own_part(heading) for heading in headings}
    counts = Counter(own.values())
    groups = Counter(heading.removesuffix(one) for heading, one in own.items())
    return {
        heading: one if counts[one] == 1 < groups[heading.removesuffix(one)] else heading
        for heading, one in own.items()
    }


def _alike(sheets: Sequence[SheetReport]) -> Iterator[tuple[list[str], SheetReport]]:
    """Sheets with the same columns together, with their names."""
    groups: dict[str, list[SheetReport]] = {}
    for sheet in sheets:
        facts = [sheet.columns, sheet.units, sheet.ignored, sheet.supplied, sheet.blocks]
        groups.setdefault(repr(facts), []).append(sheet)
    for group in groups.values():
        yield [sheet.name for sheet in group], group[0]


def _note(note: Note, language: Language) -> Iterator[str]:
    mark = "！" if note.needs_answer else "·"
    yield from _wrapped(f"{mark} {note.message(language)}")


def _same(heading: str, field: str) -> bool:
    """Whether the heading says no more than the field, apart from a unit in a bracket."""
    return heading.strip("*").partition("（")[0].partition("(")[0].strip() == field


def _listed(names: Sequence[str], language: Language, *, most: int = _LISTED) -> str:
    shown = "、".join(names[:most])
    more = len(names) - most
    return shown if more <= 0 else shown + _text("and_more", language, more=more)


def _text(key: str, language: Language, **fields: object) -> str:
    return text(f"cli.import.{key}", language, **fields)


def _wrapped(line: str, *, indent: str = "  ") -> Iterator[str]:
    """``line`` without control characters, broken at ``WIDTH`` columns, but not inside a word."""
    from rich.cells import cell_len, chop_cells

    plain = " ".join(strip_control_characters(line).split())
    width, part, hanging = WIDTH - len(indent), "", ""
    for word in _WORDS.findall(plain):
        if part and cell_len(part + word.rstrip()) > width:
            yield indent + hanging + part.rstrip()
            part, hanging, width = "", "  ", WIDTH - len(indent) - 2
        *full, part = chop_cells(part + word, width) or [""]
        for one in full:
            yield indent + hanging + one
            hanging, width = "  ", WIDTH - len(indent) - 2
    yield indent + hanging + part.rstrip()
