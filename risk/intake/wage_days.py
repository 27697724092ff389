"""The year of days without one on which wages are due or paid: not before the wages' month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from risk.calendar.dates import add_months
from risk.intake.cell_parsers import CellRefused, Noted, Parsed, Value, parse_date, parse_month
from risk.intake.cells import Cell
from risk.intake.stated_years import StatedYears, lacks_year

OF_WAGES = ("due_on", "paid_on")
"""Days on which wages or their funding of a month are due or paid, not before that month."""

_YEAR = 12


def periods_of(field: str, years: StatedYears) -> Sequence[StatedYears]:
    """Periods that may give a day of ``field`` its year: from its month for wages."""
    if field in OF_WAGES and years.following:
        return (years.following, years)
    return (years,)


def not_before(day: Value, month: Value, cell: Cell) -> Value:
    """``day``, if it had no year and is before the ``month`` of the wages, of the year after."""
    if not (isinstance(day, dt.date) and isinstance(month, dt.date)) or day >= month:
        return day
    return add_months(day, _YEAR) if lacks_year(cell) else day


def day_of_wages(cell: Cell, month: Cell, years: StatedYears | None) -> Cell:
    """A cell of a day, with its year where that of ``years`` is before the ``month`` of the wages.

    For payments, whose rows have no month.

    >>> day_of_wages("1月16日", "2025-12", StatedYears.of("2025年"))
    '2026年1月16日'
    """
    if years is None or not isinstance(cell, str) or not lacks_year(cell):
        return cell
    stated = (one.complete(cell) for one in periods_of("paid_on", years))
    day = _read(parse_date, next(filter(None, stated), None))
    own = years.complete(month) if isinstance(month, str) else None
    wages = _read(parse_month, own or month)
    if day is None or wages is None or day >= wages:
        return cell
    first = wages.year * _YEAR + wages.month - 1
    return StatedYears(first, first + _YEAR - 1).complete(cell) or cell


def _read(parser: Callable[[Cell], Parsed], cell: Cell) -> dt.date | None:
    try:
        found = None if cell is None else parser(cell)
    except CellRefused:
        return None
    value = found.value if isinstance(found, Noted) else found
    return value if isinstance(value, dt.date) else None
