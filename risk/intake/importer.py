"""Import of files: read, parse, check and store, in one transaction per file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from risk.contract import KNOWN_AT, STORED_TABLES, FieldType, Table
from risk.intake.account_notes import Note
from risk.intake.book_order import restore_newest_books
from risk.intake.cell_parsers import YEAR_OF_DAY, YEAR_OF_MONTH
from risk.intake.cells import Cell
from risk.intake.columnar_parser import ColumnarParser, system_memory
from risk.intake.file_discovery import DiscoveredFiles, find_files, in_order
from risk.intake.file_errors import IntakeFailure, with_label
from risk.intake.header_location import LocatedHeader
from risk.intake.headers import Header
from risk.intake.headings import HeadingMatcher, contract_matcher
from risk.intake.identifier_forms import unify_identifiers
from risk.intake.import_accounts import store_account
from risk.intake.import_days import require_import_day
from risk.intake.imported_files import SourceFile
from risk.intake.layouts.arbitration import without_arbitration
from risk.intake.layouts.names import known_names, new_firms, single_county
from risk.intake.layouts.plan import (
    OfficeLayouts,
    ReadingPlan,
    detect_by_content,
    office_layouts,
    plan_reading,
    register_names,
)
from risk.intake.layouts.reading_report import place_notes, reading_report
from risk.intake.layouts.sheet_parts import open_tables
from risk.intake.name_merges import merge_named_firms
from risk.intake.named_periods import stated_day
from risk.intake.orphan_rows import orphan_rows
from risk.intake.prefetch import prefetch
from risk.intake.project_merges import merge_confirmed
from risk.intake.project_names import find_project, waiting_notes
from risk.intake.quarantine import FileQuarantine
from risk.intake.quarantine_book import is_quarantine_book, tables_of_sheets, write_quarantine
from risk.intake.readers import Sheet, open_sheets
from risk.intake.readers.csv_columnar import chunks
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.rejected_rows import RejectedRows
from risk.intake.report import FileReport, ImportReport, SheetReport, with_used
from risk.intake.row_parser import Batch, BatchParser
from risk.intake.sealed_days import move_behind_seals
from risk.intake.sheet_account import (
    format_notes,
    month_notes,
    sheet_notes,
    sheet_report,
    uncertain_notes,
    unread_notes,
    with_arbitration,
)
from risk.intake.sheet_names import month_of_block, supplied_cells
from risk.intake.sheet_records import SheetRecords
from risk.intake.sheet_selection import (
    SelectedSheet,
    Selection,
    UnreadSheet,
    recognise_table,
    select_sheet,
    select_sheets,
    with_summaries,
)
from risk.intake.staged_checks import staged_notes
from risk.intake.staging import STAGED, Staging, newest_arrival
from risk.intake.stated_years import StatedYears, stated_years
from risk.intake.table_detection import detect_table, has_table_name
from risk.intake.table_recognition import table_of_file
from risk.intake.team_sheets import CONTRACT, PROJECT, TeamContract
from risk.intake.unfolded_versions import BookDay
from risk.intake.unreadable_cells import FileUnreadableCells, stored_answers
from risk.intake.worker_sheets import has_worker_sheets, read_worker_sheets, worker_level
from risk.store.row_sums import extend_row_sums
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
    who: str = "",
    progress: RowProgress | None = None,
    prepare: Callable[[RecordStore], None] | None = None,
) -> ImportReport:
    """Import files and folders into the record store of ``workspace``.

    A file that fails is in the report's ``failed``; nothing of it is stored, and the other files
    are imported. The workbook of the quarantine is rewritten, and the account of the import is
    stored.

    Args:
        workspace: workspace with the record store and the quarantine.
        paths: files, or folders of files.
        today: day of the import.
        known_on: day stated for rows without ``known_at``; by default the end of the month that
            the file's name states.
        who: who imports, stored with the account of the import.
        progress: callback for the number of rows read.
        prepare: called with the open store before the first file, for example to record which
            lists were sealed.

    Raises:
        RecordStoreBusy, RecordStoreUnreadable: the store cannot be opened.
        ClockBehindImports: ``today`` is before the day of an earlier import, and no day is stated.
    """
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        if known_on is None:
            require_import_day(store, today)
        if prepare:
            prepare(store)
        office = office_layouts(workspace, single_county(store))
        report = import_into(
            store, paths, today=today, known_on=known_on, progress=progress, office=office
        )
        store_account(store, report, who=who)
        write_quarantine(store, workspace.quarantine)
        extend_row_sums(store)
    return report


def import_into(
    store: RecordStore,
    paths: Sequence[Path],
    *,
    today: dt.date,
    known_on: dt.date | None = None,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
    origin: str = "",
) -> ImportReport:
    """Like :func:`import_paths`, into an open store and without writing quarantine files.

    Without ``office`` only the headings of the contract are recognised. ``origin`` is the name of
    the source that the files were pulled from.
    """
    detect = table_of_file if office is None else partial(detect_by_content, office=office)
    found = find_files(paths, detect=partial(_table_or_book, detect=detect))
    return _import_found(
        *(store, found),
        today=today,
        known_on=known_on,
        progress=progress,
        office=office,
        origin=origin,
    )


class PlacedFile(NamedTuple):
    """File of one known table, and the name people know it by."""

    path: Path
    table: Table
    label: str


def import_placed(
    store: RecordStore,
    files: Sequence[PlacedFile],
    *,
    today: dt.date,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
    origin: str = "",
) -> ImportReport:
    """Like :func:`import_into`, for files whose tables are known."""
    return _import_found(
        *(store, _placed(files)),
        today=today,
        known_on=None,
        progress=progress,
        office=office,
        origin=origin,
    )


def _placed(files: Sequence[PlacedFile]) -> DiscoveredFiles:
    labels = {file.path: file.label for file in files}
    return DiscoveredFiles(in_order((file.path, file.table) for file in files), (), (), (), labels)


def _import_found(
    store: RecordStore,
    found: DiscoveredFiles,
    *,
    today: dt.date,
    known_on: dt.date | None,
    progress: RowProgress | None,
    office: OfficeLayouts | None,
    origin: str,
) -> ImportReport:
    before = newest_arrival(store, STORED_TABLES.values())
    files: list[FileReport] = []
    failed = list(found.failed)
    names: dict[str, str] = {}
    # Organizations come last, but files before them may name firms by the register's names.
    if office is not None:
        registers = [path for path, table in found.files if table.name == "organizations"]
        office = replace(office, register=cache(partial(register_names, registers, office)))
    for path, table in found.files:
        label = found.labels.get(path, path.name)
        source = _Source(
            *(store, SourceFile(path, label, origin), table),
            today=today,
            known_on=known_on,
            office=office,
        )
        try:
            if is_quarantine_book(path):
                reports = import_quarantine_book(store, path, today=today)
            else:
                reports = source.import_all(progress, lenient=True, others=True)
        except IntakeFailure as failure:
            failed.append(with_label(failure, path.name, label))
        else:
            files += [replace(report, file=label) for report in reports]
            names |= source.made_projects
    notes = merge_named_firms(store, today=today, after=before)
    notes += tuple(merge_confirmed(store, today=today, after=before))
    waiting = orphan_rows(store, after=before)
    if any(waiting.values()):
        notes += waiting_notes(store, waiting, after=before, names=names)
    return ImportReport(tuple(files), tuple(failed), found.skipped, waiting, notes, found.entered)


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
                match = contract_matcher(table)
                run = _Import(store, source, table, book, match, lenient=True)
                reports.append(run.run([selected], (), None))
    return reports


def _table_or_book(path: Path, detect: Callable[[Path], Table]) -> Table:
    """Table of a file; of the quarantine's workbook, which has several, the first."""
    if not is_quarantine_book(path):
        return _by_name_or_workers(path, detect)
    with open_sheets(path) as sheets:
        return tables_of_sheets(sheets)[0][0]


