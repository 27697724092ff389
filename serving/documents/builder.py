"""Sentences from templates; every figure in one is remembered beside it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from risk.locale import Language, catalogue, text
from serving.documents.model import Block, Heading, Paragraph
from serving.documents.rounding import wan
from serving.formatting import place

TOO_FEW = 10
"""Fewer than so many tell nothing of a rate."""

Figure = int | Decimal


@dataclass
class Teller:
    """Writes the blocks of a briefing, one after the other."""

    language: Language
    places: dict[str, str]
    blocks: list[Block] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    _counts: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})

    def word(self, key: str, **fields: Any) -> str:
        """A wording of the briefing's catalogue."""
        return text(f"briefing.{key}", self.language, **fields)

    def heading(self, key: str, level: int = 1) -> None:
        """The next heading of its level."""
        self._counts[level] += 1
        if level == 1:
            self._counts[2] = 0
        self.blocks.append(Heading(level, self._counts[level], self.word(f"headings.{key}")))

    def say(self, key: str, **figures: Any) -> None:
        """A paragraph; numbers are remembered by name for the sums that must hold."""
        self.blocks.append(self.paragraph(key, **figures))

    def paragraph(self, key: str, **figures: Any) -> Paragraph:
        """A paragraph that is not put down yet."""
        shown = {name: self.shown(value) for name, value in figures.items()}
        for name, value in figures.items():
            if isinstance(value, int | Decimal):
                self._remember(name, value)
        template = catalogue(self.language)[f"briefing.{key}"]
        return Paragraph(template.format(**shown), tuple(shown.values()), template)

    def _remember(self, name: str, value: Figure) -> None:
        """One name, one value: the same figure told twice must be the same."""
        before = self.figures.setdefault(name, value)
        if before != value:
            self.conflicts.append(f"{name} is told as {before} and as {value}")

    def put(self, *blocks: Block) -> None:
        """Tables and charts."""
        self.blocks.extend(blocks)

    def shown(self, value: object) -> str:
        """A figure as it is written."""
        if isinstance(value, dt.date):
            return self.day(value)
        if isinstance(value, Decimal):
            return f"{value:.2f}"
        return str(value)

    def day(self, value: dt.date) -> str:
        """A day as it is written."""
        if self.language == "zh":
            return f"{value.year}年{value.month}月{value.day}日"
        return f"{value.day} {value:%B %Y}"

    def money(self, fen: int) -> Decimal:
        """Fen as ten thousand yuan."""
        return wan(fen)

    def place(self, code: str) -> str:
        """What a region is called."""
        return place(code, self.places) if code else self.word("everywhere")

    def rate(self, kept: int, due: int) -> str:
        """A share with its interval, or the word that there are too few to tell."""
        if due == 0:
            return self.word("none")
        share = f"{kept / due:.1%}"
        if due < TOO_FEW:
            return self.word("rate_few", kept=kept, due=due)
        low, high = wilson(kept, due)
        return self.word("rate", share=share, low=f"{low:.1%}", high=f"{high:.1%}")


def wilson(kept: int, due: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927).

    >>> low, high = wilson(3, 20)
    >>> f"{low:.3f} {high:.3f}"
    '0.052 0.360'
    """
    share = kept / due
    middle = share + z * z / (2 * due)
    spread = z * math.sqrt(share * (1 - share) / due + z * z / (4 * due * due))
    scale = 1 + z * z / due
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
