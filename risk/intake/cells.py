"""Raw cells and rows as yielded by the readers, and their conversion to text."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

Cell: TypeAlias = Any
"""Text, number, bool, date or None; Parquet columns may have other types."""

Row: TypeAlias = tuple[int, Sequence[Cell]]
"""Row number as shown in the sheet, and the cells."""

FORMULA_WITHOUT_VALUE = "#FORMULA!"
"""Placeholder of a formula cell whose result was never saved."""

CUT_OFF = "#CUT!"
"""Placeholder of a cell that is missing because its row is too short."""

UNREADABLE = "#UNREADABLE!"
"""Prefix of the content of a cell that is neither text, number nor date."""

STRUCK = "#STRUCK!"
"""Prefix of the content of a cell that is struck out.

These four texts are refused in every column, so a quarantined row that is sent again uncorrected
is refused again.
"""

EXACT_INTEGERS_BELOW = 10**15
"""Spreadsheets store 15 significant digits; longer numbers have lost their last digits."""

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_NARROWED = str.maketrans({**dict.fromkeys(_INVISIBLE, ""), "\u2212": "-"})
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """``text`` trimmed, in half-width characters (NFKC) and without invisible ones.

    >>> normalise(" １，２３４．５０ ")
    '1,234.50'
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).translate(_NARROWED).strip()


def match_key(text: str) -> str:
    """Key for comparing headers and terms: normalised, in lower case, without white space.

    >>> match_key("合同 金额\\n（万元）")
    '合同金额(万元)'
    """
    return _SPACES.sub("", normalise(text)).casefold()


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether all cells of a row are empty or white space."""
    if cells and type(cells[0]) is str and cells[0].strip():  # fast path for most rows
        return False
    return all(cell is None or (type(cell) is str and not cell.strip()) for cell in cells)


def as_text(cell: Cell) -> str:
    """Text of the cell for a text file, with the same meaning when read again.

    A number that has lost digits is written in exponent form, so that the lost digits are not taken
    for real ones.
    """
    if type(cell) is str or cell is None:  # fast path for most cells
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
    """Whether ``number`` is NaN, which means an empty cell."""
    return Decimal(number).is_nan()


def _number_text(number: float | Decimal) -> str:
    if is_nan(number):
        return "nan"
    if Decimal(number).copy_abs() >= EXACT_INTEGERS_BELOW:
        return f"{number:.14E}"
    if number == int(number):
        return str(int(number))
    return format(number, "f") if isinstance(number, Decimal) else repr(number)


def struck_out(cell: Cell) -> Cell:
    """A filled cell marked as struck out.

    >>> struck_out(12000), struck_out(None)
    ('#STRUCK! 12000', None)
    """
    text = as_text(cell)
    return f"{STRUCK} {text}" if text.strip() else cell


def is_struck(cell: Cell) -> bool:
    """Whether the content of a cell is struck out."""
    return type(cell) is str and cell.startswith(STRUCK)


def all_struck(cells: Iterable[Cell]) -> bool:
    """Whether every filled cell is struck out, and at least one is."""
    struck = False
    for cell in cells:
        if cell is None or cell == "":
            continue
        if not is_struck(cell):
            return False
        struck = True
    return struck


def as_written(cell: Cell) -> Cell:
    """Content of a cell, also of one that is struck out.

    >>> as_written("#STRUCK! 12000"), as_written(12000)
    ('12000', 12000)
    """
    return cell.removeprefix(STRUCK).lstrip() if is_struck(cell) else cell
