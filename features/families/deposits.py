"""The wage deposit: whether it is stored, sufficient, still valid, and was drawn on."""

from __future__ import annotations

from functools import partial

from features.catalogue import Duty, Evidence, Family, Feature, Points, Statement, Step

DEPOSIT_STORED = Duty("deposit_stored", article="32")

_feature = partial(
    Feature,
    source=("projects", "deposits"),
    article="32",
    unknown_zh="没有收到工资保证金数据，或该项目没有保证金记录",
    unknown_en="no deposits feed, or no deposit of this project on record",
)


def _deposits(condition: str, weight: str = "1") -> Evidence:
    """The deposits in force since before as_of that meet ``condition``."""
    return Evidence(
        f"""
        SELECT d.as_of, d.project_id, 'deposits' AS source_table, d.deposit_id AS record_id,
               d.known_at, CAST({weight} AS DOUBLE) AS weight
        FROM known_deposits d
        LEFT JOIN deposits_drawn u ON u.as_of = d.as_of AND u.deposit_id = d.deposit_id
        WHERE d.valid_from < d.as_of AND {condition}
        """
    )


_IN_FORCE = (
    "(d.status NOT IN ('expired', 'returned') AND (d.valid_to IS NULL OR d.valid_to >= d.as_of))"
)
"""SQL: whether deposit ``d`` has not ended."""

_VALID = _deposits(f"{_IN_FORCE} AND (d.kind = 'exempt' OR d.status = 'stored')")
_LAPSED = _deposits(
    "d.status IN ('expired', 'stored') AND d.valid_to < d.as_of",
    "days_between(d.valid_to, d.as_of)",
)
_DRAWN = _deposits("u.deposit_id IS NOT NULL")

_HELD = f"({_IN_FORCE} AND d.status = 'stored')"
_AMOUNT = "coalesce(d.amount, d.required_amount)"


