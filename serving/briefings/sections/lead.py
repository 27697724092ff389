"""First paragraph: how much is owed, by whom most, why, what visits found, what to do by when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from risk.locale import text
from serving.briefings.facts import Facts
from serving.briefings.owed import Owed
from serving.briefings.sections.totals import amount, owed_people, people
from serving.documents.builder import DocumentBuilder, Sentence
from serving.formatting import table_label

REVIEW_AFTER = dt.timedelta(days=30)
"""Term for visiting the projects of a list, counted from the end of the period."""


def add_lead(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the first paragraph of a monthly briefing."""
    sentences = [*_owed(builder, facts), *_visited(facts)]
    listed = facts.current.document["entries"] if facts.current else []
    if listed:
        by = facts.period.stop + REVIEW_AFTER
        sentences.append(("lead.visit", {"listed": len(listed), "by": by}))
    builder.add_sentences(*sentences)


def add_year_lead(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the first paragraph of a yearly summary: recovered, found, checked, still owed."""
    statistics, before = facts.statistics, facts.statistics_year_ago
    sentences: list[Sentence] = []
    if "cases" not in facts.silent_tables:
        cases = statistics.cases
        figures: dict[str, Any] = {
            "opened": cases.opened,
            "closed": cases.closed,
            **people(builder, "closed_workers", cases.closed_workers),
            **amount(builder, "recovered", cases.recovered),
        }
        key = "lead.year_cases" if cases.closed else "lead.year_cases_none_closed"
        sentences.append((key, figures))
        if before.cases.closed:
            last = amount(builder, "recovered_before", before.cases.recovered)
            earlier = {"closed_before": before.cases.closed, **last}
            sentences.append(("lead.year_cases_before", earlier))
    if "inspections" not in facts.silent_tables:
        visits = statistics.visits
        counts = {"visits_made": visits.made, "visited": visits.projects}
        key = "lead.year_visits" if visits.made else "lead.year_visits_none"
        sentences.append((key, {**counts, "visits_found": visits.found}))
    builder.add_sentences(*sentences, *_owed(builder, facts))


def _owed(builder: DocumentBuilder, facts: Facts) -> list[Sentence]:
    place = builder.region_name(facts.region)
    if facts.owed is None:
        return [("lead.unknown", {"place": place})]
    known = {"last": facts.period.last, "place": place}
    stale = _stale(builder, facts)
    if not facts.owed.projects:
        before = _before(builder, facts) if _owed_some_before(facts) else []
        return [("lead.none", known), *stale, *before, *_cause(builder, facts.owed)]
    return [
        ("lead.owed", {**known, **_amounts(builder, facts.owed)}),
        *stale,
        *_before(builder, facts),
        *_worst(builder, facts.owed),
        *_cause(builder, facts.owed),
    ]


def _visited(facts: Facts) -> list[Sentence]:
    """Return what became of the previous list, if there was one and visits are reported."""
    done, last = facts.visit_results, facts.previous
    if done is None or last is None or (not done.visited and "inspections" in facts.silent_tables):
        return []
    listed = len(last.document["entries"])
    if not done.visited:
        return [("lead.visited_none", {"last_listed": listed})]
    figures = {
        "last_listed": listed,
        "last_visited": done.visited,
        "last_found": done.found,
        "last_left": listed - done.visited,
    }
    return [("lead.visited" if listed > done.visited else "lead.visited_all", figures)]


def _amounts(builder: DocumentBuilder, owed: Owed) -> dict[str, Any]:
    return {
        "owing": len(owed.projects),
        "by_month": builder.text("lead.by_month", n=owed.whole_months) if owed.whole_months else "",
        "owed_now": builder.money(owed.fen),
        **owed_people(builder, "owed_workers", owed.workers),
    }


def _stale(builder: DocumentBuilder, facts: Facts) -> list[Sentence]:
    """Say that no wages of the period were reported, if so: what is owed may have changed."""
    if not facts.silent_wages:
        return []
    names = [table_label(table, builder.language) for table in facts.silent_wages]
    return [("lead.stale", {"tables": builder.text("comma").join(names)})]


def _owed_some_before(facts: Facts) -> bool:
    return facts.owed_before is not None and bool(facts.owed_before.projects)


def _before(builder: DocumentBuilder, facts: Facts) -> list[Sentence]:
    if facts.owed_before is None:
        return []
    key = "lead.owed_year_before" if facts.period.whole_year else "lead.owed_before"
    if not facts.owed_before.projects:
        return [(f"{key}_none", {})]
    figures = {
        "owing_before": len(facts.owed_before.projects),
        "owed_before": builder.money(facts.owed_before.fen),
    }
    return [(key, figures)]


def _worst(builder: DocumentBuilder, owed: Owed) -> list[Sentence]:
    worst = owed.projects[0]
    contractor = worst.contractor or builder.text("contractor_unknown")
    name = builder.text("lead.named", project=worst.name or worst.project_id, contractor=contractor)
    figures = {
        "worst": name,
        "worst_owed": builder.money(worst.fen),
        "worst_days": worst.late_days,
    }
    return [("lead.worst", figures)]


def _cause(builder: DocumentBuilder, owed: Owed) -> list[Sentence]:
    if not owed.causes:
        return []
    return [("lead.problem", main_problem(builder, owed.causes))]


def main_problem(builder: DocumentBuilder, causes: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Return the title and the number of projects of the most frequent of ``causes``."""
    code, projects = causes[0]
    title = text(f"flags.{code}.title", builder.language)
    return {"problem": title, "problem_projects": projects}
