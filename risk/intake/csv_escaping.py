"""How a raw cell is written into the quarantine's CSV, and read back from it.

A spreadsheet would run a cell that begins like a formula; an apostrophe in front stops it. A bare
number whose header said 万元 carries that unit itself, because the contract's header does not.
"""

from __future__ import annotations

import re

from risk.intake.cells import Cell, as_text, plain
from risk.intake.units import Unit

_FORMULA_STARTS = tuple("=+-@'\t\r")
_BARE_NUMBER = re.compile(r"[+-]?[\d,.\s]*\d[\d,.\s]*")


def guarded(cell: Cell) -> str:
    """The cell as text that no spreadsheet runs.

    >>> guarded("=1+1"), guarded("'a"), guarded("a")
    ("'=1+1", "''a", 'a')
    """
    # A zero byte would make the whole file binary; its picture is refused just the same.
    text = cell if type(cell) is str else as_text(cell)
    if "\x00" in text:
        text = text.replace("\x00", "\u2400")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def unguarded(cell: Cell) -> Cell:
    """What :func:`guarded` was given."""
    if isinstance(cell, str) and cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS:
        return cell[1:]
    return cell


def with_unit(cell: Cell, unit: Unit | None) -> Cell:
    """``cell`` with ``unit`` behind it if it is a bare number."""
    if unit is None or cell is None or isinstance(cell, bool):
        return cell
    text = as_text(cell)
    return f"{text}{unit.label}" if _BARE_NUMBER.fullmatch(plain(text)) else cell
