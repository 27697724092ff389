"""File formats of documents: the renderer and the media type of each suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from risk.locale import Language
from serving.documents.docx import word_file
from serving.documents.html import html_file
from serving.documents.model import Paper
from serving.documents.pdf import pdf_file

FORMATS: Mapping[str, Callable[[Paper, Language], bytes]] = {
    "docx": word_file,
    "html": html_file,
    "pdf": pdf_file,
}

MEDIA_TYPES: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
