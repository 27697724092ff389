"""Funds of a project: pre-financing, guarantee, labour cost monthly and in full (Arts. 23-35)."""

from risk.flags.rule import Rule

_GOVERNMENT_PROJECT_PREFINANCED = Rule(
    code="government_project_prefinanced",
    facts="""
    SELECT project_id, started_on AS since, 'projects' AS source_table, project_id AS record_id,
           known_at, 1 AS weight
    FROM obliged
    WHERE funding = 'government' AND advance_funded AND started_on >= in_force_from
    """,
    measures={},
)

_OVERDUE = """
    t.paid_on IS NULL AND coalesce(t.amount_paid, 0) < t.amount_due
      AND t.due_on >= o.in_force_from AND t.due_on < o.as_of
      AND o.transfers_until >= t.due_on
"""
"""SQL: transfer ``t`` unpaid after the agreed day, in a county that reported others since."""

_LABOUR_COST_OVERDUE = Rule(
    code="labour_cost_overdue",
    feeds=("transfers",),
    facts=f"""
    SELECT o.project_id, days_after(t.due_on, 1) AS since, 'transfers' AS source_table,
           t.transfer_id AS record_id, t.known_at, t.amount_due AS weight,
           t.amount_due - coalesce(t.amount_paid, 0) AS short,
           days_between(t.due_on, o.as_of) AS late_days,
           (SELECT sum(x.amount_due) FROM known_transfers x
            WHERE x.project_id = o.project_id AND x.due_on < o.as_of) AS due_so_far
    FROM obliged o
    JOIN known_transfers t USING (project_id)
    WHERE {_OVERDUE}
    """,
    measures={
        "short_fen": "sum(short)",
        "short_share": "sum(short) / max(due_so_far)",
        "transfers": "count(*)",
        "late_days": "max(late_days)",
    },
)

# The contract's cycle is seen in the months for which labour cost fell due: several long steps in
# a row are a cycle, one may be a stop of the works.
_LABOUR_COST_CYCLE_LONG = Rule(
    code="labour_cost_cycle_long",
    threshold="months",
    facts="""
    WITH periods AS (
      SELECT o.project_id, o.months, o.steps, t.period, min(t.due_on) AS due_on,
             min(t.transfer_id) AS transfer_id
      FROM obliged o
      JOIN known_transfers t USING (project_id)
      WHERE t.due_on >= o.in_force_from AND t.due_on < o.as_of
        AND t.period >= months_after(o.as_of, -o.look_back_months)
      GROUP BY o.project_id, o.months, o.steps, t.period
    ), dated AS (
      SELECT *, 12 * year(period) + month(period) AS month_number FROM periods
    ), stepped AS (
      SELECT *, month_number - lag(month_number) OVER (
                  PARTITION BY project_id ORDER BY month_number) AS step
      FROM dated
    ), cycles AS (
      SELECT *, count(*) OVER (PARTITION BY project_id) AS step_count,
             min(step) OVER (PARTITION BY project_id) AS least_step
      FROM stepped
      WHERE step IS NOT NULL
    )
    SELECT s.project_id, s.due_on AS since, 'transfers' AS source_table,
           t.transfer_id AS record_id, t.known_at, t.amount_due AS weight, s.step
    FROM cycles s
    JOIN known_transfers t USING (transfer_id)
    WHERE s.step_count >= s.steps AND s.least_step > s.months
    """,
    measures={"cycle_months": "min(step)", "transfers": "count(*)"},
)

_LABOUR_COST_SHORT = Rule(
    code="labour_cost_short",
    facts="""
    SELECT o.project_id, t.paid_on AS since, 'transfers' AS source_table,
           t.transfer_id AS record_id, t.known_at, t.amount_due - t.amount_paid AS weight,
           t.amount_due - t.amount_paid AS short, t.amount_due, t.amount_paid
    FROM obliged o
    JOIN known_transfers t USING (project_id)
    WHERE t.paid_on < o.as_of AND t.due_on >= o.in_force_from
      AND t.amount_paid < t.amount_due * (1 - o.tolerance_share)
    """,
    measures={
        "short_fen": "sum(short)",
        "transfers": "count(*)",
        "paid_share": "sum(amount_paid) / sum(amount_due)",
    },
)

_LABOUR_SHARE_LOW = Rule(
    code="labour_share_low",
    threshold="share",
    facts="""
    SELECT project_id, CAST(NULL AS DATE) AS since, 'projects' AS source_table,
           project_id AS record_id, known_at, 1 AS weight, labour_cost_share, share AS required
    FROM obliged
    WHERE labour_cost_share < share
    """,
    measures={"labour_share": "max(labour_cost_share)", "required_share": "max(required)"},
)

# Government projects are paid for by the budget, so private ones are flagged.
_PAYMENT_GUARANTEE_MISSING = Rule(
    code="payment_guarantee_missing",
    facts="""
    SELECT project_id, CAST(NULL AS DATE) AS since, 'projects' AS source_table,
           project_id AS record_id, known_at, 1 AS weight
    FROM obliged
    WHERE under_way AND funding = 'private' AND NOT payment_guarantee
      AND started_on >= in_force_from
    """,
    measures={},
)

_TRANSFERS_STOPPED_IN_DISPUTE = Rule(
    code="transfers_stopped_in_dispute",
    feeds=("transfers",),
    facts=f"""
    WITH stopped AS (
      SELECT o.project_id, o.as_of, d.opened_on, t.transfer_id, t.due_on, t.known_at, t.amount_due,
             t.amount_due - coalesce(t.amount_paid, 0) AS short,
             row_number() OVER (
               PARTITION BY t.transfer_id ORDER BY d.opened_on, d.dispute_id) AS place
      FROM obliged o
      JOIN known_disputes d ON d.project_id = o.project_id
       AND (d.resolved_on IS NULL OR d.resolved_on >= o.as_of)
      JOIN known_transfers t ON t.project_id = o.project_id AND t.due_on >= d.opened_on
      WHERE {_OVERDUE}
    )
    SELECT project_id, days_after(due_on, 1) AS since, 'transfers' AS source_table,
           transfer_id AS record_id, known_at, amount_due AS weight, short,
           days_between(opened_on, as_of) AS dispute_days
    FROM stopped
    WHERE place = 1
    """,
    measures={"short_fen": "sum(short)", "dispute_days": "max(dispute_days)"},
)

FUNDING = (
    _LABOUR_COST_OVERDUE,
    _TRANSFERS_STOPPED_IN_DISPUTE,
    _LABOUR_COST_SHORT,
    _LABOUR_COST_CYCLE_LONG,
    _LABOUR_SHARE_LOW,
    _GOVERNMENT_PROJECT_PREFINANCED,
    _PAYMENT_GUARANTEE_MISSING,
)
