"""Wages due compared with wages paid: amounts unpaid, delay, channel and trend."""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step
from features.common_steps import (
    LAST_92_DAYS,
    LATE_AFTER_DAYS,
    PAY_WINDOW_MONTHS,
    UNPAID_AFTER_DAYS,
)
from features.minimum_wage import MINIMUM_MONTHS, MINIMUM_PAY, PAYROLLS_BELOW, WORKED_DAYS
from features.pay_state import PAY_STATE, TEAM_MONTHS, TEAM_STATES

WAGES_PAID = Duty("wages_paid", article="31")
PAID_BY_BANK = Duty("paid_by_bank", article="31")

_feature = partial(
    Feature,
    source=("projects", "payrolls", "payments"),
    article="31",
    unknown_zh="没有工资表或工资发放数据，或该时段没有到期工资",
    unknown_en="no payrolls or payments feed, or no wages fell due in the window",
)

_channel = partial(
    _feature,
    unknown_zh="没有工资表或工资发放数据，或该时段到期工资没有登记了发放渠道的发放",
    unknown_en=(
        "no payrolls or payments feed, or no payment with a recorded channel of wages due in the "
        "window"
    ),
)
_by_worker = partial(
    _feature,
    unknown_zh="没有工资表或工资发放数据、该时段没有到期工资，或未填人数",
    unknown_en="no payrolls or payments feed, no wages due in the window, or no headcounts",
)
_change = partial(
    _feature,
    unknown_zh="没有工资表或工资发放数据，或两个时段之一没有到期工资",
    unknown_en="no payrolls or payments feed, or no wages fell due in one of the two periods",
)


def _payrolls(condition: str, weight: str) -> Evidence:
    """The payrolls of the last 12 months that meet ``condition``; SQL over the step ``pay``."""
    return Evidence(
        f"""
        SELECT as_of, project_id, 'payrolls' AS source_table, payroll_id AS record_id, known_at,
               CAST({weight} AS DOUBLE) AS weight
        FROM pay WHERE {condition}
        """
    )


_UNPAID = _payrolls("is_open = 1", "unpaid")
_UNPAID_3M = _payrolls(f"is_open = 1 AND {LAST_92_DAYS}", "unpaid")
_UNPAID_OVERDUE = _payrolls("is_open = 1 AND age > 31", "unpaid")
_UNPAID_LONGEST = _payrolls("is_open = 1", "age")

_PAID_LATE = _payrolls("fen_days_late > 0", "fen_days_late")
_PAID_LATE_3M = _payrolls(f"fen_days_late > 0 AND {LAST_92_DAYS}", "fen_days_late")

_MAY_BE_LATE = f"age > {LATE_AFTER_DAYS}"
"""SQL: whether the days after which wages count as late are over."""

_SIX_MONTHS = 184
"""Days."""

_OWED = f"age > {UNPAID_AFTER_DAYS}"
"""SQL: whether what is unpaid of wages is owed, not only late."""

_NOT_IN_TIME = _payrolls(
    f"{_MAY_BE_LATE} AND paid_in_time < amount_due", "amount_due - paid_in_time"
)
_NOT_IN_TIME_3M = _payrolls(
    f"{_MAY_BE_LATE} AND paid_in_time < amount_due AND {LAST_92_DAYS}", "amount_due - paid_in_time"
)
_PAID_3M = _payrolls(
    f"last_paid_on IS NOT NULL AND {LAST_92_DAYS}", "-days_between(last_paid_on, as_of)"
)

_BELOW_MINIMUM = Evidence(PAYROLLS_BELOW)

_RETURNED = Evidence(
    """
    SELECT r.as_of, r.project_id, 'payments' AS source_table, p.payment_id AS record_id,
           p.known_at, CAST(p.amount AS DOUBLE) AS weight
    FROM rolls r
    JOIN payments_versions p
      ON p.payroll_id = r.payroll_id
     AND p.known_at < r.as_of AND (p.superseded_at IS NULL OR p.superseded_at >= r.as_of)
    WHERE p.returned_on < r.as_of AND r.age <= 92
    """
)


