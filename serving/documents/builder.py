"""Builds the blocks of a document from catalogue templates and records every figure by name."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from risk.locale import Language, catalogue, fill, text
from serving.documents.cells import format_cell
from serving.documents.model import Block, Heading, Paragraph
from serving.documents.rounding import (
    fen_to_wan,
    fen_to_yuan,
    round_parts_to_wan,
    round_parts_to_yuan,
)
from serving.formatting import format_date, region_name

MIN_RATE_BASE = 10
"""Rates of fewer cases are shown without an interval."""

_Z = 1.96
"""Normal quantile of the intervals; the exact 97.5 % quantile would change rounded figures."""

Figure = int | Decimal
Sentence = tuple[str, Mapping[str, Any]]
"""Key of a template of the ``briefing`` catalogue and its figures."""


@dataclass
class DocumentBuilder:
    """Collects the blocks of a document in one language.

    Keys are keys of the ``briefing`` catalogue. ``figures`` holds every number by name, for
    :mod:`serving.documents.consistency`; ``conflicts`` describes names with two values.
    """

    language: Language
    region_names: dict[str, str]
    blocks: list[Block] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    _counts: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})

    def text(self, key: str, **fields: Any) -> str:
        """Return a text of the ``briefing`` catalogue."""
        return text(f"briefing.{key}", self.language, **fields)

    def add_heading(self, key: str, level: int = 1) -> None:
        """Add a heading with the next number of its level."""
        self._counts[level] += 1
        if level == 1:
            self._counts[2] = 0
        self.blocks.append(Heading(level, self._counts[level], self.text(f"headings.{key}")))

    def add_paragraph(self, key: str, **figures: Any) -> None:
        """Add a paragraph and record its numbers by name."""
        self.blocks.append(self._paragraph(key, **figures))

    def add_sentences(self, *sentences: Sentence) -> None:
        """Add one paragraph of several sentences, if there are any."""
        made = [self._paragraph(key, **figures) for key, figures in sentences]
        space = "" if self.language == "zh" else " "
        if made:
            figures = tuple(figure for paragraph in made for figure in paragraph.figures)
            whole = space.join(paragraph.text for paragraph in made)
            template = space.join(paragraph.template for paragraph in made)
            self.blocks.append(Paragraph(whole, figures, template))

    def _paragraph(self, key: str, **figures: Any) -> Paragraph:
        formatted = {name: self.format_figure(value) for name, value in figures.items()}
        for name, value in figures.items():
            if isinstance(value, int | Decimal):
                self._record(name, value)
        template = catalogue(self.language)[f"briefing.{key}"]
        return Paragraph(fill(template, **formatted), tuple(formatted.values()), template)

    def _record(self, name: str, value: Figure) -> None:
        before = self.figures.setdefault(name, value)
        if before != value:
            self.conflicts.append(f"{name} is {before} in one place and {value} in another")

    def add(self, *blocks: Block) -> None:
        """Add tables and charts."""
        self.blocks.extend(blocks)

    def format_figure(self, value: object) -> str:
        """Return a number, an amount of :meth:`money` or a date as in the text."""
        if isinstance(value, dt.date):
            return self.format_date(value)
        if isinstance(value, int | Decimal):
            return format_cell(value, self.language)
        return str(value)

    def format_date(self, value: dt.date) -> str:
        """Return a date with the month in full."""
        return format_date(value, self.language, month="long")

    def money(self, fen: int) -> Decimal:
        """Convert fen to the unit of the texts: 万元 in Chinese, yuan in English."""
        return fen_to_wan(fen) if self.language == "zh" else fen_to_yuan(fen)

    def money_parts(self, parts: Sequence[int]) -> list[Decimal]:
        """Convert parts in fen so that they add up to :meth:`money` of their sum."""
        round_parts = round_parts_to_wan if self.language == "zh" else round_parts_to_yuan
        return round_parts(parts)

    def region_name(self, code: str) -> str:
        """Return the name of a region; the empty code is the whole area."""
        return region_name(code, self.region_names) if code else self.text("everywhere")

    def format_rate(self, kept: int, due: int) -> str:
        """Return a rate with its 95 % interval, without one below :data:`MIN_RATE_BASE` cases."""
        if due == 0:
            return self.text("none")
        share = f"{kept / due:.1%}"
        if due < MIN_RATE_BASE:
            return self.text("rate_few", kept=kept, due=due)
        low, high = wilson_interval(kept, due)
        return self.text("rate", share=share, low=f"{low:.1%}", high=f"{high:.1%}")


def wilson_interval(kept: int, due: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of ``kept`` successes in ``due`` trials.

    >>> low, high = wilson_interval(3, 20)
    >>> f"{low:.3f} {high:.3f}"
    '0.052 0.360'
    """
    # Imported here: scipy.stats is slow to import.
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    level = math.erf(_Z / math.sqrt(2))
    interval = binomtest(kept, due).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)
