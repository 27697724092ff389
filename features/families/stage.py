"""Season and stage: time of year, progress of the project, and its fixed attributes."""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, EmployerUse, Evidence, Family, Feature, Points, Statement, Step
from features.season import SEASON, SEASON_FEATURES

NOTICE_BOARD = Duty("notice_board", article="34")

_feature = partial(
    Feature,
    source=("projects",),
    unknown_zh="项目资料未填",
    unknown_en="not filled in for the project",
)

_PROJECT = Evidence(
    """
    SELECT as_of, project_id, 'projects' AS source_table, project_id AS record_id, known_at,
           CAST(1 AS DOUBLE) AS weight
    FROM cohort
    """
)


FAMILY = Family(
    name="stage",
    zh="季节与工程阶段",
    en="season and stage",
    employer_zh="季节与单位规模",
    employer_en="season and size",
    features=(
        *SEASON_FEATURES,
        _feature(
            name="age_months",
            unit="months",
            window="all",
            direction=0,
            zh="开工至今月数",
            en="months since the start",
        ),
        _feature(
            name="planned_progress",
            unit="share",
            window="all",
            direction=0,
            unknown_zh="没有计划竣工日期，或其不晚于开工日期",
            unknown_en="no planned end on record, or one not after the start",
            zh="已过计划工期比例",
            en="share of the planned time gone by",
        ),
        _feature(
            name="overrun_days",
            unit="days",
            window="all",
            direction=0,
            unknown_zh="没有计划竣工日期，或其不晚于开工日期",
            unknown_en="no planned end on record, or one not after the start",
            zh="超过计划竣工日期的天数",
            en="days past the planned end",
        ),
        _feature(
            name="days_since_completion",
            unit="days",
            window="all",
            direction=0,
            zh="竣工后天数（未竣工为0）",
            en="days since completion (0 while running)",
        ),
        _feature(
            name="contract_amount_yuan",
            unit="yuan",
            window="as of the date",
            direction=0,
            zh="合同金额",
            en="contract amount",
        ),
        _feature(
            name="labour_share",
            unit="share",
            window="as of the date",
            direction=-1,
            article="24",
            zh="约定人工费比例",
            en="labour-cost share agreed",
        ),
        _feature(
            name="advance_funded",
            unit="yes/no",
            window="as of the date",
            direction=1,
            zh="施工单位垫资",
            en="the contractor pre-finances",
            scorecard=(Points(1, "pre-financing", at_least=1),),
            raises=Statement(
                zh="登记为施工单位垫资施工",
                en="Recorded as pre-financed by the contractor",
                at_least=1,
                evidence=_PROJECT,
            ),
        ),
        _feature(
            name="notice_board",
            unit="yes/no",
            window="as of the date",
            direction=-1,
            article="34",
            zh="设有维权信息告示牌",
            en="the notice board stands",
            duty=NOTICE_BOARD,
            compliant_value=1.0,
            lowers=Statement(
                zh="登记已设维权信息告示牌",
                en="Notice board on record",
                at_least=1,
                evidence=_PROJECT,
            ),
        ),
        _feature(
            name="government_funded",
            unit="yes/no",
            window="as of the date",
            direction=0,
            zh="政府投资项目",
            en="government funded",
        ),
        _feature(
            name="privately_funded",
            unit="yes/no",
            window="as of the date",
            direction=0,
            zh="社会投资项目",
            en="privately funded",
        ),
        _feature(
            name="building_sector",
            unit="yes/no",
            window="as of the date",
            direction=0,
            zh="房建项目",
            en="building sector",
        ),
        _feature(
            name="settled_at_completion",
            unit="yes/no",
            window="as of the date",
            direction=1,
            article="24",
            zh="竣工结算",
            en="settled at completion",
            scorecard=(Points(1, "Art. 24: no monthly settlement", at_least=1),),
            raises=Statement(
                zh="工程款登记为竣工结算",
                en="Project money recorded as settled at completion",
                at_least=1,
                evidence=_PROJECT,
            ),
        ),
        _feature(
            name="settled_by_measure",
            unit="yes/no",
            window="as of the date",
            direction=0,
            article="24",
            zh="工程款按计量计价结算",
            en="project money settled by measured quantity",
        ),
        _feature(
            name="settled_monthly",
            unit="yes/no",
            window="as of the date",
            direction=-1,
            article="24",
            zh="按月结算",
            en="settled monthly",
        ),
        _feature(
            name="contractor_capital",
            unit="yuan",
            window="as of the date",
            direction=0,
            unknown_zh="总包单位或其注册资本未登记",
            unknown_en="the contractor or its capital is not on record",
            source=("projects", "organizations"),
            zh="总包单位注册资本",
            en="contractor's registered capital",
            employers=EmployerUse(
                zh="注册资本",
                en="registered capital",
                unknown_zh="注册资本未登记",
                unknown_en="its capital is not on record",
            ),
        ),
        _feature(
            name="contractor_age_years",
            unit="ratio",
            window="as of the date",
            direction=0,
            unknown_zh="总包单位或其成立日期未登记",
            unknown_en="the contractor or its founding date is not on record",
            source=("projects", "organizations"),
            zh="总包单位成立年数",
            en="years since the contractor was founded",
            employers=EmployerUse(
                zh="成立年数",
                en="years since it was founded",
                unknown_zh="成立日期未登记",
                unknown_en="its founding date is not on record",
            ),
        ),
        _feature(
            name="amount_to_capital",
            unit="ratio",
            window="as of the date",
            direction=0,
            unknown_zh="合同金额、总包单位或其注册资本未登记，或注册资本为零",
            unknown_en="contract amount, contractor or its capital not on record, or no capital",
            source=("projects", "organizations"),
            zh="合同金额与总包注册资本之比",
            en="contract amount to the contractor's capital",
        ),
    ),
    steps=(
        SEASON,
        Step(
            "stage",
            """
            SELECT c.as_of, c.project_id,
                   s.days_to_festival, s.days_since_festival,
                   s.before_festival_share, s.after_festival_share,
                   CAST(days_between(c.started_on, c.as_of) AS DOUBLE) / 30.4375 AS age_months,
                   -- Unknown where the planned end is not after the start.
                   CAST(days_between(c.started_on, c.as_of) AS DOUBLE)
                     / nullif(greatest(days_between(c.started_on, c.planned_end_on), 0), 0)
                     AS planned_progress,
                   CASE WHEN c.planned_end_on > c.started_on
                        THEN greatest(days_between(c.planned_end_on,
                               CASE WHEN c.completed_on < c.as_of THEN c.completed_on
                                    ELSE c.as_of END), 0) END AS overrun_days,
                   CASE WHEN c.completed_on < c.as_of
                        THEN days_between(c.completed_on, c.as_of) ELSE 0 END
                     AS days_since_completion,
                   CAST(c.contract_amount AS DOUBLE) / 100 AS contract_amount_yuan,
                   c.labour_cost_share AS labour_share,
                   CASE WHEN c.advance_funded THEN 1 WHEN NOT c.advance_funded THEN 0 END
                     AS advance_funded,
                   CASE WHEN c.notice_board THEN 1 WHEN NOT c.notice_board THEN 0 END
                     AS notice_board,
                   CASE WHEN c.funding = 'government' THEN 1 WHEN c.funding IS NOT NULL THEN 0 END
                     AS government_funded,
                   CASE WHEN c.funding = 'private' THEN 1 WHEN c.funding IS NOT NULL THEN 0 END
                     AS privately_funded,
                   CASE WHEN c.sector = 'building' THEN 1 WHEN c.sector IS NOT NULL THEN 0 END
                     AS building_sector,
                   CASE WHEN c.settlement = 'completion' THEN 1
                        WHEN c.settlement IS NOT NULL THEN 0 END AS settled_at_completion,
                   CASE WHEN c.settlement = 'measured' THEN 1
                        WHEN c.settlement IS NOT NULL THEN 0 END AS settled_by_measure,
                   CASE WHEN c.settlement = 'monthly' THEN 1
                        WHEN c.settlement IS NOT NULL THEN 0 END AS settled_monthly,
                   CAST(o.registered_capital AS DOUBLE) / 100 AS contractor_capital,
                   CAST(days_between(o.founded_on, c.as_of) AS DOUBLE) / 365.25
                     AS contractor_age_years,
                   CAST(c.contract_amount AS DOUBLE) / nullif(o.registered_capital, 0)
                     AS amount_to_capital
            FROM cohort c
            JOIN season s ON s.as_of = c.as_of
            LEFT JOIN known_organizations o ON o.as_of = c.as_of AND o.org_id = c.contractor_id
            """,
        ),
    ),
)
