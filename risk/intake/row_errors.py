"""Problems of single rows: column, what was found, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cells import Cell, as_text
from risk.intake.personal_numbers import FIRM_CODES, is_identity_number, mask_personal_numbers
from risk.locale import Language, text

MAX_EXCERPT = 60
"""Maximum characters of a cell quoted in a problem; the quarantine stores the whole cell."""


@dataclass(frozen=True)
class Problem:
    """Problem of a row. ``column`` is a field's name, or empty for the row as a whole.

    The text is ``intake.problem.<code>``; ``allowed`` fills in what depends on the field or the row
    (the terms of a field, the earliest date allowed).
    """

    column: str
    code: str
    found: str = ""
    allowed: str = ""

    def as_json(self) -> dict[str, str]:
        """JSON-serialisable form, as stored."""
        values = (self.column, self.code, self.found, self.allowed)
        return dict(zip(("column", "code", "found", "allowed"), values, strict=True))

    def message(self, table: Table, language: Language = "zh") -> str:
        """Text of the problem; in Chinese the column has its Chinese header."""
        column = _heading(table, self.column, language)
        return text(
            f"intake.problem.{self.code}",
            language,
            column=column,
            found=self.found,
            allowed=_in_language(self.allowed, table, language),
        )


def problem(field: Field, code: str, found: Cell, *, allowed: str = "") -> Problem:
    """Problem ``code`` of the cell ``found``."""
    if code == "not_in_values":
        allowed = "、".join(field.values.values())
    return Problem(field.name, code, excerpt(raw_text(found, field)), allowed)


def raw_text(cell: Cell, field: Field) -> str:
    """Text of a raw cell to be stored; personal numbers are masked except in columns of codes.

    Of codes only an identity number in place of a firm's code is masked.
    """
    text = as_text(cell)
    is_code = field.type is FieldType.ID
    if is_code and not (field.name in FIRM_CODES and is_identity_number(text)):
        return text
    return mask_personal_numbers(text)


def problem_from_json(stored: dict[str, Any]) -> Problem:
    """Inverse of :meth:`Problem.as_json`."""
    return Problem(**stored)


def excerpt(cell: Cell) -> str:
    """Beginning of a cell, on one line."""
    shown = " ".join(as_text(cell).split())
    return f"{shown[:MAX_EXCERPT]}…" if len(shown) > MAX_EXCERPT else shown


def _in_language(allowed: str, table: Table, language: Language) -> str:
    """``allowed`` with the column of the table's event, if it begins with that, named as others."""
    if table.event_date is None:
        return allowed
    event = table.field(table.event_date).zh
    rest = allowed.removeprefix(f"{event} ")
    return allowed if rest == allowed else f"{_heading(table, table.event_date, language)} {rest}"


def _heading(table: Table, column: str, language: Language) -> str:
    if not column or language == "en":
        return column
    return KNOWN_AT.zh if column == KNOWN_AT.name else table.field(column).zh
