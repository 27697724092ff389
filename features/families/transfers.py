"""Labour-cost transfers of the owner, and the special account that receives them."""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step
from features.common_steps import LAST_92_DAYS, PAY_WINDOW_MONTHS

LABOUR_COST_PASSED_ON = Duty("labour_cost_passed_on", article="29")
ACCOUNT_OPEN = Duty("account_open", article="26")

_feature = partial(
    Feature,
    source=("projects", "transfers"),
    article="29",
    unknown_zh="没有人工费拨付数据，或该时段没有到期的拨付，或未填实拨金额",
    unknown_en=(
        "no transfers feed, no transfer fell due in the window, or the amount paid is not filled in"
    ),
)
_account = partial(
    Feature,
    source=("projects", "accounts"),
    article="26",
    unknown_zh="没有收到工资专用账户数据",
    unknown_en="no accounts feed",
)


def _transfers(condition: str, weight: str) -> Evidence:
    """The transfers due in the last 12 months that meet ``condition``."""
    return Evidence(
        f"""
        SELECT as_of, project_id, 'transfers' AS source_table, transfer_id AS record_id, known_at,
               CAST({weight} AS DOUBLE) AS weight
        FROM due_transfers WHERE {condition}
        """
    )


_SHORT = _transfers("is_open = 1", "short")
_SHORT_3M = _transfers(f"is_open = 1 AND {LAST_92_DAYS}", "short")
_SHORT_LONGEST = _transfers("is_open = 1", "age")
_TRANSFERRED_LATE = _transfers("days_late > 0", "days_late")
_TRANSFERRED_LATE_3M = _transfers(f"days_late > 0 AND {LAST_92_DAYS}", "days_late")
_TRANSFERRED_3M = _transfers(
    f"paid_on IS NOT NULL AND {LAST_92_DAYS}", "-days_between(paid_on, as_of)"
)


def _accounts(condition: str, weight: str) -> Evidence:
    return Evidence(
        f"""
        SELECT as_of, project_id, 'accounts' AS source_table, account_id AS record_id, known_at,
               CAST({weight} AS DOUBLE) AS weight
        FROM known_accounts WHERE {condition}
        """
    )


_OPENED = "opened_on < as_of"
_OPEN_ACCOUNTS = _accounts(f"{_OPENED} AND (closed_on IS NULL OR closed_on >= as_of)", "1")
_FIRST_ACCOUNTS = _accounts(_OPENED, "days_between(opened_on, as_of)")


