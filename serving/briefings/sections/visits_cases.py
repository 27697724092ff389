"""Sections on visits to listed projects and on complaints and cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serving.briefings.facts import REVISIT_AFTER, Facts, ListedInYear, PeriodStatistics
from serving.briefings.sections.breakdowns import (
    add_channels,
    add_coverage,
    add_disputes,
    add_employers,
)
from serving.briefings.sections.totals import amount, people
from serving.briefings.statistics import CaseStatistics, Total, VisitStatistics
from serving.documents.builder import MIN_RATE_BASE, DocumentBuilder
from serving.documents.model import Cell, Table


def add_visits(builder: DocumentBuilder, facts: Facts, level: int = 1) -> None:
    """Add the results of visits to the last list and the revisits of closed cases."""
    builder.add_heading("last_list" if facts.lists_of_year is None else "lists_of_year", level)
    if facts.lists_of_year is None:
        _add_visit_results(builder, facts)
    else:
        _add_lists_of_year(builder, facts.lists_of_year, facts.silent_tables)
    _add_revisits(builder, facts)


def add_cases(builder: DocumentBuilder, facts: Facts, level: int = 1) -> None:
    """Add complaints, cases, workers and amounts."""
    builder.add_heading("cases", level)
    silent = [
        name for name in ("complaints", "cases", "inspections") if name in facts.silent_tables
    ]
    if silent:
        builder.add_paragraph(
            "silent", tables=builder.text("comma").join(_table_label(builder, n) for n in silent)
        )
    if "complaints" not in silent:
        _add_complaints(builder, facts)
        add_channels(builder, facts)
    if "cases" not in silent:
        _add_cases(builder, facts)
        add_employers(builder, facts)
    if not {"complaints", "cases"} <= set(silent):
        add_disputes(builder, facts)
    if "inspections" not in silent and not facts.period.whole_year:
        _add_inspections(builder, facts.statistics.visits)
        add_coverage(builder, facts)
    if set(silent) < {"complaints", "cases", "inspections"}:
        builder.add(_comparison_table(builder, facts).condensed())


def _add_inspections(builder: DocumentBuilder, visits: VisitStatistics) -> None:
    key = "visits" if visits.found else "visits_clean" if visits.made else "visits_none"
    builder.add_paragraph(
        key,
        visits_made=visits.made,
        visited=visits.projects,
        visits_found=visits.found,
        **people(builder, "visits_workers", visits.workers),
        **amount(builder, "visits_owed", visits.owed),
    )


def _add_visit_results(builder: DocumentBuilder, facts: Facts) -> None:
    done, last = facts.visit_results, facts.previous
    if done is None or last is None:
        builder.add_paragraph("no_last_list")
        return
    listed = len(last.document["entries"])
    if not done.visited and "inspections" in facts.silent_tables:
        builder.add_paragraph("followed_unknown", as_of=last.as_of, last_listed=listed)
        return
    builder.add_paragraph(
        "followed",
        as_of=last.as_of,
        last_listed=listed,
        last_visited=done.visited,
        last_left=listed - done.visited,
    )
    if not done.visited:
        builder.add_paragraph("followed_none")
        return
    if not done.found:
        builder.add_paragraph("followed_clean", last_visited=done.visited)
    else:
        builder.add_paragraph(
            "followed_found",
            last_found=done.found,
            last_clean=done.visited - done.found,
            **people(builder, "last_workers", done.workers),
            **amount(builder, "last_owed", done.owed),
        )
    builder.add_paragraph("hit_rate", rate=builder.format_rate(done.found, done.visited))
    if done.visited < MIN_RATE_BASE:
        builder.add_paragraph("hit_rate_few")


def _add_lists_of_year(
    builder: DocumentBuilder, listed: ListedInYear, silent: Sequence[str]
) -> None:
    if not listed.lists:
        builder.add_paragraph("no_lists_in_year")
        return
    if not listed.visited and "inspections" in silent:
        figures = {"lists": listed.lists, "listed_projects": listed.projects}
        builder.add_paragraph("listed_in_year_unknown", **figures)
        return
    builder.add_paragraph(
        "listed_in_year",
        lists=listed.lists,
        listed_projects=listed.projects,
        listed_visited=listed.visited,
        listed_left=listed.projects - listed.visited,
        listed_found=listed.found,
    )
    if listed.visited:
        builder.add_paragraph("hit_rate", rate=builder.format_rate(listed.found, listed.visited))


def _add_revisits(builder: DocumentBuilder, facts: Facts) -> None:
    if "cases" in facts.statistics.not_begun:
        builder.add_paragraph("revisits_unknown")
        return
    due = facts.revisits_due
    done = sum(case["checked_on"] is not None for case in due)
    if not due:
        builder.add_paragraph("revisits_none")
        return
    builder.add_paragraph(
        "revisits",
        days=REVISIT_AFTER.days,
        revisits_due=len(due),
        revisits_done=done,
        revisits_left=len(due) - done,
    )


def _add_complaints(builder: DocumentBuilder, facts: Facts) -> None:
    found, year_ago = facts.statistics.complaints, facts.statistics_year_ago
    before = None if "complaints" in year_ago.silent else year_ago.complaints
    claimed = _compare_amounts(builder, found.claimed, before.claimed if before else None)
    builder.add_paragraph(
        "complaints" if found.received else "complaints_none",
        complaints=found.received,
        compared=_compare_counts(builder, found.received, before.received if before else None),
        **people(builder, "complaint_workers", found.workers),
        **amount(builder, "claimed", found.claimed, claimed),
    )
    if found.unnamed:
        builder.add_paragraph("unnamed", unnamed=found.unnamed)


def _add_cases(builder: DocumentBuilder, facts: Facts) -> None:
    found, year_ago = facts.statistics.cases, facts.statistics_year_ago
    before = None if "cases" in year_ago.silent else year_ago.cases
    owed = _compare_amounts(builder, found.owed, before.owed if before else None)
    builder.add_paragraph(
        "opened" if found.opened else "opened_none",
        opened=found.opened,
        compared=_compare_counts(builder, found.opened, before.opened if before else None),
        **people(builder, "case_workers", found.workers),
        **amount(builder, "owed", found.owed, owed),
    )
    recovered = _compare_amounts(builder, found.recovered, before.recovered if before else None)
    builder.add_paragraph(
        "closed" if found.closed else "closed_none",
        closed=found.closed,
        open_at_end=found.open_at_end,
        **people(builder, "closed_workers", found.closed_workers),
        **amount(builder, "recovered", found.recovered, recovered),
    )
    if found.transferred:
        builder.add_paragraph("transferred", transferred=found.transferred)
    if facts.period.start.month > 1:
        _add_year_to_date(builder, facts.year_to_date.cases)


def _add_year_to_date(builder: DocumentBuilder, whole: CaseStatistics) -> None:
    builder.add_paragraph(
        "year_to_date" if whole.closed else "year_to_date_none_closed",
        year_opened=whole.opened,
        year_closed=whole.closed,
        **people(builder, "year_workers", whole.closed_workers),
        **amount(builder, "year_recovered", whole.recovered),
    )


def _compare_counts(builder: DocumentBuilder, now: int, before: int | None) -> str:
    """Compare with the year before, as a percentage if that had enough cases."""
    if before is None:
        return builder.text("against_unknown")
    if before == 0 and now == 0:
        return builder.text("against_both_none")
    if before < MIN_RATE_BASE:
        return builder.text("against_few", before=before)
    return _change(builder, now, before)


def _compare_amounts(builder: DocumentBuilder, now: Total, before: Total | None) -> str:
    """Compare amounts in the same way, in parentheses; empty where they are not comparable."""
    whole = before is not None and now.whole and before.whole
    if before is None or not whole or before.records < MIN_RATE_BASE or not before.value:
        return ""
    return builder.text("totals.compared", compared=_change(builder, now.value, before.value))


def _change(builder: DocumentBuilder, now: int, before: int) -> str:
    if now == before:
        return builder.text("against_same")
    share = f"{abs(now - before) / before:.1%}"
    return builder.text("against_more" if now > before else "against_less", share=share)


_LINES = {
    "complaints": ("complaints",),
    "cases": ("opened", "confirmed", "closed", "workers", "recovered"),
    "inspections": ("visits", "found"),
}
"""Lines of the comparison by the table they count."""


def _comparison_table(builder: DocumentBuilder, facts: Facts) -> Table:
    """Return the counts of this period, the one before, and a year before."""
    columns = {"this": facts.statistics, "year_before": facts.statistics_year_ago}
    if not facts.period.whole_year:
        columns = {"this": facts.statistics, "before": facts.statistics_before, **columns}
    unknown = {name: set(period.silent) for name, period in columns.items()}
    unknown["this"] = set(facts.silent_tables)
    cells = {name: _counts(builder, period) for name, period in columns.items()}
    return Table(
        builder.text("grids.compared"),
        tuple(builder.text(f"heads.{name}") for name in ("item", *columns)),
        tuple(
            (
                builder.text(f"items.{line}"),
                *(None if table in unknown[name] else cells[name][line] for name in columns),
            )
            for table, lines in _LINES.items()
            for line in lines
        ),
    )


def _counts(builder: DocumentBuilder, period: PeriodStatistics) -> Mapping[str, Cell]:
    cases, visits = period.cases, period.visits
    return {
        "complaints": period.complaints.received,
        "opened": cases.opened,
        "confirmed": cases.confirmed,
        "closed": cases.closed,
        "workers": cases.closed_workers.value if cases.closed_workers.known else None,
        "recovered": builder.money(cases.recovered.value) if cases.recovered.known else None,
        "visits": visits.made,
        "found": visits.found,
    }


def _table_label(builder: DocumentBuilder, name: str) -> str:
    from serving.formatting import table_label

    return table_label(name, builder.language)
