"""Tables with the records as of a date, created once for all rules, in SQL that engines share.

A rule may read

- ``known_<table>``: rows of a table as known before as_of;
- ``running``: projects started and not completed more than 90 days ago, with ``as_of``, ``county``
  (first six digits of the region), ``law_region`` (the closest region with rules of its own) and
  ``under_way`` (not completed yet);
- ``law_values``: values of law by duty, name, region and the span they are in force, for terms that
  depend on the day of an event;
- ``general``: the first contract without a parent of a project;
- ``account_projects``: accounts with every project that any version of them names, since one
  account may serve several projects of a contractor;
- ``pay``: payrolls of running projects with the amount and heads paid on them, and what
  its team and all teams were due in the month;
- ``pay_months``, ``site_months``: payrolls and attendance per project and month; a head count is
  NULL if any of its rows lacks it;
- ``month_records``: payroll and attendance rows of a project's month, as evidence;
- ``feeds``: first and last day a county's rows of a table became known; for transfers only paid
  ones, because a county may report due dates and never payments.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Protocol

from risk.calendar.dates import COMPLETED_GRACE_DAYS
from risk.calendar.working_days import is_working_day
from risk.causes import about_wages, found_otherwise
from risk.contract import TABLES
from risk.flags.law import Law


@dataclass(frozen=True)
class Function:
    """A function that rules call: SQL of its value, and the types of parameters by name."""

    name: str
    parameters: Mapping[str, str]
    returns: str
    sql: str


_TERM = {"first": "DATE", "n": "DOUBLE"}

TERM_FUNCTIONS = (
    # Last day of a term of n working days that starts on the day after ``first``.
    Function(
        "working_days_after",
        _TERM,
        "DATE",
        "(SELECT max(t.last_day) FROM working_terms t WHERE t.day = first AND t.days = n)",
    ),
    # Last day of a term of n calendar days: a term that ends on a day of rest ends on the next
    # working day (Civil Code 203, Administrative Compulsion and Punishment Laws alike).
    Function(
        "term_end",
        _TERM,
        "DATE",
        "(SELECT max(c.next_working) FROM civil_days c WHERE c.day = days_after(first, n))",
    ),
)
"""Functions that look a day up in the calendar of terms, each in one table: Spark would join two
row by row."""

_IN_WORKING_DAYS = ("working_days", "filing_days", "handling_days")
"""Names of the legal values that are terms of working days."""

_WORKING_TERMS = f"""
SELECT c.day, n.days, w.day AS last_day
FROM ({" UNION ".join(f"SELECT {name} AS days FROM bound" for name in _IN_WORKING_DAYS)}) n
CROSS JOIN civil_days c
JOIN working_days w ON w.number = c.number + CAST(n.days AS BIGINT)
"""


class SnapshotTables(Protocol):
    """Where the snapshot is created: DuckDB or Spark."""

    def create(self, name: str, sql: str) -> None:
        """Create the table ``name`` as the result of ``sql``."""

    def create_of_rows(
        self, name: str, kinds: Mapping[str, str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        """Create the table ``name`` of ``rows``, with columns and SQL types in ``kinds``."""

    def create_functions(self) -> None:
        """Create the functions that rules call, once the tables they read are there.

        These are :data:`TERM_FUNCTIONS`, ``months_after``, ``days_after``, ``days_between`` and
        ``evidence_item``.
        """


_FIRST_CIVIL_DAY = dt.date(2004, 1, 1)
"""First day of the calendar of terms, before all law of the flags."""

_CIVIL_DAYS_AFTER = 400
"""Days after as_of that the calendar covers; the longest term is 90 working days."""

_RUNNING = f"""
SELECT p.*, d.as_of, left(p.region_code, 6) AS county,
       -- among prefixes of the same text the longest is the maximum
       (SELECT max(l.region) FROM law_regions l
        WHERE left(p.region_code, length(l.region)) = l.region) AS law_region,
       p.completed_on IS NULL OR p.completed_on >= d.as_of AS under_way
FROM known_projects p CROSS JOIN this_day d
WHERE p.started_on < d.as_of
  AND (p.completed_on IS NULL OR days_between(p.completed_on, d.as_of) <= {COMPLETED_GRACE_DAYS})
"""

_PAY = """
SELECT r.*, coalesce(s.paid, 0) AS paid,
       CASE WHEN s.paid IS NULL THEN 0
            -- least() leaves NULL out, but a head count that is missing stays unknown.
            WHEN s.heads IS NOT NULL THEN least(s.heads, r.workers) END AS heads_paid,
       sum(r.amount_due) OVER (PARTITION BY r.project_id, r.contract_id, r.period) AS team_due,
       sum(r.amount_due) OVER (PARTITION BY r.project_id, r.period) AS month_due
FROM known_payrolls r
JOIN running USING (project_id)
LEFT JOIN $settled s USING (payroll_id)
"""

_PAY_MONTHS = """
SELECT project_id, period, sum(amount_due) AS amount_due, sum(paid) AS paid, max(due_on) AS due_on,
       CASE WHEN count(*) = count(workers) THEN sum(workers) END AS heads_due,
       CASE WHEN count(*) = count(heads_paid) THEN sum(heads_paid) END AS heads_paid
