"""Hashes of stored rows, summed so that equal rows give equal sums in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

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


def row_sums_sql(table: Table, rows: str, *more: str) -> str:
    """SQL for the number of ``rows`` and two sums that identify them in any order.

    The sums are of the two halves of the MD5 of each row's stored columns and of ``more``; columns
    added to the contract count where they are filled in.
    """
    whole, filled = _row_text_sql(table)
    text = " || ".join([whole, *_added_sql(more), filled])
    return (
        f"SELECT count(*) AS count, {_sums_sql('md5')} FROM (SELECT md5({text}) AS md5 FROM {rows})"
    )


def daily_sums_sql(table: Table, rows: str) -> str:
    """SQL for ``known_at``, the number of ``rows`` of that day, and their four sums.

    The first two are those of :func:`row_sums_sql`, the others those with :data:`MARK_FIELDS`.
    """
    whole, filled = _row_text_sql(table)
    marks = " || ".join(_added_sql(MARK_FIELDS))
    # Most of what the query costs for few rows is planning the long text: it is there once.
    return (
        f"SELECT known_at, count(*), {_sums_sql('own')}, {_sums_sql('marked')} FROM ("
        "SELECT known_at, md5(whole || filled) AS own, md5(whole || marks || filled) AS marked"
        f" FROM (SELECT known_at, {whole} AS whole, {marks} AS marks, {filled} AS filled"
        f" FROM {rows})) GROUP BY known_at"
    )


def _row_text_sql(table: Table) -> tuple[str, str]:
    """SQL of the text of a row's columns, and of those added to the contract."""
    added = [field.name for field in table.fields if field.added]
    first, *others = (name for name, _ in columns(table) if name not in added)
    filled = [
        f"coalesce('|;{name}=' || replace(cast({name} AS VARCHAR), '|', '||'), '')"
        for name in added
    ]
    whole = " || ".join([_text_sql(first), *_added_sql(others)])
    return whole, " || ".join(filled) or "''"


def _added_sql(names: Sequence[str]) -> list[str]:
    return [f"'|;' || {_text_sql(name)}" for name in names]


def _text_sql(name: str) -> str:
    return f"coalesce(replace(cast({name} AS VARCHAR), '|', '||'), '|n')"


def _sums_sql(md5: str) -> str:
    """SQL of the sums of the halves of the column ``md5``."""
    low, high = (f"sum(cast('0x' || substr({md5}, {at}, 15) AS HUGEINT))" for at in (1, 16))
    return f"{low} AS {md5}_low, {high} AS {md5}_high"


def records_digest(sums: Mapping[str, Sums]) -> str:
    """SHA-256 over the sums of each table with rows, by name."""
    total = hashlib.sha256()
    for name in STORED_TABLES:
        count, low, high = sums.get(name, (0, None, None))
        if count or name in TABLES:
            total.update(f"{name}:{count}:{low}:{high};".encode())
    return total.hexdigest()
