"""/v1/feedback: useful, wrong or already known."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from serving.access.principal import Principal
from serving.access.roles import Action
from serving.api.doorkeeper import may
from serving.api.feedback import queries
from serving.api.feedback.schemas import Feedback, FeedbackIn
from serving.api.once import Write, write
from serving.api.parameters import CursorQuery, IdempotencyKey, LimitQuery, wanted
from serving.api.problems import RESPONSES
from serving.api.schemas import Page
from serving.api.state import Database

router = APIRouter(prefix="/v1/feedback", tags=["feedback"], responses=RESPONSES)


@router.post("", status_code=201, response_model=Feedback)
def add_feedback(
    request: Request,
    database: Database,
    who: Annotated[Principal, may(Action.WRITE_FEEDBACK)],
    given: FeedbackIn,
    key: IdempotencyKey,
) -> Response:
    """Say what you think of a score or a reason / 对评分或某条原因的反馈。"""

    def keep(connection: Connection) -> Feedback:
        return queries.keep(connection, database, who, given)

    return write(Write(request, database, who, given, key), keep)


@router.get("")
def list_feedback(
    database: Database,
    who: Annotated[Principal, may(Action.READ_FEEDBACK)],
    project_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Feedback]:
    """Feedback, the first first / 反馈列表。"""
    return queries.every(database, who, wanted(limit, cursor), project_id)
