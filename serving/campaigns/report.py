"""The report of a campaign: scope, sweep, what was found, recovered and is open, zero targets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from risk.locale import text
from serving.campaigns.progress import Progress, Share, groups
from serving.campaigns.texts import scope_of, title_of, zero_name
from serving.documents.builder import Teller
from serving.documents.consistency import require_consistent
from serving.documents.model import Cell, Grid, Paper
from serving.documents.rounding import wan
from serving.formatting import coded
from serving.matters.queries import by_unit
from serving.matters.state import Standing
from serving.settings import Settings

_SUMS = (
    ("scope", ("swept", "unswept")),
    ("open_matters", ("open_in_time", "open_overdue")),
)
_ROWS = 300


def campaign_paper(progress: Progress, settings: Settings) -> Paper:
    """The report in the language of the settings.

    Raises:
        BriefingContradicts: its figures disagree.
    """
    builder = Teller(settings.language, dict(settings.places))
    _tell_scope(builder, progress)
    _tell_sweep(builder, progress)
    _tell_checks(builder, progress)
    _tell_handled(builder, progress)
    _tell_zero(builder, progress)
    annex = _left(builder, progress)
    known = settings.briefing
    paper = Paper(
        title=text(
            "campaigns.title",
            settings.language,
            campaign=title_of(progress.plan, settings.language),
        ),
        office=known.office,
        issue="",
        addressee=known.addressee,
        dated=progress.until,
        blocks=tuple(builder.blocks),
        annex_title=builder.word("campaign.annex") if annex.rows else "",
        annex=(annex,) if annex.rows else (),
        notice=builder.word("notice"),
        figures=builder.figures,
        sums=_SUMS,
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper


def _tell_scope(builder: Teller, progress: Progress) -> None:
    builder.heading("campaign_scope")
    plan = progress.plan
    builder.say(
        "campaign.scope",
        campaign=title_of(plan, builder.language),
        start=plan.start,
        stop=plan.stop,
        until=progress.until,
        as_of=progress.as_of,
        scope_words=scope_of(plan, builder.language, builder.place(plan.region)),
    )
    if progress.unplaced:
        builder.say("campaign.unplaced", unplaced=progress.unplaced)
    if progress.unplaced_matters:
        builder.say("campaign.unplaced_matters", unplaced_matters=progress.unplaced_matters)
    if progress.cases_outside:
        builder.say("campaign.cases_outside", cases_outside=progress.cases_outside)


def _tell_sweep(builder: Teller, progress: Progress) -> None:
    builder.heading("campaign_sweep")
    scope, swept = len(progress.projects), len(progress.checked)
    if not scope:
        builder.say("campaign.nothing", scope=0, swept=0, unswept=0)
        return
    builder.say(
        "campaign.sweep",
        scope=scope,
        swept=swept,
        unswept=scope - swept,
        share=f"{swept / scope:.1%}",
        target=f"{progress.plan.swept:.1%}",
    )
    for name, shares in (
        ("place", progress.shares("region_code")),
        ("sector", progress.shares("sector")),
    ):
        builder.put(_swept(builder, name, shares))


def _swept(builder: Teller, name: str, shares: Sequence[Share]) -> Grid:
    def called(code: str | None) -> str | None:
        if code is None or name == "place":
            return builder.place(code) if code else None
        return coded("projects.sector", code, builder.language)

    heads = (f"heads.{name}", "campaign.heads.projects", "campaign.heads.checked")
    checked, every = sum(one.checked for one in shares), sum(one.projects for one in shares)
    return Grid(
        builder.word(f"campaign.grids.{name}"),
        tuple(builder.word(head) for head in (*heads, "campaign.heads.left")),
        tuple(
            (called(one.code), one.projects, one.checked, one.projects - one.checked)
            for one in shares
        ),
        total=(builder.word("heads.sum"), every, checked, every - checked),
        summed=(1, 2, 3),
        named=((1, "scope"), (2, "swept"), (3, "unswept")),
    )


def _tell_checks(builder: Teller, progress: Progress) -> None:
    """The three things looked into: signs, old cases, pay on public projects."""
    builder.heading("campaign_checks")
    builder.say("campaign.signs", signs=len(progress.signs))
    owed = sum(one.matter.facts.amount or 0 for one in progress.old_cases)
    builder.say(
        "campaign.old_cases", old_cases=len(progress.old_cases), old_owed=builder.money(owed)
    )
    builder.say(
        "campaign.public",
        public=len(progress.public),
        public_unpaid=len(progress.public_unpaid),
    )


def _tell_handled(builder: Teller, progress: Progress) -> None:
    builder.heading("campaign_handled")
    cases = progress.closed_cases
    builder.say(
        "campaign.handled",
        found=len(progress.found),
        closed_matters=len(progress.closed),
        closed_cases=len(cases),
        closed_workers=sum(one.matter.facts.workers or 0 for one in cases),
        recovered=builder.money(progress.recovered()),
    )
    overdue = sum(one.overdue for one in progress.open)
    ten, fifty = groups(progress.open)
    builder.say(
        "campaign.open",
        open_matters=len(progress.open),
        open_overdue=overdue,
        open_in_time=len(progress.open) - overdue,
    )
    builder.say("campaign.groups", group_matters=ten, large_group_matters=fifty)
    builder.put(_units(builder, progress))


def _units(builder: Teller, progress: Progress) -> Grid:
    plan = progress.plan
    after = progress.until.fromordinal(progress.until.toordinal() + 1)
    tallies = by_unit((*progress.open, *progress.closed), plan.start, after)
    rows = tuple(
        (one.unit or builder.word("campaign.no_unit"), one.open, one.overdue, one.closed)
        for one in tallies
    )
    sums = (sum(one.open for one in tallies), sum(one.overdue for one in tallies))
    total = (builder.word("heads.sum"), *sums, sum(one.closed for one in tallies))
    heads = ("unit", "open", "overdue", "closed")
    return Grid(
        builder.word("campaign.grids.units"),
        tuple(builder.word(f"campaign.heads.{name}") for name in heads),
        rows,
        total=total,
        summed=(1, 2, 3),
        named=((1, "open_matters"), (2, "open_overdue"), (3, "closed_matters")),
    )


def _tell_zero(builder: Teller, progress: Progress) -> None:
    builder.heading("campaign_zero")
    if not progress.zeros:
        builder.say("campaign.no_zero")
    for number, zero in enumerate(progress.zeros, start=1):
        reached = "missed" if zero.against else "unknown" if zero.unknown else "reached"
        builder.say(
            f"campaign.zero_{reached}",
            number=str(number),
            target=zero_name(zero.name, builder.language),
            against=str(len(zero.against)),
        )
        if zero.unknown:
            builder.say("campaign.zero_unsure", unknown=str(zero.unknown))
    against = {one.matter.key: one for zero in progress.zeros for one in zero.against}
    if against:
        builder.put(_standing_against(builder, [*against.values()]))


def _standing_against(builder: Teller, standings: Sequence[Standing]) -> Grid:
    heads = ("name", "kind", "workers", "amount", "unit", "due")
    return Grid(
        builder.word("campaign.grids.zero"),
        tuple(builder.word(f"campaign.heads.{name}") for name in heads),
        tuple(_row(builder, one) for one in standings[:_ROWS]),
        widths=(2.4, 1.2, 0.8, 1.2, 1.4, 1.6),
    )


def _row(builder: Teller, one: Standing) -> tuple[Cell, ...]:
    facts = one.matter.facts
    amount: Decimal | None = None if facts.amount is None else wan(facts.amount)
    return (
        facts.name or facts.project_id or facts.org_id,
        text(f"pages.ledger.kinds.{one.matter.kind}", builder.language),
        facts.workers,
        amount,
        one.unit,
        builder.day(one.due.day) if one.due else None,
    )


def _left(builder: Teller, progress: Progress) -> Grid:
    """Projects not yet checked, the likeliest first."""
    heads = ("heads.project", "heads.place", "heads.contractor", "heads.tier", "heads.chance")
    return Grid(
        builder.word("campaign.grids.left"),
        tuple(builder.word(head) for head in heads),
        tuple(
            (
                row["project_name"] or row["project_id"],
                builder.place(row["region_code"]),
                row["contractor_name"],
                coded("tier", row["tier"], builder.language),
                f"{row['probability']:.1%}",
            )
            for row in progress.left[:_ROWS]
        ),
        widths=(2.6, 1.6, 2.4, 0.8, 0.9),
    )
