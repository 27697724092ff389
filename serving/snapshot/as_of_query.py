"""Records as they were known before a date, for queries of this folder."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from risk.store.store import RecordStore

Row = dict[str, Any]

_KNOWN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"


def with_known_tables(*tables: str) -> str:
    """A WITH clause in which each of ``tables`` holds what was known before parameter 1."""
    parts = (f"{name} AS (SELECT * FROM {name}_versions WHERE {_KNOWN})" for name in tables)
    return "WITH " + ", ".join(parts)


def query_rows(store: RecordStore, sql: str, as_of: dt.date) -> list[Row]:
    """The rows of a query by column name."""
    cursor = store.connection.execute(sql, [as_of])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def group_by_project(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Rows gathered by their ``project_id``, which is taken out."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.pop("project_id")].append(row)
    return found


def to_json_value(value: object) -> Any:
    """A value of a record as JSON has it: days and months as ISO text."""
    return value.isoformat() if isinstance(value, dt.date) else value
