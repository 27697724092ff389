"""Months whose mean pay is below the local minimum wage.

The minimum is that of the month worked, of the closest region, and in proportion to the days worked
where attendance has them, as for the red flag. Engines provide ``minimum_wages`` (region, fen,
from_day, to_day): the values shipped with the law, and those the office states.
"""

from __future__ import annotations

from features.catalogue import Step
from risk.flags.law import read_law
from risk.flags.minimum_wages import CODE


def _full_month() -> float:
    """Days of a full month's work."""
    values = (v for v in read_law().values if (v.code, v.name) == (CODE, "days"))
    return next(values).number


WORKED_DAYS = Step(
    "worked_days",
    """
    SELECT t.as_of, t.project_id, t.period,
           CASE WHEN count(*) = count(t.worker_days) THEN CAST(sum(t.worker_days) AS DOUBLE) END
             AS days
    FROM known_attendance t
    JOIN cohort c ON c.as_of = t.as_of AND c.project_id = t.project_id
    WHERE t.period >= months_later(t.as_of, -13)
    GROUP BY t.as_of, t.project_id, t.period
    """,
)

MINIMUM_MONTHS = Step(
    "minimum_months",
    f"""
    WITH months AS (
      SELECT as_of, project_id, period, CAST(sum(amount_due) AS DOUBLE) AS due,
             CASE WHEN count(*) = count(workers) THEN CAST(sum(workers) AS DOUBLE) END AS heads
      FROM rolls WHERE age <= 92 GROUP BY as_of, project_id, period
    ), priced AS (
      SELECT m.as_of, m.project_id, m.period, m.due, m.heads, v.fen,
             row_number() OVER (PARTITION BY m.as_of, m.project_id, m.period
                                ORDER BY length(v.region) DESC, v.from_day DESC) AS place
      FROM months m
      JOIN cohort c ON c.as_of = m.as_of AND c.project_id = m.project_id
      JOIN minimum_wages v
        ON substr(c.region_code, 1, length(v.region)) = v.region
       AND m.period >= v.from_day AND m.period < v.to_day
      WHERE m.heads > 0
    )
    SELECT p.as_of, p.project_id, p.period,
           CASE WHEN p.due < p.fen * least(
                  p.heads, coalesce(w.days / CAST({_full_month()} AS DOUBLE), p.heads))
                THEN 1 ELSE 0 END AS is_below
    FROM priced p
    LEFT JOIN worked_days w
      ON w.as_of = p.as_of AND w.project_id = p.project_id AND w.period = p.period
    WHERE p.place = 1
    """,
)

MINIMUM_PAY = Step(
    "minimum_pay",
    """
    SELECT as_of, project_id, CAST(sum(is_below) AS DOUBLE) / count(*) AS below_minimum_share_3m
    FROM minimum_months GROUP BY as_of, project_id
    """,
)

PAYROLLS_BELOW = """
    SELECT r.as_of, r.project_id, 'payrolls' AS source_table, r.payroll_id AS record_id,
           r.known_at, CAST(r.amount_due AS DOUBLE) AS weight
    FROM rolls r
    JOIN minimum_months m
      ON m.as_of = r.as_of AND m.project_id = r.project_id AND m.period = r.period
    WHERE r.age <= 92 AND m.is_below = 1
"""
"""SQL: the payrolls of the months below the minimum, as evidence."""
