"""How a cell of a table is written."""

from __future__ import annotations

from decimal import Decimal

from risk.locale import Language
from serving.documents.model import Cell
from serving.documents.sanitize import clean

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
