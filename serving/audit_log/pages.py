"""/supervision/audit: the audit log in words, searched by person, project and day."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serving.audit.repository import AuditFilter, audit_people, list_audit_entries
from serving.audit_log.names import ProjectNames
from serving.audit_log.sentences import project_of, sentence
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission, Role
from serving.clock import today
from serving.db.pagination import PageRequest
from serving.http.dependencies import DatabaseDep
from serving.web.render import page_language, render

router = APIRouter(include_in_schema=False)

PER_PAGE = 100


@router.get("/supervision/audit")
def audit(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_AUDIT)],
    cursor: Annotated[int | None, Query(ge=0, le=10**15)] = None,
    who: Annotated[str, Query(max_length=200)] = "",
    project: Annotated[str, Query(max_length=200)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Return a page of audit entries, newest first; a day that is no date is reported."""
    names = ProjectNames(database, principal)
    on, failure = _day(day)
    projects = tuple(names.matching(project.strip())) if project.strip() else ()
    wanted = AuditFilter(who.strip() or None, projects, on)
    page = list_audit_entries(database.engine, principal, PageRequest(PER_PAGE, cursor), wanted)
    language = page_language(request)
    about = {key for entry in page.items if (key := project_of(entry)) is not None}
    name_of = names.of(about)
    said = [
        (entry, sentence(entry, lambda key: name_of.get(key, key), language))
        for entry in page.items
    ]
    return render(
        request,
        "audit",
        principal,
        entries=said,
        roles=[role.value for role in Role],
        people=audit_people(database.engine, principal),
        after=page.next,
        asked={"who": who, "project": project, "day": day},
        failure=failure,
        today=today(),
        tab="audit",
    )


def _day(value: str) -> tuple[dt.date | None, str | None]:
    """Return the day asked for, and the key of the text if it is no date."""
    if not value:
        return None, None
    try:
        return dt.date.fromisoformat(value), None
    except ValueError:
        return None, "audit.no_day"
