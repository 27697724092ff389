"""Wage deposits held as guarantees that soon run out, as the records tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from risk.records import RecordStore
from serving.dossiers.known import Row, known, plain, rows_of

_EXPIRING = f"""
{known("deposits", "projects")}
SELECT d.deposit_id AS record, d.project_id, d.kind, d.amount, d.valid_to, p.region_code,
       p.project_name
FROM deposits d JOIN projects p USING (project_id)
WHERE d.status = 'stored' AND d.valid_to >= $1 AND d.valid_to < $1 + to_days(90)
  AND (p.completed_on IS NULL OR p.completed_on >= $1)
  AND NOT EXISTS (FROM deposits l WHERE l.project_id = d.project_id AND l.status = 'stored'
                  AND (l.valid_to IS NULL OR l.valid_to > d.valid_to))
ORDER BY d.valid_to, d.deposit_id
"""


def expiring(store: RecordStore, as_of: dt.date) -> Sequence[Row]:
    """Deposits and guarantees of running projects that end within 90 days with none after them.

    ``amount`` in fen. One whose end is not recorded is not among them.
    """
    found = rows_of(store, _EXPIRING, as_of)
    return [{name: plain(value) for name, value in row.items()} for row in found]
