"""Everything a briefing tells of, gathered once; sentences and tables only read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.calendar.dates import add_months
from risk.indicators import COUNTY, rates_by_place
from risk.store.store import RecordStore
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.briefings.period import Lists, Period, lists_for
from serving.briefings.statistics import (
    Cases,
    Complaints,
    Followed,
    Visits,
    count_cases,
    count_complaints,
    count_visits,
    followed,
    last_known,
    silent_feeds,
    visits_to,
)
from serving.db.database import Database
from serving.matters.queries import SecondLooks, UnitTally, as_of_day, by_unit, second_looks
from serving.matters.rules import rules_of
from serving.matters.state import Standing
from serving.settings import Settings
from serving.snapshot.open_matters import closed_cases, open_matters
from serving.watchlists.repository import Summary, WatchlistRepository
from serving.watchlists.snapshot_repository import register

Document = Mapping[str, Any]

REVISIT_AFTER = dt.timedelta(days=30)
_FEEDS = ("cases", "complaints", "inspections")


@dataclass(frozen=True)
class Warned:
    """A list with the projects scored with it; ``whole`` unless only those listed are known."""

    document: Document
    projects: Sequence[Document]
    as_of: dt.date
    whole: bool = True


@dataclass(frozen=True)
class Counted:
    """What is counted of a period."""

    cases: Cases
    complaints: Complaints
    visits: Visits


@dataclass(frozen=True)
class Rates:
    """The rates of places in a month; ``whole`` is all of them together."""

    month: dt.date
    places: Mapping[str, Mapping[str, tuple[int, int]]]
    whole: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class ListedInYear:
    """The lists of a year: how many, of how many projects, and what visits since found there."""

    lists: int
    projects: int
    visited: int
    found: int


@dataclass(frozen=True)
class Facts:
    """What is known for a briefing of ``region`` over ``period``; None where there is none."""

    period: Period
    region: str
    settings: Settings
    now: Warned | None
    last: Warned | None
    year_ago: Warned | None
    counted: Counted
    counted_before: Counted
    counted_year_ago: Counted
    year_to_date: Counted
    silent: Sequence[str]
    known_until: dt.date | None
    followed: Followed | None
    listed: ListedInYear | None
    rates: Rates | None
    rates_before: Rates | None
    matters: Sequence[Document]
    closed: Sequence[Document]
    employers: Warned | None = None
    followed_up: Sequence[UnitTally] = ()
    second_looks: SecondLooks | None = None


def gather_facts(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Facts:
    """Everything for a briefing, from what was known before the period's end."""
    lists = lists_for(WatchlistRepository(database).summaries(OFFICE), period, region)
    return _gathered(store, database, settings, period, region, lists)


def _gathered(
    store: RecordStore,
    database: Database,
    settings: Settings,
    period: Period,
    region: str,
    lists: Lists,
) -> Facts:
    months = 12 if period.whole_year else 1
    before = Period(add_months(period.start, -months), period.start)
    last = _warned(WatchlistRepository(database), lists.last)
    january = Period(dt.date(period.start.year, 1, 1), period.stop)
    until = last_known(store)
    standings = _standings(database, settings, period, region)
    silent_since = until is None or until < period.start
    rates, rates_before = (None, None) if silent_since else _rates(store, period.stop, region)
    return Facts(
        period=period,
        region=region,
        settings=settings,
        now=_warned(WatchlistRepository(database), lists.now),
        last=last,
        year_ago=_warned(WatchlistRepository(database), lists.year_ago),
        counted=count(store, period, region),
        counted_before=count(store, before, region),
        counted_year_ago=count(store, period.year_before(), region),
        year_to_date=count(store, january, region),
        silent=silent_feeds(store, period, _FEEDS),
        known_until=until,
        followed=_followed(store, last, period),
        listed=_listed_in(store, database, period, region) if period.whole_year else None,
        rates=rates,
        rates_before=rates_before,
        matters=_here(open_matters(store, period.stop), region),
        closed=_here(closed_cases(store, period.stop), region),
        employers=_employers(database, period, region),
        followed_up=by_unit(standings, period.start, period.stop),
        second_looks=second_looks(standings, period.start, period.stop),
    )


