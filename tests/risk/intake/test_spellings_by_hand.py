"""Amounts, counts, days and months as they are written by hand, worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from risk.intake.spellings import (
    Amount,
    last_day,
    read_amount,
    read_count,
    read_day,
    read_month,
)


@pytest.mark.parametrize(
    ("text", "number", "unit", "approximate"),
    [
        ("5(万元)", "5", "万元", False),
        ("约5(万元)", "5", "万元", True),
        ("5(暂估)", "5", None, True),
        ("约5(含税)", "5", None, True),
        ("5余万", "5", "万元", True),
        ("5万余", "5", "万元", True),
        ("5万左右", "5", "万元", True),
        ("约5", "5", None, True),
        ("共计约 5元", "5", "元", True),
        ("三百元五角", "300.5", "元", False),
        ("三百元零二分", "300.02", "元", False),
        ("十五万", "150000", "元", False),
        ("三十余万", "300000", "元", True),
        ("五十", "50", None, False),
        ("1,234.5W", "1234.5", "万", False),
    ],
)
def test_amounts(text, number, unit, approximate):
    found = read_amount(text)
    assert (str(found.number), found.approximate) == (number, approximate)
    assert found.unit == unit or (unit == "万元" and found.unit in ("万", "万元"))


@pytest.mark.parametrize(
    "text", ["5万(万元)", "5(美元)", "5百万(元)", "五", "3万\n元", "若干", "约"]
)
def test_what_is_no_amount(text):
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "number", "approximate"),
    [
        ("15余人", 15, True),
        ("15人多", 15, True),
        ("约15人", 15, True),
        ("15(约)", 15, True),
        ("15人", 15, False),
        ("十五名", 15, False),
        ("1,500人次", 1500, False),
    ],
)
def test_counts(text, number, approximate):
    assert read_count(text) == Amount(Decimal(number), None, approximate)


@pytest.mark.parametrize(
    "text",
    [
        *("2025年3月5日", "2025-03-5", "25.3.5", "25年3月5号", "25/3/5", "2025.3.5."),
        *("2025年3月5日8时30分", "2025-3-5 8:30", "2025年3月5日上午", "周三2025年3月5日"),
        *("2025年3月5日起", "2025-03-05止", "2025.3.5到期", "2025年3月5日已销户", "2025.3.5 为止"),
        *("2025年3月5日(正月十七)", "(正月)2025年3月5日", "2025年(蛇年)3月5日"),
    ],
)
def test_days(text):
    assert read_day(text) == dt.date(2025, 3, 5)


@pytest.mark.parametrize("text", ["2025年3月5日(计划)", "2025.3", "3月5日", "2025.3.58:30", "x"])
def test_what_is_no_day(text):
    assert read_day(text) is None


def test_months():
    texts = ("2025年3月", "2025.3", "202503", "25年3月份", "2025年3月上旬", "2025年3月底")
    assert {read_month(text) for text in texts} == {dt.date(2025, 3, 1)}
    assert read_month("2025年3月5日") is None


def test_the_last_day_of_a_month_that_is_not_over_is_today():
    march, end = dt.date(2025, 3, 1), dt.date(2025, 3, 31)
    assert last_day(march) == end
    for today, last in (
        (dt.date(2025, 2, 28), end),
        (march, march),
        (dt.date(2025, 3, 30), dt.date(2025, 3, 30)),
        (end, end),
        (dt.date(2025, 4, 1), end),
    ):
        assert last_day(march, today) == last


@pytest.mark.parametrize("text", ["等12人", "张某等12人", "张某、李某等12名农民工", "等十二人"])
def test_people_may_be_named_before_their_number(text):
    assert read_count(text) == Amount(Decimal(12), None, approximate=False)


@pytest.mark.parametrize("text", ["张某等人", "2组等12人", "李某、王某2人", "高等职校12人"])
def test_names_without_one_number_of_people(text):
    assert read_count(text) is None


@pytest.mark.parametrize(
    ("text", "number", "approximate"),
    [
        ("涉及金额约35万元", 35, True),
        ("欠薪35万元", 35, False),
        ("拖欠工资共计12.5万元", Decimal("12.5"), False),
        ("拖欠农民工工资12万元", 12, False),
        ("涉案金额:12万元", 12, False),
    ],
)
def test_what_an_amount_is_may_be_in_front_of_it(text, number, approximate):
    assert read_amount(text) == Amount(Decimal(number), "万元", approximate)


@pytest.mark.parametrize(
    "text",
    [
        "欠2个月约23.5万",
        "8人共欠16000元",
        "人均2000元",
        "已付工资3万元",
        "欠薪3.5万元、工程款12万元",
    ],
)
def test_amounts_of_something_else_are_not_read(text):
    assert read_amount(text) is None
