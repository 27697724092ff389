"""Reporting behaviour: missing and late payrolls and attendance, which often precede arrears."""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step

REPORTED = Duty("reported", article="15")

_feature = partial(
    Feature,
    unknown_zh="没有收到该类数据，或该项目从未报送",
    unknown_en="the feed is missing, or the project never reported",
)


def _if_measured(measure: str) -> str:
    """SQL for ``measure``; unknown if most days of knowledge do not come from the authority."""
    return f"CASE WHEN 2 * sum(measured) >= count(*) THEN {measure} END"


_SILENT = _if_measured("min(CASE WHEN measured = 1 THEN days_between(known_at, as_of) END)")
_PAYROLL_LAG = "CASE WHEN measured = 1 THEN greatest(days_between(due_on, known_at), 0) END"
_ATTENDANCE_LAG = (
    "CASE WHEN measured = 1 AND age <= 153 THEN days_between(months_later(period, 1), known_at) END"
)

_PAYROLLS = Evidence(
    f"""
    SELECT as_of, project_id, 'payrolls' AS source_table, payroll_id AS record_id, known_at,
           CAST({_PAYROLL_LAG} AS DOUBLE) AS weight
    FROM rolls WHERE age <= 92
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
            duty=REPORTED,
            compliant_value=0.0,
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
            duty=REPORTED,
            compliant_value=0.0,
            raises=Statement(
                zh="已{value}未收到考勤",
                en="No attendance received for {value}",
                at_least=45,
                evidence=_ATTENDANCE,
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
        ),
    ),
    steps=(
        Step(
            "expected_months",
            """
            SELECT c.as_of, c.project_id,
                   least(greatest(floor(days_between(c.started_on, least(
                     coalesce(c.completed_on, c.as_of), c.as_of)) / 30.4375) - 2, 0), 6) AS months
            FROM cohort c
            """,
        ),
        Step(
            "payroll_reports",
            f"""
            SELECT as_of, project_id,
                   {_SILENT} AS silent,
                   {_if_measured(f"avg(CASE WHEN age <= 92 THEN {_PAYROLL_LAG} END)")} AS lag_3m,
                   {_if_measured(f"avg({_PAYROLL_LAG})")} AS lag,
                   count(DISTINCT CASE WHEN age BETWEEN 1 AND 184 THEN due_on END) AS months,
                   CAST(sum(CASE WHEN age <= 31 THEN 1 ELSE 0 END) AS DOUBLE) AS teams_now,
                   CAST(sum(CASE WHEN age BETWEEN 32 AND 184 THEN 1 ELSE 0 END) AS DOUBLE)
                     / nullif(count(DISTINCT CASE WHEN age BETWEEN 32 AND 184 THEN due_on END), 0)
                     AS teams_before
            FROM rolls GROUP BY as_of, project_id
            """,
        ),
        Step(
            "attendance_reports",
            f"""
            SELECT as_of, project_id,
                   {_SILENT} AS silent,
                   {_if_measured(f"avg({_ATTENDANCE_LAG})")} AS lag,
                   count(DISTINCT CASE WHEN age BETWEEN 31 AND 214 THEN period END) AS months
            FROM presence GROUP BY as_of, project_id
            """,
        ),
        Step(
            "unlisted_months",
            """
            SELECT p.as_of, p.project_id,
                   sum(CASE WHEN r.period IS NULL THEN 1 ELSE 0 END) AS months
            FROM presence_months p
            JOIN feeds f ON f.as_of = p.as_of AND f.has_payrolls
            LEFT JOIN (SELECT DISTINCT as_of, project_id, period FROM rolls) r
              ON r.as_of = p.as_of AND r.project_id = p.project_id AND r.period = p.period
            WHERE p.age BETWEEN 62 AND 245 AND p.present > 0
            GROUP BY p.as_of, p.project_id
            """,
        ),
        Step(
            "reporting_family",
            """
            SELECT c.as_of, c.project_id,
                   r.silent AS payroll_silent_days,
                   a.silent AS attendance_silent_days,
                   r.lag_3m AS payroll_lag_days,
                   r.lag_3m - r.lag AS payroll_lag_trend,
                   a.lag AS attendance_lag_days,
                   CASE WHEN f.has_payrolls
                        THEN greatest(x.months - coalesce(r.months, 0), 0) END
                     AS payroll_months_missing_6m,
                   CASE WHEN f.has_attendance
                        THEN greatest(x.months - coalesce(a.months, 0), 0) END
                     AS attendance_months_missing_6m,
                   r.teams_now / nullif(r.teams_before, 0) AS team_reports_drop,
                   u.months AS present_without_payroll_months
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of
            JOIN expected_months x ON x.as_of = c.as_of AND x.project_id = c.project_id
            LEFT JOIN payroll_reports r ON r.as_of = c.as_of AND r.project_id = c.project_id
            LEFT JOIN attendance_reports a ON a.as_of = c.as_of AND a.project_id = c.project_id
            LEFT JOIN unlisted_months u ON u.as_of = c.as_of AND u.project_id = c.project_id
            """,
        ),
    ),
)
