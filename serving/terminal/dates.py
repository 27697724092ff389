"""Dates on the command line: YYYY-MM-DD, several after one ``--as-of``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from risk.calendar.dates import month_days
from risk.locale import text

if TYPE_CHECKING:
    from serving.terminal.context import CliContext

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


def required_dates(
    cli: CliContext,
    dates: Sequence[dt.date] | None,
    first: dt.date | None,
    last: dt.date | None,
) -> list[dt.date]:
    """Return ``dates``, or one a month from ``first`` to ``last``; exactly one way must be used.

    Raises:
        typer.BadParameter: both ways, neither, half of one, or a span that ends before it begins.
    """
    span = [day for day in (first, last) if day is not None]
    if bool(dates) == bool(span) or len(span) == 1:
        raise typer.BadParameter(cli.text("dates_or_span"), param_hint="--as-of / --from, --to")
    found = list(dates or month_days(*span))
    if not found:
        raise typer.BadParameter(cli.text("span_backwards", first=first, last=last))
    return found
