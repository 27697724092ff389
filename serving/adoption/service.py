"""Who opened a list, and which of the projects it showed them were visited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from serving.adoption.repository import EnteredVisit, Opening, entered_visits, openings
from serving.adoption.schemas import Adoption, PersonAdoption
from serving.auth.principal import Principal
from serving.watchlists.reader import ChosenList, WatchlistReader

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
    listed = chosen.part.regions()
    visited = {one.project_id for one in visits} & set(listed)
    people = sorted({*opened, *(one.who for one in visits)})
    return Adoption(
        as_of=summary.as_of,
        region=summary.region,
        kind=chosen.kind,
        until=until,
        entries=len(listed),
        visited=len(visited),
        people=[_person(who, opened.get(who), visits, listed, visited) for who in people],
    )


def _person(
    who: str,
    opening: Opening | None,
    visits: Sequence[EnteredVisit],
    listed: Mapping[str, str],
    visited: set[str],
) -> PersonAdoption:
    own = [one for one in visits if one.who == who]
    shown = (
        {key for key, region in listed.items() if region.startswith(opening.region)}
        if opening
        else None
    )
    on_list = [one for one in own if one.project_id in listed]
    elsewhere = [one for one in own if one.project_id not in listed]
    return PersonAdoption(
        who=who,
        opened_at=opening.at if opening else None,
        shown=None if shown is None else len(shown),
        visited=None if shown is None else len(shown & {one.project_id for one in on_list}),
        visited_by_others=None
        if shown is None
        else len((shown & visited) - {one.project_id for one in on_list}),
        visits_on_list=len(on_list),
        found_on_list=sum(one.arrears_found is True for one in on_list),
        visits_elsewhere=len(elsewhere),
        found_elsewhere=sum(one.arrears_found is True for one in elsewhere),
    )
