"""Sends sealed bytes as they are; a client that has them already hears 304."""

from __future__ import annotations

from fastapi import Request, Response

from serving.watchlists.redaction import View


def send(view: View, request: Request) -> Response:
    """The document, or 304 when ``If-None-Match`` names its digest; compressed if that is liked."""
    state = request.scope["state"]
    state["about"] = (view.as_of, view.list_digest, view.model_version)
    state["sealed"] = True
    tag = f'"{view.digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    asked = request.headers
    if _matches(asked.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if view.compressed is not None and "gzip" in asked.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(view.compressed, media_type="application/json", headers=headers)
    return Response(view.body, media_type="application/json", headers=headers)


def _matches(header: str, tag: str) -> bool:
    tags = (part.strip().removeprefix("W/") for part in header.split(","))
    return any(found in (tag, "*") for found in tags)
