"""Sheets in memory, of a few rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from risk.intake.cells import Cell, Row
from risk.intake.readers import CellRange


@dataclass(frozen=True)
class SmallSheet:
    """Sheet with ``content`` as its rows from 1; ``apart`` is from one number to the next."""

    content: Sequence[Sequence[Cell]]
    name: str = "表"
    merges: Sequence[CellRange] = ()
    strict_width: bool = False
    hidden: bool = False
    hidden_rows: Collection[int] = ()
    apart: int = 1

    def rows(self) -> Iterator[Row]:
        """All rows, numbered."""
        return zip(count(1, self.apart), self.content, strict=False)
