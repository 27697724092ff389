"""Cells of pulled rows as text, as a CSV file of records has them, without personal numbers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from risk.contract import Field, FieldType
from risk.intake.personal_numbers import FIRM_CODES, is_identity_number, mask_personal_numbers

Cell = str | bool | int | float | Decimal | dt.date | None
"""Value of a pulled cell; None is unknown. Money is in yuan, as in files."""


def cell_text(cell: Cell, field: Field) -> str:
    """Return the text of a cell of ``field``; None is an empty text.

    >>> from risk.contract import TABLES
    >>> cell_text(dt.date(2025, 9, 30), TABLES["payrolls"].field("period"))
    '2025-09'
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return _without_personal_numbers(cell, field)
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        return cell.strftime("%Y-%m") if field.type is FieldType.MONTH else cell.isoformat()
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _without_personal_numbers(text: str, field: Field) -> str:
    if field.type is FieldType.TEXT:
        return mask_personal_numbers(text)
    return "" if field.name in FIRM_CODES and is_identity_number(text) else text
