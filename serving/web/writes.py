"""Writes from pages: what is written and its audit entry in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from sqlalchemy import Connection

from serving.audit.repository import add_audit
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.db.engine import writing
from serving.http.middleware import audit_entry


def kept_by(
    request: Request,
    database: Database,
    who: Principal,
    keep: Callable[[Connection], object],
) -> None:
    """Do ``keep``, and say in the audit log that ``who`` did."""
    state = request.scope["state"]
    with writing(database.engine).begin() as connection:
        keep(connection)
        add_audit(connection, [audit_entry(request.scope, state["action"], who, 200)])
    state["audited"] = True
