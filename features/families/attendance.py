"""Workers on site compared with those registered and paid, and implausibly perfect figures."""

from __future__ import annotations

from functools import partial

from features.calendar_months import last_year, six_months_of_wages
from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step
from features.families.payments import WAGES_PAID
from risk.measured_dates import measured_sql

_MEASURED = measured_sql("last_day(t.period)", "t.known_at", "t.dated_by")

WORKERS_REGISTERED = Duty("workers_registered", article="28")

_feature = partial(
    Feature,
    source=("projects", "attendance"),
    article="28",
    unknown_zh="没有收到实名制考勤数据，或该时段没有考勤",
    unknown_en="no attendance feed, or no attendance in the window",
)


def _fewer_than_present(column: str) -> Evidence:
    """The attendance of the last three reported months, the largest gap to ``column`` first."""
    return Evidence(
        f"""
        SELECT p.as_of, p.project_id, 'attendance' AS source_table,
               p.project_id || '/' || coalesce(p.contract_id, '') || '/'
                 || substr(CAST(p.period AS VARCHAR(10)), 1, 7) AS record_id,
               p.known_at, CAST(p.workers_present - p.{column} AS DOUBLE) AS weight
        FROM presence p
        JOIN presence_months m
          ON m.as_of = p.as_of AND m.project_id = p.project_id AND m.period = p.period
        WHERE m.back <= 3
        """
    )


