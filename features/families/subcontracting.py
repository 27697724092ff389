"""Depth and breadth of subcontracting, work given to individuals, and oral contracts."""

from __future__ import annotations

from functools import partial

from features.catalogue import Evidence, Family, Feature, Points, Statement, Step

_feature = partial(
    Feature,
    source=("projects", "contracts"),
    unknown_zh="没有收到承包合同数据，或该项目没有合同记录",
    unknown_en="no contracts feed, or no contract of this project on record",
)

_CONTRACTS = """
    SELECT t.as_of, t.project_id, 'contracts' AS source_table, t.contract_id AS record_id,
           k.known_at, CAST(t.level AS DOUBLE) AS weight
    FROM contract_tree t
    JOIN known_contracts k ON k.as_of = t.as_of AND k.contract_id = t.contract_id
"""
_DEEP = Evidence(f"{_CONTRACTS} WHERE t.level >= 3")
_TO_PERSONS = Evidence(f"{_CONTRACTS} WHERE t.level > 1 AND t.contractor_kind = 'individual'")
_ORAL = Evidence(f"{_CONTRACTS} WHERE t.level > 1 AND NOT t.written")


FAMILY = Family(
    name="subcontracting",
    zh="分包情况",
    en="subcontracting",
    features=(
        _feature(
            name="contract_depth",
            unit="level",
            window="all",
            direction=1,
            article="30",
            zh="承包层级数",
            en="levels in the contract tree",
            scorecard=(Points(1, "Art. 30: layered subcontracting (Yunxi report)", at_least=4),),
            raises=Statement(
                zh="登记的分包合同层级达{value}",
                en="Recorded contracts reach {value}",
                at_least=3,
                evidence=_DEEP,
            ),
        ),
        _feature(
            name="contract_count",
            unit="count",
            window="all",
            direction=0,
            zh="承包合同份数",
            en="contracts on record",
        ),
        _feature(
            name="contract_breadth",
            unit="count",
            window="all",
            direction=0,
            zh="同一上级合同下分包最多的份数",
            en="most subcontracts under one contract",
        ),
        _feature(
            name="person_share",
            unit="share",
            window="all",
            direction=1,
            article="36",
            zh="发包给个人的合同占比",
            en="share of subcontracts held by a person",
            scorecard=(Points(1, "Art. 36: work given to persons", at_least=0.5),),
            raises=Statement(
                zh="登记的分包合同有{value}由个人承接",
                en="{value} of recorded subcontracts held by individuals",
                at_least=0.001,
                evidence=_TO_PERSONS,
            ),
        ),
        _feature(
            name="oral_share",
            unit="share",
            window="all",
            direction=1,
            article="25",
            zh="没有书面合同的占比",
            en="share of subcontracts without a written contract",
            scorecard=(Points(1, "Art. 25: no written subcontract", at_least=0.5),),
            raises=Statement(
                zh="登记的分包有{value}没有书面合同",
                en="{value} of recorded subcontracts have no written contract",
                at_least=0.001,
                evidence=_ORAL,
            ),
        ),
        _feature(
            name="deep_share",
            unit="share",
            window="all",
            direction=1,
            article="30",
            zh="三级及以下合同占比",
            en="share of contracts at the third level or below",
        ),
        _feature(
            name="subcontracted_ratio",
            unit="ratio",
            window="all",
            direction=0,
            zh="一级分包金额与总包合同金额之比",
            en="first-level subcontracts to the general contract",
        ),
        _feature(
            name="contracts_90d",
            unit="count",
            window="90 days",
            direction=0,
            zh="近90天新签分包合同份数",
            en="subcontracts signed in the last 90 days",
        ),
        _feature(
            name="subcontractor_capital_min",
            unit="yuan",
            window="all",
            direction=-1,
            source=("contracts", "organizations"),
            zh="分包单位最低注册资本",
            en="lowest registered capital among subcontractors",
        ),
    ),
    steps=(
        Step(
            "contract_tree",
            """
            WITH RECURSIVE project_contracts AS (
              SELECT k.as_of, k.project_id, k.contract_id, k.parent_contract_id,
                     k.contractor_id, k.contractor_kind, k.written, k.amount, k.signed_on
              FROM known_contracts k
              JOIN cohort c ON c.as_of = k.as_of AND c.project_id = k.project_id
            ),
            tree AS (
              SELECT c.*, 1 AS level
              FROM project_contracts c
              LEFT JOIN project_contracts up
                ON up.as_of = c.as_of AND up.contract_id = c.parent_contract_id
              WHERE up.contract_id IS NULL
              UNION ALL
              SELECT c.*, t.level + 1
              FROM project_contracts c
              JOIN tree t ON t.as_of = c.as_of AND t.contract_id = c.parent_contract_id
              WHERE t.level < 12
            )
            SELECT * FROM tree
            """,
        ),
        Step(
            "contract_children",
            """
            SELECT as_of, project_id, max(children) AS breadth
            FROM (
              SELECT as_of, project_id, parent_contract_id, count(*) AS children
              FROM contract_tree
              WHERE parent_contract_id IS NOT NULL
              GROUP BY as_of, project_id, parent_contract_id
            ) x
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "subcontracting",
            """
            SELECT t.as_of, t.project_id,
                   max(t.level) AS contract_depth,
                   count(*) AS contract_count,
                   max(coalesce(b.breadth, 0)) AS contract_breadth,
                   avg(CASE WHEN t.level > 1 AND t.contractor_kind IS NOT NULL THEN
                       CASE WHEN t.contractor_kind = 'individual' THEN 1 ELSE 0 END END)
                     AS person_share,
                   avg(CASE WHEN t.level > 1 AND t.written IS NOT NULL THEN
                       CASE WHEN t.written THEN 0 ELSE 1 END END) AS oral_share,
                   avg(CASE WHEN t.level >= 3 THEN 1 ELSE 0 END) AS deep_share,
                   sum(CASE WHEN t.level = 2 THEN CAST(t.amount AS DOUBLE) END)
                     / nullif(sum(CASE WHEN t.level = 1 THEN CAST(t.amount AS DOUBLE) END), 0)
                     AS subcontracted_ratio,
                   sum(CASE WHEN t.level > 1 AND days_between(t.signed_on, t.as_of) <= 90
                       THEN 1 ELSE 0 END) AS contracts_90d,
                   min(CASE WHEN t.level > 1 THEN o.registered_capital END) / 100
                     AS subcontractor_capital_min
            FROM contract_tree t
            LEFT JOIN contract_children b ON b.as_of = t.as_of AND b.project_id = t.project_id
            LEFT JOIN known_organizations o ON o.as_of = t.as_of AND o.org_id = t.contractor_id
            GROUP BY t.as_of, t.project_id
            """,
        ),
    ),
)
