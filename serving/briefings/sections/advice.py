"""Sections on problems and advice: which unit should do what by when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from risk.calendar.spring_festival import SpringFestivalUnknown, eve_after
from risk.locale import text
from serving.briefings.facts import Facts
from serving.briefings.sections.alerts import ALERTED
from serving.briefings.sections.lead import REVIEW_AFTER, main_problem
from serving.briefings.sections.rates import current_rates, short_rates
from serving.documents.builder import DocumentBuilder

SOON, LATER = dt.timedelta(days=14), REVIEW_AFTER

_OF_RATE = {
    "special_account": "housing",
    "special_account_in_use": "housing",
    "labour_cost_passed_on": "industry",
    "labour_cost_amount": "industry",
    "deposit": "labour",
    "paid_by_bank": "labour",
    "paid_by_bank_projects": "labour",
    "paid_in_full": "labour",
    "paid_in_full_projects": "labour",
    "paid_in_full_amount": "labour",
    "real_name": "housing",
    "labour_contract": "labour",
    "notice_board": "labour",
}


def add_advice(builder: DocumentBuilder, facts: Facts, heading: str = "advice") -> None:
    """Add the advice that follows from the figures."""
    builder.add_heading(heading)
    advice = _advice_of_year if facts.period.whole_year else _advice
    for number, (key, unit, days, figures) in enumerate(advice(builder, facts), start=1):
        builder.add_paragraph(
            f"advice.{key}",
            number=str(number),
            unit=builder.text(f"units.{unit}"),
            by=facts.period.stop + days,
            **figures,
        )


def add_problems(builder: DocumentBuilder, facts: Facts) -> None:
    """Add the problems that the figures of the year show."""
    builder.add_heading("problems")
    found = [*_problems(builder, facts)]
    if not found:
        builder.add_paragraph("problems.none")
    for number, (key, figures) in enumerate(found, start=1):
        builder.add_paragraph(f"problems.{key}", number=str(number), **figures)


def _problems(builder: DocumentBuilder, facts: Facts) -> Iterator[tuple[str, dict[str, object]]]:
    if facts.owed is not None and facts.owed.projects:
        figures = {"owing": len(facts.owed.projects), "owed_now": builder.money(facts.owed.fen)}
        yield "owed", figures
        if facts.owed.causes:
            yield "cause", main_problem(builder, facts.owed.causes)
    for name, share in _low(facts):
        yield "rate", {"name": _rate_name(builder, name), "share": f"{share:.1%}"}
    if _overdue(facts):
        yield "overdue", {"overdue": _overdue(facts)}
    if _not_revisited(facts):
        yield "revisit", {"revisits_left": _not_revisited(facts)}
    unnamed = facts.statistics.complaints.unnamed
    if unnamed:
        yield "unnamed", {"unnamed": unnamed}
    if _unvisited(facts):
        yield "unvisited", {"listed_left": _unvisited(facts)}
    if facts.silent_tables or facts.silent_wages:
        yield "silent", {}


Advice = tuple[str, str, dt.timedelta, dict[str, object]]


def _advice(builder: DocumentBuilder, facts: Facts) -> Iterator[Advice]:
    if facts.current is not None:
        entries = facts.current.document["entries"]
        if entries:
            yield "visit", "labour", LATER, {"listed": len(entries)}
        flags = Counter(flag["code"] for e in entries for flag in e["red_flags"])
        if flags["group_complaint_open"]:
            yield "group", "labour", SOON, {"group": flags["group_complaint_open"]}
        state = _government(facts)
        if state:
            yield "government", "owners", SOON, {"government_alerts": state}
    if _overdue(facts):
        yield "overdue", "labour", SOON, {"overdue": _overdue(facts)}
    if _not_revisited(facts):
        yield "revisit", "labour", LATER, {"revisits_left": _not_revisited(facts)}
    yield from _about_rates(builder, facts)
    if facts.silent_tables or facts.silent_wages:
        yield "feeds", "data", SOON, {}
    yield "season", "office", LATER, {}


def _advice_of_year(builder: DocumentBuilder, facts: Facts) -> Iterator[Advice]:
    """Yield the advice for the next year; what is open is to be closed by Spring Festival."""
    festival = _until_festival(facts.period.stop)
    if facts.owed is not None and facts.owed.projects:
        yield "owed", "labour", festival, {"owing": len(facts.owed.projects)}
    cases = facts.statistics.cases
    if "cases" not in facts.silent_tables and cases.open_at_end:
        yield "open_cases", "labour", festival, {"open_at_end": cases.open_at_end}
    if _unvisited(facts):
        yield "unvisited", "labour", LATER, {"listed_left": _unvisited(facts)}
    if _overdue(facts):
        yield "overdue", "labour", SOON, {"overdue": _overdue(facts)}
    if _not_revisited(facts):
        yield "revisit", "labour", LATER, {"revisits_left": _not_revisited(facts)}
    if facts.statistics.complaints.unnamed:
        yield "unnamed", "labour", LATER, {"unnamed": facts.statistics.complaints.unnamed}
    yield from _about_rates(builder, facts)
    if facts.silent_tables or facts.silent_wages:
        yield "feeds", "data", SOON, {}
    yield "next_year", "office", LATER, {}


def _until_festival(day: dt.date) -> dt.timedelta:
    try:
        return eve_after(day) - day
    except SpringFestivalUnknown:
        return LATER


def _unvisited(facts: Facts) -> int:
    """Return the listed projects without a visit; 0 if that is not known."""
    listed = facts.lists_of_year
    if listed is None or (not listed.visited and "inspections" in facts.silent_tables):
        return 0
    return listed.projects - listed.visited


def _government(facts: Facts) -> int:
    assert facts.current is not None  # noqa: S101 - checked by the caller
    return sum(
        row["tier"] in ALERTED and row.get("funding") == "government"
        for row in facts.current.projects
    )


def _overdue(facts: Facts) -> int:
    stop = facts.period.stop.isoformat()
    return sum(bool(matter["due_on"]) and matter["due_on"] < stop for matter in facts.matters)


def _not_revisited(facts: Facts) -> int:
    return sum(case["checked_on"] is None for case in facts.revisits_due)


def _about_rates(builder: DocumentBuilder, facts: Facts) -> Iterator[Advice]:
    for name, share in _low(facts):
        figures: dict[str, object] = {
            "name": _rate_name(builder, name),
            "share": f"{share:.1%}",
        }
        yield "rate", _OF_RATE[name], LATER, figures


def _low(facts: Facts) -> list[tuple[str, float]]:
    if facts.rates is None:
        return []
    return short_rates(facts.rates, current_rates(facts))[:2]


def _rate_name(builder: DocumentBuilder, name: str) -> str:
    return text(f"pages.rates.{name}", builder.language)
