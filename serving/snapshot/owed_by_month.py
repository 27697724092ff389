"""Wages owed at the end of each month, and arrears events of each month."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from risk.calendar.dates import add_months
from risk.store.known_query import NOTHING_WRITTEN, KnownQuery, Written, day_sql
from risk.store.staged import InBatches, Staged
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, known_by_project, query_rows, with_known_tables

MONTHS = 24
"""A year, and the one before to compare it with."""


def _end_after(day: str) -> str:
    """SQL for the first end of a month after ``day``: the last one is ``$1``."""
    return f"least($1, greatest(last_day({day}) + 1, $first_end))"


# Same records and same 1 % as the ``amount_owed`` of a score. Only payrolls that were not settled
# at the first end of a month after they were due are looked at, and of those only the ends at which
# what is owed changes: a row for every payroll and month would not fit into memory.
_OWED = f"""
{with_known_tables("payrolls", "payments")},
ends AS (SELECT ends_on FROM (VALUES $ends) months(ends_on)),
paid_in_time AS (
  SELECT payroll_id, sum(amount) AS amount
  FROM payrolls r JOIN payments p USING (payroll_id)
  WHERE p.returned_on IS NULL
    AND p.paid_on <= last_day(r.due_on)
  GROUP BY payroll_id
),
late AS (
  SELECT r.project_id, r.payroll_id, r.amount_due, {_end_after("r.due_on")} AS from_end
  FROM payrolls r LEFT JOIN paid_in_time p USING (payroll_id)
  WHERE coalesce(p.amount, 0) < 0.99 * r.amount_due AND r.due_on < $1
),
changes AS (
  SELECT payroll_id, from_end AS ends_on, 0 AS amount FROM late
  UNION ALL
  SELECT l.payroll_id, greatest(l.from_end, {_end_after("p.paid_on")}), p.amount
  FROM late l JOIN payments p USING (payroll_id) WHERE p.paid_on < $1
  UNION ALL
  SELECT l.payroll_id,
         greatest(l.from_end, {_end_after("p.paid_on")}, {_end_after("p.returned_on")}), -p.amount
  FROM late l JOIN payments p USING (payroll_id)
  WHERE p.paid_on < $1 AND p.returned_on < $1
),
paid AS (
  SELECT payroll_id, ends_on, sum(sum(amount)) OVER so_far AS amount
  FROM changes GROUP BY payroll_id, ends_on
  WINDOW so_far AS (PARTITION BY payroll_id ORDER BY ends_on)
),
unpaid AS (
  SELECT l.project_id, p.payroll_id, p.ends_on,
         CASE WHEN p.amount < 0.99 * l.amount_due THEN l.amount_due - p.amount ELSE 0 END AS amount
  FROM paid p JOIN late l USING (payroll_id)
),
steps AS (
  SELECT project_id, ends_on,
         amount - coalesce(lag(amount) OVER (PARTITION BY payroll_id ORDER BY ends_on), 0) AS more
  FROM unpaid
),
by_end AS (SELECT project_id, ends_on, sum(more) AS more FROM steps GROUP BY project_id, ends_on),
begun AS (SELECT project_id, min(due_on) AS due_on FROM payrolls GROUP BY project_id)
SELECT b.project_id, e.ends_on,
       CAST(coalesce(sum(s.more) OVER (PARTITION BY b.project_id ORDER BY e.ends_on), 0) AS BIGINT)
         AS amount
FROM begun b JOIN ends e ON b.due_on < e.ends_on
LEFT JOIN by_end s ON s.project_id = b.project_id AND s.ends_on = e.ends_on
WHERE EXISTS (SELECT 1 FROM payments)
"""


def _owed(as_of: dt.date) -> str:
    first = as_of.replace(day=1)
    ends = sorted({as_of, *(add_months(first, -back) for back in range(MONTHS))})
    rows = ", ".join(f"({day_sql(end)})" for end in ends)
    return _OWED.replace("$first_end", day_sql(ends[0])).replace("$ends", rows)


OWED_BY_MONTH = KnownQuery("owed_by_month", _owed, "project_id, ends_on")

# The arrears events of the labels: see EVENTS in features/common_steps.py.
_EVENTS = f"""
{with_known_tables("cases", "inspections")},
confirmed AS (
  SELECT DISTINCT case_id FROM cases_versions
  WHERE known_at < $1 AND (status = 'confirmed' OR confirmed_on IS NOT NULL)
),
events AS (
  SELECT c.project_id, c.opened_on AS event_on FROM cases c JOIN confirmed USING (case_id)
  WHERE c.status <> 'unfounded'
    AND (c.status NOT IN ('accepted', 'filed') OR c.confirmed_on IS NOT NULL)
  UNION
  SELECT project_id, inspected_on FROM inspections WHERE arrears_found
)
SELECT project_id, CAST(date_trunc('month', event_on) AS DATE) AS month, count(*) AS events
FROM events
WHERE project_id IS NOT NULL AND event_on < $1
  AND event_on >= date_trunc('month', $1) - to_months({MONTHS})
