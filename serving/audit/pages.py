"""/supervision/audit: the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serving.audit.repository import list_audit_entries
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.http.dependencies import DatabaseDep
from serving.web.render import render

router = APIRouter(include_in_schema=False)

PER_PAGE = 100


@router.get("/supervision/audit")
def audit(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_AUDIT)],
    cursor: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Return a page of audit entries, newest first."""
    page = list_audit_entries(database.engine, principal, PageRequest(PER_PAGE, cursor))
    return render(request, "audit", principal, entries=page.items, after=page.next, tab="audit")
