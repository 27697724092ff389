"""Financial health of contractor and owner: tax, loans, social insurance and utilities."""

from __future__ import annotations

from functools import partial

from features.catalogue import EmployerUse, Evidence, Family, Feature, Points, Statement, Step
from features.common_steps import SUBCONTRACTORS_EN, SUBCONTRACTORS_ZH

_feature = partial(
    Feature,
    source=("projects", "operations"),
    article="38",
    unknown_zh="没有收到该单位的这项经营指标",
    unknown_en="this indicator of the organisation is not on record",
)

NOTHING_BEFORE_ZH = "没有收到该单位的这项经营指标，或此前没有可比的月份"
NOTHING_BEFORE_EN = "this indicator is not on record, or of no earlier month to compare with"

RATIO_ZH = "最近报送月份起倒数三个自然月与再前九个月各取有报送月份的平均，不计15个月以前的"
RATIO_EN = (
    "means of the reported of the three calendar months up to the last reported one and of the "
    "nine before; none over 15 months old"
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


def _indicator(indicator: str, party: str = "contractor", *, months: int = 3) -> Evidence:
    """Reports of ``indicator`` in the ``months`` up to the last one, of contractor or owner."""
    return Evidence(
        f"""
        SELECT c.as_of, c.project_id, 'operations' AS source_table,
               i.org_id || '/' || i.indicator || '/' || substr(CAST(i.period AS VARCHAR(10)), 1, 7)
                 AS record_id,
               i.known_at, CAST(-days_between(i.period, l.period) AS DOUBLE) AS weight
        FROM cohort c
        JOIN last_months l ON l.as_of = c.as_of AND l.org_id = c.{party}_id
        JOIN known_operations i
          ON i.as_of = l.as_of AND i.org_id = l.org_id AND i.indicator = l.indicator
         AND i.period <= l.period AND i.period > months_later(l.period, -{months})
        WHERE l.indicator = '{indicator}'
        """
    )


def _exact(value: str) -> str:
    """SQL for ``value`` as DECIMAL, so that sums do not depend on their order."""
    return f"TRY_CAST(round({value} * 10000) / 10000 AS DECIMAL(28, 4))"


def _mean(first: int, last: int) -> str:
    """SQL for the mean of the values reported ``first`` to ``last`` months back."""
    rows = f"CASE WHEN back BETWEEN {first} AND {last} THEN"
    return f"CAST(sum({rows} value END) AS DOUBLE) / nullif(sum({rows} 1 END), 0)"


_LOANS = _indicator("overdue_loans", months=1)
_OWNERS_LOANS = _indicator("overdue_loans", "owner", months=1)
INSURED = _indicator("social_insurance")
ELECTRICITY = _indicator("electricity")


FAMILY = Family(
    name="operations",
    zh="经营状况",
    en="operations",
    features=(
        _feature(
            name="contractor_overdue_loans",
            unit="yuan",
            window="last reported month",
            direction=1,
            zh="总包单位逾期贷款",
            en="overdue loans of the contractor",
            scorecard=(Points(1, "Art. 38: credit indicator", at_least=1),),
            employers=EmployerUse(
                zh="逾期贷款",
                en="overdue loans",
                scorecard=(Points(2, "Art. 38: credit indicator", at_least=1),),
                raises=Statement(
                    zh="最近报送月份逾期贷款余额{value}",
                    en="Overdue loans in the last reported month: {value}",
                    at_least=10_000,
                    evidence=_LOANS,
                ),
            ),
            raises=Statement(
                zh="总包单位最近报送月份逾期贷款余额{value}",
                en="Contractor's overdue loans in the last reported month: {value}",
                at_least=10_000,
                evidence=_LOANS,
            ),
        ),
        _feature(
            name="contractor_overdue_change",
            unit="yuan",
            window="last month against 6 before",
            direction=1,
            formula_zh="最近报送月份与此前六个自然月有报送的平均之差",
            formula_en="the last reported month less the mean of the reported of the six before",
            unknown_zh=NOTHING_BEFORE_ZH,
            unknown_en=NOTHING_BEFORE_EN,
            zh="总包单位逾期贷款的变化",
            en="change in the contractor's overdue loans",
            employers=EmployerUse(zh="逾期贷款的变化", en="change in overdue loans"),
        ),
        _ratio(
            name="contractor_tax_ratio",
            zh="总包单位近三月纳税与此前之比",
            en="contractor's tax against before",
            scorecard=(Points(1, "Art. 38: tax indicator", at_most=0.5),),
            employers=EmployerUse(
                zh="近三月纳税与此前之比",
                en="tax against before",
                scorecard=(Points(1, "Art. 38: tax indicator", at_most=0.5),),
            ),
        ),
        _ratio(
            name="contractor_insured_ratio",
            zh="总包单位参保人数与此前之比",
            en="contractor's insured staff against before",
            employers=EmployerUse(
                zh="近三月参保人数与此前之比",
                en="insured staff against before",
                scorecard=(Points(1, "Art. 38: staff fall (Haishu, Zhejiang)", at_most=0.8),),
                raises=Statement(
                    zh="近三个月平均参保人数为此前九个月平均的{value}倍",
                    en=(
                        "Insured staff of the last three months is {value} times the mean of "
                        "the nine before"
                    ),
                    at_most=0.8,
                    evidence=INSURED,
                ),
            ),
            raises=Statement(
                zh="总包单位近三个月平均参保人数为此前九个月平均的{value}倍",
                en=(
                    "Contractor's insured staff of the last three months is {value} times "
                    "the mean of the nine before"
                ),
                at_most=0.8,
                evidence=INSURED,
            ),
        ),
        _ratio(
            name="contractor_utilities_ratio",
            zh="总包单位水电气用量与此前之比",
            en="contractor's electricity, water and gas against before",
            employers=EmployerUse(
                zh="近三月水电气用量与此前之比", en="electricity, water and gas against before"
            ),
        ),
        _feature(
            name="contractor_silent_months",
            unit="months",
            window="all",
            direction=1,
            formula_zh="自最近报送月份的1日起",
            formula_en="from the first day of the last reported month",
            zh="总包单位经营指标中断月数",
            en="months since the contractor's last indicator",
            employers=EmployerUse(
                zh="经营指标中断月数",
                en="months since the last indicator",
                scorecard=(Points(1, "Art. 38: indicators stopped arriving", at_least=3),),
            ),
        ),
        _feature(
            name="owner_overdue_loans",
            unit="yuan",
            window="last reported month",
            direction=1,
            zh="建设单位逾期贷款",
            en="overdue loans of the owner",
            raises=Statement(
                zh="建设单位最近报送月份逾期贷款余额{value}",
                en="Owner's overdue loans in the last reported month: {value}",
                at_least=10_000,
                evidence=_OWNERS_LOANS,
            ),
        ),
        _ratio(
            name="owner_tax_ratio",
            zh="建设单位近三月纳税与此前之比",
            en="owner's tax against before",
        ),
        _feature(
            name="subcontractor_overdue_loans",
            unit="yuan",
            window="last reported month",
            direction=1,
            source=("projects", "contracts", "operations"),
            zh="分包单位逾期贷款最高值",
            en="highest overdue loans among subcontractors",
            formula_zh=SUBCONTRACTORS_ZH,
            formula_en=SUBCONTRACTORS_EN,
        ),
        _ratio(
            name="subcontractor_tax_ratio_min",
            source=("projects", "contracts", "operations"),
            zh="分包单位纳税与此前之比最低值",
            en="lowest tax against before among subcontractors",
            formula_zh=f"{RATIO_ZH}；{SUBCONTRACTORS_ZH}",
            formula_en=f"{RATIO_EN}; {SUBCONTRACTORS_EN}",
        ),
    ),
    steps=(
        Step(
            "last_months",
            f"""
            SELECT as_of, org_id, indicator, max(period) AS period,
                   {_exact("max_by(value, period)")} AS value
            FROM known_operations WHERE period < as_of
            GROUP BY as_of, org_id, indicator
            """,
        ),
        Step(
            # back: calendar months before the last one reported, which is of whatever age.
            "indicator_facts",
            f"""
            SELECT as_of, org_id, indicator, last_period, CAST(last AS DOUBLE) AS last,
                   CAST(last AS DOUBLE) - {_mean(1, 6)} AS change,
                   CAST(last AS DOUBLE) / nullif({_mean(1, 6)}, 0) AS last_ratio,
                   {_mean(0, 2)} / nullif({_mean(3, 11)}, 0) AS ratio,
                   sum(CASE WHEN back <= 11 AND value > 0 THEN 1 ELSE 0 END) AS months_above_none
            FROM (
              SELECT l.as_of, l.org_id, l.indicator, l.period AS last_period, l.value AS last,
                     k.value,
                     12 * (year(l.period) - year(k.period)) + month(l.period) - month(k.period)
                       AS back
              FROM last_months l
              LEFT JOIN (
                SELECT as_of, org_id, indicator, period, {_exact("value")} AS value
                FROM known_operations
                WHERE period >= months_later(as_of, -15) AND period < as_of
              ) k ON k.as_of = l.as_of AND k.org_id = l.org_id AND k.indicator = l.indicator
            ) x
            GROUP BY as_of, org_id, indicator, last_period, last
            """,
        ),
        Step(
            "org_health",
            """
            SELECT as_of, org_id,
                   max(CASE WHEN indicator = 'overdue_loans' THEN last END) AS overdue,
                   max(CASE WHEN indicator = 'overdue_loans' THEN change END) AS overdue_change,
                   max(CASE WHEN indicator = 'tax' THEN ratio END) AS tax_ratio,
                   max(CASE WHEN indicator = 'social_insurance' THEN ratio END) AS insured_ratio,
                   CAST(sum(CASE WHEN indicator IN ('electricity', 'water', 'gas')
                                 THEN TRY_CAST(round(ratio * 1000000) / 1000000
                                               AS DECIMAL(28, 6)) END) AS DOUBLE)
                     / nullif(sum(CASE WHEN indicator IN ('electricity', 'water', 'gas')
                                   AND ratio IS NOT NULL THEN 1 END), 0)
                     AS utilities_ratio,
                   CAST(days_between(max(last_period), as_of) AS DOUBLE) / 30.4375 AS silent_months
            FROM indicator_facts GROUP BY as_of, org_id
            """,
        ),
        Step(
            "subcontractor_health",
            """
            SELECT s.as_of, s.project_id, max(h.overdue) AS overdue, min(h.tax_ratio) AS tax_ratio
            FROM subcontractors s
            JOIN org_health h ON h.as_of = s.as_of AND h.org_id = s.contractor_id
            GROUP BY s.as_of, s.project_id
            """,
        ),
        Step(
            "operations_family",
            """
            SELECT c.as_of, c.project_id,
                   h.overdue AS contractor_overdue_loans,
                   h.overdue_change AS contractor_overdue_change,
                   h.tax_ratio AS contractor_tax_ratio,
                   h.insured_ratio AS contractor_insured_ratio,
                   h.utilities_ratio AS contractor_utilities_ratio,
                   h.silent_months AS contractor_silent_months,
                   o.overdue AS owner_overdue_loans, o.tax_ratio AS owner_tax_ratio,
                   s.overdue AS subcontractor_overdue_loans,
                   s.tax_ratio AS subcontractor_tax_ratio_min
            FROM cohort c
            LEFT JOIN org_health h ON h.as_of = c.as_of AND h.org_id = c.contractor_id
            LEFT JOIN org_health o ON o.as_of = c.as_of AND o.org_id = c.owner_id
            LEFT JOIN subcontractor_health s ON s.as_of = c.as_of AND s.project_id = c.project_id
            """,
        ),
    ),
)
