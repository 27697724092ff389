"""A digest as a document, for rendering to DOCX and HTML."""

from __future__ import annotations

from collections.abc import Sequence

from risk.locale import text
from serving.documents.builder import DocumentBuilder
from serving.documents.consistency import require_consistent
from serving.documents.model import Cell, Document, Table
from serving.formatting import capitalized, code_label, matter_label
from serving.matters.digest import NOTICE, SECTIONS, Digest, Item
from serving.settings import Settings

_ROWS = 200


def digest_document(digest: Digest, settings: Settings) -> Document:
    """Return the digest in the language of the settings.

    Raises:
        InconsistentDocument: figures disagree.
    """
    builder = DocumentBuilder(settings.language, dict(settings.places))
    audience = digest.audience
    whom = audience.person or audience.unit or builder.region_name(audience.region)
    for name in SECTIONS:
        items = digest.sections[name]
        builder.add_heading(f"digest_{name}")
        if items is None:
            builder.add_paragraph("digest.unknown")
        elif not items:
            builder.add_paragraph("digest.none")
        else:
            builder.add_paragraph(f"digest.{name}", **{f"digest_{name}": len(items)})
            builder.add(_table(builder, name, items[:_ROWS]))
            if len(items) > _ROWS:
                builder.add_paragraph("digest.more", **{"more": len(items) - _ROWS})
    paper = Document(
        title=text("digest.title", settings.language, whom=whom),
        office=settings.briefing.office,
        issue="",
        addressee=whom,
        date=digest.on,
        blocks=tuple(builder.blocks),
        annex_title="",
        annex=(),
        notice=builder.text(
            "digest.notice",
            on=builder.format_date(digest.on),
            until=builder.format_date(digest.until),
        ),
        figures=builder.figures,
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper


def _table(builder: DocumentBuilder, name: str, items: Sequence[Item]) -> Table:
    heads = ("name", "what", "day", "workers", "unit")
    return Table(
        builder.text(f"headings.digest_{name}"),
        tuple(builder.text(f"digest.heads.{head}") for head in heads),
        tuple(_row(builder, item) for item in items),
        widths=(2.6, 1.2, 1.8, 0.8, 1.6),
    )


def _row(builder: DocumentBuilder, item: Item) -> tuple[Cell, ...]:
    return (
        matter_label(item.name, builder.language) if item.name == item.matter else item.name,
        _what(builder, item.what),
        builder.format_date(item.day) if item.day else None,
        item.workers,
        item.unit,
    )


def _what(builder: DocumentBuilder, what: str) -> str:
    if what in {"red", "orange", "yellow", "blue"}:
        return capitalized(code_label("tier", what, builder.language))
    key = "notices.unanswered" if what == NOTICE else f"pages.ledger.kinds.{what}"
    return text(key, builder.language)
