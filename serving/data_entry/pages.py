"""/data: record files, their layouts and imports, and cells to correct."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from risk.contract import STORED_TABLES, TABLES
from risk.errors import WagewatchError
from risk.workspace import Workspace
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.data_entry import service
from serving.data_entry.errors import UploadsUnavailable, UploadUnknown
from serving.data_entry.files import MAX_FILE, MAX_FILES, StoredFile, UploadFolder
from serving.data_entry.overview_state import is_reading
from serving.data_entry.repository import (
    Document,
    find_account,
    list_accounts,
    load_upload,
    newest_overview,
    open_uploads,
)
from serving.data_entry.sources import source_rows
from serving.db.pagination import PageRequest
from serving.errors import page_message
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.middleware import BodyTooLarge
from serving.jobs.repository import find_job
from serving.settings import load_settings
from serving.web.render import page_language, render
from serving.web.requests import Form
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

FILES_PATH = "/data/files/"
"""Beginning of the paths that take the content of a file, larger than other bodies."""

_MAX_FIELDS = 5_000
_SHOWN = 100
_NOW = {"layouts": "propose_layouts", "try": "try_import", "import": "import_files"}

Clerk = Annotated[Principal, require(Permission.IMPORT_FILES)]
Watcher = Annotated[Principal, require(Permission.READ_JOBS)]


def workspace_of(request: Request) -> Workspace:
    """Return the workspace the service was started with.

    Raises:
        UploadsUnavailable: it was started with a database only.
    """
    workspace: Workspace | None = request.app.state.workspace
    if workspace is None:
        raise UploadsUnavailable()
    return workspace


async def long_form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form that may have very many; empty ones are kept."""
    body = (await request.body()).decode("utf-8", "replace")
    pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    return {name: value.strip() for name, value in pairs}


LongForm = Annotated[dict[str, str], Depends(long_form_of)]
WorkspaceDep = Annotated[Workspace, Depends(workspace_of)]


@router.get("/data")
def data(request: Request, principal: Clerk, database: DatabaseDep) -> Response:
    """Files to send, and what the records hold."""
    engine = database.engine
    office_wide = not principal.region
    overview = newest_overview(engine) if office_wide else None
    return render(
        request,
        "data",
        principal,
        office_wide=office_wide,
        uploads=open_uploads(engine) if office_wide else [],
        overview=overview,
        reading=office_wide and is_reading(request.app.state.workspace, engine),
        late=service.late_feeds(overview["feeds"]) if overview else set(),
        costs=service.costs(overview["missing"], page_language(request)) if overview else [],
        tables=service.table_names(),
        max_bytes=MAX_FILE,
        max_files=MAX_FILES,
        **(_sources(request, overview) if office_wide else {"sources": [], "sources_failure": ""}),
        tab="data",
    )


def _sources(request: Request, overview: Document | None) -> dict[str, Any]:
    """Rows of the configured sources; or why the settings cannot be read."""
    language, workspace = page_language(request), request.app.state.workspace
    try:
        # Read at every request, like the scheduler, so that a source just configured is shown.
        settings = load_settings(workspace) if workspace else settings_of(request)
    except WagewatchError as error:
        return {"sources": [], "sources_failure": page_message(error, language)}
    rows = source_rows(settings, overview, now(), language)
    return {"sources": rows, "sources_failure": ""}


@router.get("/data/templates/{table}.xlsx")
def template(request: Request, principal: Clerk, table: str) -> Response:
    """An empty form of a table."""
    from risk.intake.templates import write_template

    if table not in TABLES:
        raise UploadUnknown(upload=table)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{table}.xlsx"
        write_template(path, TABLES[table], page_language(request))
        return attachment(path.name, XLSX, path.read_bytes())


@router.post("/data/uploads")
def add_upload(
    request: Request, principal: Clerk, database: DatabaseDep, workspace: WorkspaceDep
) -> Response:
    """Start an upload; its files follow one by one."""
    service.require_office_wide(principal)
    made: list[str] = []

    def add(connection: Connection) -> None:
        made.append(service.start_upload(connection, workspace, principal.name))

    write_audited(request, database, principal, add)
    return JSONResponse({"id": made[0]}, 201)


