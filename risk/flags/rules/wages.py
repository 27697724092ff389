"""Wages paid in full, by the end of the next month, directly to the worker (Arts. 12, 31, 35).

A missing payment counts only if the county reported payments up to the end of the time limit; a
sheet that is not uploaded yet is not arrears.
"""

from risk.flags.rule import Rule

_LATE = """
    r.due_on >= o.in_force_from
      AND r.due_on < o.as_of
      AND months_after(r.period, 1 + o.months) <= o.as_of
      AND o.payments_since <= r.due_on
      AND o.payments_until >= greatest(months_after(r.period, 1 + o.months) - 1, r.due_on)
"""
"""SQL: payroll ``r`` whose time limit has passed, in a county that reported payments until then."""

_WAGES_OVERDUE = Rule(
    code="wages_overdue",
    feeds=("payments",),
    threshold="months",
    facts=f"""
    SELECT o.project_id, days_after(r.due_on, 1) AS since, 'payrolls' AS source_table,
           r.payroll_id AS record_id, r.known_at, r.amount_due - r.paid AS weight,
           r.amount_due - r.paid AS short, o.as_of - r.due_on AS late_days, r.period
    FROM obliged o
    JOIN pay r USING (project_id)
    WHERE {_LATE}
      AND r.period >= months_after(o.as_of, -o.look_back_months)
      AND r.paid < r.amount_due * (1 - o.tolerance_share)
    """,
    measures={
        "unpaid_fen": "sum(short)",
        "months": "count(DISTINCT period)",
        "late_days": "max(late_days)",
    },
)

_ATTENDANCE_MONTH_UNPAID = Rule(
    code="attendance_month_unpaid",
    feeds=("payments",),
    threshold="months",
    facts=f"""
    SELECT o.project_id, months_after(r.period, 1 + o.months) AS since, m.source_table,
           m.record_id, m.known_at, m.weight, s.present, r.period
    FROM obliged o
    JOIN pay_months r USING (project_id)
    JOIN site_months s ON s.project_id = r.project_id AND s.period = r.period
    JOIN month_records m ON m.project_id = r.project_id AND m.period = r.period
    WHERE {_LATE}
      AND r.period >= months_after(o.as_of, -o.look_back_months)
      AND s.present > 0 AND r.amount_due > 0 AND r.paid = 0
    """,
    measures={"months": "count(DISTINCT period)", "people": "max(present)"},
)

_WAGES_STOPPED_IN_DISPUTE = Rule(
    code="wages_stopped_in_dispute",
    feeds=("payments",),
    threshold="months",
    facts=f"""
    SELECT o.project_id, days_after(r.due_on, 1) AS since, 'payrolls' AS source_table,
           r.payroll_id AS record_id, r.known_at, r.amount_due - r.paid AS weight,
           r.amount_due - r.paid AS short, o.as_of - d.opened_on AS dispute_days
    FROM obliged o
    JOIN known_disputes d ON d.project_id = o.project_id
     AND (d.resolved_on IS NULL OR d.resolved_on >= o.as_of)
    JOIN pay r ON r.project_id = o.project_id AND r.due_on >= d.opened_on
    WHERE {_LATE} AND r.paid < r.amount_due * (1 - o.tolerance_share)
    QUALIFY row_number() OVER (PARTITION BY r.payroll_id ORDER BY d.opened_on, d.dispute_id) = 1
    """,
    measures={"unpaid_fen": "sum(short)", "dispute_days": "max(dispute_days)"},
)


def _by_channel(code: str, channel: str) -> Rule:
    """Rule on the share of money paid by ``channel`` among all money with a known channel."""
    return Rule(
        code=code,
        threshold="share",
        facts=f"""
        WITH recent AS (
          SELECT o.project_id, o.share, p.*, p.channel = '{channel}' AS wrong,
                 sum(p.amount) OVER (PARTITION BY o.project_id) AS total
          FROM obliged o
          JOIN pay r USING (project_id)
          JOIN known_payments p USING (payroll_id)
          WHERE p.channel IS NOT NULL AND p.paid_on < o.as_of
            AND p.paid_on >= greatest(o.in_force_from, months_after(o.as_of, -o.look_back_months))
        )
        SELECT project_id, paid_on AS since, 'payments' AS source_table, payment_id AS record_id,
               known_at, amount AS weight, amount, total
        FROM recent
        WHERE wrong
        QUALIFY sum(amount) OVER (PARTITION BY project_id) > share * total
        """,
        measures={"paid_fen": "sum(amount)", "paid_share": "sum(amount) / max(total)"},
    )


WAGES = (
    _WAGES_OVERDUE,
    _ATTENDANCE_MONTH_UNPAID,
    _WAGES_STOPPED_IN_DISPUTE,
    _by_channel("paid_through_foreman", "foreman"),
    _by_channel("paid_in_cash", "cash"),
)
