"""/v1/matters: matters and their steps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, page_request
from serving.http.problems import CONFLICT, RESPONSES
from serving.http.schemas import Page
from serving.matters import service
from serving.matters.queries import MatterFilter
from serving.matters.schemas import (
    Kind,
    Matter,
    MatterIn,
    MatterStepIn,
    MatterWithSteps,
    State,
    UnlistedCase,
)

router = APIRouter(prefix="/v1/matters", tags=["matters"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Writer = Annotated[Principal, require(Permission.WRITE_NOTES)]
Key = Annotated[str, Path(min_length=1, max_length=250, description="api.parameters.matter_key")]
_Name = Annotated[str | None, Query(min_length=1, max_length=200)]


def _filter(
    state: Annotated[State | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    unit: _Name = None,
    person: _Name = None,
    project_id: _Name = None,
    org_id: _Name = None,
    least_workers: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> MatterFilter:
    return MatterFilter(state, kind, unit, person, project_id, org_id, least_workers)


@router.get("")
def list_matters(
    request: Request,
    database: DatabaseDep,
    principal: Reader,
    chosen: Annotated[MatterFilter, Depends(_filter)],
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Matter]:
    """Matters in their state of today, in order of creation."""
    return service.list_matters(request, database, principal, page_request(limit, cursor), chosen)


@router.get("/transferred-unlisted")
def list_unlisted(
    database: DatabaseDep, principal: Reader, cursor: CursorQuery = None, limit: LimitQuery = 100
) -> Page[UnlistedCase]:
    """Cases transferred to the police whose unit is not on the sanction list, newest first."""
    return service.list_unlisted(database, principal, page_request(limit, cursor))


@router.post("", status_code=201, response_model=MatterWithSteps)
def open_matter(
    request: Request, database: DatabaseDep, principal: Writer, sent: MatterIn, key: IdempotencyKey
) -> Response:
    """Open a matter manually."""

    def keep(connection: Connection) -> MatterWithSteps:
        return service.open_matter(connection, request, principal, sent)

    return write_once(WriteRequest(request, database, principal, sent, key), keep)


@router.post(
    "/{matter:path}/steps", status_code=201, response_model=MatterWithSteps, responses=CONFLICT
)
def take_step(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    matter: Key,
    sent: MatterStepIn,
    key: IdempotencyKey,
) -> Response:
    """Assign, note, extend, check a duty, close, reopen or recheck a matter."""

    def keep(connection: Connection) -> MatterWithSteps:
        return service.apply_step(connection, request, principal, matter, sent)

    return write_once(WriteRequest(request, database, principal, sent, key), keep)


@router.get("/{matter:path}")
def get_matter(
    request: Request, database: DatabaseDep, principal: Reader, matter: Key
) -> MatterWithSteps:
    """A matter with all steps, statutory clock, duty checks and second look."""
    return service.get_matter(request, database, principal, matter)
