"""Teams whose wages are due and unpaid, per project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from risk.store.known_query import NOTHING_WRITTEN, KnownQuery, Written
from risk.store.staged import InBatches, Staged
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, known_by_project, plain, with_known_tables
from serving.watchlists.document import TimelineItem

# The amounts of a project add up to the ``amount_owed`` of its score: same records, same 1 %.
_TEAMS = f"""
{with_known_tables("payrolls", "payments", "contracts", "organizations")},
paid AS (SELECT payroll_id, paid AS amount FROM $settled s),
unpaid AS (
  SELECT r.project_id, r.contract_id, r.period, r.workers, r.due_on,
         r.amount_due - coalesce(p.amount, 0) AS amount
  FROM payrolls r LEFT JOIN paid p USING (payroll_id)
  WHERE r.due_on < $1 AND coalesce(p.amount, 0) < 0.99 * r.amount_due
    AND EXISTS (SELECT 1 FROM payments)
),
months AS (
  SELECT project_id, CASE WHEN count(*) = count(workers) THEN sum(workers) END AS workers
  FROM unpaid GROUP BY project_id, period
),
heads AS (
  SELECT project_id, CASE WHEN count(*) = count(workers) THEN max(workers) END AS workers
  FROM months GROUP BY project_id
)
SELECT u.project_id, u.contract_id,
       any_value(coalesce(k.contractor_name, o.org_name, k.contractor_id)) AS name,
       CAST(sum(u.amount) AS BIGINT) AS amount,
       CASE WHEN count(*) = count(u.workers) THEN max(u.workers) END AS workers,
       count(DISTINCT u.period) AS months, CAST(min(u.period) AS DATE) AS since,
       min(u.due_on) AS due_since, CAST(any_value(h.workers) AS BIGINT) AS project_workers
FROM unpaid u JOIN heads h USING (project_id)
LEFT JOIN contracts k ON k.contract_id = u.contract_id
LEFT JOIN organizations o ON o.org_id = k.contractor_id
GROUP BY u.project_id, u.contract_id
"""

TEAMS_OWED = KnownQuery("teams_owed", lambda _: _TEAMS, "project_id, amount DESC, contract_id")


def load_owed_teams(
    store: RecordStore,
    as_of: dt.date,
    projects: Iterable[str] | None = None,
    written: Written = NOTHING_WRITTEN,
) -> Mapping[str, list[Row]]:
    """Return the teams of each project that are owed wages, most money first.

    Money in fen. ``workers`` are those of the largest unpaid payroll of the team, and
    ``project_workers`` those of all teams in the worst month: workers owed for two months count
    once. Both are None if a payroll has no number. ``since`` is the first month of unpaid work,
    ``due_since`` the day its wages were due; ``name`` is None where payrolls name no contract.
    """
    return known_by_project(store, TEAMS_OWED, as_of, plain, projects, written)


_PAYROLL_TEAMS = f"""
{with_known_tables("payrolls", "contracts", "organizations")}
SELECT w.project_id, w.payroll_id,
       coalesce(k.contractor_name, o.org_name, k.contractor_id) AS name
FROM $wanted w JOIN payrolls r USING (payroll_id)
JOIN contracts k USING (contract_id)
LEFT JOIN organizations o ON o.org_id = k.contractor_id
WHERE coalesce(k.contractor_name, o.org_name, k.contractor_id) <> ''
ORDER BY w.project_id
"""

_NO_PAYROLLS = "SELECT '' AS project_id, '' AS payroll_id LIMIT 0"
_AT_ONCE = 50_000


class PayrollTeams:
    """The teams whose wages the timelines of projects tell of.

    Payrolls are collected while the risks are sealed, so that every table is read once.
    """

    def __init__(self, store: RecordStore, as_of: dt.date) -> None:
        self._store, self._as_of = store, as_of
        self._wanted = Staged(store.connection, _NO_PAYROLLS)
        self._waiting: list[tuple[str, str]] = []

    def add(self, project_id: str, timeline: Iterable[TimelineItem]) -> None:
        """Add the payrolls in the timeline of a project, whose timeline is added once."""
        for item in timeline:
            if item.evidence.table == "payrolls":
                self._waiting.append((project_id, item.evidence.record_id))
        if len(self._waiting) >= _AT_ONCE:
            self._flush()

    def load(self, projects: Iterable[str]) -> Mapping[str, dict[str, str]]:
        """Return by project the names of teams by payroll, of those whose contract is known."""
        self._flush()
        sql = _PAYROLL_TEAMS.replace("$wanted", self._wanted.table)
        staged = Staged(self._store.connection, sql, [self._as_of])

        def read(project_ids: Sequence[str]) -> dict[str, dict[str, str]]:
            found: dict[str, dict[str, str]] = {}
            for project_id, payroll_id, name in staged.of(project_ids):
                found.setdefault(project_id, {})[payroll_id] = name
            return found

        return InBatches(projects, read)

    def _flush(self) -> None:
        if self._waiting:
            self._wanted.add_rows(self._waiting)
            self._waiting = []


def owed_summary(teams: Sequence[Row]) -> Row | None:
    """Return the sum over ``teams`` for the card of a project; None if no team is owed wages."""
    if not teams:
        return None
    return {
        "amount": sum(team["amount"] for team in teams),
        "workers": teams[0]["project_workers"],
        "teams": len(teams),
        "largest": teams[0]["name"],
        "since": min(team["since"] for team in teams),
        "due_since": min(team["due_since"] for team in teams),
    }