FAMILY = Family(
    name="attendance",
    zh="考勤与实名制",
    en="attendance",
    features=(
        _feature(
            name="workers_on_site",
            unit="count",
            window="last reported month",
            direction=0,
            zh="最近一月考勤人数",
            en="workers on site in the last reported month",
            unknown_zh="没有收到实名制考勤数据，该时段没有考勤，或当月有班组未填考勤人数",
            unknown_en=(
                "no attendance feed, no attendance in the window, or a team of the month without "
                "a number present"
            ),
        ),
        _feature(
            name="workers_change",
            unit="ratio",
            window="last reported month against the 3 before",
            direction=0,
            zh="考勤人数的变化",
            en="workers on site against the three months before",
            formula_zh="最近报送的月份与其前三个自然月平均之比",
            formula_en=(
                "the last reported month, to the mean of the three calendar months before it"
            ),
            unknown_zh="没有收到实名制考勤数据，或再前三个自然月没有考勤",
            unknown_en="no attendance feed, or no attendance in the three months before",
        ),
        _feature(
            name="registered_share",
            unit="share",
            window="3 reported months",
            direction=-1,
            zh="实名登记人数与考勤人数之比",
            en="registered to present workers",
            duty=WORKERS_REGISTERED,
            compliant_value=1.0,
            raises=Statement(
                zh="最近三个报送月实名登记人数为出勤人数的{value}",
                en=(
                    "Registered workers were {value} of those present in the last "
                    "three reported months"
                ),
                at_most=0.9,
                evidence=_fewer_than_present("workers_registered"),
            ),
            unknown_zh="没有收到实名制考勤数据，该时段没有考勤，或未填实名登记人数",
            unknown_en=(
                "no attendance feed, no attendance in the window, or no number registered filled in"
            ),
        ),
        _feature(
            name="contract_signed_share",
            unit="share",
            window="3 reported months",
            direction=-1,
            zh="劳动合同签订率",
            en="share of present workers with a labour contract",
            duty=WORKERS_REGISTERED,
            compliant_value=1.0,
            scorecard=(Points(1, "Art. 28: labour contracts", at_most=0.5),),
            raises=Statement(
                zh="最近三个报送月签订劳动合同人数为出勤人数的{value}",
                en=(
                    "Workers with a labour contract were {value} of those present in "
                    "the last three reported months"
                ),
                at_most=0.9,
                evidence=_fewer_than_present("workers_with_contract"),
            ),
            unknown_zh="没有收到实名制考勤数据，该时段没有考勤，或未填签订劳动合同人数",
            unknown_en=(
                "no attendance feed, no attendance in the "
                "window, or no number of contracts filled in"
            ),
        ),
        _feature(
            name="days_per_worker",
            unit="days",
            window="3 reported months",
            direction=0,
            zh="人均月出勤天数",
            en="days worked per worker and month",
            unknown_zh="没有收到实名制考勤数据，该时段没有考勤，或未填出勤工日",
            unknown_en=(
                "no attendance feed, no attendance in the window, or no days worked filled in"
            ),
        ),
        _feature(
            name="present_unpaid_share",
            unit="share",
            window="6 months",
            direction=1,
            article="31",
            source=("projects", "attendance", "payrolls", "payments"),
            zh="出勤而无实发工资的人月占比",
            en="worker-months on site without pay",
            unknown_zh="没有收到实名制考勤、工资表或工资发放数据，该时段没有考勤，或未填人数",
            unknown_en=(
                "no attendance, payrolls or payments feed, "
                "no attendance in the window, or no headcounts"
            ),
            duty=WAGES_PAID,
            compliant_value=0.0,
            scorecard=(Points(2, "Guizhou rule: over 10 % on site without pay", at_least=0.1),),
            formula_zh="最近六个工资已到期的自然月（月初起满62天）",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due"
            ),
        ),
        _feature(
            name="present_unlisted_share",
            unit="share",
            window="6 months",
            direction=1,
            article="31",
            source=("projects", "attendance", "payrolls"),
            zh="出勤而不在工资表上的人月占比",
            en="worker-months on site without a payroll",
            unknown_zh="没有收到实名制考勤或工资表数据，该时段没有考勤，或未填人数",
            unknown_en=(
                "no attendance or payrolls feed, no attendance in the window, or no headcounts"
            ),
            duty=WORKERS_REGISTERED,
            compliant_value=0.0,
            formula_zh="最近六个工资已到期的自然月（月初起满62天）",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due"
            ),
        ),
        _feature(
            name="listed_over_present",
            unit="ratio",
            window="6 months",
            direction=0,
            source=("projects", "attendance", "payrolls"),
            zh="工资表人数与考勤人数之比",
            en="workers on payrolls to workers on site",
            unknown_zh="没有收到实名制考勤或工资表数据，该时段没有考勤，或未填人数",
            unknown_en=(
                "no attendance or payrolls feed, no attendance in the window, or no headcounts"
            ),
            formula_zh="最近六个工资已到期的自然月（月初起满62天）",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due"
            ),
        ),
        _feature(
            name="perfect_match_share",
            unit="share",
            window="12 months",
            direction=0,
            zh="登记、考勤、合同人数完全一致的月份占比",
            en="share of team-months where registered, present and contracts agree exactly",
            formula_zh="当月之前的十二个自然月",
            formula_en="the twelve calendar months before that of the date",
            unknown_zh="没有收到实名制考勤数据，或该时段没有三项人数都填的考勤",
            unknown_en="no attendance feed, or no month of the window with all three numbers",
        ),
        _feature(
            name="attendance_steadiness",
            unit="ratio",
            window="12 months",
            direction=0,
            zh="考勤人数逐月波动",
            en="spread of monthly presence over its mean",
            formula_zh="当月之前的十二个自然月",
            formula_en="the twelve calendar months before that of the date",
            unknown_zh="没有收到实名制考勤数据，或填了人数的月份不足三个",
            unknown_en="no attendance feed, or fewer than three months with a headcount",
        ),
        _feature(
            name="wage_per_day",
            unit="yuan",
            window="6 months",
            direction=0,
            source=("projects", "attendance", "payrolls"),
            zh="每工日应发工资",
            en="wages due per day worked",
            formula_zh="最近六个工资已到期的自然月（月初起满62天）",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due"
            ),
            unknown_zh="没有收到实名制考勤或工资表数据，或该时段没有既填工日又有工资表的月份",
            unknown_en=(
                "no attendance or payrolls feed, or no month "
                "of the window with days worked and a payroll"
            ),
        ),
    ),
    steps=(
        Step(
            "presence",
            f"""
            SELECT t.as_of, t.project_id, t.contract_id, t.period, t.workers_registered,
                   t.workers_present, t.worker_days, t.workers_with_contract, t.known_at,
                   CASE WHEN {_MEASURED} THEN 1 ELSE 0 END AS measured,
                   days_between(t.period, t.as_of) AS age
            FROM known_attendance t
            JOIN cohort c ON c.as_of = t.as_of AND c.project_id = t.project_id
            WHERE t.period >= months_later(t.as_of, -13) AND t.period < t.as_of
            """,
        ),
        Step(
            "presence_months",
            f"""
            SELECT as_of, project_id, period, min(age) AS age,
                   -- A team without a head count leaves the number on site unknown, not smaller.
                   CASE WHEN count(*) = count(workers_present)
                        THEN CAST(sum(workers_present) AS DOUBLE) END AS present,
                   max(workers_present) AS largest_team,
                   CAST(sum(CASE WHEN workers_registered IS NOT NULL THEN workers_present END)
                     AS DOUBLE) AS present_registered,
                   CAST(sum(CASE WHEN workers_present IS NOT NULL THEN workers_registered END)
                     AS DOUBLE) AS registered,
                   CAST(sum(CASE WHEN workers_with_contract IS NOT NULL THEN workers_present END)
                     AS DOUBLE) AS present_contract,
                   CAST(sum(CASE WHEN workers_present IS NOT NULL THEN workers_with_contract END)
                     AS DOUBLE) AS with_contract,
                   CAST(sum(CASE WHEN worker_days IS NOT NULL THEN workers_present END)
                     AS DOUBLE) AS present_days,
                   CAST(sum(CASE WHEN workers_present IS NOT NULL THEN worker_days END)
                     AS DOUBLE) AS days_of_present,
                   CASE WHEN count(*) = count(worker_days) THEN CAST(sum(worker_days) AS DOUBLE) END
                     AS days,
                   CASE WHEN {last_year("period", "as_of")} AND count(*) = count(workers_present)
                        THEN CAST(sum(workers_present) AS DOUBLE) END AS present_12m,
                   max(period) OVER (PARTITION BY as_of, project_id) AS last,
                   row_number() OVER (PARTITION BY as_of, project_id ORDER BY period DESC) AS back
            FROM presence GROUP BY as_of, project_id, period
            """,
        ),
        Step(
            "roll_months",
            """
            SELECT as_of, project_id, period,
                   CASE WHEN count(workers) = count(*) THEN CAST(sum(workers) AS DOUBLE) END
                     AS listed,
                   CAST(sum(amount_due) AS DOUBLE) AS due,
                   CASE WHEN count(workers_paid) = count(*) THEN sum(CAST(round(
                       least(workers_paid, coalesce(workers, workers_paid))
                       * CASE WHEN amount_due > 0
                              THEN least(CAST(paid AS DOUBLE) / amount_due, 1) ELSE 1 END
                       * 10000) / 10000 AS DECIMAL(18, 4))) END AS paid_workers
            FROM (
              SELECT as_of, project_id, period, workers, amount_due, workers_paid, paid FROM pay
              UNION ALL
              SELECT r.as_of, r.project_id, r.period, r.workers, r.amount_due, NULL, NULL
              FROM rolls r JOIN feeds f ON f.as_of = r.as_of AND f.has_payments IS NOT TRUE
            ) r
            GROUP BY as_of, project_id, period
            """,
        ),
        Step(
            "presence_rolls",
            f"""
            SELECT p.as_of, p.project_id, p.present, p.days, r.listed, r.due,
                   CASE WHEN r.period IS NULL THEN 0 ELSE r.listed END AS on_rolls,
                   CASE WHEN f.has_payments THEN CAST(
                        CASE WHEN r.period IS NULL THEN 0 ELSE r.paid_workers END
                        AS DECIMAL(18, 4)) END AS paid_workers,
                   CASE WHEN p.largest_team > 0 AND r.period IS NULL THEN 1
                        WHEN p.present IS NOT NULL THEN 0 END AS is_unlisted
            FROM presence_months p
            JOIN feeds f ON f.as_of = p.as_of AND f.has_payrolls
            LEFT JOIN roll_months r
              ON r.as_of = p.as_of AND r.project_id = p.project_id AND r.period = p.period
            WHERE {six_months_of_wages("p.period", "p.as_of")}
            """,
        ),
        Step(
            "presence_pay",
            """
            SELECT as_of, project_id,
                   CAST(sum(CASE WHEN present IS NOT NULL AND paid_workers IS NOT NULL
                            THEN greatest(CAST(present AS DECIMAL(18, 4)) - paid_workers, 0) END)
                        AS DOUBLE)
                     / nullif(sum(CASE WHEN paid_workers IS NOT NULL THEN present END), 0)
                     AS present_unpaid_share,
                   sum(CASE WHEN present IS NOT NULL AND on_rolls IS NOT NULL
                       THEN greatest(present - on_rolls, 0) END)
                     / nullif(sum(CASE WHEN on_rolls IS NOT NULL THEN present END), 0)
                     AS present_unlisted_share,
                   sum(CASE WHEN present IS NOT NULL THEN listed END)
                     / nullif(sum(CASE WHEN listed IS NOT NULL THEN present END), 0)
                     AS listed_over_present,
                   sum(CASE WHEN days > 0 THEN due END) / 100
                     / nullif(sum(CASE WHEN due IS NOT NULL THEN days END), 0) AS wage_per_day,
                   sum(is_unlisted) AS unlisted_months
            FROM presence_rolls GROUP BY as_of, project_id
            """,
        ),
        Step(
            "perfection",
            f"""
            SELECT as_of, project_id,
                   avg(CASE WHEN workers_registered = workers_present
                             AND workers_present = workers_with_contract THEN 1 ELSE 0 END)
                     AS perfect_match_share
            FROM presence
            WHERE workers_registered IS NOT NULL AND workers_present > 0
              AND workers_with_contract IS NOT NULL AND {last_year("period", "as_of")}
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "attendance_family",
            """
            SELECT m.as_of, m.project_id,
                   max(CASE WHEN m.back = 1 THEN m.present END) AS workers_on_site,
                   max(CASE WHEN m.back = 1 THEN m.present END)
                     / nullif(avg(CASE WHEN m.period < m.last
                                        AND m.period >= months_later(m.last, -3)
                                  THEN m.present END), 0)
                     AS workers_change,
                   sum(CASE WHEN m.back <= 3 THEN m.registered END)
                     / nullif(sum(CASE WHEN m.back <= 3 THEN m.present_registered END), 0)
                     AS registered_share,
                   sum(CASE WHEN m.back <= 3 THEN m.with_contract END)
                     / nullif(sum(CASE WHEN m.back <= 3 THEN m.present_contract END), 0)
                     AS contract_signed_share,
                   sum(CASE WHEN m.back <= 3 THEN m.days_of_present END)
                     / nullif(sum(CASE WHEN m.back <= 3 THEN m.present_days END), 0)
                     AS days_per_worker,
                   max(y.present_unpaid_share) AS present_unpaid_share,
                   max(y.present_unlisted_share) AS present_unlisted_share,
                   max(y.listed_over_present) AS listed_over_present,
                   max(q.perfect_match_share) AS perfect_match_share,
                   CASE WHEN count(m.present_12m) >= 3
                        THEN sqrt(greatest(sum(m.present_12m * m.present_12m)
                               - sum(m.present_12m) * sum(m.present_12m) / count(m.present_12m), 0)
                               / (count(m.present_12m) - 1)) / nullif(avg(m.present_12m), 0)
                   END AS attendance_steadiness,
                   max(y.wage_per_day) AS wage_per_day
            FROM presence_months m
            LEFT JOIN presence_pay y ON y.as_of = m.as_of AND y.project_id = m.project_id
            LEFT JOIN perfection q ON q.as_of = m.as_of AND q.project_id = m.project_id
            GROUP BY m.as_of, m.project_id
            """,
        ),
    ),
)
