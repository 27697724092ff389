"""The sections on visits, cases and matters: what was done and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from serving.briefings.facts import REVISIT_AFTER, Facts, ListedInYear
from serving.briefings.statistics import Cases
from serving.documents.builder import TOO_FEW, Teller
from serving.documents.model import Cell, Grid


def tell_last_list(builder: Teller, facts: Facts, level: int = 1) -> None:
    """What visits to the last list found, and which closed cases were looked at again."""
    builder.heading("last_list" if facts.listed is None else "lists_of_year", level)
    if facts.listed is None:
        _tell_followed(builder, facts)
    else:
        _tell_listed(builder, facts.listed)
    _tell_revisits(builder, facts)


def tell_cases(builder: Teller, facts: Facts, level: int = 1) -> None:
    """Complaints, cases, people and money, as offices state them."""
    builder.heading("cases", level)
    silent = [name for name in ("complaints", "cases", "inspections") if name in facts.silent]
    if silent:
        builder.say("silent", tables=builder.word("comma").join(_table(builder, n) for n in silent))
    if "complaints" not in silent:
        _tell_complaints(builder, facts)
    if "cases" not in silent:
        _tell_cases(builder, facts)
    if "inspections" not in silent and not facts.period.whole_year:
        visits = facts.counted.visits
        builder.say(
            "visits",
            visits_made=visits.made,
            visited=visits.projects,
            visits_found=visits.found,
            visits_workers=visits.workers,
            visits_owed=builder.money(visits.owed),
        )
    if set(silent) < {"complaints", "cases", "inspections"}:
        builder.put(_compared(builder, facts))


def _tell_followed(builder: Teller, facts: Facts) -> None:
    done, last = facts.followed, facts.last
    if done is None or last is None:
        builder.say("no_last_list")
        return
    listed = len(last.document["entries"])
    builder.say(
        "followed",
        as_of=last.as_of,
        last_listed=listed,
        last_visited=done.visited,
        last_left=listed - done.visited,
    )
    if not done.visited:
        builder.say("followed_none")
        return
    if not done.found:
        builder.say("followed_clean", last_visited=done.visited)
    else:
        builder.say(
            "followed_found",
            last_found=done.found,
            last_clean=done.visited - done.found,
            last_workers=done.workers,
            last_owed=builder.money(done.owed),
        )
    builder.say("hit_rate", rate=builder.rate(done.found, done.visited))
    if done.visited < TOO_FEW:
        builder.say("hit_rate_few")


def _tell_listed(builder: Teller, listed: ListedInYear) -> None:
    if not listed.lists:
        builder.say("no_lists_in_year")
        return
    builder.say(
        "listed_in_year",
        lists=listed.lists,
        listed_projects=listed.projects,
        listed_visited=listed.visited,
        listed_left=listed.projects - listed.visited,
        listed_found=listed.found,
    )
    if listed.visited:
        builder.say("hit_rate", rate=builder.rate(listed.found, listed.visited))


def _tell_revisits(builder: Teller, facts: Facts) -> None:
    due = [one for one in facts.closed if _due(one["closed_on"], facts.period.stop)]
    done = sum(one["checked_on"] is not None for one in due)
    if not due:
        builder.say("revisits_none")
        return
    builder.say(
        "revisits",
        days=REVISIT_AFTER.days,
        revisits_due=len(due),
        revisits_done=done,
        revisits_left=len(due) - done,
    )


def _due(closed_on: str, stop: dt.date) -> bool:
    return dt.date.fromisoformat(closed_on) + REVISIT_AFTER < stop


def _tell_complaints(builder: Teller, facts: Facts) -> None:
    found = facts.counted.complaints
    builder.say(
        "complaints",
        complaints=found.received,
        complaint_workers=found.workers,
        claimed=builder.money(found.claimed),
        compared=_against(builder, found.received, facts.counted_year_ago.complaints.received),
    )
    if found.unnamed:
        builder.say("unnamed", unnamed=found.unnamed)


def _tell_cases(builder: Teller, facts: Facts) -> None:
    found, whole = facts.counted.cases, facts.year_to_date.cases
    builder.say(
        "opened",
        opened=found.opened,
        case_workers=found.workers,
        owed=builder.money(found.owed),
        compared=_against(builder, found.opened, facts.counted_year_ago.cases.opened),
    )
    builder.say(
        "closed",
        closed=found.closed,
        closed_workers=found.closed_workers,
        recovered=builder.money(found.recovered),
        open_at_end=found.open_at_end,
    )
    if found.transferred:
        builder.say("transferred", transferred=found.transferred)
    if facts.period.start.month > 1:
        _tell_year(builder, whole)


def _tell_year(builder: Teller, whole: Cases) -> None:
    builder.say(
        "year_to_date",
        year_opened=whole.opened,
        year_closed=whole.closed,
        year_workers=whole.closed_workers,
        year_recovered=builder.money(whole.recovered),
    )


def _against(builder: Teller, now: int, before: int) -> str:
    """Against the year before; a percentage only where there is enough to speak of."""
    if before == 0 and now == 0:
        return builder.word("against_both_none")
    if before < TOO_FEW:
        return builder.word("against_few", before=before)
    if now == before:
        return builder.word("against_same")
    share = f"{abs(now - before) / before:.1%}"
    return builder.word("against_more" if now > before else "against_less", share=share)


def _compared(builder: Teller, facts: Facts) -> Grid:
    """The same counts for this period, the one before, and a year before."""
    columns = {"this": facts.counted, "year_before": facts.counted_year_ago}
    if not facts.period.whole_year:
        columns = {"this": facts.counted, "before": facts.counted_before, **columns}
    periods = tuple(columns.values())
    lines: Mapping[str, list[Cell]] = {
        "complaints": [one.complaints.received for one in periods],
        "opened": [one.cases.opened for one in periods],
        "confirmed": [one.cases.confirmed for one in periods],
        "closed": [one.cases.closed for one in periods],
        "workers": [one.cases.closed_workers for one in periods],
        "recovered": [builder.money(one.cases.recovered) for one in periods],
        "visits": [one.visits.made for one in periods],
        "found": [one.visits.found for one in periods],
    }
    silent = {
        "complaints": ("complaints",),
        "inspections": ("visits", "found"),
        "cases": ("opened", "confirmed", "closed", "workers", "recovered"),
    }
    hidden = {line for table in facts.silent for line in silent[table]}
    return Grid(
        builder.word("grids.compared"),
        tuple(builder.word(f"heads.{name}") for name in ("item", *columns)),
        tuple(
            (builder.word(f"items.{name}"), None if name in hidden else counts[0], *counts[1:])
            for name, counts in lines.items()
        ),
    )


def _table(builder: Teller, name: str) -> str:
    from serving.formatting import table_name

    return table_name(name, builder.language)
