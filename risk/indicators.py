"""The eight rates (八率): compliance with the Regulation's duties, by place and month.

No national list of the eight is published; these follow the Regulation's articles and the rates
counties report: real-name registration (Art. 28), labour contracts (28), special accounts (26),
labour cost transferred in time and in full (24, 29), wages paid by bank (31), wages paid in time
and in full (12, 31), deposits (32), notice boards (34). Definitions differ between places (by
worker or by project, set up or in use): :data:`DEFINITIONS` has the variants found, and an office
chooses its eight. Unknown cells are left out; without its feeds a rate is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from risk.calendar.dates import add_months

if TYPE_CHECKING:
    from risk.store.store import RecordStore

MONTHS = 12

RATES = (
    *("real_name", "labour_contract", "special_account", "labour_cost_passed_on"),
    *("paid_by_bank", "paid_in_full", "deposit", "notice_board"),
)
"""Default rates of an office."""

DEFINITIONS = (
    *RATES,
    *("special_account_in_use", "labour_cost_amount", "paid_by_bank_projects"),
    *("paid_in_full_projects", "paid_in_full_amount"),
)
"""All available rates."""

MONEY = frozenset({"paid_by_bank", "labour_cost_amount", "paid_in_full_amount"})
"""Rates of money, in fen; the others count people, projects or payments."""

COUNTERPARTS: Mapping[str, str] = {
    "labour_cost_passed_on": "labour_cost_amount",
    "labour_cost_amount": "labour_cost_passed_on",
    "paid_by_bank": "paid_by_bank_projects",
    "paid_by_bank_projects": "paid_by_bank",
    "paid_in_full": "paid_in_full_amount",
    "paid_in_full_amount": "paid_in_full",
    "paid_in_full_projects": "paid_in_full_amount",
}
"""Rates of the same duty by amount instead of by count, or the other way round."""

LOW_SHARE = 0.85
MIN_BASE = 10
"""A rate below ``LOW_SHARE`` is short; not if fewer than ``MIN_BASE`` were due."""

_REPORTED_MONTHLY = frozenset({"real_name", "labour_contract"})
_REPORTED_SHARE = 0.5

COUNTY, TOWNSHIP = 6, 9
"""Length of a county's and of a township's region code."""


@dataclass(frozen=True)
class Rate:
    """``kept`` of ``due`` met the duty; the unit depends on the rate: workers, projects, fen."""

    kept: int
    due: int

    @property
    def share(self) -> float | None:
        """Share from 0 to 1; None if nothing was due or known."""
        return self.kept / self.due if self.due else None


PlaceMonth = tuple[str, dt.date]


def rates_by_place(
    store: RecordStore, as_of: dt.date, months: int = MONTHS, *, transfer_days: int = 0
) -> Mapping[PlaceMonth, Mapping[str, Rate]]:
    """Rates of every county and township in each of the last full ``months`` before ``as_of``.

    A county's code has six digits, a township's nine; a township's projects count for its county
    too. Only records known before ``as_of`` count. Rates without any known record are left out.
    Labour cost counts as on time up to ``transfer_days`` after its day; a month has no such rate
    until they are over.
    """
    last = as_of.replace(day=1)
    starts = [add_months(last, -back) for back in range(months, 0, -1)]
    missing = set(store.missing_feeds())
    found: dict[PlaceMonth, dict[str, Rate]] = defaultdict(dict)
    with _shared_tables(store, as_of, starts):
        for name, (needs, sql) in _QUERIES.items():
            if missing & {"projects", *needs}:
                continue
            values = [as_of, starts, transfer_days]
            for place, month, kept, due in store.rows(*_with_known(sql, values)):
                if due:
                    found[place, month][name] = Rate(int(kept or 0), int(due))
    return dict(sorted(found.items()))


@contextmanager
def _shared_tables(store: RecordStore, as_of: dt.date, starts: Sequence[dt.date]) -> Iterator[None]:
    """Temporary tables that several rates read, dropped after the block."""
    from risk.store.settled import settled_sql

    try:
        for name, sql in _SHARED.items():
            text = sql.replace("$settled", settled_sql(store, as_of))
            text, values = _with_known(text, [as_of, starts])
            store.rows(f"CREATE OR REPLACE TEMP TABLE {name} AS {text}", values)
        yield
    finally:
        for name in _SHARED:
            store.rows(f"DROP TABLE IF EXISTS temp.{name}")


def newest_months(by_month: Mapping[dt.date, Mapping[str, Rate]]) -> Mapping[str, dt.date]:
    """Return the newest month of each rate in the rates of one or several places by month.

    Attendance of a month arrives in the next. A month with less than half the workers of the
    month before is only partly reported, and the month before is returned.
    """
    found: dict[str, dt.date] = {}
    for name in dict.fromkeys(name for rates in by_month.values() for name in rates):
        months = sorted((month for month, rates in by_month.items() if name in rates), reverse=True)
        newest, before = months[0], months[1] if len(months) > 1 else months[0]
        reported = by_month[newest][name].due >= _REPORTED_SHARE * by_month[before][name].due
        found[name] = before if name in _REPORTED_MONTHLY and not reported else newest
    return found


def is_short(name: str, rates: Mapping[str, Rate]) -> bool:
    """Whether the duty of a rate is really unmet: below 85 % by count and, if known, by amount.

    A rate of fewer than ten projects, people or payments is never short.

    >>> late = {"labour_cost_passed_on": Rate(5, 20), "labour_cost_amount": Rate(99, 100)}
    >>> is_short("labour_cost_passed_on", late), is_short("deposit", {"deposit": Rate(5, 20)})
    (False, True)
    """
    names = [one for one in (name, COUNTERPARTS.get(name, "")) if one in rates]
    shares = [share for one in names if (share := rates[one].share) is not None]
    bases = [rates[one].due for one in names if one not in MONEY]
    return bool(shares) and max(shares) < LOW_SHARE and max(bases, default=MIN_BASE) >= MIN_BASE


def add_up(rates: Iterable[Mapping[str, Rate]]) -> Mapping[str, Rate]:
    """Return the rates of several places together: sums, not a mean of shares."""
    found: dict[str, Rate] = {}
    for place in rates:
        for name, rate in place.items():
            before = found.get(name, Rate(0, 0))
            found[name] = Rate(before.kept + rate.kept, before.due + rate.due)
    return found


def _with_known(sql: str, values: Sequence[object]) -> tuple[str, list[object]]:
    """``sql`` with its tables as known before ``$1``, and those of ``values`` that it names."""
    known = ", ".join(
        f"{table} AS (SELECT * FROM {table}_versions WHERE known_at < $1"
        " AND (superseded_at IS NULL OR superseded_at >= $1)"
        f"{_NOT_RETURNED if table == 'payments' else ''})"
        for table in _TABLES
        if f" {table} " in sql
    )
    text = f"WITH {known} {sql}" if known else sql
    return _numbered(text, values)


def _numbered(sql: str, values: Sequence[object]) -> tuple[str, list[object]]:
    """``sql`` with the parameters it uses numbered from 1, and their values."""
    used = [number for number in range(1, len(values) + 1) if f"${number}" in sql]
    for new, number in enumerate(used, start=1):
        sql = sql.replace(f"${number}", f"${new}")
    return sql, [values[number - 1] for number in used]


_NOT_RETURNED = " AND (returned_on IS NULL OR returned_on >= $1)"
"""SQL: payments that the bank did not return."""

_TABLES = ("projects", "attendance", "accounts", "transfers", "payrolls", "payments", "deposits")

_UNDER_WAY = f"""
    SELECT p.project_id, p.notice_board, substr(p.region_code, 1, d.digits) AS place,
           m.month, m.stop
    FROM projects p JOIN (
      SELECT month, month + INTERVAL 1 MONTH AS stop
      FROM (SELECT CAST(unnest($2) AS DATE) AS month)
    ) m ON p.started_on < m.stop AND (p.completed_on IS NULL OR p.completed_on >= m.month)
    JOIN (VALUES ({COUNTY}), ({TOWNSHIP})) d(digits)
      ON d.digits = {COUNTY} OR length(p.region_code) >= d.digits
