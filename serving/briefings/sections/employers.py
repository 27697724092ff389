"""Section on employers outside construction: how many are scored and which are alerted."""

from __future__ import annotations

from serving.briefings.facts import Document, Facts
from serving.briefings.sections.alerts import ALERTED, TIERS, count_by_tier
from serving.documents.builder import DocumentBuilder
from serving.documents.model import Table
from serving.formatting import capitalized, code_label
from serving.watchlists.texts import joined, main_reasons

SHOWN = 10


def add_employers(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the section, if a list of employers was published for the period."""
    if facts.employers is None:
        return
    builder.add_heading("employers")
    rows, document = facts.employers.projects, facts.employers.document
    counts = {f"employers_{tier}": n for tier, n in count_by_tier(rows).items()}
    entries = document["entries"]
    builder.add_paragraph("employers", employers=len(rows), employers_listed=len(entries), **counts)
    if document["model"]["note"]:
        builder.add_paragraph("note", note=document["model"]["note"][builder.language])
    alerted = [entry for entry in entries if entry["tier"] in ALERTED]
    if not alerted:
        builder.add_paragraph("employers_none")
        return
    shown = alerted[:SHOWN]
    key = "employers_shown" if len(alerted) > len(shown) else "employers_all"
    builder.add_paragraph(key, employers_alerted=len(alerted), employers_shown=len(shown))
    builder.add(_table(builder, shown))


def _table(builder: DocumentBuilder, entries: list[Document]) -> Table:
    heads = ("rank", "employer", "place", "tier", "staff", "why")
    return Table(
        builder.text("grids.employers"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(
            (
                entry["rank"],
                entry["project_name"],
                builder.region_name(entry["region_code"]),
                f"{_tier(builder, entry)} {entry['probability']:.1%}",
                entry["workers"],
                _why(builder, entry),
            )
            for entry in entries
        ),
        widths=(0.9, 3.3, 1.9, 1.5, 1.2, 5.5),
    )


def _tier(builder: DocumentBuilder, entry: Document) -> str:
    return capitalized(code_label("tier", entry["tier"], builder.language))


def _why(builder: DocumentBuilder, entry: Document) -> str:
    return joined(main_reasons(entry, builder.language), builder.language)


SUM = ("employers", tuple(f"employers_{tier}" for tier in TIERS))
"""The tiers add up to all scored employers."""
