"""Row checks beyond the parsing of single cells."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, TypeAlias

from risk.contract import KNOWN_AT, Table
from risk.intake.credit_code import is_credit_code
from risk.intake.name_ids import is_made
from risk.intake.row_errors import Problem, problem

_Columns: TypeAlias = Mapping[str, list[Any]]
_Problems: TypeAlias = MutableMapping[int, list[Problem]]

CREDIT_CODE_MARK = "credit_code"
"""Data-quality mark of a credit code with a wrong check character; the row is not rejected."""

REGION = re.compile(r"[0-9]{2}([0-9]{2}|[0-9]{4}|[0-9]{7})?")
"""Code of a county (6 digits), township (9), or of a higher level (2, 4)."""

MARKED: Mapping[str, tuple[str, ...]] = {"organizations": ("org_id",)}
"""Columns read by :func:`count_marks`, by table."""


MAY_COME = frozenset(("ended_on",))
"""Dates among those of an event that are often stated before they come."""

MAY_COME_BEFORE = frozenset(("confirmed_on",))
"""Arrears are often confirmed before the case is filed."""

ENDS: Mapping[str, tuple[str, ...]] = {
    "projects": ("planned_end_on",),
    "deposits": ("valid_to",),
    "inspections": ("rectify_by",),
}
"""Days, besides those of later facts, that are not before the event of their table."""


def check_days(table: Table, row: Mapping[str, Any], today: dt.date) -> list[Problem]:
    """Problems of the days in a row that one person enters: before its event, or still to come.

    In a file such days are asked about by column, since many rows may have the wrong year alike.
    """
    event = table.field(table.event_date or table.key[0])
    later = {fact.date for fact in table.unfolds}
    found = []
    for name in sorted(later - MAY_COME_BEFORE | set(ENDS.get(table.name, ()))):
        day = row.get(name)
        if day is not None and day < row[event.name]:
            allowed = f"{event.zh} {row[event.name]}"
            found.append(problem(table.field(name), "before_event", day, allowed=allowed))
    for name in sorted(later - MAY_COME):
        day = row.get(name)
        if day is not None and day > today:
            found.append(problem(table.field(name), "after_today", day, allowed=str(today)))
    return found


def check_known_at(table: Table, columns: _Columns, problems: _Problems) -> None:
    """Add a problem for rows that were known before their event date."""
    if table.event_date is None:
        return
    event_field = table.field(table.event_date)
    days = zip(columns[KNOWN_AT.name], columns[event_field.name], strict=True)
    for index, (known, event) in enumerate(days):
        if known is not None and event is not None and known < event:
            allowed = f"{event_field.zh} {event}"
            found = problem(KNOWN_AT, "known_before_event", known, allowed=allowed)
            problems.setdefault(index, []).append(found)


def check_region(table: Table, columns: _Columns, problems: _Problems) -> None:
    """Add a problem for projects whose region code is not a valid code."""
    if table.name != "projects" or "region_code" not in columns:
        return  # A file of keys to withdraw has no other columns.
    field = table.field("region_code")
    for index, code in enumerate(columns[field.name]):
        if code is not None and not REGION.fullmatch(code):
            problems.setdefault(index, []).append(problem(field, "not_a_region", code))


def count_marks(table: Table, columns: _Columns) -> dict[str, int]:
    """Data-quality marks of good rows, counted by name."""
    if table.name != "organizations":
        return {}
    # Ids made from names are no credit codes.
    codes = [code for code in columns["org_id"] if not is_made(code)]
    wrong = sum(not is_credit_code(code) for code in codes)
    return {CREDIT_CODE_MARK: wrong} if wrong else {}
