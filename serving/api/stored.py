"""Sends sealed bytes as they are; a client that has them already hears 304."""

from __future__ import annotations

from fastapi import Request, Response

from serving.database.service import Stored


def send(stored: Stored, request: Request) -> Response:
    """The document, or 304 when ``If-None-Match`` names its digest."""
    tag = f'"{stored.digest}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(stored.body, media_type="application/json", headers=headers)


def _matches(header: str, tag: str) -> bool:
    tags = (part.strip().removeprefix("W/") for part in header.split(","))
    return any(found in (tag, "*") for found in tags)
