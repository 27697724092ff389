"""Audit entries of HTTP requests."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from starlette.types import Scope

from risk.intake.personal_numbers import mask_personal_numbers
from serving.audit.repository import AuditEntry
from serving.auth.principal import Principal
from serving.clock import now

_LONGEST_SUBJECT = 500
_SECRET_NAMES = re.compile(r"token|secret|passw|pwd|api_?key|session|csrf|authoriz|signature", re.I)
_SECRET_VALUES = re.compile(r"(ww_|whsec_)[\w+/=-]+")
_UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_MASK = "***"


def audit_entry(scope: Scope, action: str, principal: Principal | None, status: int) -> AuditEntry:
    """Return the audit entry of a request answered with ``status``.

    In the request's state, ``about`` names the list and the model of the response, and ``subject``
    what a write from a page did, in place of the URL.
    """
    state = scope["state"]
    as_of, digest, version = state.get("about", (None, None, None))
    return AuditEntry(
        at=now(),
        request_id=state["request_id"],
        who=principal.name if principal else "",
        role=principal.role.value if principal else "",
        action=str(action),
        method=scope["method"],
        subject=state.get("subject") or request_subject(scope),
        region=principal.region if principal else "",
        as_of=as_of,
        list_digest=digest,
        model_version=version,
        status=status,
    )


def request_subject(scope: Scope) -> str:
    """Return path and query of a request, without secrets and personal numbers."""
    return _stored_subject(scope["path"], scope.get("query_string", b""))


@lru_cache(maxsize=1024)  # a list is asked for again and again; masking takes a third of the answer
def _stored_subject(path: str, query: bytes) -> str:
    if not query:
        return storable_subject(path)
    parts = [_without_secret(part) for part in query.decode("latin-1").split("&")]
    return storable_subject(f"{path}?{'&'.join(parts)}")


def storable_subject(subject: str) -> str:
    """Return ``subject`` as it is stored: no secrets, personal numbers or control characters."""
    masked = mask_personal_numbers(_SECRET_VALUES.sub(_MASK, subject))
    return _UNSTORABLE.sub(lambda found: f"%{ord(found[0]):02X}", masked)[:_LONGEST_SUBJECT]


def _without_secret(part: str) -> str:
    name, equal, _ = part.partition("=")
    return f"{name}{equal}{_MASK}" if equal and _SECRET_NAMES.search(unquote(name)) else part
