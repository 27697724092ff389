"""Outcome of a record by its dates, for ledgers that have 结案日期 and no column of the status."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from risk.contract import LaterFact, Table
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.cells import Cell
from risk.intake.stated_years import lacks_year

BY_DATES = "{by_dates}"
"""In ``fill``: the outcome that the last filled date of a row sets."""


def has_dated_outcome(table: Table, found: set[str]) -> bool:
    """Whether ``found`` has no outcome of ``table``, and a date that sets it."""
    if table.outcome is None or table.outcome.field in found:
        return False
    return any(fact.date in found for fact in _setting(table))


def outcome_by_dates(table: Table, cell_of: Callable[[str], Cell]) -> str | None:
    """Outcome of a row, ``cell_of`` gives the cell of a date; None where a date cannot be read."""
    if table.outcome is None:
        return None
    for fact in _setting(table):
        filled = _is_filled(table, fact, cell_of(fact.date))
        if filled is None:
            return None
        if filled:
            return fact.sets[table.outcome.field]
    return table.outcome.start


def _setting(table: Table) -> Iterator[LaterFact]:
    """Facts that set the outcome, the last in the course of a record first."""
    for fact in reversed(table.unfolds):
        if table.outcome and table.outcome.field in fact.sets:
            yield fact


def _is_filled(table: Table, fact: LaterFact, cell: Cell) -> bool | None:
    """Whether the day of ``fact`` is stated; None if it cannot be read."""
    if lacks_year(cell):
        return True
    try:
        return parse(cell, table.field(fact.date)) is not None
    except CellRefused:
        return None
