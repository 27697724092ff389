"""Queries of matters in their state on a day: filters and counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.clock import office_date
from serving.db.database import Database
from serving.matters.repository import (
    Matter,
    Step,
    all_matters,
    facts_until,
    find_matter,
    rows_stamp,
)
from serving.matters.rules import MatterRules, matter_rules
from serving.matters.state import MatterState, state_on
from serving.matters.sync import sync_from_lists
from serving.outcomes.repository import visited_since
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register_part

STATES = ("open", "backlog", "overdue", "escalated", "closed", "recheck")
"""States to filter by; ``backlog``: open and overdue when the county began, not assigned since;
``recheck``: closed, and the second look is due."""

_LOOK_BACK = dt.timedelta(days=800)


@dataclass(frozen=True)
class MatterFilter:
    """Conditions on matters; None for any."""

    state: str | None = None
    kind: str | None = None
    unit: str | None = None
    person: str | None = None
    project_id: str | None = None
    org_id: str | None = None
    least_workers: int | None = None


@dataclass(frozen=True)
class UnitCounts:
    """Matters of a unit (None: unassigned): open and overdue at the end, closed in the period.

    ``backlog``: open ones whose deadline had passed when the county began; they are not overdue.
    """

    unit: str | None
    open: int
    overdue: int
    closed: int
    backlog: int = 0


def current_states(
    database: Database, settings: Settings, principal: Principal, on: dt.date, now: dt.datetime
) -> list[MatterState]:
    """Return every matter of the region opened by ``on``, in its state on that day.

    New published lists are processed first.
    """
    rules = matter_rules(settings.matters)
    sync_from_lists(database, rules, now)
    key = ("states", *rows_stamp(database.engine), principal.region, on, repr(rules))
    found: list[MatterState] | None = database.derived.get(key)
    if found is None:
        found = _states(database, rules, principal, on)
        database.derived.put(key, found, _STATE_BYTES * (1 + len(found)))
    return list(found)


_STATE_BYTES = 8_000
"""About the bytes of a matter with its state in memory."""


def _states(
    database: Database, rules: MatterRules, principal: Principal, on: dt.date
) -> list[MatterState]:
    found = all_matters(database.engine, principal)
    visited = visited_since(database.engine, principal, on - _LOOK_BACK)
    begun = [matter for matter in found if (matter.facts.opened_on or on) <= on]
    return [state_on(_with_visit(matter, visited), rules, on) for matter in begun]


def matter_state(
    database: Database, rules: MatterRules, principal: Principal, key: str, on: dt.date
) -> MatterState:
    """Return one matter in its state on ``on``.

    Raises:
        MatterUnknown: the region has no such matter.
    """
    with database.engine.connect() as connection:
        matter = find_matter(connection, key, principal)
    visited = visited_since(database.engine, principal, on - _LOOK_BACK)
    return state_on(_with_visit(matter, visited), rules, on)


def unlisted_cases(database: Database, principal: Principal) -> list[Mapping[str, Any]]:
    """Return the transferred cases of the region whose unit is not on the sanction list.

    They are those of the newest list of the region; money in fen, the newest transfer first.
    """
    lists = WatchlistRepository(database).summaries(principal)
    chosen = closest_list(lists, principal)
    if chosen is None:
        return []
    rows = load_register_part(database.engine, chosen, principal, "unlisted")
    return [row for row in rows if covers(principal, row["region_code"] or "")]


def filter_states(standings: Iterable[MatterState], filters: MatterFilter) -> list[MatterState]:
    """Return the states that match the filters, in order."""
    return [state for state in standings if _matches(state, filters)]


def is_in_state(matter: MatterState, state: str) -> bool:
    """Whether a matter is in one of :data:`STATES`."""
    if state == "closed":
        return matter.closed
    if state == "recheck":
        look = matter.second_look
        return look is not None and look.overdue
    if state == "backlog":
        return matter.backlog
    if state == "escalated":
        return not matter.closed and matter.level > 0
    return not matter.closed and (state == "open" or matter.overdue)


def count_by_unit(
    standings: Iterable[MatterState], start: dt.date, stop: dt.date
) -> Sequence[UnitCounts]:
    """Count open, overdue and (from ``start`` before ``stop``) closed matters per unit."""
    found: dict[str | None, list[int]] = {}
    for state in standings:
        shut = state.closed_on is not None and start <= state.closed_on < stop
        if state.closed and not shut:
            continue
        tally = found.setdefault(state.unit, [0, 0, 0, 0])
        tally[0] += not state.closed
        tally[1] += state.overdue
        tally[2] += shut
        tally[3] += state.backlog
    order = sorted(found, key=lambda unit: (unit is None, unit or ""))
    return [UnitCounts(unit, *found[unit]) for unit in order]


@dataclass(frozen=True)
class SecondLooks:
    """Number of second looks, and of those that found every worker paid."""

    had: int
    paid: int


def count_second_looks(
    standings: Iterable[MatterState], start: dt.date, stop: dt.date
) -> SecondLooks:
    """Count matters whose last second look before ``stop`` was on or after ``start``."""
    outcomes = [
        str((looks[-1].data or {}).get("outcome"))
        for state in standings
        if (looks := _second_looks(state.matter, stop)) and office_date(looks[-1].taken_at) >= start
    ]
    return SecondLooks(len(outcomes), outcomes.count("paid"))


def _second_looks(matter: Matter, stop: dt.date) -> list[Step]:
    """Return the second looks before ``stop``: later ones change no earlier period."""
    looks = [step for step in matter.steps if step.step == "rechecked"]
    return [step for step in looks if office_date(step.taken_at) < stop]


def states_at(
    database: Database, rules: MatterRules, principal: Principal, day: dt.date
) -> list[MatterState]:
    """Return matters in their state at the end of ``day``, from lists and steps up to then.

    The list as of the next day is included: it contains what was known before that day.
    """
    with database.engine.connect() as connection:
        known = facts_until(connection, principal, day + dt.timedelta(days=1))
    found = [
        replace(matter, facts=known[matter.key])
        for matter in all_matters(database.engine, principal)
        if matter.key in known
    ]
    return [state_on(matter, rules, day) for matter in found]


def _with_visit(matter: Matter, visited: Mapping[str, dt.date]) -> Matter:
    """Return the matter with the visit entered on the service, if later than the recorded one."""
    facts = matter.facts
    seen = visited.get(facts.project_id or matter.employer or "")
    if seen is None or (facts.checked_on is not None and facts.checked_on >= seen):
        return matter
    return replace(matter, facts=replace(facts, checked_on=seen))


def _matches(state: MatterState, filters: MatterFilter) -> bool:
    facts = state.matter.facts
    pairs = (
        (filters.kind, state.matter.kind),
        (filters.unit, state.unit),
        (filters.person, state.person),
        (filters.project_id, facts.project_id),
        (filters.org_id, facts.org_id),
    )
    if any(asked is not None and asked != found for asked, found in pairs):
        return False
    if filters.least_workers is not None and (facts.workers or 0) < filters.least_workers:
        return False
    return filters.state is None or is_in_state(state, filters.state)