"""
_WAGES_DUE = """
    SELECT r.project_id, CAST(date_trunc('month', r.due_on) AS DATE) AS month, r.workers,
           r.amount_due, coalesce(s.paid_in_time, 0) AS paid_in_time
    FROM payrolls r LEFT JOIN $settled s USING (payroll_id)
    WHERE r.due_on >= list_min($2)
"""
_PAID_MONTHS = """
    SELECT r.project_id, CAST(date_trunc('month', y.paid_on) AS DATE) AS month,
           sum(y.amount) FILTER (y.channel = 'bank') AS by_bank, sum(y.amount) AS amount,
           bool_and(y.channel = 'bank') AS all_by_bank
    FROM payments y JOIN payrolls r USING (payroll_id)
    WHERE y.channel IS NOT NULL AND y.paid_on >= list_min($2)
    GROUP BY ALL
"""
_SHARED = {
    "rates_under_way": _UNDER_WAY,
    "rates_wages_due": _WAGES_DUE,
    "rates_paid_months": _PAID_MONTHS,
}
"""Projects under way by place and month; wages due in a month; payments by project and month."""

_GRACE_OVER = "u.stop + to_days(CAST($3 AS INTEGER)) <= $1"
_BY_PLACE = "GROUP BY ALL ORDER BY place, month"

_REAL_NAME = f"""
    SELECT u.place, u.month,
      sum(least(a.workers_registered, a.workers_present)), sum(a.workers_present)
    FROM rates_under_way u JOIN attendance a ON a.project_id = u.project_id AND a.period = u.month
    WHERE a.workers_registered IS NOT NULL AND a.workers_present IS NOT NULL
    {_BY_PLACE}
"""
_LABOUR_CONTRACT = f"""
    SELECT u.place, u.month,
      sum(least(a.workers_with_contract, a.workers_registered)), sum(a.workers_registered)
    FROM rates_under_way u JOIN attendance a ON a.project_id = u.project_id AND a.period = u.month
    WHERE a.workers_with_contract IS NOT NULL AND a.workers_registered IS NOT NULL
    {_BY_PLACE}
