"""Escaping of cells that a spreadsheet program would run as a formula (CSV injection).

A cell that begins like a formula gets an apostrophe in front, which makes it text.
"""

from __future__ import annotations

import re

from risk.intake.cells import Cell, as_text, normalise
from risk.intake.units import Unit

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

# An apostrophe is escaped too, so that every escaped cell can be read back.
_QUARANTINE_STARTS = (*FORMULA_STARTS, "'")
_BARE_NUMBER = re.compile(r"[+-]?[\d,.\s]*\d[\d,.\s]*")


def escape_formula(text: str, starts: tuple[str, ...]) -> str:
    """``text`` with an apostrophe in front if it begins with one of ``starts``.

    >>> escape_formula("=1+1", FORMULA_STARTS), escape_formula("a=1", FORMULA_STARTS)
    ("'=1+1", 'a=1')
    """
    return f"'{text}" if text.startswith(starts) else text


def escape_cell(cell: Cell) -> str:
    """Text of a raw cell for the quarantine's CSV; :func:`unescape_cell` reads it back.

    >>> escape_cell("=1+1"), escape_cell("'a"), escape_cell("a")
    ("'=1+1", "''a", 'a')
    """
    text = cell if type(cell) is str else as_text(cell)
    # A zero byte would make the whole file binary; its symbol is refused just the same on import.
    if "\x00" in text:
        text = text.replace("\x00", "\u2400")
    return escape_formula(text, _QUARANTINE_STARTS)


def escape_quote(text: str) -> str:
    """``text`` for a cell of the quarantine's workbook; :func:`unescape_cell` reads it back.

    Text cells of a workbook never run as formulas, so only a leading apostrophe needs escaping.

    >>> escape_quote("=1+1"), escape_quote("'=1")
    ('=1+1', "''=1")
    """
    return escape_formula(text, ("'",))


def unescape_cell(cell: Cell) -> Cell:
    """The inverse of :func:`escape_cell` for text cells; other cells are returned unchanged."""
    if isinstance(cell, str) and cell[:1] == "'" and cell[1:2] in _QUARANTINE_STARTS:
        return cell[1:]
    return cell


def append_unit(cell: Cell, unit: Unit | None) -> Cell:
    """``cell`` followed by the label of ``unit`` if it is a bare number.

    The quarantine's CSV has the contract's headers, so a number under the header 金额（万元） would
    lose its unit otherwise.
    """
    if unit is None or cell is None or isinstance(cell, bool):
        return cell
    text = as_text(cell)
    return f"{text}{unit.label}" if _BARE_NUMBER.fullmatch(normalise(text)) else cell
