"""Months and years that briefings may be asked for."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.briefings.jobs import PeriodInvalid, parse_period


@pytest.mark.parametrize(
    ("found", "start", "stop"),
    [
        ("2025", "2025-01-01", "2026-01-01"),
        ("2025-03", "2025-03-01", "2025-04-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        ("2000-01", "2000-01-01", "2000-02-01"),
        ("2000", "2000-01-01", "2001-01-01"),
    ],
)
def test_a_period_is_a_month_or_a_year(found, start, stop):
    period = parse_period(found, dt.date(2025, 3, 1))
    assert (f"{period.start}", f"{period.stop}") == (start, stop)


@pytest.mark.parametrize(
    "found", ["", "2025-13", "2025-04", "2026", "1999", "1999-12", "2025-3", "二〇二五", "x" * 41]
)
def test_other_periods_are_refused(found):
    with pytest.raises(PeriodInvalid) as raised:
        parse_period(found, dt.date(2025, 3, 31))
    assert raised.value.fields == {"found": found[:40], "last": "2025-03"}
