"""SQL of the eight rates, which DuckDB and Spark share.

Three tables that several rates read come first, see :func:`shared_tables`; then one query gives all
rates by place and month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from risk.calendar.dates import add_months
from risk.store.known_query import KnownQuery, day_sql

COUNTY, TOWNSHIP = 6, 9
"""Length of a county's and of a township's region code."""


def rates_query(months: int, transfer_days: int) -> KnownQuery:
    """Rows of ``rate``, ``place``, ``month``, ``kept`` and ``due``; rates without feeds have some.

    They are of the last full ``months`` before a date. Labour cost counts as on time up to
    ``transfer_days`` after its day; a month has no such rate until they are over.
    """

    def text(as_of: dt.date) -> str:
        grace_over = day_sql(as_of - dt.timedelta(days=transfer_days))
        parts = " UNION ALL ".join(
            f"SELECT '{name}' AS rate, place, month, CAST(kept AS BIGINT) AS kept,"
            f" CAST(due AS BIGINT) AS due FROM ({sql}) {name}_counts"
            for name, sql in RATE_SQL.items()
        )
        filled = parts.replace("$grace_over", grace_over).replace("$days", str(transfer_days))
        return f"WITH {_known(_READ)} {filled}"

    return KnownQuery("rates", text, "rate, place, month", shared_tables(months))


def shared_tables(months: int) -> tuple[KnownQuery, ...]:
    """Projects under way by place and month; wages due in a month; payments by project and month.

    Each is in a table of its name before the rates are asked for.
    """

    def filled(tables: Sequence[str], sql: str, as_of: dt.date) -> str:
        starts = [add_months(as_of.replace(day=1), -back) for back in range(months, 0, -1)]
        rows = ", ".join(f"({day_sql(start)})" for start in starts)
        text = f"WITH {_known(tables)} {sql}"
        return text.replace("$months", rows).replace("$first", day_sql(starts[0]))

    def query(name: str) -> KnownQuery:
        tables, sql = _SHARED[name]
        return KnownQuery(name, lambda as_of: filled(tables, sql, as_of), "project_id")

    return tuple(map(query, _SHARED))


def _known(tables: Sequence[str]) -> str:
    """Tables as known before ``$1``, as expressions of a WITH clause."""
    return ", ".join(
        f"{table} AS (SELECT * FROM {table}_versions WHERE known_at < $1"
        " AND (superseded_at IS NULL OR superseded_at >= $1)"
        f"{_NOT_RETURNED if table == 'payments' else ''})"
        for table in tables
    )


_NOT_RETURNED = " AND (returned_on IS NULL OR returned_on >= $1)"
"""SQL: payments that the bank did not return."""

_UNDER_WAY = f"""
    SELECT p.project_id, p.notice_board, substr(p.region_code, 1, d.digits) AS place,
           m.month, last_day(m.month) + 1 AS stop
    FROM projects p JOIN (VALUES $months) m(month)
      ON p.started_on <= last_day(m.month) AND (p.completed_on IS NULL OR p.completed_on >= m.month)
    JOIN (VALUES ({COUNTY}), ({TOWNSHIP})) d(digits)
      ON d.digits = {COUNTY} OR length(p.region_code) >= d.digits
"""
_WAGES_DUE = """
    SELECT r.project_id, CAST(date_trunc('month', r.due_on) AS DATE) AS month, r.workers,
           r.amount_due, coalesce(s.paid_in_time, 0) AS paid_in_time
    FROM payrolls r LEFT JOIN $settled s ON s.payroll_id = r.payroll_id
    WHERE r.due_on >= $first
"""
_PAID_MONTHS = """
    SELECT r.project_id, CAST(date_trunc('month', y.paid_on) AS DATE) AS month,
           sum(y.amount) FILTER (WHERE y.channel = 'bank') AS by_bank, sum(y.amount) AS amount,
           bool_and(y.channel = 'bank') AS all_by_bank
    FROM payments y JOIN payrolls r ON r.payroll_id = y.payroll_id
    WHERE y.channel IS NOT NULL AND y.paid_on >= $first
    GROUP BY r.project_id, CAST(date_trunc('month', y.paid_on) AS DATE)
"""
_SHARED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "rates_under_way": (("projects",), _UNDER_WAY),
    "rates_wages_due": (("payrolls",), _WAGES_DUE),
    "rates_paid_months": (("payments", "payrolls"), _PAID_MONTHS),
}

_READ = ("attendance", "accounts", "transfers", "deposits")
"""Tables that rates read besides."""

_BY_PLACE = "GROUP BY u.place, u.month"


def _with(rows: str, condition: str) -> str:
    """SQL of the projects under way, and how many have one of ``rows`` t under a condition."""
    return f"""
    SELECT u.place, u.month, count(t.project_id) AS kept, count(*) AS due
    FROM rates_under_way u LEFT JOIN (
      SELECT DISTINCT u.project_id, u.month
      FROM rates_under_way u JOIN {rows} t ON t.project_id = u.project_id AND {condition}
    ) t ON t.project_id = u.project_id AND t.month = u.month
    {_BY_PLACE}
