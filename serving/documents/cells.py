"""Table cells as text."""

from __future__ import annotations

from decimal import Decimal

from risk.locale import Language
from serving.documents.model import Cell
from serving.documents.sanitize import xml_safe

UNKNOWN = "—"


def format_cell(cell: Cell, language: Language) -> str:
    """Return a cell as text; None (unknown) is a dash, never 0.

    >>> format_cell(None, "zh"), format_cell(Decimal("3"), "zh"), format_cell(7, "zh")
    ('—', '3.00', '7')
    >>> format_cell(1_216_689, "en")
    '1,216,689'
    """
    if cell is None:
        return UNKNOWN
    if language == "en" and isinstance(cell, int | Decimal):
        return f"{cell:,}"
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    return xml_safe(str(cell))
