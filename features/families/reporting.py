"""Reporting behaviour: missing and late payrolls and attendance, which often precede arrears."""

from __future__ import annotations

from functools import partial

from features.calendar_months import (
    last_month_of_attendance,
    last_month_of_wages,
    month_of,
)
from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step
from risk.measured_dates import measured_sql

REPORTED = Duty("reported", article="15")

_FIRST_EXPECTED = 2
"""Months after that of its start from which a project is expected to report."""

_feature = partial(
    Feature,
    unknown_zh="没有收到该类数据，或该项目从未报送",
    unknown_en="the feed is missing, or the project never reported",
)


def _if_measured(measure: str, measured: str) -> str:
    """SQL for ``measure``; unknown if most days of knowledge do not come from the authority."""
    return f"CASE WHEN 2 * sum({measured}) >= count(*) THEN {measure} END"


_SILENT = _if_measured(
    "min(CASE WHEN measured = 1 THEN days_between(known_at, as_of) END)", "measured"
)


def _lag(measure: str) -> str:
    return _if_measured(measure, "lag_measured")


def _silent_until_completion(days: str) -> str:
    """SQL for ``days`` of silence without those after completion; cohort ``c``."""
    return f"""
        CASE WHEN c.completed_on < c.as_of AND {days} IS NOT NULL
             THEN greatest({days} - days_between(c.completed_on, c.as_of), 0)
             ELSE {days} END"""


def _first_versions(table: str, key: str) -> Step:
    """The first version of the rows of ``table`` that were corrected, and how it was dated.

    A version replaced on the day it came in was never valid.
    """
    return Step(
        f"first_{table}",
        f"""
        SELECT {key}, min(known_at) AS known_at,
               min_by(coalesce(dated_by, 'given'), known_at) AS dated_by
        FROM {table}_versions WHERE superseded_at > known_at
        GROUP BY {key}
        """,
    )


def _measured_lag(event: str) -> str:
    """SQL for whether the day of the first version of ``t`` measures its lag after day ``event``.

    A correction is not a late report: ``f`` is the first version, NULL if ``t`` is.
    """
    measured = measured_sql(event, "f.known_at", "f.dated_by")
    return f"""
        CASE WHEN f.known_at IS NULL THEN t.measured WHEN {measured} THEN 1 ELSE 0 END"""


_PAYROLLS = Evidence(
    """
    SELECT as_of, project_id, 'payrolls' AS source_table, payroll_id AS record_id, known_at,
           CAST(CASE WHEN lag_measured = 1 THEN lag END AS DOUBLE) AS weight
    FROM payroll_lags WHERE age <= 92
    """
)

_ATTENDANCE = Evidence(
    """
    SELECT as_of, project_id, 'attendance' AS source_table,
           project_id || '/' || coalesce(contract_id, '') || '/'
             || substr(CAST(period AS VARCHAR(10)), 1, 7) AS record_id,
           known_at, CAST(-days_between(known_at, as_of) AS DOUBLE) AS weight
    FROM presence
    """
)


