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
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS rows FROM {name} AS waiting"
        f" WHERE arrival > $1 AND {condition}"
        for name, table in STORED_TABLES.items()
        if name in filled and (condition := _orphan_condition(table))
    )
    found = dict(store.rows(counts, [after])) if counts else {}
    return {name: found.get(name, 0) for name in STORED_TABLES}


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
