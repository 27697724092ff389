"""Complaints by channel, cases by kind of employer, other disputes, and what visits covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.briefings.breakdown import Group
from serving.briefings.facts import Facts
from serving.briefings.figures import EmployerFigures, briefing_figures
from serving.briefings.kinds import CAUSES
from serving.briefings.sections.totals import amount, contracts, covered, people
from serving.briefings.statistics import Total
from serving.documents.builder import DocumentBuilder
from serving.documents.model import Cell, Table
from serving.formatting import code_label

DISPUTES = ("disputes", tuple(f"disputes_{cause}" for cause in CAUSES))
"""A figure and the figures that add up to it; so is each of these."""

EMPLOYERS = (
    "opened",
    (
        *("opened_construction", "opened_individual", "opened_enterprise"),
        *("opened_other_employer", "opened_unnamed"),
    ),
)
COVERED = ("covered_units", ("covered_projects", "covered_employers"))


def add_channels(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the complaints by channel, against the same period of last year."""
    channels = briefing_figures(facts).channels
    rows: list[tuple[Cell, ...]] = [
        (_channel(builder, one.channel), one.complaints, *_change(one.complaints, one.year_before))
        for one in channels
    ]
    if rows:
        heads = ("channel", "this", "year_before", "difference")
        total = sum(one.complaints for one in channels)
        earlier = [one.year_before for one in channels if one.year_before is not None]
        sums = [total, *_change(total, sum(earlier) if earlier else None)]
        builder.add(_table(builder, "channels", heads, rows, sums, (1, "complaints")))


def add_employers(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the cases opened by kind of employer, with the share of each."""
    found = facts.breakdown.employers
    opened = sum(group.count for group in found.values())
    if not opened:
        return
    construction = facts.breakdown.construction
    parts = {"construction": construction}
    parts |= {kind: _count(found, kind) for kind in ("individual", "enterprise", "other_employer")}
    parts["unnamed"] = _count(found, "")
    named = [
        builder.text(f"employer_parts.{kind}", n=count, share=f"{count / opened:.1%}")
        for kind, count in parts.items()
        if count
    ]
    figures = {f"opened_{kind}": count for kind, count in parts.items()}
    builder.add_paragraph("by_employer", parts=builder.text("comma").join(named), **figures)
    rows = [_employer_row(builder, one, opened) for one in briefing_figures(facts).employers]
    if len(rows) < 2:
        return
    heads = ("kind", "opened", "share", "case_workers", "case_owed", "year_before")
    builder.add(Table(builder.text("grids.by_employer"), _heads(builder, heads), tuple(rows)))


def add_disputes(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the disputes over other money than wages, which are in no other figure."""
    found = facts.breakdown.disputes
    if found:
        groups = list(found.values())
        counts = {f"disputes_{cause}": _count(found, cause) for cause in CAUSES}
        builder.add_paragraph(
            "disputes",
            disputes=sum(counts.values()),
            guided=sum(group.guided for group in groups),
            **counts,
            **people(builder, "dispute_workers", Total.sum(one.workers for one in groups)),
            **amount(builder, "dispute_amount", Total.sum(one.amount for one in groups)),
        )
    if facts.breakdown.without_cause:
        builder.add_paragraph("without_cause", without_cause=facts.breakdown.without_cause)


def add_coverage(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the units visited, their workers and the labour contracts seen, where recorded."""
    found = facts.breakdown.coverage
    if not found.is_recorded:
        return
    figures: dict[str, Any] = {
        **covered(builder, "covered_workers", found.workers),
        **contracts(builder, "contracts_seen", found.contracts),
    }
    builder.add_paragraph(
        "coverage",
        covered_units=found.units,
        covered_projects=found.projects,
        covered_employers=found.employers,
        **figures,
    )


def _change(now: int, before: int | None) -> tuple[Cell, Cell]:
    """Number a year before and the change since; both None if it is unknown."""
    return (None, None) if before is None else (before, now - before)


def _employer_row(builder: DocumentBuilder, one: EmployerFigures, opened: int) -> tuple[Cell, ...]:
    return (
        builder.text(f"employer_kinds.{one.employer or 'unnamed'}"),
        one.cases,
        f"{one.cases / opened:.1%}",
        one.workers,
        None if one.amount_owed is None else builder.money(one.amount_owed),
        one.year_before,
    )


def _count(groups: Mapping[str, Group], kind: str) -> int:
    return groups[kind].count if kind in groups else 0


def _channel(builder: DocumentBuilder, code: str) -> str:
    if not code:
        return builder.text("channel_unknown")
    return code_label("complaints.channel", code, builder.language)


def _table(
    builder: DocumentBuilder,
    name: str,
    heads: tuple[str, ...],
    rows: list[tuple[Cell, ...]],
    sums: list[Cell],
    named: tuple[int, str],
) -> Table:
    """A table of counts with their total, which is also a figure of the text."""
    return Table(
        builder.text(f"grids.{name}"),
        _heads(builder, heads),
        tuple(rows),
        (builder.text("total"), *sums),
        (1, 2, 3) if sums[1] is not None else (1,),
        (named,),
    ).condensed()


def _heads(builder: DocumentBuilder, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(builder.text(f"heads.{name}") for name in names)
