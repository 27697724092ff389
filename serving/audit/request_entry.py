"""Audit entries of HTTP requests."""

from __future__ import annotations

from starlette.types import Scope

from serving.audit.repository import AuditEntry
from serving.auth.principal import Principal
from serving.clock import now

_LONGEST_SUBJECT = 500


def audit_entry(scope: Scope, action: str, principal: Principal | None, status: int) -> AuditEntry:
    """Return the audit entry of a request answered with ``status``.

    ``about`` in the request's state names the list and the model of the response.
    """
    state = scope["state"]
    as_of, digest, version = state.get("about", (None, None, None))
    query = scope.get("query_string", b"")
    subject = scope["path"] + (f"?{query.decode('latin-1')}" if query else "")
    return AuditEntry(
        at=now(),
        request_id=state["request_id"],
        who=principal.name if principal else "",
        role=principal.role.value if principal else "",
        action=str(action),
        method=scope["method"],
        subject=subject[:_LONGEST_SUBJECT],
        region=principal.region if principal else "",
        as_of=as_of,
        list_digest=digest,
        model_version=version,
        status=status,
    )
