"""Complaints by channel, cases by kind of employer, other disputes, and what visits covered.

Complaints and cases about other money than wages (:mod:`risk.causes`) are counted apart, as
disputes: a complaint, or a case without one. They are outside all other figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from risk.store.store import RecordStore
from serving.briefings.kinds import CONSTRUCTION
from serving.briefings.period import Period
from serving.briefings.statistics import HERE, NO_TOTAL, Total, total_sql, within_sql
from serving.snapshot.as_of_query import with_known_tables

_CHANNELS = f"""
{with_known_tables("complaints", "cases", "projects")},
placed AS (
  SELECT c.*, p.region_code FROM complaints c LEFT JOIN projects p USING (project_id)
)
SELECT coalesce(channel, ''), count(*) FROM placed
WHERE {within_sql("received_on")} AND {HERE} GROUP BY 1
"""

# Digits 1 and 2 of a credit code (GB 32100-2015): 91 enterprises, 92 individual businesses.
_EMPLOYERS = f"""
{with_known_tables("cases", "projects", "organizations")},
placed AS (
  SELECT c.*, coalesce(p.region_code, o.region_code) AS region_code,
         CASE WHEN o.org_kind IN ('owner', 'general_contractor', 'subcontractor',
                                  'labour_subcontractor') THEN o.org_kind
              WHEN starts_with(c.org_id, '92') THEN 'individual'
              WHEN c.project_id IS NOT NULL THEN 'site_unnamed'
              WHEN starts_with(c.org_id, '91') THEN 'enterprise'
              WHEN c.org_id IS NOT NULL THEN 'other_employer' ELSE '' END AS employer
  FROM cases c LEFT JOIN projects p USING (project_id)
    LEFT JOIN organizations o ON o.org_id = c.org_id
)
SELECT employer, count(*), 0, {total_sql("workers")}, {total_sql("amount_owed")}
FROM placed WHERE {within_sql("opened_on")} AND {HERE} GROUP BY employer
"""

_ALL_DISPUTES = f"""
{with_known_tables("complaints", "cases", "projects", "organizations", every_cause=True)},
found AS (
  SELECT complaint_id, min(guided_on) AS guided_on,
         CASE WHEN bool_and(coalesce(cause, 'wages') <> 'wages') THEN min(cause) END AS cause
  FROM cases WHERE complaint_id IS NOT NULL GROUP BY complaint_id
),
every AS (
  SELECT c.received_on AS day, coalesce(f.cause, c.cause) AS cause,
         coalesce(c.guided_on, f.guided_on) AS guided_on, c.workers, c.amount_claimed AS amount,
         p.region_code
  FROM complaints c LEFT JOIN found f USING (complaint_id) LEFT JOIN projects p USING (project_id)
  UNION ALL
  SELECT k.opened_on, k.cause, k.guided_on, k.workers, k.amount_owed,
         coalesce(p.region_code, o.region_code)
  FROM cases k LEFT JOIN projects p USING (project_id)
    LEFT JOIN organizations o ON o.org_id = k.org_id
  WHERE k.complaint_id IS NULL OR k.complaint_id NOT IN (SELECT complaint_id FROM complaints)
)
"""
_DISPUTES = f"""
{_ALL_DISPUTES}
SELECT cause, count(*), count(*) FILTER (guided_on < $3),
       {total_sql("workers")}, {total_sql("amount")}
FROM every WHERE cause <> 'wages' AND {within_sql("day")} AND {HERE} GROUP BY cause
"""
_WITHOUT_CAUSE = f"""
{_ALL_DISPUTES}
SELECT count(*) FILTER (cause IS NULL), count(cause)
FROM every WHERE {within_sql("day")} AND {HERE}
"""

# Several visits to one place meet the same workers and contracts.
_COVERED = f"""
{with_known_tables("inspections", "projects", "organizations")},
placed AS (
  SELECT i.*, p.project_id IS NOT NULL AS is_project,
         coalesce(p.region_code, o.region_code, substr(o.org_id, 3, 6)) AS region_code
  FROM inspections i LEFT JOIN projects p USING (project_id)
    LEFT JOIN organizations o ON o.org_id = i.project_id
  WHERE p.project_id IS NOT NULL OR o.org_id IS NOT NULL
),
covered AS (
  SELECT project_id, bool_or(is_project) AS is_project, max(workers_covered) AS workers,
         max(contracts_seen) AS contracts
  FROM placed WHERE {within_sql("inspected_on")} AND {HERE} GROUP BY project_id
)
SELECT count(*) FILTER (is_project), count(*) FILTER (NOT is_project),
       {total_sql("workers")}, {total_sql("contracts")}
FROM covered
"""


@dataclass(frozen=True)
class Group:
    """Cases, or disputes, of one kind; ``guided`` of them elsewhere; amount in fen."""

    count: int = 0
    workers: Total = NO_TOTAL
    amount: Total = NO_TOTAL
    guided: int = 0


@dataclass(frozen=True)
class Coverage:
    """Projects and other employers visited, their workers, and labour contracts seen there."""

    projects: int = 0
    employers: int = 0
    workers: Total = NO_TOTAL
    contracts: Total = NO_TOTAL

    @property
    def units(self) -> int:
        """Projects and other employers."""
        return self.projects + self.employers

    @property
    def is_recorded(self) -> bool:
        """Whether any visit records workers or contracts."""
        return any(one.missing < one.records for one in (self.workers, self.contracts))


@dataclass(frozen=True)
class Breakdown:
    """Counts of a period by channel, kind of employer and cause; kinds without any are left out.

    ``without_cause``: complaints and cases that give no cause and count as about wages, None if
    no record of the period gives one.
    """

    channels: Mapping[str, int] = field(default_factory=dict)
    employers: Mapping[str, Group] = field(default_factory=dict)
    disputes: Mapping[str, Group] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    without_cause: int | None = None

    @property
    def construction(self) -> int:
        """Cases against employers in construction."""
        return sum(self.employers[one].count for one in CONSTRUCTION if one in self.employers)


NO_BREAKDOWN = Breakdown()
"""Breakdown of a period without records."""


def breakdown(store: RecordStore, period: Period, region: str) -> Breakdown:
    """Return the breakdown of a period, as known before its end."""
    parameters = [period.stop, period.start, period.stop, region]
    projects, others, *covered = store.rows(_COVERED, parameters)[0]
    unknown, stated = store.rows(_WITHOUT_CAUSE, parameters)[0]
    return Breakdown(
        channels=dict(store.rows(_CHANNELS, parameters)),
        employers=_groups(store.rows(_EMPLOYERS, parameters)),
        disputes=_groups(store.rows(_DISPUTES, parameters)),
        coverage=Coverage(projects, others, _total(covered[:3]), _total(covered[3:])),
        without_cause=unknown if stated else None,
    )


def _groups(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, Group]:
    return {
        kind: Group(count, _total(numbers[:3]), _total(numbers[3:]), guided)
        for kind, count, guided, *numbers in rows
    }


def _total(numbers: Sequence[int | None]) -> Total:
    """Total of a sum, the number of records and of those without a number."""
    return Total(*(int(number or 0) for number in numbers))
