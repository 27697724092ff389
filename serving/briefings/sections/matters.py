"""Section on matters: open, overdue and closed in the period, by responsible unit."""

from __future__ import annotations

from serving.briefings.facts import Facts
from serving.documents.builder import DocumentBuilder
from serving.documents.model import Table


def add_matters(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the state of the matters at the end of the period, if there are any."""
    tallies, looks = facts.matters_by_unit, facts.second_looks
    if looks is not None and looks.had:
        builder.add_paragraph(
            "followed_up.looked",
            looked=looks.had,
            looked_paid=looks.paid,
            looked_other=looks.had - looks.paid,
        )
    if not tallies:
        return
    open_ = sum(unit.open for unit in tallies)
    overdue = sum(unit.overdue for unit in tallies)
    closed = sum(unit.closed for unit in tallies)
    backlog = sum(unit.backlog for unit in tallies)
    builder.add_paragraph(
        "followed_up.managed",
        followed_open=open_,
        followed_overdue=overdue,
        followed_in_time=open_ - overdue - backlog,
        followed_backlog=backlog,
        backlog=builder.text("followed_up.backlog", n=backlog) if backlog else "",
        followed_closed=closed,
    )
    if all(unit.unit is None for unit in tallies):
        if open_:
            builder.add_paragraph("followed_up.unassigned")
        return
    heads = ("unit", "open", "overdue", "closed")
    builder.add(
        Table(
            builder.text("campaign.grids.units"),
            tuple(builder.text(f"campaign.heads.{name}") for name in heads),
            tuple(
                (
                    unit.unit or builder.text("campaign.no_unit"),
                    unit.open,
                    unit.overdue,
                    unit.closed,
                )
                for unit in tallies
            ),
            total=(builder.text("heads.sum"), open_, overdue, closed),
            summed_columns=(1, 2, 3),
            named_totals=((1, "followed_open"), (2, "followed_overdue"), (3, "followed_closed")),
        ).condensed()
    )
