"""Sheets read through a layout, cell by cell, worked out by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.headings import parse_heading
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout
from risk.intake.layouts.names import Namer
from risk.intake.layouts.plan import OfficeLayouts, _register, lacking_fields
from risk.intake.layouts.reading_report import place_notes
from risk.intake.layouts.regions import short_code
from risk.intake.layouts.translation import Changes, TranslatedSheet, is_name, layout_matcher

from ..small_sheets import SmallSheet

PROJECTS = TABLES["projects"]
LAYOUT = Layout(
    name="台账",
    table=PROJECTS,
    headings=("工程名称", "编码", "合同价", "区划"),
    columns=(
        ColumnRule("工程名称", "project_name"),
        ColumnRule("编码", "project_id"),
        ColumnRule("合同价", "contract_amount"),
        ColumnRule("区划", "region_code"),
    ),
    unit="万元",
)


def _rows(*rows, layout=LAYOUT):
    sheet = TranslatedSheet(SmallSheet(rows), layout, "x", Namer())
    return [list(cells) for _, cells in sheet.rows()]


def test_a_later_head_may_have_the_columns_in_another_order():
    head, row = ["编码", "工程名称", "开工时间", "备注"], ["P2", "乙", "2025-03-05", "x"]
    found = _rows(["台账"], [*LAYOUT.headings], ["甲", "P1", 5, "420321"], head, row)
    assert found == [
        ["台账"],
        ["工程名称", "编码", "合同价(万元)", "区划"],
        ["甲", "P1", 5, "420321"],
        ["编码", "工程名称", "开工日期", "备注"],
        row,
    ]


def test_of_a_later_head_a_field_with_two_columns_is_not_read():
    head = ["编码", "工程名称", "开工时间", "开工日期"]
    found = _rows([*LAYOUT.headings], head, ["P2", "乙", "2025-03-05", "2025-03-06"])
    assert found[1] == head
    twice = ["编码", "工程名称", "备注一", "备注二"]
    assert _rows([*LAYOUT.headings], twice)[1] == twice


def test_a_row_is_a_later_head_from_two_headings_that_are_half_of_its_cells():
    def heads(*cells):
        rows = _rows([*LAYOUT.headings], list(cells), ["P2", "乙", "2025-03-05"])
        return rows[1][-1] == "开工日期"

    assert heads("编码", "工程名称", "x", "开工时间") is True
    assert heads("编码", "x", "y", "开工时间") is False
    assert heads("编码", "工程名称", "x", "y", "z", "开工时间") is False
    assert heads("编码", 5, "工程名称", "开工时间") is True


def test_a_layout_gives_fields_by_its_key_and_its_filling():
    layout = Layout("x", PROJECTS, ("工程名称",), (ColumnRule("工程名称", "project_name"),))

    def lacking(**more):
        return [one.name for one in lacking_fields(replace(layout, **more))]

    assert lacking() == ["project_id", "region_code", "started_on"]
    assert lacking(key=KeyRule(made_from=("project_name",))) == ["region_code", "started_on"]
    assert lacking(key=KeyRule(column="序号")) == ["region_code", "started_on"]
    assert lacking(fill={"started_on": "{month_end}"}) == ["project_id", "region_code"]
    match = layout_matcher([LAYOUT])
    assert match(parse_heading("合同价(万元)")).name == "contract_amount"


def test_a_register_gives_names_of_firms_that_have_a_code():
    head = ["统一社会信用代码", "单位名称", "成立日期"]
    code = "91510800MA62TEST1X"
    rows = [head, [code, "甲"], ["91510800MA62TEST2X"], [code[:-1], ""]]
    assert _register(Path("单位.xlsx"), [SmallSheet(rows)], OfficeLayouts()) == {code: "甲"}


def test_a_name_has_fewer_digits_than_a_quarter_of_its_characters():
    assert [is_name(text) for text in ("川北公司1", "川公司1", "川北某公司12")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(("count", "more"), [(0, None), (8, ""), (9, "…")])
def test_eight_places_without_a_code_are_named(count, more):
    changes = [Changes(places=Counter({f"地{number}": 2})) for number in range(count)]
    notes = [(note.fields, note.needs_answer) for note in place_notes(changes)]
    shown = "、".join(f"地{number}" for number in range(min(count, 8)))
    named = ({"places": f"{shown}{more}", "rows": 2 * count}, True)
    assert notes == ([named] if count else [])


@pytest.mark.parametrize(
    ("written", "code"),
    [("510822000000", "510822"), ("510822100000", "510822100"), ("510822000100", "510822000"),
     ("510822100101", "510822100"), ("510822", "510822")],
)  # fmt: skip
def test_codes_of_places_are_as_short_as_they_can_be(written, code):
    assert short_code(written) == code
