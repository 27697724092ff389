"""A region over time: by month wages owed and arrears events, by list tiers and open matters."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from risk.calendar.dates import add_months
from risk.calendar.spring_festival import SpringFestivalUnknown, spring_festival
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.watchlists.repository import ListSummary, WatchlistRepository, closest_list
from serving.watchlists.scored_projects import ScoredProjects
from serving.watchlists.snapshot_repository import has_register, load_register_part

MOST_LISTS = 13
"""Lists that are compared: a year of monthly ones, and the one before."""

TIERS = ("red", "orange", "yellow")
MATTERS = ("case", "complaint", "rectification")
_FEN_IN_WAN = 1_000_000

Document = Mapping[str, Any]


@dataclass(frozen=True)
class TrendPoint:
    """The region as of a list; ``owed`` in fen, None where the list was sealed without it."""

    as_of: dt.date
    tiers: Mapping[str, int]
    owed: int | None
    matters: Mapping[str, int]


@dataclass(frozen=True)
class MonthPoint:
    """A month of the region: wages owed at its end in fen, None if unknown, and arrears events."""

    month: str
    owed: int | None
    events: int


def region_by_month(database: Database, principal: Principal) -> list[MonthPoint]:
    """Return the months of the newest list's records, oldest first; none for older lists."""
    best = closest_list(WatchlistRepository(database).summaries(principal), principal)
    every = load_register_part(database.engine, best, principal, "months") if best else ()
    rows = _own(every, principal)
    found: list[MonthPoint] = []
    for month in _every_month(sorted({row["month"] for row in rows})):
        mine = [row for row in rows if row["month"] == month]
        known = [row["owed"] for row in mine if row["owed"] is not None]
        events = sum(row["events"] for row in mine)
        found.append(MonthPoint(month, sum(known) if known else None, events))
    return found


def _every_month(months: Sequence[str]) -> list[str]:
    """Return the months from the first to the last, those without rows included."""
    found = list(months[:1])
    while found and found[-1] < months[-1]:
        found.append(f"{add_months(dt.date.fromisoformat(found[-1] + '-01'), 1):%Y-%m}")
    return found


def festival_months(months: Sequence[str], text: str) -> Mapping[str, str]:
    """Return ``text`` by each of the months that Spring Festival is in."""
    festivals = {_festival(year) for year in {int(month[:4]) for month in months}}
    names = {f"{day:%Y-%m}" for day in festivals if day is not None}
    return {month: text for month in months if month in names}


def region_trend(database: Database, principal: Principal) -> list[TrendPoint]:
    """Return a point for each of the last lists of the region, oldest first."""
    lists = WatchlistRepository(database).summaries(principal)
    best = closest_list(lists, principal)
    if best is None:
        return []
    chosen = [one for one in lists if one.region == best.region][:MOST_LISTS]
    points = (_point(database, summary, principal) for summary in reversed(chosen))
    return [point for point in points if point is not None]


def festival_marks(points: Sequence[TrendPoint], text: str) -> Mapping[str, str]:
    """Return ``text`` by the label of the first list after each Spring Festival."""
    marks = {}
    for before, after in pairwise(points):
        years = {before.as_of.year, after.as_of.year}
        days = [day for year in years if (day := _festival(year)) is not None]
        if any(before.as_of <= day < after.as_of for day in days):
            marks[after.as_of.isoformat()] = text
    return marks


def in_wan(fen: int | None) -> float | None:
    """Return an amount in 万元."""
    return None if fen is None else fen / _FEN_IN_WAN


def _point(database: Database, summary: ListSummary, principal: Principal) -> TrendPoint | None:
    """Return the point of a list; None if it was published without a register."""
    if not has_register(database.engine, summary):
        return None
    matters = load_register_part(database.engine, summary, principal, "matters")
    kinds = Counter(row["kind"] for row in _own(matters, principal))
    tiers, owed = ScoredProjects(database, summary, principal).totals()
    return TrendPoint(
        summary.as_of,
        {name: tiers.get(name, 0) for name in TIERS},
        owed,
        {name: kinds.get(name, 0) for name in MATTERS},
    )


def _own(rows: Sequence[Document], principal: Principal) -> Sequence[Document]:
    if not principal.region:
        return rows
    return [row for row in rows if covers(principal, row["region_code"])]


def _festival(year: int) -> dt.date | None:
    try:
        return spring_festival(year)
    except SpringFestivalUnknown:
        return None
