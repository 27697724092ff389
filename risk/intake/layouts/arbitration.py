"""Ledgers of labour arbitration, which are neither cases nor disputes over project money.

A claim before the arbitration commission is no case of the authority: read as one, it would count
as arrears that were investigated. No table of the contract is about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from risk.intake.cells import match_key
from risk.intake.file_errors import IntakeFailure
from risk.intake.readers import Sheet, first_rows
from risk.intake.readers.csv_text import CsvSheet

_RESPONDENT = re.compile(r"被申请(?:人|单位|方|企业)(?:名称|姓名)?")
_LEAST = 3
_SEARCHED_ROWS = 60
_LONGEST = 30


class ArbitrationBook(IntakeFailure):
    """All sheets of a file are about labour arbitration."""

    code = "arbitration_book"


def without_arbitration(sheets: Sequence[Sheet], *, file: str) -> tuple[list[Sheet], list[Sheet]]:
    """``sheets`` that are not about labour arbitration, and those that are.

    Raises:
        ArbitrationBook: no others are visible.
    """
    apart = [one for one in sheets if not one.hidden and _is_arbitration(one)]
    others = [one for one in sheets if not any(one is other for other in apart)]
    # The other sheets of text are the same rows, separated otherwise.
    if apart and all(one.hidden or isinstance(one, CsvSheet) for one in others):
        raise ArbitrationBook(file=file)
    return others, apart


def _is_arbitration(sheet: Sheet) -> bool:
    """Whether a head in the first rows has a column of the respondent (被申请人)."""
    for _, cells in first_rows(sheet, _SEARCHED_ROWS):
        texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
        head = len(texts) >= _LEAST and all(len(text) <= _LONGEST for text in texts)
        if head and any(_RESPONDENT.fullmatch(match_key(text)) for text in texts):
            return True
    return False
