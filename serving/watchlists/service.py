"""Reads lists, entries and events for the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.events.repository import list_events
from serving.http.schemas import Page
from serving.watchlists.redaction import View
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.schemas import Changes, Entry, ListEvent, Sought, WatchlistSummary


def watchlists(
    lists: WatchlistRepository, principal: Principal, region: str | None, part: PageRequest
) -> Page[WatchlistSummary]:
    """Return a page of the lists the principal may see; the cursor is an offset."""
    found = lists.summaries(principal, region)
    start = part.cursor or 0
    items = [WatchlistSummary(**asdict(item)) for item in found[start : start + part.limit]]
    more = len(found) > start + part.limit
    return Page(items=items, next=str(start + part.limit) if more else None)


def entries(view: View, sought: Sought) -> Page[Entry]:
    """Return a page of the matching entries by rank; the cursor is the last rank."""
    found = [
        entry
        for entry in json.loads(view.body)["entries"]
        if entry["rank"] > int(sought.cursor or 0) and _fits(sought, entry)
    ]
    items = [Entry.model_validate(entry) for entry in found[: sought.limit]]
    more = len(found) > sought.limit
    return Page(items=items, next=str(items[-1].rank) if more else None)


def changes(database: Database, principal: Principal, part: PageRequest) -> Changes:
    """Return events of the principal's region after a cursor."""
    found = list_events(database.engine, principal, part)
    items = [
        ListEvent.model_validate(
            {"id": one.event_id, "type": one.type, "time": one.created_at, "data": one.data}
        )
        for one in found.items
    ]
    return Changes(items=items, cursor=None if found.next is None else str(found.next))


def _fits(sought: Sought, entry: Mapping[str, Any]) -> bool:
    names = f"{entry['project_id']}\n{entry['project_name']}\n{entry['contractor_name'] or ''}"
    flags = {flag["code"] for flag in entry["red_flags"]}
    return (
        entry["region_code"].startswith(sought.within)
        and (not sought.tier or entry["tier"] in sought.tier)
        and (sought.red_flag is None or sought.red_flag in flags)
        and sought.change in (None, entry["change"]["kind"])
        and entry["probability"] >= sought.least_probability
        and (sought.search is None or sought.search.casefold() in names.casefold())
    )
