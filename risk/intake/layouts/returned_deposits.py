"""Status of a deposit by its day of return, for ledgers without a column of the status."""

from __future__ import annotations

import re
from collections.abc import Sequence

from risk.contract import Table
from risk.intake.cell_parsers import UNKNOWN, CellRefused, parse_date
from risk.intake.cells import Cell, as_text, normalise
from risk.intake.layouts.vocabulary import is_return
from risk.intake.stated_years import lacks_year

BY_RETURN = "{by_return}"
"""In ``fill``: returned where a day of return is stated, stored where its cell is empty."""

_RETURNED = re.compile(r"(?:是|√|已(?:返还|退还|退回|退|返|解除|释放|注销))")
_STORED = re.compile(r"(?:否|×|未(?:返还|退还|退回|退|返|到期|申请)|无)")


def return_column(table: Table, found: set[str], headings: Sequence[str]) -> int | None:
    """Column with the days on which deposits were returned, where none has their status."""
    if table.name != "deposits" or "status" in found:
        return None
    return next((n for n, heading in enumerate(headings) if is_return(heading)), None)


def status_by_return(cell: Cell) -> str | None:
    """Status of a deposit whose day of return is in ``cell``; None where that cannot be read.

    >>> status_by_return("2025-09-01"), status_by_return(""), status_by_return("公示中")
    ('已退还', '已存储', None)
    """
    text = normalise(as_text(cell))
    if text.casefold() in UNKNOWN or _STORED.fullmatch(text):
        return "已存储"
    if lacks_year(cell) or _RETURNED.fullmatch(text):
        return "已退还"
    try:
        return "已退还" if parse_date(cell) else None
    except CellRefused:
        return None
