"""/v1/feedback: feedback on scores and reasons."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.feedback import service
from serving.feedback.schemas import Feedback, FeedbackIn
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/feedback", tags=["feedback"], responses=RESPONSES)


@router.post("", status_code=201, response_model=Feedback)
def add_feedback(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.WRITE_FEEDBACK)],
    given: FeedbackIn,
    key: IdempotencyKey,
) -> Response:
    """Give feedback on a score or a reason."""

    def keep(connection: Connection) -> Feedback:
        return service.create(connection, database, principal, given)

    return write_once(WriteRequest(request, database, principal, given, key), keep)


@router.get("")
def list_feedback(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_FEEDBACK)],
    project_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Feedback]:
    """Feedback, oldest first."""
    return service.list_(database, principal, page_request(limit, cursor), project_id)
