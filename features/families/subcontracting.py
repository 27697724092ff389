"""Depth and breadth of subcontracting, work given to individuals, and oral contracts.

A contract whose chain of parents does not end in a contract of the same project without a parent
has no level: a parent is missing, belongs to another project, or the chain is a ring. Where a
project has such contracts, the shape of its tree is unknown; they are still subcontracts, because
they state a parent.
"""

from __future__ import annotations

from functools import partial

from features.catalogue import Evidence, Family, Feature, Points, Statement, Step

MAX_LEVELS = 12
"""A contract below more levels has none; real chains are far shorter."""

_feature = partial(
    Feature,
    source=("projects", "contracts"),
    unknown_zh="没有收到承包合同数据，或该项目没有合同记录",
    unknown_en="no contracts feed, or no contract of this project on record",
)

_shape = partial(
    _feature,
    unknown_zh=(
        "没有收到承包合同数据，或该项目没有合同记录，或有合同的上级合同缺失、属于其他项目、互为上级"
    ),
    unknown_en=(
        "no contracts feed, no contract of this project on record, or contracts whose parent is "
        "missing, of another project, or below them"
    ),
)

_CONTRACTS = """
    SELECT t.as_of, t.project_id, 'contracts' AS source_table, t.contract_id AS record_id,
           t.known_at, coalesce(CAST(t.level AS DOUBLE), 0) AS weight
    FROM contract_levels t
"""
_DEEP = Evidence(f"{_CONTRACTS} WHERE t.level >= 3")
_TO_PERSONS = Evidence(f"{_CONTRACTS} WHERE t.is_sub AND t.contractor_kind = 'individual'")
_ORAL = Evidence(f"{_CONTRACTS} WHERE t.is_sub AND NOT t.written")


