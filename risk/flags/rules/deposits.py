"""Wage deposit: paid in, of the required amount, valid and refilled (Art. 32).

Exempt projects are never flagged. The term runs from the construction permit or the approved start
report, else from the contract, else from the start of work. A project without any row is flagged
only where the office states that its ledger lists all who paid in.
"""

from risk.flags.rule import Rule

_UNCOVERED = """
    o.under_way
      AND NOT EXISTS (
        SELECT 1 FROM known_deposits c
        WHERE c.project_id = o.project_id
          AND (c.kind = 'exempt'
               OR c.status = 'stored' AND (c.valid_to IS NULL OR c.valid_to >= o.as_of)))
"""
"""SQL: whether a project is under way without a valid deposit or an exemption."""


def _rule(code: str, threshold: str | None, since: str, failed: str) -> Rule:
    return Rule(
        code=code,
        threshold=threshold,
        facts=f"""
        SELECT o.project_id, {since} AS since, 'deposits' AS source_table,
               d.deposit_id AS record_id, d.known_at, coalesce(d.required_amount, 0) AS weight,
               days_between({since}, o.as_of) AS late_days
        FROM obliged o
        JOIN known_deposits d USING (project_id)
        WHERE {failed} AND {_UNCOVERED}
        """,
        measures={"late_days": "max(late_days)"},
    )


_DUE = """
    due AS (
      SELECT o.*, working_days_after(
               greatest(coalesce(o.permit_on, g.signed_on, o.started_on), o.in_force_from,
                        o.working_days_from), o.working_days) AS stored_by,
             CASE WHEN o.permit_on IS NULL AND g.contract_id IS NOT NULL
                  THEN 'contracts' ELSE 'projects' END AS source_table,
             CASE WHEN o.permit_on IS NULL THEN coalesce(g.contract_id, o.project_id)
                  ELSE o.project_id END AS record_id,
             CASE WHEN o.permit_on IS NULL THEN coalesce(g.known_at, o.known_at)
                  ELSE o.known_at END AS record_known_at
      FROM obliged o
      LEFT JOIN general g USING (project_id)
      WHERE o.under_way
    )
"""
"""SQL: projects under way with the last day for storing the deposit and the record it runs from."""

_DEPOSIT_MISSING = Rule(
    code="deposit_missing",
    threshold="working_days",
    facts=f"""
    WITH {_DUE}
    SELECT o.project_id, days_after(o.stored_by, 1) AS since, 'deposits' AS source_table,
           d.deposit_id AS record_id, d.known_at, coalesce(d.required_amount, 0) AS weight,
           days_between(o.stored_by, o.as_of) AS late_days, d.status
    FROM due o
    JOIN known_deposits d USING (project_id)
    WHERE d.status IN ('missing', 'returned') AND o.stored_by < o.as_of AND {_UNCOVERED}
    """,
    measures={
        "late_days": "max(late_days)",
        "missing": "count(*) FILTER (WHERE status = 'missing')",
        "returned": "count(*) FILTER (WHERE status = 'returned')",
    },
)

_DEPOSIT_NOT_RECORDED = Rule(
    code="deposit_not_recorded",
    feeds=("deposits",),
    threshold="working_days",
    facts=f"""
    WITH {_DUE}
    SELECT o.project_id, days_after(o.stored_by, 1) AS since, o.source_table, o.record_id,
           o.record_known_at AS known_at, 1 AS weight,
           days_between(o.stored_by, o.as_of) AS late_days
    FROM due o
    WHERE o.lists_all_payers > 0 AND o.stored_by < o.as_of
      AND NOT EXISTS (SELECT 1 FROM known_deposits d WHERE d.project_id = o.project_id)
    """,
    measures={"late_days": "max(late_days)"},
)

# Several rows may be instalments of one deposit, so their sum is compared with the largest
# required amount.
_DEPOSIT_SHORT = Rule(
    code="deposit_short",
    facts=f"""
    WITH {_DUE}, stored AS (
      SELECT o.project_id, sum(d.amount) AS held, max(d.required_amount) AS required
      FROM due o JOIN known_deposits d USING (project_id)
      WHERE d.status = 'stored' AND (d.valid_to IS NULL OR d.valid_to >= o.as_of)
      GROUP BY o.project_id
      HAVING count(*) = count(d.amount) AND NOT bool_or(d.kind IS NOT DISTINCT FROM 'exempt')
    )
    SELECT o.project_id, days_after(o.stored_by, 1) AS since, 'deposits' AS source_table,
           d.deposit_id AS record_id, d.known_at, d.amount AS weight,
           s.required - s.held AS short, s.held / s.required AS held_share
    FROM due o
    JOIN stored s USING (project_id)
    JOIN known_deposits d ON d.project_id = o.project_id AND d.status = 'stored'
    WHERE o.stored_by < o.as_of AND s.held < s.required * (1 - o.tolerance_share)
    """,
    measures={"short_fen": "max(short)", "held_share": "max(held_share)"},
)

_DEPOSIT_EXPIRED = _rule(
    "deposit_expired",
    None,
    "coalesce(d.valid_to, d.known_at)",
    """
    d.status IN ('stored', 'expired') AND coalesce(d.valid_to, d.known_at) < o.as_of
      AND coalesce(d.valid_to, d.known_at) >= o.in_force_from
    """,
)

# The records have no drawing date, so days count from the day this version became known.
_DEPOSIT_NOT_REFILLED = _rule(
    "deposit_not_refilled",
    "working_days",
    "d.known_at",
    """
    d.status = 'drawn' AND d.known_at >= o.in_force_from
      AND working_days_after(greatest(d.known_at, o.working_days_from), o.working_days) < o.as_of
    """,
)

DEPOSITS = (
    _DEPOSIT_NOT_REFILLED,
    _DEPOSIT_MISSING,
    _DEPOSIT_SHORT,
    _DEPOSIT_EXPIRED,
    _DEPOSIT_NOT_RECORDED,
)
