"""A document as a sequence of blocks, rendered to DOCX, HTML and PDF."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

Cell = str | int | Decimal | None

_SHORT_CELL = 40
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*%?")


@dataclass(frozen=True)
class Heading:
    """A heading; ``level`` is 1 or 2, ``number`` counts within the level."""

    level: int
    number: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, the formatted figures it contains, and the template it was made from."""

    text: str
    figures: tuple[str, ...] = ()
    template: str = ""


_T = TypeVar("_T")


def _only(cells: tuple[_T, ...], places: Sequence[int]) -> tuple[_T, ...]:
    return tuple(cells[place] for place in places)


@dataclass(frozen=True)
class Table:
    """A table; a cell of None is unknown.

    Args:
        summed_columns: indices of columns whose rows must add up to ``total``.
        named_totals: pairs of column index and figure name; the total of the column must equal the
            figure of that name in the text.
        widths: relative column widths; by default the first column is 1.8 times as wide as the
            others.
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    summed_columns: tuple[int, ...] = ()
    named_totals: tuple[tuple[int, str], ...] = ()
    widths: tuple[float, ...] = ()

    def column_shares(self) -> list[float]:
        """Return the share of the page width of each column."""
        parts = self.widths or (1.8, *(1.0 for _ in self.headers[1:]))
        return [part / sum(parts) for part in parts]

    def condensed(self) -> Table:
        """Return the table without unknown columns and without a total equal to its only row."""
        rows = [*self.rows, *([self.total] if self.total else [])]
        kept = [
            n for n in range(len(self.headers)) if n == 0 or any(r[n] is not None for r in rows)
        ]
        place = {old: new for new, old in enumerate(kept)}
        doubled = self.total is not None and [r[1:] for r in self.rows] == [self.total[1:]]
        return replace(
            self,
            headers=_only(self.headers, kept),
            rows=tuple(_only(row, kept) for row in self.rows),
            total=None if doubled or self.total is None else _only(self.total, kept),
            summed_columns=tuple(place[n] for n in self.summed_columns if n in place),
            named_totals=tuple((place[n], name) for n, name in self.named_totals if n in place),
            widths=_only(self.widths, kept) if self.widths else (),
        )

    @property
    def keep_together(self) -> bool:
        """Whether the table should not be split between pages: few rows, each of a few lines."""
        cells = (cell for row in self.rows for cell in row)
        return len(self.rows) <= 14 and all(len(str(cell)) <= _SHORT_CELL for cell in cells)

    @property
    def numeric_columns(self) -> frozenset[int]:
        """Columns of numbers, which are aligned on the right; the first column never is."""
        rows = [*self.rows, *([self.total] if self.total else [])]
        columns = [[row[n] for row in rows if row[n] is not None] for n in range(len(self.headers))]
        return frozenset(
            n
            for n, cells in enumerate(columns)
            if n > 0 and cells and all(_NUMBER.fullmatch(str(cell)) for cell in cells)
        )


@dataclass(frozen=True)
class BarChart:
    """A stacked bar chart: for each label one amount per series, axis up to ``maximum``.

    ``neutral`` charts have no colours of alarm.
    """

    caption: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    amounts: tuple[tuple[float, ...], ...]
    unit: str = ""
    maximum: float | None = None
    neutral: bool = False


Block = Heading | Paragraph | Table | BarChart


@dataclass(frozen=True)
class Document:
    """A document with its figures by name.

    ``sums`` are pairs of a figure and the figures that must add up to it; ``conflicts`` describes
    figures that were given two values.
    """

    title: str
    office: str
    issue: str
    addressee: str
    date: dt.date
    blocks: Sequence[Block]
    annex_title: str
    annex: Sequence[Block]
    notice: str
    figures: dict[str, int | Decimal] = field(default_factory=dict)
    sums: Sequence[tuple[str, tuple[str, ...]]] = ()
    conflicts: Sequence[str] = ()
