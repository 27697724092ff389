"""Jobs of the data page: proposals, trials, imports and answers, each in a process of its own."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into, import_paths
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.names import single_county
from risk.intake.layouts.plan import OfficeLayouts, office_layouts
from risk.intake.project_merges import merge_project
from risk.intake.quarantine_book import write_quarantine
from risk.intake.report import ImportReport
from risk.intake.trial import FileTrial, needs_layout, proposal_json, try_files
from risk.intake.unreadable_cells import answer_cells
from risk.locale import LANGUAGES, Language
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.clock import now, today
from serving.data_entry.errors import UploadClosed
from serving.data_entry.files import UploadFolder
from serving.data_entry.overview import refresh_overview
from serving.data_entry.repository import Upload, load_upload, save_upload
from serving.db.database import Database
from serving.errors import page_message
from serving.ingest.seals import record_seals

_COPIED = 2_000_000_000
"""Bytes up to which a trial reads into a copy of the record store; beyond, into an empty one."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class EntryWork:
    """What a job works with: workspace, database, its parameters and who asked for it."""

    workspace: Workspace
    database: Database
    parameters: Parameters
    asked_by: str
    language: Language = "zh"

    @property
    def upload(self) -> Upload:
        """The upload the job is about.

        Raises:
            UploadUnknown: there is none.
            UploadClosed: its files are gone.
        """
        found = load_upload(self.database.engine, self.parameters["upload_id"])
        if found.closed:
            raise UploadClosed(upload=found.upload_id)
        return found

    @property
    def known_on(self) -> dt.date | None:
        """The day stated for rows without a day of knowledge."""
        stated = self.parameters.get("known_on")
        return dt.date.fromisoformat(stated) if stated else None


def propose_layouts(work: EntryWork, progress: Progress) -> Mapping[str, Any]:
    """Propose a reading of every sheet of an upload and write layouts that are new."""
    upload, workspace = work.upload, work.workspace
    progress("propose", 0.1)
    files = UploadFolder(workspace).named(upload.upload_id, upload.files)
    with files as folder, _records(workspace) as store:
        office = office_layouts(workspace, single_county(store))
        trials = try_files([folder], office, store)
    known = {one.name for one in office.layouts}
    for trial in trials:
        for one in trial.proposals:
            # A layout that was edited before is not replaced by a proposal.
            if needs_layout(one) and one.layout.name not in known:
                write_layout(workspace.layouts, one.layout, work.language)
    document = [_trial_json(trial) for trial in trials]
    save_upload(work.database.engine, upload.upload_id, proposal=document)
    return {"upload_id": upload.upload_id, "files": len(document)}


def try_import(work: EntryWork, progress: Progress) -> Mapping[str, Any]:
    """Import an upload into a copy of the record store, which is deleted, and keep the account.

    Layouts of the upload that nobody confirmed yet are used as if they were.
    """
    upload, workspace = work.upload, work.workspace
    with ExitStack() as stack:
        files = stack.enter_context(UploadFolder(workspace).named(upload.upload_id, upload.files))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wagewatch-")))
        copy = place / workspace.records.name
        _copy_records(workspace, copy)
        store = stack.enter_context(RecordStore(copy, memory_gb=workspace.memory_gb))
        office = _as_if_confirmed(office_layouts(workspace, single_county(store)), upload)
        report = import_into(
            *(store, [files]),
            today=today(),
            known_on=work.known_on,
            progress=_steps(progress, len(upload.files)),
            office=office,
        )
    save_upload(work.database.engine, upload.upload_id, trial=report.as_json(work.language))
    return _result(upload, report)


