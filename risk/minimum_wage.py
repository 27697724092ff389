"""A minimum wage of a region, and the table of them that features read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class MinimumWage:
    """Fen a month in a region, from a day on until the day before ``to_day``."""

    region: str
    fen: int
    from_day: dt.date
    to_day: dt.date


def minimum_wages_sql(wages: Iterable[MinimumWage]) -> str:
    """SQL of the rows region, fen, from_day, to_day, as DuckDB and Spark both read it."""
    rows = [
        f"('{wage.region}', {wage.fen}, DATE '{wage.from_day}', DATE '{wage.to_day}')"
        for wage in wages
        if wage.region.isdecimal()
    ]
    # A row that applies nowhere: VALUES needs one.
    values = ", ".join(rows or ["('none', 0, DATE '9999-12-30', DATE '9999-12-31')"])
    columns = "region, fen, from_day, to_day"
    return f"SELECT {columns} FROM (VALUES {values}) v({columns})"
