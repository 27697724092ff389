"""Open matters and closed cases, as the records tell: the ledger to work through.

A matter has a stable ``key`` (``case:AJ1``), so that what people add to it on the service, who is
to see to it and by when, stays with it from list to list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from risk.records import RecordStore
from serving.dossiers.known import Row, known, plain, rows_of

TABLES = ("cases", "inspections", "complaints", "projects")

_OPEN = f"""
{known(*TABLES)},
open_cases AS (
  SELECT 'case:' || case_id AS key, 'case' AS kind, project_id, opened_on, NULL::DATE AS due_on,
         workers, amount_owed - coalesce(amount_recovered, 0) AS amount, status, case_id AS record
  FROM cases WHERE status IN ('accepted', 'filed', 'confirmed') AND closed_on IS NULL
),
reporting AS (
  SELECT DISTINCT substr(p.region_code, 1, 6) AS county
  FROM inspections i JOIN projects p USING (project_id) WHERE i.rectified_on IS NOT NULL
),
rectifications AS (
  SELECT 'inspection:' || i.inspection_id, 'rectification', i.project_id, i.inspected_on,
         i.rectify_by, i.workers_owed, i.amount_owed, NULL, i.inspection_id
  FROM inspections i JOIN projects p USING (project_id)
  WHERE i.rectify_by IS NOT NULL AND i.rectified_on IS NULL
    AND i.inspected_on >= $1 - to_months(24)
    AND substr(p.region_code, 1, 6) IN (FROM reporting)
),
unanswered AS (
  SELECT 'complaint:' || c.complaint_id, 'complaint', c.project_id, c.received_on, NULL::DATE,
         c.workers, c.amount_claimed, NULL, c.complaint_id
  FROM complaints c
  WHERE c.received_on >= $1 - to_days(90)
    AND NOT EXISTS (FROM cases k WHERE k.complaint_id = c.complaint_id)
    AND NOT EXISTS (FROM inspections i
                    WHERE i.project_id = c.project_id AND i.inspected_on >= c.received_on)
),
every AS (FROM open_cases UNION ALL FROM rectifications UNION ALL FROM unanswered)
SELECT e.*, p.region_code, p.project_name FROM every e LEFT JOIN projects p USING (project_id)
ORDER BY e.opened_on, e.key
"""

_CLOSED = f"""
{known(*TABLES)}
SELECT 'revisit:' || c.case_id AS key, c.project_id, c.case_id AS record, c.opened_on, c.closed_on,
       c.workers, c.amount_owed, c.amount_recovered, p.region_code, p.project_name,
       (SELECT min(i.inspected_on) FROM inspections i
        WHERE i.project_id = c.project_id AND i.inspected_on > c.closed_on) AS checked_on
FROM cases c LEFT JOIN projects p USING (project_id)
WHERE c.status = 'closed' AND c.closed_on >= $1 - to_months(12) AND c.closed_on < $1
ORDER BY c.closed_on, c.case_id
"""


def open_matters(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Cases not closed, rectifications not made, complaints of 90 days nobody followed up.

    Where a county never reports that anything was put right, its silence says nothing, and no
    rectification of it is listed.
    Money in fen. ``region_code`` is None where the matter names no known project.
    """
    return [_plain(row) for row in rows_of(store, _OPEN, as_of)]


def closed_cases(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Cases closed in the last twelve months; ``checked_on`` is the first visit after closing."""
    return [_plain(row) for row in rows_of(store, _CLOSED, as_of)]


def _plain(row: Row) -> Row:
    return {name: plain(value) for name, value in row.items()}
