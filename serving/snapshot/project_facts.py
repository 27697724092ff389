"""Facts and contract trees of projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from risk.store.staged import Staged
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, by_project, plain, with_known_tables

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


class ProjectFacts:
    """The fields of all projects with their owners and contractors, read for a few at a time.

    Money is in fen.
    """

    def __init__(self, store: RecordStore, as_of: dt.date) -> None:
        self.staged = Staged(store.connection, _PROJECTS, [as_of])

    def of(self, project_ids: Sequence[str]) -> dict[str, Row]:
        """Return the fields of ``project_ids``."""
        rows = self.staged.of(project_ids)
        found = plain([dict(zip(self.staged.columns, row, strict=True)) for row in rows])
        return {row["project_id"]: row for row in found}

    def places(self) -> dict[str, str | None]:
        """Return the region code of every project."""
        return dict(self.staged.rows("SELECT project_id, region_code FROM $staged"))


def load_contracts(
    store: RecordStore, as_of: dt.date, projects: Iterable[str] | None = None
) -> Mapping[str, list[Row]]:
    """Return the contracts of each project; ``parent`` is the ``id`` of the contract above."""
    return by_project(store, _CONTRACTS, as_of, lambda rows: plain(rows[:MOST_CONTRACTS]), projects)
