"""Wages paid in full, by the end of the next month, directly to the worker (Arts. 12, 14, 31, 35).

A pay day is in the month of the work or the next (Art. 14); a later one postpones nothing.

Below a month's wages, part of the pay is late, but payment has not stopped.

A missing payment counts only if the county reported payments up to the end of the time limit; a
sheet that is not uploaded yet is not arrears.
"""

from risk.flags.rule import Rule


def _pay_day(terms: str = "o") -> str:
    """SQL: the agreed day, at the latest the last day of the next month."""
    return f"least(r.due_on, months_after(r.period, 1 + {terms}.months) - 1)"


def _late(terms: str = "o") -> str:
    """SQL: payroll ``r`` past its time limit, in a county that reported payments until then.

    ``terms`` is the alias of the table with the legal values of the term.
    """
    return f"""
    {_pay_day(terms)} >= o.in_force_from
      AND months_after(r.period, 1 + {terms}.months) <= o.as_of
      AND o.payments_since <= {_pay_day(terms)}
      AND o.payments_until >= months_after(r.period, 1 + {terms}.months) - 1
    """


_TERMS_OF_OVERDUE = "JOIN bound w ON w.code = 'wages_overdue' AND w.law_region = o.law_region"
"""SQL: the legal values of ``wages_overdue`` as ``w``."""


def _unpaid(terms: str = "o", joined: str = "") -> str:
    """SQL: payrolls past their time limit and not paid in full.

    With the unpaid share of what its team, and of what all teams were due in the month. ``terms``
    is the alias of the table with the legal values of the term, which ``joined`` adds.
    """
    return f"""
    SELECT o.project_id, o.as_of, {terms}.tolerance_share, {terms}.least_months,
           {_pay_day(terms)} AS pay_day, r.payroll_id, r.contract_id, r.period, r.workers,
           r.known_at, r.amount_due - r.paid AS short,
           (r.amount_due - r.paid) / nullif(r.month_due, 0) AS month_share,
           -- A payroll that names no team is one team's.
           (r.amount_due - r.paid) / nullif(CASE WHEN r.contract_id IS NULL THEN r.amount_due
                                                 ELSE r.team_due END, 0) AS team_share
    FROM obliged o
    {joined}
    JOIN pay r ON r.project_id = o.project_id
    WHERE {_late(terms)} AND r.paid < r.amount_due * (1 - {terms}.tolerance_share)
    """


_STOPPED = """
    SELECT project_id
    FROM unpaid
    GROUP BY project_id
    HAVING greatest(max(team_share), sum(month_share)) >= min(least_months * (1 - tolerance_share))
"""
"""SQL: projects with a month's wages unpaid: a team's month, or the remainders add up to one of all
teams."""


