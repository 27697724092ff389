"""Whether an inspection found arrears, for ledgers that have only what is owed."""

from __future__ import annotations

from collections.abc import Callable

from risk.contract import Table
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.cells import Cell

BY_AMOUNTS = "{by_amounts}"
"""In ``fill``: yes where people or an amount are owed, no where all stated numbers are 0."""

ARREARS_FOUND = "arrears_found"
_OWED = ("amount_owed", "workers_owed")


def states_what_is_owed(table: Table, found: set[str]) -> bool:
    """Whether ``found`` has no :data:`ARREARS_FOUND` of ``table``, and a number that says it."""
    names = {field.name for field in table.fields}
    return ARREARS_FOUND in names - found and any(one in found for one in _OWED)


def arrears_by_amounts(table: Table, cell_of: Callable[[str], Cell]) -> str | None:
    """Answer for a row; ``cell_of`` gives the cell of a field. None where no number is stated."""
    stated = []
    for name in _OWED:
        try:
            stated.append(parse(cell_of(name), table.field(name)))
        except CellRefused:
            return None
    known = [one for one in stated if one is not None]
    if not known:
        return None
    return "是" if any(known) else "否"
