"""Response cache for immutable documents.

Published documents do not change. As long as nothing was published and no token changed, the same
request with the same token has the same response; it is then sent from memory without routing,
parsing or queries. Permission, rate limit, metrics and audit entry apply as to any other request.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.auth.dependencies import Authenticator
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.db.byte_cache import ByteCache
from serving.db.change_stamp import ChangeStamp
from serving.errors import ApiError

MAX_BYTES = 64_000_000
_OVERHEAD = 4_000
"""Bytes of a cached answer beside its body: key, headers, principal."""

_MOST_MESSAGES = 3
"""Two are a whole answer: its head and its body."""

_VARYING_HEADERS = frozenset({b"authorization", b"accept-encoding", b"if-none-match"})

Key = tuple[object, ...]


@dataclass(frozen=True)
class _CachedResponse:
    """A response with the values that metrics and audit record of its request."""

    stamp: object
    principal: Principal
    permission: Permission
    about: object
    route: object
    start: Message
    body: Message
    until: dt.datetime | None


class ResponseCache:
    """Middleware that repeats cached responses and passes all other requests on."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, freshness: ChangeStamp) -> None:
        self._app = app
        self._authenticator = authenticator
        self._freshness = freshness
        self._cache = ByteCache[Key, _CachedResponse](MAX_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        stamp = self._freshness.current()
        cached = self._cache.get(key)
        if cached is not None and cached.stamp == stamp and self._admits(cached):
            state = scope["state"]
            state["principal"], state["action"] = cached.principal, cached.permission
            state["about"], scope["route"] = cached.about, cached.route
            # Copied, because the outer middleware adds headers to the message.
            await send(dict(cached.start))
            await send(cached.body)
            return
        recorder = _Recorder(send)
        await self._app(scope, receive, recorder.send)
        self._store(key, stamp, scope, recorder.messages)

    def _admits(self, cached: _CachedResponse) -> bool:
        if cached.until is not None and now() >= cached.until:
            return False
        try:
            self._authenticator.admit(cached.principal, cached.permission)
        except ApiError:
            # The application refuses it too, and answers with the problem document.
            return False
        return True

    def _store(self, key: Key, stamp: object, scope: Scope, messages: list[Message]) -> None:
        state: dict[str, Any] = scope["state"]
        if not state.get("sealed") or len(messages) != 2 or messages[0]["status"] >= 400:
            return
        cached = _CachedResponse(
            stamp,
            state["principal"],
            state["action"],
            state["about"],
            scope.get("route"),
            messages[0],
            messages[1],
            self._authenticator.valid_until(key[1]),
        )
        self._cache.put(key, cached, _OVERHEAD + len(messages[1].get("body", b"")))


class _Recorder:
    """Forwards messages and keeps copies of the first ones: an answer in parts is not cached."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        """Copy the message before outer middleware changes it."""
        if len(self.messages) < _MOST_MESSAGES:
            self.messages.append(dict(message))
        await self._send(message)


def _key(scope: Scope) -> Key | None:
    """Return what determines the response; None for requests that are not cached."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    headers = {name: value for name, value in scope["headers"] if name in _VARYING_HEADERS}
    authorization = headers.get(b"authorization")
    if authorization is None:
        return None
    return (
        scope["path"],
        authorization,
        scope["query_string"],
        headers.get(b"accept-encoding"),
        headers.get(b"if-none-match"),
    )
