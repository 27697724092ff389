"""Statistics of complaints, cases and visits of a period, as known before its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

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
_HERE = "($4 = '' OR starts_with(coalesce(region_code, ''), $4))"

_CASES = f"""
{_PLACED}
SELECT count(*) FILTER (opened_on >= $2 AND opened_on < $3),
  sum(workers) FILTER (opened_on >= $2 AND opened_on < $3),
  sum(amount_owed) FILTER (opened_on >= $2 AND opened_on < $3),
  count(*) FILTER (confirmed_on >= $2 AND confirmed_on < $3),
  count(*) FILTER (closed_on >= $2 AND closed_on < $3),
  sum(workers) FILTER (closed_on >= $2 AND closed_on < $3),
  sum(amount_recovered) FILTER (closed_on >= $2 AND closed_on < $3),
  count(*) FILTER (transferred_on >= $2 AND transferred_on < $3),
  count(*) FILTER (closed_on IS NULL AND status IN ('accepted', 'filed', 'confirmed')
                   AND opened_on < $3)
FROM placed_cases WHERE {_HERE}
"""

_COMPLAINTS = f"""
{_PLACED}
SELECT count(*), count(*) FILTER (project_id IS NULL), sum(workers), sum(amount_claimed)
FROM placed_complaints
WHERE received_on >= $2 AND received_on < $3 AND {_HERE}
"""

_VISITS = f"""
{_PLACED}
SELECT count(*), count(DISTINCT project_id),
  count(DISTINCT project_id) FILTER (arrears_found),
  sum(workers_owed) FILTER (arrears_found), sum(amount_owed) FILTER (arrears_found),
  count(DISTINCT project_id) FILTER (funding = 'government')
FROM placed_inspections
WHERE inspected_on >= $2 AND inspected_on < $3 AND {_HERE}
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

_KNOWN_IN = "SELECT count(*) FROM {table} WHERE known_at >= $1 AND known_at < $2"


@dataclass(frozen=True)
class CaseStatistics:
    """Cases opened, confirmed, closed and transferred; workers and fen where known."""

    opened: int
    workers: int
    owed: int
    confirmed: int
    closed: int
    closed_workers: int
    recovered: int
    transferred: int
    open_at_end: int


@dataclass(frozen=True)
class ComplaintStatistics:
    """Complaints received; the ``unnamed`` name no project and so have no region."""

    received: int
    unnamed: int
    workers: int
    claimed: int


@dataclass(frozen=True)
class VisitStatistics:
    """Inspections, the distinct projects inspected, and those where arrears were found."""

    made: int
    projects: int
    found: int
    workers: int
    owed: int
    government: int


@dataclass(frozen=True)
class VisitResults:
    """Results of visits to the projects of a list; fen where known."""

    visited: int
    found: int
    workers: int
    owed: int


def case_statistics(store: RecordStore, period: Period, region: str) -> CaseStatistics:
    """Return the case statistics of a period."""
    return CaseStatistics(*_numbers(store, _CASES, period, region))


def complaint_statistics(store: RecordStore, period: Period, region: str) -> ComplaintStatistics:
    """Return the complaint statistics; complaints without a project count only without region."""
    return ComplaintStatistics(*_numbers(store, _COMPLAINTS, period, region))


def visit_statistics(store: RecordStore, period: Period, region: str) -> VisitStatistics:
    """Return the inspection statistics of a period."""
    return VisitStatistics(*_numbers(store, _VISITS, period, region))


def visit_results(store: RecordStore, listed: Sequence[str], period: Period) -> VisitResults:
    """Return the results of the visits of a period to the projects ``listed``."""
    parameters = [period.stop, period.start, period.stop, list(listed)]
    rows = store.rows(_FOLLOWED, parameters)
    found = [row for row in rows if row[1]]
    return VisitResults(
        visited=len(rows),
        found=len(found),
        workers=sum(row[2] or 0 for row in found),
        owed=sum(row[3] or 0 for row in found),
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


def last_known_day(store: RecordStore) -> dt.date | None:
    """Return the newest ``known_at`` of all records, or None."""
    days = [feed.last_known_at for feed in store.feeds() if feed.last_known_at]
    return max(days, default=None)


def _numbers(store: RecordStore, sql: str, period: Period, region: str) -> list[int]:
    row = store.rows(sql, [period.stop, period.start, period.stop, region])[0]
    return [int(value or 0) for value in row]
