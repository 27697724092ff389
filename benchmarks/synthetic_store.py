"""A record store as large as wanted, made by the database itself: for benchmarks of features.

Every project has 60 months of 8 teams: 480 payrolls with about four payments each, attendance,
transfers, and a few of everything else; one payment in fifty was corrected later. The figures are
drawn by hashing the row's number, so the same size is the same store.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from risk.calendar.dates import add_months
from risk.contract import TABLES
from risk.store.store import RecordStore, columns

PAYMENTS_OF_TEAM_MONTH = 4.18
MONTHS, TEAMS = 60, 8
FIRST = dt.date(2020, 1, 1)
LAST_AS_OF = dt.date(2025, 1, 2)


def as_ofs(count: int) -> list[dt.date]:
    """``count`` monthly dates, the last when all is told."""
    return [add_months(LAST_AS_OF, -back) for back in reversed(range(count))]


def make(path: Path | str, payments: int) -> RecordStore:
    """A store at ``path`` of about ``payments`` payments; open for writing."""
    projects = max(round(payments / PAYMENTS_OF_TEAM_MONTH / TEAMS / MONTHS), 1)
    return make_projects(path, projects)


def make_projects(
    path: Path | str,
    projects: int,
    *,
    teams: int = TEAMS,
    months: int = MONTHS,
    first: dt.date = FIRST,
) -> RecordStore:
    """A store at ``path`` of ``projects`` with ``months`` from ``first``; open for writing."""
    store = RecordStore(path)
    for macro in _macros(teams, months, first):
        store.connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    for table, sql in _ROWS.items():
        names = ", ".join(name for name, _ in columns(TABLES[table]))
        store.connection.execute(
            f"INSERT INTO {table} ({names}, arrival)"
            f" SELECT {names}, nextval('arrivals') FROM ({sql.replace('$rolls', _ROLLS)})",
            {"projects": projects},
        )
    return store


def _macros(teams: int, months: int, first: dt.date) -> list[str]:
    return [
        "draw(seed, n) AS (hash(seed * 1000003 + n) % 10000) / 10000.0",
        f"on_day(n) AS CAST(DATE '{first.isoformat()}' + CAST(n AS INTEGER) AS DATE)",
        "month_of(m) AS CAST(on_day(0) + to_months(CAST(m AS INTEGER)) AS DATE)",
        "region(p) AS printf('9901%02d', p % 12)",
        f"teams() AS {teams}",
        f"months() AS {months}",
        f"span() AS {months * 28}",
    ]


_ROLLS = """
SELECT p, t, m, p * teams() * months() + t * months() + m AS r,
       'R' || (p * teams() * months() + t * months() + m) AS payroll_id,
       month_of(m + 1) + 14 AS due_on,
       CAST(5 + 40 * draw(1, p * 8 + t) AS BIGINT) AS workers,
       CAST(600000 * (5 + 40 * draw(1, p * 8 + t)) AS BIGINT) AS amount_due
