from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunardate import LunarDate

from risk.calendar.spring_festival import (
    LAST_YEAR,
    SpringFestivalUnknown,
    eve_after,
    spring_festival,
)


def test_spring_festival_is_the_first_day_of_the_lunar_year():
    for year in range(2000, LAST_YEAR + 1):
        assert spring_festival(year) == LunarDate(year, 1, 1).to_solar_date(), year
    assert LAST_YEAR == 2050


def test_spring_festival_is_refused_outside_the_table():
    for year in (1999, 2051):
        with pytest.raises(SpringFestivalUnknown, match=str(year)):
            spring_festival(year)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2050, 1, 22)))
def test_eve_after_is_the_next_eve(day):
    eve = eve_after(day)
    assert 0 <= (eve - day).days < 385
    assert spring_festival(eve.year) == eve + dt.timedelta(days=1)
