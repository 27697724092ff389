"""Cells as the readers hand them over, and how a cell is written down again."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

Cell: TypeAlias = Any
"""Text, number, bool, date or None; from Parquet also what else a column may hold."""

Row: TypeAlias = tuple[int, Sequence[Cell]]
"""Row number as a person sees it in the sheet, and the cells."""

FORMULA_WITHOUT_VALUE = "#FORMULA!"
"""Stands for a formula cell whose result was never saved."""

CUT_OFF = "#CUT!"
"""Stands for a cell that is missing because its row ended too early."""

UNREADABLE = "#UNREADABLE!"
"""Stands before the content of a cell that is neither text, number nor date.

These three are text that is refused in every column, so that a row stays refused when it is sent
again from quarantine with nothing mended.
"""

EXACT_INTEGERS_BELOW = 10**15
"""A spreadsheet keeps 15 digits; a longer number has lost its last ones."""

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_NARROWED = str.maketrans({**dict.fromkeys(_INVISIBLE, ""), "\u2212": "-"})
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """``text`` trimmed, with full-width characters narrowed and invisible ones dropped.

    >>> normalise(" １，２３４．５０ ")
    '1,234.50'
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).translate(_NARROWED).strip()


def match_key(text: str) -> str:
    """As :func:`normalise`, without any white space inside and in lower case.

    >>> match_key("合同 金额\\n（万元）")
    '合同金额(万元)'
    """
    return _SPACES.sub("", normalise(text)).casefold()


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether a row holds nothing but white space."""
    if cells and type(cells[0]) is str and cells[0].strip():  # most rows; the quick way
        return False
    return all(cell is None or (type(cell) is str and not cell.strip()) for cell in cells)


def as_text(cell: Cell) -> str:
    """The cell as it is written into a text file; reading that again means the same.

    A number that has lost digits is written in its short form, so that nobody takes the made-up
    digits for real ones.
    """
    if type(cell) is str or cell is None:  # most cells; the quick way
        return cell or ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time() and cell.tzinfo is None
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, int | float | Decimal):
        return _number_text(cell)
    if isinstance(cell, str | dt.date | dt.time):
        return str(cell)
    return f"{UNREADABLE} {cell}"


def is_nan(number: float | Decimal) -> bool:
    """Whether ``number`` is the not-a-number that stands for an empty cell."""
    return Decimal(number).is_nan()


def _number_text(number: float | Decimal) -> str:
    if is_nan(number):
        return "nan"
    if Decimal(number).copy_abs() >= EXACT_INTEGERS_BELOW:
        return f"{number:.14E}"
    if number == int(number):
        return str(int(number))
    return format(number, "f") if isinstance(number, Decimal) else repr(number)
