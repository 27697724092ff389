"""Changes of code lists: codes that appeared, codes that vanished, unknown codes.

A code that vanishes (cash after a ban) or appears changes the meaning of features; rows with a code
the contract does not define are quarantined, or stored without it. A code that was not used in the
same months of the year before (winter campaigns) does not count as vanished.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from risk.calendar.dates import add_months
from risk.contract import TABLES, Field, FieldType, Table
from risk.intake.quarantine import quarantined_rows
from risk.intake.unreadable_cells import unreadable_groups
from risk.store.store import RecordStore

MONTHS_NOW = 3
MONTHS_BEFORE = 12
_MIN_ROWS = 30
_ALPHA = 1e-5
_MAX_UNKNOWN = 5

Change = Literal["appeared", "vanished", "unknown"]


@dataclass(frozen=True)
class CodeChange:
    """A code of ``table.field`` that appeared or vanished, or that the contract does not define.

    ``before`` and ``now`` are its shares of the rows that became known in the year before the last
    three months, and in the last three months. For an unknown code ``rows`` are quarantined, or
    stored without it.
    """

    table: str
    field: str
    code: str
    change: Change
    before: float
    now: float
    rows: int


def code_changes(store: RecordStore, as_of: dt.date) -> list[CodeChange]:
    """The changes of all code lists as of ``as_of``."""
    changes = []
    for table in TABLES.values():
        for field in table.fields:
            if field.type is FieldType.ENUM:
                changes += _changed(store, table, field, as_of)
        changes += _unknown(store, table, as_of)
    return changes


def _changed(store: RecordStore, table: Table, field: Field, as_of: dt.date) -> list[CodeChange]:
    recent_start = add_months(as_of, -MONTHS_NOW)
    start = add_months(recent_start, -MONTHS_BEFORE)
    # Names of tables and columns come from the contract, never from outside.
    rows = store.rows(
        f"SELECT {field.name}, count(*) FILTER (known_at < $2), count(*) FILTER (known_at >= $2),"
        " count(*) FILTER (known_at < $4)"
        f" FROM {table.name} WHERE known_at >= $1 AND known_at < $3 AND {field.name} IS NOT NULL"
        " GROUP BY 1 ORDER BY 1",
        [start, recent_start, as_of, add_months(start, MONTHS_NOW)],
    )
    season = sum(row[3] for row in rows)
    before, now = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if before < _MIN_ROWS or now < _MIN_ROWS:
        return []
    changes = []
    for code, rows_before, rows_now, rows_in_season in rows:
        share_before, share_now = rows_before / before, rows_now / now
        change: Change | None = None
        seasonal = season >= _MIN_ROWS and rows_in_season == 0
        if rows_now == 0 and (1 - share_before) ** now < _ALPHA and not seasonal:
            change = "vanished"
        elif rows_before == 0 and (1 - share_now) ** before < _ALPHA:
            change = "appeared"
        if change:
            changes.append(
                CodeChange(
                    table.name,
                    field.name,
                    str(code),
                    change,
                    share_before,
                    share_now,
                    int(rows_now),
                )
            )
    return changes


def _unknown(store: RecordStore, table: Table, as_of: dt.date) -> list[CodeChange]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in quarantined_rows(store, table, before=as_of):
        for problem in row.problems:
            if problem.code == "not_in_values":
                counts[problem.column, problem.found] += 1
    for group in unreadable_groups(store, before=as_of):
        if group.table == table.name and group.code == "not_in_values":
            counts[group.field, group.raw] += group.rows
    return [
        CodeChange(table.name, field, code, "unknown", 0.0, 0.0, rows)
        for (field, code), rows in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ][:_MAX_UNKNOWN]