FAMILY = Family(
    name="deposits",
    zh="工资保证金",
    en="wage deposit",
    features=(
        _feature(
            name="deposit_valid",
            unit="yes/no",
            window="as of the date",
            direction=-1,
            zh="保证金有效（含依法免存）",
            en="a valid deposit or lawful exemption",
            unknown_zh="没有收到工资保证金数据，或该项目没有保证金记录，或竣工后已退还",
            unknown_en=(
                "no deposits feed, no deposit of this project on record, or it was returned after "
                "completion"
            ),
            duty=DEPOSIT_STORED,
            compliant_value=1.0,
            scorecard=(Points(1, "Art. 32: no valid deposit", at_most=0),),
            lowers=Statement(
                zh="工资保证金在有效期内（含依法免存）",
                en="Wage deposit valid or lawfully exempt",
                at_least=1,
                evidence=_VALID,
            ),
        ),
        _feature(
            name="deposit_cover",
            unit="share",
            window="as of the date",
            direction=-1,
            zh="实存与应存保证金之比",
            en="deposit stored to deposit required",
            unknown_zh="没有收到工资保证金数据，或该项目没有保证金记录、免存或未填应存金额",
            unknown_en="no deposits feed, none of this project on record, exempt, or not filled in",
        ),
        _feature(
            name="deposit_rate",
            unit="share",
            window="as of the date",
            direction=0,
            zh="应存保证金与合同金额之比",
            en="deposit required to the contract amount",
            formula_zh="取现行保证金中应存金额最高的，没有现行的取已到期的",
            formula_en="the most required by a deposit in force, else by one that lapsed",
            unknown_zh="没有收到工资保证金数据，或该项目没有保证金记录，或未填应存金额、合同金额",
            unknown_en=(
                "no deposits feed, no deposit of this project on record, or the amount required or "
                "of the contract is not filled in"
            ),
        ),
        _feature(
            name="deposit_lapsed_days",
            unit="days",
            window="all",
            direction=1,
            zh="保证金过期天数",
            en="days since the deposit lapsed",
            formula_zh="没有到期日的，自得知已到期之日起",
            formula_en="without an end on record, since the day it was known to have lapsed",
            duty=DEPOSIT_STORED,
            compliant_value=0.0,
            raises=Statement(
                zh="登记的工资保证金到期已{value}，未见续期记录",
                en="Recorded wage deposit lapsed {value} ago, no renewal on record",
                at_least=1,
                evidence=_LAPSED,
            ),
        ),
        _feature(
            name="deposit_drawn",
            unit="yes/no",
            window="all",
            direction=1,
            zh="保证金曾被动用",
            en="the deposit was drawn on",
            duty=DEPOSIT_STORED,
            compliant_value=0.0,
            raises=Statement(
                zh="工资保证金曾被动用",
                en="Wage deposit was drawn on",
                at_least=1,
                evidence=_DRAWN,
            ),
        ),
        _feature(
            name="deposit_exempt",
            unit="yes/no",
            window="as of the date",
            direction=0,
            zh="现行免存保证金",
            en="exempt from the deposit at present",
        ),
        _feature(
            name="deposit_is_guarantee",
            unit="yes/no",
            window="as of the date",
            direction=0,
            zh="现以保函或保险代替现金",
            en="a guarantee or insurance in force instead of cash",
        ),
        _feature(
            name="deposit_months_of_wages",
            unit="months",
            window="as of the date",
            direction=-1,
            source=("projects", "deposits", "payrolls"),
            zh="保证金可抵几个月工资",
            en="months of wages the deposit would cover",
            unknown_zh=(
                "没有收到工资保证金数据，该项目没有保证金记录、免存、未填金额或竣工后已退还，"
                "或近三个月没有到期工资"
            ),
            unknown_en=(
                "no deposits feed, none of this project on record, exempt, not filled in, returned "
                "after completion, or no wages due in three months"
            ),
        ),
    ),
    steps=(
        Step(
            "deposits_drawn",
            """
            SELECT DISTINCT a.as_of, v.deposit_id
            FROM as_ofs a
            JOIN deposits_versions v ON v.known_at < a.as_of AND v.status = 'drawn'
            """,
        ),
        Step(
            "deposit_state",
            f"""
            SELECT d.as_of, d.project_id,
                   max(CASE WHEN {_IN_FORCE} AND (d.kind = 'exempt' OR d.status = 'stored')
                       THEN 1 ELSE 0 END) AS valid,
                   CASE WHEN count(CASE WHEN {_HELD} AND {_AMOUNT} IS NULL THEN 1 END) = 0
                        THEN CAST(sum(CASE WHEN {_HELD} THEN {_AMOUNT} ELSE 0 END) AS DOUBLE) END
                     AS stored,
                   CAST(CASE WHEN count(CASE WHEN {_IN_FORCE} THEN 1 END) > 0
                             THEN max(CASE WHEN {_IN_FORCE} THEN d.required_amount END)
                             ELSE max(CASE WHEN d.status <> 'returned' THEN d.required_amount END)
                        END AS DOUBLE) AS required,
                   max(CASE WHEN d.status IN ('expired', 'stored') AND d.valid_to < d.as_of
                            THEN days_between(d.valid_to, d.as_of)
                            WHEN d.status = 'expired' THEN days_between(d.known_at, d.as_of)
                            ELSE 0 END) AS lapsed,
                   max(CASE WHEN u.deposit_id IS NOT NULL THEN 1 ELSE 0 END) AS drawn,
                   max(CASE WHEN d.status = 'returned' AND c.completed_on < c.as_of
                       THEN 1 ELSE 0 END) AS given_back,
                   max(CASE WHEN {_IN_FORCE} AND d.kind = 'exempt' THEN 1 ELSE 0 END) AS exempt,
                   max(CASE WHEN {_IN_FORCE} AND d.status <> 'missing'
                             AND d.kind IN ('guarantee', 'insurance') THEN 1 ELSE 0 END)
                     AS guarantee
            FROM known_deposits d
            JOIN cohort c ON c.as_of = d.as_of AND c.project_id = d.project_id
            LEFT JOIN deposits_drawn u ON u.as_of = d.as_of AND u.deposit_id = d.deposit_id
            WHERE d.valid_from < d.as_of
            GROUP BY d.as_of, d.project_id
            """,
        ),
        Step(
            "deposits_family",
            """
            SELECT d.as_of, d.project_id,
                   CASE WHEN d.valid = 1 THEN 1 WHEN d.given_back = 0 THEN 0 END AS deposit_valid,
                   CASE WHEN d.exempt = 0 AND d.stored IS NOT NULL AND d.required > 0
                        THEN least(d.stored / d.required, 2) END AS deposit_cover,
                   d.required / nullif(c.contract_amount, 0) AS deposit_rate,
                   CASE WHEN d.valid = 1 THEN 0 ELSE d.lapsed END AS deposit_lapsed_days,
                   d.drawn AS deposit_drawn, d.exempt AS deposit_exempt,
                   d.guarantee AS deposit_is_guarantee,
                   CASE WHEN d.exempt = 0 AND (d.valid = 1 OR d.given_back = 0)
                        THEN d.stored / nullif(w.wages, 0) END AS deposit_months_of_wages
            FROM deposit_state d
            JOIN cohort c ON c.as_of = d.as_of AND c.project_id = d.project_id
            LEFT JOIN wage_months w ON w.as_of = d.as_of AND w.project_id = d.project_id
            """,
        ),
    ),
)
