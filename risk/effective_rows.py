"""Stored rows without those that later evidence has replaced.

A record without a day of knowledge is dated by rule (``dated_by`` is ``unfolded``, or ``sealed``
where a rule's day was before that of a sealed list, ``merged`` where a firm got its credit code).
When the authority later sends the record with
its own dates, those are the better evidence: from the day of the earliest of them, the versions
dated by rule no longer count. Before that day they still do, since a record known later must not
change what was known earlier. Versions on a stated day stay: the book was of that day.
"""

from __future__ import annotations

from risk.contract import Table


def effective_rows_sql(table: Table, source: str) -> str:
    """SQL of the rows of ``source``, a table name or a subquery, that no dated row replaced.

    ``source`` has the stored columns of ``table``; the result has the same columns.
    """
    same = " AND ".join(f"u.{name} IS NOT DISTINCT FROM g.{name}" for name in table.key)
    keyed = ", ".join(f"u.{name}" for name in table.key)
    replaced = " AND ".join(f"r.{name} IS NOT DISTINCT FROM x.{name}" for name in table.key)
    return f"""
        SELECT r.* FROM {source} r
        ANTI JOIN (
          SELECT {keyed}, u.arrival
          FROM (SELECT * FROM {source} s WHERE dated_by IN ('unfolded', 'sealed', 'merged')) u
          JOIN (SELECT * FROM {source} s WHERE coalesce(dated_by, 'given') = 'given') g
            ON g.arrival > u.arrival AND g.known_at <= u.known_at AND {same}
        ) x ON r.arrival = x.arrival AND {replaced}
    """
