"""The section on employers outside construction: how many are watched, and which to look at."""

from __future__ import annotations

from serving.briefings.facts import Document, Facts
from serving.briefings.sections.alerts import ALERTED, TIERS, by_tier
from serving.documents.builder import Teller
from serving.documents.model import Grid
from serving.formatting import coded

SHOWN = 10


def tell_employers(builder: Teller, facts: Facts) -> None:
    """Nothing where no list of employers was published for the period."""
    if facts.employers is None:
        return
    builder.heading("employers")
    rows, document = facts.employers.projects, facts.employers.document
    counts = {f"employers_{tier}": n for tier, n in by_tier(rows).items()}
    entries = document["entries"]
    builder.say("employers", employers=len(rows), employers_listed=len(entries), **counts)
    if document["model"]["note"]:
        builder.say("note", note=document["model"]["note"][builder.language])
    alerted = [entry for entry in entries if entry["tier"] in ALERTED]
    if not alerted:
        builder.say("employers_none")
        return
    shown = alerted[:SHOWN]
    builder.say("employers_shown", employers_alerted=len(alerted), employers_shown=len(shown))
    builder.put(_grid(builder, shown))


def _grid(builder: Teller, entries: list[Document]) -> Grid:
    heads = ("rank", "employer", "place", "tier", "staff", "why")
    return Grid(
        builder.word("grids.employers"),
        tuple(builder.word(f"heads.{name}") for name in heads),
        tuple(
            (
                entry["rank"],
                entry["project_name"],
                builder.place(entry["region_code"]),
                f"{coded('tier', entry['tier'], builder.language)} {entry['probability']:.1%}",
                entry["workers"],
                _why(builder, entry),
            )
            for entry in entries
        ),
        widths=(0.7, 3.4, 1.8, 1.3, 1.0, 6.0),
    )


def _why(builder: Teller, entry: Document) -> str:
    raising = [one for one in entry["reasons"] if one["contribution"] > 0]
    return "；".join(one["text"][builder.language] for one in raising[:2])


SUM = ("employers", tuple(f"employers_{tier}" for tier in TIERS))
"""The tiers add up to all that are watched."""