def _overdue(code: str, which: str, unpaid: str, threshold: str | None) -> Rule:
    """Rule on all wages overdue of the projects ``which`` (IN, NOT IN) have stopped paying."""
    return Rule(
        code=code,
        feeds=("payments",),
        threshold=threshold,
        facts=f"""
        WITH unpaid AS ({unpaid}), stopped AS ({_STOPPED})
        SELECT project_id, days_after(pay_day, 1) AS since, 'payrolls' AS source_table,
               payroll_id AS record_id, known_at, short AS weight, short,
               days_between(pay_day, as_of) AS late_days, period, contract_id,
               CASE WHEN count(workers) OVER month = count(*) OVER month
                    THEN sum(workers) OVER month END AS people
        FROM unpaid
        WHERE project_id {which} (SELECT project_id FROM stopped)
        WINDOW month AS (PARTITION BY project_id, period)
        """,
        measures={
            "unpaid_fen": "sum(short)",
            "months": "count(DISTINCT period)",
            "late_days": "max(late_days)",
            # Unknown if any payroll does not name its team or its number of workers.
            "teams": "CASE WHEN count(contract_id) = count(*) THEN count(DISTINCT contract_id) END",
            "people": "CASE WHEN count(people) = count(*) THEN max(people) END",
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
    WHERE {_late()}
      AND s.present > 0 AND r.amount_due > 0 AND r.paid = 0
    """,
    measures={"months": "count(DISTINCT period)", "people": "max(present)"},
)

_WAGES_STOPPED_IN_DISPUTE = Rule(
    code="wages_stopped_in_dispute",
    feeds=("payments",),
    threshold="least_months",
    facts=f"""
    WITH disputed AS (
      SELECT u.*, d.opened_on,
             row_number() OVER (
               PARTITION BY u.payroll_id ORDER BY d.opened_on, d.dispute_id) AS place
      FROM ({_unpaid()}) u
      JOIN known_disputes d ON d.project_id = u.project_id AND u.pay_day >= d.opened_on
       AND (d.resolved_on IS NULL OR d.resolved_on >= u.as_of)
    ), unpaid AS (SELECT * FROM disputed WHERE place = 1), stopped AS ({_STOPPED})
    SELECT project_id, days_after(pay_day, 1) AS since, 'payrolls' AS source_table,
           payroll_id AS record_id, known_at, short AS weight, short,
           days_between(opened_on, as_of) AS dispute_days
    FROM unpaid
    WHERE project_id IN (SELECT project_id FROM stopped)
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
          SELECT o.project_id, o.share, p.payment_id, p.paid_on, p.known_at, p.amount,
                 p.channel = '{channel}' AS wrong,
                 sum(p.amount) OVER (PARTITION BY o.project_id) AS total
          FROM obliged o
          JOIN pay r USING (project_id)
          JOIN known_payments p USING (payroll_id)
          WHERE p.channel IS NOT NULL AND p.paid_on < o.as_of
            AND p.paid_on >= greatest(o.in_force_from, months_after(o.as_of, -o.look_back_months))
        ), paid_so AS (
          SELECT *, sum(amount) OVER (PARTITION BY project_id) AS paid_wrongly
          FROM recent
          WHERE wrong
        )
        SELECT project_id, paid_on AS since, 'payments' AS source_table, payment_id AS record_id,
               known_at, amount AS weight, amount, total
        FROM paid_so
        WHERE paid_wrongly > share * total
        """,
        measures={"paid_fen": "sum(amount)", "paid_share": "sum(amount) / max(total)"},
    )


# The minimum of the month worked. Mean pay is compared with it in proportion to the days worked,
# where they are known.
_PAY_BELOW_MINIMUM = Rule(
    code="pay_below_minimum",
    threshold="monthly_fen",
    facts="""
    WITH low AS (
      SELECT o.project_id, r.period, r.heads_due, r.amount_due / r.heads_due AS mean_pay,
             v.number AS minimum, s.worker_days
      FROM obliged o
      JOIN pay_months r USING (project_id)
      JOIN law_values v ON v.code = 'pay_below_minimum' AND v.name = 'monthly_fen'
       AND v.law_region = o.law_region
       AND r.period >= v.from_day AND (v.to_day IS NULL OR r.period < v.to_day)
      LEFT JOIN site_months s ON s.project_id = r.project_id AND s.period = r.period
      WHERE r.heads_due > 0 AND r.period >= greatest(
              o.in_force_from, months_after(o.as_of, -o.look_back_months))
        AND r.amount_due < v.number * least(
              r.heads_due, coalesce(s.worker_days / o.days, r.heads_due))
    )
    SELECT l.project_id, CAST(NULL AS DATE) AS since, m.source_table, m.record_id,
           m.known_at, m.weight, l.period, l.mean_pay, l.minimum, l.heads_due
    FROM low l
    JOIN month_records m ON m.project_id = l.project_id AND m.period = l.period
    """,
    measures={
        "months": "count(DISTINCT period)",
        "people": "max(heads_due)",
        "mean_pay_fen": "min(mean_pay)",
        "minimum_fen": "max(minimum)",
    },
)


WAGES = (
    _overdue("wages_overdue", "IN", _unpaid(), "least_months"),
    _overdue("wages_partly_paid", "NOT IN", _unpaid("w", _TERMS_OF_OVERDUE), None),
    _ATTENDANCE_MONTH_UNPAID,
    _WAGES_STOPPED_IN_DISPUTE,
    _by_channel("paid_through_foreman", "foreman"),
    _by_channel("paid_in_cash", "cash"),
    _PAY_BELOW_MINIMUM,
)