def _by_name_or_workers(path: Path, detect: Callable[[Path], Table]) -> Table:
    """Table of a file; of one with worker-level sheets payrolls, which come after projects."""
    payrolls = STORED_TABLES["payrolls"]
    try:
        table = detect(path)
    except IntakeFailure:
        if has_worker_sheets(path):
            return payrolls
        raise
    early = table.name == "projects" and has_worker_sheets(path, named=True)
    return payrolls if early else table


def import_file(
    store: RecordStore,
    path: Path,
    *,
    today: dt.date,
    known_on: dt.date | None = None,
    table: Table | None = None,
    lenient: bool = False,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
) -> FileReport:
    """Import one table of a file; ``table`` defaults to the one in the file's name.

    ``known_on`` is the day stated for rows without ``known_at``. The contract's own headings are
    recognised, and with ``office`` also its layouts and what headings are usually called.
    ``lenient``: for books made by people; ``known_on`` defaults to the end of the month that the
    file's name states, and an unreadable optional cell is unknown and listed
    (:mod:`risk.intake.unreadable_cells`) instead of rejecting its row.

    Raises:
        IntakeFailure: the file could not be imported, and nothing of it is stored.
    """
    source = _Source(
        *(store, SourceFile(path), table), today=today, known_on=known_on, office=office
    )
    [report] = source.import_all(progress, lenient=lenient, others=False)
    return report


