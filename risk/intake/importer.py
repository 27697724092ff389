"""Import of files: read, parse, check and store, in one transaction per file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from risk.calendar.dates import month_end
from risk.contract import STORED_TABLES, Table
from risk.intake.columnar_parser import ColumnarParser
from risk.intake.file_discovery import find_files
from risk.intake.file_errors import IntakeFailure
from risk.intake.file_periods import named_period
from risk.intake.imported_files import SourceFile
from risk.intake.layouts.names import known_names, new_firms, single_county
from risk.intake.layouts.plan import (
    OfficeLayouts,
    ReadingPlan,
    detect_by_content,
    office_layouts,
    plan_reading,
    register_names,
)
from risk.intake.layouts.reading_report import reading_report
from risk.intake.orphan_rows import orphan_rows
from risk.intake.prefetch import prefetch
from risk.intake.quarantine import FileQuarantine
from risk.intake.quarantine_book import is_quarantine_book, tables_of_sheets, write_quarantine
from risk.intake.readers import open_sheets
from risk.intake.readers.csv_columnar import chunks
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.report import FileReport, ImportReport
from risk.intake.row_parser import Batch, BatchParser
from risk.intake.sealed_days import move_behind_seals
from risk.intake.sheet_selection import SelectedSheet, select_sheet
from risk.intake.staging import STAGED, Staging, newest_arrival
from risk.intake.table_detection import detect_table, has_table_name
from risk.intake.unfolding import BookDay
from risk.intake.unreadable_cells import FileUnreadableCells, stored_answers
from risk.store.store import RecordStore
from risk.workspace import Workspace


class RowProgress(Protocol):
    """Progress callback, called after each batch with the number of rows read."""

    def __call__(self, file: str, rows: int, /) -> None:
        """Report that ``rows`` rows of the file called ``file`` have been read so far."""


def import_paths(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    today: dt.date,
    known_on: dt.date | None = None,
    progress: RowProgress | None = None,
    prepare: Callable[[RecordStore], None] | None = None,
) -> ImportReport:
    """Import files and folders into the record store of ``workspace``.

    A file that fails is in the report's ``failed``; nothing of it is stored, and the other files
    are imported. The workbook of the quarantine is rewritten.

    Args:
        workspace: workspace with the record store and the quarantine.
        paths: files, or folders of files.
        today: day of the import.
        known_on: day stated for rows without ``known_at``; by default the end of the month that
            the file's name states.
        progress: callback for the number of rows read.
        prepare: called with the open store before the first file, for example to record which
            lists were sealed.

    Raises:
        RecordStoreBusy, RecordStoreUnreadable: the store cannot be opened.
    """
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        if prepare:
            prepare(store)
        office = office_layouts(workspace, single_county(store))
        report = import_into(
            store, paths, today=today, known_on=known_on, progress=progress, office=office
        )
        write_quarantine(store, workspace.quarantine)
    return report


def import_into(
    store: RecordStore,
    paths: Sequence[Path],
    *,
    today: dt.date,
    known_on: dt.date | None = None,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
) -> ImportReport:
    """Like :func:`import_paths`, into an open store and without writing quarantine files.

    Without ``office`` only the headings of the contract are recognised.
    """
    detect = detect_table if office is None else partial(detect_by_content, office=office)
    found = find_files(paths, detect=partial(_table_or_book, detect=detect))
    before = newest_arrival(store, STORED_TABLES.values())
    files: list[FileReport] = []
    failed = list(found.failed)
    # Organizations come last, but files before them may name firms by the register's names.
    if office is not None:
        registers = [path for path, table in found.files if table.name == "organizations"]
        office = replace(office, register=cache(partial(register_names, registers, office)))
    for path, table in found.files:
        try:
            if is_quarantine_book(path):
                files += import_quarantine_book(store, path, today=today)
                continue
            report = import_file(
                *(store, path),
                today=today,
                known_on=known_on,
                table=table,
                as_kept=True,
                progress=progress,
                office=office,
            )
            files.append(report)
        except IntakeFailure as failure:
            failed.append(failure)
    waiting = orphan_rows(store, after=before)
    return ImportReport(tuple(files), tuple(failed), found.skipped, waiting)


def import_quarantine_book(store: RecordStore, path: Path, *, today: dt.date) -> list[FileReport]:
    """Import the corrected workbook of the quarantine, each table in one transaction.

    Raises:
        IntakeFailure: a sheet could not be imported; nothing of its table is stored.
    """
    reports = []
    with open_sheets(path) as sheets:
        for table, sheet in tables_of_sheets(sheets):
            selected = select_sheet(table, [sheet], file=path.name)
            with store.transaction():
                source, book = SourceFile(path), BookDay(today, None)
                run = _Import(store, source, table, book, lenient=True)
                reports.append(run.run(selected, None))
    return reports


def _table_or_book(path: Path, detect: Callable[[Path], Table]) -> Table:
    """Table of a file; of the quarantine's workbook, which has several, the first."""
    if not is_quarantine_book(path):
        return detect(path)
    with open_sheets(path) as sheets:
        return tables_of_sheets(sheets)[0][0]


