"""Disputes over project money, which are no lawful reason to withhold wages (Art. 35)."""

from __future__ import annotations

from functools import partial

from features.catalogue import Evidence, Family, Feature, Points, Statement, Step

_feature = partial(
    Feature,
    source=("projects", "disputes"),
    article="35",
    unknown_zh="没有收到工程款争议数据",
    unknown_en="no disputes feed",
)


def _open_disputes(weight: str) -> Evidence:
    return Evidence(
        f"""
        SELECT as_of, project_id, 'disputes' AS source_table, dispute_id AS record_id, known_at,
               CAST({weight} AS DOUBLE) AS weight
        FROM known_disputes WHERE resolved_on IS NULL OR resolved_on >= as_of
        """
    )


_OPEN_DISPUTES = _open_disputes("days_between(opened_on, as_of)")
_DISPUTED_AMOUNTS = _open_disputes("amount")


FAMILY = Family(
    name="disputes",
    zh="工程款争议",
    en="disputes over project money",
    features=(
        _feature(
            name="disputes_open",
            unit="count",
            window="as of the date",
            direction=1,
            zh="未解决的争议件数",
            en="disputes open",
            raises=Statement(
                zh="有{value}件工程款争议未见解决记录",
                en="{value} disputes over project money without a recorded settlement",
                at_least=1,
                evidence=_OPEN_DISPUTES,
            ),
        ),
        _feature(
            name="dispute_open_days",
            unit="days",
            window="as of the date",
            direction=1,
            zh="未解决争议持续天数",
            en="days the oldest open dispute has lasted",
            scorecard=(Points(1, "Art. 35: open dispute over project money", at_least=31),),
            raises=Statement(
                zh="工程款争议已有{value}，未见解决记录",
                en="Dispute over project money of {value} without a recorded settlement",
                at_least=1,
                evidence=_OPEN_DISPUTES,
            ),
        ),
        _feature(
            name="dispute_open_share",
            unit="share",
            window="as of the date",
            direction=1,
            formula_zh="最高为1",
            formula_en="at most 1",
            unknown_zh="没有收到工程款争议数据，或有未解决争议未写金额，或合同金额未登记",
            unknown_en=(
                "no disputes feed, an open dispute gives no amount, or the contract amount is not "
                "on record"
            ),
            zh="未解决争议金额与合同金额之比",
            en="amount in open dispute to the contract amount",
            raises=Statement(
                zh="未解决的工程款争议金额达合同金额的{value}",
                en="Amount in open dispute reaches {value} of the contract amount",
                at_least=0.01,
                evidence=_DISPUTED_AMOUNTS,
            ),
        ),
        _feature(
            name="disputes_365d",
            unit="count",
            window="365 days",
            direction=1,
            zh="近一年发生的争议件数",
            en="disputes begun in a year",
        ),
        _feature(
            name="contractor_disputes_open",
            unit="count",
            window="as of the date",
            direction=1,
            formula_zh="含已完工项目",
            formula_en="completed projects included",
            unknown_zh="没有收到工程款争议数据，或总包单位未登记",
            unknown_en="no disputes feed, or the contractor is not on record",
            zh="总包单位其他项目未解决的争议件数",
            en="open disputes on the contractor's other projects",
        ),
    ),
    steps=(
        Step(
            "dispute_facts",
            """
            SELECT as_of, project_id,
                   sum(CASE WHEN is_open THEN 1 ELSE 0 END) AS open,
                   max(CASE WHEN is_open THEN days_between(opened_on, as_of) ELSE 0 END) AS days,
                   -- Unknown if one of them states no amount.
                   CASE WHEN sum(CASE WHEN is_open AND amount IS NULL THEN 1 ELSE 0 END) = 0
                        THEN CAST(sum(CASE WHEN is_open THEN amount END) AS DOUBLE) END AS amount,
                   sum(CASE WHEN days_between(opened_on, as_of) <= 365 THEN 1 ELSE 0 END) AS n_365
            FROM (
              SELECT d.*, d.resolved_on IS NULL OR d.resolved_on >= d.as_of AS is_open
              FROM known_disputes d
            ) x
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "disputes_by_contractor",
            """
            SELECT c.as_of, c.contractor_id, sum(d.open) AS open
            FROM known_projects c
            JOIN dispute_facts d ON d.as_of = c.as_of AND d.project_id = c.project_id
            WHERE c.contractor_id IS NOT NULL
            GROUP BY c.as_of, c.contractor_id
            """,
        ),
        Step(
            "disputes_family",
            """
            SELECT c.as_of, c.project_id,
                   coalesce(d.open, 0) AS disputes_open,
                   coalesce(d.days, 0) AS dispute_open_days,
                   CASE WHEN coalesce(d.open, 0) = 0 THEN 0
                        WHEN d.amount > c.contract_amount THEN c.contract_amount
                        ELSE d.amount END
                     / nullif(CAST(c.contract_amount AS DOUBLE), 0) AS dispute_open_share,
                   coalesce(d.n_365, 0) AS disputes_365d,
                   CASE WHEN c.contractor_id IS NOT NULL
                        THEN coalesce(b.open, 0) - coalesce(d.open, 0) END
                     AS contractor_disputes_open
            FROM cohort c
            JOIN feeds f ON f.as_of = c.as_of AND f.has_disputes
            LEFT JOIN dispute_facts d ON d.as_of = c.as_of AND d.project_id = c.project_id
            LEFT JOIN disputes_by_contractor b
              ON b.as_of = c.as_of AND b.contractor_id = c.contractor_id
            """,
        ),
    ),
)