def import_as_sent(store: RecordStore, path: Path, *, today: dt.date, table: Table) -> FileReport:
    """Like :func:`import_file`, with identifiers stored as they are.

    For senders whose right to write a record was checked by its identifier as sent; elsewhere
    :mod:`risk.intake.identifier_forms` gives identifiers one form.

    Raises:
        IntakeFailure: the file could not be imported, and nothing of it is stored.
    """
    source = _Source(
        *(store, SourceFile(path), table),
        today=today,
        known_on=None,
        office=None,
        unify_ids=False,
    )
    [report] = source.import_all(None, lenient=False, others=False)
    return report


def import_tables(
    store: RecordStore,
    path: Path,
    *,
    today: dt.date,
    progress: RowProgress | None = None,
    office: OfficeLayouts | None = None,
) -> list[FileReport]:
    """Import all sheets of a file in one transaction and report each table.

    A sheet that is not of the table of the file is read as the table that its header fits.

    Raises:
        IntakeFailure: the file could not be imported, and nothing of it is stored.
    """
    source = _Source(
        *(store, SourceFile(path), table_of_file(path)),
        today=today,
        known_on=None,
        office=office,
    )
    return source.import_all(progress, lenient=True, others=True)


class _Prepared(NamedTuple):
    """Table of a file, and how its sheets are read."""

    table: Table
    plan: ReadingPlan
    selection: Selection


