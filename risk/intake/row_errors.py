"""What is wrong with a row: column, what was found, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from risk.contract import KNOWN_AT, Field, Table
from risk.intake.cells import Cell, as_text
from risk.locale import Language, text

MAX_EXCERPT = 60
"""Characters of a cell that a problem quotes; the quarantine keeps the cell in full."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a row. ``column`` is a field's name, or empty for the row itself.

    ``code`` names the wording; ``allowed`` is what the wording alone cannot know (the terms of a
    field, the date a record may not lie before).
    """

    column: str
    code: str
    found: str = ""
    allowed: str = ""

    def as_json(self) -> dict[str, str]:
        """The problem as stored."""
        values = (self.column, self.code, self.found, self.allowed)
        return dict(zip(("column", "code", "found", "allowed"), values, strict=True))

    def message(self, table: Table, language: Language = "zh") -> str:
        """The problem in one sentence; the column is called by its Chinese header in Chinese."""
        column = _heading(table, self.column, language)
        return text(
            f"intake.problem.{self.code}",
            language,
            column=column,
            found=self.found,
            allowed=self.allowed,
        )


def problem(field: Field, code: str, found: Cell, *, allowed: str = "") -> Problem:
    """The problem ``code`` of the cell ``found``."""
    if code == "not_in_values":
        allowed = "、".join(field.values.values())
    return Problem(field.name, code, excerpt(found), allowed)


def problem_from_json(stored: dict[str, Any]) -> Problem:
    """The problem :meth:`Problem.as_json` gave."""
    return Problem(**stored)


def excerpt(cell: Cell) -> str:
    """The beginning of a cell, in one line."""
    shown = " ".join(as_text(cell)[: MAX_EXCERPT + 1].split())
    return f"{shown[:MAX_EXCERPT]}…" if len(shown) > MAX_EXCERPT else shown


def _heading(table: Table, column: str, language: Language) -> str:
    if not column or language == "en":
        return column
    return KNOWN_AT.zh if column == KNOWN_AT.name else table.field(column).zh
