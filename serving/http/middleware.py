"""Middleware of every request: request id, body limit, security headers, metrics and audit."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.metrics import Metrics

MAX_BODY = 2_000_000
"""Most bytes of a request body, except of the paths given to the middleware."""

_REQUEST_ID_HEADER = b"x-request-id"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UNAUDITED = frozenset({Permission.READ_METRICS, Permission.READ_JOBS})
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


_SHOWN = (b"text/html", b"application/json", b"application/problem+json")
"""Types of responses that are read, not taken away as files."""


class BodyTooLarge(HTTPException):
    """The request body exceeds ``most`` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.most = most


class AuditSink(Protocol):
    """Receives the audit entries of requests that did not write one themselves."""

    def add_request(
        self, scope: Scope, permission: Permission, principal: Principal | None, status: int
    ) -> None:
        """Record a request answered with ``status``; ``principal`` is None if not signed in."""

    def write_request(
        self, scope: Scope, permission: Permission, principal: Principal | None, status: int
    ) -> None:
        """Store the entry of a request at once; errors of the database are raised."""


class RequestMiddleware:
    """Outermost middleware of the application.

    ``limits`` are the most bytes of a body by the beginning of the path, where it is not
    :data:`MAX_BODY`.
    """

    def __init__(
        self, app: ASGIApp, audit: AuditSink, metrics: Metrics, limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._audit = audit
        self._metrics = metrics
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head:
            # Routes are declared for GET; the answer to HEAD is the same without its body.
            scope = {**scope, "method": "GET"}
        request = _Request(scope, receive, send, self._limit(scope["path"]), self._audit)
        request.is_head = is_head
        try:
            await self._app(scope, request.receive, request.send)
        finally:
            self._record(request)

    def _limit(self, path: str) -> int:
        found = (most for start, most in self._limits.items() if path.startswith(start))
        return next(found, MAX_BODY)

    def _record(self, request: _Request) -> None:
        scope, state = request.scope, request.scope["state"]
        route = scope.get("route")
        path = getattr(route, "path", "other")
        seconds = time.perf_counter() - request.started
        self._metrics.observe(scope["method"], path, request.status, seconds)
        if request.status >= 400 or scope["method"] not in _SAFE:
            _log.info(
                "request",
                extra={
                    "request_id": request.request_id,
                    "method": scope["method"],
                    "route": path,
                    "status": request.status,
                    "ms": round(seconds * 1000, 1),
                },
            )
        permission, principal = state.get("action"), state.get("principal")
        if permission is None or permission in _UNAUDITED or state.get("audited"):
            return
        self._audit.add_request(scope, permission, principal, request.status)


class _Request:
    """A request and its response; limits the body and adds the headers."""

    __slots__ = (
        *("_audit", "_most", "_receive", "_received", "_send"),
        *("is_head", "request_id", "scope", "started", "status"),
    )

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, most: int, audit: AuditSink
    ) -> None:
        self.scope = scope
        self._audit = audit
        self._most = most
        self.started = time.perf_counter()
        self.status = 500
        self.is_head = False
        self._receive, self._send, self._received = receive, send, 0
        state: dict[str, Any] = scope.setdefault("state", {})
        sent = dict(scope["headers"]).get(_REQUEST_ID_HEADER)
        valid = sent is not None and _REQUEST_ID.fullmatch(sent)
        self.request_id = sent.decode() if sent and valid else secrets.token_hex(8)
        state["request_id"] = self.request_id

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._most:
                raise BodyTooLarge(self._most)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = dict(message["headers"])
            if self.status == HTTPStatus.OK and _is_file(present.get(b"content-type")):
                await self._record_file()
            added = [header for header in _HEADERS if header[0] not in present]
            request_id = (_REQUEST_ID_HEADER, self.request_id.encode())
            message["headers"] = [*message["headers"], *added, request_id]
        elif self.is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def _record_file(self) -> None:
        """Store the audit entry of a file before its first byte: no file goes unrecorded."""
        state = self.scope["state"]
        permission, principal = state.get("action"), state.get("principal")
        if permission is None or state.get("audited"):
            return
        write = partial(self._audit.write_request, self.scope, permission, principal, self.status)
        await anyio.to_thread.run_sync(write)
        state["audited"] = True


def _is_file(content_type: bytes | None) -> bool:
    return content_type is not None and not content_type.startswith(_SHOWN)
