"""Complaints about the project and about the contractor's other projects."""

from __future__ import annotations

from functools import partial

from features.catalogue import EmployerUse, Evidence, Family, Feature, Points, Statement, Step
from features.common_steps import RUNNING_EN, RUNNING_ZH

_feature = partial(
    Feature,
    source=("projects", "complaints"),
    unknown_zh="没有收到投诉举报数据",
    unknown_en="no complaints feed",
)

_NEWEST_FIRST = "-days_between(received_on, as_of)"


def _complaints(condition: str, weight: str = _NEWEST_FIRST) -> Evidence:
    return Evidence(
        f"""
        SELECT as_of, project_id, 'complaints' AS source_table, complaint_id AS record_id,
               known_at, CAST({weight} AS DOUBLE) AS weight
        FROM known_complaints WHERE project_id IS NOT NULL AND {condition}
        """
    )


_COMPLAINTS = _complaints("TRUE")
_COMPLAINTS_90D = _complaints("days_between(received_on, as_of) <= 90")
_COMPLAINTS_365D = _complaints("days_between(received_on, as_of) <= 365")
_CLAIMS_365D = _complaints("days_between(received_on, as_of) <= 365", "amount_claimed")

_CONTRACTORS_COMPLAINTS = Evidence(
    """
    SELECT k.as_of, c.project_id, 'complaints' AS source_table, k.complaint_id AS record_id,
           k.known_at, CAST(-days_between(k.received_on, k.as_of) AS DOUBLE) AS weight
    FROM known_complaints k
    JOIN known_projects p ON p.as_of = k.as_of AND p.project_id = k.project_id
    JOIN cohort c ON c.as_of = p.as_of AND c.contractor_id = p.contractor_id
    WHERE c.project_id <> p.project_id AND days_between(k.received_on, k.as_of) <= 365
    """
)


