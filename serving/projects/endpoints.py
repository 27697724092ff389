"""/v1/projects: the risk of one project, why, its past, and what people noted."""

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
from serving.http.dependencies import DatabaseDep
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


# A project's code may hold a slash, hence ":path".
@router.get(
    "/{project_id:path}/risk",
    response_class=Response,
    responses={200: {"model": ProjectRisk}},
)
async def get_risk(
    request: Request,
    views: LiveViews,
    who: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Response:
    """The risk of one project and why / 一个项目的风险、原因、红旗、时间线。"""
    return send_document(views.risk(who, project_id, as_of), request)


@router.get("/{project_id:path}/history")
def get_history(
    database: DatabaseDep,
    who: Reader,
    project_id: ProjectPath,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[ScoredThen]:
    """How it was scored in every publication, newest first / 历次发布中的风险。"""
    return service.list_history(database, who, project_id, page_request(limit, cursor))


@router.get("/{project_id:path}/timeline")
def get_timeline(
    request: Request,
    views: LiveViews,
    who: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[TimelineItem]:
    """What the records say happened / 记录中的事项时间线。"""
    return service.list_part(views, who, request, (project_id, as_of), "timeline", TimelineItem)


@router.get("/{project_id:path}/reasons")
def get_reasons(
    request: Request,
    views: LiveViews,
    who: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[Reason]:
    """What moves its risk, strongest first / 风险原因。"""
    return service.list_part(views, who, request, (project_id, as_of), "reasons", Reason)


@router.get("/{project_id:path}/red-flags")
def get_red_flags(
    request: Request,
    views: LiveViews,
    who: Reader,
    project_id: ProjectPath,
    as_of: AsOfQuery = None,
) -> Page[RedFlag]:
    """Legal duties seen unmet / 依法应做而未见的事项。"""
    return service.list_part(views, who, request, (project_id, as_of), "red_flags", RedFlag)


@router.get("/{project_id:path}/changes")
def get_changes(database: DatabaseDep, who: Reader, project_id: ProjectPath) -> WhatChanged:
    """The newest publication against the one before / 与上次发布相比的变化。"""
    return service.get_changes(database, who, project_id)


@router.get("/{project_id:path}/elements")
def get_elements(
    database: DatabaseDep,
    who: Reader,
    project_id: ProjectPath,
    of: Annotated[Literal["crime", "listing"], Query()] = "crime",
    as_of: AsOfQuery = None,
) -> Elements:
    """What the records show of a transfer or listing, element by element / 移送或列入要件对照。"""
    return service.get_elements(database, who, (project_id, as_of), of)


@router.get("/{project_id:path}/notes")
def list_notes(
    database: DatabaseDep,
    who: Annotated[Principal, require(Permission.READ_NOTES)],
    project_id: ProjectPath,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Note]:
    """What people noted, the first one first / 备注。"""
    return service.notes(database, who, project_id, page_request(limit, cursor))


@router.post("/{project_id:path}/notes", status_code=201, response_model=Note)
def add_note(
    request: Request,
    database: DatabaseDep,
    who: Annotated[Principal, require(Permission.WRITE_NOTES)],
    project_id: ProjectPath,
    note: NoteIn,
    key: IdempotencyKey,
) -> Response:
    """Note something / 添加备注。"""

    def keep(connection: Connection) -> Note:
        region = region_of(connection, project_id, who)
        kept = repository.NoteRow(project_id, region, note.text, who.name, now())
        repository.add_note(connection, kept)
        return service.note_to_schema(kept)

    return write_once(WriteRequest(request, database, who, note, key), keep)
