"""Numbers of the cells of one worker; a cell that is empty or cannot be read is None."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from risk.contract import Field, FieldType
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.cells import Cell, match_key
from risk.intake.units import Unit

_MONEY = Field("amount", "金额", FieldType.MONEY)
_DATE = Field("day", "日期", FieldType.DATE)
_DAYS = re.compile(r"(\d+(?:\.\d+)?)(?:天|日|工日?|个工|个)?")
_YES = re.compile(r"是|有|已签.*|签|已|√|✓|✔|☑|v|y|yes|1|true|已签订|签订")
_NO = re.compile(r"否|无|没有|未签.*|未|没签.*|×|x|✗|n|no|0|false|不签|待签.*")


def yuan_fen(cell: Cell, unit: Unit | None) -> int | None:
    """Amount in fen; negative amounts and what is no amount are None."""
    try:
        value = parse(cell, _MONEY, unit)
    except CellRefused:
        return None
    return value if isinstance(value, int) and value >= 0 else None


def day(cell: Cell) -> dt.date | None:
    """Day of a cell."""
    try:
        value = parse(cell, _DATE)
    except CellRefused:
        return None
    return value if isinstance(value, dt.date) else None


def days(cell: Cell) -> Decimal | None:
    """Number of days, such as 22.5 or 25天."""
    found = _DAYS.fullmatch(match_key(str(cell)[:20]))
    return Decimal(found[1]) if found else None


def signed(cell: Cell) -> bool | None:
    """Whether a contract was signed: a yes, a date or a number of a contract; None if unknown."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, dt.date):
        return True
    text = match_key(str("" if cell is None else cell)[:60])
    if _NO.fullmatch(text):
        return False
    if _YES.fullmatch(text) or (len(text) >= 5 and any(map(str.isdigit, text))):
        return True
    return None
