"""/v1/outcomes: outcomes of visits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.parameters import (
    CursorQuery,
    IdempotencyKey,
    IsoDate,
    LimitQuery,
    NamePath,
    page_request,
)
from serving.http.problems import CONFLICT, RESPONSES
from serving.http.schemas import Page
from serving.outcomes import service
from serving.outcomes.schemas import CorrectionIn, Outcome, OutcomeIn

router = APIRouter(prefix="/v1/outcomes", tags=["outcomes"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Writer = Annotated[Principal, require(Permission.WRITE_OUTCOMES)]


@router.post("", status_code=201, response_model=Outcome)
def add_outcome(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    found: OutcomeIn,
    key: IdempotencyKey,
) -> Response:
    """Record the outcome of a visit; it becomes an inspections record."""

    def keep(connection: Connection) -> Outcome:
        return service.create(
            connection, database, principal, found, with_place=_with_place(request)
        )

    return write_once(WriteRequest(request, database, principal, found, key), keep)


@router.post("/{outcome_id}/versions", status_code=201, response_model=Outcome, responses=CONFLICT)
def correct_outcome(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    outcome_id: NamePath,
    found: CorrectionIn,
    key: IdempotencyKey,
) -> Response:
    """Correct an outcome by a new version; the old one is retained."""

    def keep(connection: Connection) -> Outcome:
        return service.correct(
            connection, principal, outcome_id, found, with_place=_with_place(request)
        )

    return write_once(WriteRequest(request, database, principal, found, key), keep)


def _with_place(request: Request) -> bool:
    return settings_of(request).visits.photo_place


@router.get("")
def list_outcomes(
    database: DatabaseDep,
    principal: Reader,
    project_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    inspected_on: IsoDate | None = None,
    arrears_found: bool | None = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Outcome]:
    """Outcomes, newest version of each."""
    filters = {
        "project_id": project_id,
        "inspected_on": inspected_on,
        "arrears_found": arrears_found,
    }
    return service.list_(database, principal, page_request(limit, cursor), filters)


@router.get("/{outcome_id}")
def get_outcome(database: DatabaseDep, principal: Reader, outcome_id: NamePath) -> Page[Outcome]:
    """All versions of an outcome, oldest first."""
    return service.list_versions(database, principal, outcome_id)
