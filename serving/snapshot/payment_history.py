"""Monthly wages, labour-cost transfers and attendance per project: due and paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from risk.calendar.dates import add_months
from risk.store.settled import settled_sql
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, by_project, with_known_tables

MONTHS = 24

_SQL = f"""
{with_known_tables("payrolls", "transfers", "attendance")},
paid AS (SELECT payroll_id, paid AS amount FROM $settled s),
parts AS (
  SELECT r.project_id, r.period AS month, sum(r.amount_due) AS due,
         sum(coalesce(p.amount, 0)) AS paid, NULL::HUGEINT AS transfer_due,
         NULL::HUGEINT AS transferred, NULL::HUGEINT AS present
  FROM payrolls r LEFT JOIN paid p USING (payroll_id) GROUP BY ALL
  UNION ALL
  SELECT project_id, period, NULL, NULL, sum(amount_due), sum(coalesce(amount_paid, 0)), NULL
  FROM transfers GROUP BY ALL
  UNION ALL
  SELECT project_id, period, NULL, NULL, NULL, NULL, sum(workers_present)
  FROM attendance GROUP BY ALL
)
SELECT project_id, CAST(month AS DATE) AS month, CAST(sum(due) AS BIGINT) AS due,
       CAST(sum(paid) AS BIGINT) AS paid, CAST(sum(transfer_due) AS BIGINT) AS transfer_due,
       CAST(sum(transferred) AS BIGINT) AS transferred, CAST(sum(present) AS BIGINT) AS present
FROM parts WHERE month >= $1 - to_months({MONTHS}) AND month < $1
GROUP BY project_id, month ORDER BY project_id, month
"""

_SERIES = ("due", "paid", "transfer_due", "transferred", "present")


def load_payment_history(
    store: RecordStore, as_of: dt.date, projects: Iterable[str] | None = None
) -> Mapping[str, Row]:
    """Return ``months`` and five series of the same length per project; None marks missing data.

    Money in fen. A payment counts for the month of the work, however late it was made.
    """
    sql = _SQL.replace("$settled", settled_sql(store, as_of))
    return by_project(store, sql, as_of, _series, projects)


def _series(rows: list[Row]) -> Row:
    at = {row["month"]: row for row in rows}
    month, last, months = min(at), max(at), []
    while month <= last:
        months.append(month)
        month = add_months(month, 1)
    series = {name: [at.get(month, {}).get(name) for month in months] for name in _SERIES}
    return {"months": [f"{month:%Y-%m}" for month in months], **series}
