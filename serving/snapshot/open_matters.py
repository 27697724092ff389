"""Open matters and closed cases of the records.

A matter has a stable ``key`` (``case:AJ1``), so that responsibility, deadline and steps recorded in
the service stay with it from list to list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, plain_rows, with_known_tables

TABLES = ("cases", "inspections", "complaints", "projects", "organizations")

_OPEN = f"""
{with_known_tables(*TABLES)},
open_cases AS (
  SELECT 'case:' || case_id AS key, 'case' AS kind, project_id, opened_on, NULL::DATE AS due_on,
         workers, amount_owed - coalesce(amount_recovered, 0) AS amount, status, case_id AS record,
         org_id, confirmed_on, transferred_on
  FROM cases WHERE status IN ('accepted', 'filed', 'confirmed') AND closed_on IS NULL
),
reporting AS (
  SELECT DISTINCT substr(p.region_code, 1, 6) AS county
  FROM inspections i JOIN projects p USING (project_id) WHERE i.rectified_on IS NOT NULL
),
rectifications AS (
  SELECT 'inspection:' || i.inspection_id, 'rectification', i.project_id, i.inspected_on,
         i.rectify_by, i.workers_owed, i.amount_owed, NULL, i.inspection_id, NULL, NULL, NULL
  FROM inspections i JOIN projects p USING (project_id)
  WHERE i.rectify_by IS NOT NULL AND i.rectified_on IS NULL
    AND substr(p.region_code, 1, 6) IN (FROM reporting)
),
findings AS (
  SELECT 'inspection:' || i.inspection_id, 'finding', i.project_id, i.inspected_on,
         NULL::DATE, i.workers_owed, i.amount_owed, NULL, i.inspection_id, NULL, NULL, NULL
  FROM inspections i JOIN projects p USING (project_id)
  WHERE i.arrears_found AND i.rectify_by IS NULL AND i.rectified_on IS NULL
    AND substr(p.region_code, 1, 6) IN (FROM reporting)
    AND NOT EXISTS (FROM cases k
                    WHERE k.project_id = i.project_id AND k.opened_on >= i.inspected_on)
    AND NOT EXISTS (FROM inspections l
                    WHERE l.project_id = i.project_id AND l.inspected_on > i.inspected_on)
),
naming AS (
  SELECT DISTINCT substr(p.region_code, 1, 6) AS county
  FROM cases k LEFT JOIN projects p USING (project_id) WHERE k.complaint_id IS NOT NULL
),
unanswered AS (
  SELECT 'complaint:' || c.complaint_id, 'complaint', c.project_id, c.received_on, NULL::DATE,
         c.workers, c.amount_claimed, NULL, c.complaint_id, NULL, NULL, NULL
  FROM complaints c LEFT JOIN projects p USING (project_id)
  WHERE (c.guided_on IS NULL OR c.guided_on >= $1)
    AND NOT EXISTS (FROM cases k WHERE k.complaint_id = c.complaint_id)
    -- Where no case of the county names its complaint, a later one of the project may be its own.
    AND NOT EXISTS (FROM cases k
                    WHERE k.project_id = c.project_id AND k.opened_on >= c.received_on
                      AND substr(p.region_code, 1, 6) NOT IN (FROM naming WHERE county IS NOT NULL))
    -- Where no case at all does, nothing on record could answer a complaint without a project.
    AND (p.project_id IS NOT NULL OR EXISTS (FROM naming) OR c.received_on >= $1 - to_days(90))
    AND NOT EXISTS (FROM inspections i
                    WHERE i.project_id = c.project_id AND i.inspected_on >= c.received_on)
),
every AS (
  FROM open_cases UNION ALL FROM rectifications UNION ALL FROM findings UNION ALL FROM unanswered
)
SELECT e.*, coalesce(p.region_code, o.region_code) AS region_code, p.project_name, o.org_name,
       p.funding, p.sector
FROM every e LEFT JOIN projects p USING (project_id)
  LEFT JOIN organizations o ON o.org_id = e.org_id
ORDER BY e.opened_on, e.key
"""

_CLOSED = f"""
{with_known_tables(*TABLES)}
SELECT 'revisit:' || c.case_id AS key, c.project_id, c.case_id AS record, c.opened_on, c.closed_on,
       c.workers, c.amount_owed, c.amount_recovered, c.org_id, o.org_name, p.funding, p.sector,
       coalesce(p.region_code, o.region_code) AS region_code, p.project_name,
       (SELECT min(i.inspected_on) FROM inspections i
        WHERE i.project_id = c.project_id AND i.inspected_on > c.closed_on) AS checked_on
FROM cases c LEFT JOIN projects p USING (project_id)
  LEFT JOIN organizations o ON o.org_id = c.org_id
WHERE c.status = 'closed' AND c.closed_on >= $1 - to_months(12) AND c.closed_on < $1
ORDER BY c.closed_on, c.case_id
"""


_UNLISTED = f"""
{with_known_tables(*TABLES, "listings")}
SELECT 'case:' || c.case_id AS key, c.project_id, c.case_id AS record, c.status, c.opened_on,
       c.transferred_on, c.workers, c.amount_owed, c.amount_recovered, o.org_id, o.org_name,
       coalesce(p.region_code, o.region_code) AS region_code, p.project_name
FROM cases c LEFT JOIN projects p USING (project_id)
  LEFT JOIN organizations o ON o.org_id = coalesce(c.org_id, p.contractor_id)
WHERE (c.status = 'transferred' OR c.transferred_on IS NOT NULL) AND c.status <> 'unfounded'
  AND (c.transferred_on IS NULL OR c.transferred_on < $1)
  AND NOT EXISTS (
    FROM listings l
    WHERE l.org_id = coalesce(c.org_id, p.contractor_id) AND l.listed_on < $1
      AND (l.removed_on IS NULL OR l.removed_on >= coalesce(c.transferred_on, c.opened_on)))
ORDER BY c.transferred_on DESC NULLS LAST, c.case_id
"""


def open_matters(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Return open cases, overdue rectifications, arrears found and complaints not followed up.

    None of them lapses. A complaint is answered by a case, a later visit or guidance elsewhere.
    Rectifications and findings of a county that never reports rectifications are left out, because
    missing reports mean nothing there. A case may belong to an organisation without a project.
    Money in fen. ``region_code`` is None if neither project nor organisation is known.
    """
    return plain_rows(store, _OPEN, as_of)


def closed_cases(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Return cases closed in the last twelve months; ``checked_on``: first visit after closing."""
    return plain_rows(store, _CLOSED, as_of)


def transferred_unlisted(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Return cases transferred to the police whose unit is not on the sanction list.

    The unit is the one the case names, else the general contractor of its project. A listing counts
    from the day of the transfer on, and one still in force on that day. ``org_id`` is None where
    neither is known. Money in fen; the newest transfer comes first.
    """
    return plain_rows(store, _UNLISTED, as_of)
