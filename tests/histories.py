"""Random short record histories: all tables, few keys, so that versions and joins are frequent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from risk.contract import STORED_TABLES, Field, FieldType, Table
from risk.store.store import RecordStore

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
TableRow = tuple[str, dict[str, Any]]
"""A table and one version of a row of it, ``known_at`` included."""

_ORGS = ("91420300MA0000001A", "91420300MA0000002B", "91110108MA0000003C")
_POOLS = {
    **dict.fromkeys(("org_id", "owner_id", "contractor_id"), _ORGS),
    "region_code": ("420300", "420300101", "420300102"),
    "parent_contract_id": ("contract_id1", "contract_id2"),
}


def days(first: dt.date = FIRST, last: dt.date = LAST) -> st.SearchStrategy[dt.date]:
    """Days of two years, so that windows of a year have an inside and an outside."""
    return st.dates(first, last)


def values(field: Field) -> st.SearchStrategy[Any]:
    """What a cell of ``field`` may hold, unknown included where it is allowed."""
    match field.type:
        case FieldType.ID:
            pool = _POOLS.get(field.name, tuple(f"{field.name}{n}" for n in (1, 2)))
            # An employer is seen as a project under its own code.
            found: st.SearchStrategy[Any] = st.sampled_from(
                (*pool, _ORGS[0]) if field.name == "project_id" else pool
            )
        case FieldType.ENUM:
            found = st.sampled_from(sorted(field.values))
        case FieldType.TEXT:
            found = st.sampled_from(("甲工地 讨薪", "乙公司|n", "", "it's"))
        case FieldType.DATE:
            found = days()
        case FieldType.MONTH:
            found = days().map(lambda day: day.replace(day=1))
        case FieldType.BOOL:
            found = st.booleans()
        case FieldType.SHARE:
            found = st.floats(0, 1)
        case FieldType.NUMBER:
            found = st.floats(-1e6, 1e6)
        case _:
            found = st.integers(0, 3_000_000)
    return found if field.required else st.none() | found


def table_rows(
    tables: Sequence[Table] = tuple(STORED_TABLES.values()),
) -> st.SearchStrategy[TableRow]:
    """One version of some row of ``tables``."""
    return st.sampled_from(tables).flatmap(
        lambda table: st.tuples(
            st.just(table.name),
            st.fixed_dictionaries(
                {field.name: values(field) for field in table.fields} | {"known_at": days()}
            ),
        )
    )


def store_rows(store: RecordStore, rows: Sequence[TableRow]) -> None:
    """Store ``rows``, each with the next arrival number."""
    alike: dict[tuple[str, tuple[str, ...]], list[list[Any]]] = {}
    drawn = store.rows("SELECT nextval('arrivals') FROM range($1)", [len(rows)])
    for (table, row), (arrival,) in zip(rows, sorted(drawn), strict=True):
        alike.setdefault((table, tuple(row)), []).append([*row.values(), arrival])
    # One statement for all rows of the same fields: to plan it takes longer than to run it.
    for (table, names), found in alike.items():
        marks = f"({', '.join('?' * (len(names) + 1))})"
        store.rows(
            f"INSERT INTO {table} ({', '.join(names)}, arrival)"
            f" VALUES {', '.join([marks] * len(found))}",
            [cell for row in found for cell in row],
        )
