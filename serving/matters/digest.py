"""Weekly digest of open tasks of a person, a unit or a region."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.db.database import Database
from serving.matters.queries import current_states
from serving.matters.state import MatterState
from serving.notices.repository import overdue_notices
from serving.outcomes.repository import visited_since
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register

WEEK = dt.timedelta(days=7)
GUARANTEES = dt.timedelta(days=30)
"""Guarantees that end within this time are listed."""

NOTICE = "notice"

SECTIONS = ("due", "overdue", "backlog", "answers", "new_red", "rechecks", "visits", "guarantees")


@dataclass(frozen=True)
class Audience:
    """Recipient: a person or a unit within a region, or the whole region."""

    region: str = ""
    person: str | None = None
    unit: str | None = None

    def includes(self, state: MatterState) -> bool:
        """Whether a matter belongs to the audience."""
        return (self.person is None or state.person == self.person) and (
            self.unit is None or state.unit == self.unit
        )


@dataclass(frozen=True)
class Item:
    """One task: its kind, matter or project, and the day it is due or since when it is open."""

    name: str
    what: str
    day: dt.date | None
    matter: str | None = None
    project_id: str | None = None
    workers: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Digest:
    """A digest by section; a section of None could not be computed from the data."""

    on: dt.date
    until: dt.date
    as_of: dt.date | None
    audience: Audience
    sections: Mapping[str, Sequence[Item] | None]

    def document(self) -> dict[str, Any]:
        """Return the digest as JSON-compatible data."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return plain


@dataclass(frozen=True)
class _Listed:
    as_of: dt.date
    entries: Sequence[Mapping[str, Any]]
    projects: Mapping[str, Mapping[str, Any]]
    ending: Sequence[Mapping[str, Any]] | None


def build_digest(
    database: Database,
    settings: Settings,
    audience: Audience,
    on: dt.date,
    now: dt.datetime,
) -> Digest:
    """Build the digest of ``audience`` for the seven days from ``on``."""
    principal = Principal("digest", "digest", Role.SUPERVISOR, audience.region)
    every = current_states(database, settings, principal, on, now)
    mine = [state for state in every if audience.includes(state)]
    listed = _newest(database, principal, on)
    open_ = [state for state in mine if not state.closed]
    sections: dict[str, Sequence[Item] | None] = {
        "due": _matters(
            [
                state
                for state in open_
                if state.due and not state.overdue and state.due.day < on + WEEK
            ]
        ),
        "overdue": _matters([o for o in open_ if o.overdue and o.matter.kind != "complaint"]),
        "backlog": _matters([state for state in open_ if state.backlog]),
        "answers": [
            *_matters([o for o in open_ if o.overdue and o.matter.kind == "complaint"]),
            *_unanswered(database, principal, audience, on),
        ],
        "new_red": None if listed is None else _new_red(listed),
        "rechecks": _rechecks(mine, on),
        "visits": None if listed is None else _not_visited(database, principal, listed),
        "guarantees": None if listed is None else _guarantees(listed, on),
    }
    return Digest(on, on + WEEK, listed.as_of if listed else None, audience, sections)


def _matters(found: Sequence[MatterState]) -> list[Item]:
    def item(state: MatterState) -> Item:
        return _item(state, state.due.day if state.due else None)

    return sorted(map(item, found), key=_by_day)


def _unanswered(
    database: Database, principal: Principal, audience: Audience, on: dt.date
) -> list[Item]:
    """Return notices without a timely answer; for a person, those the person sent."""
    if audience.unit is not None:
        return []
    late = [
        Item(
            name=str(notice.package["project"].get("project_name") or notice.project_id),
            what=NOTICE,
            day=notice.answer_by,
            project_id=notice.project_id,
        )
        for notice in overdue_notices(database.engine, principal, on)
        if audience.person in (None, notice.made_by)
    ]
    return sorted(late, key=_by_day)


def _rechecks(found: Sequence[MatterState], on: dt.date) -> list[Item]:
    looks = [(state, state.second_look) for state in found if state.second_look is not None]
    due = [
        _item(state, look.day) for state, look in looks if not look.outcome and look.day < on + WEEK
    ]
    return sorted(due, key=_by_day)


def _by_day(item: Item) -> tuple[str, str]:
    """Order by day, then by name; either all items of a section have a day or none has."""
    return str(item.day), item.name


def _item(state: MatterState, day: dt.date | None) -> Item:
    facts = state.matter.facts
    return Item(
        name=facts.name or facts.project_id or facts.org_id or state.matter.key,
        what=state.matter.kind,
        day=day,
        matter=state.matter.key,
        project_id=facts.project_id,
        workers=facts.workers,
        unit=state.unit,
    )


def _newest(database: Database, principal: Principal, on: dt.date) -> _Listed | None:
    best = closest_list(
        [
            summary
            for summary in WatchlistRepository(database).summaries(principal)
            if summary.as_of <= on
        ],
        principal,
    )
    if best is None:
        return None
    listed = WatchlistRepository(database).watchlist(best.as_of, best.region, principal).document()
    found = load_register(database.engine, best.as_of, best.region, principal)
    document: Mapping[str, Any] = found.document if found else {"projects": ()}
    deposits = document.get("deposits")
    return _Listed(
        best.as_of,
        [entry for entry in listed["entries"] if covers(principal, entry["region_code"])],
        {row["project_id"]: row for row in document["projects"]},
        None if deposits is None else _ending(deposits, principal),
    )


def _ending(
    deposits: Mapping[str, Sequence[Mapping[str, Any]]], principal: Principal
) -> Sequence[Mapping[str, Any]]:
    rows = deposits["ending"]
    return [
        row for row in rows if row["state"] == "ending" and covers(principal, row["region_code"])
    ]


def _new_red(listed: _Listed) -> list[Item]:
    return [
        _project(entry, "red", listed.as_of)
        for entry in listed.entries
        if entry["tier"] == "red" and entry["change"]["kind"] == "new"
    ]


def _not_visited(database: Database, principal: Principal, listed: _Listed) -> list[Item]:
    visited = visited_since(database.engine, principal, listed.as_of)
    left = []
    for entry in listed.entries:
        row = listed.projects.get(entry["project_id"], {})
        seen = row.get("last_inspected_on")
        since = seen is not None and dt.date.fromisoformat(seen) >= listed.as_of
        if entry["project_id"] not in visited and not since:
            left.append(_project(entry, entry["tier"], listed.as_of))
    return left


def _project(entry: Mapping[str, Any], what: str, day: dt.date) -> Item:
    return Item(
        name=entry["project_name"],
        what=what,
        day=day,
        project_id=entry["project_id"],
        workers=entry["workers"],
    )


def _guarantees(listed: _Listed, on: dt.date) -> list[Item] | None:
    if listed.ending is None:
        return None
    items = [
        Item(
            name=row["project_name"] or row["project_id"],
            what="guarantee",
            day=dt.date.fromisoformat(row["valid_to"]),
            project_id=row["project_id"],
        )
        for row in listed.ending
        if on <= dt.date.fromisoformat(row["valid_to"]) < on + GUARANTEES
    ]
    return sorted(items, key=_by_day)
