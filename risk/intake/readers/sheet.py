"""What every reader gives: sheets of numbered rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from risk.intake.cells import Row


class Sheet(Protocol):
    """A sheet of a file (a CSV or Parquet file has one). Can be read from the top again."""

    @property
    def name(self) -> str:
        """The sheet's name; empty where the format has none."""
        ...

    @property
    def strict_width(self) -> bool:
        """Whether a row with more or fewer cells than the header is broken (CSV)."""
        ...

    def rows(self) -> Iterator[Row]:
        """All rows from the top, blank ones too, numbered as a person sees them."""
        ...
