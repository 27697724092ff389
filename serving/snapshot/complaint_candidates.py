"""Complaints without a project and their candidates; complaints linked by a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from risk.store.store import RecordStore
from serving.snapshot.as_of_query import (
    Row,
    group_by_project,
    query_rows,
    to_json_value,
    with_known_tables,
)

if TYPE_CHECKING:
    from models.linkage import ComplaintCandidates, RankedCandidate

_LINKED = f"""
{with_known_tables("complaints", "links")}
SELECT c.project_id, c.complaint_id, c.received_on, c.project_text, c.employer_text, l.decided_on
FROM complaints c JOIN links l USING (complaint_id)
WHERE c.linked AND c.project_id IS NOT NULL ORDER BY c.received_on, c.complaint_id
"""

_DECIDED = f"""
{with_known_tables("links")}
SELECT complaint_id, decision, project_id, org_id, decided_on FROM links
"""


def linked_complaints(store: RecordStore, as_of: dt.date) -> Mapping[str, list[Row]]:
    """Return the complaints of each project that a person linked to it, oldest first."""
    rows = [
        {key: to_json_value(value) for key, value in row.items()}
        for row in query_rows(store, _LINKED, as_of)
    ]
    return group_by_project(rows)


def unlinked_complaints(store: RecordStore, as_of: dt.date, region: str) -> Iterator[Row]:
    """Yield complaints of the last year without a project, each with up to five candidates a kind.

    With ``region`` only complaints that have a candidate in it. ``decided`` is the decision known
    before ``as_of`` or None. Money in fen.
    """
    from models.linkage import Linker

    decided = {
        row.pop("complaint_id"): {key: to_json_value(value) for key, value in row.items()}
        for row in query_rows(store, _DECIDED, as_of)
    }
    for one in Linker(store, as_of).linked():
        row = _row(one, decided.get(one.complaint.complaint_id))
        if not region or _touches(row, region):
            yield row


def _touches(row: Row, region: str) -> bool:
    return any((one["region_code"] or "").startswith(region) for one in row["candidates"])


def _row(candidates: ComplaintCandidates, decided: Row | None) -> Row:
    complaint = candidates.complaint
    return {
        "complaint_id": complaint.complaint_id,
        "received_on": complaint.received_on.isoformat(),
        "project_text": complaint.site,
        "employer_text": complaint.firm,
        "text": complaint.text,
        "workers": complaint.workers,
        "amount": complaint.amount,
        "decided": decided,
        "candidates": [
            *(_candidate("project", found) for found in candidates.projects),
            *(_candidate("organisation", found) for found in candidates.organisations),
        ],
    }


def _candidate(kind: str, found: RankedCandidate) -> Row:
    return {
        "kind": kind,
        "id": found.key,
        "region_code": found.region_code,
        "name": found.name,
        "firm": found.firm,
        "probability": found.probability,
        "site_words": list(found.site_words),
        "firm_words": list(found.firm_words),
        "under_way": found.under_way,
        "likeness": found.likeness,
        "unique": found.unique,
    }
