"""What was paid on each payroll, as known before a date: one table for all that reads it.

Red flags, timelines, money by month, teams owed and rates all add up the payments of a payroll.
:func:`with_settled` opens a view of a store in which that sum is computed once, if it is needed.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pages import the flags, and read no records
    from risk.store.store import RecordStore

_TABLE = "settled_payrolls"

_KNOWN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"

SETTLED_SQL = f"""
SELECT p.payroll_id,
       sum(p.amount) FILTER (WHERE p.paid_on < $1) AS paid,
       -- A head count that is missing stays unknown.
       CASE WHEN count(*) FILTER (WHERE p.paid_on < $1)
                 = count(p.workers_paid) FILTER (WHERE p.paid_on < $1)
            THEN sum(p.workers_paid) FILTER (WHERE p.paid_on < $1) END AS heads,
       sum(p.amount) FILTER (WHERE p.paid_on <= r.due_on) AS paid_in_time
FROM (SELECT * FROM payments_versions
      WHERE {_KNOWN} AND (returned_on IS NULL OR returned_on >= $1)) p
LEFT JOIN (SELECT payroll_id, due_on FROM payrolls_versions WHERE {_KNOWN}) r USING (payroll_id)
GROUP BY p.payroll_id
"""


def with_settled(store: RecordStore, as_of: dt.date) -> RecordStore:
    """A view of ``store`` for many queries as of one date; close it to free its memory.

    It computes once which rows are superseded and, when that is first asked for, what was paid on
    each payroll, so the store must not be written to while it is open.
    """
    view = store.for_kind(store.kind)
    view.cache_superseded()
    view.settled_at = as_of
    return view


def settled_sql(store: RecordStore, as_of: dt.date) -> str:
    """SQL, with ``$1`` for ``as_of``, of the payments on each payroll that were not returned.

    Columns: ``payroll_id``; ``paid`` before ``as_of``, None without any; ``heads`` paid then, None
    if a payment does not state them; ``paid_in_time`` up to the due day.
    """
    if store.settled_at != as_of:
        return f"({SETTLED_SQL})"
    store.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_TABLE} AS {SETTLED_SQL}", [as_of])
    return _TABLE