FROM range($projects) a(p), range(teams()) b(t), range(months()) c(m)
"""

_ROWS = {
    "organizations": """
        SELECT 'O' || p AS org_id, 'org ' || p AS org_name, 'general_contractor' AS org_kind,
               CAST(1e9 * draw(2, p) AS BIGINT) AS registered_capital,
               on_day(-5478) + CAST(3000 * draw(3, p) AS INTEGER) AS founded_on,
               region(p) AS region_code, on_day(-31) AS known_at
        FROM range($projects) a(p)
    """,
    "projects": """
        SELECT 'P' || p AS project_id, 'project ' || p AS project_name, region(p) AS region_code,
               ['building','municipal','transport'][1 + p % 3] AS sector,
               ['government','state_owned','private'][1 + p % 3] AS funding,
               'W' || (p % 97) AS owner_id, 'O' || (p // 3) AS contractor_id,
               CAST(1e10 * (0.1 + draw(4, p)) AS BIGINT) AS contract_amount,
               0.2 + 0.1 * draw(5, p) AS labour_cost_share, on_day(4) AS started_on,
               on_day(1978) AS planned_end_on, NULL AS completed_on,
               p % 7 = 0 AS advance_funded, 'monthly' AS settlement, p % 2 = 0 AS notice_board,
               30 + draw(6, p) AS latitude, 110 + draw(7, p) AS longitude,
               on_day(5) AS known_at
        FROM range($projects) a(p)
    """,
    "contracts": """
        SELECT 'C' || (p * teams() + t) AS contract_id, 'P' || p AS project_id,
               CASE WHEN t >= 4 THEN 'C' || (p * teams() + t - 4) END AS parent_contract_id,
               'O' || ((p * 7 + t) % $projects) AS contractor_id,
               CASE WHEN t = 7 THEN 'individual' ELSE 'company' END AS contractor_kind,
               'name ' || t AS contractor_name, t <> 6 AS written,
               CAST(1e9 * draw(8, p * 8 + t) AS BIGINT) AS amount,
               on_day(9) AS signed_on, NULL AS ended_on, on_day(11) AS known_at
        FROM range($projects) a(p), range(teams()) b(t)
    """,
    "payrolls": """
        SELECT payroll_id, 'P' || p AS project_id, 'C' || (p * teams() + t) AS contract_id,
               month_of(m) AS period, workers, amount_due, due_on, due_on - 10 AS known_at
        FROM ($rolls)
    """,
    "payments": """
        SELECT 'Y' || (r * 5 + i) AS payment_id, payroll_id,
               due_on + CAST(floor(60 * pow(draw(9, r * 5 + i), 3)) AS INTEGER) AS paid_on,
               CAST(amount_due * CASE WHEN draw(10, p) < 0.1 THEN 0.2 ELSE 0.25 END AS BIGINT)
                 AS amount,
               workers // 4 AS workers_paid,
               CASE WHEN draw(11, r * 5 + i) < 0.9 THEN 'bank'
                    WHEN draw(11, r * 5 + i) < 0.95 THEN 'cash' ELSE 'foreman' END AS channel,
               due_on + CAST(floor(60 * pow(draw(9, r * 5 + i), 3)) AS INTEGER) + 2 + late
                 AS known_at
        FROM ($rolls), range(5) d(i), (VALUES (0), (25)) e(late)
        WHERE (late = 0 AND draw(12, r * 5 + i) < 0.82)
           OR (late = 25 AND draw(12, r * 5 + i) < 0.016)
    """,
    "accounts": """
        SELECT 'A' || p AS account_id, 'P' || p AS project_id, 'bank' AS bank,
               on_day(31) AS opened_on, NULL AS closed_on, on_day(32) AS known_at
        FROM range($projects) a(p) WHERE p % 20 > 0
    """,
    "transfers": """
        SELECT 'T' || (p * months() + m) AS transfer_id, 'P' || p AS project_id,
               month_of(m) AS period, CAST(2e8 * (0.5 + draw(13, p)) AS BIGINT) AS amount_due,
               month_of(m + 1) AS due_on,
               CAST(2e8 * (0.5 + draw(13, p)) * (0.7 + 0.3 * draw(14, p * 60 + m)) AS BIGINT)
                 AS amount_paid,
               month_of(m + 1) + CAST(floor(40 * draw(15, p * 60 + m)) AS INTEGER) AS paid_on,
               month_of(m + 1) + 42 AS known_at
        FROM range($projects) a(p), range(months()) c(m)
    """,
    "deposits": """
        SELECT 'D' || p AS deposit_id, 'P' || p AS project_id, 'guarantee' AS kind,
               'stored' AS status, 100000000 AS required_amount, 100000000 AS amount,
               on_day(31) AS valid_from, on_day(2191) AS valid_to,
               on_day(35) AS known_at
        FROM range($projects) a(p) WHERE p % 10 > 0
    """,
    "attendance": """
        SELECT 'P' || p AS project_id, 'C' || (p * teams() + t) AS contract_id,
               month_of(m) AS period, workers AS workers_registered,
               CAST(workers * (0.6 + 0.4 * draw(16, r)) AS BIGINT) AS workers_present,
               CAST(workers * 22 * draw(17, r) AS BIGINT) AS worker_days,
               CAST(workers * draw(18, r) AS BIGINT) AS workers_with_contract,
               month_of(m + 1) + 5 AS known_at
        FROM ($rolls)
    """,
    "complaints": """
        SELECT 'K' || (p * 3 + i) AS complaint_id,
               on_day(60) + CAST(span() * draw(19, p * 3 + i) AS INTEGER) AS received_on,
               'hotline_12345' AS channel,
               CASE WHEN draw(20, p * 3 + i) < 0.8 THEN 'P' || p END AS project_id,
               NULL AS project_text, NULL AS employer_text, 5 AS workers,
               1000000 AS amount_claimed, NULL AS text,
               on_day(61) + CAST(span() * draw(19, p * 3 + i) AS INTEGER) AS known_at
        FROM range($projects) a(p), range(3) b(i)
    """,
    "cases": """
        SELECT 'S' || p AS case_id, 'P' || p AS project_id, NULL AS org_id, NULL AS complaint_id,
               on_day(60) + CAST(span() * draw(21, p) AS INTEGER) AS opened_on,
               status, 20 AS workers, 5000000 AS amount_owed, NULL AS amount_recovered,
               CASE WHEN late > 10 THEN on_day(60) + CAST(span() * draw(21, p) AS INTEGER) + 30
               END AS confirmed_on,
               CASE WHEN late > 40 THEN on_day(60) + CAST(span() * draw(21, p) AS INTEGER) + 70
               END AS closed_on, NULL AS transferred_on,
               on_day(60) + CAST(span() * draw(21, p) AS INTEGER) + late AS known_at
        FROM range($projects) a(p),
             (VALUES ('accepted', 2), ('confirmed', 32), ('closed', 72)) b(status, late)
        WHERE draw(22, p) < 0.2
    """,
    "inspections": """
        SELECT 'I' || (p * 4 + i) AS inspection_id, 'P' || p AS project_id,
               on_day(60) + CAST(span() * draw(23, p * 4 + i) AS INTEGER) AS inspected_on,
               'routine' AS kind, draw(24, p * 4 + i) < 0.1 AS arrears_found, NULL AS workers_owed,
               NULL AS amount_owed, NULL AS findings, NULL AS rectify_by, NULL AS rectified_on,
               on_day(63) + CAST(span() * draw(23, p * 4 + i) AS INTEGER) AS known_at
        FROM range($projects) a(p), range(4) b(i)
    """,
    "operations": """
        SELECT 'O' || p AS org_id, month_of(m) AS period, indicator, 1000 * draw(25, p * 60 + m)
                 AS value, month_of(m + 1) + 20 AS known_at
        FROM range($projects // 3 + 1) a(p), range(months()) c(m),
             (VALUES ('tax'), ('social_insurance'), ('overdue_loans')) b(indicator)
    """,
}
