"""Dates on the command line: YYYY-MM-DD, several after one ``--as-of``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import typer

from risk.locale import text

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPTION = "--as-of"


def parse_date(value: str | dt.date) -> dt.date:
    """Return the date of a YYYY-MM-DD string.

    Raises:
        typer.BadParameter: the value has another form or is no date.
    """
    if isinstance(value, dt.date):
        return value
    try:
        if _DATE.fullmatch(value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise typer.BadParameter(text("cli.not_a_date", "en", found=value))


def repeat_date_option(arguments: Sequence[str]) -> list[str]:
    """Rewrite ``--as-of A B`` as ``--as-of A --as-of B``, the form Typer parses.

    >>> repeat_date_option(["features", "--as-of", "2025-01-01", "2025-02-01", "--out", "x"])
    ['features', '--as-of', '2025-01-01', '--as-of', '2025-02-01', '--out', 'x']
    """
    spread: list[str] = []
    in_dates = False
    for argument in arguments:
        is_date = _DATE.fullmatch(argument) is not None
        after_option = bool(spread) and spread[-1] == _OPTION
        if in_dates and is_date and not after_option:
            spread.append(_OPTION)
        in_dates = argument == _OPTION or (in_dates and is_date)
        spread.append(argument)
    return spread
