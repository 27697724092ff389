"""Cases, inspections and wage accounts per project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from risk.store.staged import InBatches
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, by_project, plain, with_known_tables

_CASES = f"""
{with_known_tables("cases")}
SELECT project_id, case_id, org_id, opened_on, status, workers, amount_owed, amount_recovered,
       confirmed_on, closed_on, transferred_on, known_at
FROM cases WHERE project_id IS NOT NULL ORDER BY project_id, opened_on, case_id
"""
_INSPECTIONS = f"""
{with_known_tables("inspections")}
SELECT project_id, inspection_id, inspected_on, kind, arrears_found, workers_owed, amount_owed,
       rectify_by, rectified_on, known_at
FROM inspections ORDER BY project_id, inspected_on, inspection_id
"""
_ACCOUNTS = f"""
{with_known_tables("accounts")}
SELECT project_id, account_id, bank, opened_on, closed_on
FROM accounts ORDER BY project_id, opened_on, account_id
"""
_PARTS = (("cases", _CASES), ("inspections", _INSPECTIONS), ("accounts", _ACCOUNTS))


def load_case_handling(
    store: RecordStore, as_of: dt.date, projects: Iterable[str] | None = None
) -> Mapping[str, Row]:
    """Return ``cases``, ``inspections`` and ``accounts`` per project; money in fen."""
    parts = {name: by_project(store, sql, as_of, plain, projects) for name, sql in _PARTS}
    if projects is None:
        return _joined(parts, {key for rows in parts.values() for key in rows})
    return InBatches(projects, lambda ids: _joined(parts, ids))


def _joined(parts: Mapping[str, Mapping[str, list[Row]]], keys: Iterable[str]) -> dict[str, Row]:
    found = {key: {name: rows.get(key, []) for name, rows in parts.items()} for key in keys}
    return {key: handling for key, handling in found.items() if any(handling.values())}


def empty_case_handling() -> Row:
    """Return the value of a project without records."""
    return {name: [] for name, _ in _PARTS}
