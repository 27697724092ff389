"""Documents as PDF, typeset by Typst with the same measures as the DOCX."""

from __future__ import annotations

import datetime as dt
from typing import Any

from risk.locale import Language, text
from serving.documents.cells import format_cell
from serving.documents.charts import bar_chart_svg
from serving.documents.model import Block, Document, Heading, Paragraph, Table
from serving.documents.numerals import numbered_heading
from serving.documents.typst_compiler import compile_typst


def to_pdf(document: Document, language: Language) -> bytes:
    """Return the document as PDF."""
    return compile_typst(
        "serving.documents",
        "document",
        {
            "lang": language,
            "title": document.title,
            "office": document.office,
            "issue": document.issue,
            "addressee": document.addressee,
            "date": _date_line(document.date, language),
            "notice": document.notice,
            "annex_title": document.annex_title,
            "annex_mark": text("briefing.annex_mark", language),
            "blocks": [_block_data(block, language) for block in document.blocks],
            "annex": [_block_data(block, language) for block in document.annex],
        },
    )


def _date_line(date: dt.date, language: Language) -> str:
    return text("briefing.day", language, year=date.year, month=date.month, day=date.day)


def _block_data(block: Block, language: Language) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": numbered_heading(block, language)}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text}
    if isinstance(block, Table):
        rows = [*block.rows, *([block.total] if block.total else [])]
        return {
            "kind": "table",
            "caption": block.caption,
            "headers": list(block.headers),
            "rows": [[format_cell(cell, language) for cell in row] for row in rows],
            "total": block.total is not None,
            "column_shares": block.column_shares(),
            "numeric_columns": sorted(block.numeric_columns),
            "keep_together": block.keep_together,
        }
    return {"kind": "bar_chart", "caption": block.caption, "svg": bar_chart_svg(block)}
