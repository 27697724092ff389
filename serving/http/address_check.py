"""Refuses requests whose address has text that no database stores."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.http.problems import unreadable_address
from serving.http.storable_text import is_storable


class AddressCheck:
    """Middleware that answers with 400 if path or query hold a NUL character."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not _is_storable(scope):
            await unreadable_address(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_storable(scope: Scope) -> bool:
    query = scope["query_string"]
    return is_storable(scope["path"]) and (b"%" not in query or is_storable(unquote(query)))