FAMILY = Family(
    name="complaints",
    zh="投诉举报",
    en="complaints",
    features=(
        _feature(
            name="complaints_90d",
            unit="count",
            window="90 days",
            direction=1,
            zh="近90天投诉件数",
            en="complaints in 90 days",
            scorecard=(Points(2, "Arts. 10, 38: complaint received", at_least=1),),
            employers=EmployerUse(
                scorecard=(Points(2, "Arts. 10, 38: complaint received", at_least=1),),
                raises=Statement(
                    zh="近90天收到投诉{value}件",
                    en="{value} complaints received in the last 90 days",
                    at_least=1,
                    evidence=_COMPLAINTS_90D,
                ),
            ),
            raises=Statement(
                zh="近90天收到投诉{value}件",
                en="{value} complaints received in the last 90 days",
                at_least=1,
                evidence=_COMPLAINTS_90D,
            ),
        ),
        _feature(
            name="complaints_365d",
            unit="count",
            window="365 days",
            direction=1,
            zh="近一年投诉件数",
            en="complaints in a year",
            scorecard=(Points(1, "Art. 38: repeated complaints", at_least=2),),
            employers=EmployerUse(
                scorecard=(Points(1, "Art. 38: repeated complaints", at_least=2),),
                raises=Statement(
                    zh="近一年收到投诉{value}件",
                    en="{value} complaints received in the last year",
                    at_least=1,
                    evidence=_COMPLAINTS_365D,
                ),
            ),
            raises=Statement(
                zh="近一年收到投诉{value}件",
                en="{value} complaints received in the last year",
                at_least=1,
                evidence=_COMPLAINTS_365D,
            ),
        ),
        _feature(
            name="complaints_all",
            unit="count",
            window="all",
            direction=1,
            zh="累计投诉件数",
            en="complaints so far",
            employers=EmployerUse(
                raises=Statement(
                    zh="累计收到投诉{value}件",
                    en="{value} complaints received so far",
                    at_least=1,
                    evidence=_COMPLAINTS,
                ),
            ),
            raises=Statement(
                zh="累计收到投诉{value}件",
                en="{value} complaints received so far",
                at_least=1,
                evidence=_COMPLAINTS,
            ),
        ),
        _feature(
            name="complaint_workers_365d",
            unit="count",
            window="365 days",
            direction=1,
            formula_zh="未写人数的计1人",
            formula_en="a complaint that gives no number counts as one",
            zh="近一年投诉涉及人数",
            en="workers named in a year's complaints",
            employers=EmployerUse(),
        ),
        _feature(
            name="complaint_amount_share",
            unit="share",
            window="365 days",
            direction=1,
            formula_zh="最高为1",
            formula_en="at most 1",
            unknown_zh="没有收到投诉举报数据，或有投诉未写金额，或合同金额未登记",
            unknown_en=(
                "no complaints feed, a complaint gives no amount, or the contract amount is not on "
                "record"
            ),
            zh="近一年诉求金额与合同金额之比",
            en="amount claimed in a year to the contract amount",
            raises=Statement(
                zh="近一年投诉诉求金额达合同金额的{value}",
                en=(
                    "Amount claimed in complaints of the last year reaches {value} of the "
                    "contract amount"
                ),
                at_least=0.001,
                evidence=_CLAIMS_365D,
            ),
        ),
        _feature(
            name="days_since_complaint",
            unit="days",
            window="all",
            direction=-1,
            unknown_zh="没有投诉举报数据，或从未有投诉",
            unknown_en="no complaints feed, or never a complaint",
            zh="距最近一次投诉的天数",
            en="days since the last complaint",
            employers=EmployerUse(),
        ),
        _feature(
            name="complaint_pace",
            unit="ratio",
            window="90 days against 365",
            direction=1,
            formula_zh="90天件数÷（365天件数÷4＋1）",
            formula_en="complaints of 90 days / (complaints of 365 days / 4 + 1)",
            zh="近90天投诉相对全年的快慢",
            en="complaints of 90 days against the year's pace",
            employers=EmployerUse(),
        ),
        _feature(
            name="contractor_complaints_365d",
            unit="count",
            window="365 days",
            direction=1,
            formula_zh="含已完工项目",
            formula_en="completed projects included",
            unknown_zh="没有收到投诉举报数据，或总包单位未登记",
            unknown_en="no complaints feed, or the contractor is not on record",
            zh="总包单位其他项目近一年投诉件数",
            en="complaints on the contractor's other projects",
            raises=Statement(
                zh="总包单位其他项目近一年收到投诉{value}件",
                en="{value} complaints on the contractor's other projects in the last year",
                at_least=1,
                evidence=_CONTRACTORS_COMPLAINTS,
            ),
        ),
        _feature(
            name="township_complaint_rate",
            unit="ratio",
            window="365 days",
            direction=0,
            formula_zh=RUNNING_ZH,
            formula_en=RUNNING_EN,
            unknown_zh="没有收到投诉举报数据，或同区划没有其他项目",
            unknown_en="no complaints feed, or no other project in the township",
            zh="同乡镇其他项目近一年平均投诉件数",
            en="complaints per other project of the township in a year",
            employers=EmployerUse(
                unknown_zh="没有收到投诉举报数据，或同区划没有其他单位",
                formula_zh="含有查实案件的",
                formula_en="those with a confirmed case included",
                unknown_en="no complaints feed, or no other employer of the place",
                zh="同区划其他单位近一年平均投诉件数",
                en="complaints per other employer of the place in a year",
            ),
        ),
        _feature(
            name="linked_complaint_share_365d",
            unit="share",
            window="365 days",
            direction=0,
            unknown_zh="没有投诉举报数据，或近一年没有投诉",
            unknown_en="no complaints feed, or no complaint in the year",
            zh="近一年投诉中由人工关联而来的份额",
            en="share of a year's complaints that came by a person's link",
        ),
        _feature(
            name="unlinked_complaint_share_365d",
            unit="share",
            window="365 days",
            direction=0,
            unknown_zh="没有投诉举报数据，或全部来件近一年没有投诉",
            unknown_en="no complaints feed, or no complaint anywhere in the year",
            zh="近一年全部投诉中尚无项目的份额",
            en="share of all known complaints of a year still without a project",
        ),
    ),
    steps=(
        Step(
            "complaint_facts",
            """
            SELECT k.as_of, k.project_id, count(*) AS total,
                   sum(CASE WHEN days_between(k.received_on, k.as_of) <= 90 THEN 1 ELSE 0 END)
                     AS n_90,
                   sum(CASE WHEN days_between(k.received_on, k.as_of) <= 365 THEN 1 ELSE 0 END)
                     AS n_365,
                   sum(CASE WHEN days_between(k.received_on, k.as_of) <= 365
                       THEN coalesce(k.workers, 1) ELSE 0 END) AS workers_365,
                   -- Unknown if one of them states no amount.
                   CASE WHEN sum(CASE WHEN days_between(k.received_on, k.as_of) <= 365
                                       AND k.amount_claimed IS NULL THEN 1 ELSE 0 END) = 0
                        THEN CAST(sum(CASE WHEN days_between(k.received_on, k.as_of) <= 365
                                           THEN k.amount_claimed END) AS DOUBLE) END
                     AS claimed_365,
                   sum(CASE WHEN days_between(k.received_on, k.as_of) <= 365 AND k.linked
                       THEN 1 ELSE 0 END) AS linked_365,
                   min(days_between(k.received_on, k.as_of)) AS days_since
            FROM known_complaints k
            WHERE k.project_id IS NOT NULL
            GROUP BY k.as_of, k.project_id
            """,
        ),
        Step(
            "complaints_without_project",
            """
            SELECT k.as_of, count(*) AS n_365,
                   sum(CASE WHEN k.project_id IS NULL THEN 1 ELSE 0 END) AS unlinked_365
            FROM known_complaints k
            WHERE days_between(k.received_on, k.as_of) <= 365
            GROUP BY k.as_of
            """,
        ),
        Step(
            "complaints_by_contractor",
            """
            SELECT p.as_of, p.contractor_id, sum(k.n_365) AS n_365
            FROM known_projects p
            JOIN complaint_facts k ON k.as_of = p.as_of AND k.project_id = p.project_id
            WHERE p.contractor_id IS NOT NULL
            GROUP BY p.as_of, p.contractor_id
            """,
        ),
        Step(
            "complaints_by_township",
            """
            SELECT c.as_of, c.region_code, count(*) AS projects,
                   sum(coalesce(k.n_365, 0)) AS n_365
            FROM running c
            LEFT JOIN complaint_facts k ON k.as_of = c.as_of AND k.project_id = c.project_id
            GROUP BY c.as_of, c.region_code
            """,
        ),
        Step(
            "complaints_family",
            """
            SELECT c.as_of, c.project_id,
                   coalesce(k.n_90, 0) AS complaints_90d,
                   coalesce(k.n_365, 0) AS complaints_365d,
                   coalesce(k.total, 0) AS complaints_all,
                   coalesce(k.workers_365, 0) AS complaint_workers_365d,
                   CASE WHEN coalesce(k.n_365, 0) = 0 THEN 0
                        WHEN k.claimed_365 > c.contract_amount THEN c.contract_amount
                        ELSE k.claimed_365 END
                     / nullif(CAST(c.contract_amount AS DOUBLE), 0) AS complaint_amount_share,
                   k.days_since AS days_since_complaint,
                   coalesce(k.n_90, 0) / (coalesce(k.n_365, 0) / 4 + CAST(1 AS DOUBLE))
                     AS complaint_pace,
                   CASE WHEN c.contractor_id IS NOT NULL
                        THEN coalesce(o.n_365, 0) - coalesce(k.n_365, 0) END
                     AS contractor_complaints_365d,
                   CAST(t.n_365 - coalesce(k.n_365, 0) AS DOUBLE) / nullif(t.projects - 1, 0)
                     AS township_complaint_rate,
                   CAST(k.linked_365 AS DOUBLE) / nullif(k.n_365, 0)
                     AS linked_complaint_share_365d,
                   CAST(u.unlinked_365 AS DOUBLE) / nullif(u.n_365, 0)
                     AS unlinked_complaint_share_365d
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of AND f.has_complaints
            JOIN complaints_by_township t
              ON t.as_of = c.as_of AND t.region_code = c.region_code
            LEFT JOIN complaint_facts k ON k.as_of = c.as_of AND k.project_id = c.project_id
            LEFT JOIN complaints_without_project u ON u.as_of = c.as_of
            LEFT JOIN complaints_by_contractor o
              ON o.as_of = c.as_of AND o.contractor_id = c.contractor_id
            """,
        ),
    ),
)
