"""Report of an import: what happened to the rows of each file and table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from risk.intake.account_notes import Note
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.reading_report import ReadingReport
from risk.locale import Language


@dataclass(frozen=True)
class SheetReport:
    """Sheet of a file.

    ``unread`` is empty, or the reason why the sheet was not read: ``hidden``, ``blank``,
    ``summary``, ``no_header`` or ``incomplete`` (then required columns are ``missing``).
    ``columns`` maps headings to fields, ``units`` headings to the unit of their amounts.
    ``supplied`` are the cells of fields without a column, by field.
    """

    name: str
    unread: str = ""
    missing: tuple[str, ...] = ()
    header_row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    supplied: Mapping[str, str] = field(default_factory=dict)
    blocks: int = 1

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "name": self.name,
            "unread": self.unread,
            "missing": list(self.missing),
            "header_row": self.header_row,
            "columns": dict(self.columns),
            "units": dict(self.units),
            "ignored": list(self.ignored),
            "supplied": dict(self.supplied),
            "blocks": self.blocks,
        }


@dataclass(frozen=True)
class FileReport:
    """Rows of one table in an imported file.

    ``read`` always equals ``accepted + repeated + quarantined + set_aside``; rows set aside are no
    records (totals, signatures, repeated headers). ``marks`` counts data-quality marks by name;
    ``ignored_columns`` were not read; ``unread_sheets`` are sheets of the file not read.
    In the counties ``new_feed_in`` no list had this table, so its rows count as history;
    ``struck`` of the rows set aside are struck out;
    ``unreadable`` counts optional cells left unknown by field;
    ``moved_behind_lists`` undated versions are known later than by their dates, as lists were
    sealed in between.
    ``dated_by_rule`` counts accepted rows without a day of knowledge whose key was new, and
    ``undated_facts`` those of them with a fact that has no date and counts from the start.
    ``missing`` are records of earlier files of the same name, up to its numbers, that are not in
    this file although it has most of them; they are not withdrawn.
    ``reading`` says which layout was used and what headings and names were understood as.
    """

    file: str
    table: str
    read: int
    accepted: int
    repeated: int
    quarantined: int
    set_aside: int = 0
    struck: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()
    sheets: tuple[SheetReport, ...] = ()
    notes: tuple[Note, ...] = ()
    reading: ReadingReport = field(default_factory=ReadingReport)
    dated_by_rule: int = 0
    undated_facts: int = 0
    missing: int = 0
    moved_behind_lists: int = 0
    new_feed_in: tuple[str, ...] = ()

    @property
    def needs_answer(self) -> bool:
        """Whether a value was lost or a person has to decide."""
        asked = bool(self.reading.asked or self.unreadable)
        return asked or self.quarantined > 0 or any(note.needs_answer for note in self.notes)

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """The report as plain data; notes are in ``language``."""
        return {
            "file": self.file,
            "table": self.table,
            "read": self.read,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "quarantined": self.quarantined,
            "set_aside": self.set_aside,
            "struck": self.struck,
            "marks": dict(self.marks),
            "unreadable": dict(self.unreadable),
            "ignored_columns": list(self.ignored_columns),
            "unread_sheets": list(self.unread_sheets),
            "sheets": [sheet.as_json() for sheet in self.sheets],
            "notes": [note.as_json(language) for note in self.notes],
            "reading": self.reading.as_json(),
            "dated_by_rule": self.dated_by_rule,
            "undated_facts": self.undated_facts,
            "missing": self.missing,
            "moved_behind_lists": self.moved_behind_lists,
            "new_feed_in": list(self.new_feed_in),
        }


def with_used(report: FileReport, used: Mapping[str, str]) -> FileReport:
    """``report`` with the columns ``used`` (heading to field) among those that were used."""
    sheets = tuple(
        replace(
            sheet,
            columns={**sheet.columns, **{h: used[h] for h in sheet.ignored if h in used}},
            ignored=tuple(heading for heading in sheet.ignored if heading not in used),
        )
        for sheet in report.sheets
    )
    ignored = tuple(heading for heading in report.ignored_columns if heading not in used)
    return replace(report, sheets=sheets, ignored_columns=ignored)


@dataclass(frozen=True)
class TableReport:
    """Totals of one table; ``waiting`` accepted rows have a project that is not known yet."""

    read: int
    accepted: int
    repeated: int
    quarantined: int
    waiting: int
    set_aside: int

    def as_json(self) -> dict[str, int]:
        """The report as plain data."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "quarantined": self.quarantined,
            "waiting": self.waiting,
            "set_aside": self.set_aside,
        }


@dataclass(frozen=True)
class ImportReport:
    """Whole import.

    Nothing of ``failed`` files is stored; ``skipped`` are not record files.
    ``entered`` are the subfolders and archives that were read.

    ``notes`` are about the import as a whole, those of a file are in its report.
    """

    files: tuple[FileReport, ...]
    failed: tuple[IntakeFailure, ...]
    skipped: tuple[str, ...]
    waiting: Mapping[str, int]
    notes: tuple[Note, ...] = ()
    entered: tuple[str, ...] = ()

    @property
    def needs_answer(self) -> bool:
        """Whether a value of any file was lost or a person has to decide."""
        notes = any(note.needs_answer for note in self.notes)
        return notes or any(report.needs_answer for report in self.files)

    @property
    def tables(self) -> dict[str, TableReport]:
        """Totals by table, for the tables of the imported files."""
        return {name: self._total(name) for name in dict.fromkeys(f.table for f in self.files)}

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """JSON-serialisable report; messages of failures are in ``language``."""
        return {
            "tables": {name: total.as_json() for name, total in self.tables.items()},
            "files": [report.as_json(language) for report in self.files],
            "failed": [
                {
                    "file": failure.fields["file"],
                    "code": failure.code,
                    "message": failure.message(language),
                    "fields": {name: str(found) for name, found in failure.fields.items()},
                }
                for failure in self.failed
            ],
            "skipped": list(self.skipped),
            "entered": list(self.entered),
            "notes": [note.as_json(language) for note in self.notes],
            "needs_answer": self.needs_answer,
        }

    def _total(self, table: str) -> TableReport:
        files = [report for report in self.files if report.table == table]
        return TableReport(
            read=sum(report.read for report in files),
            accepted=sum(report.accepted for report in files),
            repeated=sum(report.repeated for report in files),
            quarantined=sum(report.quarantined for report in files),
            waiting=self.waiting[table],
            set_aside=sum(report.set_aside for report in files),
        )


def join_reports(first: ImportReport, second: ImportReport) -> ImportReport:
    """Report of two imports, one after the other."""
    tables = dict.fromkeys([*first.waiting, *second.waiting])
    return ImportReport(
        files=(*first.files, *second.files),
        failed=(*first.failed, *second.failed),
        skipped=(*first.skipped, *second.skipped),
        waiting={name: first.waiting.get(name, 0) + second.waiting.get(name, 0) for name in tables},
        notes=(*first.notes, *second.notes),
        entered=(*first.entered, *second.entered),
    )
