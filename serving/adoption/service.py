"""Who opened a list, and which of the projects it showed them were visited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from serving.adoption.repository import EnteredVisit, Opening, entered_visits, openings
from serving.adoption.schemas import Adoption, PersonAdoption, RandomPicks, ShareInterval
from serving.auth.principal import Principal
from serving.watchlists.reader import ChosenList, WatchlistReader
from training.evaluation.sample_size import likely_share, share_interval, visits_for_width

Entry = Mapping[str, Any]

MIN_VISITS = 10
"""Fewer visits with a result tell no share."""

_VALID_FOR = dt.timedelta(days=31)


def adoption(reader: WatchlistReader, principal: Principal, chosen: ChosenList) -> Adoption:
    """Return the adoption of the part of a list that the principal may see.

    Visits count from the day of the list until the next list of its region, at most 31 days.
    """
    summary, engine = chosen.summary, reader.database.engine
    later = [
        one.as_of
        for one in chosen.lists
        if one.region == summary.region and one.as_of > summary.as_of
    ]
    until = min([*later, summary.as_of + _VALID_FOR])
    opened = openings(engine, principal, summary.digest, summary.as_of)
    visits = entered_visits(engine, principal, summary.as_of, until)
    entries = chosen.document["entries"]
    listed = {entry["project_id"] for entry in entries}
    visited = {one.project_id for one in visits} & listed
    people = sorted({*opened, *(one.who for one in visits)})
    return Adoption(
        as_of=summary.as_of,
        region=summary.region,
        kind=chosen.kind,
        until=until,
        entries=len(entries),
        visited=len(visited),
        random=_random_picks(entries, visits),
        people=[_person(who, opened.get(who), visits, entries, visited) for who in people],
    )


def _random_picks(entries: Sequence[Entry], visits: Sequence[EnteredVisit]) -> RandomPicks:
    drawn = _drawn(entries)
    visited = {one.project_id for one in visits} & drawn
    known = {one.project_id for one in visits if one.arrears_found is not None} & drawn
    found = {one.project_id for one in visits if one.arrears_found} & drawn
    share = likely_share(len(found), len(known))
    return RandomPicks(
        listed=len(drawn),
        visited=len(visited),
        found=len(found),
        interval=_interval(len(found), len(known)),
        visits_for_5_points=visits_for_width(share, 0.05),
        visits_for_3_points=visits_for_width(share, 0.03),
    )


def _person(
    who: str,
    opening: Opening | None,
    visits: Sequence[EnteredVisit],
    entries: Sequence[Entry],
    visited: set[str],
) -> PersonAdoption:
    own = [one for one in visits if one.who == who]
    listed = {entry["project_id"] for entry in entries}
    on_list = [one for one in own if one.project_id in listed]
    elsewhere = [one for one in own if one.project_id not in listed]
    return PersonAdoption(
        who=who,
        opened_at=opening.at if opening else None,
        **_shown(opening, entries, {one.project_id for one in own}, visited),
        visits_on_list=len(on_list),
        found_on_list=_found(on_list),
        interval_on_list=_interval_found(on_list),
        visits_elsewhere=len(elsewhere),
        found_elsewhere=_found(elsewhere),
        interval_elsewhere=_interval_found(elsewhere),
    )


def _shown(
    opening: Opening | None, entries: Sequence[Entry], own: set[str], visited: set[str]
) -> dict[str, int | None]:
    """Return what became of the entries that somebody was shown; None without an opening."""
    if opening is None:
        names = ("shown", "visited", "visited_by_others", "not_visited")
        return dict.fromkeys((*names, "random_shown", "random_visited"))
    seen = [one for one in entries if one["region_code"].startswith(opening.region)]
    shown, drawn = {one["project_id"] for one in seen}, _drawn(seen)
    return {
        "shown": len(shown),
        "visited": len(shown & own),
        "visited_by_others": len((shown & visited) - own),
        "not_visited": len(shown - visited),
        "random_shown": len(drawn),
        "random_visited": len(drawn & visited),
    }


def _drawn(entries: Sequence[Entry]) -> set[str]:
    return {one["project_id"] for one in entries if one["selection"] == "random"}


def _found(visits: Sequence[EnteredVisit]) -> int:
    return sum(one.arrears_found is True for one in visits)


def _interval_found(visits: Sequence[EnteredVisit]) -> ShareInterval | None:
    known = sum(one.arrears_found is not None for one in visits)
    return _interval(_found(visits), known)


def _interval(found: int, visits: int) -> ShareInterval | None:
    if visits < MIN_VISITS:
        return None
    low, high = share_interval(found, visits)
    return ShareInterval(low=low, high=high)