FROM pay
GROUP BY project_id, period
"""

_GENERAL = """
SELECT project_id, contract_id, signed_on, known_at
FROM (
  SELECT *, row_number() OVER (
              PARTITION BY project_id ORDER BY signed_on NULLS LAST, contract_id) AS place
  FROM known_contracts
  WHERE parent_contract_id IS NULL
) c
WHERE place = 1
"""

_ACCOUNT_PROJECTS = """
SELECT DISTINCT v.project_id, a.account_id, a.opened_on, a.closed_on
FROM accounts_versions v JOIN known_accounts a USING (account_id)
WHERE v.known_at < $1
"""

_SITE_MONTHS = """
SELECT a.project_id, a.period,
       CASE WHEN count(*) = count(worker_days) THEN sum(worker_days) END AS worker_days,
       CASE WHEN count(*) = count(workers_present) THEN sum(workers_present) END AS present,
       CASE WHEN count(*) = count(workers_registered) THEN sum(workers_registered) END
         AS registered,
       CASE WHEN count(*) = count(workers_with_contract) THEN sum(workers_with_contract) END
         AS with_contract
FROM known_attendance a
JOIN running USING (project_id)
GROUP BY a.project_id, a.period
"""

_MONTH_RECORDS = """
SELECT a.project_id, a.period, 'attendance' AS source_table,
       a.project_id || '/' || coalesce(a.contract_id, '') || '/'
         || left(CAST(a.period AS STRING), 7) AS record_id,
       a.known_at, a.workers_present AS weight
FROM known_attendance a
JOIN running USING (project_id)
UNION ALL
SELECT project_id, period, 'payrolls', payroll_id, known_at, workers
FROM pay
"""

_PROJECT = "JOIN known_projects p USING (project_id)"

_FEEDS = {
    "accounts": _PROJECT,
    "cases": _PROJECT,
    "deposits": _PROJECT,
    "payrolls": _PROJECT,
    "payments": "JOIN known_payrolls r USING (payroll_id)"
    " JOIN known_projects p ON p.project_id = r.project_id",
    "transfers": f"{_PROJECT} WHERE t.paid_on IS NOT NULL",
}
"""Tables in which missing rows may be a breach, with the joins that give their county."""

_TABLES = (
    "projects", "contracts", "payrolls", "payments", "accounts", "transfers", "deposits",
    "attendance", "complaints", "cases", "inspections", "disputes", "listings",
)  # fmt: skip


_AS_KNOWN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
_OTHERWISE = found_otherwise(f"SELECT * FROM cases_versions WHERE {_AS_KNOWN}")
_ONLY = {
    "payments": " AND (returned_on IS NULL OR returned_on >= $1)",
    "cases": f" AND {about_wages()}",
    "complaints": f" AND {about_wages()} AND complaint_id NOT IN ({_OTHERWISE})",
}

VALUE_NAMES = (
    "months", "days", "working_days", "years", "repeat_years", "people", "share", "steps",
    "tolerance_share", "look_back_months", "look_back_days", "least_amount_fen", "least_months",
    "filing_days", "handling_days", "extension_days", "monthly_fen", "lists_all_payers",
)  # fmt: skip
"""Names of the legal values a rule may read as columns of ``obliged``."""


def last_day_known(as_of: dt.date) -> dt.date:
    """Day before ``as_of``; the law in force on that day applies."""
    return as_of - dt.timedelta(days=1)


BOUND_NAMES = ("in_force_from", *VALUE_NAMES, *(f"{name}_from" for name in VALUE_NAMES))
"""Columns of ``bound``, which ``obliged`` has too: the duty's start, its values, their starts."""


def create_snapshot(
    tables: SnapshotTables,
    as_of: dt.date,
    project_ids: Collection[str] | None,
    law: Law,
    settled: str,
) -> None:
    """Create the snapshot in ``tables``.

    ``settled`` is SQL of the payments by payroll, see :func:`risk.store.settled.settled_sql`.
    """
    day = f"DATE '{as_of.isoformat()}'"
    _create_calendar(tables, as_of)
    _create_bindings(tables, law, last_day_known(as_of))
    tables.create("working_terms", _WORKING_TERMS)
    tables.create_functions()
    tables.create("this_day", f"SELECT {day} AS as_of")
    for name in _TABLES:
        tables.create(f"known_{name}", _known(name).replace("$1", day))
    tables.create("running", _RUNNING + _among(tables, project_ids))
    tables.create("feeds", " UNION ALL ".join(_feed(name) for name in _FEEDS))
    tables.create("general", _GENERAL)
    tables.create("account_projects", _ACCOUNT_PROJECTS.replace("$1", day))
    tables.create("pay", _PAY.replace("$settled", settled).replace("$1", day))
    tables.create("pay_months", _PAY_MONTHS)
    tables.create("site_months", _SITE_MONTHS)
    tables.create("month_records", _MONTH_RECORDS)


