"""How a cell of a table is written."""

from __future__ import annotations

from decimal import Decimal

from risk.locale import Language
from serving.briefing.paper import Cell

_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])
UNKNOWN = "—"


def shown(cell: Cell, language: Language) -> str:
    """A cell as text; what is unknown is a dash, never 0.

    >>> shown(None, "zh"), shown(Decimal("3"), "zh"), shown(7, "zh")
    ('—', '3.00', '7')
    """
    if cell is None:
        return UNKNOWN
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    return clean(str(cell))


def clean(words: str) -> str:
    """Text without characters that no document may hold.

    >>> clean("a\\x0bb")
    'ab'
    """
    return words.translate(_CONTROL).encode("utf-8", "ignore").decode("utf-8")
