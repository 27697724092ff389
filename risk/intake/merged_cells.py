"""Values of merged cells for all rows that a merged range covers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from risk.contract import FieldType
from risk.intake.cells import Cell, Row
from risk.intake.headers import Header
from risk.intake.readers.sheet import CellRange

_ADDED_UP = (FieldType.MONEY, FieldType.COUNT)


class MergedCells:
    """Fills the rows of one sheet, from the top, in the leftmost column of each merged range.

    An amount or a count is left to the first row: for all rows it would be counted several times.
    ``not_repeated`` counts such cells by heading, ``same_key`` those of the column of the ``key``:
    their rows are one record, of which the last one counts.
    """

    def __init__(self, ranges: Sequence[CellRange], key: Sequence[str] = ()) -> None:
        self.not_repeated: Counter[str] = Counter()
        self.same_key: Counter[str] = Counter()
        self._key = key if len(key) == 1 else ()
        self._starting: Mapping[int, list[CellRange]] = defaultdict(list)
        for one in ranges:
            self._starting[one.top].append(one)
        self._values: dict[CellRange, Cell] = {}

    def fill(self, row: Row, header: Header) -> Row:
        """``row`` with the values of the ranges that began above; rows must come in order."""
        if not self._starting:
            return row
        number, cells = row
        for one in self._starting.get(number, ()):
            self._values[one] = cells[one.left] if one.left < len(cells) else None
        if not self._values:
            return row
        filled = list(cells)
        for one, value in list(self._values.items()):
            if number > one.bottom:
                del self._values[one]
            elif number > one.top > header.row:
                self._fill(filled, one, value, header)
        return number, filled

    def _fill(self, cells: list[Cell], one: CellRange, value: Cell, header: Header) -> None:
        column = next((column for column in header.columns if column.index == one.left), None)
        if column is None or value is None:
            return
        if column.field.type in _ADDED_UP:
            self.not_repeated[column.heading] += 1
            return
        self.same_key[column.heading] += column.field.name in self._key
        if one.left >= len(cells):
            cells.extend([None] * (one.left + 1 - len(cells)))
        if cells[one.left] is None:
            cells[one.left] = value
