"""Electricity, water, gas and staff of an employer, which often fall before wages go unpaid."""

from __future__ import annotations

from functools import partial

from features.catalogue import Family, Feature, Points, Statement, Step
from features.families.operations import (
    ELECTRICITY,
    INSURED,
    NOTHING_BEFORE_EN,
    NOTHING_BEFORE_ZH,
    RATIO_EN,
    RATIO_ZH,
)

_feature = partial(
    Feature,
    source=("organizations", "operations"),
    article="38",
    unknown_zh="没有收到该单位的这项经营指标",
    unknown_en="this indicator of the employer is not on record",
)

_ratio = partial(
    _feature,
    unit="ratio",
    window="3 months against the 9 before",
    direction=-1,
    formula_zh=RATIO_ZH,
    formula_en=RATIO_EN,
    unknown_zh=NOTHING_BEFORE_ZH,
    unknown_en=NOTHING_BEFORE_EN,
)

FALLING = 0.8
"""An indicator is falling if its last three months are below this share of the nine before."""

FAMILY = Family(
    name="utilities",
    zh="用电用水用工",
    en="power, water and staff",
    features=(
        _ratio(
            name="electricity_ratio",
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
        _ratio(
            name="water_ratio",
            zh="近三月用水量与此前之比",
            en="water against before",
            scorecard=(Points(1, "Art. 38: utility supply", at_most=0.7),),
        ),
        _ratio(
            name="gas_ratio",
            zh="近三月用气量与此前之比",
            en="gas against before",
        ),
        _feature(
            name="electricity_last_ratio",
            unit="ratio",
            window="last month against the 6 before",
            direction=-1,
            formula_zh="最近报送月份与此前六个自然月有报送的平均之比",
            formula_en="the last reported month to the mean of the reported of the six before",
            unknown_zh=NOTHING_BEFORE_ZH,
            unknown_en=NOTHING_BEFORE_EN,
            zh="最近一月用电量与前六月平均之比",
            en="last month's electricity against the six before",
            scorecard=(Points(1, "Art. 38: utility supply, at once", at_most=0.6),),
        ),
        _feature(
            name="insured_last_ratio",
            unit="ratio",
            window="last month against the 6 before",
            direction=-1,
            formula_zh="最近报送月份与此前六个自然月有报送的平均之比",
            formula_en="the last reported month to the mean of the reported of the six before",
            unknown_zh=NOTHING_BEFORE_ZH,
            unknown_en=NOTHING_BEFORE_EN,
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
            formula_zh="最近报送月份起倒数十二个自然月",
            formula_en="of the twelve calendar months up to the last reported one",
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
            "meters",
            f"""
            SELECT f.as_of, f.org_id,
                   max(CASE WHEN f.indicator = 'electricity' THEN f.ratio END) AS electricity,
                   max(CASE WHEN f.indicator = 'water' THEN f.ratio END) AS water,
                   max(CASE WHEN f.indicator = 'gas' THEN f.ratio END) AS gas,
                   max(CASE WHEN f.indicator = 'electricity' THEN f.last_ratio END)
                     AS electricity_last,
                   max(CASE WHEN f.indicator = 'social_insurance' THEN f.last_ratio END)
                     AS insured_last,
                   max(CASE WHEN f.indicator = 'social_insurance' THEN f.last END) AS insured,
                   max(CASE WHEN f.indicator = 'overdue_loans' THEN f.months_above_none END)
                     AS overdue_months,
                   sum(CASE WHEN f.indicator = 'overdue_loans' THEN NULL
                            WHEN f.ratio < {FALLING} THEN 1
                            WHEN f.ratio IS NOT NULL THEN 0 END) AS falling
            FROM indicator_facts f
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
