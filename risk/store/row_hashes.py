"""Hashes of stored rows, summed so that equal rows give equal sums in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from risk.contract import KNOWN_AT, STORED_AS, STORED_TABLES, TABLES, Table

Sums = tuple[int, int | None, int | None]
"""Number of rows, and the sums of the halves of their hashes; None without rows."""

MARK_FIELDS = ("arrival", "coalesce(dated_by, 'given')", "coalesce(withdrawn, false)")
"""What a mark covers besides the columns of the contract; how a version was dated decides which
measures of delay use it."""


def columns(table: Table) -> list[tuple[str, str]]:
    """(name, SQL type) of every field of ``table`` and ``known_at``, as stored."""
    fields = [*table.fields, KNOWN_AT]
    return [(field.name, STORED_AS[field.type]) for field in fields]


def row_sums_sql(table: Table, rows: str, *more: str, by: str | None = None) -> str:
    """SQL for the number of ``rows`` and two sums that identify them in any order.

    The sums are of the two halves of the MD5 of each row's stored columns and of ``more``; columns
    added to the contract count where they are filled in. ``by`` is a column to group by.
    """
    added = [field.name for field in table.fields if field.added]
    names = (*(name for name, _ in columns(table) if name not in added), *more)
    texts = [f"coalesce(replace(cast({name} AS VARCHAR), '|', '||'), '|n')" for name in names]
    filled = [
        f"coalesce('|;{name}=' || replace(cast({name} AS VARCHAR), '|', '||'), '')"
        for name in added
    ]
    row = "md5(" + " || ".join([" || '|;' || ".join(texts), *filled]) + ")"
    key, group = (f"{by}, ", f" GROUP BY {by}") if by else ("", "")
    return (
        f"SELECT {key}count(*) AS count, sum(cast('0x' || substr({row}, 1, 15) AS HUGEINT)) AS low,"
        f" sum(cast('0x' || substr({row}, 16, 15) AS HUGEINT)) AS high FROM {rows}{group}"
    )


def records_digest(sums: Mapping[str, Sums]) -> str:
    """SHA-256 over the sums of each table with rows, by name."""
    total = hashlib.sha256()
    for name in STORED_TABLES:
        count, low, high = sums.get(name, (0, None, None))
        if count or name in TABLES:
            total.update(f"{name}:{count}:{low}:{high};".encode())
    return total.hexdigest()
