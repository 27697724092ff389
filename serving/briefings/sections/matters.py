"""The part on matters: open, overdue and closed in the month, by responsible unit."""

from __future__ import annotations

from serving.briefings.facts import Facts
from serving.documents.builder import Teller
from serving.documents.model import Grid


def tell_followed_up(builder: Teller, facts: Facts) -> None:
    """How the matters of the ledger stood at the period's end; nothing where none is kept."""
    tallies, looks = facts.followed_up, facts.second_looks
    if looks is not None and looks.had:
        builder.say(
            "followed_up.looked",
            looked=looks.had,
            looked_paid=looks.paid,
            looked_other=looks.had - looks.paid,
        )
    if not tallies:
        return
    open_ = sum(one.open for one in tallies)
    overdue = sum(one.overdue for one in tallies)
    closed = sum(one.closed for one in tallies)
    builder.say(
        "followed_up.told",
        followed_open=open_,
        followed_overdue=overdue,
        followed_in_time=open_ - overdue,
        followed_closed=closed,
    )
    heads = ("unit", "open", "overdue", "closed")
    builder.put(
        Grid(
            builder.word("campaign.grids.units"),
            tuple(builder.word(f"campaign.heads.{name}") for name in heads),
            tuple(
                (one.unit or builder.word("campaign.no_unit"), one.open, one.overdue, one.closed)
                for one in tallies
            ),
            total=(builder.word("heads.sum"), open_, overdue, closed),
            summed=(1, 2, 3),
            named=((1, "followed_open"), (2, "followed_overdue"), (3, "followed_closed")),
        )
    )
