"""/v1/notices: notices to other departments and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.documents.formats import FILES, MEDIA_TYPES
from serving.http.dependencies import DatabaseDep, language_of, settings_of
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.notices import queries
from serving.notices.repository import NoticeStep, insert_step, read_notice
from serving.notices.schemas import Notice, NoticeIn, NoticeStepIn, WholeNotice
from serving.notices.service import Author, NoticeRequest, store_notice

router = APIRouter(prefix="/v1/notices", tags=["notices"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_NOTICES)]
Writer = Annotated[Principal, require(Permission.SEND_NOTICES)]
Number = Annotated[int, Path(ge=1, le=10**15)]


@router.post("", status_code=201, response_model=WholeNotice)
def send_notice(
    request: Request, database: DatabaseDep, principal: Writer, wish: NoticeIn, key: IdempotencyKey
) -> Response:
    """Create a notice; once per list and department."""
    sender = Author(principal, principal.name, settings_of(request).briefing.office, now())

    def keep(connection: Connection) -> WholeNotice:
        asked = NoticeRequest(wish.project_id, wish.department, wish.as_of)
        return queries.to_whole_notice(store_notice(connection, database, asked, sender))

    return write_once(WriteRequest(request, database, principal, wish, key), keep)


@router.get("")
def list_notices(
    database: DatabaseDep,
    principal: Reader,
    project_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Notice]:
    """Notices sent and their answers, newest first."""
    return queries.list_notices(database, principal, page_request(limit, cursor), project_id)


@router.get("/{number}")
def get_notice(database: DatabaseDep, principal: Reader, number: Number) -> WholeNotice:
    """One notice with its content."""
    return queries.to_whole_notice(queries.get_notice(database, principal, number))


@router.get("/{number}/file", response_class=Response, responses={200: FILES})
def get_letter(
    request: Request,
    database: DatabaseDep,
    principal: Reader,
    number: Number,
    format: Annotated[Literal["docx", "pdf", "html"], Query()] = "docx",
) -> Response:
    """The letter as a file."""
    from serving.notices.letter import render_letter

    kept = queries.get_notice(database, principal, number)
    body = render_letter(kept.package, format, language_of(request))
    headers = {"Content-Disposition": f'attachment; filename="notice-{number}.{format}"'}
    return Response(body, headers=headers, media_type=MEDIA_TYPES[format])


@router.post("/{number}/steps", status_code=201, response_model=WholeNotice)
def add_step(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    number: Number,
    given: NoticeStepIn,
    key: IdempotencyKey,
) -> Response:
    """Record an answer or a note."""

    def keep(connection: Connection) -> WholeNotice:
        kept = read_notice(connection, number, principal)
        step = NoticeStep(number, kept.region_code, given.step, given.text, principal.name, now())
        insert_step(connection, step)
        return queries.to_whole_notice(read_notice(connection, number, principal))

    return write_once(WriteRequest(request, database, principal, given, key), keep)
