"""Refuses JSON that is said to be in another encoding than UTF-8, which would be misread."""

from __future__ import annotations

import re

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.http.problems import wrong_charset

_CHARSET = re.compile(r"json.*;\s*charset\s*=\s*\"?\s*([^\s\";]+)", re.IGNORECASE)
_SAME = frozenset({"utf-8", "utf8", "us-ascii"})


class CharsetCheck:
    """Middleware that answers with 400 if JSON is sent as GBK, for example."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["method"] != "GET" and _is_other(scope):
            await wrong_charset(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_other(scope: Scope) -> bool:
    sent = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    found = _CHARSET.search(sent)
    return found is not None and found[1].lower() not in _SAME
