from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.calendar.working_days import add_working_days, is_working_day, working_days_between
from risk.statutory_deadlines import case_deadline, case_term

DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2030, 12, 31))
COUNTS = st.integers(0, 130)


@given(DAYS, COUNTS)
def test_working_days_between_inverts_add_working_days(day, count):
    end = add_working_days(day, count)
    assert working_days_between(day, end.day).days == count
    assert count == 0 or is_working_day(end.day)[0]


@given(DAYS, COUNTS, COUNTS)
def test_add_working_days_composes(day, first, second):
    whole = add_working_days(day, first + second).day
    assert add_working_days(add_working_days(day, first).day, second).day == whole


@given(DAYS, DAYS, DAYS)
def test_working_days_between_is_additive_and_antisymmetric(one, two, three):
    def days(start, stop):
        return working_days_between(start, stop).days

    assert days(one, two) + days(two, three) == days(one, three)
    assert days(one, two) == -days(two, one)
    assert abs(days(one, two)) <= abs((two - one).days)


@given(DAYS, COUNTS)
def test_add_working_days_is_monotone(day, count):
    assert add_working_days(day, count).day < add_working_days(day, count + 1).day


def test_is_working_day_knows_holidays_and_make_up_days():
    # National Day 2026 lasts from 1 to 7 October; 10 October, a Saturday, is worked.
    assert add_working_days(dt.date(2026, 9, 30), 3).day == dt.date(2026, 10, 10)
    assert add_working_days(dt.date(2026, 9, 30), 3).planned


def test_working_days_flag_years_without_a_holiday_plan():
    end = add_working_days(dt.date(2026, 12, 30), 5)
    assert (end.day, end.planned) == (dt.date(2027, 1, 6), False)
    assert not working_days_between(dt.date(2040, 1, 2), dt.date(2040, 1, 3)).planned


@given(DAYS, DAYS)
def test_working_days_between_counts_working_days(one, two):
    start, stop = sorted((one, two))
    every = [start + dt.timedelta(days=n + 1) for n in range((stop - start).days)]
    assert working_days_between(start, stop).days == sum(is_working_day(day)[0] for day in every)


def test_working_days_between_counts_far_years():
    found = working_days_between(dt.date(2026, 1, 1), dt.date.max)
    assert not found.planned
    assert found.days > 2_000_000


def test_add_working_days_refuses_negative_counts():
    with pytest.raises(ValueError, match="-1"):
        add_working_days(dt.date(2026, 1, 1), -1)


def test_case_deadline_counts_down_and_can_be_extended():
    start = dt.date(2025, 3, 3)
    deadline = case_deadline(start, start)
    assert (deadline.article, deadline.working_days, deadline.days_left) == ("17", 60, 60)
    assert deadline.ends_on == add_working_days(start, 60).day
    more = case_deadline(start, start, extended=True)
    assert (more.working_days, more.days_left) == (90, 90)
    late = case_deadline(start, add_working_days(start, 63).day)
    assert late.days_left == -3
    assert case_deadline(case_term().from_day - dt.timedelta(days=1), start) is None
