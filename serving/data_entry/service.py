"""What people do on the data page: send files, edit layouts, start jobs, correct cells."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from features.feature_sets import FEATURE_SETS
from risk.contract import TABLES
from risk.intake.layouts.layout import Layout, find_layout, read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import lacking_fields
from risk.locale import Language
from risk.workspace import Workspace
from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import own_region
from serving.clock import now, today
from serving.data_entry.errors import (
    CellNotListed,
    ImportOfficeWide,
    MonthInvalid,
    RowNotQuarantined,
    TooManyFiles,
    UploadBusy,
    UploadClosed,
    UploadEmpty,
    UploadTooLarge,
)
from serving.data_entry.files import (
    KEPT,
    MAX_FILES,
    MAX_UPLOAD,
    StoredFile,
    UploadFolder,
    free_name,
    plain_name,
)
from serving.data_entry.layout_form import LayoutForm, chosen_layout, layout_form
from serving.data_entry.quarantine_corrections import corrected_rows, file_name, write_rows
from serving.data_entry.repository import (
    Upload,
    add_file,
    add_upload,
    expired_uploads,
    find_upload,
    load_upload,
    set_upload,
)
from serving.db.database import Database
from serving.errors import CommandError
from serving.jobs import service as jobs
from serving.jobs.repository import JobUnknown, find_job
from serving.watchlists.latest_day import FURTHEST_AHEAD

Document = Mapping[str, Any]

_UNDER_WAY = ("queued", "running")
_MONTHLY = frozenset(("payrolls", "payments", "transfers", "attendance", "operations"))
CELL = "cell:"
"""Beginning of the names of form fields that correct a quarantined cell: ``cell:FIELD:ROW``."""


class LayoutLacks(CommandError):
    """A layout has no column for required fields. Carries ``name`` and ``fields``."""

    code = "layout_lacks"


@dataclass(frozen=True)
class Cost:
    """What cannot be known without a table: by family, features that need it and all there are."""

    table: str
    families: tuple[tuple[str, int, int], ...]


def require_office_wide(principal: Principal) -> None:
    """Check that ``principal`` may import files, which may hold records of any region.

    Raises:
        ImportOfficeWide: they are limited to a region.
    """
    if principal.region:
        raise ImportOfficeWide(region=principal.region)


def start_upload(connection: Connection, workspace: Workspace, by: str) -> str:
    """Start an upload and return its id; files of uploads that nobody imported are deleted."""
    folder, moment = UploadFolder(workspace), now()
    for old in expired_uploads(connection, moment - KEPT):
        folder.delete(old)
        set_upload(connection, old, files_deleted_at=moment)
    upload_id = uuid.uuid4().hex
    add_upload(connection, upload_id, by, moment)
    return upload_id


def accept_file(database: Database, upload_id: str, name: str) -> str:
    """Return the name under which an upload may take another file.

    Raises:
        UploadUnknown, UploadClosed: there is no such upload any more.
        TooManyFiles: it has as many files as it may have.
        FileNotAccepted: the suffix is not that of a record file.
    """
    upload = _open(load_upload(database.engine, upload_id))
    if len(upload.files) >= MAX_FILES:
        raise TooManyFiles(most=MAX_FILES)
    return free_name(plain_name(name), [file.name for file in upload.files])


def store_file(connection: Connection, upload_id: str, file: StoredFile) -> None:
    """Add a file that has been written to the upload's folder.

    Raises:
        UploadTooLarge: the files are too large together.
        TooManyFiles, UploadUnknown, UploadClosed: as :func:`accept_file`.
    """
    upload = _open(find_upload(connection, upload_id))
    if sum(one.bytes for one in upload.files) + file.bytes > MAX_UPLOAD:
        raise UploadTooLarge(most=MAX_UPLOAD // 1_000_000)
    if len(upload.files) >= MAX_FILES:
        raise TooManyFiles(most=MAX_FILES)
    name = free_name(file.name, [one.name for one in upload.files])
    add_file(connection, upload_id, StoredFile(file.stored_name, name, file.bytes))


def start_job(
    connection: Connection,
    database: Database,
    kind: str,
    upload_id: str,
    principal: Principal,
    known_on: str = "",
) -> str:
    """Queue a job about an upload and return its id.

    Raises:
        UploadUnknown, UploadClosed: there is no such upload any more.
        UploadEmpty: it has no files.
        UploadBusy: another job about it has not ended.
        MonthInvalid: ``known_on`` is not a date up to today.
    """
    upload = _open(find_upload(connection, upload_id))
    if not upload.files:
        raise UploadEmpty()
    if is_busy(database, upload):
        raise UploadBusy()
    parameters = {"upload_id": upload_id, "known_on": _day(known_on, today()) if known_on else ""}
    job = jobs.queue(connection, kind, parameters, "", principal)
    set_upload(connection, upload_id, job_id=job.id)
    return job.id


def is_busy(database: Database, upload: Upload) -> bool:
    """Whether a job about the upload is queued or running."""
    if upload.job_id is None:
        return False
    try:
        return find_job(database.engine, upload.job_id, OFFICE).state in _UNDER_WAY
    except JobUnknown:
        return False


def delete_files(connection: Connection, workspace: Workspace, upload_id: str) -> None:
    """Delete the files of an upload."""
    find_upload(connection, upload_id)
    UploadFolder(workspace).delete(upload_id)
    set_upload(connection, upload_id, files_deleted_at=now())


def layout_forms(workspace: Workspace, upload: Upload, language: Language) -> list[LayoutForm]:
    """Forms of the layouts the upload needs, unconfirmed ones first.

    Raises:
        LayoutMissing, LayoutInvalid: a layout file was removed or damaged since.
    """
    samples, files = _proposed(upload)
    layouts = [_layout(workspace, name) for name in samples]
    layouts.sort(key=lambda one: one.confirmed)
    struck = {sheet["layout"] for _, sheet in _sheets(upload) if sheet.get("struck")}
    forms = [
        layout_form(number, one, samples[one.name], files[one.name], lacking_fields(one), language)
        for number, one in enumerate(layouts)
    ]
    return [replace(form, asks_struck=form.asks_struck or form.name in struck) for form in forms]


def save_layouts(
    workspace: Workspace, upload: Upload, form: Mapping[str, str], by: str | None = None
) -> list[str]:
    """Write the layouts as edited in a form, confirmed if ``by`` is given; return the changed ones.

    Raises:
        LayoutLacks: a layout to be confirmed has no column for a required field.
        LayoutMissing, LayoutInvalid: a choice is not allowed.
    """
    proposed = set(_proposed(upload)[0])
    changed = []
    chosen: list[tuple[Layout, Layout]] = []
    number = 0
    while (name := form.get(f"l{number}.name", "")) in proposed:
        before = _layout(workspace, name)
        chosen.append((before, chosen_layout(before, f"l{number}", form)))
        number += 1
    if by is not None:
        _require_complete([after for _, after in chosen])
    for before, after in chosen:
        if after.digest == before.digest and (by is None or before.confirmed):
            continue
        written = after if by is None else after.confirm(by, now())
        write_layout(workspace.layouts, written)
        changed.append(after.name)
    return changed


def start_answer(
    connection: Connection, overview: Document, form: Mapping[str, str], principal: Principal
) -> str:
    """Queue the answer to the unreadable cells with the same text; return the job's id.

    Raises:
        CellNotListed: the overview does not show such cells any more.
    """
    asked = {name: form.get(name, "") for name in ("table", "field", "raw", "answer")}
    shown = {(one["table"], one["field"], one["raw"].strip()) for one in overview["unreadable"]}
    if (asked["table"], asked["field"], asked["raw"]) not in shown:
        raise CellNotListed(found=asked["raw"][:100])
    raw = next(
        one["raw"]
        for one in overview["unreadable"]
        if (one["table"], one["field"], one["raw"].strip())
        == (asked["table"], asked["field"], asked["raw"])
    )
    return jobs.queue(connection, "answer_cells", {**asked, "raw": raw}, "", principal).id


def start_merge(
    connection: Connection, overview: Document, form: Mapping[str, str], principal: Principal
) -> str:
    """Queue the confirmation that a project's made id and its code are one; return the job's id.

    Raises:
        ProjectPairUnknown: the overview does not show the pair any more.
    """
    made = form.get("made", "")
    shown = [one["made"] for one in overview.get("pairs", ())]
    if made not in shown:
        from risk.intake.project_merges import ProjectPairUnknown

        raise ProjectPairUnknown(found=made[:100], allowed=", ".join(shown) or "-")
    return jobs.queue(connection, "merge_project", {"made": made}, "", principal).id


def start_correction(
    connection: Connection,
    workspace: Workspace,
    overview: Document,
    form: Mapping[str, str],
    principal: Principal,
) -> str:
    """Queue the import of quarantined rows with the corrected cells of a form; return the job's id.

    Raises:
        RowNotQuarantined: no row that is shown was changed.
    """
    cells: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        if name.startswith(CELL):
            field, _, row = name.removeprefix(CELL).partition(":")
            cells.setdefault(row, {})[field] = value
    found = corrected_rows(overview["quarantined"], cells)
    if not found:
        raise RowNotQuarantined()
    upload_id = start_upload(connection, workspace, principal.name)
    folder = UploadFolder(workspace)
    for table, rows in found.items():
        path = folder.new_file(upload_id)
        write_rows(path, table, rows)
        stored = StoredFile(path.name, file_name(table), path.stat().st_size)
        add_file(connection, upload_id, stored)
    job = jobs.queue(connection, "import_files", {"upload_id": upload_id}, "", principal)
    set_upload(connection, upload_id, job_id=job.id)
    return job.id


def start_month(
    connection: Connection, form: Mapping[str, str], principal: Principal, kind: str = "monthly"
) -> str:
    """Queue the list of a month of the principal's region, or its preview; return the job's id.

    Raises:
        MonthInvalid: the date is no date or too far ahead.
    """
    as_of = _day(form.get("as_of", ""), today() + FURTHEST_AHEAD)
    region = own_region(connection, principal)
    parameters = {"as_of": as_of, "capacity": None, "region": region}
    return jobs.queue(connection, kind, parameters, principal.region, principal).id


def month_start() -> dt.date:
    """The first day of the office's month: the usual date of a list."""
    return today().replace(day=1)


