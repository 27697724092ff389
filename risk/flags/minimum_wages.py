"""Minimum wages by region and date: those shipped with the law, and those an office states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from risk.flags.law import Value, read_law
from risk.flags.office_values import add_values
from risk.minimum_wage import MinimumWage

CODE = "pay_below_minimum"
"""Duty whose values these are."""


def minimum_wages(office: Iterable[Value] = ()) -> tuple[MinimumWage, ...]:
    """The minimum wages as the red flag applies them; ``office`` are the office's legal values."""
    return tuple(
        MinimumWage(value.region, round(value.number), value.from_day, value.to_day or dt.date.max)
        for value in add_values(read_law(), office).values
        if (value.code, value.name) == (CODE, "monthly_fen")
    )