_IN_CASH_3M = _payrolls(f"paid_cash > 0 AND {LAST_92_DAYS}", "paid_cash")
_BY_FOREMAN = _payrolls("paid_foreman > 0", "paid_foreman")
_BY_FOREMAN_3M = _payrolls(f"paid_foreman > 0 AND {LAST_92_DAYS}", "paid_foreman")


LAST_PAYMENTS = Step(
    "last_payments",
    f"""
    WITH years AS (
      SELECT as_of, months_later(as_of, -{PAY_WINDOW_MONTHS}) AS first_day FROM as_ofs
    ), first_years AS (
      SELECT d.due_on, min(y.first_day) AS first_day
      FROM (SELECT DISTINCT due_on FROM payrolls) d
      JOIN years y ON y.first_day > d.due_on
      GROUP BY d.due_on
    ), late AS (
      SELECT r.project_id, r.known_at, r.superseded_at, f.first_day, p.paid_on, p.returned_on,
             p.known_at AS paid_known_at, p.superseded_at AS paid_superseded_at
      FROM payrolls_versions r
      JOIN first_years f ON f.due_on = r.due_on
      JOIN payments_versions p ON p.payroll_id = r.payroll_id AND p.paid_on >= f.first_day
      WHERE p.paid_on >= (SELECT min(first_day) FROM years)
    )
    SELECT y.as_of, l.project_id, max(l.paid_on) AS paid_on
    FROM late l
    JOIN years y
      ON l.paid_on < y.as_of AND y.first_day BETWEEN l.first_day AND l.paid_on
     AND l.known_at < y.as_of AND (l.superseded_at IS NULL OR l.superseded_at >= y.as_of)
     AND l.paid_known_at < y.as_of
     AND (l.paid_superseded_at IS NULL OR l.paid_superseded_at >= y.as_of)
    WHERE l.returned_on IS NULL OR l.returned_on >= y.as_of
    GROUP BY y.as_of, l.project_id
    """,
)
"""The last payment in a year of wages that fell due before it: ``pay`` has only those due in it.

Few wages are paid in a later year than they fell due, so payments of other wages are left out
before dates are joined: those before ``first_day`` of the first year that is asked for after the
due day.
"""


