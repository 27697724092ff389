"""Reads the input of the status of a campaign."""

from __future__ import annotations

import datetime as dt

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.campaigns.status import CampaignStatus, VisitDates, compute_status
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.flag_states.service import set_aside
from serving.matters.queries import current_states
from serving.outcomes.repository import list_outcomes, visited_since
from serving.settings import CampaignPlan, Settings
from serving.watchlists.repository import NothingPublished, WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register

_ALL = 1_000_000


def read_status(
    database: Database,
    settings: Settings,
    principal: Principal,
    plan: CampaignPlan,
    on: dt.date,
    now: dt.datetime,
) -> CampaignStatus:
    """Return the status of ``plan`` on ``on`` in the region of the principal.

    Red flags that were explained or do not apply are left out. It uses the newest list up to
    ``on``; a list without a register has no projects in scope.

    Raises:
        NothingPublished: the region has no list.
    """
    best = closest_list(
        [
            summary
            for summary in WatchlistRepository(database).summaries(principal)
            if summary.as_of <= on
        ],
        principal,
    )
    if best is None:
        raise NothingPublished
    found = load_register(database.engine, best.as_of, best.region, principal)
    rows = found.document["projects"] if found else ()
    aside = set_aside(database, principal, on)
    own = [
        {**row, "flags": [code for code in row["flags"] if (row["project_id"], code) not in aside]}
        for row in rows
        if not principal.region or covers(principal, row["region_code"])
    ]
    standings = current_states(database, settings, principal, on, now)
    visits = _visits(database, principal, plan.start)
    return compute_status(plan, best.as_of, own, standings, visits, on)


def _visits(database: Database, principal: Principal, start: dt.date) -> VisitDates:
    every = list_outcomes(
        database.engine, principal, PageRequest(_ALL), {"arrears_found": True}
    ).items
    found: dict[str, dt.date] = {}
    for outcome in every:
        day = max(outcome.inspected_on, found.get(outcome.project_id, outcome.inspected_on))
        found[outcome.project_id] = day
    return VisitDates(visited_since(database.engine, principal, start), found)
