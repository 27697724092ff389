"""Payrolls compared with attendance: one payroll a month that covers every worker (Art. 31).

Only months whose legal time limit has passed, and after which the county's feed still reported,
are compared; of several such months the latest is shown.
"""

from risk.flags.rule import MONTH, Rule

_PAYROLL_MISSING = Rule(
    code="payroll_missing",
    feeds=("payrolls",),
    threshold="months",
    facts="""
    SELECT o.project_id, months_after(s.period, 1 + o.months) AS since, m.source_table,
           m.record_id, m.known_at, m.weight, s.present, s.period
    FROM obliged o
    JOIN site_months s USING (project_id)
    JOIN month_records m ON m.project_id = s.project_id AND m.period = s.period
    WHERE s.present > 0 AND s.period >= o.in_force_from
      AND s.period >= months_after(o.as_of, -o.look_back_months)
      AND months_after(s.period, 1 + o.months) <= o.as_of
      AND o.payrolls_since <= months_after(s.period, 1 + o.months)
      AND o.payrolls_until >= months_after(s.period, 1 + o.months) - 1
      AND NOT EXISTS (
        SELECT 1 FROM pay r WHERE r.project_id = s.project_id AND r.period = s.period)
    """,
    measures={"months": "count(DISTINCT period)", "people": "max(present)"},
)


def _heads(code: str, feed: str, heads: str, breach: str, measures: dict[str, str]) -> Rule:
    """Rule that compares a monthly head count with the number of workers present."""
    return Rule(
        code=code,
        feeds=(feed,),
        threshold="share",
        facts=f"""
        WITH short AS (
          SELECT o.project_id, months_after(s.period, 1 + o.months) AS since, s.period, s.present,
                 r.{heads} AS heads,
                 row_number() OVER (PARTITION BY o.project_id ORDER BY s.period DESC) AS place
          FROM obliged o
          JOIN site_months s USING (project_id)
          JOIN pay_months r ON r.project_id = s.project_id AND r.period = s.period
          WHERE s.present > 0 AND {breach}
            AND s.period >= o.in_force_from AND r.due_on < o.as_of
            AND s.period >= months_after(o.as_of, -o.look_back_months)
            AND months_after(s.period, 1 + o.months) <= o.as_of
            AND o.{feed}_since <= r.due_on
            AND o.{feed}_until >= greatest(months_after(s.period, 1 + o.months) - 1, r.due_on)
        )
        SELECT h.project_id, h.since, m.source_table, m.record_id, m.known_at, m.weight,
               h.present, h.heads, h.period
        FROM short h
        JOIN month_records m ON m.project_id = h.project_id AND m.period = h.period
        WHERE h.place = 1
        """,
        measures=measures,
    )


_ATTENDING_WITHOUT_PAY_RECORD = _heads(
    "attending_without_pay_record",
    "payrolls",
    "heads_due",
    "s.present - r.heads_due > o.share * s.present",
    {
        "for_month": MONTH,
        "present": "max(present)",
        "on_roll": "max(heads)",
        "missing_share": "(max(present) - max(heads)) / max(present)",
    },
)

# Head counts of several payments on one payroll are added up, capped at the payroll's head count:
# the same workers may be paid twice, and a case that may be lawful is not flagged.
_FEWER_PAID_THAN_ATTENDING = _heads(
    "fewer_paid_than_attending",
    "payments",
    "heads_paid",
    "r.heads_paid < o.share * s.present",
    {
        "for_month": MONTH,
        "present": "max(present)",
        "paid": "max(heads)",
        "paid_share": "max(heads) / max(present)",
    },
)

PAYROLLS = (_PAYROLL_MISSING, _ATTENDING_WITHOUT_PAY_RECORD, _FEWER_PAID_THAN_ATTENDING)
