"""Rows whose project is not known yet; they are stored, and count once the project arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from risk.contract import STORED_TABLES, Table

if TYPE_CHECKING:
    from risk.store.store import RecordStore

PROJECT_KEY = "project_id"


def orphan_rows(store: RecordStore, *, after: int = 0) -> dict[str, int]:
    """Number of stored rows per table whose project is not in ``store``.

    A payment belongs to the project of its payroll. Rows that name no project (complaints, cases)
    and tables without projects have no orphans.

    Args:
        store: record store.
        after: count only rows with a larger arrival number.
    """
    filled = store.tables_with_rows(after)
    return {
        name: _count_orphans(store, table, after) if name in filled else 0
        for name, table in STORED_TABLES.items()
    }


def _count_orphans(store: RecordStore, table: Table, after: int) -> int:
    known = _orphan_condition(table)
    if known is None:
        return 0
    sql = f"SELECT count(*) FROM {table.name} AS waiting WHERE arrival > ? AND {known}"
    count: int = store.rows(sql, [after])[0][0]
    return count


def _orphan_condition(table: Table) -> str | None:
    names = {field.name for field in table.fields}
    if table.name == "projects":
        return None
    if PROJECT_KEY in names:
        return (
            f"{PROJECT_KEY} IS NOT NULL AND NOT EXISTS"
            f" (FROM projects p WHERE p.{PROJECT_KEY} = waiting.{PROJECT_KEY})"
        )
    if "payroll_id" in names:
        return (
            f"NOT EXISTS (FROM payrolls r JOIN projects p USING ({PROJECT_KEY})"
            " WHERE r.payroll_id = waiting.payroll_id)"
        )
    return None
