"""Reads matters as they stand on a day, filtered and counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.matters.repository import Matter, all_matters, facts_until, find_matter
from serving.matters.rules import MatterRules, rules_of
from serving.matters.state import Standing, stand
from serving.matters.sync import take_lists
from serving.outcomes.repository import visited_since
from serving.settings import Settings

STATES = ("open", "overdue", "escalated", "closed", "recheck")
"""What a list of matters can be narrowed to; ``recheck``: closed, and the second look is due."""

_LOOK_BACK = dt.timedelta(days=800)


@dataclass(frozen=True)
class Filter:
    """Which matters; None for any."""

    state: str | None = None
    kind: str | None = None
    unit: str | None = None
    person: str | None = None
    project_id: str | None = None
    org_id: str | None = None
    least_workers: int | None = None


@dataclass(frozen=True)
class UnitTally:
    """Matters of a unit (None: given to nobody): open and overdue at the end, closed within."""

    unit: str | None
    open: int
    overdue: int
    closed: int


def current(
    database: Database, settings: Settings, who: Principal, on: dt.date, now: dt.datetime
) -> list[Standing]:
    """Every matter of the region that had begun by ``on``, as it stands on that day.

    Lists not yet taken are taken first.
    """
    rules = rules_of(settings.matters)
    take_lists(database, rules, now)
    found = all_matters(database.engine, who)
    visited = visited_since(database.engine, who, on - _LOOK_BACK)
    begun = [one for one in found if (one.facts.opened_on or on) <= on]
    return [stand(_visited(one, visited), rules, on) for one in begun]


def one_standing(
    database: Database, rules: MatterRules, who: Principal, key: str, on: dt.date
) -> Standing:
    """One matter as it stands on ``on``.

    Raises:
        MatterUnknown: there is none in the region.
    """
    with database.engine.connect() as connection:
        matter = find_matter(connection, key, who)
    visited = visited_since(database.engine, who, on - _LOOK_BACK)
    return stand(_visited(matter, visited), rules, on)


def narrowed(standings: Iterable[Standing], wanted: Filter) -> list[Standing]:
    """Those that fit the filter, in their order."""
    return [one for one in standings if _fits(one, wanted)]


def in_state(one: Standing, state: str) -> bool:
    """Whether a matter is in one of :data:`STATES`."""
    if state == "closed":
        return one.closed
    if state == "recheck":
        look = one.second_look
        return look is not None and look.overdue
    if state == "escalated":
        return not one.closed and one.level > 0
    return not one.closed and (state == "open" or one.overdue)


def by_unit(standings: Iterable[Standing], start: dt.date, stop: dt.date) -> Sequence[UnitTally]:
    """Per unit, how many are open and overdue, and were closed from ``start`` before ``stop``."""
    found: dict[str | None, list[int]] = {}
    for one in standings:
        shut = one.closed_on is not None and start <= one.closed_on < stop
        if one.closed and not shut:
            continue
        tally = found.setdefault(one.unit, [0, 0, 0])
        tally[0] += not one.closed
        tally[1] += one.overdue
        tally[2] += shut
    order = sorted(found, key=lambda unit: (unit is None, unit or ""))
    return [UnitTally(unit, *found[unit]) for unit in order]


@dataclass(frozen=True)
class SecondLooks:
    """Second looks had: all of them, and those that found every worker paid."""

    had: int
    paid: int


def second_looks(standings: Iterable[Standing], start: dt.date, stop: dt.date) -> SecondLooks:
    """The matters whose last second look was had from ``start`` before ``stop``."""
    outcomes = [
        str((steps[-1].data or {}).get("outcome"))
        for one in standings
        if (steps := [step for step in one.matter.steps if step.step == "rechecked"])
        and start <= steps[-1].taken_at.astimezone().date() < stop
    ]
    return SecondLooks(len(outcomes), outcomes.count("paid"))


def as_of_day(
    database: Database, rules: MatterRules, who: Principal, day: dt.date
) -> list[Standing]:
    """Matters as they stood at the end of ``day``, from lists and steps up to then.

    The list of the next day counts: it holds what was known before that day.
    """
    with database.engine.connect() as connection:
        known = facts_until(connection, who, day + dt.timedelta(days=1))
    found = [
        replace(one, facts=known[one.key])
        for one in all_matters(database.engine, who)
        if one.key in known
    ]
    return [stand(one, rules, day) for one in found]


def _visited(matter: Matter, visited: Mapping[str, dt.date]) -> Matter:
    """The matter with a visit that was entered on the service and is later than the records'."""
    facts = matter.facts
    seen = visited.get(facts.project_id or matter.employer or "")
    if seen is None or (facts.checked_on is not None and facts.checked_on >= seen):
        return matter
    return replace(matter, facts=replace(facts, checked_on=seen))


def _fits(one: Standing, wanted: Filter) -> bool:
    facts = one.matter.facts
    pairs = (
        (wanted.kind, one.matter.kind),
        (wanted.unit, one.unit),
        (wanted.person, one.person),
        (wanted.project_id, facts.project_id),
        (wanted.org_id, facts.org_id),
    )
    if any(asked is not None and asked != found for asked, found in pairs):
        return False
    if wanted.least_workers is not None and (facts.workers or 0) < wanted.least_workers:
        return False
    return wanted.state is None or in_state(one, wanted.state)
