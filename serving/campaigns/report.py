"""Report of a campaign: scope, sweep, results, open matters and zero targets."""

from __future__ import annotations

from collections.abc import Sequence

from risk.flags.grades import Grade
from risk.locale import text
from serving.briefings.sections.totals import amount, people
from serving.briefings.statistics import Total
from serving.campaigns.status import CampaignStatus, CheckedShare, count_large_groups
from serving.campaigns.texts import campaign_title, scope_text, zero_target_label
from serving.documents.builder import DocumentBuilder
from serving.documents.consistency import require_consistent
from serving.documents.model import Cell, Document, Table
from serving.formatting import capitalized, code_label
from serving.matters.queries import count_by_unit
from serving.matters.state import MatterState
from serving.matters.xlsx import deadline_note
from serving.settings import Settings

_SUMS = (
    ("scope", ("swept", "unswept")),
    ("open_matters", ("open_in_time", "open_overdue", "open_backlog")),
)
_ROWS = 300


def campaign_report(progress: CampaignStatus, settings: Settings) -> Document:
    """Return the report in the language of the settings.

    Raises:
        InconsistentDocument: figures disagree.
    """
    builder = DocumentBuilder(settings.language, dict(settings.places))
    _add_scope(builder, progress)
    _add_sweep(builder, progress)
    _add_checks(builder, progress)
    _add_results(builder, progress)
    _add_zero_targets(builder, progress)
    annex = _unchecked_table(builder, progress)
    known = settings.briefing
    paper = Document(
        title=text(
            "campaigns.title",
            settings.language,
            campaign=campaign_title(progress.plan, settings.language),
        ),
        office=known.office,
        issue="",
        addressee=known.addressee,
        date=progress.until,
        blocks=tuple(builder.blocks),
        annex_title=builder.text("campaign.annex") if annex.rows else "",
        annex=(annex,) if annex.rows else (),
        notice=builder.text("notice"),
        figures=builder.figures,
        sums=_SUMS,
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper


def _add_scope(builder: DocumentBuilder, progress: CampaignStatus) -> None:
    builder.add_heading("campaign_scope")
    plan = progress.plan
    builder.add_paragraph(
        "campaign.scope",
        campaign=campaign_title(plan, builder.language),
        start=plan.start,
        stop=plan.stop,
        until=progress.until,
        as_of=progress.as_of,
        scope_words=scope_text(plan, builder.language, builder.region_name(plan.region)),
    )
    if progress.unplaced:
        builder.add_paragraph("campaign.unplaced", unplaced=progress.unplaced)
    if progress.unplaced_matters:
        builder.add_paragraph(
            "campaign.unplaced_matters", unplaced_matters=progress.unplaced_matters
        )
    if progress.cases_outside:
        builder.add_paragraph("campaign.cases_outside", cases_outside=progress.cases_outside)


def _add_sweep(builder: DocumentBuilder, progress: CampaignStatus) -> None:
    builder.add_heading("campaign_sweep")
    scope, swept = len(progress.projects), len(progress.checked)
    if not scope:
        builder.add_paragraph("campaign.nothing", scope=0, swept=0, unswept=0)
        return
    builder.add_paragraph(
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
        builder.add(_checked_table(builder, name, shares))


def _checked_table(builder: DocumentBuilder, name: str, shares: Sequence[CheckedShare]) -> Table:
    def called(code: str | None) -> str | None:
        if code is None or name == "place":
            return builder.region_name(code) if code else None
        return code_label("projects.sector", code, builder.language)

    heads = (f"heads.{name}", "campaign.heads.projects", "campaign.heads.checked")
    checked, every = sum(share.checked for share in shares), sum(share.projects for share in shares)
    return Table(
        builder.text(f"campaign.grids.{name}"),
        tuple(builder.text(head) for head in (*heads, "campaign.heads.left")),
        tuple(
            (called(share.code), share.projects, share.checked, share.projects - share.checked)
            for share in shares
        ),
        total=(builder.text("heads.sum"), every, checked, every - checked),
        summed_columns=(1, 2, 3),
        named_totals=((1, "scope"), (2, "swept"), (3, "unswept")),
    )


def _add_checks(builder: DocumentBuilder, progress: CampaignStatus) -> None:
    """Add the three checks: risk signs, old cases, unpaid wages on public projects."""
    builder.add_heading("campaign_checks")
    builder.add_paragraph(
        "campaign.signs",
        signs=len(progress.signs),
        people_signs=len(progress.with_grade(Grade.PEOPLE)),
        money_signs=len(progress.with_grade(Grade.MONEY)),
    )
    owed = Total.of([state.matter.facts.amount for state in progress.old_cases])
    builder.add_paragraph(
        "campaign.old_cases" if progress.old_cases else "campaign.old_cases_none",
        old_cases=len(progress.old_cases),
        **amount(builder, "old_owed", owed),
    )
    builder.add_paragraph(
        "campaign.public",
        public=len(progress.public),
        public_unpaid=len(progress.public_unpaid),
    )


def _add_results(builder: DocumentBuilder, progress: CampaignStatus) -> None:
    builder.add_heading("campaign_handled")
    cases = [state.matter.facts for state in progress.closed_cases]
    builder.add_paragraph(
        "campaign.handled" if cases else "campaign.handled_no_case",
        found=len(progress.found),
        closed_matters=len(progress.closed),
        closed_cases=len(cases),
        **people(builder, "closed_workers", Total.of([facts.workers for facts in cases])),
        **amount(builder, "recovered", Total.of([facts.recovered for facts in cases])),
    )
    overdue = sum(state.overdue for state in progress.open)
    backlog = sum(state.backlog for state in progress.open)
    ten, fifty = count_large_groups(progress.open)
    builder.add_paragraph(
        "campaign.open",
        open_matters=len(progress.open),
        open_overdue=overdue,
        open_in_time=len(progress.open) - overdue - backlog,
        open_backlog=backlog,
        backlog=builder.text("followed_up.backlog", n=backlog) if backlog else "",
    )
    builder.add_paragraph("campaign.groups", group_matters=ten, large_group_matters=fifty)
    builder.add(_units_table(builder, progress))


def _units_table(builder: DocumentBuilder, progress: CampaignStatus) -> Table:
    plan = progress.plan
    after = progress.until.fromordinal(progress.until.toordinal() + 1)
    tallies = count_by_unit((*progress.open, *progress.closed), plan.start, after)
    rows = tuple(
        (unit.unit or builder.text("campaign.no_unit"), unit.open, unit.overdue, unit.closed)
        for unit in tallies
    )
    sums = (sum(unit.open for unit in tallies), sum(unit.overdue for unit in tallies))
    total = (builder.text("heads.sum"), *sums, sum(unit.closed for unit in tallies))
    heads = ("unit", "open", "overdue", "closed")
    return Table(
        builder.text("campaign.grids.units"),
        tuple(builder.text(f"campaign.heads.{name}") for name in heads),
        rows,
        total=total,
        summed_columns=(1, 2, 3),
        named_totals=((1, "open_matters"), (2, "open_overdue"), (3, "closed_matters")),
    )


def _add_zero_targets(builder: DocumentBuilder, progress: CampaignStatus) -> None:
    builder.add_heading("campaign_zero")
    if not progress.zeros:
        builder.add_paragraph("campaign.no_zero")
    for number, zero in enumerate(progress.zeros, start=1):
        reached = "missed" if zero.against else "unknown" if zero.unknown else "reached"
        builder.add_paragraph(
            f"campaign.zero_{reached}",
            number=str(number),
            target=zero_target_label(zero.name, builder.language),
            against=str(len(zero.against)),
        )
        if zero.unknown:
            builder.add_paragraph("campaign.zero_unsure", unknown=str(zero.unknown))
    against = {state.matter.key: state for zero in progress.zeros for state in zero.against}
    if against:
        builder.add(_open_matters_table(builder, [*against.values()]))


def _open_matters_table(builder: DocumentBuilder, standings: Sequence[MatterState]) -> Table:
    heads = ("name", "kind", "workers", "amount", "unit", "due")
    return Table(
        builder.text("campaign.grids.zero"),
        tuple(builder.text(f"campaign.heads.{name}") for name in heads),
        tuple(_row(builder, state) for state in standings[:_ROWS]),
        widths=(2.4, 1.2, 0.8, 1.2, 1.4, 1.6),
    )


def _row(builder: DocumentBuilder, state: MatterState) -> tuple[Cell, ...]:
    facts = state.matter.facts
    return (
        facts.name or facts.project_id or facts.org_id,
        text(f"pages.ledger.kinds.{state.matter.kind}", builder.language),
        facts.workers,
        None if facts.amount is None else builder.money(facts.amount),
        state.unit,
        _due(builder, state),
    )


def _due(builder: DocumentBuilder, state: MatterState) -> str | None:
    if state.due is None:
        return None
    note = deadline_note(state, builder.language)
    day = builder.format_date(state.due.day)
    return builder.text("campaign.provisional", day=day, note=note) if note else day


def _unchecked_table(builder: DocumentBuilder, progress: CampaignStatus) -> Table:
    """Return unchecked projects, highest risk first."""
    heads = ("heads.project", "heads.place", "heads.contractor", "heads.tier", "heads.chance")
    return Table(
        builder.text("campaign.grids.left"),
        tuple(builder.text(head) for head in heads),
        tuple(
            (
                row["project_name"] or row["project_id"],
                builder.region_name(row["region_code"]),
                row["contractor_name"],
                capitalized(code_label("tier", row["tier"], builder.language)),
                f"{row['probability']:.1%}",
            )
            for row in progress.left[:_ROWS]
        ),
        widths=(2.6, 1.6, 2.4, 0.8, 0.9),
    )
