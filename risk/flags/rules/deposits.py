"""Wage deposit: paid in, valid and refilled (Art. 32).

Exempt projects are never flagged. A project without any deposit record is not flagged either: a
missing deposit is reported with the status ``missing``.
"""

from risk.flags.rule import Rule

_UNCOVERED = """
    o.under_way AND d.kind IS DISTINCT FROM 'exempt'
      AND NOT EXISTS (
        FROM known_deposits c
        WHERE c.project_id = o.project_id
          AND (c.kind = 'exempt'
               OR c.status = 'stored' AND (c.valid_to IS NULL OR c.valid_to >= o.as_of)))
"""
"""SQL: deposit ``d`` of a project under way without another valid deposit or an exemption."""


def _rule(code: str, threshold: str | None, since: str, failed: str) -> Rule:
    return Rule(
        code=code,
        threshold=threshold,
        facts=f"""
        SELECT o.project_id, {since} AS since, 'deposits' AS source_table,
               d.deposit_id AS record_id, d.known_at, coalesce(d.required_amount, 0) AS weight,
               o.as_of - {since} AS late_days
        FROM obliged o
        JOIN known_deposits d USING (project_id)
        WHERE {failed} AND {_UNCOVERED}
        """,
        measures={"late_days": "max(late_days)"},
    )


_DEPOSIT_MISSING = _rule(
    "deposit_missing",
    "working_days",
    "greatest(d.valid_from, o.started_on, o.in_force_from)",
    """
    d.status IN ('missing', 'returned')
      AND working_days_after(greatest(d.valid_from, o.started_on, o.in_force_from), o.working_days)
          < o.as_of
    """,
)

_DEPOSIT_EXPIRED = _rule(
    "deposit_expired",
    None,
    "coalesce(d.valid_to, d.known_at)",
    """
    d.status IN ('stored', 'expired') AND coalesce(d.valid_to, d.known_at) < o.as_of
      AND coalesce(d.valid_to, d.known_at) >= o.in_force_from
      AND (d.status = 'expired' OR d.valid_to IS NOT NULL)
    """,
)

# The records have no drawing date, so days count from the day this version became known.
_DEPOSIT_NOT_REFILLED = _rule(
    "deposit_not_refilled",
    "working_days",
    "d.known_at",
    """
    d.status = 'drawn' AND d.known_at >= o.in_force_from
      AND working_days_after(d.known_at, o.working_days) < o.as_of
    """,
)

DEPOSITS = (_DEPOSIT_NOT_REFILLED, _DEPOSIT_MISSING, _DEPOSIT_EXPIRED)
