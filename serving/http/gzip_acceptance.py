"""Accept-Encoding, reduced to whether the client takes gzip.

A client may name gzip in order to refuse it (``gzip;q=0``), while Starlette and the answers of
sealed documents look for the word alone.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.http.quality_values import quality_values

_HEADER = b"accept-encoding"
_GZIP = ("gzip", "x-gzip")


class AcceptEncoding:
    """Middleware that replaces Accept-Encoding by ``gzip`` or ``identity``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            sent = [value for name, value in scope["headers"] if name == _HEADER]
            if sent:
                others = [one for one in scope["headers"] if one[0] != _HEADER]
                coding = b"gzip" if takes_gzip(b",".join(sent).decode("latin-1")) else b"identity"
                # In place: outer middleware reads what the router adds to this very scope.
                scope["headers"] = [*others, (_HEADER, coding)]
        await self._app(scope, receive, send)


def takes_gzip(header: str) -> bool:
    """Return whether a client with this Accept-Encoding takes gzip; ``*`` alone names no coding.

    >>> takes_gzip("gzip, deflate, br"), takes_gzip("br, gzip;q=0")
    (True, False)
    """
    weights = quality_values(header)
    return any(weights.get(name, 0.0) > 0 for name in _GZIP)
