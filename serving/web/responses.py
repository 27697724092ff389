"""Responses with files to download."""

from __future__ import annotations

from fastapi import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(name: str, media_type: str, body: bytes) -> Response:
    """Return ``body`` as a file called ``name``, of ASCII letters, digits, dots and hyphens."""
    return Response(
        body, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, media_type
    )
