"""/v1/projects: risk, reasons, history and notes of a project."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.auth.roles import Permission
from serving.clock import now
from serving.documents.formats import FILES, MEDIA_TYPES
from serving.http.dependencies import DatabaseDep, language_of, settings_of
from serving.http.etag import send_document
from serving.http.parameters import (
    AsOfQuery,
    CursorQuery,
    IdempotencyKey,
    LimitQuery,
    ProjectPath,
    page_request,
)
from serving.http.problems import RESPONSES
from serving.http.schemas import Page, Reason, RedFlag
from serving.projects import repository, service
from serving.projects.schemas import (
    CaseFile,
    Contributions,
    Elements,
    Note,
    NoteIn,
    ProjectRisk,
    ScoredThen,
    TimelineItem,
    WhatChanged,
)
from serving.watchlists.redaction import LiveViews

router = APIRouter(prefix="/v1/projects", tags=["projects"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_PROJECTS)]


# A project id may contain a slash, hence ":path".
@router.get(
    "/{project_id:path}/risk",
    response_class=Response,
    responses={200: {"model": ProjectRisk}},
)
async def get_risk(
    request: Request,
    views: LiveViews,
    principal: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Response:
    """Risk of a project with its reasons, red flags and listing.

    Without ``as_of`` it is that of the newest list that scores the project; ``case_file_as_of`` is
    set if a newer list follows its matters without scoring it.
    """
    return send_document(views.risk(principal, project_id, as_of), request)


@router.get("/{project_id:path}/history")
def get_history(
    database: DatabaseDep,
    principal: Reader,
    project_id: ProjectPath,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[ScoredThen]:
    """Scores of a project in all publications, newest first."""
    return service.list_history(database, principal, project_id, page_request(limit, cursor))


@router.get("/{project_id:path}/timeline")
def get_timeline(
    request: Request,
    views: LiveViews,
    principal: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[TimelineItem]:
    """Timeline of a project from the records."""
    return service.list_part(
        views, principal, request, (project_id, as_of), "timeline", TimelineItem
    )


@router.get("/{project_id:path}/reasons")
def get_reasons(
    request: Request,
    views: LiveViews,
    principal: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[Reason]:
    """Reasons for the risk of a project, strongest first."""
    return service.list_part(views, principal, request, (project_id, as_of), "reasons", Reason)


@router.get("/{project_id:path}/contributions")
def get_contributions(
    views: LiveViews,
    principal: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Contributions:
    """SHAP value of every feature of a project, with base and calibration."""
    return service.get_contributions(views, principal, (project_id, as_of))


@router.get("/{project_id:path}/red-flags")
def get_red_flags(
    request: Request,
    views: LiveViews,
    principal: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[RedFlag]:
    """Red flags: legal duties that the records show unmet."""
    return service.list_part(views, principal, request, (project_id, as_of), "red_flags", RedFlag)


@router.get("/{project_id:path}/changes")
def get_changes(database: DatabaseDep, principal: Reader, project_id: ProjectPath) -> WhatChanged:
    """Changes of a project between the two newest publications."""
    return service.get_changes(database, principal, project_id)


@router.get("/{project_id:path}/case-file")
def get_case_file(
    database: DatabaseDep, principal: Reader, project_id: ProjectPath, as_of: AsOfQuery = None
) -> CaseFile:
    """Cases, orders and red flags of a project with an open matter, scored or not."""
    return service.get_case_file(database, principal, (project_id, as_of))


@router.get("/{project_id:path}/elements")
def get_elements(
    database: DatabaseDep,
    principal: Reader,
    project_id: ProjectPath,
    of: Annotated[Literal["crime", "listing"], Query()] = "crime",
    as_of: AsOfQuery = None,
) -> Elements:
    """Legal elements of a criminal transfer or a listing, compared with the records."""
    return service.get_elements(database, principal, (project_id, as_of), of)


@router.get("/{project_id:path}/listing-notice", response_class=Response, responses={200: FILES})
def get_listing_notice(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.SEND_NOTICES)],
    project_id: ProjectPath,
    format: Annotated[Literal["docx", "pdf", "html"], Query()] = "docx",
    as_of: AsOfQuery = None,
) -> Response:
    """Draft notice of an intended listing on the sanction list, as a file."""
    office = settings_of(request).briefing.office
    language = language_of(request)
    body = service.draft_listing_notice(
        database, principal, (project_id, as_of), office, (format, language)
    )
    headers = {"Content-Disposition": f'attachment; filename="listing-notice.{format}"'}
    return Response(body, headers=headers, media_type=MEDIA_TYPES[format])


@router.get("/{project_id:path}/notes")
def list_notes(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_NOTES)],
    project_id: ProjectPath,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Note]:
    """Notes on a project, oldest first."""
    return service.list_project_notes(database, principal, project_id, page_request(limit, cursor))


@router.post("/{project_id:path}/notes", status_code=201, response_model=Note)
def add_note(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.WRITE_NOTES)],
    project_id: ProjectPath,
    note: NoteIn,
    key: IdempotencyKey,
) -> Response:
    """Add a note to a project."""

    def keep(connection: Connection) -> Note:
        region = region_of(connection, project_id, principal)
        row = repository.NoteRow(project_id, region, note.text, principal.name, now())
        repository.add_note(connection, row)
        return service.note_to_schema(row)

    return write_once(WriteRequest(request, database, principal, note, key), keep)
