"""One DuckDB query written for exactly these features, on the same record store.

It uses integer keys, reads each table once, materialises no step, and assumes that only payments
have later versions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.rivals import STATE_WEIGHTS
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
  SELECT p.payroll_id, p.paid_on, p.returned_on, p.amount, p.workers_paid, p.channel, p.known_at,
         a.ends
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
  SELECT m.as_of, r.rowid AS place, r.payroll_id, r.project_id, r.contract_id, r.period,
         r.workers, r.amount_due, r.wage_basis, r.due_on, m.as_of - r.due_on AS age
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
         sum(p.amount) FILTER (p.paid_on <= r.due_on + 15) AS soon,
         sum(p.amount::DOUBLE * greatest(p.paid_on - r.due_on, 0)) AS fen_days,
         max(p.paid_on) AS last_on, count(*) AS instalments,
         CASE WHEN count(*) = count(p.workers_paid) THEN sum(p.workers_paid) END AS workers_paid
  FROM told p
  JOIN rolls r ON r.payroll_id = p.payroll_id AND p.known_at < r.as_of AND p.paid_on < r.as_of
   AND (p.ends IS NULL OR p.ends >= r.as_of)
   AND (p.returned_on IS NULL OR p.returned_on >= r.as_of)
  GROUP BY ALL
), pay AS (
  SELECT r.*, coalesce(p.paid, 0) AS paid, p.cash, p.foreman, p.told, p.last_on, p.instalments,
         least(coalesce(p.in_time, 0), r.amount_due) AS in_time,
         least(coalesce(p.soon, 0), r.amount_due) AS soon,
         CASE WHEN p.place IS NULL THEN 0
              WHEN p.workers_paid IS NOT NULL THEN least(p.workers_paid, r.workers) END
           AS workers_paid,
         greatest(r.amount_due - coalesce(p.paid, 0), 0) AS unpaid,
         (coalesce(p.paid, 0) < 0.99 * r.amount_due)::INT AS open,
         greatest(coalesce(p.fen_days, 0)
             - greatest(coalesce(p.paid, 0) - r.amount_due, 0)::DOUBLE
               * greatest(coalesce(p.last_on, r.due_on) - r.due_on, 0), 0)
           + greatest(r.amount_due - coalesce(p.paid, 0), 0)::DOUBLE * r.age AS fen_days
  FROM rolls r LEFT JOIN paid p USING (as_of, place)
), returned AS (
  SELECT r.as_of, r.project_id, sum(p.amount)::DOUBLE AS returned
  FROM told p
  JOIN rolls r ON r.payroll_id = p.payroll_id AND p.known_at < r.as_of
   AND (p.ends IS NULL OR p.ends >= r.as_of)
  WHERE p.returned_on < r.as_of AND r.age <= 92
  GROUP BY ALL
), old_wages AS (
  SELECT d.as_of, r.project_id, max(p.paid_on) AS paid_on
  FROM payrolls r
  JOIN told p ON p.payroll_id = r.payroll_id AND p.paid_on > r.due_on
  JOIN dates d ON p.paid_on < d.as_of AND p.paid_on >= d.as_of - INTERVAL 12 MONTH
   AND r.due_on < d.as_of - INTERVAL 12 MONTH AND r.known_at < d.as_of AND p.known_at < d.as_of
   AND (p.ends IS NULL OR p.ends >= d.as_of)
   AND (p.returned_on IS NULL OR p.returned_on >= d.as_of)
  WHERE p.paid_on >= (SELECT min(as_of) FROM dates) - INTERVAL 12 MONTH
    AND r.due_on < (SELECT max(as_of) FROM dates) - INTERVAL 12 MONTH
  GROUP BY ALL
), wage_months AS (
  SELECT as_of, project_id, sum(due)::DOUBLE / count(*) AS wages,
         sum(heads)::DOUBLE / nullif(count(heads), 0) AS heads
  FROM (
    SELECT as_of, project_id, period, sum(amount_due) AS due,
           CASE WHEN count(*) = count(workers) THEN sum(workers) END AS heads
    FROM rolls WHERE age <= 92 GROUP BY ALL
  ) GROUP BY ALL
), unpaid_workers AS (
  SELECT as_of, project_id, CASE WHEN count(*) = count(workers) THEN sum(workers) END AS workers
  FROM (
    SELECT as_of, project_id, team,
           CASE WHEN count(*) = count(workers) THEN max(workers) END AS workers
    FROM (
      SELECT as_of, project_id, coalesce(contract_id, '') AS team, period,
             CASE WHEN count(*) = count(nullif(workers, 0)) THEN sum(workers) END AS workers
      FROM pay WHERE age <= 92 AND open = 1 GROUP BY ALL
    ) GROUP BY ALL
  ) GROUP BY ALL
), states AS (
  SELECT as_of, project_id,
         CASE WHEN count(*) = count(heads) AND sum(heads) > 0
              THEN sum(CASE WHEN heads > 0 THEN heads * state ELSE 0 END) / sum(heads)
              ELSE sum(state) / count(state) END / 1000000 AS state
  FROM (
    SELECT as_of, project_id, team,
           sum(unpaid * $weights[back + 1]) AS state,
           CASE WHEN count(*) = count(heads) THEN max(heads)::DOUBLE END AS heads
    FROM (
      SELECT as_of, project_id, coalesce(contract_id, '') AS team, (age - 16) // 30 AS back,
             floor((1000 * sum(amount_due - soon))::DOUBLE / nullif(sum(amount_due), 0)) AS unpaid,
             CASE WHEN count(*) = count(workers) THEN sum(workers) END AS heads
      FROM pay WHERE age > 15 GROUP BY ALL
    ) GROUP BY ALL
  ) GROUP BY ALL
), teams AS (
  SELECT as_of, project_id, avg(open) AS open_share, max(share) AS worst FROM (
    SELECT as_of, project_id, max(open) AS open,
           sum(unpaid)::DOUBLE / nullif(sum(amount_due), 0) AS share
    FROM pay WHERE age <= 92
    GROUP BY as_of, project_id, coalesce(contract_id, payroll_id)
  ) GROUP BY ALL
), short AS (
  SELECT as_of, project_id, least(count(*) FILTER (unpaid > 0.01 * due), 6) AS n
  FROM (
    SELECT as_of, project_id, period, sum(unpaid) FILTER (age > 15) AS unpaid,
           sum(amount_due) FILTER (age > 15) AS due
    FROM pay WHERE age <= 184 GROUP BY ALL
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
    (sum(amount_due - in_time) FILTER (age BETWEEN 6 AND 92))::DOUBLE AS slow_3m,
    (sum(amount_due) FILTER (age BETWEEN 6 AND 92))::DOUBLE AS past_3m,
    (sum(amount_due - in_time) FILTER (age > 5))::DOUBLE AS slow,
    (sum(amount_due) FILTER (age > 5))::DOUBLE AS past,
    sum(fen_days) FILTER (age <= 92) AS late_3m, sum(fen_days) AS late,
    sum(fen_days) FILTER (age BETWEEN 32 AND 92) AS late_old,
    (sum(amount_due) FILTER (age BETWEEN 32 AND 92))::DOUBLE AS due_late_old,
    (sum(paid) FILTER (age <= 92))::DOUBLE AS paid_3m,
    (sum(amount_due) FILTER (age <= 92 AND wage_basis = 'measured'))::DOUBLE AS measured,
    (sum(amount_due) FILTER (age <= 92 AND wage_basis = 'piece'))::DOUBLE AS piece,
    (sum(amount_due) FILTER (age <= 92 AND wage_basis IS NOT NULL))::DOUBLE AS with_basis,
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
    (sum(workers) FILTER (age BETWEEN 16 AND 92 AND workers_paid IS NOT NULL))::DOUBLE AS listed,
    (sum(CASE WHEN workers IS NOT NULL THEN greatest(workers - workers_paid, 0) END)
      FILTER (age BETWEEN 16 AND 92 AND workers_paid IS NOT NULL))::DOUBLE AS missed
  FROM pay GROUP BY as_of, project_id
)
SELECT as_of, project_id,
  unpaid_1m / nullif(due_1m, 0), unpaid_3m / nullif(due_3m, 0), unpaid / nullif(due, 0),
  unpaid / nullif(w.wages, 0),
  (unpaid - coalesce(unpaid_1m, 0)) / nullif(due - coalesce(due_1m, 0), 0),
  unpaid / 100, unpaid / 100 / nullif(w.heads, 0), oldest, s.open_share, t.open_share, t.worst,
  CASE WHEN s.open_share = 0 THEN 0 ELSE h.workers END,
  slow_3m / nullif(past_3m, 0), slow / nullif(past, 0),
  late_3m / nullif(due_3m, 0), late / nullif(due, 0),
  late_old / nullif(due_late_old, 0) - late_6m / nullif(due_6m, 0),
  unpaid_1m / nullif(due_1m, 0) - unpaid_before / nullif(due_before, 0),
  cash_3m / nullif(told_3m, 0), foreman_3m / nullif(told_3m, 0), foreman / nullif(told, 0),
  (cash + foreman) / nullif(told, 0) - (cash_3m + foreman_3m) / nullif(told_3m, 0),
  least(since, c.as_of - l.paid_on), short.n, states.state, instalments_3m,
  due_with_workers / 100 / nullif(workers_3m, 0), due_3m / nullif(c.contract_amount, 0),
  coalesce(measured, 0) / nullif(with_basis, 0),
  coalesce(piece, 0) / nullif(with_basis, 0), missed / nullif(listed, 0),
  coalesce(y.returned, 0) / nullif(coalesce(paid_3m, 0) + coalesce(y.returned, 0), 0)
FROM cohort c
LEFT JOIN sums s USING (as_of, project_id)
LEFT JOIN teams t USING (as_of, project_id)
LEFT JOIN short USING (as_of, project_id)
LEFT JOIN states USING (as_of, project_id)
LEFT JOIN wage_months w USING (as_of, project_id)
LEFT JOIN unpaid_workers h USING (as_of, project_id)
LEFT JOIN old_wages l USING (as_of, project_id)
LEFT JOIN returned y USING (as_of, project_id)
ORDER BY as_of, project_id
"""


def features(store: RecordStore, as_ofs: Sequence[dt.date]) -> pa.Table:
    """as_of, project_id and the 32 features of wage payment that the others compute too."""
    connection = store.cursor()
    connection.execute("CREATE TEMP TABLE dates (as_of DATE)")
    connection.executemany("INSERT INTO dates VALUES (?)", [[day] for day in as_ofs])
    return connection.sql(QUERY.replace("$weights", str(list(STATE_WEIGHTS)))).to_arrow_table()
