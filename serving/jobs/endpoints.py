"""/v1/jobs: start and follow jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.jurisdiction import require_covers
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, NamePath, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.jobs import service
from serving.jobs.schemas import Job, JobIn
from serving.watchlists.latest_day import require_near

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=RESPONSES)


@router.post("", status_code=202, response_model=Job)
def start_job(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.RUN_JOBS)],
    asked: JobIn,
    key: IdempotencyKey,
) -> Response:
    """Start a job."""
    # Training and checks use all records, so they require access to all regions.
    region = asked.region if asked.kind == "publish" else ""
    require_covers(principal, region)
    if asked.kind == "publish":
        require_near(asked.as_of)

    def ask(connection: Connection) -> Job:
        parameters = asked.model_dump(mode="json", exclude={"kind"})
        return service.queue(connection, asked.kind, parameters, region, principal)

    return write_once(WriteRequest(request, database, principal, asked, key), ask, 202)


@router.get("")
def list_jobs(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_JOBS)],
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Job]:
    """Jobs, newest first."""
    return service.list_(database, principal, page_request(limit, cursor))


@router.get("/{job_id}")
def get_job(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_JOBS)],
    job_id: NamePath,
) -> Job:
    """Progress and result of a job."""
    return service.get(database, principal, job_id)
