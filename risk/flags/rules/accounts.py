"""Special wage account: opened in time and open until the work is done (Arts. 26, 27).

The term runs from the general contract, or from the start of work if the contract is not on
record, but never from before the measures that set it. Where labour cost or bank pay was recorded
lately, or the contractor has another account in the county, which may serve several projects, only
the record of the account is missing.
"""

from risk.flags.rule import Rule

_WITHOUT_ACCOUNT = """
    WITH unopened AS (
      SELECT o.*, term_end(
               greatest(coalesce(g.signed_on, o.started_on), o.in_force_from, o.days_from), o.days)
               AS opened_by,
             CASE WHEN g.contract_id IS NULL THEN 'projects' ELSE 'contracts' END AS source_table,
             coalesce(g.contract_id, o.project_id) AS record_id,
             coalesce(g.known_at, o.known_at) AS record_known_at
      FROM obliged o
      LEFT JOIN general g USING (project_id)
      WHERE o.under_way
        AND (o.least_amount_fen = 0 OR o.contract_amount >= o.least_amount_fen)
        AND (o.least_months = 0
             OR o.planned_end_on >= months_after(o.started_on, o.least_months))
        AND NOT EXISTS (SELECT 1 FROM account_projects a WHERE a.project_id = o.project_id)
    ), funded AS (
      SELECT u.project_id, count(*) AS transfers, sum(t.amount_paid) AS transferred
      FROM unopened u JOIN known_transfers t USING (project_id)
      WHERE t.paid_on < u.as_of AND t.paid_on >= days_after(u.as_of, -u.look_back_days)
        AND t.amount_paid > 0
      GROUP BY u.project_id
    ), banked AS (
      SELECT u.project_id, count(*) AS bank_payments
      FROM unopened u JOIN pay r USING (project_id) JOIN known_payments p USING (payroll_id)
      WHERE p.channel = 'bank' AND p.paid_on < u.as_of AND p.amount > 0
        AND p.paid_on >= days_after(u.as_of, -u.look_back_days)
      GROUP BY u.project_id
    ), shared AS (
      SELECT u.project_id, count(DISTINCT a.account_id) AS shared_accounts
      FROM unopened u
      JOIN known_projects n ON n.contractor_id = u.contractor_id AND n.project_id <> u.project_id
       AND left(n.region_code, 6) = u.county
      JOIN account_projects a ON a.project_id = n.project_id
       AND (a.closed_on IS NULL OR a.closed_on >= u.as_of)
      GROUP BY u.project_id
    )
    SELECT u.project_id, days_after(u.opened_by, 1) AS since, u.source_table, u.record_id,
           u.record_known_at AS known_at, 1 AS weight,
           days_between(u.opened_by, u.as_of) AS late_days,
           coalesce(f.transfers, 0) AS transfers, coalesce(f.transferred, 0) AS transferred,
           coalesce(b.bank_payments, 0) AS bank_payments,
           coalesce(s.shared_accounts, 0) AS shared_accounts
    FROM unopened u
    LEFT JOIN funded f USING (project_id)
    LEFT JOIN banked b USING (project_id)
    LEFT JOIN shared s USING (project_id)
    WHERE u.opened_by < u.as_of
"""

_ACCOUNT_MISSING = Rule(
    code="account_missing",
    feeds=("accounts",),
    threshold="days",
    shown_by=("accounts",),
    facts=f"""
    SELECT * FROM ({_WITHOUT_ACCOUNT}) w
    WHERE transfers = 0 AND bank_payments = 0 AND shared_accounts = 0
    """,
    measures={"late_days": "max(late_days)"},
)

_ACCOUNT_NOT_RECORDED = Rule(
    code="account_not_recorded",
    feeds=("accounts",),
    threshold="days",
    shown_by=("accounts",),
    facts=f"""
    SELECT * FROM ({_WITHOUT_ACCOUNT}) w
    WHERE transfers > 0 OR bank_payments > 0 OR shared_accounts > 0
    """,
    measures={
        "transfers": "max(transfers)",
        "transferred_fen": "max(transferred)",
        "bank_payments": "max(bank_payments)",
        "shared_accounts": "max(shared_accounts)",
    },
)

_ACCOUNT_CLOSED_EARLY = Rule(
    code="account_closed_early",
    facts="""
    WITH closed AS (
      SELECT o.project_id, o.as_of, a.account_id, a.closed_on, a.known_at,
             row_number() OVER (
               PARTITION BY o.project_id ORDER BY a.closed_on DESC, a.account_id) AS place
      FROM obliged o
      JOIN known_accounts a USING (project_id)
      WHERE o.under_way AND a.closed_on >= o.in_force_from
        AND NOT EXISTS (
          SELECT 1 FROM account_projects b
          WHERE b.project_id = a.project_id AND (b.closed_on IS NULL OR b.closed_on >= o.as_of))
    )
    SELECT project_id, closed_on AS since, 'accounts' AS source_table, account_id AS record_id,
           known_at, 1 AS weight, days_between(closed_on, as_of) AS closed_days
    FROM closed
    WHERE place = 1
    """,
    measures={"closed_days": "max(closed_days)"},
)

ACCOUNTS = (_ACCOUNT_MISSING, _ACCOUNT_CLOSED_EARLY, _ACCOUNT_NOT_RECORDED)
