"""Financial health of contractor and owner: tax, loans, social insurance and utilities."""

from __future__ import annotations

from functools import partial

from features.catalogue import EmployerUse, Evidence, Family, Feature, Points, Statement, Step

_feature = partial(
    Feature,
    source=("projects", "operations"),
    article="38",
    unknown_zh="没有收到该单位的这项经营指标",
    unknown_en="this indicator of the organisation is not on record",
)


def _indicator(indicator: str, party: str = "contractor", *, months: int = 3) -> Evidence:
    """The last reported ``months`` of ``indicator`` of the contractor or owner."""
    return Evidence(
        f"""
        SELECT c.as_of, c.project_id, 'operations' AS source_table,
               i.org_id || '/' || i.indicator || '/' || substr(CAST(i.period AS VARCHAR(10)), 1, 7)
                 AS record_id,
               k.known_at, CAST(10 - i.back AS DOUBLE) AS weight
        FROM cohort c
        JOIN indicators i ON i.as_of = c.as_of AND i.org_id = c.{party}_id AND i.back <= {months}
        JOIN known_operations k
          ON k.as_of = i.as_of AND k.org_id = i.org_id AND k.indicator = i.indicator
         AND k.period = i.period
        WHERE i.indicator = '{indicator}'
        """
    )


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
                    zh="最近一月逾期贷款余额{value}",
                    en="Overdue loans in the last reported month: {value}",
                    at_least=10_000,
                    evidence=_LOANS,
                ),
            ),
            raises=Statement(
                zh="总包单位最近一月逾期贷款余额{value}",
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
            zh="总包单位逾期贷款的变化",
            en="change in the contractor's overdue loans",
            employers=EmployerUse(zh="逾期贷款的变化", en="change in overdue loans"),
        ),
        _feature(
            name="contractor_tax_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
            zh="总包单位近三月纳税与此前之比",
            en="contractor's tax against before",
            scorecard=(Points(1, "Art. 38: tax indicator", at_most=0.5),),
            employers=EmployerUse(
                zh="近三月纳税与此前之比",
                en="tax against before",
                scorecard=(Points(1, "Art. 38: tax indicator", at_most=0.5),),
            ),
        ),
        _feature(
            name="contractor_insured_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
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
        _feature(
            name="contractor_utilities_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
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
                zh="建设单位最近一月逾期贷款余额{value}",
                en="Owner's overdue loans in the last reported month: {value}",
                at_least=10_000,
                evidence=_OWNERS_LOANS,
            ),
        ),
        _feature(
            name="owner_tax_ratio",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
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
        ),
        _feature(
            name="subcontractor_tax_ratio_min",
            unit="ratio",
            window="3 months against the 9 before",
            direction=-1,
            source=("projects", "contracts", "operations"),
            zh="分包单位纳税与此前之比最低值",
            en="lowest tax against before among subcontractors",
        ),
    ),
    steps=(
        Step(
            "indicators",
            """
            SELECT as_of, org_id, indicator, period,
                   TRY_CAST(round(value * 10000) / 10000 AS DECIMAL(28, 4)) AS value,
                   row_number() OVER (PARTITION BY as_of, org_id, indicator ORDER BY period DESC)
                     AS back
            FROM known_operations
            WHERE period >= months_later(as_of, -15) AND period < as_of
            """,
        ),
        Step(
            "indicator_facts",
            """
            SELECT as_of, org_id, indicator,
                   CAST(max(CASE WHEN back = 1 THEN value END) AS DOUBLE) AS last,
                   CAST(max(CASE WHEN back = 1 THEN value END) AS DOUBLE)
                     - CAST(sum(CASE WHEN back BETWEEN 2 AND 7 THEN value END) AS DOUBLE)
                       / nullif(sum(CASE WHEN back BETWEEN 2 AND 7 THEN 1 END), 0) AS change,
                   CAST(sum(CASE WHEN back <= 3 THEN value END) AS DOUBLE)
                     / sum(CASE WHEN back <= 3 THEN 1 END)
                     / nullif(CAST(sum(CASE WHEN back BETWEEN 4 AND 12 THEN value END) AS DOUBLE)
                       / nullif(sum(CASE WHEN back BETWEEN 4 AND 12 THEN 1 END), 0), 0) AS ratio,
                   max(period) AS last_period
            FROM indicators GROUP BY as_of, org_id, indicator
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
            FROM known_contracts s
            JOIN org_health h ON h.as_of = s.as_of AND h.org_id = s.contractor_id
            WHERE s.parent_contract_id IS NOT NULL
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