"""


_OF_MONTH = "ON t.project_id = u.project_id AND t.month = u.month"

_REAL_NAME = f"""
    SELECT u.place, u.month, sum(least(a.workers_registered, a.workers_present)) AS kept,
           sum(a.workers_present) AS due
    FROM rates_under_way u JOIN attendance a ON a.project_id = u.project_id AND a.period = u.month
    WHERE a.workers_registered IS NOT NULL AND a.workers_present IS NOT NULL
    {_BY_PLACE}
"""
_LABOUR_CONTRACT = f"""
    SELECT u.place, u.month, sum(least(a.workers_with_contract, a.workers_registered)) AS kept,
           sum(a.workers_registered) AS due
    FROM rates_under_way u JOIN attendance a ON a.project_id = u.project_id AND a.period = u.month
    WHERE a.workers_with_contract IS NOT NULL AND a.workers_registered IS NOT NULL
    {_BY_PLACE}
"""
_SPECIAL_ACCOUNT = _with(
    "accounts", "t.opened_on < u.stop AND (t.closed_on IS NULL OR t.closed_on >= u.stop)"
)
_LABOUR_COST = f"""
    SELECT u.place, u.month, count(*) AS due,
           count(*) FILTER (WHERE t.amount_paid >= t.amount_due
                              AND t.paid_on <= t.due_on + $days) AS kept
    FROM rates_under_way u JOIN transfers t ON t.project_id = u.project_id
      AND t.due_on >= u.month AND t.due_on < u.stop
    WHERE (t.paid_on IS NULL OR t.amount_paid IS NOT NULL) AND u.stop <= $grace_over
    {_BY_PLACE}
"""
_BY_BANK = f"""
    SELECT u.place, u.month, sum(t.by_bank) AS kept, sum(t.amount) AS due
    FROM rates_under_way u JOIN rates_paid_months t {_OF_MONTH}
    {_BY_PLACE}
"""
_IN_FULL = f"""
    SELECT u.place, u.month, sum(t.workers) FILTER (WHERE t.paid_in_time >= t.amount_due) AS kept,
           sum(t.workers) AS due
    FROM rates_under_way u JOIN rates_wages_due t {_OF_MONTH}
    WHERE t.workers IS NOT NULL
    {_BY_PLACE}
"""
_DEPOSIT = _with(
    "deposits",
    "t.valid_from < u.stop AND (t.status = 'stored' OR t.kind = 'exempt')"
    " AND (t.valid_to IS NULL OR t.valid_to >= u.stop)",
)
_NOTICE_BOARD = f"""
    SELECT u.place, u.month, count(*) FILTER (WHERE u.notice_board) AS kept, count(*) AS due
    FROM rates_under_way u WHERE u.notice_board IS NOT NULL
    {_BY_PLACE}
"""
_ACCOUNT_IN_USE = _with(
    "transfers", "t.amount_paid > 0 AND t.paid_on >= u.month AND t.paid_on < u.stop"
)
_COST_AMOUNT = f"""
    SELECT u.place, u.month, sum(least(coalesce(t.amount_paid, 0), t.amount_due)) AS kept,
           sum(t.amount_due) AS due
    FROM rates_under_way u JOIN transfers t ON t.project_id = u.project_id
      AND t.due_on >= u.month AND t.due_on < u.stop
    WHERE t.paid_on IS NULL OR t.amount_paid IS NOT NULL
    {_BY_PLACE}
"""
_BY_BANK_PROJECTS = f"""
    SELECT u.place, u.month, count(*) FILTER (WHERE t.all_by_bank) AS kept, count(*) AS due
    FROM rates_under_way u JOIN rates_paid_months t {_OF_MONTH}
    {_BY_PLACE}
"""
_IN_FULL_PROJECTS = f"""
    SELECT u.place, u.month, count(*) FILTER (WHERE u.all_paid) AS kept, count(*) AS due
    FROM (
      SELECT u.place, u.month, u.project_id, bool_and(t.paid_in_time >= t.amount_due) AS all_paid
      FROM rates_under_way u JOIN rates_wages_due t {_OF_MONTH}
      GROUP BY u.place, u.month, u.project_id
    ) u
    {_BY_PLACE}
"""
_IN_FULL_AMOUNT = f"""
    SELECT u.place, u.month, sum(least(t.amount_due, t.paid_in_time)) AS kept,
           sum(t.amount_due) AS due
    FROM rates_under_way u JOIN rates_wages_due t {_OF_MONTH}
    {_BY_PLACE}
"""

RATE_SQL: Mapping[str, str] = {
    "real_name": _REAL_NAME,
    "labour_contract": _LABOUR_CONTRACT,
    "special_account": _SPECIAL_ACCOUNT,
    "labour_cost_passed_on": _LABOUR_COST,
    "paid_by_bank": _BY_BANK,
    "paid_in_full": _IN_FULL,
    "deposit": _DEPOSIT,
    "notice_board": _NOTICE_BOARD,
    "special_account_in_use": _ACCOUNT_IN_USE,
    "labour_cost_amount": _COST_AMOUNT,
    "paid_by_bank_projects": _BY_BANK_PROJECTS,
    "paid_in_full_projects": _IN_FULL_PROJECTS,
    "paid_in_full_amount": _IN_FULL_AMOUNT,
}
"""SQL of ``place``, ``month``, ``kept`` and ``due`` by rate."""