FAMILY = Family(
    name="transfers",
    zh="人工费拨付与专户",
    en="labour-cost transfers and special account",
    features=(
        _feature(
            name="transfer_short_share_3m",
            unit="share",
            window="92 days",
            direction=1,
            zh="近三个月应拨人工费未到账占比",
            en="labour cost due in three months not received",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 29: labour cost not in full", at_least=0.33),),
            raises=Statement(
                zh="近三个月应拨人工费有{value}未见拨付记录",
                en=(
                    "{value} of labour cost due in the last three months without a recorded "
                    "transfer"
                ),
                at_least=0.01,
                evidence=_SHORT_3M,
            ),
            lowers=Statement(
                zh="近三个月应拨人工费已全部到账",
                en="All labour cost due in the last three months received",
                at_most=0.0,
                evidence=_TRANSFERRED_3M,
            ),
        ),
        _feature(
            name="transfer_short_share_12m",
            unit="share",
            window="12 months",
            direction=1,
            zh="近一年应拨人工费未到账占比",
            en="labour cost due in a year not received",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年应拨人工费有{value}未见拨付记录",
                en="{value} of labour cost due in the last year without a recorded transfer",
                at_least=0.01,
                evidence=_SHORT,
            ),
        ),
        _feature(
            name="transfer_open_months",
            unit="months",
            window="12 months",
            direction=1,
            article="24",
            zh="近一年未足额拨付的月数",
            en="months of the year with labour cost not received in full",
            formula_zh="同月多笔计一个月",
            formula_en="transfers of one month count once",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
        ),
        _feature(
            name="transfer_open_months_3m",
            unit="months",
            window="92 days",
            direction=1,
            article="24",
            zh="近三个月未足额拨付的月数",
            en="months of the last three with labour cost not received in full",
            formula_zh="同月多笔计一个月",
            formula_en="transfers of one month count once",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
        ),
        _feature(
            name="transfer_oldest_days",
            unit="days",
            window="12 months",
            direction=1,
            article="24",
            zh="最久未拨付人工费逾期天数",
            en="days the oldest missing transfer is overdue",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 24: labour cost over a month late", at_least=31),),
            raises=Statement(
                zh="近一年到期而未见拨付记录的人工费最早一笔已逾期{value}",
                en="Oldest transfer due in the last year without a record {value} overdue",
                at_least=31,
                evidence=_SHORT_LONGEST,
            ),
        ),
        _feature(
            name="transfer_delay_3m",
            unit="days",
            window="92 days",
            direction=1,
            article="24",
            zh="近三个月人工费平均迟拨天数",
            en="mean days a transfer is late, three months",
            formula_zh="每笔为每元平均迟拨天数（取整），未到账部分计至当日；各笔取平均",
            formula_en=(
                "of a transfer the whole days a yuan was late on average, what is "
                "missing until the date; then the mean of transfers"
            ),
            raises=Statement(
                zh="近三个月人工费平均迟拨{value}（含未见拨付记录的）",
                en=(
                    "Transfers of the last three months {value} late on average, those "
                    "without a record included"
                ),
                at_least=3,
                evidence=_TRANSFERRED_LATE_3M,
            ),
        ),
        _feature(
            name="transfer_delay_12m",
            unit="days",
            window="12 months",
            direction=1,
            article="24",
            zh="近一年人工费平均迟拨天数",
            en="mean days a transfer is late, a year",
            formula_zh="每笔为每元平均迟拨天数（取整），未到账部分计至当日；各笔取平均",
            formula_en=(
                "of a transfer the whole days a yuan was late on average, what is "
                "missing until the date; then the mean of transfers"
            ),
            raises=Statement(
                zh="近一年人工费平均迟拨{value}（含未见拨付记录的）",
                en=(
                    "Transfers of the last year {value} late on average, those without a record "
                    "included"
                ),
                at_least=3,
                evidence=_TRANSFERRED_LATE,
            ),
        ),
        _feature(
            name="transfer_delay_trend",
            unit="days",
            window="92 days against the 92 before",
            direction=1,
            article="24",
            zh="迟拨天数的变化",
            en="change in the days transfers are late",
            unknown_zh="没有人工费拨付数据，两个时段之一没有到期的拨付，或未填实拨金额、日期",
            unknown_en=(
                "no transfers feed, no transfer fell due in one of the two "
                "periods, or an amount or a day of payment is not filled in"
            ),
            formula_zh="每笔为每元平均迟拨天数（取整），未到账部分计至当日；各笔取平均",
            formula_en=(
                "of a transfer the whole days a yuan was late on average, what is "
                "missing until the date; then the mean of transfers"
            ),
        ),
        _feature(
            name="transfer_short_amount",
            unit="yuan",
            window="12 months",
            direction=1,
            zh="未到账人工费金额",
            en="labour cost not received",
            duty=LABOUR_COST_PASSED_ON,
            compliant_value=0.0,
            raises=Statement(
                zh="近一年人工费少到账{value}",
                en="{value} of labour cost due in the last year without a recorded transfer",
                at_least=1000,
                evidence=_SHORT,
            ),
        ),
        _feature(
            name="days_since_transfer",
            unit="days",
            window="12 months",
            direction=1,
            article="24",
            zh="距最近一次拨付的天数",
            en="days since the last transfer arrived",
            formula_zh="不论何时到期",
            formula_en="whenever it was due",
            unknown_zh="没有人工费拨付数据，或近一年没有到账的拨付",
            unknown_en="no transfers feed, or no transfer arrived in the year",
        ),
        _feature(
            name="transfer_to_wages_6m",
            unit="ratio",
            window="6 months",
            direction=-1,
            source=("projects", "transfers", "payrolls"),
            zh="近六个月到账人工费与应发工资之比",
            en="labour cost received to wages due, six months",
            unknown_zh="没有人工费拨付或工资表数据，或该时段没有到期的拨付或工资，或未填实拨金额",
            unknown_en=(
                "no transfers or payrolls feed, no transfer or no wages fell due in the window, or "
                "an amount paid is not filled in"
            ),
        ),
        _account(
            name="account_open",
            unit="yes/no",
            window="as of the date",
            direction=-1,
            zh="已开立工资专用账户",
            en="a special account is open",
            unknown_zh="没有收到工资专用账户数据，或竣工后已销户",
            unknown_en="no accounts feed, or it was closed and the work is done",
            duty=ACCOUNT_OPEN,
            compliant_value=1.0,
            scorecard=(Points(1, "Art. 26: no special account", at_most=0),),
            lowers=Statement(
                zh="已开立工资专用账户",
                en="Special wage account open",
                at_least=1,
                evidence=_OPEN_ACCOUNTS,
            ),
        ),
        _account(
            name="account_delay_days",
            unit="days",
            window="all",
            direction=1,
            zh="开户晚于开工的天数",
            en="days from start to opening the account",
            raises=Statement(
                zh="开工{value}后才开立工资专用账户",
                en="Special wage account opened {value} after the start of work",
                at_least=31,
                evidence=_FIRST_ACCOUNTS,
            ),
        ),
    ),
    steps=(
        Step(
            "transfer_sums",
            """
            SELECT as_of, project_id,
                   CAST(sum(short) AS DOUBLE) AS short,
                   CAST(sum(CASE WHEN paid IS NOT NULL THEN amount_due END) AS DOUBLE) AS due,
                   CAST(sum(CASE WHEN age <= 92 THEN short END) AS DOUBLE) AS short_3m,
                   CAST(sum(CASE WHEN age <= 92 AND paid IS NOT NULL THEN amount_due END)
                     AS DOUBLE) AS due_3m,
                   CASE WHEN count(*) = count(CASE WHEN age > 184 THEN 0 ELSE paid END)
                        THEN CAST(sum(CASE WHEN age <= 184 THEN paid END) AS DOUBLE) END
                     AS paid_6m,
                   CASE WHEN count(is_open) > 0
                        THEN least(count(DISTINCT CASE WHEN is_open = 1 THEN period END), 12) END
                     AS open_months,
                   CASE WHEN count(CASE WHEN age <= 92 THEN is_open END) > 0
                        THEN least(count(DISTINCT
                          CASE WHEN age <= 92 AND is_open = 1 THEN period END), 3) END
                     AS open_months_3m,
                   max(CASE WHEN is_open = 1 THEN age WHEN is_open = 0 THEN 0 END) AS oldest,
                   avg(days_late) AS delay,
                   avg(CASE WHEN age <= 92 THEN days_late END) AS delay_3m,
                   avg(CASE WHEN age BETWEEN 93 AND 184 THEN days_late END) AS delay_before
            FROM due_transfers GROUP BY as_of, project_id
            """,
        ),
        Step(
            "last_transfers",
            f"""
            SELECT t.as_of, t.project_id, min(days_between(t.paid_on, t.as_of)) AS days_since
            FROM known_transfers t
            WHERE t.paid_on >= months_later(t.as_of, -{PAY_WINDOW_MONTHS}) AND t.paid_on < t.as_of
            GROUP BY t.as_of, t.project_id
            """,
        ),
        Step(
            "account_state",
            """
            SELECT c.as_of, c.project_id,
                   max(CASE WHEN a.account_id IS NULL THEN 0
                            WHEN a.closed_on IS NULL OR a.closed_on >= c.as_of THEN 1
                            -- The account may be closed when the work is done.
                            WHEN c.completed_on IS NULL OR c.completed_on >= c.as_of THEN 0 END)
                     AS account_open,
                   greatest(coalesce(min(days_between(c.started_on, a.opened_on)),
                                     min(days_between(c.started_on, c.as_of))), 0)
                     AS account_delay_days
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of AND f.has_accounts
            LEFT JOIN known_accounts a
              ON a.as_of = c.as_of AND a.project_id = c.project_id AND a.opened_on < c.as_of
            GROUP BY c.as_of, c.project_id
            """,
        ),
        Step(
            "wages_due_6m",
            """
            SELECT as_of, project_id, CAST(sum(amount_due) AS DOUBLE) AS due
            FROM rolls WHERE age <= 184 GROUP BY as_of, project_id
            """,
        ),
        Step(
            "transfers_family",
            """
            SELECT c.as_of, c.project_id,
                   s.short_3m / nullif(s.due_3m, 0) AS transfer_short_share_3m,
                   s.short / nullif(s.due, 0) AS transfer_short_share_12m,
                   s.open_months AS transfer_open_months,
                   s.open_months_3m AS transfer_open_months_3m,
                   s.oldest AS transfer_oldest_days,
                   s.delay_3m AS transfer_delay_3m,
                   s.delay AS transfer_delay_12m,
                   s.delay_3m - s.delay_before AS transfer_delay_trend,
                   s.short / 100 AS transfer_short_amount,
                   l.days_since AS days_since_transfer,
                   s.paid_6m / nullif(w.due, 0) AS transfer_to_wages_6m,
                   a.account_open, a.account_delay_days
            FROM cohort c
            LEFT JOIN transfer_sums s ON s.as_of = c.as_of AND s.project_id = c.project_id
            LEFT JOIN last_transfers l ON l.as_of = c.as_of AND l.project_id = c.project_id
            LEFT JOIN wages_due_6m w ON w.as_of = c.as_of AND w.project_id = c.project_id
            LEFT JOIN account_state a ON a.as_of = c.as_of AND a.project_id = c.project_id
            """,
        ),
    ),
)
