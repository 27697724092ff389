"""Report of an import: what happened to the rows of each file and table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.reading_report import ReadingReport
from risk.locale import Language


@dataclass(frozen=True)
class FileReport:
    """Imported file. ``read`` always equals ``accepted + repeated + quarantined``.

    ``marks`` counts data-quality marks by name; ``unreadable`` counts optional
    cells left unknown by field; ``ignored_columns`` were not read;
    ``moved_behind_lists`` undated versions are known later than by their dates, as lists were
    sealed in between; in the counties ``new_feed_in`` no list had this table, so its rows count as
    history.
    ``unread_sheets`` look like the table too, but only one sheet of a workbook is read.
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
    marks: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()
    reading: ReadingReport = field(default_factory=ReadingReport)
    dated_by_rule: int = 0
    undated_facts: int = 0
    missing: int = 0
    moved_behind_lists: int = 0
    new_feed_in: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "file": self.file,
            "table": self.table,
            "read": self.read,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "quarantined": self.quarantined,
            "marks": dict(self.marks),
            "unreadable": dict(self.unreadable),
            "ignored_columns": list(self.ignored_columns),
            "unread_sheets": list(self.unread_sheets),
            "reading": self.reading.as_json(),
            "dated_by_rule": self.dated_by_rule,
            "undated_facts": self.undated_facts,
            "missing": self.missing,
            "moved_behind_lists": self.moved_behind_lists,
            "new_feed_in": list(self.new_feed_in),
        }


@dataclass(frozen=True)
class TableReport:
    """Totals of one table; ``waiting`` accepted rows have a project that is not known yet."""

    read: int
    accepted: int
    repeated: int
    quarantined: int
    waiting: int

    def as_json(self) -> dict[str, int]:
        """The report as plain data."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "quarantined": self.quarantined,
            "waiting": self.waiting,
        }


@dataclass(frozen=True)
class ImportReport:
    """Whole import. Nothing of ``failed`` files is stored; ``skipped`` are not record files."""

    files: tuple[FileReport, ...]
    failed: tuple[IntakeFailure, ...]
    skipped: tuple[str, ...]
    waiting: Mapping[str, int]

    @property
    def tables(self) -> dict[str, TableReport]:
        """Totals by table, for the tables of the imported files."""
        return {name: self._total(name) for name in dict.fromkeys(f.table for f in self.files)}

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """JSON-serialisable report; messages of failures are in ``language``."""
        return {
            "tables": {name: total.as_json() for name, total in self.tables.items()},
            "files": [report.as_json() for report in self.files],
            "failed": [
                {
                    "file": failure.fields["file"],
                    "code": failure.code,
                    "message": failure.message(language),
                }
                for failure in self.failed
            ],
            "skipped": list(self.skipped),
        }

    def _total(self, table: str) -> TableReport:
        files = [report for report in self.files if report.table == table]
        return TableReport(
            read=sum(report.read for report in files),
            accepted=sum(report.accepted for report in files),
            repeated=sum(report.repeated for report in files),
            quarantined=sum(report.quarantined for report in files),
            waiting=self.waiting[table],
        )