def import_file(
    store: RecordStore,
    path: Path,
    *,
    today: dt.date,
    known_on: dt.date | None = None,
    table: Table | None = None,
    as_kept: bool = False,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
) -> FileReport:
    """Import one file in one transaction; ``table`` defaults to the one in the file's name.

    ``known_on`` is the day stated for rows without ``known_at``. The contract's own headings are
    recognised, and with ``office`` also its layouts and what headings are usually called. A book
    ``as_kept`` by people is read leniently: ``known_on`` defaults to the end of the month that the
    file's name states, and an unreadable optional cell is unknown and listed
    (:mod:`risk.intake.unreadable_cells`) instead of rejecting its row.

    Raises:
        IntakeFailure: the file could not be imported, and nothing of it is stored.
    """
    with open_sheets(path) as sheets:
        plan = ReadingPlan(table, sheets)
        if office is not None:
            names = partial(known_names, store, register=office.register)
            plan = plan_reading(path, sheets, office, table=table, namer=names)
        table = plan.table or detect_table(path)
        if known_on is None and as_kept and plan.known_on != "import":
            known_on = stated_day(path.name)
        book = BookDay(today, known_on)
        selected = select_sheet(table, plan.sheets, file=path.name, match=plan.match)
        with store.transaction():
            report = _Import(store, SourceFile(path), table, book, as_kept).run(selected, progress)
            firms = new_firms(store, plan.namer)
            if firms.rows_count:
                organizations = STORED_TABLES["organizations"]
                rows = select_sheet(organizations, [firms], file=path.name)
                _Import(store, SourceFile(path), organizations, book, as_kept).run(rows, None)
    reading = reading_report(
        plan, named_firms=firms.rows_count, table_by_headings=not has_table_name(path)
    )
    return replace(report, reading=reading)


def stated_day(name: str) -> dt.date | None:
    """Last day of the month that the name of a file states with its year; None without one."""
    period = named_period(name)
    if not period.year or not period.month:
        return None
    return month_end(dt.date(period.year, period.month, 1))


class _Import:
    """Import of one file."""

    def __init__(
        self, store: RecordStore, file: SourceFile, table: Table, book: BookDay, lenient: bool
    ) -> None:
        self._file = file.name
        self._table = table
        self._today = book.today
        self._staging = Staging(store, table, file, book)
        self._quarantine = FileQuarantine(store, table, file.name)
        self._store = store
        self._unreadable = FileUnreadableCells(store, table, file.name)
        self._lenient = lenient
        self._answers = stored_answers(store, table) if lenient else {}

    def run(self, selected: SelectedSheet, progress: RowProgress | None) -> FileReport:
        """Read and store all rows of ``selected``."""
        read = good = 0
        marks: Counter[str] = Counter()
        unreadable: Counter[str] = Counter()
        with self._batches(selected) as batches:
            for batch in batches:
                self._staging.add(batch)
                self._quarantine.add(batch.bad, batch.corrects)
                read, good = read + batch.read, good + batch.good
                marks.update(batch.marks)
                self._unreadable.add(batch.unreadable)
                unreadable.update(cell.column for cell in batch.unreadable)
                if progress is not None:
                    progress(self._file, read)
        self._quarantine.commit(STAGED)
        self._unreadable.commit(STAGED)
        newest = newest_arrival(self._store, [self._table])
        stored = self._staging.commit()
        sealed = move_behind_seals(self._store, self._table, newest + 1)
        return FileReport(
            file=self._file,
            table=self._table.name,
            read=read,
            accepted=stored.accepted,
            repeated=good - stored.accepted,
            quarantined=read - good,
            marks=dict(marks),
            unreadable=dict(unreadable),
            ignored_columns=selected.header.unread,
            unread_sheets=selected.unread,
            dated_by_rule=stored.dated_by_rule,
            undated_facts=stored.undated_facts,
            missing=stored.missing,
            moved_behind_lists=sealed.moved,
            new_feed_in=sealed.new_in,
        )

    @contextmanager
    def _batches(self, selected: SelectedSheet) -> Iterator[Iterator[Batch]]:
        """Batches of rows, columnar for CSV; quarantine files and other formats go row by row."""
        sheet, header = selected.sheet, selected.header
        if isinstance(sheet, CsvSheet) and header.quarantine_id is None:
            columnar = ColumnarParser(
                self._table,
                header,
                today=self._today,
                lenient=self._lenient,
                answers=self._answers,
            )
            with (
                prefetch(chunks(sheet, header.width)) as parted,
                prefetch(columnar.batches(parted)) as batches,
            ):
                yield batches
        else:
            parser = BatchParser(
                self._table,
                header,
                strict_width=sheet.strict_width,
                today=self._today,
                lenient=self._lenient,
                answers=self._answers,
            )
            with prefetch(parser.batches(selected.rows())) as batches:
                yield batches
