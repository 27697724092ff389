"""Reads lists, entries and events for the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.db.text_match import holds
from serving.events.repository import list_events
from serving.http.schemas import Page
from serving.watchlists.composition import GroupBy, group_shares, reason_groups, stability
from serving.watchlists.list_part import ENTRIES, Condition, ListPart
from serving.watchlists.list_query import flagged
from serving.watchlists.reader import ChosenList, WatchlistReader
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

_LARGEST_RANK = 2**31 - 1


def watchlists(
    lists: WatchlistRepository, principal: Principal, region: str | None, request: PageRequest
) -> Page[WatchlistSummary]:
    """Return a page of the lists the principal may see; the cursor is an offset."""
    found = lists.summaries(principal, region)
    start = request.cursor or 0
    items = [WatchlistSummary(**asdict(item)) for item in found[start : start + request.limit]]
    more = len(found) > start + request.limit
    return Page(items=items, next=str(start + request.limit) if more else None)


def entries(part: ListPart, filters: EntryFilters) -> Page[Entry]:
    """Return a page of the matching entries by rank; the cursor is the last rank."""
    # A number that the column cannot hold is an error in PostgreSQL.
    after = min(int(filters.cursor or 0), _LARGEST_RANK)
    where = [*_conditions(part, filters), ENTRIES.rank > after]
    found = part.entries(where, [ENTRIES.rank], filters.limit + 1)
    items = [Entry.model_validate(entry) for entry in found[: filters.limit]]
    more = len(found) > filters.limit
    return Page(items=items, next=str(items[-1].rank) if more else None)


def ranking(part: ListPart) -> Ranking:
    """Return how far the scores rank the entries of a list."""
    found = part.ranking()
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


@dataclass(frozen=True)
class Composed:
    """What a list is made of, with one of the red flags of each code."""

    composition: Composition
    flags: Sequence[Mapping[str, Any]]


def composition_for(
    reader: WatchlistReader, principal: Principal, chosen: ChosenList, by: GroupBy
) -> Composed:
    """Return what the part of a list that the principal may see is made of; it never changes."""
    kept = reader.database.derived
    draws = principal.has(Permission.READ_DRAWS)
    key = ("composition", chosen.summary.digest, principal.region, draws, by)
    found: Composed | None = kept.get(key)
    if found is None:
        scored = reader.register_projects(principal, chosen.summary)
        made = composition(chosen.document, scored, reader.previous(principal, chosen), by)
        every = (flag for entry in chosen.document["entries"] for flag in entry["red_flags"])
        found = Composed(made, list({flag["code"]: flag for flag in every}.values()))
        kept.put(key, found, _OBJECT_FACTOR * len(made.model_dump_json()))
    return found


_OBJECT_FACTOR = 8
"""About the bytes of an object in memory for each of its JSON."""


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


def _conditions(part: ListPart, filters: EntryFilters) -> list[Condition]:
    found: list[Condition] = [ENTRIES.probability >= filters.least_probability]
    if filters.within:
        found.append(ENTRIES.region_code.startswith(filters.within, autoescape=True))
    if filters.tier:
        found.append(ENTRIES.tier.in_(filters.tier))
    if filters.red_flag is not None:
        found.append(flagged(part, filters.red_flag))
    if filters.change is not None:
        found.append(ENTRIES.change == filters.change)
    if filters.search:
        found.append(holds(part.engine, ENTRIES.search, filters.search.casefold()))
    return found
