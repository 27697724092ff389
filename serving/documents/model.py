"""A briefing as blocks, in the order they are read. Word, HTML and PDF are renderings of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Cell = str | int | Decimal | None


@dataclass(frozen=True)
class Heading:
    """``level`` 1 or 2; ``number`` counts within its level."""

    level: int
    number: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph and the figures its words hold, as written."""

    text: str
    figures: tuple[str, ...] = ()
    template: str = ""


@dataclass(frozen=True)
class Grid:
    """A table. Columns named in ``summed`` add up to ``total``; None is a cell nothing is known of.

    ``named`` are columns (by place) whose total must be the figure of that name in the text.
    ``widths`` are in proportion; without them the first column is somewhat wider than the others.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    summed: tuple[int, ...] = ()
    named: tuple[tuple[int, str], ...] = ()
    widths: tuple[float, ...] = ()

    def shares(self) -> list[float]:
        """The share of the page's width each column takes."""
        parts = self.widths or (1.8, *(1.0 for _ in self.heads[1:]))
        return [part / sum(parts) for part in parts]

    @property
    def short(self) -> bool:
        """Whether the table should stand on one page."""
        return len(self.rows) <= 14 and not self.widths


@dataclass(frozen=True)
class Bars:
    """A chart of stacked bars: per label one amount for each of ``series``."""

    caption: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    amounts: tuple[tuple[float, ...], ...]
    unit: str = ""
    top: float | None = None


Block = Heading | Paragraph | Grid | Bars


@dataclass(frozen=True)
class Paper:
    """A whole briefing. ``sums`` are figures that must equal the sum of others, by name."""

    title: str
    office: str
    issue: str
    addressee: str
    dated: dt.date
    blocks: Sequence[Block]
    annex_title: str
    annex: Sequence[Block]
    notice: str
    figures: dict[str, int | Decimal] = field(default_factory=dict)
    sums: Sequence[tuple[str, tuple[str, ...]]] = ()
    conflicts: Sequence[str] = ()