@router.post(f"{FILES_PATH}{{upload_id}}")
async def add_file(
    request: Request,
    upload_id: str,
    principal: Clerk,
    database: DatabaseDep,
    name: Annotated[str, Query(min_length=1, max_length=1000)],
) -> Response:
    """Take the content of one file, as the body of the request."""
    service.require_office_wide(principal)
    workspace = workspace_of(request)
    plain = await run_in_threadpool(service.accept_file, database, upload_id, name)
    path = await run_in_threadpool(UploadFolder(workspace).new_file, upload_id)
    try:
        size = await _receive(request, path)
        stored = StoredFile(path.name, plain, size)

        def add(connection: Connection) -> None:
            service.store_file(connection, upload_id, stored)

        await run_in_threadpool(write_audited, request, database, principal, add)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return JSONResponse({"name": plain, "bytes": size}, 201)


async def _receive(request: Request, path: Path) -> int:
    """Write the body to ``path`` and return its size."""
    size = 0
    with path.open("xb") as file:
        path.chmod(0o600)
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_FILE:
                raise BodyTooLarge(MAX_FILE)
            await run_in_threadpool(file.write, chunk)
    return size


@router.get("/data/uploads/{upload_id}")
def upload(
    request: Request,
    upload_id: str,
    principal: Clerk,
    database: DatabaseDep,
    workspace: WorkspaceDep,
) -> Response:
    """One upload: the proposed readings, a trial's account, and the import's."""
    service.require_office_wide(principal)
    return _upload_page(request, principal, database, workspace, upload_id)


@router.post("/data/uploads/{upload_id}")
def change_upload(
    request: Request,
    upload_id: str,
    principal: Clerk,
    database: DatabaseDep,
    workspace: WorkspaceDep,
    form: LongForm,
) -> Response:
    """Save the layouts, try, import, propose again or delete, as the pressed button says."""
    service.require_office_wide(principal)
    does, known_on = form.get("does", ""), form.get("known_on", "")

    def change(connection: Connection) -> None:
        if does == "delete":
            service.delete_files(connection, workspace, upload_id)
            return
        found = load_upload(database.engine, upload_id)
        if does in ("save", "try", "import"):
            by = principal.name if does == "import" else None
            service.save_layouts(workspace, found, form, by)
        if does in _NOW:
            service.start_job(connection, database, _NOW[does], upload_id, principal, known_on)

    try:
        write_audited(request, database, principal, change)
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return _upload_page(request, principal, database, workspace, upload_id, message, known_on)
    if does == "delete":
        return Response(status_code=204, headers={"HX-Redirect": "/data"})
    return _upload_page(request, principal, database, workspace, upload_id, known_on=known_on)


@router.get("/data/jobs/{job_id}")
def job(request: Request, job_id: str, principal: Watcher, database: DatabaseDep) -> Response:
    """Progress of a job; the page is loaded again once it has ended."""
    found = find_job(database.engine, job_id, principal)
    if found.state in ("done", "failed"):
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return render(request, "data_job", principal, job=found)


@router.get("/data/quarantine")
def mend(
    request: Request,
    principal: Clerk,
    database: DatabaseDep,
    job_id: Annotated[str | None, Query(alias="job", max_length=40)] = None,
) -> Response:
    """Quarantined rows with the cells to correct."""
    service.require_office_wide(principal)
    return _mend_page(request, principal, database, job_id)


@router.post("/data/quarantine")
def correct(
    request: Request,
    principal: Clerk,
    database: DatabaseDep,
    workspace: WorkspaceDep,
    form: LongForm,
) -> Response:
    """Import the corrected rows."""

    def start(connection: Connection) -> str:
        overview = newest_overview(database.engine) or {"quarantined": []}
        return service.start_correction(connection, workspace, overview, form, principal)

    return _started(request, principal, database, "/data/quarantine", start)


