"""A digest as a paper: Word and HTML are renderings of it, as of a briefing."""

from __future__ import annotations

from collections.abc import Sequence

from risk.locale import text
from serving.documents.builder import Teller
from serving.documents.consistency import require_consistent
from serving.documents.model import Cell, Grid, Paper
from serving.formatting import coded
from serving.matters.digest import NOTICE, SECTIONS, Digest, Item
from serving.settings import Settings

_ROWS = 200


def digest_paper(digest: Digest, settings: Settings) -> Paper:
    """The digest in the language of the settings.

    Raises:
        BriefingContradicts: its figures disagree.
    """
    builder = Teller(settings.language, dict(settings.places))
    audience = digest.audience
    whom = audience.person or audience.unit or builder.place(audience.region)
    for name in SECTIONS:
        items = digest.sections[name]
        builder.heading(f"digest_{name}")
        if items is None:
            builder.say("digest.unknown")
        elif not items:
            builder.say("digest.none")
        else:
            builder.say(f"digest.{name}", **{f"digest_{name}": len(items)})
            builder.put(_grid(builder, name, items[:_ROWS]))
            if len(items) > _ROWS:
                builder.say("digest.more", **{"more": len(items) - _ROWS})
    paper = Paper(
        title=text("digest.title", settings.language, whom=whom),
        office=settings.briefing.office,
        issue="",
        addressee=whom,
        dated=digest.on,
        blocks=tuple(builder.blocks),
        annex_title="",
        annex=(),
        notice=builder.word(
            "digest.notice", on=builder.day(digest.on), until=builder.day(digest.until)
        ),
        figures=builder.figures,
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper


def _grid(builder: Teller, name: str, items: Sequence[Item]) -> Grid:
    heads = ("name", "what", "day", "workers", "unit")
    return Grid(
        builder.word(f"headings.digest_{name}"),
        tuple(builder.word(f"digest.heads.{head}") for head in heads),
        tuple(_row(builder, item) for item in items),
        widths=(2.6, 1.2, 1.8, 0.8, 1.6),
    )


def _row(builder: Teller, item: Item) -> tuple[Cell, ...]:
    return (
        item.name,
        _what(builder, item.what),
        builder.day(item.day) if item.day else None,
        item.workers,
        item.unit,
    )


def _what(builder: Teller, what: str) -> str:
    if what in {"red", "orange", "yellow", "blue"}:
        return coded("tier", what, builder.language)
    key = "notices.unanswered" if what == NOTICE else f"pages.ledger.kinds.{what}"
    return text(key, builder.language)
