"""Protocol of the readers: sheets of numbered rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from risk.intake.cells import Row


class Sheet(Protocol):
    """Sheet of a file (a CSV or Parquet file has one). ``rows`` can be called repeatedly."""

    @property
    def name(self) -> str:
        """Name of the sheet; empty if the format has none."""
        ...

    @property
    def strict_width(self) -> bool:
        """Whether a row with more or fewer cells than the header is invalid (CSV)."""
        ...

    def rows(self) -> Iterator[Row]:
        """All rows from the top, including blank ones, numbered as shown to people."""
        ...
