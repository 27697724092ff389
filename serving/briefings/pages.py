"""Page of briefings: make one, look at it, download it, make it again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from risk.calendar.dates import add_months
from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.briefings.groups import by_period
from serving.briefings.jobs import JOB, start_briefing
from serving.briefings.repository import BriefingUnknown, list_periods, read_briefing
from serving.clock import today
from serving.db.pagination import PageRequest
from serving.errors import page_message
from serving.http.dependencies import DatabaseDep
from serving.jobs.repository import list_jobs
from serving.web.page_numbers import shown_page
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PER_PAGE = 50
"""Periods with all their files."""

MOST_PERIODS = 10**6

Reader = Annotated[Principal, require(Permission.READ_BRIEFINGS)]
Writer = Annotated[Principal, require(Permission.WRITE_BRIEFINGS)]


@router.get("/briefings")
def briefings(
    request: Request,
    principal: Reader,
    database: DatabaseDep,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
) -> Response:
    """Forms to make a briefing, and those of the region with the latest period first."""
    engine = database.engine
    files, more = list_periods(engine, principal, PER_PAGE, (page - 1) * PER_PAGE)
    if not files and page > 1:
        # Only here are all periods counted: that reads every file's row.
        every, _ = list_periods(engine, principal, MOST_PERIODS)
        page = shown_page(page, len(by_period(every)), PER_PAGE)
        files, more = list_periods(engine, principal, PER_PAGE, (page - 1) * PER_PAGE)
    latest = list_jobs(engine, principal, PageRequest(1), [JOB]).items
    last_month = add_months(today().replace(day=1), -1)
    return render(
        request,
        "briefings",
        principal,
        groups=by_period(files),
        page=page,
        more=more,
        job=next(iter(latest), None),
        month=f"{last_month:%Y-%m}",
        latest_month=f"{today():%Y-%m}",
        years=_years(today()),
    )


def _years(day: dt.date) -> list[int]:
    return list(range(day.year, day.year - 5, -1))


@router.post("/briefings")
def make(request: Request, principal: Writer, database: DatabaseDep, form: Form) -> Response:
    """Queue a briefing; a period that cannot be is said in place."""
    try:
        write_audited(
            request,
            database,
            principal,
            lambda connection: start_briefing(connection, principal, form.get("period", "")),
        )
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return render(request, "refused", principal, status=422, message=message)
    return Response(status_code=204, headers={"HX-Redirect": "/briefings"})


@router.get("/briefings/{number}")
def preview(
    request: Request,
    principal: Reader,
    database: DatabaseDep,
    number: Annotated[int, Path(ge=1, le=10**15)],
) -> Response:
    """Show a briefing stored as HTML."""
    briefing, body = read_briefing(database.engine, number, principal)
    if briefing.format != "html":
        raise BriefingUnknown(number=number)
    return HTMLResponse(body, headers={"Content-Security-Policy": _POLICY})
