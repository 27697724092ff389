"""Values of JSON fields as text, numbers, days and months; what cannot be read is unknown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from risk.calendar.dates import month_start
from risk.intake.personal_numbers import is_identity_number, mask_personal_numbers
from risk.sources.realname.dialect import Dialect

_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds since 1970, as some JSON libraries write dates."""

_LONGEST = 500
_LARGEST = 10**20
_YEARS = range(1949, 2100)


def text(value: Any) -> str | None:
    """Return the text of a code or name; None if it is empty.

    >>> text(331122), text(" 01 "), text(True), text(""), text(None)
    ('331122', '01', '1', None, None)
    """
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Decimal):
        whole = abs(value) < _LARGEST and value == value.to_integral_value()
        return str(int(value)) if whole else str(value)[:_LONGEST]
    return str(value).strip()[:_LONGEST] or None


def name(value: Any) -> str | None:
    """Return a name with personal numbers masked."""
    plain = text(value)
    return None if plain is None else mask_personal_numbers(plain)


def firm_code(value: Any) -> str | None:
    """Return the code of a firm; None if there is none, or it is a person's identity number."""
    code = text(value)
    return None if code is None or is_identity_number(code) else code


def number(value: Any) -> Decimal | None:
    """Return a finite number.

    >>> number("1,234.50"), number(7), number("about 7")
    (Decimal('1234.50'), Decimal('7'), None)
    """
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    try:
        found = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**15 else None


class Dates:
    """Days and months in the formats of a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._zone = dt.timezone(dt.timedelta(hours=dialect.call["utc_offset_hours"]))
        self._days = lru_cache(50_000)(lambda value: self._parsed(value, dialect.date_formats))
        self._months = lru_cache(5_000)(lambda value: self._parsed(value, dialect.month_formats))

    def day(self, value: Any) -> dt.date | None:
        """Return the day of a date or moment."""
        plain = text(value)
        return None if plain is None else self._days(plain)

    def month(self, value: Any) -> dt.date | None:
        """Return the first day of a month; a date counts as its month."""
        plain = text(value)
        found = None if plain is None else self._months(plain)
        return None if found is None else month_start(found)

    def _parsed(self, value: str, formats: tuple[str, ...]) -> dt.date | None:
        plain = value.partition(".")[0].replace("T", " ").removesuffix("Z")
        if plain.isdigit() and int(plain) >= _MILLISECONDS and len(plain) < 14:
            return dt.datetime.fromtimestamp(int(plain) / 1000, self._zone).date()
        for form in formats:
            try:
                found = dt.datetime.strptime(plain, form).date()  # noqa: DTZ007 - local dates
            except ValueError:
                continue
            return found if found.year in _YEARS else None
        return None
