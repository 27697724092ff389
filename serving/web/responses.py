"""Responses with files to download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from fastapi import Response
from fastapi.responses import StreamingResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BLOCK = 256 * 1024


def attachment(name: str, media_type: str, body: bytes) -> Response:
    """Return ``body`` as a file called ``name``, of ASCII letters, digits, dots and hyphens."""
    return Response(body, 200, _named(name), media_type)


def attached_file(name: str, media_type: str, file: IO[bytes]) -> Response:
    """Return what is left to read in ``file``, as :func:`attachment` does, a block at a time."""
    return StreamingResponse(_blocks(file), 200, _named(name), media_type)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
