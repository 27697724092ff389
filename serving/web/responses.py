"""Files to take along."""

from __future__ import annotations

from fastapi import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(name: str, media: str, body: bytes) -> Response:
    """``body`` as a file called ``name`` (letters, digits, dots and hyphens)."""
    return Response(body, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, media)
