"""The state of wage payment: months of wages unpaid by each team, the past ones counting for less.

A team's state is the share of each month's wages that was unpaid :data:`UNPAID_AFTER_DAYS` days
after the due day, summed with the weight :data:`DECAY` to the power of the months (of 30 days)
since. That of a project is the mean over its teams, weighted by the most workers each had on a
month's payrolls; if a head count is missing, every team has the same weight.
"""

from __future__ import annotations

from features.catalogue import Step
from features.common_steps import PAY_WINDOW_MONTHS, UNPAID_AFTER_DAYS

DECAY = 0.8

_SCALE = 1000
"""Weights and shares are whole thousandths: sums of whole numbers do not depend on their order."""

_WEIGHTS = ", ".join(
    f"({back}, {round(_SCALE * DECAY**back)})" for back in range(PAY_WINDOW_MONTHS + 1)
)

TEAM_MONTHS = Step(
    "team_months",
    f"""
    SELECT as_of, project_id, team, back,
           floor(CAST({_SCALE} * (sum(amount_due) - sum(paid_soon)) AS DOUBLE)
             / nullif(sum(amount_due), 0)) AS unpaid,
           CASE WHEN count(*) = count(workers) THEN CAST(sum(workers) AS DOUBLE) END AS heads
    FROM (
      SELECT as_of, project_id, coalesce(contract_id, '') AS team, amount_due, paid_soon, workers,
             CAST(floor((age - {UNPAID_AFTER_DAYS + 1}) / 30.0) AS INT) AS back
      FROM pay WHERE age > {UNPAID_AFTER_DAYS}
    ) m
    GROUP BY as_of, project_id, team, back
    """,
)
"""``unpaid``: thousandths of the wages of a team, ``back`` months ago; ``heads``: its workers."""

TEAM_STATES = Step(
    "team_states",
    f"""
    SELECT m.as_of, m.project_id, m.team, sum(w.weight * m.unpaid) AS state,
           CASE WHEN count(*) = count(m.heads) THEN max(m.heads) END AS heads
    FROM team_months m
    JOIN (VALUES {_WEIGHTS}) w(back, weight) ON w.back = m.back
    GROUP BY m.as_of, m.project_id, m.team
    """,
)

PAY_STATE = Step(
    "pay_state",
    f"""
    SELECT as_of, project_id,
           CASE WHEN count(*) = count(heads) AND sum(heads) > 0
                THEN sum(CASE WHEN heads > 0 THEN heads * state ELSE 0 END) / sum(heads)
                ELSE sum(state) / count(state) END / {_SCALE**2} AS unpaid_state_months
    FROM team_states GROUP BY as_of, project_id
    """,
)
