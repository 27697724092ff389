"""/v1/projects/{project_id}/flag-states: states of the red flags of a project."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.flag_states import service
from serving.flag_states.schemas import FlagState, FlagStateIn
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import (
    CursorQuery,
    IdempotencyKey,
    LimitQuery,
    ProjectPath,
    page_request,
)
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/projects", tags=["projects"], responses=RESPONSES)


@router.get("/{project_id:path}/flag-states")
def list_flag_states(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_PROJECTS)],
    project_id: ProjectPath,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[FlagState]:
    """States given to the red flags of a project, oldest first; the newest of a flag counts."""
    return service.list_(database, principal, project_id, page_request(limit, cursor))


@router.post("/{project_id:path}/flag-states", status_code=201, response_model=FlagState)
def set_flag_state(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.WRITE_OUTCOMES)],
    project_id: ProjectPath,
    given: FlagStateIn,
    key: IdempotencyKey,
) -> Response:
    """Give a red flag a state: to verify, confirmed, explained or not applicable."""

    def keep(connection: Connection) -> FlagState:
        return service.create(connection, principal, project_id, given)

    return write_once(WriteRequest(request, database, principal, given, key), keep)
