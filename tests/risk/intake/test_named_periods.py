"""Periods in names of files and sheets and the order of files, worked out by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePath

import pytest

from risk.intake.named_periods import (
    NamedPeriod,
    file_order,
    named_period,
    path_period,
    stated_month,
    without_periods,
)


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("2025年7月至2025年10月", (2025, 10, 0)),
        ("202507-202510", (2025, 10, 0)),
        ("2025.9.5-2025.10.3", (2025, 10, 3)),
        ("2025年9月5日至10月3日", (2025, 10, 3)),
        ("2024年台账、2025年台账", (2025, 0, 0)),
        ("7月1日、8月2日", (0, 8, 2)),
        ("2025 9月工资表", (2025, 9, 0)),
        ("第12标段9月", (0, 9, 0)),
        ("12号楼25年9月", (2025, 9, 0)),
        ("二O二五年九月", (2025, 9, 0)),
        ("两〇二六年一月", (2026, 1, 0)),
        ("2026年元月份工资表", (2026, 1, 0)),
        ("滨江花园元月考勤2026年", (2026, 1, 0)),
        ("2026元月", (2026, 1, 0)),
        ("三单元月度考勤", (0, 0, 0)),
        ("5000元月薪", (0, 0, 0)),
        ("开元月季花园", (0, 0, 0)),
    ],
)
def test_the_last_period_in_a_name(name, period):
    assert named_period(name) == NamedPeriod(*period)


def test_a_day_in_september_is_one_month_and_a_year_none():
    assert not named_period("20250915").several
    assert not named_period("2025年").several
    assert named_period("2025年").one_month(year=2024) is None
    assert named_period("9月").one_month(year=0) is None
    assert named_period("2025年9月15日").one_month(year=2024) == dt.date(2025, 9, 1)
    assert named_period("2025年9月").last_day() == dt.date(2025, 9, 30)
    assert named_period("2025年").last_day() is named_period("9月").last_day() is None
    assert stated_month(["9月"]) is None
    assert stated_month(["9月", "2024年", "2025年8月"]) == dt.date(2024, 9, 1)


@pytest.mark.parametrize(
    ("path", "period"),
    [
        ("2024年/8月/九月/2025年.xlsx", (2025, 9, 0)),
        ("2024年/9月.xlsx", (2024, 9, 0)),
        ("2024年8月/2025年/9月.xlsx", (2025, 9, 0)),
        ("2025年8月/台账/2025年.xlsx", (2025, 8, 0)),
    ],
)
def test_the_innermost_folder_gives_what_a_name_lacks(path, period):
    assert path_period(PurePath(path)) == NamedPeriod(*period)


def test_numbers_come_before_texts_in_the_order_of_names():
    names = ["b.csv", "a.csv", "10.csv", "9.csv", "a2.csv", "a10.csv"]
    assert sorted(names, key=lambda name: file_order(PurePath(name))) == [
        *("9.csv", "10.csv", "a2.csv", "a10.csv", "a.csv", "b.csv"),
    ]


def test_names_of_a_series_differ_in_their_periods_only():
    assert without_periods("案件2025年9月.xlsx") == without_periods("案件2025年10月.xlsx")
    assert without_periods("案件（十月）.xlsx") == without_periods("案件_二月.XLSX") == "案件月xlsx"