@router.get("/data/look")
def look(
    request: Request,
    principal: Clerk,
    database: DatabaseDep,
    job_id: Annotated[str | None, Query(alias="job", max_length=40)] = None,
) -> Response:
    """Optional cells that could not be read, answered once for all."""
    service.require_office_wide(principal)
    overview = newest_overview(database.engine)
    groups = overview["unreadable"] if overview else []
    return render(
        request,
        "data_look",
        principal,
        groups=groups[:_SHOWN],
        total=overview["unreadable_groups"] if overview else 0,
        pairs=overview.get("pairs", ()) if overview else (),
        values={
            (one["table"], one["field"]): STORED_TABLES[one["table"]].field(one["field"]).values
            for one in groups
        },
        job=_job(database, principal, job_id),
        tab="look",
    )


@router.post("/data/look")
def answer(request: Request, principal: Clerk, database: DatabaseDep, form: Form) -> Response:
    """Answer the unreadable cells with the same text."""

    def start(connection: Connection) -> str:
        overview = newest_overview(database.engine) or {"unreadable": []}
        return service.start_answer(connection, overview, form, principal)

    return _started(request, principal, database, "/data/look", start)


@router.post("/data/look/projects")
def merge(request: Request, principal: Clerk, database: DatabaseDep, form: Form) -> Response:
    """Confirm that a project's id made from its name and its code are one project."""

    def start(connection: Connection) -> str:
        overview = newest_overview(database.engine) or {}
        return service.start_merge(connection, overview, form, principal)

    return _started(request, principal, database, "/data/look", start)


@router.get("/data/imports")
def imports(
    request: Request,
    principal: Clerk,
    database: DatabaseDep,
    before: Annotated[int | None, Query(ge=1, le=10**15)] = None,
) -> Response:
    """Imports so far, newest first."""
    service.require_office_wide(principal)
    found = list_accounts(database.engine, PageRequest(50, before))
    return render(
        request, "data_imports", principal, accounts=found.items, after=found.next, tab="imports"
    )


@router.get("/data/imports/{import_id}")
def past_import(
    request: Request, import_id: str, principal: Clerk, database: DatabaseDep
) -> Response:
    """The closing account of one import."""
    service.require_office_wide(principal)
    found = find_account(database.engine, import_id)
    return render(request, "data_import", principal, one=found, tab="imports")


def _started(
    request: Request,
    principal: Principal,
    database: DatabaseDep,
    page: str,
    start: Callable[[Connection], str],
) -> Response:
    """Queue a job and lead to ``page``, which shows its progress; a refusal is said in place."""
    service.require_office_wide(principal)
    made: list[str] = []
    try:
        write_audited(request, database, principal, lambda c: made.append(start(c)))
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return render(request, "refused", principal, status=422, message=message)
    return Response(status_code=204, headers={"HX-Redirect": f"{page}?job={made[0]}"})


def _upload_page(
    request: Request,
    principal: Principal,
    database: DatabaseDep,
    workspace: Workspace,
    upload_id: str,
    failure: str | None = None,
    known_on: str | None = None,
) -> Response:
    """The page of an upload; ``known_on`` is the day as typed, by default that of its last job."""
    found = load_upload(database.engine, upload_id)
    busy = service.is_busy(database, found)
    job = _job(database, principal, found.job_id)
    if known_on is None:
        known_on = job.parameters.get("known_on", "") if job else ""
    forms: list[Any] = []
    if found.proposal and not busy and not found.closed:
        try:
            forms = service.layout_forms(workspace, found, page_language(request))
        except WagewatchError as error:
            failure = failure or page_message(error, page_language(request))
    return render(
        request,
        "data_upload",
        principal,
        upload=found,
        forms=forms,
        busy=busy,
        job=job,
        known_on=known_on,
        failure=failure,
        tab="data",
    )


def _mend_page(
    request: Request, principal: Principal, database: DatabaseDep, job_id: str | None
) -> Response:
    overview = newest_overview(database.engine)
    rows = overview["quarantined"] if overview else []
    total = sum(feed["quarantined"] for feed in overview["feeds"]) if overview else 0
    return render(
        request,
        "data_mend",
        principal,
        rows=rows[:_SHOWN],
        total=total,
        tables=STORED_TABLES,
        job=_job(database, principal, job_id),
        tab="mend",
    )


def _job(database: DatabaseDep, principal: Principal, job_id: str | None) -> Any:
    return find_job(database.engine, job_id, principal) if job_id else None
