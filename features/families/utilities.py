"""Electricity, water, gas and staff of an employer, which often fall before wages go unpaid."""

from __future__ import annotations

from functools import partial

from features.catalogue import Family, Feature, Points, Statement, Step
from features.families.operations import ELECTRICITY, INSURED

_feature = partial(
    Feature,
    source=("organizations", "operations"),
    article="38",
    unknown_zh="没有收到该单位的这项经营指标",
    unknown_en="this indicator of the employer is not on record",
)

FALLING = 0.8
"""An indicator is falling if its last three months are below this share of the nine before."""

FAMILY = Family(
    name="utilities",
    zh="用电用水用工",
    en="power, water and staff",
    features=(
        _feature(
            name="electricity_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
            zh="近三月用电量与此前之比",
            en="electricity against before",
            scorecard=(Points(1, "Art. 38: utility supply (Wuxing, Yichang)", at_most=0.8),),
            raises=Statement(
                zh="近三个月平均用电量为此前九个月平均的{value}倍",
                en=(
                    "Electricity of the last three months is {value} times the mean of the "
                    "nine before"
                ),
                at_most=0.8,
                evidence=ELECTRICITY,
            ),
        ),
        _feature(
            name="water_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
            zh="近三月用水量与此前之比",
            en="water against before",
            scorecard=(Points(1, "Art. 38: utility supply", at_most=0.7),),
        ),
        _feature(
            name="gas_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
            zh="近三月用气量与此前之比",
            en="gas against before",
        ),
        _feature(
            name="electricity_last_ratio",
            unit="ratio",
            window="last month against the 6 before",
            direction=-1,
            zh="最近一月用电量与前六月平均之比",
            en="last month's electricity against the six before",
            scorecard=(Points(1, "Art. 38: utility supply, at once", at_most=0.6),),
        ),
        _feature(
            name="insured_last_ratio",
            unit="ratio",
            window="last month against the 6 before",
            direction=-1,
            zh="最近一月参保人数与前六月平均之比",
            en="last month's insured staff against the six before",
            scorecard=(Points(1, "Art. 38: staff fall at once", at_most=0.7),),
            raises=Statement(
                zh="最近一月参保人数为此前六个月平均的{value}倍",
                en="Insured staff of the last month is {value} times the mean of the six before",
                at_most=0.8,
                evidence=INSURED,
            ),
        ),
        _feature(
            name="insured_staff",
            unit="count",
            window="last reported month",
            direction=0,
            zh="参保人数",
            en="insured staff",
        ),
        _feature(
            name="overdue_months",
            unit="months",
            window="12 months",
            direction=1,
            zh="近一年有逾期贷款的月数",
            en="months of the year with overdue loans",
            scorecard=(Points(1, "Art. 38: credit indicator, months in a row", at_least=3),),
        ),
        _feature(
            name="falling_indicators",
            unit="count",
            window="3 months against the 9 before",
            direction=1,
            zh="明显下降的经营指标数",
            en="indicators that fell by a fifth or more",
            scorecard=(Points(2, "Art. 38: several indicators fall together", at_least=3),),
        ),
    ),
    steps=(
        Step(
            "meter_months",
            """
            SELECT as_of, org_id, indicator,
                   CAST(max(CASE WHEN back = 1 THEN value END) AS DOUBLE)
                     / nullif(CAST(sum(CASE WHEN back BETWEEN 2 AND 7 THEN value END) AS DOUBLE)
                       / nullif(sum(CASE WHEN back BETWEEN 2 AND 7 THEN 1 END), 0), 0)
                     AS last_ratio,
                   sum(CASE WHEN back <= 12 AND value > 0 THEN 1 ELSE 0 END) AS months_above_none
            FROM indicators GROUP BY as_of, org_id, indicator
            """,
        ),
        Step(
            "meters",
            f"""
            SELECT f.as_of, f.org_id,
                   max(CASE WHEN f.indicator = 'electricity' THEN f.ratio END) AS electricity,
                   max(CASE WHEN f.indicator = 'water' THEN f.ratio END) AS water,
                   max(CASE WHEN f.indicator = 'gas' THEN f.ratio END) AS gas,
                   max(CASE WHEN f.indicator = 'electricity' THEN m.last_ratio END)
                     AS electricity_last,
                   max(CASE WHEN f.indicator = 'social_insurance' THEN m.last_ratio END)
                     AS insured_last,
                   max(CASE WHEN f.indicator = 'social_insurance' THEN f.last END) AS insured,
                   max(CASE WHEN f.indicator = 'overdue_loans' THEN m.months_above_none END)
                     AS overdue_months,
                   sum(CASE WHEN f.indicator = 'overdue_loans' THEN NULL
                            WHEN f.ratio < {FALLING} THEN 1
                            WHEN f.ratio IS NOT NULL THEN 0 END) AS falling
            FROM indicator_facts f
            JOIN meter_months m
              ON m.as_of = f.as_of AND m.org_id = f.org_id AND m.indicator = f.indicator
            GROUP BY f.as_of, f.org_id
            """,
        ),
        Step(
            "utilities_family",
            """
            SELECT c.as_of, c.project_id,
                   m.electricity AS electricity_ratio, m.water AS water_ratio, m.gas AS gas_ratio,
                   m.electricity_last AS electricity_last_ratio,
                   m.insured_last AS insured_last_ratio, m.insured AS insured_staff,
                   m.overdue_months, m.falling AS falling_indicators
            FROM cohort c
            LEFT JOIN meters m ON m.as_of = c.as_of AND m.org_id = c.contractor_id
            """,
        ),
    ),
)