FAMILY = Family(
    name="payments",
    zh="工资发放",
    en="wage payment",
    features=(
        _feature(
            name="unpaid_share_1m",
            unit="share",
            window="wages due 1-31 days ago",
            direction=1,
            zh="最近一个月到期工资未付占比",
            en="unpaid share of wages due in the last month",
            duty=WAGES_PAID,
            compliant_value=0.0,
        ),
        _feature(
            name="unpaid_share_3m",
            unit="share",
            window="wages due in the last 92 days",
            direction=1,
            zh="近三个月到期工资未付占比",
            en="unpaid share of wages due in three months",
            duty=WAGES_PAID,
            compliant_value=0.0,
            scorecard=(
                Points(2, "Art. 12, 31: wages not paid in full", at_least=0.1),
                Points(2, "Art. 12, 31: a third of wages unpaid", at_least=0.33),
            ),
            raises=Statement(
                zh="近三个月到期工资有{value}未付",
                en="{value} of wages due in the last three months unpaid",
                at_least=0.01,
                evidence=_UNPAID_3M,
            ),
            lowers=Statement(
                zh="近三个月到期工资已全部付清",
                en="All wages due in the last three months paid",
                at_most=0.0,
                evidence=_PAID_3M,
            ),
        ),
        _feature(
            name="unpaid_share_12m",
            unit="share",
            window="wages due in 12 months",
            direction=1,
            zh="近一年到期工资未付占比",
            en="unpaid share of wages due in a year",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年到期工资有{value}未付",
                en="{value} of wages due in the last year unpaid",
                at_least=0.01,
                evidence=_UNPAID,
            ),
        ),
        _feature(
            name="unpaid_months",
            unit="months",
            window="12 months",
            direction=1,
            zh="未付工资折合应发工资的月数",
            en="unpaid wages in months of wages",
            unknown_zh="没有工资表或工资发放数据，或近三个月没有到期工资",
            unknown_en="no payrolls or payments feed, or no wages fell due in three months",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年到期未付的工资约相当于{value}的工资",
                en="Wages due in the last year and unpaid equal about {value} of payroll",
                at_least=0.1,
                evidence=_UNPAID,
            ),
        ),
        _feature(
            name="unpaid_overdue_share",
            unit="share",
            window="wages due in 12 months, more than 31 days ago",
            direction=1,
            zh="逾期超过31天的工资未付占比",
            en="unpaid share of wages more than 31 days overdue",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年到期、已逾期超过31天的工资有{value}未付",
                en="{value} of wages due in the last year and more than 31 days overdue unpaid",
                at_least=0.01,
                evidence=_UNPAID_OVERDUE,
            ),
        ),
        _feature(
            name="unpaid_amount",
            unit="yuan",
            window="12 months",
            direction=1,
            zh="未付工资金额",
            en="wages unpaid",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年到期工资未付{value}",
                en="{value} of wages due in the last year unpaid",
                at_least=1000,
                evidence=_UNPAID,
            ),
        ),
        _by_worker(
            name="unpaid_per_worker",
            unit="yuan",
            window="12 months",
            direction=1,
            zh="人均未付工资",
            en="wages unpaid per worker of the last payrolls",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年到期未付的工资人均约{value}",
                en="About {value} of wages due in the last year unpaid per worker",
                at_least=100,
                evidence=_UNPAID,
            ),
        ),
        _feature(
            name="oldest_unpaid_days",
            unit="days",
            window="12 months",
            direction=1,
            zh="最久未付工资逾期天数",
            en="days the oldest unpaid wages are overdue",
            duty=WAGES_PAID,
            compliant_value=0.0,
            scorecard=(Points(2, "Guizhou rule: not paid by the month after", at_least=61),),
            raises=Statement(
                zh="近一年到期而未付清的工资最早一笔已逾期{value}",
                en="Oldest of the unpaid wages due in the last year {value} overdue",
                at_least=31,
                evidence=_UNPAID_LONGEST,
            ),
        ),
        _feature(
            name="open_roll_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            zh="近三个月未付清工资表占比",
            en="share of payrolls of three months not settled",
            duty=WAGES_PAID,
            compliant_value=0.0,
        ),
        _feature(
            name="open_teams_share",
            unit="share",
            window="92 days",
            direction=1,
            zh="有未付工资的班组占比",
            en="share of teams with unpaid wages",
            duty=WAGES_PAID,
            compliant_value=0.0,
            raises=Statement(
                zh="近三个月有未付清工资的班组占{value}",
                en="{value} of teams with unpaid wages in the last three months",
                at_least=0.01,
                evidence=_UNPAID_3M,
            ),
        ),
        _feature(
            name="worst_team_unpaid_share",
            unit="share",
            window="92 days",
            direction=1,
            zh="欠付最重班组的未付占比",
            en="unpaid share of the worst team",
            duty=WAGES_PAID,
            compliant_value=0.0,
        ),
        _by_worker(
            name="workers_unpaid",
            unit="count",
            window="92 days",
            direction=1,
            zh="未付清工资涉及人数",
            en="workers on payrolls not settled",
            formula_zh="各班组取人数最多的一月；人数填零而有欠付的视为未填",
            formula_en=(
                "of each team the month with the most; 0 workers owed wages are an unknown number"
            ),
            duty=WAGES_PAID,
            compliant_value=0.0,
        ),
        _feature(
            name="late_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            article="12",
            zh=f"近三个月到期工资中过了约定日{LATE_AFTER_DAYS}日仍未足额支付的占比",
            en=f"share of wages not paid within {LATE_AFTER_DAYS} days after the due day",
            raises=Statement(
                zh=f"近三个月有{{value}}的工资过了约定日{LATE_AFTER_DAYS}日仍未足额支付",
                en=(
                    "{value} of wages of the last three months not paid in full within"
                    f" {LATE_AFTER_DAYS} days after the due day"
                ),
                at_least=0.05,
                evidence=_NOT_IN_TIME_3M,
            ),
        ),
        _feature(
            name="late_share_12m",
            unit="share",
            window="12 months",
            direction=1,
            article="12",
            zh=f"近一年到期工资中过了约定日{LATE_AFTER_DAYS}日仍未足额支付的占比",
            en=f"share of a year's wages not paid within {LATE_AFTER_DAYS} days after the due day",
            raises=Statement(
                zh=f"近一年有{{value}}的工资过了约定日{LATE_AFTER_DAYS}日仍未足额支付",
                en=(
                    "{value} of wages of the last year not paid in full within"
                    f" {LATE_AFTER_DAYS} days after the due day"
                ),
                at_least=0.05,
                evidence=_NOT_IN_TIME,
            ),
        ),
        _feature(
            name="delay_days_3m",
            unit="days",
            window="92 days",
            direction=1,
            article="12",
            zh="近三个月工资平均拖延天数",
            en="mean days of delay, weighted by money, three months",
            formula_zh="多付部分视为最后付的，不计拖延",
            formula_en="what is overpaid counts as paid last, and not as late",
            raises=Statement(
                zh="近三个月工资按金额平均晚付{value}（含尚未付清的）",
                en=(
                    "Wages of the last three months {value} late on average by amount, "
                    "unpaid ones included"
                ),
                at_least=3,
                evidence=_PAID_LATE_3M,
            ),
        ),
        _feature(
            name="delay_days_12m",
            unit="days",
            window="12 months",
            direction=1,
            article="12",
            zh="近一年工资平均拖延天数",
            en="mean days of delay, weighted by money, a year",
            formula_zh="多付部分视为最后付的，不计拖延",
            formula_en="what is overpaid counts as paid last, and not as late",
            raises=Statement(
                zh="近一年工资按金额平均晚付{value}（含尚未付清的）",
                en="Wages of the last year {value} late on average by amount, unpaid ones included",
                at_least=3,
                evidence=_PAID_LATE,
            ),
        ),
        _change(
            name="delay_trend",
            unit="days",
            window="wages due 32-92 days ago against 93-184",
            direction=1,
            zh="工资拖延天数的变化",
            en="change in the days of delay of wages due more than 31 days ago",
            formula_zh="到期31天内的工资尚看不出拖延，不计",
            formula_en="younger wages are left out, as their delay cannot show yet",
        ),
        _change(
            name="unpaid_trend",
            unit="share",
            window="1 month against the 3 before",
            direction=1,
            zh="未付占比的变化",
            en="change in the unpaid share",
        ),
        _channel(
            name="cash_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            zh="现金发放占比",
            en="share paid in cash",
            duty=PAID_BY_BANK,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 31: mostly cash (Zaoqiang county report)", at_least=0.5),),
            raises=Statement(
                zh="近三个月登记了发放渠道的工资有{value}为现金发放",
                en="{value} of wages with a recorded channel paid in cash in the last three months",
                at_least=0.05,
                evidence=_IN_CASH_3M,
            ),
        ),
        _channel(
            name="foreman_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            zh="包工头代领占比",
            en="share paid through a foreman",
            duty=PAID_BY_BANK,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 31: pay through a foreman", at_least=0.1),),
            raises=Statement(
                zh="近三个月登记了发放渠道的工资有{value}由包工头代领",
                en=(
                    "{value} of wages with a recorded channel paid through a foreman in "
                    "the last three months"
                ),
                at_least=0.01,
                evidence=_BY_FOREMAN_3M,
            ),
        ),
        _channel(
            name="foreman_share_12m",
            unit="share",
            window="12 months",
            direction=1,
            zh="近一年包工头代领占比",
            en="share of a year's wages paid through a foreman",
            raises=Statement(
                zh="近一年登记了发放渠道的工资有{value}由包工头代领",
                en=(
                    "{value} of wages with a recorded channel paid through a foreman in "
                    "the last year"
                ),
                at_least=0.01,
                evidence=_BY_FOREMAN,
            ),
        ),
        _channel(
            name="bank_share_trend",
            unit="share",
            window="92 days against 12 months",
            direction=-1,
            zh="银行代发占比的变化",
            en="change in the share paid by bank",
        ),
        _feature(
            name="days_since_payment",
            unit="days",
            window="12 months",
            direction=1,
            zh="距最近一次发放的天数",
            en="days since the last payment",
            formula_zh="不论工资何时到期",
            formula_en="whenever the wages were due",
            unknown_zh="没有工资表或工资发放数据，或近一年没有发放",
            unknown_en="no payrolls or payments feed, or no payment in the year",
        ),
        _feature(
            name="months_not_full_6m",
            unit="months",
            window="6 months",
            direction=1,
            article="12",
            zh="近六个月中未足额支付的月数",
            en="months of the last six not paid in full",
            formula_zh=f"按工资月份计，到期不超过184天，过了约定日{UNPAID_AFTER_DAYS}日未付逾1%",
            formula_en=(
                f"wages of a month due up to 184 days ago, of which over 1 % is "
                f"unpaid {UNPAID_AFTER_DAYS} days after the due day"
            ),
            duty=WAGES_PAID,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 12: months not paid in full", at_least=3),),
        ),
        _feature(
            name="unpaid_state_months",
            unit="months",
            window="12 months, each earlier month at 0.8 of the next",
            direction=1,
            article="12",
            zh=f"各班组逾期{UNPAID_AFTER_DAYS}日未付的工资月数（越早的月份权重越小，按人数平均）",
            en=(
                f"months of wages unpaid {UNPAID_AFTER_DAYS} days after the due day, earlier ones"
                " counting for less, averaged over teams by workers"
            ),
            scorecard=(
                Points(1, "Art. 12: wages owed 15 days after the due day", at_least=0.25),
                Points(1, "Art. 12: a month of wages owed", at_least=1.0),
            ),
        ),
        _feature(
            name="instalments_3m",
            unit="ratio",
            window="92 days",
            direction=1,
            zh="每张工资表分几次付",
            en="payments per payroll",
            unknown_zh="没有工资表或工资发放数据，或该时段到期工资都没有发放",
            unknown_en="no payrolls or payments feed, or nothing was paid of these wages",
        ),
        _by_worker(
            name="wage_per_worker",
            unit="yuan",
            window="92 days",
            direction=0,
            zh="人均月应发工资",
            en="wages due per worker and month",
            formula_zh="未填人数或人数为零的工资表不计",
            formula_en="payrolls without a number of workers, or of none, are left out",
        ),
        _feature(
            name="wage_bill_ratio",
            unit="ratio",
            window="92 days",
            direction=0,
            zh="三个月工资额与合同金额之比",
            en="three months' wages to the contract amount",
            unknown_zh="没有工资表或工资发放数据、该时段没有到期工资，或未填合同金额",
            unknown_en=(
                "no payrolls or payments feed, no wages due in the window, or no contract amount"
            ),
        ),
        *(
            _feature(
                name=f"{basis}_wage_share_3m",
                unit="share",
                window="92 days",
                direction=0,
                zh=f"近三个月按{zh}结算的工资占比",
                en=f"share of wages of three months settled {en}",
                unknown_zh="没有工资表数据、该时段没有到期工资，或未填工资结算方式",
                unknown_en="no payrolls feed, no wages due in the window, or no basis filled in",
                source=("projects", "payrolls"),
            )
            for basis, zh, en in (
                ("measured", "计量计价", "by measured quantity"),
                ("piece", "计件", "by the piece"),
            )
        ),
        _by_worker(
            name="people_unpaid_share",
            unit="share",
            window="92 days",
            direction=1,
            zh="实发人数少于应发人数的比例",
            en="share of workers on the payroll not paid",
            duty=WAGES_PAID,
            compliant_value=0.0,
        ),
        _feature(
            name="below_minimum_share_3m",
            unit="share",
            window="months on payrolls due in 92 days",
            direction=1,
            article="34",
            source=("projects", "payrolls"),
            zh="近三个月人均应发工资低于当地最低工资标准的月份占比",
            en="share of months of three with mean pay below the local minimum wage",
            unknown_zh="没有工资表数据、未填人数，或随附的最低工资标准不含本地",
            unknown_en="no payrolls feed, no headcounts, or no minimum wage known for the place",
            raises=Statement(
                zh="近三个月有{value}的月份人均应发工资低于当地最低工资标准（有出勤工日的按工日折算）",
                en=(
                    "In {value} of the months of the last three, mean pay was below the local "
                    "minimum wage (in proportion to the days worked where they are known)"
                ),
                at_least=0.3,
                evidence=_BELOW_MINIMUM,
            ),
        ),
        _feature(
            name="returned_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            zh="近三个月工资发放被退票的占比",
            en="share of wages paid in three months that the bank returned",
            unknown_zh="没有工资表或工资发放数据，或该时段没有发放",
            unknown_en="no payrolls or payments feed, or no payment in the window",
            raises=Statement(
                zh="近三个月工资发放有{value}被银行退票",
                en="{value} of wages paid in the last three months returned by the bank",
                at_least=0.01,
                evidence=_RETURNED,
            ),
        ),
    ),
    steps=(
        Step(
            "pay_months",
            f"""
            SELECT as_of, project_id, period,
                   sum(CASE WHEN {_OWED} THEN unpaid END) AS unpaid,
                   sum(CASE WHEN {_OWED} THEN amount_due END) AS due
            FROM pay WHERE age <= {_SIX_MONTHS} GROUP BY as_of, project_id, period
            """,
        ),
        Step(
            "pay_teams",
            """
            SELECT as_of, project_id, avg(is_open) AS open_teams_share,
                   max(unpaid_share) AS worst_team_unpaid_share
            FROM (
              SELECT as_of, project_id, coalesce(contract_id, payroll_id) AS team,
                     max(is_open) AS is_open,
                     CAST(sum(unpaid) AS DOUBLE) / nullif(sum(amount_due), 0) AS unpaid_share
              FROM pay WHERE age <= 92
              GROUP BY as_of, project_id, coalesce(contract_id, payroll_id)
            ) x
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "wage_bases",
            """
            SELECT as_of, project_id,
                   CAST(sum(CASE WHEN wage_basis = 'measured' THEN amount_due ELSE 0 END)
                     AS DOUBLE) AS measured,
                   CAST(sum(CASE WHEN wage_basis = 'piece' THEN amount_due ELSE 0 END)
                     AS DOUBLE) AS piece,
                   CAST(sum(amount_due) AS DOUBLE) AS due
            FROM rolls WHERE age <= 92 AND wage_basis IS NOT NULL
            GROUP BY as_of, project_id
            """,
        ),
        TEAM_MONTHS,
        TEAM_STATES,
        PAY_STATE,
        WORKED_DAYS,
        MINIMUM_MONTHS,
        MINIMUM_PAY,
        Step(
            "unpaid_workers",
            """
            SELECT as_of, project_id,
                   CASE WHEN count(*) = count(workers) THEN sum(workers) END AS workers_unpaid
            FROM (
              SELECT as_of, project_id, team,
                     CASE WHEN count(*) = count(workers) THEN max(workers) END AS workers
              FROM (
                SELECT as_of, project_id, coalesce(contract_id, '') AS team, period,
                       CASE WHEN count(*) = count(nullif(workers, 0)) THEN sum(workers) END
                         AS workers
                FROM pay WHERE age <= 92 AND is_open = 1
                GROUP BY as_of, project_id, coalesce(contract_id, ''), period
              ) m
              GROUP BY as_of, project_id, team
            ) t
            GROUP BY as_of, project_id
            """,
        ),
        LAST_PAYMENTS,
        Step(
            "returned_payments",
            """
            SELECT r.as_of, r.project_id, CAST(sum(p.amount) AS DOUBLE) AS returned
            FROM rolls r
            JOIN payments_versions p
              ON p.payroll_id = r.payroll_id
             AND p.known_at < r.as_of AND (p.superseded_at IS NULL OR p.superseded_at >= r.as_of)
            WHERE p.returned_on < r.as_of AND r.age <= 92
            GROUP BY r.as_of, r.project_id
            """,
        ),
        Step(
            "pay_sums",
            f"""
            SELECT as_of, project_id,
                   CAST(sum(unpaid) AS DOUBLE) AS unpaid,
                   CAST(sum(amount_due) AS DOUBLE) AS due,
                   CAST(sum(CASE WHEN age <= 31 THEN unpaid END) AS DOUBLE) AS unpaid_1m,
                   CAST(sum(CASE WHEN age <= 31 THEN amount_due END) AS DOUBLE) AS due_1m,
                   CAST(sum(CASE WHEN age <= 92 THEN unpaid END) AS DOUBLE) AS unpaid_3m,
                   CAST(sum(CASE WHEN age <= 92 THEN amount_due END) AS DOUBLE) AS due_3m,
                   CAST(sum(CASE WHEN age > 31 THEN unpaid END) AS DOUBLE) AS unpaid_old,
                   CAST(sum(CASE WHEN age > 31 THEN amount_due END) AS DOUBLE) AS due_old,
                   CAST(sum(CASE WHEN age BETWEEN 32 AND 123 THEN unpaid END) AS DOUBLE)
                     AS unpaid_before,
                   CAST(sum(CASE WHEN age BETWEEN 32 AND 123 THEN amount_due END) AS DOUBLE)
                     AS due_before,
                   max(CASE WHEN is_open = 1 THEN age ELSE 0 END) AS oldest_unpaid_days,
                   avg(CASE WHEN age <= 92 THEN is_open END) AS open_roll_share_3m,
                   CAST(sum(CASE WHEN {_MAY_BE_LATE} AND age <= 92
                            THEN amount_due - paid_in_time END) AS DOUBLE) AS late_3m,
                   CAST(sum(CASE WHEN {_MAY_BE_LATE} AND age <= 92
                            THEN amount_due END) AS DOUBLE) AS may_be_late_3m,
                   CAST(sum(CASE WHEN {_MAY_BE_LATE} THEN amount_due - paid_in_time END) AS DOUBLE)
                     AS late,
                   CAST(sum(CASE WHEN {_MAY_BE_LATE} THEN amount_due END) AS DOUBLE) AS may_be_late,
                   sum(CASE WHEN age <= 92 THEN fen_days_late END) AS days_late_3m,
                   sum(fen_days_late) AS days_late,
                   sum(CASE WHEN age BETWEEN 32 AND 92 THEN fen_days_late END) AS days_late_old,
                   CAST(sum(CASE WHEN age BETWEEN 32 AND 92 THEN amount_due END) AS DOUBLE)
                     AS due_late_old,
                   sum(CASE WHEN age BETWEEN 93 AND 184 THEN fen_days_late END) AS days_late_6m,
                   CAST(sum(CASE WHEN age BETWEEN 93 AND 184 THEN amount_due END) AS DOUBLE)
                     AS due_6m,
                   CAST(sum(CASE WHEN age <= 92 THEN paid END) AS DOUBLE) AS paid_3m,
                   CAST(sum(CASE WHEN age <= 92 THEN coalesce(paid_cash, 0) END) AS DOUBLE)
                     AS cash_3m,
                   CAST(sum(CASE WHEN age <= 92 THEN coalesce(paid_foreman, 0) END) AS DOUBLE)
                     AS foreman_3m,
                   CAST(sum(CASE WHEN age <= 92 THEN paid_by_known_channel END) AS DOUBLE)
                     AS channel_3m,
                   CAST(sum(coalesce(paid_cash, 0)) AS DOUBLE) AS cash,
                   CAST(sum(coalesce(paid_foreman, 0)) AS DOUBLE) AS foreman,
                   CAST(sum(paid_by_known_channel) AS DOUBLE) AS channel,
                   min(days_between(last_paid_on, as_of)) AS days_since_payment,
                   avg(CASE WHEN age <= 92 THEN instalments END) AS instalments_3m,
                   CAST(sum(CASE WHEN age <= 92 AND workers > 0 THEN amount_due END) AS DOUBLE)
                     AS due_with_workers,
                   CAST(sum(CASE WHEN age <= 92 THEN workers END) AS DOUBLE) AS workers_3m,
                   CAST(sum(CASE WHEN age BETWEEN 16 AND 92 AND workers_paid IS NOT NULL
                            THEN workers END) AS DOUBLE) AS workers_listed,
                   CAST(sum(CASE WHEN age BETWEEN 16 AND 92 AND workers_paid IS NOT NULL
                                  AND workers IS NOT NULL
                            THEN greatest(workers - workers_paid, 0) END) AS DOUBLE)
                     AS workers_missed
            FROM pay GROUP BY as_of, project_id
            """,
        ),
        Step(
            "payments_family",
            """
            SELECT c.as_of, c.project_id,
                   s.unpaid_1m / nullif(s.due_1m, 0) AS unpaid_share_1m,
                   s.unpaid_3m / nullif(s.due_3m, 0) AS unpaid_share_3m,
                   s.unpaid / nullif(s.due, 0) AS unpaid_share_12m,
                   s.unpaid / nullif(w.wages, 0) AS unpaid_months,
                   s.unpaid_old / nullif(s.due_old, 0) AS unpaid_overdue_share,
                   s.unpaid / 100 AS unpaid_amount,
                   s.unpaid / 100 / nullif(w.heads, 0) AS unpaid_per_worker,
                   s.oldest_unpaid_days, s.open_roll_share_3m,
                   t.open_teams_share, t.worst_team_unpaid_share,
                   CASE WHEN s.open_roll_share_3m = 0 THEN 0 ELSE h.workers_unpaid END
                     AS workers_unpaid,
                   s.late_3m / nullif(s.may_be_late_3m, 0) AS late_share_3m,
                   s.late / nullif(s.may_be_late, 0) AS late_share_12m,
                   s.days_late_3m / nullif(s.due_3m, 0) AS delay_days_3m,
                   s.days_late / nullif(s.due, 0) AS delay_days_12m,
                   s.days_late_old / nullif(s.due_late_old, 0)
                     - s.days_late_6m / nullif(s.due_6m, 0) AS delay_trend,
                   s.unpaid_1m / nullif(s.due_1m, 0)
                     - s.unpaid_before / nullif(s.due_before, 0) AS unpaid_trend,
                   s.cash_3m / nullif(s.channel_3m, 0) AS cash_share_3m,
                   s.foreman_3m / nullif(s.channel_3m, 0) AS foreman_share_3m,
                   s.foreman / nullif(s.channel, 0) AS foreman_share_12m,
                   (s.cash + s.foreman) / nullif(s.channel, 0)
                     - (s.cash_3m + s.foreman_3m) / nullif(s.channel_3m, 0) AS bank_share_trend,
                   least(s.days_since_payment, days_between(l.paid_on, c.as_of))
                     AS days_since_payment,
                   m.months_not_full_6m,
                   p.unpaid_state_months,
                   s.instalments_3m,
                   s.due_with_workers / 100 / nullif(s.workers_3m, 0) AS wage_per_worker,
                   s.due_3m / nullif(c.contract_amount, 0) AS wage_bill_ratio,
                   n.below_minimum_share_3m,
                   b.measured / nullif(b.due, 0) AS measured_wage_share_3m,
                   b.piece / nullif(b.due, 0) AS piece_wage_share_3m,
                   s.workers_missed / nullif(s.workers_listed, 0) AS people_unpaid_share,
                   coalesce(y.returned, 0) / nullif(coalesce(s.paid_3m, 0)
                     + coalesce(y.returned, 0), 0) AS returned_share_3m
            FROM cohort c
            LEFT JOIN pay_sums s ON s.as_of = c.as_of AND s.project_id = c.project_id
            LEFT JOIN wage_months w ON w.as_of = c.as_of AND w.project_id = c.project_id
            LEFT JOIN pay_state p ON p.as_of = c.as_of AND p.project_id = c.project_id
            LEFT JOIN minimum_pay n ON n.as_of = c.as_of AND n.project_id = c.project_id
            LEFT JOIN wage_bases b ON b.as_of = c.as_of AND b.project_id = c.project_id
            LEFT JOIN pay_teams t ON t.as_of = c.as_of AND t.project_id = c.project_id
            LEFT JOIN unpaid_workers h ON h.as_of = c.as_of AND h.project_id = c.project_id
            LEFT JOIN last_payments l ON l.as_of = c.as_of AND l.project_id = c.project_id
            LEFT JOIN returned_payments y ON y.as_of = c.as_of AND y.project_id = c.project_id
            LEFT JOIN (
              SELECT as_of, project_id,
                     least(sum(CASE WHEN unpaid > 0.01 * due THEN 1 ELSE 0 END), 6)
                       AS months_not_full_6m
              FROM pay_months GROUP BY as_of, project_id
            ) m ON m.as_of = c.as_of AND m.project_id = c.project_id
            """,
        ),
    ),
)