FAMILY = Family(
    name="reporting",
    zh="数据报送",
    en="reporting",
    features=(
        _feature(
            name="payroll_silent_days",
            unit="days",
            window="12 months",
            direction=1,
            source=("projects", "payrolls"),
            article="15",
            zh="距最近一次报送工资表的天数",
            en="days since the last payroll came in",
            formula_zh="已竣工的计至竣工日",
            formula_en="to the day of completion if the work is done",
            duty=REPORTED,
            compliant_value=0.0,
            unknown_zh="没有收到该类数据，或该时段没有报送，或多数入库日期不是主管部门给出的",
            unknown_en=(
                "the feed is missing, nothing was reported in the "
                "window, or most days of knowledge are not the authority's"
            ),
        ),
        _feature(
            name="attendance_silent_days",
            unit="days",
            window="13 months",
            direction=1,
            source=("projects", "attendance"),
            article="28",
            zh="距最近一次报送考勤的天数",
            en="days since the last attendance came in",
            formula_zh="已竣工的计至竣工日",
            formula_en="to the day of completion if the work is done",
            duty=REPORTED,
            compliant_value=0.0,
            raises=Statement(
                zh="已{value}未收到考勤",
                en="No attendance received for {value}",
                at_least=45,
                evidence=_ATTENDANCE,
            ),
            unknown_zh="没有收到该类数据，或该时段没有报送，或多数入库日期不是主管部门给出的",
            unknown_en=(
                "the feed is missing, nothing was reported in the "
                "window, or most days of knowledge are not the authority's"
            ),
        ),
        _feature(
            name="payroll_lag_days",
            unit="days",
            window="92 days",
            direction=1,
            source=("projects", "payrolls"),
            article="15",
            zh="工资表平均迟报天数",
            en="mean days a payroll comes in after it is due",
            raises=Statement(
                zh="近三个月工资表平均晚于发薪日{value}报送",
                en="Payrolls of the last three months came in {value} after pay day on average",
                at_least=3,
                evidence=_PAYROLLS,
            ),
            formula_zh="每张工资表以首次报送为准，更正不算迟报",
            formula_en="by the first report of each payroll: a correction is not late",
            unknown_zh="没有收到该类数据，或该时段没有报送，或多数入库日期不是主管部门给出的",
            unknown_en=(
                "the feed is missing, nothing was reported in the "
                "window, or most days of knowledge are not the authority's"
            ),
        ),
        _feature(
            name="payroll_lag_trend",
            unit="days",
            window="92 days against 12 months",
            direction=1,
            source=("projects", "payrolls"),
            article="15",
            zh="工资表迟报天数的变化",
            en="change in the lag of payrolls",
            formula_zh="每张工资表以首次报送为准，更正不算迟报",
            formula_en="by the first report of each payroll: a correction is not late",
            unknown_zh="没有收到该类数据，或该时段没有报送，或多数入库日期不是主管部门给出的",
            unknown_en=(
                "the feed is missing, nothing was reported in the "
                "window, or most days of knowledge are not the authority's"
            ),
        ),
        _feature(
            name="attendance_lag_days",
            unit="days",
            window="5 months",
            direction=0,
            source=("projects", "attendance"),
            article="28",
            zh="考勤平均迟报天数",
            en="mean days attendance comes in after the month's end",
            formula_zh="以首次报送为准，更正不算迟报",
            formula_en="by the first report: a correction is not late",
            unknown_zh="没有收到该类数据，或该时段没有报送，或多数入库日期不是主管部门给出的",
            unknown_en=(
                "the feed is missing, nothing was reported in the "
                "window, or most days of knowledge are not the authority's"
            ),
        ),
        _feature(
            name="payroll_months_missing_6m",
            unit="months",
            window="6 months",
            direction=1,
            source=("projects", "payrolls"),
            article="15",
            zh="近六个月缺报工资表的月数",
            en="months without a payroll of the last six",
            duty=REPORTED,
            compliant_value=0.0,
            scorecard=(Points(1, "Art. 15: payrolls not kept", at_least=2),),
            formula_zh="最近六个工资已到期的自然月（月初起满62天），开工后第二个月起、竣工月之前",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due; "
                "from the second month after that of the start to the one before that of completion"
            ),
        ),
        _feature(
            name="attendance_months_missing_6m",
            unit="months",
            window="6 months",
            direction=1,
            source=("projects", "attendance"),
            article="28",
            zh="近六个月缺报考勤的月数",
            en="months without attendance of the last six",
            duty=REPORTED,
            compliant_value=0.0,
            raises=Statement(
                zh="近六个月有{value}未收到考勤",
                en="No attendance received for {value} of the last six",
                at_least=1,
                evidence=_ATTENDANCE,
            ),
            formula_zh="月末后五日可报送的最近六个自然月，开工后第二个月起、竣工月之前",
            formula_en=(
                "the last six calendar months that ended five or more days ago; from the "
                "second month after that of the start to the one before that of completion"
            ),
        ),
        _feature(
            name="team_reports_drop",
            unit="ratio",
            window="last month against the 5 before",
            direction=-1,
            source=("projects", "payrolls"),
            article="15",
            zh="报送工资表的班组数与此前之比",
            en="teams with a payroll against before",
            formula_zh="近31天到期工资的班组数，与此前五个31天中有到期工资的各期平均之比",
            formula_en=(
                "teams with wages due in 31 days, to the mean of the "
                "five periods of 31 days before with any"
            ),
            unknown_zh="没有收到工资表数据，此前没有到期的工资表，或已竣工",
            unknown_en="no payrolls feed, no payroll fell due before, or the work is done",
        ),
        _feature(
            name="present_without_payroll_months",
            unit="months",
            window="6 months",
            direction=1,
            source=("projects", "attendance", "payrolls"),
            article="31",
            zh="有考勤无工资表的月数",
            en="months with people on site and no payroll",
            duty=REPORTED,
            compliant_value=0.0,
            formula_zh="最近六个工资已到期的自然月（月初起满62天）",
            formula_en=(
                "the last six calendar months that began 62 or more days ago, whose wages are due"
            ),
            unknown_zh="没有收到考勤或工资表数据，或该时段没有填了人数的考勤",
            unknown_en=(
                "no attendance or payrolls feed, or no attendance with a headcount in the window"
            ),
        ),
    ),
    steps=(
        _first_versions("payrolls", "payroll_id"),
        _first_versions("attendance", "project_id, contract_id, period"),
        *(
            Step(
                f"first_{table}_of_project",
                f"SELECT project_id, min(known_at) AS known_at FROM {table}_versions"
                " GROUP BY project_id",
            )
            for table in ("payrolls", "attendance")
        ),
        Step(
            "expected_months",
            f"""
            SELECT as_of, project_id,
                   CASE WHEN payroll_month >= first AND (stop IS NULL OR payroll_month < stop)
                        THEN payroll_month END AS payroll_month,
                   CASE WHEN attendance_month >= first AND (stop IS NULL OR attendance_month < stop)
                        THEN attendance_month END AS attendance_month
            FROM (
              SELECT c.as_of, c.project_id, {month_of("c.completed_on")} AS stop,
                     months_later({month_of("c.started_on")}, {_FIRST_EXPECTED}) AS first,
                     months_later({last_month_of_wages("c.as_of")}, -n.back) AS payroll_month,
                     months_later({last_month_of_attendance("c.as_of")}, -n.back)
                       AS attendance_month
              FROM cohort c CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5)) n(back)
            ) m
            """,
            inlined=True,
        ),
        Step(
            "missing_months",
            """
            SELECT x.as_of, x.project_id,
                   sum(CASE WHEN x.payroll_month IS NOT NULL AND r.period IS NULL
                       THEN 1 ELSE 0 END) AS payrolls,
                   sum(CASE WHEN x.attendance_month IS NOT NULL AND p.period IS NULL
                       THEN 1 ELSE 0 END) AS attendance
            FROM expected_months x
            LEFT JOIN roll_months r ON r.as_of = x.as_of AND r.project_id = x.project_id
                                   AND r.period = x.payroll_month
            LEFT JOIN presence_months p ON p.as_of = x.as_of AND p.project_id = x.project_id
                                       AND p.period = x.attendance_month
            GROUP BY x.as_of, x.project_id
            """,
        ),
        Step(
            "payroll_lags",
            f"""
            SELECT t.as_of, t.project_id, t.payroll_id, t.known_at, t.age, t.measured,
                   {_measured_lag("t.due_on")} AS lag_measured,
                   greatest(days_between(t.due_on, coalesce(f.known_at, t.known_at)), 0) AS lag
            FROM rolls t
            LEFT JOIN first_payrolls f
              ON f.payroll_id = t.payroll_id AND f.known_at < t.known_at
            """,
            inlined=True,
        ),
        Step(
            "payroll_reports",
            f"""
            SELECT as_of, project_id,
                   {_SILENT} AS silent,
                   {_lag("avg(CASE WHEN lag_measured = 1 AND age <= 92 THEN lag END)")} AS lag_3m,
                   {_lag("avg(CASE WHEN lag_measured = 1 THEN lag END)")} AS lag
            FROM payroll_lags GROUP BY as_of, project_id
            """,
        ),
        Step(
            "reporting_teams",
            """
            SELECT as_of, project_id,
                   CAST(sum(CASE WHEN back = 0 THEN teams ELSE 0 END) AS DOUBLE) AS teams_now,
                   avg(CASE WHEN back > 0 THEN teams END) AS teams_before
            FROM (
              SELECT as_of, project_id, back, count(*) AS teams
              FROM (
                SELECT DISTINCT as_of, project_id, CAST(floor((age - 1) / 31.0) AS INT) AS back,
                       coalesce(contract_id, '') AS team
                FROM rolls WHERE age <= 184
              ) t
              GROUP BY as_of, project_id, back
            ) m
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "attendance_reports",
            f"""
            SELECT as_of, project_id, {_SILENT} AS silent,
                   {_lag("avg(CASE WHEN lag_measured = 1 AND in_window THEN lag END)")} AS lag
            FROM (
              SELECT t.as_of, t.project_id, t.known_at, t.measured,
                     t.period >= months_later({month_of("t.as_of")}, -5) AS in_window,
                     {_measured_lag("last_day(t.period)")} AS lag_measured,
                     greatest(days_between(months_later(t.period, 1),
                                           coalesce(f.known_at, t.known_at)), 0) AS lag
              FROM presence t
              LEFT JOIN first_attendance f
                ON f.project_id = t.project_id AND f.period = t.period
               AND coalesce(f.contract_id, '') = coalesce(t.contract_id, '')
               AND f.known_at < t.known_at
            ) a
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "reporting_family",
            f"""
            SELECT c.as_of, c.project_id,
                   {_silent_until_completion("r.silent")} AS payroll_silent_days,
                   {_silent_until_completion("a.silent")} AS attendance_silent_days,
                   r.lag_3m AS payroll_lag_days,
                   r.lag_3m - r.lag AS payroll_lag_trend,
                   a.lag AS attendance_lag_days,
                   CASE WHEN fp.known_at < c.as_of THEN m.payrolls END
                     AS payroll_months_missing_6m,
                   CASE WHEN fa.known_at < c.as_of THEN m.attendance END
                     AS attendance_months_missing_6m,
                   CASE WHEN c.completed_on IS NULL OR c.completed_on >= c.as_of
                        THEN t.teams_now / nullif(t.teams_before, 0) END AS team_reports_drop,
                   u.unlisted_months AS present_without_payroll_months
            FROM cohort c
            JOIN missing_months m ON m.as_of = c.as_of AND m.project_id = c.project_id
            LEFT JOIN first_payrolls_of_project fp ON fp.project_id = c.project_id
            LEFT JOIN first_attendance_of_project fa ON fa.project_id = c.project_id
            LEFT JOIN reporting_teams t ON t.as_of = c.as_of AND t.project_id = c.project_id
            LEFT JOIN payroll_reports r ON r.as_of = c.as_of AND r.project_id = c.project_id
            LEFT JOIN attendance_reports a ON a.as_of = c.as_of AND a.project_id = c.project_id
            LEFT JOIN presence_pay u ON u.as_of = c.as_of AND u.project_id = c.project_id
            """,
        ),
    ),
)
