"""Who opened a list, and which of the projects it showed them were visited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from serving.adoption.repository import EnteredVisit, Opening, entered_visits, openings
from serving.adoption.schemas import Adoption, PersonAdoption, RandomPicks, ShareInterval
from serving.auth.principal import Principal
from serving.watchlists.reader import ChosenList, WatchlistReader
from training.evaluation.sample_size import likely_share, share_interval, visits_for_width

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
    listed, drawn = chosen.part.regions(), chosen.part.drawn()
    visited = {one.project_id for one in visits} & set(listed)
    people = sorted({*opened, *(one.who for one in visits)})
    return Adoption(
        as_of=summary.as_of,
        region=summary.region,
        kind=chosen.kind,
        until=until,
        entries=len(listed),
        visited=len(visited),
        random=None if drawn is None else _random_picks(drawn, visits),
        people=[_person(who, opened.get(who), visits, listed, visited, drawn) for who in people],
    )


def _random_picks(drawn: Collection[str], visits: Sequence[EnteredVisit]) -> RandomPicks:
    own = [one for one in visits if one.project_id in drawn]
    known = {one.project_id for one in own if one.arrears_found is not None}
    found = {one.project_id for one in own if one.arrears_found}
    share = likely_share(len(found), len(known))
    return RandomPicks(
        listed=len(drawn),
        visited=len({one.project_id for one in own}),
        found=len(found),
        interval=_interval(len(found), len(known)),
        visits_for_5_points=visits_for_width(share, 0.05),
        visits_for_3_points=visits_for_width(share, 0.03),
    )


def _person(
    who: str,
    opening: Opening | None,
    visits: Sequence[EnteredVisit],
    listed: Mapping[str, str],
    visited: set[str],
    drawn: Collection[str] | None,
) -> PersonAdoption:
    own = [one for one in visits if one.who == who]
    on_list = [one for one in own if one.project_id in listed]
    elsewhere = [one for one in own if one.project_id not in listed]
    shown = (
        {key for key, region in listed.items() if region.startswith(opening.region)}
        if opening
        else None
    )
    return PersonAdoption(
        who=who,
        opened_at=opening.at if opening else None,
        **_shown(shown, {one.project_id for one in own}, visited, drawn),
        visits_on_list=len(on_list),
        found_on_list=_found(on_list),
        interval_on_list=_interval_found(on_list),
        visits_elsewhere=len(elsewhere),
        found_elsewhere=_found(elsewhere),
        interval_elsewhere=_interval_found(elsewhere),
    )


def _shown(
    shown: set[str] | None, own: set[str], visited: set[str], drawn: Collection[str] | None
) -> dict[str, int | None]:
    """Return what became of the entries that somebody was shown; None where it is not known."""
    random = None if shown is None or drawn is None else shown & set(drawn)
    found = {
        "shown": shown,
        "visited": None if shown is None else shown & own,
        "visited_by_others": None if shown is None else (shown & visited) - own,
        "not_visited": None if shown is None else shown - visited,
        "random_shown": random,
        "random_visited": None if random is None else random & visited,
    }
    return {name: None if ids is None else len(ids) for name, ids in found.items()}


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
