"""Number formats of a workbook that show more than the number: 42 with the format 000000 is 000042.

Codes and amounts are often stored so. What is shown is meant, and is lost with the format: the
zeros and letters of a code, the unit or currency of an amount. A first day with a format that
shows only its month was typed as a month.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from risk.intake.cells import EXACT_INTEGERS_BELOW, Cell, normalise
from risk.intake.units import MONEY_UNITS

_PADDED = re.compile(r'(?:\[[^\]]*\])*"?([A-Za-z-]*)"?(0{2,})(?:;.*)?', re.DOTALL)
_MONTH = re.compile(
    r"(?:\[[^\]]*\])*(?:y{2,4}[-/.年 ]*m{1,5}月?份?|m{1,5}[-/. ]*y{2,4})(?:;@)?", re.IGNORECASE
)
_SECTION = re.compile(r'(?:"[^"]*"|[\\!].|\[[^\]]*\]|[^;"\\!\[])*', re.DOTALL)
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>general|g/通用格式|[0#?.][0#?.,]*)|(?P<literal>[^@%/eymdhs])",
    re.DOTALL | re.IGNORECASE,
)
_FOREIGN = re.compile(r"[$£€]|[美欧港澳日韩]元|USD|EUR|HKD|GBP|JPY", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z第字号编〔]")
_MOST_DIGITS = 30
_SERIALS, _SERIAL_ORIGIN = range(32_874, 58_805), dt.date(1899, 12, 30)


class CellFormat(Protocol):
    """How a cell is shown."""

    def shown(self, cell: Cell, /) -> Cell:
        """The cell as the sheet shows it."""
        ...


@dataclass(frozen=True)
class PaddedFormat:
    """Format that shows a whole number with at least ``digits`` digits and words around it."""

    prefix: str
    digits: int
    suffix: str = ""

    def shown(self, cell: Cell) -> Cell:
        """Text of a whole number as the sheet shows it; any other cell as it is.

        >>> PaddedFormat("", 6).shown(42), PaddedFormat("XM-", 3).shown(1042)
        ('000042', 'XM-1042')
        """
        whole = type(cell) is int or (type(cell) is float and cell.is_integer())
        if not whole or not 0 <= cell < EXACT_INTEGERS_BELOW:
            return cell
        return f"{self.prefix}{int(cell):0{self.digits}d}{self.suffix}"


@dataclass(frozen=True)
class AmountFormat:
    """Format that shows a number divided by ``scale``, with the sign or unit of a currency."""

    prefix: str
    suffix: str
    scale: int = 1

    def shown(self, cell: Cell) -> Cell:
        """Text of a number, with all its digits; any other cell as it is.

        >>> AmountFormat("", "万元", 10_000).shown(123456), AmountFormat("", "%").shown(0.5)
        ('12.3456万元', '0.5%')
        """
        number = type(cell) is int or type(cell) is float
        if not number or not -EXACT_INTEGERS_BELOW < cell < EXACT_INTEGERS_BELOW:
            return cell
        shown = (Decimal(repr(cell)) / self.scale).normalize()
        return f"{self.prefix}{shown:f}{self.suffix}"


@dataclass(frozen=True)
class MonthFormat:
    """Format that shows the month of a day and not the day."""

    def shown(self, cell: Cell) -> Cell:
        """The month of a first day, as text; another day was typed as a day and stays.

        >>> MonthFormat().shown(dt.date(2025, 9, 1)), MonthFormat().shown(dt.date(2025, 9, 2))
        ('2025年9月', datetime.date(2025, 9, 2))
        """
        # Not all libraries take the built-in Chinese formats for those of days.
        serial = type(cell) is int and cell in _SERIALS
        day = _SERIAL_ORIGIN + dt.timedelta(days=cell) if serial else cell
        first = isinstance(day, dt.date) and day.day == 1
        return f"{day.year}年{day.month}月" if first else cell


def shown_format(code: str, *, builtin: bool = False) -> CellFormat | None:
    """Format of a format code that shows more than the value; None for any other.

    A ``builtin`` format has the currency of the computer it is shown on, whatever its code.

    >>> shown_format('0.00"万元"'), shown_format("#,##0.00"), shown_format('yyyy"年"m"月"')
    (AmountFormat(prefix='', suffix='万元', scale=1), None, MonthFormat())
    """
    if _MONTH.fullmatch(code.replace('"', "").replace("\\", "")):
        return MonthFormat()
    return padded_format(code) or (None if builtin else _worded_format(code))


def padded_format(code: str) -> PaddedFormat | None:
    """Format of a format code that adds zeros, and letters in front; None for any other.

    >>> padded_format('"XM-"000'), padded_format("0.00")
    (PaddedFormat(prefix='XM-', digits=3, suffix=''), None)
    """
    found = _PADDED.fullmatch(code.replace("\\", ""))
    if found is None or len(found[2]) > _MOST_DIGITS:
        return None
    return PaddedFormat(found[1], len(found[2]))


def _worded_format(code: str) -> CellFormat | None:
    """Format with a unit, a currency or the words of a code around the number."""
    words = _words(code)
    if words is None:
        return None
    prefix, digits, suffix = words
    scale = _scale(digits)
    if _FOREIGN.search(prefix + suffix):
        return AmountFormat(prefix, suffix)  # is refused, not read as yuan
    if scale and (suffix in MONEY_UNITS or suffix == "%"):
        return AmountFormat(prefix, suffix, scale)
    if scale and scale > 1 and not suffix:
        return AmountFormat(prefix, "元")  # under a heading in 万元, where it is shown so
    if digits.strip("0#") in ("", "General") and _CODE.search(prefix):
        return PaddedFormat(prefix, min(max(digits.count("0"), 1), _MOST_DIGITS), suffix)
    return None


def _words(code: str) -> tuple[str, str, str] | None:
    """Words before, digits, and words behind of the first section of a format code.

    A word between digits is among them, with an apostrophe in front. None for a date, a percentage,
    a fraction, an exponent and a text.
    """
    section = _SECTION.match(code)
    text = section[0] if section else ""
    prefix, digits, suffix, at = "", "", "", 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (token["bracket"] or "").startswith(("<", ">", "=")):
            return None
        at = token.end()
        if token["digits"]:
            between = f"'{suffix.strip()}" if suffix.strip() else ""
            digits, suffix = f"{digits}{between}{_digits(token['digits'])}", ""
        elif word := token["quoted"] or token["escaped"] or token["literal"] or _sign(token):
            prefix, suffix = (prefix, suffix + word) if digits else (prefix + word, suffix)
    return (normalise(prefix), digits, normalise(suffix)) if digits else None


def _digits(found: str) -> str:
    return "General" if found[0] in "gG" else found


def _sign(token: re.Match[str]) -> str:
    """Sign of a currency in brackets, such as that of ``[$€-2]``."""
    bracket = token["bracket"] or ""
    return bracket[1:].partition("-")[0] if bracket.startswith("$") else ""


def _scale(digits: str) -> int | None:
    """What a number is divided by: commas at the end, and a point that is a word (0!.0,).

    None where other words are between the digits.
    """
    behind = digits.partition("'")[2]
    if behind and not re.fullmatch(r"\.[0#?]+,*", behind):
        return None
    ends = [digits] if behind else digits.split(".")
    commas = sum(len(one) - len(one.rstrip(",")) for one in ends)
    inner = len(behind.strip(".,")) if behind else 0
    return int(1_000**commas * 10**inner)
