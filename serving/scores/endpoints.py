"""/v1/scores: many projects at once, and what-if."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.auth.roles import Permission
from serving.db.database import Database
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import IdempotencyKey
from serving.http.problems import RESPONSES
from serving.jobs import service
from serving.jobs.schemas import Job
from serving.scores.schemas import Score, Scores, ScoresIn, WhatIfIn
from serving.watchlists.repository import WatchlistRepository

router = APIRouter(prefix="/v1/scores", tags=["scores"], responses=RESPONSES)


@router.post("")
def get_scores(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_PROJECTS)],
    asked: ScoresIn,
) -> Scores:
    """The scores of up to 500 projects."""
    return scores(database, principal, asked)


@router.post("/what-if", status_code=202, response_model=Job)
def ask_what_if(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.WHAT_IF)],
    asked: WhatIfIn,
    key: IdempotencyKey,
) -> Response:
    """Start a job that computes the risk with some records changed."""

    def ask(connection: Connection) -> Job:
        region = region_of(connection, asked.project_id, principal)
        return service.queue(
            connection, "what_if", asked.model_dump(mode="json"), region, principal
        )

    return write_once(WriteRequest(request, database, principal, asked, key), ask, 202)


def scores(database: Database, principal: Principal, asked: ScoresIn) -> Scores:
    """Return the sealed scores of the requested projects, in the order of the request."""
    found = WatchlistRepository(database).scores(asked.project_ids, asked.as_of, principal)
    names = list(dict.fromkeys(asked.project_ids))
    return Scores(
        items=[Score(**asdict(found[name])) for name in names if name in found],
        not_scored=[name for name in names if name not in found],
    )