def costs(missing: Sequence[str], language: Language) -> list[Cost]:
    """What the features of projects lack without the ``missing`` tables."""
    found = []
    for table in missing:
        families = tuple(
            (family.zh if language == "zh" else family.en, lost, len(family.features))
            for family in FEATURE_SETS["project"].families
            if (lost := sum(table in feature.source for feature in family.features))
        )
        found.append(Cost(table, families))
    return sorted(found, key=lambda one: -sum(lost for _, lost, _ in one.families))


def late_feeds(feeds: Sequence[Document], months: int = 2) -> set[str]:
    """Tables of monthly records whose newest month is more than ``months`` behind the newest."""
    last = {
        one["table"]: one["last_month"]
        for one in feeds
        if one["last_month"] and one["table"] in _MONTHLY
    }
    if not last:
        return set()
    newest = _month_number(max(last.values()))
    return {table for table, month in last.items() if newest - _month_number(month) > months}


def table_names() -> list[str]:
    """Names of the tables that have forms to fill in."""
    return list(TABLES)


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


def _day(found: str, last: dt.date) -> str:
    try:
        day = dt.date.fromisoformat(found)
    except ValueError:
        raise MonthInvalid(found=found[:40], last=last.isoformat()) from None
    if not dt.date(2000, 1, 1) <= day <= last:
        raise MonthInvalid(found=found[:40], last=last.isoformat())
    return day.isoformat()


