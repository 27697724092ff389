"""Steps that every family may read: records known at each as_of, the cohort, wages and transfers.

A version of a record is valid at as_of if its ``known_at`` is before as_of and no later version was
known before as_of.

Sums are over integers and decimals only (money in fen, values cast to DECIMAL): a sum of binary
floating-point numbers depends on the order of its terms and would not be reproducible to the bit.
"""

from __future__ import annotations

from features.catalogue import Step
from risk.calendar.dates import COMPLETED_GRACE_DAYS
from risk.causes import about_wages, found_otherwise
from risk.contract import TABLES
from risk.measured_dates import measured_sql

PAY_WINDOW_MONTHS = 12
"""Wages and transfers due longer ago than this are left to the history family."""

LATE_AFTER_DAYS = 5
"""Wages paid within so many days after the due day do not count as late: days of rest, holidays
and the bank's own days move payments by a few days."""

LAST_92_DAYS = "age <= 92"
"""SQL condition: wages or transfers due in the last three months, of the steps with an ``age``."""

UNPAID_AFTER_DAYS = 15
"""Wages that are not paid so many days after the due day are owed, not only late."""


_LARGE = ("payrolls", "payments", "attendance", "operations")
"""Tables with rows for every month; their known rows are a view, never a table."""

_ADDED = {"complaints": ("linked", "linked_org_id"), "attendance": ("dated_by",)}
"""Columns the record store adds to a table: whether and to whom a person linked a complaint, and
where the day of knowledge comes from.
"""


_CASES_KNOWN = """
          SELECT d.as_of, k.complaint_id, k.cause
          FROM as_ofs d
          JOIN cases_versions k
            ON k.known_at < d.as_of AND (k.superseded_at IS NULL OR k.superseded_at >= d.as_of)
"""
_OF_WAGES = {
    "cases": f"WHERE {about_wages('v')}",
    "complaints": f"""
        LEFT JOIN ({found_otherwise(_CASES_KNOWN, "as_of")}) o
          ON o.as_of = a.as_of AND o.complaint_id = v.complaint_id
        WHERE {about_wages("v")} AND o.complaint_id IS NULL
    """,
}


def known_rows_step(table: str) -> Step:
    """``known_<table>``: the rows of ``table`` as of each date; of disputes, those about wages."""
    names = (*(field.name for field in TABLES[table].fields), *_ADDED.get(table, ()))
    fields = ", ".join(f"v.{name}" for name in names)
    return Step(
        f"known_{table}",
        f"""
        SELECT a.as_of, {fields}, v.known_at
        FROM as_ofs a
        JOIN {table}_versions v
          ON v.known_at < a.as_of
         AND (v.superseded_at IS NULL OR v.superseded_at >= a.as_of)
        {_OF_WAGES.get(table, "")}
        """,
        inlined=table in _LARGE,
    )


def _feeds() -> Step:
    flags = ", ".join(
        f"(SELECT min(known_at) FROM {table}) < a.as_of AS has_{table}" for table in TABLES
    )
    return Step("feeds", f"SELECT a.as_of, {flags} FROM as_ofs a")


RUNNING = Step(
    "running",
    f"""
    SELECT p.*
    FROM known_projects p
    WHERE p.started_on < p.as_of
      AND (p.completed_on IS NULL
           OR days_between(p.completed_on, p.as_of) <= {COMPLETED_GRACE_DAYS})
    """,
)
"""Projects begun and not completed for longer than the days of grace.

Peers are found among them, not in the cohort: a project with a confirmed case is not scored, but is
one of its contractor's, its owner's and its township's projects.
"""

RUNNING_ZH = f"在建及竣工{COMPLETED_GRACE_DAYS}天内的项目，含有查实案件的"
RUNNING_EN = (
    f"of projects running or completed within {COMPLETED_GRACE_DAYS} days, those with a confirmed "
    "case included"
)
"""What "other projects" are, for the catalogue."""

COHORT = Step(
    "cohort",
    """
    SELECT p.*
    FROM running p
    LEFT JOIN (
      SELECT DISTINCT as_of, project_id FROM known_cases WHERE status = 'confirmed'
    ) c ON c.as_of = p.as_of AND c.project_id = p.project_id
    WHERE c.project_id IS NULL
    """,
)
"""Running projects without a confirmed case: those that are scored."""

EVENTS = Step(
    "events",
    """
    SELECT c.as_of, c.project_id, c.opened_on AS event_on, c.known_at,
           'cases' AS source_table, c.case_id AS record_id
    FROM known_cases c
    LEFT JOIN (
      SELECT DISTINCT a.as_of, v.case_id
      FROM as_ofs a JOIN cases_versions v ON v.known_at < a.as_of
      WHERE v.status = 'confirmed' OR v.confirmed_on IS NOT NULL
    ) x ON x.as_of = c.as_of AND x.case_id = c.case_id
    WHERE c.project_id IS NOT NULL AND c.status <> 'unfounded' AND x.case_id IS NOT NULL
      AND (c.status NOT IN ('accepted', 'filed') OR c.confirmed_on IS NOT NULL)
    UNION ALL
    SELECT i.as_of, i.project_id, i.inspected_on, i.known_at, 'inspections', i.inspection_id
    FROM known_inspections i
    WHERE i.arrears_found
    """,
)

