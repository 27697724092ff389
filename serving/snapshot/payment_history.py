"""Monthly wages, labour-cost transfers and attendance per project: due and paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from risk.calendar.dates import add_months
from risk.store.known_query import NOTHING_WRITTEN, KnownQuery, Written, day_sql
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, known_by_project, with_known_tables

MONTHS = 24

_SQL = f"""
{with_known_tables("payrolls", "transfers", "attendance")},
paid AS (SELECT payroll_id, paid AS amount FROM $settled s),
parts AS (
  SELECT r.project_id, r.period AS month, sum(r.amount_due) AS due,
         sum(coalesce(p.amount, 0)) AS paid, $none AS transfer_due,
         $none AS transferred, $none AS present
  FROM payrolls r LEFT JOIN paid p USING (payroll_id)
  GROUP BY r.project_id, r.period
  UNION ALL
  SELECT project_id, period, NULL, NULL, sum(amount_due), sum(coalesce(amount_paid, 0)), NULL
  FROM transfers GROUP BY project_id, period
  UNION ALL
  SELECT project_id, period, NULL, NULL, NULL, NULL, sum(workers_present)
  FROM attendance GROUP BY project_id, period
)
SELECT project_id, CAST(month AS DATE) AS month, CAST(sum(due) AS BIGINT) AS due,
       CAST(sum(paid) AS BIGINT) AS paid, CAST(sum(transfer_due) AS BIGINT) AS transfer_due,
       CAST(sum(transferred) AS BIGINT) AS transferred, CAST(sum(present) AS BIGINT) AS present
FROM parts WHERE month >= $since AND month < $1
GROUP BY project_id, month
"""


def _text(as_of: dt.date) -> str:
    months = _SQL.replace("$since", day_sql(add_months(as_of, -MONTHS)))
    return months.replace("$none", "CAST(NULL AS BIGINT)")


MONEY = KnownQuery("money", _text, "project_id, month")

_SERIES = ("due", "paid", "transfer_due", "transferred", "present")


def load_payment_history(
    store: RecordStore,
    as_of: dt.date,
    projects: Iterable[str] | None = None,
    written: Written = NOTHING_WRITTEN,
) -> Mapping[str, Row]:
    """Return ``months`` and five series of the same length per project; None marks missing data.

    Money in fen. A payment counts for the month of the work, however late it was made.
    """
    return known_by_project(store, MONEY, as_of, _series, projects, written)


def _series(rows: list[Row]) -> Row:
    at = {row["month"]: row for row in rows}
    month, last, months = min(at), max(at), []
    while month <= last:
        months.append(month)
        month = add_months(month, 1)
    series = {name: [at.get(month, {}).get(name) for month in months] for name in _SERIES}
    return {"months": [f"{month:%Y-%m}" for month in months], **series}
