"""/month: the work of a month in order: data, list, briefing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.briefings.groups import by_period
from serving.briefings.repository import list_periods
from serving.data_entry.overview_state import is_reading
from serving.data_entry.repository import newest_overview
from serving.data_entry.service import late_feeds, month_start, start_month
from serving.db.pagination import PageRequest
from serving.errors import page_message
from serving.http.dependencies import DatabaseDep
from serving.jobs.repository import Job, list_jobs
from serving.watchlists.reader import reader_of
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

PREVIEW, PUBLISH = "preview_month", "monthly"
_UNDER_WAY = ("queued", "running")

Reader = Annotated[Principal, require(Permission.READ_BRIEFINGS)]
Runner = Annotated[Principal, require(Permission.RUN_JOBS)]


@router.get("/month")
def month(request: Request, principal: Reader, database: DatabaseDep) -> Response:
    """Show how far the month is: what the records hold, the list, the briefing."""
    engine = database.engine
    jobs = list_jobs(engine, principal, PageRequest(100), (PREVIEW, PUBLISH)).items
    overview = newest_overview(engine)
    preview, publish = _newest(jobs, PREVIEW), _newest(jobs, PUBLISH)
    published_last = publish is not None and (
        preview is None or jobs.index(publish) < jobs.index(preview)
    )
    return render(
        request,
        "month",
        principal,
        overview=overview,
        reading=is_reading(request.app.state.workspace, engine),
        feeds=[feed for feed in overview["feeds"] if feed["rows"]] if overview else [],
        late=late_feeds(overview["feeds"]) if overview else set(),
        chosen=reader_of(request).choose(request, principal, None, None),
        busy=next((job for job in jobs if _runs(job)), None),
        preview=preview if preview and not _runs(preview) and not published_last else None,
        published=publish if publish and not _runs(publish) and published_last else None,
        month_start=month_start(),
        briefings=by_period(list_periods(engine, principal, 3)[0]),
    )


@router.post("/month/preview")
def preview(request: Request, principal: Runner, database: DatabaseDep, form: Form) -> Response:
    """Queue a preview of the list."""
    return _started(request, principal, database, form, PREVIEW)


@router.post("/month/publish")
def publish(request: Request, principal: Runner, database: DatabaseDep, form: Form) -> Response:
    """Queue the list of a month with its briefing: train if it is due, publish, write."""
    return _started(request, principal, database, form, PUBLISH)


def _started(
    request: Request, principal: Principal, database: DatabaseDep, form: dict[str, str], kind: str
) -> Response:
    try:
        write_audited(
            request,
            database,
            principal,
            lambda connection: start_month(connection, form, principal, kind),
        )
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return render(request, "refused", principal, status=422, message=message)
    return Response(status_code=204, headers={"HX-Redirect": "/month"})


def _newest(jobs: Sequence[Job], kind: str) -> Job | None:
    return next((job for job in jobs if job.kind == kind), None)


def _runs(job: Job) -> bool:
    return job.state in _UNDER_WAY