PAY_MONTHS = Step(
    "pay_months_asked",
    f"""
    SELECT a.as_of, CAST(date_trunc('month', months_later(a.as_of, -n.back)) AS DATE) AS month
    FROM as_ofs a
    CROSS JOIN (VALUES {", ".join(f"({n})" for n in range(PAY_WINDOW_MONTHS + 1))}) n(back)
    """,
)
"""The months in the window of each date; an equality join on them is faster than a date range."""

ROLLS = Step(
    "rolls",
    f"""
    SELECT m.as_of, r.project_id, r.payroll_id, r.contract_id, r.period, r.workers,
           r.amount_due, r.wage_basis, r.due_on, r.known_at,
           CASE WHEN {measured_sql("r.due_on", "r.known_at", "r.dated_by")} THEN 1 ELSE 0 END
             AS measured,
           days_between(r.due_on, m.as_of) AS age
    FROM pay_months_asked m
    JOIN payrolls_versions r
      ON CAST(date_trunc('month', r.due_on) AS DATE) = m.month
     AND r.known_at < m.as_of AND (r.superseded_at IS NULL OR r.superseded_at >= m.as_of)
    JOIN running c ON c.as_of = m.as_of AND c.project_id = r.project_id
    WHERE r.due_on >= months_later(m.as_of, -{PAY_WINDOW_MONTHS}) AND r.due_on < m.as_of
    """,
)


def _fen(amount: str) -> str:
    """SQL for a sum of fen as BIGINT; NULL if it overflows.

    DuckDB's sum of BIGINT is HUGEINT, which would make every derived column twice as wide.
    """
    return f"TRY_CAST(sum({amount}) AS BIGINT)"


def _within(days: int) -> str:
    """SQL: whether a payment was made within ``days`` days after the due day."""
    return f"days_between(r.due_on, p.paid_on) <= {days}"


PAID = Step(
    "paid",
    f"""
    SELECT r.as_of, r.payroll_id,
           {_fen("p.amount")} AS paid,
           {_fen("CASE WHEN p.channel = 'cash' THEN p.amount END")} AS paid_cash,
           {_fen("CASE WHEN p.channel = 'foreman' THEN p.amount END")} AS paid_foreman,
           {_fen("CASE WHEN p.channel IS NOT NULL THEN p.amount END")} AS paid_by_known_channel,
           {_fen(f"CASE WHEN {_within(LATE_AFTER_DAYS)} THEN p.amount ELSE 0 END")} AS paid_in_time,
           {_fen(f"CASE WHEN {_within(UNPAID_AFTER_DAYS)} THEN p.amount ELSE 0 END")} AS paid_soon,
           sum(CAST(p.amount AS DOUBLE) * greatest(days_between(r.due_on, p.paid_on), 0))
             AS fen_days_late,
           max(p.paid_on) AS last_paid_on,
           CASE WHEN count(*) = count(p.workers_paid) THEN {_fen("p.workers_paid")} END
             AS workers_paid,
           count(*) AS instalments
    FROM rolls r
    JOIN payments_versions p
      ON p.payroll_id = r.payroll_id
     AND p.known_at < r.as_of AND (p.superseded_at IS NULL OR p.superseded_at >= r.as_of)
    WHERE p.paid_on < r.as_of AND (p.returned_on IS NULL OR p.returned_on >= r.as_of)
    GROUP BY r.as_of, r.payroll_id
    """,
    inlined=True,
)
"""Payments on each payroll, without those the bank returned (退票): these paid nobody.

Head counts of instalments are added up, as by the red flags; NULL if any is missing. Payments are
joined to payrolls before dates; expanding them by date first costs far more.

Inlined, because only ``pay`` reads it.
"""