FAMILY = Family(
    name="subcontracting",
    zh="分包情况",
    en="subcontracting",
    features=(
        _shape(
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
        _shape(
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
            unknown_zh="没有收到承包合同数据，或该项目没有登记了承包方类型的分包合同",
            unknown_en="no contracts feed, or no subcontract with a recorded kind of contractor",
            scorecard=(Points(1, "Art. 36: work given to persons", at_least=0.5),),
            raises=Statement(
                zh="登记了承包方类型的分包合同有{value}由个人承接",
                en="{value} of subcontracts with a recorded kind of contractor held by individuals",
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
            unknown_zh="没有收到承包合同数据，或该项目没有登记了书面形式的分包合同",
            unknown_en="no contracts feed, or no subcontract with a recorded form",
            scorecard=(Points(1, "Art. 25: no written subcontract", at_least=0.5),),
            raises=Statement(
                zh="登记了书面形式的分包有{value}没有书面合同",
                en="{value} of subcontracts with a recorded form have no written contract",
                at_least=0.001,
                evidence=_ORAL,
            ),
        ),
        _shape(
            name="deep_share",
            unit="share",
            window="all",
            direction=1,
            article="30",
            zh="三级及以下合同占比",
            en="share of contracts at the third level or below",
        ),
        _shape(
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
            name="unplaced_contract_share",
            unit="share",
            window="all",
            direction=0,
            zh="上级合同缺失、属于其他项目或互为上级的合同占比",
            en="share of contracts with a parent missing, of another project, or below them",
        ),
        _feature(
            name="subcontractor_capital_min",
            unit="yuan",
            window="all",
            direction=-1,
            source=("contracts", "organizations"),
            zh="分包单位最低注册资本",
            en="lowest registered capital among subcontractors",
            unknown_zh="没有收到承包合同或单位数据，或分包单位未填注册资本",
            unknown_en=(
                "no contracts or organizations feed, or no registered capital of a subcontractor"
            ),
        ),
    ),
    steps=(
        Step(
            "project_contracts",
            """
            SELECT k.as_of, k.project_id, k.contract_id, k.parent_contract_id,
                   k.contractor_id, k.contractor_kind, k.written, k.amount, k.signed_on, k.known_at
            FROM known_contracts k
            JOIN cohort c ON c.as_of = k.as_of AND c.project_id = k.project_id
            WHERE k.signed_on < k.as_of
            """,
        ),
        Step(
            "contract_tree",
            f"""
            WITH RECURSIVE tree AS (
              SELECT c.as_of, c.project_id, c.contract_id, 1 AS level
              FROM project_contracts c
              WHERE c.parent_contract_id IS NULL
              UNION ALL
              SELECT c.as_of, c.project_id, c.contract_id, t.level + 1
              FROM project_contracts c
              JOIN tree t ON t.as_of = c.as_of AND t.project_id = c.project_id
               AND t.contract_id = c.parent_contract_id
              WHERE t.level < {MAX_LEVELS}
            )
            SELECT * FROM tree
            """,
        ),
        Step(
            "contract_levels",
            """
            SELECT c.*, t.level, c.parent_contract_id IS NOT NULL AS is_sub
            FROM project_contracts c
            LEFT JOIN contract_tree t ON t.as_of = c.as_of AND t.contract_id = c.contract_id
            """,
        ),
        Step(
            "contract_children",
            """
            SELECT as_of, project_id, max(children) AS breadth
            FROM (
              SELECT as_of, project_id, parent_contract_id, count(*) AS children
              FROM contract_levels
              WHERE is_sub
              GROUP BY as_of, project_id, parent_contract_id
            ) x
            GROUP BY as_of, project_id
            """,
        ),
        Step(
            "contract_sums",
            """
            SELECT t.as_of, t.project_id,
                   max(t.level) AS depth, count(*) AS contracts, count(t.level) AS placed,
                   avg(CASE WHEN t.is_sub AND t.contractor_kind IS NOT NULL THEN
                       CASE WHEN t.contractor_kind = 'individual' THEN 1 ELSE 0 END END)
                     AS person_share,
                   avg(CASE WHEN t.is_sub AND t.written IS NOT NULL THEN
                       CASE WHEN t.written THEN 0 ELSE 1 END END) AS oral_share,
                   avg(CASE WHEN t.level >= 3 THEN 1 ELSE 0 END) AS deep_share,
                   sum(CASE WHEN t.level = 2 THEN CAST(t.amount AS DOUBLE) END)
                     / nullif(sum(CASE WHEN t.level = 1 THEN CAST(t.amount AS DOUBLE) END), 0)
                     AS subcontracted_ratio,
                   sum(CASE WHEN t.is_sub AND days_between(t.signed_on, t.as_of) <= 90
                       THEN 1 ELSE 0 END) AS contracts_90d,
                   min(CASE WHEN t.is_sub THEN o.registered_capital END) / 100
                     AS subcontractor_capital_min
            FROM contract_levels t
            LEFT JOIN known_organizations o ON o.as_of = t.as_of AND o.org_id = t.contractor_id
            GROUP BY t.as_of, t.project_id
            """,
        ),
        Step(
            "subcontracting",
            """
            SELECT s.as_of, s.project_id,
                   CASE WHEN s.placed = s.contracts THEN s.depth END AS contract_depth,
                   s.contracts AS contract_count,
                   CASE WHEN s.placed = s.contracts THEN coalesce(b.breadth, 0) END
                     AS contract_breadth,
                   s.person_share, s.oral_share,
                   CASE WHEN s.placed = s.contracts THEN s.deep_share END AS deep_share,
                   CASE WHEN s.placed = s.contracts THEN s.subcontracted_ratio END
                     AS subcontracted_ratio,
                   s.contracts_90d,
                   CAST(s.contracts - s.placed AS DOUBLE) / s.contracts AS unplaced_contract_share,
                   s.subcontractor_capital_min
            FROM contract_sums s
            LEFT JOIN contract_children b ON b.as_of = s.as_of AND b.project_id = s.project_id
            """,
        ),
    ),
)
