"""Cases, inspections and accounts of every project: what was done about its arrears."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, by_project, known, plain, rows_of

_CASES = f"""
{known("cases")}
SELECT project_id, case_id, org_id, opened_on, status, workers, amount_owed, amount_recovered,
       confirmed_on, closed_on, transferred_on, known_at
FROM cases WHERE project_id IS NOT NULL ORDER BY project_id, opened_on, case_id
"""
_INSPECTIONS = f"""
{known("inspections")}
SELECT project_id, inspection_id, inspected_on, kind, arrears_found, workers_owed, amount_owed,
       rectify_by, rectified_on, known_at
FROM inspections ORDER BY project_id, inspected_on, inspection_id
"""
_ACCOUNTS = f"""
{known("accounts")}
SELECT project_id, account_id, bank, opened_on, closed_on
FROM accounts ORDER BY project_id, opened_on, account_id
"""
_PARTS = (("cases", _CASES), ("inspections", _INSPECTIONS), ("accounts", _ACCOUNTS))


def handling_of(store: RecordStore, as_of: dt.date) -> Mapping[str, Row]:
    """Per project its ``cases``, ``inspections`` and ``accounts``; money in fen."""
    found: dict[str, Row] = {}
    for name, sql in _PARTS:
        for project, rows in by_project(rows_of(store, sql, as_of)).items():
            shown = [{n: plain(v) for n, v in row.items()} for row in rows]
            found.setdefault(project, nothing_handled())[name] = shown
    return found


def nothing_handled() -> Row:
    """Of a project nothing is known of."""
    return {name: [] for name, _ in _PARTS}
