"""Contract parties: individuals, oral contracts, listed companies (Arts. 25, 36, 48)."""

from risk.flags.rule import Rule

_RUNNING = """
    c.signed_on >= o.in_force_from AND c.signed_on < o.as_of
      AND (c.ended_on IS NULL OR c.ended_on >= o.as_of)
"""
"""SQL: contract ``c`` signed since the Regulation and not ended."""

_GIVEN_BY = """
    CASE WHEN c.parent_contract_id IS NULL THEN 'owner'
         WHEN p.contract_id IS NULL OR p.project_id <> c.project_id THEN NULL
         WHEN p.parent_contract_id IS NULL THEN 'contractor'
         ELSE 'subcontractor' END
"""
"""SQL: who gave contract ``c`` with parent ``p``; NULL if the parent is not on record."""

_SUBCONTRACT_TO_INDIVIDUAL = Rule(
    code="subcontract_to_individual",
    facts=f"""
    SELECT o.project_id, c.signed_on AS since, 'contracts' AS source_table,
           c.contract_id AS record_id, c.known_at, coalesce(c.amount, 0) AS weight,
           {_GIVEN_BY} AS given_by, c.written
    FROM obliged o
    JOIN known_contracts c USING (project_id)
    LEFT JOIN known_contracts p ON p.contract_id = c.parent_contract_id
    WHERE {_RUNNING} AND c.contractor_kind = 'individual'
    """,
    measures={
        "contracts": "count(*)",
        "by_owner": "count(*) FILTER (WHERE given_by = 'owner')",
        "by_contractor": "count(*) FILTER (WHERE given_by = 'contractor')",
        "by_subcontractor": "count(*) FILTER (WHERE given_by = 'subcontractor')",
        "oral": "count(*) FILTER (WHERE NOT written)",
    },
)

# Article 25 binds the contractor and its subcontractors. Contracts with individuals are in the
# other flag.
_ORAL_SUBCONTRACT = Rule(
    code="oral_subcontract",
    facts=f"""
    SELECT o.project_id, c.signed_on AS since, 'contracts' AS source_table,
           c.contract_id AS record_id, c.known_at, coalesce(c.amount, 0) AS weight
    FROM obliged o
    JOIN known_contracts c USING (project_id)
    JOIN known_contracts p ON p.contract_id = c.parent_contract_id
    WHERE {_RUNNING} AND NOT c.written AND c.contractor_kind IS DISTINCT FROM 'individual'
      AND {_GIVEN_BY} = 'contractor'
    """,
    measures={"contracts": "count(*)"},
)

_PARTIES_OF_CHAIN = """
    SELECT project_id, contractor_id AS org_id, true AS is_general FROM obliged
    UNION
    SELECT o.project_id, c.contractor_id, c.parent_contract_id IS NULL
    FROM obliged o JOIN known_contracts c USING (project_id)
    WHERE c.signed_on < o.as_of AND (c.ended_on IS NULL OR c.ended_on >= o.as_of)
"""


def _listed(code: str, parties: str, measures: dict[str, str]) -> Rule:
    """Rule on ``parties``, SQL with project_id, org_id and is_general, on the sanction list.

    A listing ends with the term in force on its day, which is longer for a unit listed before.
    """
    term = f"""
        (SELECT v.number FROM law_values v
         WHERE v.code = '{code}' AND v.law_region = o.law_region
           AND v.name = CASE WHEN l.repeated THEN 'repeat_years' ELSE 'years' END
           AND l.listed_on >= v.from_day AND (v.to_day IS NULL OR l.listed_on < v.to_day))
    """
    return Rule(
        code=code,
        facts=f"""
        WITH parties AS (
          SELECT project_id, org_id, bool_or(is_general) AS is_general FROM ({parties}) p
          WHERE org_id IS NOT NULL
          GROUP BY project_id, org_id
        ), listed AS (
          SELECT *, min(listed_on) OVER (PARTITION BY org_id) < listed_on AS repeated
          FROM known_listings
        )
        SELECT o.project_id, l.listed_on AS since, 'listings' AS source_table,
               l.listing_id AS record_id, l.known_at, 1 AS weight,
               days_between(l.listed_on, o.as_of) AS listed_days, l.org_id, p.is_general
        FROM obliged o
        JOIN parties p USING (project_id)
        JOIN listed l ON l.org_id = p.org_id
        WHERE l.listed_on < o.as_of AND (l.removed_on IS NULL OR l.removed_on >= o.as_of)
          AND months_after(l.listed_on, 12 * {term}) >= o.as_of
        """,
        measures={"listed_days": "max(listed_days)", **measures},
    )


_CONTRACTOR_LISTED = _listed(
    "contractor_listed",
    _PARTIES_OF_CHAIN,
    {
        "units": "count(DISTINCT org_id)",
        "contractors": "count(DISTINCT org_id) FILTER (WHERE is_general)",
        "subcontractors": "count(DISTINCT org_id) FILTER (WHERE NOT is_general)",
    },
)

_OWNER_LISTED = _listed(
    "owner_listed", "SELECT project_id, owner_id AS org_id, true AS is_general FROM obliged", {}
)

PARTIES = (_CONTRACTOR_LISTED, _OWNER_LISTED, _SUBCONTRACT_TO_INDIVIDUAL, _ORAL_SUBCONTRACT)
