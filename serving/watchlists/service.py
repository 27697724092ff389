"""Reads lists, entries and events for the API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.events.repository import list_events
from serving.http.schemas import Page
from serving.watchlists.composition import GroupBy, group_shares, reason_groups, stability
from serving.watchlists.ranking import ranking_of
from serving.watchlists.reader import ChosenList, WatchlistReader
from serving.watchlists.redaction import View
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.schemas import (
    Changes,
    Composition,
    Entry,
    EntryFilters,
    ListEvent,
    Ranking,
    WatchlistSummary,
)


def watchlists(
    lists: WatchlistRepository, principal: Principal, region: str | None, request: PageRequest
) -> Page[WatchlistSummary]:
    """Return a page of the lists the principal may see; the cursor is an offset."""
    found = lists.summaries(principal, region)
    start = request.cursor or 0
    items = [WatchlistSummary(**asdict(item)) for item in found[start : start + request.limit]]
    more = len(found) > start + request.limit
    return Page(items=items, next=str(start + request.limit) if more else None)


def entries(view: View, filters: EntryFilters) -> Page[Entry]:
    """Return a page of the matching entries by rank; the cursor is the last rank."""
    found = [
        entry
        for entry in json.loads(view.body)["entries"]
        if entry["rank"] > int(filters.cursor or 0) and _fits(filters, entry)
    ]
    items = [Entry.model_validate(entry) for entry in found[: filters.limit]]
    more = len(found) > filters.limit
    return Page(items=items, next=str(items[-1].rank) if more else None)


def ranking(view: View) -> Ranking:
    """Return how far the scores rank the entries of a view."""
    found = ranking_of(json.loads(view.body))
    return Ranking(sufficiency=found.sufficiency, **asdict(found))


def composition(
    document: Mapping[str, Any],
    scored: Sequence[Mapping[str, Any]],
    previous: Mapping[str, Any] | None,
    by: GroupBy,
) -> Composition:
    """Return what a list is made of, or the part of it in ``document``.

    ``scored`` are the rows of its register, ``previous`` is the list before it.
    """
    return Composition.model_validate(
        {
            "as_of": document["as_of"],
            "region": document["region"],
            "kind": document.get("kind", "project"),
            "groups": group_shares(scored, [e["project_id"] for e in document["entries"]]),
            "reasons_by": by,
            "reasons": reason_groups(document["entries"], by),
            "stability": stability(document, previous) if previous else None,
        },
        from_attributes=True,
    )


def composition_for(
    reader: WatchlistReader, principal: Principal, chosen: ChosenList, by: GroupBy
) -> Composition:
    """Return what the part of a list that the principal may see is made of."""
    scored = reader.register(principal, chosen.summary).projects
    return composition(chosen.document, scored, reader.previous(principal, chosen), by)


def changes(database: Database, principal: Principal, request: PageRequest) -> Changes:
    """Return events of the principal's region after a cursor."""
    found = list_events(database.engine, principal, request)
    items = [
        ListEvent.model_validate(
            {"id": one.event_id, "type": one.type, "time": one.created_at, "data": one.data}
        )
        for one in found.items
    ]
    return Changes(items=items, cursor=None if found.next is None else str(found.next))


def _fits(filters: EntryFilters, entry: Mapping[str, Any]) -> bool:
    names = f"{entry['project_id']}\n{entry['project_name']}\n{entry['contractor_name'] or ''}"
    flags = {flag["code"] for flag in entry["red_flags"]}
    return (
        entry["region_code"].startswith(filters.within)
        and (not filters.tier or entry["tier"] in filters.tier)
        and (filters.red_flag is None or filters.red_flag in flags)
        and filters.change in (None, entry["change"]["kind"])
        and entry["probability"] >= filters.least_probability
        and (filters.search is None or filters.search.casefold() in names.casefold())
    )
