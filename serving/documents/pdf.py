"""A briefing as PDF, set by Typst to the same measures as the Word file."""

from __future__ import annotations

from typing import Any

from risk.locale import Language, text
from serving.documents.cells import shown
from serving.documents.charts import bars_svg
from serving.documents.model import Block, Grid, Heading, Paper, Paragraph
from serving.documents.numerals import numbered
from serving.documents.typst_compiler import typeset


def pdf_file(paper: Paper, language: Language) -> bytes:
    """The briefing as PDF."""
    day = paper.dated
    dated = text("briefing.day", language, year=day.year, month=day.month, day=day.day)
    return typeset(
        "serving.documents",
        "document",
        {
            "lang": language,
            "title": paper.title,
            "office": paper.office,
            "issue": paper.issue,
            "addressee": paper.addressee,
            "dated": dated,
            "notice": paper.notice,
            "annex_title": paper.annex_title,
            "blocks": [_plain(block, language) for block in paper.blocks],
            "annex": [_plain(block, language) for block in paper.annex],
        },
    )


def _plain(block: Block, language: Language) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": numbered(block, language)}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text}
    if isinstance(block, Grid):
        rows = [*block.rows, *([block.total] if block.total else [])]
        return {
            "kind": "grid",
            "caption": block.caption,
            "heads": list(block.heads),
            "rows": [[shown(cell, language) for cell in row] for row in rows],
            "total": block.total is not None,
            "shares": block.shares(),
            "short": block.short,
        }
    return {"kind": "bars", "caption": block.caption, "svg": bars_svg(block)}
