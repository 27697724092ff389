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
    teller = Teller(language, dict(facts.settings.places))
    _tell_overall(teller, facts)
    tell_alerts(teller, facts)
    tell_rates(teller, facts)
    tell_key_projects(teller, facts)
    tell_employers(teller, facts)
    tell_last_list(teller, facts)
    tell_followed_up(teller, facts)
    tell_cases(teller, facts)
    tell_advice(teller, facts)
    return _paper(teller, facts, "monthly")


def yearly(facts: Facts, language: Language) -> Paper:
    """The yearly work summary: organisation, what was done, problems, next steps."""
    teller = Teller(language, dict(facts.settings.places))
    teller.heading("done")
    _tell_sweep(teller, facts)
    tell_cases(teller, facts, 2)
    tell_last_list(teller, facts, 2)
    tell_followed_up(teller, facts)
    tell_rates(teller, facts, 2)
    tell_problems(teller, facts)
    tell_advice(teller, facts, "next")
    return _paper(teller, facts, "yearly")


def _tell_sweep(teller: Teller, facts: Facts) -> None:
    teller.heading("sweep", 2)
    if "inspections" in facts.silent:
        teller.say("nothing_known")
        return
    visits = facts.counted.visits
    teller.say(
        "year_sweep",
        visits_made=visits.made,
        visited=visits.projects,
        visited_government=visits.government,
        visited_other=visits.projects - visits.government,
        visits_found=visits.found,
    )


def _tell_overall(teller: Teller, facts: Facts) -> None:
    teller.heading("overall")
    if facts.now is None:
        teller.say("no_list")
    else:
        projects, document = facts.now.projects, facts.now.document
        counts = by_tier(projects)
        teller.say(
            "overall",
            as_of=facts.now.as_of - dt.timedelta(days=1),
            place=teller.place(facts.region),
            cohort=len(projects),
            listed=len(document["entries"]),
            **counts,
        )
        expected = sum(row["probability"] for row in projects)
        teller.say("expected" if expected >= 1 else "expected_few", expected=f"{expected:.0f}")
        if document["model"]["note"]:
            teller.say("note", note=document["model"]["note"][teller.language])
        if document["missing_feeds"]:
            from serving.formatting import table_name

            names = [table_name(one, teller.language) for one in document["missing_feeds"]]
            teller.say("missing", tables=teller.word("comma").join(names))
    if facts.known_until is None or facts.known_until < facts.period.start:
        teller.say("nothing_known")


def _paper(teller: Teller, facts: Facts, kind: str) -> Paper:
    settings, period = facts.settings.briefing, facts.period
    annex = full_list(teller, facts) if kind == "monthly" else None
    fields = {"year": period.start.year, "month": period.start.month}
    sums = [one for one in _SUMS if {one[0], *one[1]} <= set(teller.figures)]
    paper = Paper(
        title=teller.word(
            f"title_{kind}", place=teller.place(facts.region) if facts.region else "", **fields
        ),
        office=settings.office,
        issue=teller.word("issue", **fields) if kind == "monthly" else "",
        addressee=settings.addressee,
        dated=period.stop,
        blocks=tuple(teller.blocks),
        annex_title=teller.word("annex") if annex and annex.rows else "",
        annex=(annex,) if annex and annex.rows else (),
        notice=teller.word("notice"),
        figures=teller.figures,
        sums=tuple(sums),
        conflicts=tuple(teller.conflicts),
    )
    require_consistent(paper)
    return paper
