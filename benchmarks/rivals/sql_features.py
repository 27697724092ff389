"""One DuckDB query written for exactly these features, on the same record store.

It uses integer keys, reads each table once, materialises no step, and assumes that only payments
have later versions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from risk.store.store import RecordStore

if TYPE_CHECKING:
    import pyarrow as pa

QUERY = """
WITH again AS (
  SELECT rowid AS place, lead(known_at) OVER (PARTITION BY payment_id ORDER BY known_at, arrival)
           AS ends
  FROM payments
  WHERE payment_id IN (SELECT payment_id FROM payments GROUP BY ALL HAVING count(*) > 1)
), told AS (
  SELECT p.payroll_id, p.paid_on, p.amount, p.workers_paid, p.channel, p.known_at, a.ends
  FROM payments p LEFT JOIN again a ON a.place = p.rowid
), confirmed AS (
  SELECT d.as_of, c.project_id
  FROM dates d JOIN (
    SELECT *, lead(known_at) OVER (PARTITION BY case_id ORDER BY known_at, arrival) AS ends
    FROM cases
  ) c ON c.known_at < d.as_of AND (c.ends IS NULL OR c.ends >= d.as_of)
  WHERE c.status = 'confirmed'
), cohort AS (
  SELECT d.as_of, p.project_id, p.contract_amount
  FROM dates d JOIN projects p ON p.known_at < d.as_of AND p.started_on < d.as_of
   AND (p.completed_on IS NULL OR d.as_of - p.completed_on <= 90)
  ANTI JOIN confirmed c ON c.as_of = d.as_of AND c.project_id = p.project_id
), months AS (
  SELECT as_of, unnest(range(date_trunc('month', as_of - INTERVAL 12 MONTH)::TIMESTAMP,
                             as_of::TIMESTAMP, INTERVAL 1 MONTH))::DATE AS month
  FROM dates
), rolls AS (
  SELECT m.as_of, r.rowid AS place, r.payroll_id, r.project_id, r.contract_id, r.workers,
         r.amount_due, r.due_on, m.as_of - r.due_on AS age
  FROM months m
  JOIN payrolls r ON date_trunc('month', r.due_on)::DATE = m.month AND r.known_at < m.as_of
  JOIN cohort c ON c.as_of = m.as_of AND c.project_id = r.project_id
  WHERE r.due_on >= m.as_of - INTERVAL 12 MONTH AND r.due_on < m.as_of
), paid AS (
  SELECT r.as_of, r.place,
         sum(p.amount) AS paid,
         sum(p.amount) FILTER (p.channel = 'cash') AS cash,
         sum(p.amount) FILTER (p.channel = 'foreman') AS foreman,
         sum(p.amount) FILTER (p.channel IS NOT NULL) AS told,
         sum(p.amount) FILTER (p.paid_on <= r.due_on + 5) AS in_time,
         sum(p.amount::DOUBLE * greatest(p.paid_on - r.due_on, 0)) AS fen_days,
         max(p.paid_on) AS last_on, max(p.workers_paid) AS workers_paid, count(*) AS instalments
  FROM told p
  JOIN rolls r ON r.payroll_id = p.payroll_id AND p.known_at < r.as_of AND p.paid_on < r.as_of
   AND (p.ends IS NULL OR p.ends >= r.as_of)
  GROUP BY ALL
), pay AS (
  SELECT r.*, coalesce(p.paid, 0) AS paid, p.cash, p.foreman, p.told, p.in_time, p.last_on,
         p.workers_paid, p.instalments,
         greatest(r.amount_due - coalesce(p.paid, 0), 0) AS unpaid,
         (coalesce(p.paid, 0) < 0.99 * r.amount_due)::INT AS open,
         coalesce(p.fen_days, 0)
           + greatest(r.amount_due - coalesce(p.paid, 0), 0)::DOUBLE * r.age AS fen_days
  FROM rolls r LEFT JOIN paid p USING (as_of, place)
), teams AS (
  SELECT as_of, project_id, avg(open) AS open_share, max(share) AS worst FROM (
    SELECT as_of, project_id, max(open) AS open,
           sum(unpaid)::DOUBLE / nullif(sum(amount_due), 0) AS share
    FROM pay WHERE age <= 92
    GROUP BY as_of, project_id, coalesce(contract_id, payroll_id)
  ) GROUP BY ALL
), short AS (
  SELECT as_of, project_id, count(*) FILTER (age BETWEEN 15 AND 184 AND unpaid > 0.01 * due) AS n
  FROM (
    SELECT as_of, project_id, due_on, sum(unpaid) AS unpaid, sum(amount_due) AS due,
           min(age) AS age
    FROM pay GROUP BY ALL
  ) GROUP BY ALL
), sums AS (
  SELECT as_of, project_id,
    sum(unpaid)::DOUBLE AS unpaid, sum(amount_due)::DOUBLE AS due,
    (sum(unpaid) FILTER (age <= 31))::DOUBLE AS unpaid_1m,
    (sum(amount_due) FILTER (age <= 31))::DOUBLE AS due_1m,
    (sum(unpaid) FILTER (age <= 92))::DOUBLE AS unpaid_3m,
    (sum(amount_due) FILTER (age <= 92))::DOUBLE AS due_3m,
    (sum(unpaid) FILTER (age BETWEEN 32 AND 123))::DOUBLE AS unpaid_before,
    (sum(amount_due) FILTER (age BETWEEN 32 AND 123))::DOUBLE AS due_before,
    max(age * open) AS oldest, avg(open) FILTER (age <= 92) AS open_share,
    coalesce(sum(workers) FILTER (age <= 92 AND open = 1),
             sum(0) FILTER (age <= 92 AND open = 0)) AS workers_unpaid,
    (sum(amount_due - coalesce(in_time, 0)) FILTER (age BETWEEN 6 AND 92))::DOUBLE AS slow_3m,
    (sum(amount_due) FILTER (age BETWEEN 6 AND 92))::DOUBLE AS past_3m,
    (sum(amount_due - coalesce(in_time, 0)) FILTER (age > 5))::DOUBLE AS slow,
    (sum(amount_due) FILTER (age > 5))::DOUBLE AS past,
    sum(fen_days) FILTER (age <= 92) AS late_3m, sum(fen_days) AS late,
    sum(fen_days) FILTER (age BETWEEN 93 AND 184) AS late_6m,
    (sum(amount_due) FILTER (age BETWEEN 93 AND 184))::DOUBLE AS due_6m,
    (sum(coalesce(cash, 0)) FILTER (age <= 92))::DOUBLE AS cash_3m,
    (sum(coalesce(foreman, 0)) FILTER (age <= 92))::DOUBLE AS foreman_3m,
    (sum(told) FILTER (age <= 92))::DOUBLE AS told_3m,
    sum(coalesce(cash, 0))::DOUBLE AS cash, sum(coalesce(foreman, 0))::DOUBLE AS foreman,
    sum(told)::DOUBLE AS told,
    as_of - max(last_on) AS since, avg(instalments) FILTER (age <= 92) AS instalments_3m,
    (sum(amount_due) FILTER (age <= 92 AND workers > 0))::DOUBLE AS due_with_workers,
    (sum(workers) FILTER (age <= 92))::DOUBLE AS workers_3m,
    (sum(workers) FILTER (age BETWEEN 16 AND 92))::DOUBLE AS listed,
    (sum(greatest(workers - coalesce(workers_paid, 0), 0)) FILTER (age BETWEEN 16 AND 92))::DOUBLE
      AS missed
  FROM pay GROUP BY as_of, project_id
)
SELECT as_of, project_id,
  unpaid_1m / nullif(due_1m, 0), unpaid_3m / nullif(due_3m, 0), unpaid / nullif(due, 0),
  3 * unpaid / nullif(due_3m, 0),
  (unpaid - coalesce(unpaid_1m, 0)) / nullif(due - coalesce(due_1m, 0), 0),
  unpaid / 100, unpaid / 100 / nullif(workers_3m / 3, 0), oldest, s.open_share, t.open_share,
  t.worst, workers_unpaid, slow_3m / nullif(past_3m, 0), slow / nullif(past, 0),
  late_3m / nullif(due_3m, 0), late / nullif(due, 0),
  late_3m / nullif(due_3m, 0) - late_6m / nullif(due_6m, 0),
  unpaid_1m / nullif(due_1m, 0) - unpaid_before / nullif(due_before, 0),
  cash_3m / nullif(told_3m, 0), foreman_3m / nullif(told_3m, 0), foreman / nullif(told, 0),
  (cash + foreman) / nullif(told, 0) - (cash_3m + foreman_3m) / nullif(told_3m, 0),
  since, short.n, instalments_3m, due_with_workers / 100 / nullif(workers_3m, 0),
  due_3m / nullif(c.contract_amount, 0), missed / nullif(listed, 0)
FROM cohort c
LEFT JOIN sums s USING (as_of, project_id)
LEFT JOIN teams t USING (as_of, project_id)
LEFT JOIN short USING (as_of, project_id)
ORDER BY as_of, project_id
"""


def features(store: RecordStore, as_ofs: Sequence[dt.date]) -> pa.Table:
    """as_of, project_id and the 28 features of wage payment."""
    connection = store.cursor()
    connection.execute("CREATE TEMP TABLE dates (as_of DATE)")
    connection.executemany("INSERT INTO dates VALUES (?)", [[day] for day in as_ofs])
    return connection.sql(QUERY).to_arrow_table()
