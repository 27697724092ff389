"""Puts a briefing together: the monthly one, and the yearly work summary from the same figures."""

from __future__ import annotations

import datetime as dt

from risk.locale import Language
from serving.briefings.facts import Facts
from serving.briefings.sections.advice import tell_advice, tell_problems
from serving.briefings.sections.alerts import by_tier, full_list, tell_alerts, tell_key_projects
from serving.briefings.sections.employers import SUM as EMPLOYERS
from serving.briefings.sections.employers import tell_employers
from serving.briefings.sections.matters import tell_followed_up
from serving.briefings.sections.rates import tell_rates
from serving.briefings.sections.visits_cases import tell_cases, tell_last_list
from serving.documents.builder import Teller
from serving.documents.consistency import require_consistent
from serving.documents.model import Paper

_SUMS = (
    ("visited", ("visited_government", "visited_other")),
    ("cohort", ("red", "orange", "yellow", "blue")),
    ("listed", ("listed_new", "listed_stayed")),
    ("last_listed", ("last_visited", "last_left")),
    ("last_visited", ("last_found", "last_clean")),
    ("listed_projects", ("listed_visited", "listed_left")),
    ("revisits_due", ("revisits_done", "revisits_left")),
    ("looked", ("looked_paid", "looked_other")),
    EMPLOYERS,
    ("followed_open", ("followed_in_time", "followed_overdue")),
)


def monthly(facts: Facts, language: Language) -> Paper:
    """The monthly briefing.

    Raises:
        BriefingContradicts: its figures disagree.
    """
    builder = Teller(language, dict(facts.settings.places))
    _tell_overall(builder, facts)
    tell_alerts(builder, facts)
    tell_rates(builder, facts)
    tell_key_projects(builder, facts)
    tell_employers(builder, facts)
    tell_last_list(builder, facts)
    tell_followed_up(builder, facts)
    tell_cases(builder, facts)
    tell_advice(builder, facts)
    return _paper(builder, facts, "monthly")


def yearly(facts: Facts, language: Language) -> Paper:
    """The yearly work summary: organisation, what was done, problems, next steps."""
    builder = Teller(language, dict(facts.settings.places))
    builder.heading("done")
    _tell_sweep(builder, facts)
    tell_cases(builder, facts, 2)
    tell_last_list(builder, facts, 2)
    tell_followed_up(builder, facts)
    tell_rates(builder, facts, 2)
    tell_problems(builder, facts)
    tell_advice(builder, facts, "next")
    return _paper(builder, facts, "yearly")


def _tell_sweep(builder: Teller, facts: Facts) -> None:
    builder.heading("sweep", 2)
    if "inspections" in facts.silent:
        builder.say("nothing_known")
        return
    visits = facts.counted.visits
    builder.say(
        "year_sweep",
        visits_made=visits.made,
        visited=visits.projects,
        visited_government=visits.government,
        visited_other=visits.projects - visits.government,
        visits_found=visits.found,
    )


def _tell_overall(builder: Teller, facts: Facts) -> None:
    builder.heading("overall")
    if facts.now is None:
        builder.say("no_list")
    else:
        projects, document = facts.now.projects, facts.now.document
        counts = by_tier(projects)
        builder.say(
            "overall",
            as_of=facts.now.as_of - dt.timedelta(days=1),
            place=builder.place(facts.region),
            cohort=len(projects),
            listed=len(document["entries"]),
            **counts,
        )
        expected = sum(row["probability"] for row in projects)
        builder.say("expected" if expected >= 1 else "expected_few", expected=f"{expected:.0f}")
        if document["model"]["note"]:
            builder.say("note", note=document["model"]["note"][builder.language])
        if document["missing_feeds"]:
            from serving.formatting import table_name

            names = [table_name(one, builder.language) for one in document["missing_feeds"]]
            builder.say("missing", tables=builder.word("comma").join(names))
    if facts.known_until is None or facts.known_until < facts.period.start:
        builder.say("nothing_known")


def _paper(builder: Teller, facts: Facts, kind: str) -> Paper:
    settings, period = facts.settings.briefing, facts.period
    annex = full_list(builder, facts) if kind == "monthly" else None
    fields = {"year": period.start.year, "month": period.start.month}
    sums = [one for one in _SUMS if {one[0], *one[1]} <= set(builder.figures)]
    paper = Paper(
        title=builder.word(
            f"title_{kind}", place=builder.place(facts.region) if facts.region else "", **fields
        ),
        office=settings.office,
        issue=builder.word("issue", **fields) if kind == "monthly" else "",
        addressee=settings.addressee,
        dated=period.stop,
        blocks=tuple(builder.blocks),
        annex_title=builder.word("annex") if annex and annex.rows else "",
        annex=(annex,) if annex and annex.rows else (),
        notice=builder.word("notice"),
        figures=builder.figures,
        sums=tuple(sums),
        conflicts=tuple(builder.conflicts),
    )
    require_consistent(paper)
    return paper
