"""Writes from pages: what is written and its audit entry in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from sqlalchemy import Connection

from serving.access.principal import Principal
from serving.api.envelope import audit_entry
from serving.database.audit import add_audit
from serving.database.engine import writing
from serving.database.service import ServiceDatabase


def kept_by(
    request: Request,
    database: ServiceDatabase,
    who: Principal,
    keep: Callable[[Connection], object],
) -> None:
    """Do ``keep``, and say in the audit log that ``who`` did."""
    state = request.scope["state"]
    with writing(database.engine).begin() as connection:
        keep(connection)
        add_audit(connection, [audit_entry(request.scope, state["action"], who, 200)])
    state["audited"] = True
