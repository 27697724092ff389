"""Input of a briefing, read once from records and service; the sections only format it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from risk.calendar.dates import add_months
from risk.indicator_sql import COUNTY
from risk.indicators import PlaceMonth, Rate, add_up, newest_months, rates_by_place
from risk.store.store import RecordStore
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.briefings.breakdown import NO_BREAKDOWN, Breakdown, breakdown
from serving.briefings.owed import Owed, wages_owed
from serving.briefings.period import Lists, Period, lists_for
from serving.briefings.statistics import (
    CaseStatistics,
    ComplaintStatistics,
    VisitResults,
    VisitStatistics,
    case_statistics,
    complaint_statistics,
    last_known_day,
    silent_tables,
    tables_not_begun,
    visit_results,
    visit_statistics,
    visits_to,
)
from serving.db.database import Database
from serving.matters.queries import (
    SecondLooks,
    UnitCounts,
    count_by_unit,
    count_second_looks,
    states_at,
)
from serving.matters.rules import matter_rules
from serving.matters.state import MatterState
from serving.settings import Settings
from serving.snapshot.open_matters import closed_cases, open_matters
from serving.watchlists.repository import ListSummary, WatchlistRepository
from serving.watchlists.snapshot_repository import load_register

Document = Mapping[str, Any]

REVISIT_AFTER = dt.timedelta(days=30)
FEEDS = ("cases", "complaints", "inspections")
WAGES = ("payrolls", "payments")


@dataclass(frozen=True)
class ScoredList:
    """A list with the projects scored with it; not ``complete`` if only its entries are known."""

    document: Document
    projects: Sequence[Document]
    as_of: dt.date
    complete: bool = True


@dataclass(frozen=True)
class PeriodStatistics:
    """Statistics of a period.

    Nothing became known in it of the tables ``silent``, so their counts are unknown; of those
    ``not_begun``, nothing was known at its end.
    """

    cases: CaseStatistics
    complaints: ComplaintStatistics
    visits: VisitStatistics
    silent: frozenset[str] = frozenset()
    not_begun: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rates:
    """Rates of all places by month, and by place and month.

    Each is compared with that of ``compared_months`` earlier.
    """

    by_month: Mapping[dt.date, Mapping[str, Rate]]
    by_place: Mapping[PlaceMonth, Mapping[str, Rate]]
    compared_months: int = 1

    @cached_property
    def months(self) -> Mapping[str, dt.date]:
        """The newest known month of each rate."""
        return newest_months(self.by_month)

    def newest(self, name: str) -> Mapping[str, Rate]:
        """Return all rates of the newest known month of the rate ``name``."""
        return self.by_month[self.months[name]]

    def before(self, name: str) -> Rate | None:
        """Return the rate that the newest known one is compared with."""
        earlier = add_months(self.months[name], -self.compared_months)
        return self.by_month.get(earlier, {}).get(name)


@dataclass(frozen=True)
class ListedInYear:
    """Lists of a year: their number, distinct projects, projects visited since, arrears found."""

    lists: int
    projects: int
    visited: int
    found: int


@dataclass(frozen=True)
class Facts:
    """All facts for a briefing of ``region`` over ``period``; None where there is none.

    Nothing became known of ``silent_tables`` in the period, of ``silent_wages`` in its last month.
    """

    period: Period
    region: str
    settings: Settings
    current: ScoredList | None
    previous: ScoredList | None
    year_ago: ScoredList | None
    statistics: PeriodStatistics
    statistics_before: PeriodStatistics
    statistics_year_ago: PeriodStatistics
    year_to_date: PeriodStatistics
    silent_tables: Sequence[str]
    known_until: dt.date | None
    visit_results: VisitResults | None
    lists_of_year: ListedInYear | None
    rates: Rates | None
    matters: Sequence[Document]
    closed: Sequence[Document]
    employers: ScoredList | None = None
    owed: Owed | None = None
    owed_before: Owed | None = None
    matters_by_unit: Sequence[UnitCounts] = ()
    second_looks: SecondLooks | None = None
    silent_wages: Sequence[str] = ()
    breakdown: Breakdown = NO_BREAKDOWN
    breakdown_year_ago: Breakdown = NO_BREAKDOWN

    @property
    def revisits_due(self) -> Sequence[Document]:
        """The closed cases that were to be looked at again within the period or before."""
        latest = (self.period.last - REVISIT_AFTER).isoformat()
        return [case for case in self.closed if case["closed_on"] <= latest]


def collect_facts(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Facts:
    """Collect the facts of a briefing, as known before the end of the period."""
    lists = lists_for(WatchlistRepository(database).summaries(OFFICE), period, region)
    return _collect(store, database, settings, period, region, lists)


def _collect(
    store: RecordStore,
    database: Database,
    settings: Settings,
    period: Period,
    region: str,
    lists: Lists,
) -> Facts:
    months = 12 if period.whole_year else 1
    before = Period(add_months(period.start, -months), period.start)
    last = _scored_list(WatchlistRepository(database), lists.last)
    january = Period(dt.date(period.start.year, 1, 1), period.stop)
    last_month = Period(add_months(period.stop, -1), period.stop)
    until = last_known_day(store)
    standings = _matter_states(database, settings, period, region)
    silent_since = until is None or until < period.start
    grace = settings.indicators.transfer_days
    current = _scored_list(WatchlistRepository(database), lists.now)
    law = current.document["rules"].get("law", ()) if current else ()
    owed_before = (
        None if silent_since else wages_owed(store, period.start, region, law, with_causes=False)
    )
    return Facts(
        period=period,
        region=region,
        settings=settings,
        current=current,
        previous=last,
        year_ago=_scored_list(WatchlistRepository(database), lists.year_ago),
        statistics=period_statistics(store, period, region),
        statistics_before=period_statistics(store, before, region),
        statistics_year_ago=period_statistics(store, period.year_before(), region),
        year_to_date=period_statistics(store, january, region),
        silent_tables=silent_tables(store, period, FEEDS),
        silent_wages=silent_tables(store, last_month, WAGES),
        known_until=until,
        visit_results=_visit_results(store, last, period),
        lists_of_year=_listed_in(store, database, period, region) if period.whole_year else None,
        rates=None if silent_since else _rates(store, period.stop, region, grace, months),
        matters=_in_region(open_matters(store, period.stop), region),
        closed=_in_region(closed_cases(store, period.stop), region),
        employers=_employers(database, period, region),
        owed=None
        if silent_since
        else wages_owed(store, period.stop, region, law, with_causes=True),
        owed_before=owed_before,
        matters_by_unit=count_by_unit(standings, period.start, period.stop),
        second_looks=count_second_looks(standings, period.start, period.stop),
        breakdown=breakdown(store, period, region),
        breakdown_year_ago=breakdown(store, period.year_before(), region),
    )


def _matter_states(
    database: Database, settings: Settings, period: Period, region: str
) -> Sequence[MatterState]:
    """Return the state of the matters at the end of the period."""
    office = Principal("office", "office", Role.ADMIN, region)
    return states_at(database, matter_rules(settings.matters), office, period.last)


def period_statistics(store: RecordStore, period: Period, region: str) -> PeriodStatistics:
    """Return the statistics of a period."""
    return PeriodStatistics(
        case_statistics(store, period, region),
        complaint_statistics(store, period, region),
        visit_statistics(store, period, region),
        frozenset(silent_tables(store, period, FEEDS)),
        tables_not_begun(store, period.stop, FEEDS),
    )


def _scored_list(lists: WatchlistRepository, summary: ListSummary | None) -> ScoredList | None:
    if summary is None:
        return None
    document = lists.watchlist(summary.as_of, summary.region).document()
    found = load_register(lists.engine, summary.as_of, summary.region, kind=summary.kind)
    rows = found.document["projects"] if found else _listed_only(document)
    return ScoredList(document, rows, summary.as_of, complete=found is not None)


def _employers(database: Database, period: Period, region: str) -> ScoredList | None:
    """Return the list of employers of the period."""
    lists = WatchlistRepository(database, "employer")
    return _scored_list(lists, lists_for(lists.summaries(OFFICE), period, region).now)


def _listed_only(document: Document) -> list[Document]:
    """Return the entries of a list that was published without a register."""
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


def _visit_results(
    store: RecordStore, last: ScoredList | None, period: Period
) -> VisitResults | None:
    if last is None:
        return None
    listed = [entry["project_id"] for entry in last.document["entries"]]
    return visit_results(store, listed, Period(last.as_of, max(period.stop, last.as_of)))


def _listed_in(store: RecordStore, database: Database, period: Period, region: str) -> ListedInYear:
    first: dict[str, dt.date] = {}
    every = WatchlistRepository(database).summaries(OFFICE, region)
    lists = [summary for summary in every if period.start <= summary.as_of < period.stop]
    for summary in sorted(lists, key=lambda summary: summary.as_of):
        document = WatchlistRepository(database).watchlist(summary.as_of, region).document()
        for entry in document["entries"]:
            first.setdefault(entry["project_id"], summary.as_of)
    visits = visits_to(store, period, list(first))
    visited = {key for key, day, _ in visits if day >= first[key]}
    hit = {key for key, day, found in visits if found and day >= first[key]}
    return ListedInYear(len(lists), len(first), len(visited), len(hit))


def _rates(
    store: RecordStore, as_of: dt.date, region: str, transfer_days: int, compared_months: int
) -> Rates | None:
    """Return the rates of the counties of the region, None without data."""
    found = rates_by_place(store, as_of, 12 + compared_months, transfer_days=transfer_days)
    by_place = {
        key: rates
        for key, rates in found.items()
        if len(key[0]) == COUNTY and (key[0].startswith(region) or region.startswith(key[0]))
    }
    months = sorted({month for _, month in by_place})
    by_month = {
        month: add_up(rates for (_, when), rates in by_place.items() if when == month)
        for month in months
    }
    return Rates(by_month, by_place, compared_months) if by_month else None


def _in_region(rows: Sequence[Document], region: str) -> list[Document]:
    return [row for row in rows if (row["region_code"] or "").startswith(region)]
