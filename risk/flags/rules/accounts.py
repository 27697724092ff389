"""Special wage account: opened in time and open until the work is done (Arts. 26, 27)."""

from risk.flags.rule import Rule

# Counted from the general contract, or from the start of work if the contract is not on record.
_ACCOUNT_MISSING = Rule(
    code="account_missing",
    feeds=("accounts",),
    threshold="days",
    facts="""
    WITH general AS (
      SELECT project_id, contract_id, signed_on, known_at
      FROM known_contracts
      WHERE parent_contract_id IS NULL
      QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY signed_on, contract_id) = 1
    ), counted AS (
      SELECT o.project_id, o.as_of, o.days,
             greatest(coalesce(g.signed_on, o.started_on), o.in_force_from) AS signed_on,
             CASE WHEN g.contract_id IS NULL THEN 'projects' ELSE 'contracts' END AS source_table,
             coalesce(g.contract_id, o.project_id) AS record_id,
             coalesce(g.known_at, o.known_at) AS known_at
      FROM obliged o
      LEFT JOIN general g USING (project_id)
      WHERE o.under_way
    )
    SELECT project_id, days_after(signed_on, days + 1) AS since, source_table, record_id, known_at,
           1 AS weight, as_of - days_after(signed_on, days) AS late_days
    FROM counted c
    WHERE days_after(signed_on, days) < as_of
      AND NOT EXISTS (FROM known_accounts a WHERE a.project_id = c.project_id)
    """,
    measures={"late_days": "max(late_days)"},
)

_ACCOUNT_CLOSED_EARLY = Rule(
    code="account_closed_early",
    facts="""
    SELECT o.project_id, a.closed_on AS since, 'accounts' AS source_table,
           a.account_id AS record_id, a.known_at, 1 AS weight, o.as_of - a.closed_on AS closed_days
    FROM obliged o
    JOIN known_accounts a USING (project_id)
    WHERE o.under_way AND a.closed_on < o.as_of AND a.closed_on >= o.in_force_from
      AND NOT EXISTS (
        FROM known_accounts b
        WHERE b.project_id = a.project_id AND (b.closed_on IS NULL OR b.closed_on >= o.as_of))
    QUALIFY row_number() OVER (
      PARTITION BY o.project_id ORDER BY a.closed_on DESC, a.account_id) = 1
    """,
    measures={"closed_days": "max(closed_days)"},
)

ACCOUNTS = (_ACCOUNT_MISSING, _ACCOUNT_CLOSED_EARLY)