def import_upload(work: EntryWork, progress: Progress) -> Mapping[str, Any]:
    """Import an upload, keep its account, delete its files and renew the overview."""
    upload, workspace, engine = work.upload, work.workspace, work.database.engine
    with UploadFolder(workspace).named(upload.upload_id, upload.files) as files:
        report = import_paths(
            *(workspace, [files]),
            today=today(),
            known_on=work.known_on,
            who=work.asked_by,
            progress=_steps(progress, len(upload.files)),
            prepare=lambda store: record_seals(store, work.database),
        )
    account, moment = report.as_json(work.language), now()
    save_upload(engine, upload.upload_id, account=account, imported_at=moment)
    if not report.failed:
        # Files that were refused stay, so that they can be read again with an edited layout.
        UploadFolder(workspace).delete(upload.upload_id)
        save_upload(engine, upload.upload_id, files_deleted_at=moment)
    progress("overview", 0.95)
    refresh_overview(workspace, work.database)
    return _result(upload, report)


def answer_unreadable(work: EntryWork, _: Progress) -> Mapping[str, Any]:
    """Answer the unreadable cells of a column with the same text."""
    asked, workspace = work.parameters, work.workspace
    table = STORED_TABLES[asked["table"]]
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        mended = answer_cells(
            *(store, table, table.field(asked["field"]), asked["raw"], asked["answer"]),
            today=today(),
            who=work.asked_by,
        )
        write_quarantine(store, workspace.quarantine)
    refresh_overview(workspace, work.database)
    return {"rows": mended}


def confirm_project(work: EntryWork, _: Progress) -> Mapping[str, Any]:
    """Give the records of a project with an id made from its name the code that came later."""
    workspace = work.workspace
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        record_seals(store, work.database)
        made = work.parameters["made"]
        rows = merge_project(store, made, today=today(), who=work.asked_by)
    refresh_overview(workspace, work.database)
    return {"rows": rows}


JOBS: Mapping[str, Callable[[EntryWork, Progress], Mapping[str, Any]]] = {
    "propose_layouts": propose_layouts,
    "try_import": try_import,
    "import_files": import_upload,
    "answer_cells": answer_unreadable,
    "merge_project": confirm_project,
}
"""The jobs by their kind."""


def _trial_json(trial: FileTrial) -> dict[str, Any]:
    failure = trial.failure
    return {
        "file": trial.file,
        "sheets": [proposal_json(one) for one in trial.proposals],
        "failed": failure and {one: page_message(failure, one) for one in LANGUAGES},
    }


def _records(workspace: Workspace) -> RecordStore:
    """The workspace's records to read; an empty store in memory if there are none yet."""
    if not workspace.records.is_file():
        return RecordStore(":memory:")
    return RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb)


def _copy_records(workspace: Workspace, copy: Path) -> None:
    records = workspace.records
    if records.is_file() and records.stat().st_size <= _COPIED:
        # An open reader keeps writers out while the file is copied.
        with RecordStore(records, read_only=True, memory_gb=workspace.memory_gb):
            shutil.copyfile(records, copy)


def _as_if_confirmed(office: OfficeLayouts, upload: Upload) -> OfficeLayouts:
    proposed = {sheet["layout"] for file in upload.proposal or () for sheet in file["sheets"]}
    layouts = tuple(
        one.confirm("-", now()) if one.name in proposed and not one.confirmed else one
        for one in office.layouts
    )
    return replace(office, layouts=layouts)


def _steps(progress: Progress, files: int) -> Callable[[str, int], None]:
    """Progress of an import: the step is the file and the number of its rows."""
    seen: list[str] = []

    def step(file: str, rows: int) -> None:
        if file not in seen:
            seen.append(file)
        progress(f"import {rows} {file}", min(0.9, 0.9 * len(seen) / max(files, 1)))

    return step


def _result(upload: Upload, report: ImportReport) -> Mapping[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "files": len(report.files),
        "failed": len(report.failed),
        "needs_answer": report.needs_answer,
        "accepted": _total(report.files, "accepted"),
        "quarantined": _total(report.files, "quarantined"),
    }


def _total(files: Sequence[object], name: str) -> int:
    return sum(getattr(file, name) for file in files)