def _among(tables: SnapshotTables, project_ids: Collection[str] | None) -> str:
    """SQL that restricts ``running`` to ``project_ids``, if any are given."""
    if project_ids is None:
        return ""
    rows = [(project_id,) for project_id in sorted(project_ids)]
    tables.create_of_rows("asked_projects", {"project_id": "STRING"}, rows)
    return "  AND p.project_id IN (SELECT project_id FROM asked_projects)"


def _known(name: str) -> str:
    """Rows of a table as known; of disputes, those about wages.

    Payments that the bank returned paid nobody.
    """
    fields = ", ".join(field.name for field in TABLES[name].fields)
    return f"SELECT {fields}, known_at FROM {name}_versions WHERE {_AS_KNOWN}" + _ONLY.get(name, "")


def _feed(name: str) -> str:
    return (
        f"SELECT left(p.region_code, 6) AS county, '{name}' AS feed,"
        " min(t.known_at) AS since, max(t.known_at) AS until"
        f" FROM known_{name} t {_FEEDS[name]} GROUP BY left(p.region_code, 6)"
    )


@lru_cache(maxsize=64)
def _bindings(law: Law, day: dt.date) -> tuple[tuple[object, ...], ...]:
    """Rows of code, region, start date, and number and start of each name of ``VALUE_NAMES``.

    A duty without one of its values on ``day`` in a region binds nobody there.
    """
    rows: list[tuple[object, ...]] = []
    for code, region in product(dict.fromkeys(duty.code for duty in law.duties), law.regions()):
        duty = law.duty(code, day, region)
        names = law.value_names(code)
        values = {name: law.value(code, name, day, region) for name in names}
        if duty is not None and all(values.values()):
            numbers = {name: float(value.number) for name, value in values.items() if value}
            starts = {name: value.from_day for name, value in values.items() if value}
            rows.append(
                (
                    *(code, region, duty.acts_from),
                    *map(numbers.get, VALUE_NAMES),
                    *map(starts.get, VALUE_NAMES),
                )
            )
    return tuple(rows)


@lru_cache(maxsize=8)
def _dated_values(law: Law) -> tuple[tuple[object, ...], ...]:
    """Rows of code, name, region, number, first and last day, one per span of the same value."""
    rows: list[tuple[object, ...]] = []
    for code in dict.fromkeys(value.code for value in law.values):
        for name, region in product(law.value_names(code), law.regions()):
            same = [v for v in law.values if (v.code, v.name) == (code, name)]
            edges = sorted({day for v in same for day in (v.from_day, v.to_day) if day})
            for start, stop in zip(edges, [*edges[1:], None], strict=False):
                value = law.value(code, name, start, region)
                if value is not None:
                    rows.append((code, name, region, float(value.number), start, stop))
    return tuple(rows)


@lru_cache(maxsize=8)
def _civil_days(stop: dt.date) -> tuple[tuple[dt.date, bool, int, dt.date], ...]:
    """Days up to ``stop``: whether worked, working days so far, the day or next working day."""
    count = (stop - _FIRST_CIVIL_DAY).days + 1
    days = [_FIRST_CIVIL_DAY + dt.timedelta(days=n) for n in range(count)]
    found, number = [], 0
    for day in days:
        worked = is_working_day(day)[0]
        number += worked
        found.append((day, worked, number))
    upcoming, backwards = stop, []
    for day, worked, so_far in reversed(found):
        upcoming = day if worked else upcoming
        backwards.append((day, worked, so_far, upcoming))
    return tuple(reversed(backwards))


def _create_calendar(tables: SnapshotTables, as_of: dt.date) -> None:
    """Create ``civil_days`` and ``working_days``, by which terms are counted."""
    # One calendar for all dates of a year.
    rows = _civil_days(dt.date(as_of.year + 1, 12, 31) + dt.timedelta(days=_CIVIL_DAYS_AFTER))
    kinds = {"day": "DATE", "worked": "BOOLEAN", "number": "BIGINT", "next_working": "DATE"}
    tables.create_of_rows("civil_days", kinds, rows)
    tables.create("working_days", "SELECT day, number FROM civil_days WHERE worked")


def _create_bindings(tables: SnapshotTables, law: Law, day: dt.date) -> None:
    """Create ``law_regions`` and ``bound``: which duty binds where, with its values as columns."""
    regions = [(region,) for region in law.regions()]
    tables.create_of_rows("law_regions", {"region": "STRING"}, regions)
    kinds = {"code": "STRING", "law_region": "STRING", "in_force_from": "DATE"}
    kinds |= dict.fromkeys(VALUE_NAMES, "DOUBLE")
    kinds |= dict.fromkeys((f"{name}_from" for name in VALUE_NAMES), "DATE")
    tables.create_of_rows("bound", kinds, _bindings(law, day))
    dated = {
        **{"code": "STRING", "name": "STRING", "law_region": "STRING", "number": "DOUBLE"},
        **{"from_day": "DATE", "to_day": "DATE"},
    }
    tables.create_of_rows("law_values", dated, _dated_values(law))
