"""Facts and contract trees of projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from risk.store.store import RecordStore
from serving.snapshot.as_of_query import (
    Row,
    group_by_project,
    query_rows,
    to_json_value,
    with_known_tables,
)

MOST_CONTRACTS = 200

_PROJECTS = f"""
{with_known_tables("projects", "organizations")}
SELECT p.project_id, p.project_name, p.region_code, p.sector, p.funding, p.owner_id,
       o.org_name AS owner_name, p.contractor_id, c.org_name AS contractor_name,
       p.contract_amount, p.labour_cost_share, p.started_on, p.planned_end_on, p.completed_on,
       p.advance_funded, p.settlement, p.notice_board, p.latitude, p.longitude
FROM projects p
LEFT JOIN organizations o ON o.org_id = p.owner_id
LEFT JOIN organizations c ON c.org_id = p.contractor_id
ORDER BY p.project_id
"""

_CONTRACTS = f"""
{with_known_tables("contracts", "organizations")}
SELECT k.project_id, k.contract_id AS id, k.parent_contract_id AS parent,
       coalesce(k.contractor_name, o.org_name, k.contractor_id) AS name,
       k.contractor_kind AS kind, k.written, k.amount, k.signed_on, k.ended_on
FROM contracts k LEFT JOIN organizations o ON o.org_id = k.contractor_id
ORDER BY k.project_id, k.signed_on, k.contract_id
"""


def load_project_facts(store: RecordStore, as_of: dt.date) -> Mapping[str, Row]:
    """Return the fields of each project with its owner and contractor; money in fen."""
    return {
        row["project_id"]: {name: to_json_value(value) for name, value in row.items()}
        for row in query_rows(store, _PROJECTS, as_of)
    }


def load_contracts(store: RecordStore, as_of: dt.date) -> Mapping[str, list[Row]]:
    """Return the contracts of each project; ``parent`` is the ``id`` of the contract above."""
    return {
        project: [{n: to_json_value(v) for n, v in row.items()} for row in rows[:MOST_CONTRACTS]]
        for project, rows in group_by_project(query_rows(store, _CONTRACTS, as_of)).items()
    }