class _Source:
    """File to import; ``table`` is the one it holds, if that is known already."""

    def __init__(
        self,
        store: RecordStore,
        file: SourceFile,
        table: Table | None,
        *,
        today: dt.date,
        known_on: dt.date | None,
        office: OfficeLayouts | None,
        unify_ids: bool = True,
    ) -> None:
        self._store = store
        self._path = file.path
        self._file = file
        self._table = table
        self._today = today
        self._known_on = known_on
        self._office = office
        self._unify_ids = unify_ids
        self.made_projects: Mapping[str, str] = {}

    def import_all(
        self, progress: RowProgress | None, *, lenient: bool, others: bool
    ) -> list[FileReport]:
        """Import the sheets of the table, with ``others`` those of other tables too.

        Worker-level sheets of books are imported as totals, after the other sheets, which
        may have their projects.
        """
        with open_tables(self._path) as opened:
            sheets, arbitration = without_arbitration(opened, file=self._path.name)
            reports = self._import_opened(sheets, progress, lenient=lenient, others=others)
            return [*with_arbitration(reports, arbitration)]

    def _import_opened(
        self,
        sheets: Sequence[Sheet],
        progress: RowProgress | None,
        *,
        lenient: bool,
        others: bool,
    ) -> list[FileReport]:
        workers = worker_level(sheets) if lenient and others else []
        if not workers:
            prepared = self._prepare(sheets, others=others)
            with self._store.transaction():
                return self._import_sheets(prepared, progress, lenient=lenient)
        rest = [one for one in sheets if not any(one is other for other in workers)]
        with self._store.transaction():
            reports, unread = self._import_rest(rest, progress)
            return [*reports, *self._import_workers(workers, unread, progress)]

    def _prepare(self, sheets: Sequence[Sheet], *, others: bool) -> _Prepared:
        plan = self._plan(sheets)
        table = self._table = plan.table or detect_table(self._path)
        selection = select_sheets(
            table,
            plan.sheets,
            file=self._path.name,
            match=plan.match,
            supply=self._supply,
            others=others,
            tables=plan.sheet_tables,
        )
        return _Prepared(table, plan, with_summaries(selection, plan.summaries))

    def _import_sheets(
        self, prepared: _Prepared, progress: RowProgress | None, *, lenient: bool
    ) -> list[FileReport]:
        table, plan, selection = prepared
        reports = [
            self._import(one, selection, plan, progress, lenient=lenient)
            for one in _tables(table, selection)
        ]
        self.made_projects = plan.namer.made_projects
        firms = self._import_firms(plan, self._book(plan, table, lenient=lenient), lenient=lenient)
        notes = (
            *format_notes(self._path),
            *uncertain_notes(plan.uncertain.values(), selection.unread),
        )
        reports = [
            replace(one, notes=(*one.notes, *notes)) if one.table == table.name else one
            for one in reports
        ]
        by_headings = not has_table_name(self._path)
        return [
            _with_reading(
                one,
                plan,
                firms=firms if one.table == table.name else 0,
                by_headings=by_headings and one.table == table.name,
            )
            for one in reports
        ]

    def _import_rest(
        self, sheets: Sequence[Sheet], progress: RowProgress | None
    ) -> tuple[list[FileReport], list[SheetReport]]:
        """Import the sheets of a file beside worker-level ones; those that are no table."""
        if not sheets:
            return [], []
        try:
            self._table = recognise_table(sheets, file=self._path.name)
            prepared = self._prepare(sheets, others=True)
        except IntakeFailure:
            unread = [
                SheetReport(one.name, "hidden" if one.hidden else "no_header") for one in sheets
            ]
            return [], unread
        return self._import_sheets(prepared, progress, lenient=True), []

    def _import_workers(
        self,
        sheets: Sequence[Sheet],
        unread: Sequence[SheetReport],
        progress: RowProgress | None,
    ) -> list[FileReport]:
        """Import the totals of worker-level sheets; the first report has the account of all."""
        found = read_worker_sheets(self._store, self._path, sheets)
        book = BookDay(self._today, self._known_on or stated_day(self._file.name))
        reports = []
        for totals in found.totals:
            table = STORED_TABLES[totals.table]
            selected = select_sheet(table, [totals], file=self._path.name)
            file = SourceFile(self._path, origin=self._file.origin)
            match = contract_matcher(table)
            run = _Import(self._store, file, table, book, match, lenient=True)
            reports.append(replace(run.run([selected], (), progress), sheets=()))
        first = reports[0]
        reports[0] = replace(
            first, sheets=(*found.sheets, *unread), notes=(*found.notes, *first.notes)
        )
        return reports

    def _plan(self, sheets: Sequence[Sheet]) -> ReadingPlan:
        if self._office is None:
            return ReadingPlan(self._table, sheets)
        names = partial(known_names, self._store, register=self._office.register)
        return plan_reading(
            *(self._path, sheets, self._office),
            table=self._table,
            namer=names,
            supply=self._supply,
        )

    def _book(self, plan: ReadingPlan, table: Table, *, lenient: bool) -> BookDay:
        """Day of the rows of ``table``: the one given, or of the file's name unless a layout
        says that it is the day of import."""
        reading = plan.reading(table)
        by_import = reading is not None and reading.known_on == "import"
        stated = self._known_on
        if stated is None and lenient and not by_import:
            stated = stated_day(self._file.name)
        return BookDay(self._today, stated)

    def _import(
        self,
        table: Table,
        selection: Selection,
        plan: ReadingPlan,
        progress: RowProgress | None,
        *,
        lenient: bool,
    ) -> FileReport:
        own = table is self._table
        reading = plan.reading(table)
        match = reading.match if reading else None
        book = self._book(plan, table, lenient=lenient)
        sheets = [sheet for sheet in selection.read if sheet.table is table]
        run = _Import(
            *(self._store, self._file, table, book, match or contract_matcher(table)),
            lenient=lenient,
            unify_ids=self._unify_ids,
        )
        return run.run(sheets, selection.unread if own else (), progress)

    def _import_firms(self, plan: ReadingPlan, book: BookDay, *, lenient: bool) -> int:
        """Import the firms that the file knows by name only, and return their number."""
        firms = new_firms(self._store, plan.namer)
        if firms.rows_count:
            organizations = STORED_TABLES["organizations"]
            match = contract_matcher(organizations)
            selection = select_sheets(organizations, [firms], file=self._path.name)
            run = _Import(self._store, self._file, organizations, book, match, lenient=lenient)
            run.run(selection.read, (), None)
        return firms.rows_count

    def _supply(self, table: Table, sheet: Sheet, located: LocatedHeader) -> Mapping[str, str]:
        if isinstance(sheet, CsvSheet):  # a CSV file has no sheets with names
            return {}
        titles = located.cells.titles
        find = partial(find_project, self._store)
        stem = str(PurePosixPath(self._file.name).with_suffix(""))
        return supplied_cells(table, located.fields, sheet.name, titles, stem, find)


