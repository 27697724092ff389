"""Numbers of the cells of one worker; a cell that is empty or cannot be read is None."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from risk.contract import STORED_TABLES, Field, FieldType
from risk.intake.cell_parsers import UNKNOWN, CellRefused, parse
from risk.intake.cells import Cell, match_key, normalise
from risk.intake.spellings import UNKNOWN_DATES, UNKNOWN_WORDS
from risk.intake.stated_years import StatedYears, lacks_year
from risk.intake.units import Unit
from risk.intake.worker_sheets.words import words

_DUE = STORED_TABLES["payrolls"].field("amount_due")
_PAID = STORED_TABLES["payments"].field("amount")
_DATE = Field("day", "日期", FieldType.DATE)
_DAYS = re.compile(r"(\d+(?:\.\d+)?)(?:天|日|工日?|个工|个)?")
_YES = re.compile(r"是|有|已签.*|签|已|√|✓|✔|☑|v|y|yes|1|true|已签订|签订")
_NO = re.compile(r"否|无|没有|未签.*|未|没签.*|×|x|✗|n|no|0|false|不签|待签.*")


_MINUS = re.compile(r"-(.+)|\((.+)\)")
_FAILED, _SENT_AGAIN = (re.compile("|".join(words("results")[k])) for k in ("failed", "sent_again"))
_STILL_THERE = (
    UNKNOWN
    | UNKNOWN_WORDS
    | UNKNOWN_DATES
    | {"在场", "在岗", "在职", "在册", "未退场", "未离场", "未退", "未离岗", "否"}
)
_LEFT = re.compile(r"已?(?:退场|离场|离职|离岗|退出)|已[退离]")
_YEAR = 12


def due_fen(cell: Cell, unit: Unit | None) -> int | None:
    """Wages due in fen, less than 0 for a correction; None for what is no amount."""
    return _signed_fen(cell, _DUE, unit)


def paid_fen(cell: Cell, unit: Unit | None) -> int | None:
    """Wages paid in fen, as for :func:`due_fen`; also None for 5000（未到账）."""
    return _signed_fen(cell, _PAID, unit)


def _signed_fen(cell: Cell, field: Field, unit: Unit | None) -> int | None:
    sign = 1
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell < 0:
        sign, cell = -1, -cell
    elif isinstance(cell, str) and (minus := _MINUS.fullmatch(normalise(cell))):
        sign, cell = -1, minus[1] or minus[2]
    try:
        value = parse(cell, field, unit)
    except CellRefused:
        return None
    return sign * value if isinstance(value, int) else None


def day(cell: Cell) -> dt.date | None:
    """Day of a cell."""
    try:
        value = parse(cell, _DATE)
    except CellRefused:
        return None
    return value if isinstance(value, dt.date) else None


def day_or_text(cell: Cell) -> dt.date | str | None:
    """Day of a cell, or its text where only the day and the month are known; else None."""
    return day(cell) or (cell if isinstance(cell, str) and lacks_year(cell) else None)


def day_for_month(stated: Cell, month: dt.date) -> dt.date | None:
    """Day that concerns the wages of ``month``; without a year it is of the half-year from then on.

    >>> day_for_month("1月20日", dt.date(2025, 12, 1))
    datetime.date(2026, 1, 20)
    """
    place = month.year * _YEAR + month.month - 1
    return _day_within(stated, StatedYears(place, place, place).following)


def stay_day(cell: Cell) -> dt.date | str | None:
    """Day on which a worker came or left; None if none is stated, the text of any other cell.

    A worker who has left on no stated day left before any day.
    """
    if found := day(cell):
        return found
    text = match_key(str("" if cell is None else cell)[:60])
    if _LEFT.fullmatch(text):
        return dt.date.min
    return None if text in _STILL_THERE else text


def day_until(stated: dt.date | str | None, month: dt.date) -> dt.date | None:
    """Day of a roster of ``month``; without a year it is of the year up to then.

    >>> day_until("3月5日", dt.date(2025, 12, 1)), day_until("已退场", dt.date(2025, 12, 1))
    (datetime.date(2025, 3, 5), None)
    """
    place = month.year * _YEAR + month.month - 1
    return _day_within(stated, StatedYears(place - _YEAR + 1, place))


def _day_within(stated: Cell, years: StatedYears | None) -> dt.date | None:
    if stated == dt.date.min:  # has left, on no stated day
        return dt.date.min
    if found := day(stated):
        return found
    text = years.complete(stated, figures=False) if years and isinstance(stated, str) else None
    return day(text) if text else None


def failed(text: str) -> bool:
    """Whether a bank or a clerk says that a payment did not arrive.

    >>> failed("户名不符，退票"), failed("退票，已重发"), failed("交易成功")
    (True, False, False)
    """
    plain = match_key(text)
    return bool(_FAILED.fullmatch(plain)) and not _SENT_AGAIN.fullmatch(plain)


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