def _standings(
    database: Database, settings: Settings, period: Period, region: str
) -> Sequence[Standing]:
    """The matters of the service as they stood at the period's end."""
    office = Principal("office", "office", Role.ADMIN, region)
    return as_of_day(database, rules_of(settings.matters), office, period.last)


def count(store: RecordStore, period: Period, region: str) -> Counted:
    """What happened in a period."""
    return Counted(
        count_cases(store, period, region),
        count_complaints(store, period, region),
        count_visits(store, period, region),
    )


def _warned(lists: WatchlistRepository, summary: Summary | None) -> Warned | None:
    if summary is None:
        return None
    document = lists.watchlist(summary.as_of, summary.region).document()
    found = register(lists.engine, summary.as_of, summary.region, kind=summary.kind)
    rows = found.document["projects"] if found else _listed_only(document)
    return Warned(document, rows, summary.as_of, whole=found is not None)


def _employers(database: Database, period: Period, region: str) -> Warned | None:
    """The list of employers that belongs to the period."""
    lists = WatchlistRepository(database, "employer")
    return _warned(lists, lists_for(lists.summaries(OFFICE), period, region).now)


def _listed_only(document: Document) -> list[Document]:
    """What is known of a list that was sealed without a register: its entries."""
    nothing = dict.fromkeys(("sector", "funding", "contractor_id", "owner_id", "owner_name"))
    return [
        {
            **nothing,
            **{k: e[k] for k in ("project_id", "project_name", "region_code", "tier", "rank")},
            "contractor_name": e["contractor_name"],
            "probability": e["probability"],
            "workers": e["workers"],
        }
        for e in document["entries"]
    ]


def _followed(store: RecordStore, last: Warned | None, period: Period) -> Followed | None:
    if last is None:
        return None
    listed = [entry["project_id"] for entry in last.document["entries"]]
    return followed(store, listed, Period(last.as_of, max(period.stop, last.as_of)))


def _listed_in(store: RecordStore, database: Database, period: Period, region: str) -> ListedInYear:
    first: dict[str, dt.date] = {}
    every = WatchlistRepository(database).summaries(OFFICE, region)
    lists = [one for one in every if period.start <= one.as_of < period.stop]
    for one in sorted(lists, key=lambda summary: summary.as_of):
        document = WatchlistRepository(database).watchlist(one.as_of, region).document()
        for entry in document["entries"]:
            first.setdefault(entry["project_id"], one.as_of)
    visits = visits_to(store, period, list(first))
    visited = {key for key, day, _ in visits if day >= first[key]}
    hit = {key for key, day, found in visits if found and day >= first[key]}
    return ListedInYear(len(lists), len(first), len(visited), len(hit))


def _rates(store: RecordStore, as_of: dt.date, region: str) -> tuple[Rates | None, Rates | None]:
    """The newest month with rates, and the one before it."""
    found = {
        key: {name: (rate.kept, rate.due) for name, rate in rates.items()}
        for key, rates in rates_by_place(store, as_of).items()
        if len(key[0]) == COUNTY and (key[0].startswith(region) or region.startswith(key[0]))
    }
    months = sorted({month for _, month in found}, reverse=True)[:2]
    made = [_rates_of(month, found) for month in months]
    return (made[0] if made else None, made[1] if len(made) > 1 else None)


def _rates_of(month: dt.date, found: Mapping[tuple[str, dt.date], Any]) -> Rates:
    places = {place: rates for (place, when), rates in found.items() if when == month}
    names = {name for rates in places.values() for name in rates}
    whole = {
        name: (
            sum(rates[name][0] for rates in places.values() if name in rates),
            sum(rates[name][1] for rates in places.values() if name in rates),
        )
        for name in names
    }
    return Rates(month, places, whole)


def _here(rows: Sequence[Document], region: str) -> list[Document]:
    return [row for row in rows if (row["region_code"] or "").startswith(region)]
