"""/v1/links: complaints without a project, and decisions on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.complaint_links import queries
from serving.complaint_links.schemas import Link, LinkIn, UnlinkedComplaint
from serving.complaint_links.service import LinkChoice, decide
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/links", tags=["links"], responses=RESPONSES)


@router.get("")
def list_links(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_LINKS)],
    state: Annotated[queries.State, Query()] = "waiting",
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[UnlinkedComplaint]:
    """Complaints without a project and their candidates."""
    return queries.list_complaints(database, principal, page_request(limit, cursor), state)


@router.post("", status_code=201, response_model=Link)
def decide_link(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.WRITE_LINKS)],
    link: LinkIn,
    key: IdempotencyKey,
) -> Response:
    """Link a complaint or refuse all candidates; the last counts."""

    def keep(connection: Connection) -> Link:
        choice = LinkChoice(link.complaint_id, link.decision, link.project_id, link.org_id)
        rows = queries.newest_rows(database, principal)
        decision = decide(connection, database, principal, choice, rows, now())
        return Link.model_validate({name: getattr(decision, name) for name in Link.model_fields})

    return write_once(WriteRequest(request, database, principal, link, key), keep)
