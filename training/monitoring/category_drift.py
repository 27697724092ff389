"""Did a code list change? Codes that appeared, codes that vanished, codes nobody knows.

A code that vanishes (cash pay after a ban) or appears changes what the features mean, and a code
the contract does not know keeps its rows in quarantine. A code that was not used in the same months
of the year before either (winter campaigns) has not vanished.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from risk.calendar.dates import add_months
from risk.contract import TABLES, Field, FieldType, Table
from risk.intake.quarantine import quarantined_rows
from risk.store.store import RecordStore

MONTHS_NOW = 3
MONTHS_BEFORE = 12
_LEAST_ROWS = 30
_CHANCE = 1e-5
_SHOWN = 5

Change = Literal["appeared", "vanished", "unknown"]


@dataclass(frozen=True)
class CodeChange:
    """A code of ``table.field`` that appeared or vanished, or that the contract does not know.

    ``before`` and ``now`` are its shares of the rows that became known in the year before the last
    three months, and in those; for an unknown code ``rows`` are in quarantine.
    """

    table: str
    field: str
    code: str
    change: Change
    before: float
    now: float
    rows: int


def code_changes(store: RecordStore, as_of: dt.date) -> list[CodeChange]:
    """The changes of all code lists as seen at ``as_of``."""
    found = []
    for table in TABLES.values():
        for field in table.fields:
            if field.type is FieldType.ENUM:
                found += _changed(store, table, field, as_of)
        found += _unknown(store, table)
    return found


def _changed(store: RecordStore, table: Table, field: Field, as_of: dt.date) -> list[CodeChange]:
    turn = add_months(as_of, -MONTHS_NOW)
    start = add_months(turn, -MONTHS_BEFORE)
    # Names of tables and columns come from the contract, never from outside.
    rows = store.rows(
        f"SELECT {field.name}, count(*) FILTER (known_at < $2), count(*) FILTER (known_at >= $2),"
        " count(*) FILTER (known_at < $4)"
        f" FROM {table.name} WHERE known_at >= $1 AND known_at < $3 AND {field.name} IS NOT NULL"
        " GROUP BY 1 ORDER BY 1",
        [start, turn, as_of, add_months(start, MONTHS_NOW)],
    )
    season = sum(row[3] for row in rows)
    before, now = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if before < _LEAST_ROWS or now < _LEAST_ROWS:
        return []
    found = []
    for code, was, is_, was_in_season in rows:
        share_before, share_now = was / before, is_ / now
        change: Change | None = None
        of_the_season = season >= _LEAST_ROWS and was_in_season == 0
        if is_ == 0 and (1 - share_before) ** now < _CHANCE and not of_the_season:
            change = "vanished"
        elif was == 0 and (1 - share_now) ** before < _CHANCE:
            change = "appeared"
        if change:
            found.append(
                CodeChange(
                    table.name, field.name, str(code), change, share_before, share_now, int(is_)
                )
            )
    return found


def _unknown(store: RecordStore, table: Table) -> list[CodeChange]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in quarantined_rows(store, table):
        for problem in row.problems:
            if problem.code == "not_in_values":
                counted[problem.column, problem.found] += 1
    return [
        CodeChange(table.name, field, code, "unknown", 0.0, 0.0, rows)
        for (field, code), rows in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ][:_SHOWN]
