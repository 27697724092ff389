"""Keys of rows as one text, for tables that hold rows of every table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from risk.contract import Table

_SEPARATOR = "\x1f"


def key_text(parts: Iterable[str | float | dt.date | None]) -> str:
    """Key of a row from the values of the table's key fields; an empty part is unknown."""
    return _SEPARATOR.join("" if part is None else str(part) for part in parts)


def key_sql(table: Table, alias: str) -> str:
    """SQL for the same text of the row ``alias`` of ``table``."""
    parts = ", ".join(f"coalesce(CAST({alias}.{name} AS VARCHAR), '')" for name in table.key)
    return f"concat_ws(chr(31), {parts})"