GROUP BY ALL ORDER BY ALL
"""

Months = Mapping[dt.date, int]
Owed = Mapping[str, Months]


def load_owed_by_month(store: RecordStore, as_of: dt.date) -> Owed:
    """Return the wages owed at the end of each month by project and first day of the month, in fen.

    What was due and unpaid then, as the records are known at ``as_of``. A month has no amount
    before the first wages of the project were due; without payments on record nothing is known.
    The month of ``as_of``, unless that is its first day, is counted until then.
    """
    return known_by_project(store, OWED_BY_MONTH, as_of, _months)


class OwedByMonth:
    """The same, read for a few projects at a time."""

    def __init__(
        self, store: RecordStore, as_of: dt.date, written: Written = NOTHING_WRITTEN
    ) -> None:
        rows = OWED_BY_MONTH.rows_sql(store, as_of, written)
        self._staged = Staged(store.connection, rows)

    def of(self, projects: Iterable[str]) -> Owed:
        """Return the amounts of ``projects``."""

        def load(project_ids: Sequence[str]) -> dict[str, dict[dt.date, int]]:
            found: dict[str, dict[dt.date, int]] = {}
            for project, ends_on, amount in self._staged.of(project_ids):
                found.setdefault(project, {})[_month_ending(ends_on)] = amount
            return found

        return InBatches(projects, load)

    def cells(self) -> Iterator[tuple[str, dt.date, int]]:
        """Yield project, month and amount, of all projects."""
        for project, ends_on, amount in self._staged:
            yield project, _month_ending(ends_on), amount


def _months(rows: Sequence[Row]) -> dict[dt.date, int]:
    return {_month_ending(row["ends_on"]): row["amount"] for row in rows}


def owed_series(months: Months) -> Row | None:
    """Return the amounts of a project as ``months`` and ``owed``; None if nothing is known."""
    if not months:
        return None
    return {"months": [f"{one:%Y-%m}" for one in months], "owed": list(months.values())}


def region_months(
    store: RecordStore,
    as_of: dt.date,
    owed: Owed | OwedByMonth,
    places: Mapping[str, str | None],
) -> Sequence[Row]:
    """Return wages owed and arrears events by region and month, for the ``places`` of projects.

    ``owed`` is None in months of which nothing is known. Projects without a place are left out.
    """
    amounts: Counter[tuple[str, dt.date]] = Counter()
    for project, month, amount in _cells(owed):
        amounts[places.get(project) or "", month] += amount
    events: Counter[tuple[str, dt.date]] = Counter()
    for row in query_rows(store, _EVENTS, as_of):
        events[places.get(row["project_id"]) or "", row["month"]] += row["events"]
    keys = sorted(key for key in {*amounts, *events} if key[0])
    return [
        {
            "region_code": place,
            "month": f"{month:%Y-%m}",
            "owed": amounts.get((place, month)),
            "events": events[place, month],
        }
        for place, month in keys
    ]


def _cells(owed: Owed | OwedByMonth) -> Iterator[tuple[str, dt.date, int]]:
    if isinstance(owed, OwedByMonth):
        yield from owed.cells()
        return
    for project, months in owed.items():
        for month, amount in months.items():
            yield project, month, amount


def _month_ending(ends_on: dt.date) -> dt.date:
    """Return the first day of the month that ends with ``ends_on``, or holds it."""
    first = ends_on.replace(day=1)
    return add_months(first, -1) if ends_on == first else first
