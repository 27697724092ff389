"""SQL for windows of calendar months.

A window in days holds now six, now seven first days of months, and a month at its edge is in it or
not by its length; so what is counted by month is looked up by month.
"""

from __future__ import annotations

from risk.contract import TABLES

WAGES_KNOWN_AFTER_DAYS = 62
"""Wages of a month fall due in it or the next: within so many days of its first day."""


def month_of(day: str) -> str:
    """SQL for the first day of the month of ``day``."""
    return f"CAST(date_trunc('month', {day}) AS DATE)"


def last_month_of_wages(as_of: str) -> str:
    """SQL for the last month whose wages must have fallen due before ``as_of``."""
    return month_of(f"{as_of} - INTERVAL {WAGES_KNOWN_AFTER_DAYS} DAY")


def last_month_of_attendance(as_of: str) -> str:
    """SQL for the last month whose attendance must be known: it takes some days to come in."""
    lag = TABLES["attendance"].default_lag_days
    return f"months_later({month_of(f'{as_of} - INTERVAL {lag} DAY')}, -1)"


def six_months_of_wages(period: str, as_of: str) -> str:
    """SQL condition: month ``period`` is one of the last six whose wages must have fallen due."""
    last = last_month_of_wages(as_of)
    return f"{period} BETWEEN months_later({last}, -5) AND {last}"


def last_year(period: str, as_of: str) -> str:
    """SQL condition: month ``period`` is one of the twelve before that of ``as_of``."""
    this = month_of(as_of)
    return f"({period} >= months_later({this}, -12) AND {period} < {this})"
