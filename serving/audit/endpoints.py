"""/v1/audit: the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from serving.audit.repository import list_audit_entries
from serving.audit.schemas import AuditEntry
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=RESPONSES)


@router.get("")
def list_audit(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_AUDIT)],
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[AuditEntry]:
    """Audit log of the region, newest first."""
    page = list_audit_entries(database.engine, principal, page_request(limit, cursor))
    after = None if page.next is None else str(page.next)
    return Page(items=[AuditEntry(**entry._asdict()) for entry in page.items], next=after)
