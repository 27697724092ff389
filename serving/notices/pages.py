"""Pages of notices to other departments: sent, answered, overdue."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from risk.departments import CODES
from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now, today
from serving.db.pagination import PageRequest
from serving.documents.formats import MEDIA_TYPES
from serving.errors import page_message
from serving.http.dependencies import settings_of
from serving.notices import queries
from serving.notices.payload import NothingToNotify
from serving.notices.repository import (
    NoticeFilter,
    NoticeState,
    NoticeStep,
    StepKind,
    count_notices,
    insert_step,
    list_notices,
    read_notice,
)
from serving.notices.service import Author, NoticeRequest, store_notice
from serving.watchlists.reader import reader_of
from serving.web.render import page_language, render
from serving.web.requests import Form
from serving.web.responses import attachment

router = APIRouter(include_in_schema=False)

PER_PAGE = 100
Reader = Annotated[Principal, require(Permission.READ_NOTICES)]
Writer = Annotated[Principal, require(Permission.SEND_NOTICES)]
Number = Annotated[int, Path(ge=1, le=10**15)]


@router.get("/notices")
def notices(
    request: Request,
    principal: Reader,
    state: NoticeState | Literal[""] = "",
    cursor: Annotated[int | None, Query(ge=0, le=10**15)] = None,
) -> Response:
    """Return a page of the notices in a state, newest first, and how many are in each."""
    day, engine = today(), reader_of(request).database.engine
    having = NoticeFilter(state=(state, day) if state else None)
    found = list_notices(engine, principal, PageRequest(PER_PAGE, cursor), having)
    rows = [{"notice": notice, "state": notice.state(day)} for notice in found.items]
    counts = count_notices(engine, principal, day)
    return render(
        request, "notices", principal, rows=rows, counts=counts, state=state, after=found.next
    )


@router.post("/notices")
def send_notice(request: Request, principal: Writer, form: Form) -> Response:
    """Create a notice from the page of a project."""
    department = form.get("department", "")
    if department not in CODES or not form.get("project_id"):
        return render(request, "said", principal, status=422, said="refused")
    database = reader_of(request).database
    office = settings_of(request).briefing.office
    wish, sender = (
        NoticeRequest(form["project_id"], department),
        Author(principal, principal.name, office, now()),
    )
    try:
        write_audited(
            request, database, principal, lambda c: store_notice(c, database, wish, sender)
        )
    except NothingToNotify as error:
        return _refused(request, principal, error)
    return render(request, "said", principal, said="notice_sent")


@router.post("/notices/{number}")
def take_step(request: Request, principal: Writer, number: Number, form: Form) -> Response:
    """Record an answer or a note."""
    step: StepKind = "answered" if form.get("step") == "answered" else "noted"
    said = form.get("text", "")[:4000]
    if not said:
        return render(request, "said", principal, status=422, said="refused")
    database = reader_of(request).database
    kept = queries.get_notice(database, principal, number)
    entry = NoticeStep(number, kept.region_code, step, said, principal.name, now())
    write_audited(request, database, principal, lambda connection: insert_step(connection, entry))
    return render(request, "said", principal, said=f"notice_{step}")


@router.get("/notices/{number}.{kind}")
def letter(
    request: Request,
    principal: Reader,
    number: Number,
    kind: Annotated[str, Path(pattern="^(docx|pdf|html|json)$")],
) -> Response:
    """Return the letter, or the sealed payload as JSON."""
    with reader_of(request).database.engine.connect() as connection:
        kept = read_notice(connection, number, principal)
    if kind == "json":
        return attachment(f"notice-{number}.json", "application/json", kept.body)
    from serving.notices.letter import render_letter

    body = render_letter(kept.package, kind, page_language(request))
    return attachment(f"notice-{number}.{kind}", MEDIA_TYPES[kind], body)


def _refused(request: Request, principal: Principal, error: WagewatchError) -> Response:
    message = page_message(error, page_language(request))
    return render(request, "refused", principal, status=422, message=message)