class _Import:
    """Import of the sheets of one table of a file."""

    def __init__(
        self,
        store: RecordStore,
        file: SourceFile,
        table: Table,
        book: BookDay,
        match: HeadingMatcher,
        *,
        lenient: bool,
        unify_ids: bool = True,
    ) -> None:
        self._store = store
        self._file = file.path.name
        self._label = file.name
        self._table = table
        self._today = book.today
        self._match = match
        self._staging = Staging(store, table, file, book)
        self._quarantine = FileQuarantine(store, table, file.name)
        self._rejected = RejectedRows(table, file.name)
        self._read = self._good = 0
        self._marks: Counter[str] = Counter()
        self._unreadable_columns: Counter[str] = Counter()
        self._unreadable = FileUnreadableCells(store, table, file.name)
        self._lenient = lenient
        self._unify_ids = unify_ids
        self._answers = stored_answers(store, table) if lenient else {}

    def run(
        self,
        sheets: Sequence[SelectedSheet],
        unread: Sequence[UnreadSheet],
        progress: RowProgress | None,
    ) -> FileReport:
        """Read and store all rows of ``sheets``."""
        readers = [self._reader(selected) for selected in sheets]
        for selected, records in zip(sheets, readers, strict=True):
            self._stage(selected, records, progress)
        notes = [note for one in zip(sheets, readers, strict=True) for note in sheet_notes(*one)]
        notes += unread_notes(unread)
        notes += self._year_notes(sheets, readers)
        unified = unify_identifiers(self._store, self._table, STAGED) if self._unify_ids else []
        notes += unified
        notes += staged_notes(
            self._store,
            self._table,
            duplicates=self._staging.find_duplicates(),
            headings=_headings(sheets),
            dated=any(c.field is KNOWN_AT for one in sheets for c in one.header.columns),
            today=self._today,
        )
        self._quarantine.commit(STAGED)
        self._unreadable.commit(STAGED)
        newest = newest_arrival(self._store, [self._table])
        stored = self._staging.commit()
        if stored.filled:
            notes.append(Note("filled_from_others", {"rows": stored.filled}))
        sealed = move_behind_seals(self._store, self._table, newest + 1)
        restore_newest_books(self._store, self._table, newest + 1, today=self._today)
        set_aside = sum(records.set_aside.total() for records in readers)
        return FileReport(
            file=self._file,
            table=self._table.name,
            read=self._read + set_aside,
            accepted=stored.accepted,
            repeated=self._good - stored.accepted,
            quarantined=self._read - self._good,
            set_aside=set_aside,
            struck=sum(len(records.struck) for records in readers),
            marks=dict(self._marks),
            unreadable=dict(self._unreadable_columns),
            ignored_columns=_distinct(name for one in sheets for name in one.header.unread),
            unread_sheets=tuple(sheet.name for sheet in unread if sheet.reason != "blank"),
            sheets=(
                *(sheet_report(*one) for one in zip(sheets, readers, strict=True)),
                *(SheetReport(one.name, one.reason, one.missing) for one in unread),
            ),
            notes=tuple(notes),
            dated_by_rule=stored.dated_by_rule,
            undated_facts=stored.undated_facts,
            missing=stored.missing,
            moved_behind_lists=sealed.moved,
            new_feed_in=sealed.new_in,
        )

    def _reader(self, selected: SelectedSheet) -> SheetRecords:
        records = SheetRecords(
            self._table,
            selected.sheet,
            selected.header,
            cells=selected.located.cells,
            match=self._match,
            file=self._file,
        )
        records.supplied = tuple(
            self._supplied(selected, records, *one) for one in selected.supplied.items()
        )
        return records

    def _supplied(
        self, selected: SelectedSheet, records: SheetRecords, name: str, cell: str
    ) -> Cell:
        """Cell of a field without a column, or the function that gives it for a row."""
        if self._table.field(name).type is FieldType.MONTH:
            return lambda cells: month_of_block(records.titles[0], cell)
        if name != CONTRACT:
            return cell
        columns = {one.field.name: one.index for one in selected.header.columns}
        found: Mapping[str, int | str] = {**columns, **selected.supplied}
        code = self._table.field(PROJECT)
        return TeamContract(self._store, self._table.name, cell, found[PROJECT], code)

    def _stage(
        self, selected: SelectedSheet, records: SheetRecords, progress: RowProgress | None
    ) -> None:
        for batches in self._all_batches(selected, records):
            with batches as prefetched:
                for batch in prefetched:
                    self._add(batch)
                    if progress is not None:
                        progress(self._file, self._read)

    def _add(self, batch: Batch) -> None:
        self._staging.add(batch)
        self._quarantine.add(batch.bad, batch.corrects)
        self._read += batch.read
        self._good += batch.good
        self._rejected.add(batch.bad, good=self._good)
        self._marks.update(batch.marks)
        self._unreadable.add(batch.unreadable)
        self._unreadable_columns.update(cell.column for cell in batch.unreadable)

    def _all_batches(
        self, selected: SelectedSheet, records: SheetRecords
    ) -> Iterator[AbstractContextManager[Iterator[Batch]]]:
        """Batches of all blocks: columnar for CSV, else and from a different header on by rows."""
        sheet, header = selected.sheet, selected.header
        start = None
        if isinstance(sheet, CsvSheet) and header.quarantine_id is None and not header.alternates:
            yield self._columnar(sheet, header, records)
            if records.resume_at is None:
                return
            start = records.resume_at
        for block, rows in records.blocks(start=start):
            parser = BatchParser(
                self._table,
                block,
                strict_width=sheet.strict_width,
                today=self._today,
                lenient=self._lenient,
                answers=self._answers,
                years=self._years(sheet, records),
            )
            yield prefetch(parser.batches(rows))

    def _years(self, sheet: Sheet, records: SheetRecords) -> StatedYears | None:
        """Period that gives the year of dates without one, for the current block of ``sheet``."""
        return stated_years(sheet.name, records.titles, self._label) if self._lenient else None

    def _year_notes(
        self, sheets: Sequence[SelectedSheet], readers: Sequence[SheetRecords]
    ) -> Iterator[Note]:
        """Periods that gave dates their year, if any date had none."""
        if self._marks[YEAR_OF_DAY] or self._marks[YEAR_OF_MONTH]:
            for selected, records in zip(sheets, readers, strict=True):
                if years := self._years(selected.sheet, records):
                    fields = {"period": str(years), "sheet": selected.sheet.name or self._file}
                    yield Note("year_from_title", fields)

    @contextmanager
    def _columnar(
        self, sheet: CsvSheet, header: Header, records: SheetRecords
    ) -> Iterator[Iterator[Batch]]:
        columnar = ColumnarParser(
            self._table,
            header,
            today=self._today,
            lenient=self._lenient,
            answers=self._answers,
            years=self._years(sheet, records),
        )
        with (
            system_memory(),
            prefetch(records.chunks(chunks(sheet, header.width))) as parted,
            prefetch(columnar.batches(parted)) as batches,
        ):
            yield batches


def _tables(table: Table, selection: Selection) -> list[Table]:
    """Tables of the selected sheets in the order of import, projects first."""
    names = {table.name, *(sheet.table.name for sheet in selection.read)}
    order = ["projects", *STORED_TABLES]
    return [STORED_TABLES[name] for name in sorted(names, key=order.index)]


def _with_reading(
    report: FileReport, plan: ReadingPlan, *, firms: int, by_headings: bool
) -> FileReport:
    """``report`` with how its table was read through a layout or by usual headings."""
    table = STORED_TABLES[report.table]
    found = plan.reading(table)
    if found is None:
        return report
    read = {heading for sheet in report.sheets for heading in sheet.columns}
    reading = reading_report(found, named_firms=firms, table_by_headings=by_headings, read=read)
    notes = (*report.notes, *month_notes(plan.sheets, table), *place_notes(found.changes))
    return replace(with_used(report, plan.used_otherwise(table)), reading=reading, notes=notes)


def _headings(sheets: Sequence[SelectedSheet]) -> dict[str, str]:
    """Headings as written by field, of the first sheet that has the column."""
    columns = [column for one in reversed(sheets) for column in one.header.columns]
    return {column.field.name: column.heading or column.field.zh for column in columns}


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
