"""Grades of red flags: every flag has one; people and money count, papers do not."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib.resources import files

import pytest

from risk.flags import CODES, GRADES, Grade, RedFlag, by_grade, grade_of, is_counted, weight_of
from risk.flags.grades import size


def flag(code, **values):
    return RedFlag(code, "1", "P1", dt.date(2025, 1, 1), values, None, None, (), must_visit=False)


def test_every_flag_has_exactly_one_grade():
    text = files("risk.flags").joinpath("grades.toml").read_text(encoding="utf-8")
    graded = [code for codes in tomllib.loads(text).values() for code in codes]
    assert sorted(graded) == sorted(CODES)
    assert set(tomllib.loads(text)) == {grade.value for grade in GRADES}


@pytest.mark.parametrize(
    ("code", "grade"),
    [
        ("group_complaint_open", Grade.PEOPLE),
        ("correction_overdue", Grade.PEOPLE),
        ("wages_overdue", Grade.MONEY),
        ("wages_partly_paid", Grade.PAYMENT),
        ("paid_in_cash", Grade.PAYMENT),
        ("labour_cost_overdue", Grade.FUNDING),
        ("account_missing", Grade.PAPERS),
        ("a flag of an earlier version", Grade.PAPERS),
    ],
)
def test_grade_of(code, grade):
    assert grade_of(code) is grade
    assert is_counted(code) == (grade in (Grade.PEOPLE, Grade.MONEY))


def test_flags_are_sorted_by_grade_then_size():
    flags = [
        flag("account_missing", late_days=400),
        flag("wages_stopped_in_dispute", unpaid_fen=5_000_00, dispute_days=900),
        flag("wages_overdue", unpaid_fen=90_000_00, late_days=40),
        flag("group_complaint_open", people=12, open_days=8),
    ]
    assert [one.code for one in by_grade(flags)] == [
        "group_complaint_open",
        "wages_overdue",
        "wages_stopped_in_dispute",
        "account_missing",
    ]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"short_fen": 2, "unpaid_fen": 5, "people": 9}, 5_000_000),
        ({"people": 9, "late_days": 400}, 9_000),
        ({"present": 3}, 3_000),
        ({"late_days": 400, "open_days": 8}, 400),
        ({"contracts": 7}, 0),
    ],
)
def test_size_is_the_largest_of_money_else_people_else_days(values, found):
    assert size(flag("wages_overdue", **values)) == found


def test_weight_puts_people_before_money_and_ignores_papers():
    assert weight_of(["account_missing", "deposit_missing", "paid_in_cash"]) == 0
    assert weight_of(["wages_overdue", "attendance_month_unpaid", "account_missing"]) == 2
    people = ["group_complaint_open", "correction_overdue"]
    assert weight_of([*people, "wages_overdue"]) == 201
