"""One pull of a source: fetch its units into the spool, then import them.

The record store is open only at the beginning, to read what was taken, and for the import. If the
process is killed while it fetches, the next pull goes on after the last whole unit; if it is killed
while it imports, the same files are imported again, which stores no row twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from risk.contract import STORED_TABLES
from risk.errors import WagewatchError
from risk.intake.import_accounts import store_account
from risk.intake.import_days import require_import_day
from risk.intake.importer import PlacedFile, RowProgress, import_into, import_placed
from risk.intake.layouts.layout import source_layouts
from risk.intake.layouts.names import single_county
from risk.intake.layouts.plan import office_layouts
from risk.intake.quarantine_book import write_quarantine
from risk.intake.report import ImportReport, join_reports
from risk.locale import LANGUAGES, Language
from risk.sources.errors import SourceError, UnitRefused
from risk.sources.kinds import open_source, tidy
from risk.sources.meter import BoundReached, Bounds, Meter
from risk.sources.pull_log import (
    LoggedPull,
    State,
    forget_units,
    log_pull,
    record_units,
    taken_units,
)
from risk.sources.settings import SourceSettings
from risk.sources.source import Source, SourceContext, Unit
from risk.sources.spool import FetchedUnit, Spool, left_spool, lock, new_spool, table_of
from risk.store.row_sums import extend_row_sums
from risk.store.store import RecordStore, RecordStoreBusy
from risk.workspace import Workspace

TRIED = Bounds(requests=50, rows=2000, seconds=60.0)
"""Bounds of a trial."""

_POLL_SECONDS = 0.5
_MOST_LISTED = 50
"""Refused units and skipped files that a report names; refused ones are counted."""


@dataclass(frozen=True)
class OfficeClock:
    """Functions of the current time, with a time zone, and the office's day; its IANA time zone."""

    time: Callable[[], dt.datetime]
    day: Callable[[], dt.date]
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Fetched:
    """What came before the import.

    ``bound`` is the bound that was reached, ``error`` the failure that ended the pull early;
    ``refused`` are the units that the source refused, with its reason; ``killed``: the process
    ended while it fetched, and what it left is imported by a later one.
    """

    meter: Meter
    units: Sequence[FetchedUnit] = ()
    refused: Sequence[tuple[str, UnitRefused]] = ()
    bound: str = ""
    error: WagewatchError | None = None
    killed: bool = False

    @property
    def state(self) -> State:
        """How the pull ended."""
        if self.killed or self.error is not None:
            return "interrupted"
        return "bounded" if self.bound else "complete"

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows by table, in the order of the contract."""
        totals: Counter[str] = Counter()
        for unit in self.units:
            for file, rows in unit.rows.items():
                totals[table_of(file)] += rows
        return {table: totals[table] for table in STORED_TABLES if totals[table]}

    def counts(self) -> dict[str, Any]:
        """Return the counts as plain data, without messages."""
        meter = self.meter
        return {
            "units": len(self.units),
            "rows": self.rows,
            "files": sum(len(unit.files) for unit in self.units),
            "requests": meter.requests,
            "retries": meter.retries,
            "bytes": meter.bytes,
            "seconds": round(meter.seconds, 3),
            "waited_seconds": round(meter.waited, 3),
            "refusals": dict(meter.refusals),
            "refused_units": len(self.refused),
            "unread_columns": {table: list(names) for table, names in meter.unread.items()},
            "skipped_files": meter.skipped[:_MOST_LISTED],
            "bound": self.bound,
        }

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """Return the counts, and why units were refused or the pull ended early."""
        return {
            "state": self.state,
            **self.counts(),
            "refused": [
                {"unit": key, "message": refusal.message(language)}
                for key, refusal in self.refused[:_MOST_LISTED]
            ],
            "error": None if self.error is None else self.error.message(language),
        }


@dataclass(frozen=True)
class PullReport:
    """A pull: what came, and the closing account of its import.

    ``untidied`` is the failure of the source to clean up afterwards.
    """

    source: str
    kind: str
    fetched: Fetched
    report: ImportReport = field(
        default_factory=lambda: ImportReport(files=(), failed=(), skipped=(), waiting={})
    )
    untidied: SourceError | None = None

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """Return the report of the import, with the pull under ``pull``."""
        untidied = None if self.untidied is None else self.untidied.message(language)
        pull = {
            "source": self.source,
            "kind": self.kind,
            **self.fetched.as_json(language),
            "untidied": untidied,
        }
        return {**self.report.as_json(language), "pull": pull}


def pull_source(
    workspace: Workspace,
    settings: SourceSettings,
    *,
    clock: OfficeClock,
    who: str = "",
    again: bool = False,
    progress: RowProgress | None = None,
    prepare: Callable[[RecordStore], None] | None = None,
    patience: float = 0.0,
) -> PullReport:
    """Pull from a source and import what came.

    A failure of the source is in the report; whole units that came before it are imported, and the
    pull is logged in any case.

    Args:
        workspace: workspace with the record store.
        settings: settings of the source.
        clock: the office's clock.
        who: who pulls, stored with the account of the import.
        again: fetch everything, also what earlier pulls took.
        progress: callback, called with the name of a unit and the rows so far.
        prepare: called with the open store before the import, like in ``import_paths``.
        patience: seconds to wait for a record store that another process has open.

    Raises:
        PullRunning: another process is pulling from the source.
        RecordStoreBusy, RecordStoreUnreadable: the store cannot be opened.
    """
    run = _Pull(workspace, settings, clock, who, progress, prepare, patience)
    with lock(run.folder, settings.name):
        return run.run(again=again)


def try_source(
    workspace: Workspace, settings: SourceSettings, *, clock: OfficeClock, bounds: Bounds = TRIED
) -> PullReport:
    """Fetch the first rows of a source and import them into an empty store, which is dropped.

    Units are cut at the bounds, so that large ones show their first rows too. Nothing is logged.
    """
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wagewatch-")))
        today = clock.day()
        spool = new_spool(place / settings.name, today, "")
        meter = Meter(bounds)
        context = SourceContext(workspace.root, today, meter, clock.timezone)
        fetched = _fetch(settings, context, spool, {}, partial=True)
        store = stack.enter_context(RecordStore(":memory:", memory_gb=workspace.memory_gb))
        report = _import(workspace, store, settings, spool, today, None)
    return PullReport(settings.name, settings.kind, fetched, report)


class _Pull:
    """One pull of a source, under its lock."""

    def __init__(
        self,
        workspace: Workspace,
        settings: SourceSettings,
        clock: OfficeClock,
        who: str,
        progress: RowProgress | None,
        prepare: Callable[[RecordStore], None] | None,
        patience: float,
    ) -> None:
        self.folder = workspace.sources / settings.name
        self._workspace = workspace
        self._settings = settings
        self._clock = clock
        self._who = who
        self._progress = progress
        self._prepare = prepare
        self._patience = patience

    def run(self, *, again: bool) -> PullReport:
        began = self._clock.time()
        digest = _digest(self._settings)
        spool = left_spool(self.folder / "spool")
        if spool is not None and (spool.began, spool.digest) != (self._clock.day(), digest):
            # Units of another day may be out of date: they are stored as an earlier pull.
            self._store(spool, began, Fetched(self._meter(), spool.units, killed=True))
            spool = None
        taken = {} if again else self._taken()
        if again:
            self._forget()
        spool = spool or new_spool(self.folder / "spool", self._clock.day(), digest)
        context = self._context(spool.began, self._meter())
        fetched = _fetch(self._settings, context, spool, taken, self._progress)
        report = self._store(spool, began, fetched)
        return PullReport(self._settings.name, self._settings.kind, fetched, report, self._tidy())

    def _context(self, today: dt.date, meter: Meter) -> SourceContext:
        return SourceContext(self._workspace.root, today, meter, self._clock.timezone)

    def _meter(self) -> Meter:
        return Meter(self._settings.bounds)

    def _taken(self) -> dict[str, tuple[str, bool]]:
        if not self._workspace.records.is_file():
            return {}
        with self._open(read_only=True) as store:
            return taken_units(store, self._settings.name)

    def _forget(self) -> None:
        with self._open() as store:
            forget_units(store, self._settings.name)

    def _open(self, *, read_only: bool = False) -> RecordStore:
        """Open the record store, as soon as no other process has it open."""
        workspace, give_up = self._workspace, time.monotonic() + self._patience
        while True:
            try:
                return RecordStore(
                    workspace.records, read_only=read_only, memory_gb=workspace.memory_gb
                )
            except RecordStoreBusy:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(_POLL_SECONDS)

    def _store(self, spool: Spool, began: dt.datetime, fetched: Fetched) -> ImportReport:
        """Import the files of a spool, log the pull and delete the spool."""
        name = self._settings.name
        with self._open() as store:
            if self._prepare is not None:
                self._prepare(store)
            today = self._clock.day()
            require_import_day(store, today)
            report = _import(
                *(self._workspace, store, self._settings, spool),
                today=today,
                progress=self._progress,
            )
            stored = _stored_units(fetched.units, report)
            entry = _log_entry(name, began, self._clock.time(), fetched)
            with store.transaction():
                record_units(store, name, stored)
                log_pull(store, entry)
            if report.files or report.failed:
                store_account(store, report, who=self._who)
                write_quarantine(store, self._workspace.quarantine)
                extend_row_sums(store)
        spool.delete()
        return report

    def _tidy(self) -> SourceError | None:
        """Let the source clean up; the failure if it cannot."""
        context = self._context(self._clock.day(), self._meter())
        try:
            tidy(self._settings, context, self._taken().keys())
        except SourceError as failure:
            return failure
        return None


def _fetch(
    settings: SourceSettings,
    context: SourceContext,
    spool: Spool,
    taken: Mapping[str, tuple[str, bool]],
    progress: RowProgress | None = None,
    *,
    partial: bool = False,
) -> Fetched:
    """Fetch the units that are needed into ``spool``, until a bound or a failure.

    With ``partial`` the rows of a unit that came before a bound count too.
    """
    bound = ""
    error: WagewatchError | None = None
    refused: list[tuple[str, UnitRefused]] = []
    try:
        with open_source(settings, context) as source:
            for unit in _needed(source, taken, spool.units):
                try:
                    spool.add(unit, context.meter, partial=partial)
                except UnitRefused as refusal:
                    refused.append((unit.key, refusal))
                if progress is not None:
                    progress(unit.key, context.meter.rows)
    except BoundReached as reached:
        bound = reached.bound
    except WagewatchError as failure:
        error = failure
    return Fetched(context.meter, tuple(spool.units), tuple(refused), bound, error)


def _needed(
    source: Source, taken: Mapping[str, tuple[str, bool]], units: Sequence[FetchedUnit]
) -> Iterator[Unit]:
    """Units that neither this pull fetched nor an earlier one for good.

    ``units`` are those that this pull fetched before it was interrupted.
    """
    fetched = {unit.key: unit.mark for unit in units}
    marks = {key: mark for key, (mark, _) in taken.items()} | fetched
    for unit in source.units(marks):
        stored_for_good = unit.once and unit.key in taken
        if unit.goes_on or not (unit.key in fetched or stored_for_good):
            yield unit


def _import(
    workspace: Workspace,
    store: RecordStore,
    settings: SourceSettings,
    spool: Spool,
    today: dt.date,
    progress: RowProgress | None,
) -> ImportReport:
    """Import the files of a spool; those of rows are labelled with the name of the source."""
    placed = [
        PlacedFile(path, STORED_TABLES[table], f"{settings.name}/{path.name}")
        for path, table in spool.row_files
    ]
    office = office_layouts(workspace, single_county(store))
    if settings.layout:
        own = source_layouts(workspace.layouts, settings.layout)
        office = replace(office, layouts=tuple(own))
    origin = settings.name
    report = import_placed(
        *(store, placed), today=today, progress=progress, office=office, origin=origin
    )
    if spool.copies is None:
        return report
    copied = import_into(
        *(store, [spool.copies]), today=today, progress=progress, office=office, origin=origin
    )
    return join_reports(report, copied)


def _stored_units(units: Sequence[FetchedUnit], report: ImportReport) -> list[FetchedUnit]:
    """Units of which every file was imported; the others are fetched again."""
    failed = {str(failure.fields["file"]) for failure in report.failed}
    rows = {PurePosixPath(file).stem for file in failed}

    def is_stored(unit: FetchedUnit) -> bool:
        # A file of an archive has the name of the archive in front.
        copies = (
            file == name or file.startswith(f"{name}/") for name in unit.files for file in failed
        )
        return not rows & set(unit.rows) and not any(copies)

    return [unit for unit in units if is_stored(unit)]


def _log_entry(source: str, began: dt.datetime, ended: dt.datetime, fetched: Fetched) -> LoggedPull:
    error = fetched.error
    texts: dict[str, str] = {} if error is None else {one: error.message(one) for one in LANGUAGES}
    return LoggedPull(source, began, ended, fetched.state, fetched.counts(), texts)


def _digest(settings: SourceSettings) -> str:
    """Digest of settings that decide what units hold."""
    held = settings.model_dump_json(exclude={"every", "stopped_after"})
    return hashlib.sha256(held.encode()).hexdigest()[:16]
