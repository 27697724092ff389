"""Project funding: pre-financing, labour cost transferred monthly and in full (Arts. 23-35)."""

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
      AND t.due_on >= o.in_force_from
      AND months_after(t.due_on, o.months) < o.as_of
      AND o.transfers_until >= months_after(t.due_on, o.months)
"""
"""SQL: transfer ``t`` unpaid for longer than its cycle, in a county that still reports them."""

_LABOUR_COST_OVERDUE = Rule(
    code="labour_cost_overdue",
    feeds=("transfers",),
    threshold="months",
    facts=f"""
    SELECT o.project_id, days_after(t.due_on, 1) AS since, 'transfers' AS source_table,
           t.transfer_id AS record_id, t.known_at, t.amount_due AS weight,
           t.amount_due - coalesce(t.amount_paid, 0) AS short, o.as_of - t.due_on AS late_days
    FROM obliged o
    JOIN known_transfers t USING (project_id)
    WHERE {_OVERDUE} AND t.due_on >= months_after(o.as_of, -o.look_back_months)
    """,
    measures={
        "short_fen": "sum(short)",
        "transfers": "count(*)",
        "late_days": "max(late_days)",
    },
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
      AND t.due_on >= months_after(o.as_of, -o.look_back_months)
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
    SELECT project_id, NULL::DATE AS since, 'projects' AS source_table, project_id AS record_id,
           known_at, 1 AS weight, labour_cost_share, share AS required
    FROM obliged
    WHERE labour_cost_share < share
    """,
    measures={"labour_share": "max(labour_cost_share)", "required_share": "max(required)"},
)

_TRANSFERS_STOPPED_IN_DISPUTE = Rule(
    code="transfers_stopped_in_dispute",
    feeds=("transfers",),
    threshold="months",
    facts=f"""
    SELECT o.project_id, days_after(t.due_on, 1) AS since, 'transfers' AS source_table,
           t.transfer_id AS record_id, t.known_at, t.amount_due AS weight,
           t.amount_due - coalesce(t.amount_paid, 0) AS short, o.as_of - d.opened_on AS dispute_days
    FROM obliged o
    JOIN known_disputes d ON d.project_id = o.project_id
     AND (d.resolved_on IS NULL OR d.resolved_on >= o.as_of)
    JOIN known_transfers t ON t.project_id = o.project_id AND t.due_on >= d.opened_on
    WHERE {_OVERDUE}
    QUALIFY row_number() OVER (PARTITION BY t.transfer_id ORDER BY d.opened_on, d.dispute_id) = 1
    """,
    measures={"short_fen": "sum(short)", "dispute_days": "max(dispute_days)"},
)

FUNDING = (
    _LABOUR_COST_OVERDUE,
    _TRANSFERS_STOPPED_IN_DISPUTE,
    _LABOUR_COST_SHORT,
    _LABOUR_SHARE_LOW,
    _GOVERNMENT_PROJECT_PREFINANCED,
)
