"""Complaints by channel, cases by kind of employer, other disputes, and what visits covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.briefings.breakdown import CAUSES, CHANNELS, EMPLOYER_KINDS, Breakdown, Group
from serving.briefings.facts import Facts
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
    now, before = facts.breakdown.channels, _before(facts, "complaints")
    earlier = before.channels if before else {}
    rows: list[tuple[Cell, ...]] = [
        (_channel(builder, code), now.get(code, 0), *_change(now, earlier, code, before))
        for code in CHANNELS
        if code in now or code in earlier
    ]
    if rows:
        heads = ("channel", "this", "year_before", "difference")
        sums = [sum(now.values()), *_change(now, earlier, None, before)]
        builder.add(_table(builder, "channels", heads, rows, sums, (1, "complaints")))


def add_employers(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the cases opened by kind of employer, with the share of each."""
    found, before = facts.breakdown.employers, _before(facts, "cases")
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
    rows = [
        _employer_row(builder, kind, found[kind], opened, before)
        for kind in EMPLOYER_KINDS
        if kind in found
    ]
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


def _before(facts: Facts, table: str) -> Breakdown | None:
    """Return the breakdown of a year before, None if nothing of ``table`` was known by then."""
    begun = table not in facts.statistics_year_ago.not_begun
    return facts.breakdown_year_ago if begun else None


def _change(
    now: Mapping[str, int], earlier: Mapping[str, int], code: str | None, before: Breakdown | None
) -> tuple[Cell, Cell]:
    """Number a year before and the change since; of all channels for None."""
    if before is None:
        return None, None
    if code is None:
        return sum(earlier.values()), sum(now.values()) - sum(earlier.values())
    return earlier.get(code, 0), now.get(code, 0) - earlier.get(code, 0)


def _employer_row(
    builder: DocumentBuilder, kind: str, group: Group, opened: int, before: Breakdown | None
) -> tuple[Cell, ...]:
    return (
        builder.text(f"employer_kinds.{kind or 'unnamed'}"),
        group.count,
        f"{group.count / opened:.1%}",
        group.workers.value if group.workers.known else None,
        builder.money(group.amount.value) if group.amount.known else None,
        None if before is None else _count(before.employers, kind),
    )


def _count(groups: Mapping[str, Group], kind: str) -> int:
    return groups[kind].count if kind in groups else 0


def _channel(builder: DocumentBuilder, code: str) -> str:
    if not code:
        return builder.text("channel_unknown")
    label = code_label("complaints.channel", code, builder.language)
    return label[:1].upper() + label[1:]


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