"""
_SPECIAL_ACCOUNT = f"""
    SELECT u.place, u.month, count(*) FILTER (EXISTS (
        FROM accounts a WHERE a.project_id = u.project_id AND a.opened_on < u.stop
          AND (a.closed_on IS NULL OR a.closed_on >= u.stop))), count(*)
    FROM rates_under_way u {_BY_PLACE}
"""
_LABOUR_COST = f"""
    SELECT u.place, u.month,
      count(*) FILTER (coalesce(
        t.amount_paid >= t.amount_due AND t.paid_on <= t.due_on + CAST($3 AS INTEGER), false)),
      count(*)
    FROM rates_under_way u JOIN transfers t ON t.project_id = u.project_id
      AND t.due_on >= u.month AND t.due_on < u.stop
    WHERE (t.paid_on IS NULL OR t.amount_paid IS NOT NULL) AND {_GRACE_OVER}
    {_BY_PLACE}
"""
_BY_BANK = f"""
    SELECT u.place, u.month, sum(y.by_bank), sum(y.amount)
    FROM rates_under_way u JOIN rates_paid_months y USING (project_id, month)
    {_BY_PLACE}
"""
_IN_FULL = f"""
    SELECT u.place, u.month,
      sum(r.workers) FILTER (r.paid_in_time >= r.amount_due), sum(r.workers)
    FROM rates_under_way u JOIN rates_wages_due r USING (project_id, month)
    WHERE r.workers IS NOT NULL
    {_BY_PLACE}
"""
_DEPOSIT = f"""
    SELECT u.place, u.month, count(*) FILTER (EXISTS (
        FROM deposits d WHERE d.project_id = u.project_id AND d.valid_from < u.stop
          AND (d.status = 'stored' OR d.kind = 'exempt')
          AND (d.valid_to IS NULL OR d.valid_to >= u.stop))), count(*)
    FROM rates_under_way u {_BY_PLACE}
"""
_NOTICE_BOARD = f"""
    SELECT u.place, u.month, count(*) FILTER (u.notice_board), count(*)
    FROM rates_under_way u WHERE u.notice_board IS NOT NULL {_BY_PLACE}
"""

_ACCOUNT_IN_USE = f"""
    SELECT u.place, u.month, count(*) FILTER (EXISTS (
        FROM transfers t WHERE t.project_id = u.project_id AND t.amount_paid > 0
          AND t.paid_on >= u.month AND t.paid_on < u.stop)), count(*)
    FROM rates_under_way u {_BY_PLACE}
"""
_COST_AMOUNT = f"""
    SELECT u.place, u.month,
      sum(least(coalesce(t.amount_paid, 0), t.amount_due)), sum(t.amount_due)
    FROM rates_under_way u JOIN transfers t ON t.project_id = u.project_id
      AND t.due_on >= u.month AND t.due_on < u.stop
    WHERE t.paid_on IS NULL OR t.amount_paid IS NOT NULL
    {_BY_PLACE}
"""
_BY_BANK_PROJECTS = f"""
    SELECT u.place, u.month, count(*) FILTER (y.all_by_bank), count(*)
    FROM rates_under_way u JOIN rates_paid_months y USING (project_id, month)
    {_BY_PLACE}
"""
_IN_FULL_PROJECTS = f"""
    SELECT place, month, count(*) FILTER (all_paid), count(*) FROM (
      SELECT u.place, u.month, u.project_id,
             bool_and(r.paid_in_time >= r.amount_due) AS all_paid
      FROM rates_under_way u JOIN rates_wages_due r USING (project_id, month)
      GROUP BY ALL
    ) {_BY_PLACE}
"""

_IN_FULL_AMOUNT = f"""
    SELECT u.place, u.month, sum(least(r.amount_due, r.paid_in_time)), sum(r.amount_due)
    FROM rates_under_way u JOIN rates_wages_due r USING (project_id, month)
    {_BY_PLACE}
"""

_QUERIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "real_name": (("attendance",), _REAL_NAME),
    "labour_contract": (("attendance",), _LABOUR_CONTRACT),
    "special_account": (("accounts",), _SPECIAL_ACCOUNT),
    "labour_cost_passed_on": (("transfers",), _LABOUR_COST),
    "paid_by_bank": (("payrolls", "payments"), _BY_BANK),
    "paid_in_full": (("payrolls", "payments"), _IN_FULL),
    "deposit": (("deposits",), _DEPOSIT),
    "notice_board": ((), _NOTICE_BOARD),
    "special_account_in_use": (("accounts", "transfers"), _ACCOUNT_IN_USE),
    "labour_cost_amount": (("transfers",), _COST_AMOUNT),
    "paid_by_bank_projects": (("payrolls", "payments"), _BY_BANK_PROJECTS),
    "paid_in_full_projects": (("payrolls", "payments"), _IN_FULL_PROJECTS),
    "paid_in_full_amount": (("payrolls", "payments"), _IN_FULL_AMOUNT),
}
