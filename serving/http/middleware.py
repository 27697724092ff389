"""What every request gets, whatever it asks for: a number, bounds, headers, a count, the audit."""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.audit.queue import AuditQueue
from serving.audit.repository import AuditEntry
from serving.auth.principal import Principal
from serving.auth.roles import Action
from serving.http.metrics import Metrics

MOST_BODY = 2_000_000
"""Bytes of a request's body."""

_NUMBER = b"x-request-id"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UNAUDITED = frozenset({Action.READ_METRICS, Action.READ_JOBS})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)

_log = logging.getLogger("wagewatch.requests")


class BodyTooLarge(HTTPException):
    """More than :data:`MOST_BODY` bytes were sent; told as a problem by the application."""

    def __init__(self) -> None:
        super().__init__(413)


class Envelope:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, audit: AuditQueue, metrics: Metrics) -> None:
        self._app = app
        self._audit = audit
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        one = _Request(scope, receive, send)
        try:
            await self._app(scope, one.receive, one.send)
        finally:
            self._count(one)

    def _count(self, one: _Request) -> None:
        scope, state = one.scope, one.scope["state"]
        route = scope.get("route")
        path = getattr(route, "path", "other")
        seconds = time.perf_counter() - one.started
        self._metrics.seen(scope["method"], path, one.status, seconds)
        if one.status >= 400 or scope["method"] not in _SAFE:
            _log.info(
                "request",
                extra={
                    "request_id": one.request_id,
                    "method": scope["method"],
                    "route": path,
                    "status": one.status,
                    "ms": round(seconds * 1000, 1),
                },
            )
        action, principal = state.get("action"), state.get("principal")
        if action is None or action in _UNAUDITED or state.get("audited"):
            return
        self._audit.add(audit_entry(scope, action, principal, one.status))


class _Request:
    """One request on its way in and its answer on the way out."""

    __slots__ = ("_receive", "_received", "_send", "request_id", "scope", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.started = time.perf_counter()
        self.status = 500
        self._receive, self._send, self._received = receive, send, 0
        state: dict[str, Any] = scope.setdefault("state", {})
        wanted = next((value for name, value in scope["headers"] if name == _NUMBER), b"")
        known = _REQUEST_ID.fullmatch(wanted)
        self.request_id = wanted.decode() if known else secrets.token_hex(8)
        state["request_id"] = self.request_id

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > MOST_BODY:
                raise BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name for name, _ in message["headers"]}
            own = (header for header in _HEADERS if header[0] not in given)
            number = (_NUMBER, self.request_id.encode())
            message["headers"] = [*message["headers"], *own, number]
        await self._send(message)


def audit_entry(
    scope: Scope, action: Action, principal: Principal | None, status: int
) -> AuditEntry:
    """What the audit says of a request; ``about`` in its state names list and model."""
    state = scope["state"]
    as_of, digest, version = state.get("about", (None, None, None))
    query = scope.get("query_string", b"")
    subject = scope["path"] + (f"?{query.decode('latin-1')}" if query else "")
    return AuditEntry(
        at=dt.datetime.now(dt.UTC),
        request_id=state["request_id"],
        who=principal.name if principal else "",
        role=principal.role.value if principal else "",
        action=action.value,
        method=scope["method"],
        subject=subject[:500],
        region=principal.region if principal else "",
        as_of=as_of,
        list_digest=digest,
        model_version=version,
        status=status,
    )
