"""Responses with an immutable document: ETag, 304 Not Modified and precompressed bytes."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from fastapi import Request, Response


class ImmutableDocument(Protocol):
    """A JSON document as bytes, its digest, and what the audit entry records about it."""

    @property
    def body(self) -> bytes:
        """The document."""

    @property
    def compressed(self) -> bytes | None:
        """The document compressed by gzip; None if it is too short to be worth it."""

    @property
    def digest(self) -> str:
        """Digest of the document, used as its ETag."""

    @property
    def as_of(self) -> dt.date:
        """Date of the list."""

    @property
    def list_digest(self) -> str | None:
        """Digest of the list."""

    @property
    def model_version(self) -> str:
        """Version of the model."""


def send_document(document: ImmutableDocument, request: Request) -> Response:
    """Return the document, or 304 if ``If-None-Match`` contains its digest.

    It is sent compressed if the client accepts gzip.
    """
    state = request.scope["state"]
    state["about"] = (document.as_of, document.list_digest, document.model_version)
    state["sealed"] = True
    tag = f'"{document.digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if document.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(document.compressed, media_type="application/json", headers=headers)
    return Response(document.body, media_type="application/json", headers=headers)


def _matches(header: str, tag: str) -> bool:
    tags = (part.strip().removeprefix("W/") for part in header.split(","))
    return any(listed in (tag, "*") for listed in tags)
