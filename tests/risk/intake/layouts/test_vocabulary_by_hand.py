"""Cells of records that are no headings, seen at a glance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import STORED_TABLES
from risk.intake.layouts.heads import one_line
from risk.intake.layouts.vocabulary import Target, vocabulary

_PIECES = (
    "合同价",
    "项目名称",
    "备注",
    "known_at",
    "万元",
    "1",
    "２",
    "⑴",
    "2025-01",
    "甲",
    "/",
    "*",
)
_BRACKETS = ("(", ")", "（", "）", "[", "]", "【", "】", "⁽", "⁾", " ")


def _known(heading):
    words = vocabulary()
    found = (words.target(table, heading) for table in STORED_TABLES.values())
    return words.is_never(heading) or any(found)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(_PIECES + _BRACKETS), max_size=7).map("".join).map(one_line))
def test_law_no_known_heading_is_passed_over(heading):
    assert vocabulary().may_know(heading) or not _known(heading)


@pytest.mark.parametrize(
    ("heading", "may"),
    [
        ("合同价", True),
        ("合同价（2024）", True),
        ("2024/合同价", True),
        ("合同价/2024", False),
        ("2024-01-05", False),
        ("A标0168号", False),
        ("甲" * 60 + "1", True),  # only the first sixty characters of a heading count
        ("甲" * 59 + "1", False),
    ],
)
def test_cells_with_digits_are_no_headings_except_in_brackets(heading, may):
    assert vocabulary().may_know(heading) is may


def test_a_heading_with_digits_of_an_office_is_known():
    words, table = vocabulary(), STORED_TABLES["projects"]
    own = {"12345热线": Target(table.field("project_name"))}
    office = replace(words, exact={**words.exact, "projects": {**words.exact["projects"], **own}})
    assert office.may_know("12345热线")
    assert office.target(table, "12345热线")
    assert not words.may_know("12345热线")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("竣工日期（计划）", "planned_end_on"),
        ("竣工日期（预计）", "planned_end_on"),
        ("竣工日期（实际）", "completed_on"),
        ("竣工日期", None),
        ("竣工日期（年月日）", None),
        ("开工日期（计划）", None),
    ],
)
def test_a_bracket_says_which_day_is_meant(heading, field):
    words, table = vocabulary(), STORED_TABLES["projects"]
    found = words.target(table, heading)
    assert (found and found[0].field.name) == field
    either = () if field or "开工" in heading else ("planned_end_on", "completed_on")
    assert words.choices(table, heading) == either
