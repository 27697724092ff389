"""The stakes of a unit as of a date: how many workers and how much money are affected."""

from __future__ import annotations

from features.catalogue import Step

STAKES = Step(
    "stakes",
    """
    SELECT c.as_of, c.project_id,
           coalesce(w.workers, p.workers) AS workers,
           CASE WHEN m.wages IS NULL THEN u.unpaid
                ELSE m.wages + coalesce(u.unpaid, 0) END AS amount
    FROM cohort c
    LEFT JOIN (
      SELECT as_of, project_id, max_by(workers, period) AS workers FROM (
        SELECT as_of, project_id, period, sum(workers) AS workers
        FROM rolls WHERE age <= 92 AND workers IS NOT NULL GROUP BY as_of, project_id, period
      ) x GROUP BY as_of, project_id
    ) w ON w.as_of = c.as_of AND w.project_id = c.project_id
    LEFT JOIN (
      SELECT as_of, project_id, max(CASE WHEN back = 1 THEN CAST(present AS BIGINT) END) AS workers
      FROM presence_months WHERE age <= 123 GROUP BY as_of, project_id
    ) p ON p.as_of = c.as_of AND p.project_id = c.project_id
    LEFT JOIN wage_months m ON m.as_of = c.as_of AND m.project_id = c.project_id
    LEFT JOIN (
      SELECT as_of, project_id, CAST(sum(unpaid) AS DOUBLE) AS unpaid
      FROM pay GROUP BY as_of, project_id
    ) u ON u.as_of = c.as_of AND u.project_id = c.project_id
    """,
)
"""``workers``: on the payrolls of the latest month due in three months, else on site. ``amount`` in
fen: wages unpaid so far plus one month's wages. NULL if nothing was reported."""

EMPLOYER_STAKES = Step(
    "stakes",
    """
    SELECT c.as_of, c.project_id, TRY_CAST(round(h.insured) AS BIGINT) AS workers,
           CAST(NULL AS DOUBLE) AS amount
    FROM cohort c
    LEFT JOIN meters h ON h.as_of = c.as_of AND h.org_id = c.contractor_id
    """,
)
"""``workers``: insured staff of the last reported month, rounded; NULL above 2**63. Rounding comes
before the cast because DuckDB rounds in a cast and Spark truncates. ``amount`` is NULL: there are
no records of an employer's wages."""
