"""Renderer and media type of each document format, by file suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from risk.locale import Language
from serving.documents.docx import to_docx
from serving.documents.html import to_html
from serving.documents.model import Document
from serving.documents.pdf import to_pdf

RENDERERS: Mapping[str, Callable[[Document, Language], bytes]] = {
    "docx": to_docx,
    "html": to_html,
    "pdf": to_pdf,
}

MEDIA_TYPES: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}

FILES: dict[str, Any] = {
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
    }
}
"""Response of an endpoint that sends a document as a file, for the OpenAPI description."""
