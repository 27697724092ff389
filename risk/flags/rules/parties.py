"""Contract parties: individuals, oral contracts, listed companies (Arts. 25, 36, 48)."""

from risk.flags.rule import Rule


def _contract(code: str, failed: str) -> Rule:
    return Rule(
        code=code,
        facts=f"""
        SELECT o.project_id, c.signed_on AS since, 'contracts' AS source_table,
               c.contract_id AS record_id, c.known_at, coalesce(c.amount, 0) AS weight
        FROM obliged o
        JOIN known_contracts c USING (project_id)
        WHERE {failed} AND c.parent_contract_id IS NOT NULL AND c.signed_on >= o.in_force_from
          AND (c.ended_on IS NULL OR c.ended_on >= o.as_of)
        """,
        measures={"contracts": "count(*)"},
    )


def _listed(code: str, party: str) -> Rule:
    return Rule(
        code=code,
        threshold="years",
        facts=f"""
        SELECT o.project_id, l.listed_on AS since, 'listings' AS source_table,
               l.listing_id AS record_id, l.known_at, 1 AS weight,
               o.as_of - l.listed_on AS listed_days
        FROM obliged o
        JOIN known_listings l ON l.org_id = o.{party}
        WHERE l.listed_on >= o.in_force_from AND l.listed_on < o.as_of
          AND (l.removed_on IS NULL OR l.removed_on >= o.as_of)
          AND months_after(l.listed_on, 12 * o.years) >= o.as_of
        """,
        measures={"listed_days": "max(listed_days)"},
    )


PARTIES = (
    _listed("contractor_listed", "contractor_id"),
    _listed("owner_listed", "owner_id"),
    _contract("subcontract_to_individual", "c.contractor_kind = 'individual'"),
    _contract("oral_subcontract", "c.written = false"),
)
