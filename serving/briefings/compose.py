"""Composition of the monthly briefing and the yearly work summary from the same facts."""

from __future__ import annotations

import datetime as dt

from risk.locale import Language
from serving.briefings.facts import Facts, ScoredList
from serving.briefings.sections import breakdowns
from serving.briefings.sections.advice import add_advice, add_problems
from serving.briefings.sections.alerts import (
    add_alerts,
    add_key_projects,
    count_by_tier,
    watchlist_table,
)
from serving.briefings.sections.employers import SUM as EMPLOYERS
from serving.briefings.sections.employers import add_employers
from serving.briefings.sections.lead import add_lead, add_year_lead
from serving.briefings.sections.matters import add_matters
from serving.briefings.sections.rates import add_rates
from serving.briefings.sections.visits_cases import add_cases, add_visits
from serving.briefings.statistics import VisitStatistics
from serving.documents.builder import DocumentBuilder
from serving.documents.consistency import require_consistent
from serving.documents.model import Document

_SUMS = (
    ("visited", ("visited_government", "visited_other", "visited_without_funding")),
    ("cohort", ("red", "orange", "yellow", "blue")),
    ("listed", ("listed_new", "listed_stayed")),
    ("last_listed", ("last_visited", "last_left")),
    ("last_visited", ("last_found", "last_clean")),
    ("listed_projects", ("listed_visited", "listed_left")),
    ("revisits_due", ("revisits_done", "revisits_left")),
    ("looked", ("looked_paid", "looked_other")),
    EMPLOYERS,
    breakdowns.DISPUTES,
    breakdowns.EMPLOYERS,
    breakdowns.COVERED,
    ("followed_open", ("followed_in_time", "followed_overdue", "followed_backlog")),
)


def compose_monthly(facts: Facts, language: Language) -> Document:
    """Compose the monthly briefing.

    Raises:
        InconsistentDocument: figures disagree.
    """
    builder = DocumentBuilder(language, dict(facts.settings.places))
    _add_overview(builder, facts)
    add_alerts(builder, facts)
    add_rates(builder, facts)
    add_key_projects(builder, facts)
    add_employers(builder, facts)
    add_visits(builder, facts)
    add_matters(builder, facts)
    add_cases(builder, facts)
    add_advice(builder, facts)
    return _document(builder, facts, "monthly")


def compose_yearly(facts: Facts, language: Language) -> Document:
    """Compose the yearly work summary: work done, problems, next steps.

    Raises:
        InconsistentDocument: figures disagree.
    """
    builder = DocumentBuilder(language, dict(facts.settings.places))
    add_year_lead(builder, facts)
    builder.add_heading("done")
    _add_sweep(builder, facts)
    add_cases(builder, facts, 2)
    add_visits(builder, facts, 2)
    add_matters(builder, facts)
    add_rates(builder, facts, 2)
    add_problems(builder, facts)
    add_advice(builder, facts, "next")
    return _document(builder, facts, "yearly")


def _add_sweep(builder: DocumentBuilder, facts: Facts) -> None:
    builder.add_heading("sweep", 2)
    if "inspections" in facts.silent_tables:
        builder.add_paragraph("nothing_known")
        return
    visits = facts.statistics.visits
    if visits.made:
        _add_visits_of_year(builder, visits)
    else:
        builder.add_paragraph("lead.year_visits_none", visits_made=0)
    breakdowns.add_coverage(builder, facts)
    before = facts.statistics_year_ago.visits
    if before.made:
        builder.add_paragraph(
            "year_sweep_before",
            visits_made_before=before.made,
            visited_before=before.projects,
            visits_found_before=before.found,
        )


def _add_visits_of_year(builder: DocumentBuilder, visits: VisitStatistics) -> None:
    unknown = visits.without_funding
    builder.add_paragraph(
        "year_sweep",
        visits_made=visits.made,
        visited=visits.projects,
        visited_government=visits.government,
        visited_other=visits.projects - visits.government - unknown,
        visited_without_funding=unknown,
        without_funding=builder.text("visited_without_funding", n=unknown) if unknown else "",
        visits_found=visits.found,
    )


def _add_overview(builder: DocumentBuilder, facts: Facts) -> None:
    builder.add_heading("overall")
    add_lead(builder, facts)
    if facts.current is None:
        builder.add_paragraph("no_list")
    else:
        document = facts.current.document
        if facts.current.complete:
            _add_cohort(builder, facts, facts.current)
        else:
            last = facts.current.as_of - dt.timedelta(days=1)
            builder.add_paragraph("overall_listed", as_of=last, listed=len(document["entries"]))
        if document["model"]["note"]:
            builder.add_paragraph("note", note=document["model"]["note"][builder.language])
        if document["missing_feeds"]:
            from serving.formatting import table_label

            names = [table_label(table, builder.language) for table in document["missing_feeds"]]
            builder.add_paragraph("missing", tables=builder.text("comma").join(names))
    if facts.known_until is None or facts.known_until < facts.period.start:
        builder.add_paragraph("nothing_known")


def _add_cohort(builder: DocumentBuilder, facts: Facts, current: ScoredList) -> None:
    """Add the projects scored by tier, and the number expected to have arrears."""
    builder.add_paragraph(
        "overall",
        as_of=current.as_of - dt.timedelta(days=1),
        place=builder.region_name(facts.region),
        cohort=len(current.projects),
        listed=len(current.document["entries"]),
        **count_by_tier(current.projects),
    )
    expected = sum(row["probability"] for row in current.projects)
    builder.add_paragraph(
        "expected" if expected >= 1 else "expected_few", expected=f"{expected:.0f}"
    )


def _title_place(builder: DocumentBuilder, region: str) -> str:
    return builder.text("title_place", place=builder.region_name(region)) if region else ""


def _document(builder: DocumentBuilder, facts: Facts, kind: str) -> Document:
    settings, period = facts.settings.briefing, facts.period
    if kind == "monthly" or settings.form != "circular":
        builder.add_paragraph(f"closing.{settings.form}")
    annex = watchlist_table(builder, facts) if kind == "monthly" else None
    fields = {"year": period.start.year, "month": period.start.month}
    sums = [rule for rule in _SUMS if {rule[0], *rule[1]} <= set(builder.figures)]
    paper = Document(
        title=builder.text(
            f"titles.{kind}.{settings.form}",
            place=_title_place(builder, facts.region),
            **fields,
        ),
        office=settings.office,
        issue=builder.text(f"issue.{settings.form}", year=period.stop.year),
        addressee=settings.addressee,
        date=period.stop,
        blocks=tuple(builder.blocks),
        annex_title=builder.text("annex") if annex and annex.rows else "",
        annex=(annex,) if annex and annex.rows else (),
        notice=builder.text("notice"),
        figures=builder.figures,
        sums=tuple(sums),
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper
