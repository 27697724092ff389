"""Statistics of complaints, cases and visits of a period, as known before its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from risk.store.store import RecordStore
from serving.briefings.period import Period
from serving.snapshot.as_of_query import with_known_tables

_TABLES = ("cases", "complaints", "inspections", "projects", "organizations")
_PLACED = f"""
{with_known_tables(*_TABLES)},
placed_cases AS (
  SELECT c.*, coalesce(p.region_code, o.region_code) AS region_code
  FROM cases c LEFT JOIN projects p USING (project_id)
    LEFT JOIN organizations o ON o.org_id = c.org_id
),
placed_complaints AS (
  SELECT c.*, p.region_code FROM complaints c LEFT JOIN projects p USING (project_id)
),
placed_inspections AS (
  SELECT i.*, p.region_code, p.funding FROM inspections i JOIN projects p USING (project_id)
)
"""
HERE = "($4 = '' OR starts_with(coalesce(region_code, ''), $4))"
"""SQL condition that ``region_code`` is in the region.

Parameters of these queries are the period's end, start and end, and the region.
"""


def within_sql(day: str) -> str:
    """SQL condition that ``day`` is within the period."""
    return f"{day} >= $2 AND {day} < $3"


def total_sql(column: str, where: str = "true") -> str:
    """SQL of a :class:`Total`: the sum, the number of records, and those that leave it empty."""
    return (
        f"sum({column}) FILTER ({where}), count(*) FILTER ({where}),"
        f" count(*) FILTER ({where} AND {column} IS NULL)"
    )


_OPENED, _CLOSED = within_sql("opened_on"), within_sql("closed_on")
_CASES = f"""
{_PLACED}
SELECT count(*) FILTER ({_OPENED}),
  count(*) FILTER ({within_sql("confirmed_on")}),
  count(*) FILTER ({_CLOSED}),
  count(*) FILTER ({within_sql("transferred_on")}),
  count(*) FILTER (closed_on IS NULL AND status IN ('accepted', 'filed', 'confirmed')
                   AND opened_on < $3),
  {total_sql("workers", _OPENED)}, {total_sql("amount_owed", _OPENED)},
  {total_sql("workers", _CLOSED)}, {total_sql("amount_recovered", _CLOSED)}
FROM placed_cases WHERE {HERE}
"""

_COMPLAINTS = f"""
{_PLACED}
SELECT count(*), count(*) FILTER (project_id IS NULL),
  {total_sql("workers")}, {total_sql("amount_claimed")}
FROM placed_complaints
WHERE {within_sql("received_on")} AND {HERE}
"""

_VISITS = f"""
{_PLACED},
here AS (SELECT * FROM placed_inspections WHERE {within_sql("inspected_on")} AND {HERE}),
-- Several visits to a project find the same workers.
found AS (
  SELECT project_id, max(workers_owed) AS workers, max(amount_owed) AS owed
  FROM here WHERE arrears_found GROUP BY project_id
)
SELECT (SELECT count(*) FROM here), (SELECT count(DISTINCT project_id) FROM here), count(*),
  (SELECT count(DISTINCT project_id) FROM here WHERE funding = 'government'),
  (SELECT count(DISTINCT project_id) FROM here WHERE funding IS NULL),
  {total_sql("workers")}, {total_sql("owed")}
FROM found
"""

_FOLLOWED = f"""
{_PLACED},
listed AS (SELECT unnest($4) AS project_id)
SELECT l.project_id, bool_or(i.arrears_found), max(i.workers_owed), max(i.amount_owed)
FROM listed l JOIN placed_inspections i USING (project_id)
WHERE i.inspected_on >= $2 AND i.inspected_on < $3
GROUP BY l.project_id
"""

_VISITS_TO = f"""
{_PLACED},
listed AS (SELECT unnest($4) AS project_id)
SELECT i.project_id, i.inspected_on, i.arrears_found
FROM listed JOIN placed_inspections i USING (project_id)
WHERE i.inspected_on >= $2 AND i.inspected_on < $3
"""

_KNOWN_BEFORE = "SELECT count(*) FROM {table} WHERE known_at < $1"
_KNOWN_IN = "SELECT count(*) FROM {table} WHERE known_at >= $1 AND known_at < $2"


@dataclass(frozen=True)
class Total:
    """Sum of a number over ``records``, of which ``missing`` leave it empty."""

    value: int = 0
    records: int = 0
    missing: int = 0

    @property
    def known(self) -> bool:
        """Whether there is a sum: no records, or at least one that has the number."""
        return self.missing < self.records or self.records == 0

    @property
    def whole(self) -> bool:
        """Whether no record leaves the number empty."""
        return self.missing == 0

    @classmethod
    def of(cls, values: Sequence[int | None]) -> Total:
        """Return the total of ``values``.

        >>> Total.of([3, None, 4])
        Total(value=7, records=3, missing=1)
        """
        return cls(sum(value or 0 for value in values), len(values), values.count(None))

    @classmethod
    def sum(cls, totals: Iterable[Total]) -> Total:
        """Return the total of all records of ``totals``.

        >>> Total.sum([Total(3, 2, 1), Total(4, 1)])
        Total(value=7, records=3, missing=1)
        """
        found = list(totals)
        return cls(
            sum(one.value for one in found),
            sum(one.records for one in found),
            sum(one.missing for one in found),
        )


NO_TOTAL = Total()
"""Total of no records."""


@dataclass(frozen=True)
class CaseStatistics:
    """Cases opened, confirmed, closed, transferred and open at the end; workers, and fen."""

    opened: int
    confirmed: int
    closed: int
    transferred: int
    open_at_end: int
    workers: Total = Total()
    owed: Total = Total()
    closed_workers: Total = Total()
    recovered: Total = Total()


@dataclass(frozen=True)
class ComplaintStatistics:
    """Complaints received; the ``unnamed`` name no project and so have no region."""

    received: int
    unnamed: int
    workers: Total = Total()
    claimed: Total = Total()


@dataclass(frozen=True)
class VisitStatistics:
    """Inspections, the distinct projects inspected, and those where arrears were found.

    ``government``: those funded by the government; ``without_funding``: the funding is unknown.
    """

    made: int
    projects: int
    found: int
    government: int
    workers: Total = Total()
    owed: Total = Total()
    without_funding: int = 0


@dataclass(frozen=True)
class VisitResults:
    """Results of visits to the projects of a list; fen."""

    visited: int
    found: int
    workers: Total
    owed: Total


def case_statistics(store: RecordStore, period: Period, region: str) -> CaseStatistics:
    """Return the case statistics of a period."""
    return CaseStatistics(*_numbers(store, _CASES, period, region, counts=5))


def complaint_statistics(store: RecordStore, period: Period, region: str) -> ComplaintStatistics:
    """Return the complaint statistics; complaints without a project count only without region."""
    return ComplaintStatistics(*_numbers(store, _COMPLAINTS, period, region, counts=2))


def visit_statistics(store: RecordStore, period: Period, region: str) -> VisitStatistics:
    """Return the inspection statistics of a period."""
    made, projects, found, government, without, workers, owed = _numbers(
        store, _VISITS, period, region, counts=5
    )
    return VisitStatistics(made, projects, found, government, workers, owed, without)


def visit_results(store: RecordStore, listed: Sequence[str], period: Period) -> VisitResults:
    """Return the results of the visits of a period to the projects ``listed``."""
    parameters = [period.stop, period.start, period.stop, list(listed)]
    rows = store.rows(_FOLLOWED, parameters)
    found = [row for row in rows if row[1]]
    return VisitResults(
        visited=len(rows),
        found=len(found),
        workers=Total.of([row[2] for row in found]),
        owed=Total.of([row[3] for row in found]),
    )


def visits_to(
    store: RecordStore, period: Period, projects: Sequence[str]
) -> list[tuple[str, dt.date, bool]]:
    """Return (project, day, arrears found) of every visit of a period to one of ``projects``."""
    rows = store.rows(_VISITS_TO, [period.stop, period.start, period.stop, list(projects)])
    return [(str(key), day, bool(found)) for key, day, found in rows]


def silent_tables(store: RecordStore, period: Period, tables: Sequence[str]) -> list[str]:
    """Return those of ``tables`` without any new record in a period; their counts are unknown."""
    return [
        table
        for table in tables
        if not store.rows(_KNOWN_IN.format(table=table), [period.start, period.stop])[0][0]
    ]


def tables_not_begun(store: RecordStore, day: dt.date, tables: Sequence[str]) -> frozenset[str]:
    """Return those of ``tables`` without any record known before ``day``."""
    return frozenset(
        table for table in tables if not store.rows(_KNOWN_BEFORE.format(table=table), [day])[0][0]
    )


def last_known_day(store: RecordStore) -> dt.date | None:
    """Return the newest ``known_at`` of all records, or None."""
    days = [feed.last_known_at for feed in store.feeds() if feed.last_known_at]
    return max(days, default=None)


def _numbers(
    store: RecordStore, sql: str, period: Period, region: str, *, counts: int
) -> list[Any]:
    """Return the first ``counts`` columns as numbers, the others in threes as totals."""
    row = store.rows(sql, [period.stop, period.start, period.stop, region])[0]
    found = [int(value or 0) for value in row]
    totals = [Total(*found[at : at + 3]) for at in range(counts, len(found), 3)]
    return [*found[:counts], *totals]