PAY = Step(
    "pay",
    """
    SELECT r.*,
           coalesce(p.paid, 0) AS paid, p.paid_cash, p.paid_foreman, p.paid_by_known_channel,
           -- More paid on one payroll does not make another one paid in time.
           least(coalesce(p.paid_in_time, 0), r.amount_due) AS paid_in_time,
           least(coalesce(p.paid_soon, 0), r.amount_due) AS paid_soon,
           p.last_paid_on, p.instalments,
           -- least() leaves NULL out, but a head count that is missing stays unknown.
           CASE WHEN p.payroll_id IS NULL THEN 0
                WHEN p.workers_paid IS NOT NULL THEN least(p.workers_paid, r.workers) END
             AS workers_paid,
           greatest(r.amount_due - coalesce(p.paid, 0), 0) AS unpaid,
           CASE WHEN coalesce(p.paid, 0) < 0.99 * r.amount_due THEN 1 ELSE 0 END AS is_open,
           -- What was paid above the amount due was paid last, and is not late.
           greatest(coalesce(p.fen_days_late, 0)
               - CAST(greatest(coalesce(p.paid, 0) - r.amount_due, 0) AS DOUBLE)
                 * greatest(days_between(r.due_on, coalesce(p.last_paid_on, r.due_on)), 0), 0)
             + CAST(greatest(r.amount_due - coalesce(p.paid, 0), 0) AS DOUBLE) * r.age
             AS fen_days_late
    FROM rolls r
    JOIN feeds f ON f.as_of = r.as_of AND f.has_payments
    LEFT JOIN paid p ON p.as_of = r.as_of AND p.payroll_id = r.payroll_id
    """,
)

WAGE_MONTHS = Step(
    "wage_months",
    """
    SELECT as_of, project_id, count(*) AS months, count(heads) AS months_with_heads,
           CAST(sum(due) AS DOUBLE) / count(*) AS wages,
           CAST(sum(heads) AS DOUBLE) / nullif(count(heads), 0) AS heads
    FROM (
      SELECT as_of, project_id, period, sum(amount_due) AS due,
             CASE WHEN count(*) = count(workers) THEN sum(workers) END AS heads
      FROM rolls WHERE age <= 92 GROUP BY as_of, project_id, period
    ) m
    GROUP BY as_of, project_id
    """,
)
"""Mean wages (fen) and workers of a month, over the months on payrolls due in the last 92 days.

A project may have fewer than three: it began lately, or pays every other month. ``heads`` is over
the months in which every payroll gives its number of workers.
"""

DUE_TRANSFERS = Step(
    "due_transfers",
    f"""
    SELECT as_of, project_id, transfer_id, period, amount_due, due_on, known_at, paid_on, paid,
           age, CASE WHEN paid IS NOT NULL THEN greatest(amount_due - paid, 0) END AS short,
           CASE WHEN paid < 0.99 * amount_due THEN 1 WHEN paid IS NOT NULL THEN 0 END AS is_open,
           CASE WHEN paid IS NULL OR (paid > 0 AND paid_on IS NULL) THEN NULL
                WHEN amount_due = 0 THEN 0
                ELSE CAST(floor((CAST(least(paid, amount_due) AS DOUBLE) * days_to_pay
                       + CAST(greatest(amount_due - paid, 0) AS DOUBLE) * age) / amount_due)
                     AS INT) END AS days_late
    FROM (
      SELECT t.as_of, t.project_id, t.transfer_id, t.period, t.amount_due, t.due_on, t.known_at,
             CASE WHEN t.paid_on < t.as_of THEN t.paid_on END AS paid_on,
             CASE WHEN t.paid_on >= t.as_of THEN 0
                  WHEN t.paid_on IS NULL THEN coalesce(t.amount_paid, 0)
                  ELSE t.amount_paid END AS paid,
             CASE WHEN t.paid_on < t.as_of
                  THEN greatest(days_between(t.due_on, t.paid_on), 0) ELSE 0 END AS days_to_pay,
             days_between(t.due_on, t.as_of) AS age
      FROM known_transfers t
      JOIN running c ON c.as_of = t.as_of AND c.project_id = t.project_id
      WHERE t.due_on >= months_later(t.as_of, -{PAY_WINDOW_MONTHS}) AND t.due_on < t.as_of
    ) d
    """,
)
"""Transfers that fell due in the last year. A payment dated on or after as_of has not been made.

``paid``, ``short`` and ``is_open`` are NULL where a payment has no amount, ``days_late`` where it
has no amount or no day. ``days_late`` is how late a yuan is on average, in whole days: what was
transferred until the day it was, the rest until as_of. So a small part paid in time hides no delay.
"""

SUBCONTRACTORS = Step(
    "subcontractors",
    """
    SELECT DISTINCT as_of, project_id, contractor_id
    FROM known_contracts
    WHERE parent_contract_id IS NOT NULL AND contractor_id IS NOT NULL AND signed_on < as_of
      AND (ended_on IS NULL OR ended_on >= as_of)
    """,
)
"""The subcontractors of each project, without those whose contracts have ended."""

SUBCONTRACTORS_ZH = "分包合同已终止的单位不计"
SUBCONTRACTORS_EN = "without subcontractors whose contracts have ended"
"""What "subcontractors" are, for the catalogue."""

SHARED_STEPS: tuple[Step, ...] = (
    *(known_rows_step(table) for table in TABLES),
    _feeds(),
    RUNNING,
    COHORT,
    EVENTS,
    PAY_MONTHS,
    ROLLS,
    PAID,
    PAY,
    WAGE_MONTHS,
    DUE_TRANSFERS,
    SUBCONTRACTORS,
)