def _open(upload: Upload) -> Upload:
    if upload.closed:
        raise UploadClosed(upload=upload.upload_id)
    return upload


def _proposed(upload: Upload) -> tuple[dict[str, dict[str, Document]], dict[str, list[str]]]:
    """Columns by heading, and files, of the layouts proposed for an upload."""
    samples: dict[str, dict[str, Document]] = {}
    files: dict[str, list[str]] = {}
    for file, sheet in _sheets(upload):
        name = sheet["layout"]
        if name is None:
            continue
        columns = {
            one["heading"]: {**one, "terms": sheet["unknown_terms"].get(one["heading"], [])}
            for one in sheet["columns"]
        }
        samples[name] = {**columns, **samples.get(name, {})}
        shown = files.setdefault(name, [])
        if file not in shown:
            shown.append(file)
    return samples, files


def _sheets(upload: Upload) -> Iterator[tuple[str, Document]]:
    for file in upload.proposal or ():
        for sheet in file["sheets"]:
            yield file["file"], sheet


def _layout(workspace: Workspace, name: str) -> Layout:
    return read_layout(find_layout(workspace.layouts, name))


def _require_complete(layouts: Sequence[Layout]) -> None:
    for layout in layouts:
        if lacking := lacking_fields(layout):
            fields = "、".join(f"{field.zh}/{field.name}" for field in lacking)
            raise LayoutLacks(name=layout.name, fields=fields)
