"""Sheets read through a layout, cell by cell, worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.headings import parse_heading
from risk.intake.importer import import_file
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout
from risk.intake.layouts.names import Namer, known_names
from risk.intake.layouts.plan import OfficeLayouts, _register, lacking_fields
from risk.intake.layouts.reading_report import place_notes
from risk.intake.layouts.regions import short_code
from risk.intake.layouts.translation import (
    Changes,
    TranslatedSheet,
    has_head,
    is_name,
    is_no_code,
    layout_matcher,
)
from risk.intake.name_ids import made_id, name_id
from risk.intake.readers import CellRange

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


def test_columns_with_the_same_heading_have_a_rule_each():
    layout = replace(
        LAYOUT,
        headings=("日期", "工程名称", "日期", "日期", "备注", "备注"),
        columns=(
            ColumnRule("日期", "planned_end_on"),
            ColumnRule("日期", "started_on"),
            ColumnRule("工程名称", "project_name"),
            ColumnRule("日期", ""),
            ColumnRule("备注", ""),
        ),
    )
    row = ["2026-03-01", "甲", "2025-03-05", "x", "y", "z"]
    # Which is meant only a person can say: the import refuses this head.
    assert _rows([*layout.headings], row, layout=layout)[0] == [*layout.headings]
    layout = layout.confirm("王某", dt.datetime(2025, 6, 1, tzinfo=dt.UTC))
    head, cells = _rows([*layout.headings], row, layout=layout)
    assert head == ["计划竣工日期", "工程名称", "开工日期", "日期 4", "备注", "备注"]
    assert cells == row
    match = layout_matcher([layout])
    found = [match(parse_heading(one)) for one in head]
    assert [one and one.name for one in found] == [
        *("planned_end_on", "project_name", "started_on", None, None, None)
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


HEAD = [*LAYOUT.headings]
COUNTY = replace(LAYOUT, region="510822", unit="")


def _below(rows, layout=COUNTY, namer=None, **more):
    """Rows below the head, and what reading added."""
    content = SmallSheet([[*layout.headings], *rows], **more)
    sheet = TranslatedSheet(content, layout, "x", namer or Namer())
    assert sheet.changes == Changes(0, 0, Counter())
    read = [list(cells) for _, cells in sheet.rows()][1:]
    again = [list(cells) for _, cells in sheet.rows()][1:]
    assert again == read  # and counted once
    return read, sheet.changes


def test_a_place_of_a_row_is_a_code_or_the_countys():
    layout = replace(COUNTY, regions={"乔庄镇": "510822100", "甲地": ""})
    places = ["乔庄镇", "甲地", "利州区", "510822100000", "沙州镇", "12", "", None]
    read, changes = _below([["名", f"P{n}", 5, one] for n, one in enumerate(places)], layout)
    codes = ["510822100", "510822", "510802", "510822100", "510822", "12", "510822", "510822"]
    assert [row[3] for row in read] == codes
    assert (changes.places, changes.regions_filled) == ({"甲地": 1, "沙州镇": 1}, 2)
    read, changes = _below(
        [["名", "P", 5, "沙州镇"], ["名", "P", 5, ""]], replace(layout, region="")
    )
    assert [row[3] for row in read] == ["沙州镇", None]
    assert (changes.places, changes.regions_filled) == ({}, 0)


def test_a_thousand_places_are_counted():
    names = [f"地{number}" for number in range(1001)]
    _, changes = _below([["名", "P", 5, name] for name in [*names, *names]])
    assert (len(changes.places), changes.places["地999"], changes.places["地1000"]) == (1000, 2, 0)


def test_a_project_without_a_code_has_one_made_from_its_name():
    rows = [["名", code, 5, "510822"] for code in ("P1", "", None, "待办理", "#FORMULA!")]
    namer = Namer()
    read, changes = _below([*rows, ["", "-", 5, "利州区"]], namer=namer)
    made = name_id("名", "510822")
    assert [row[1] for row in read] == ["P1", made, made, made, "#FORMULA!", "-"]
    assert read[-1][3] == "利州区"  # without its name it is no record
    assert (changes.keys_made, namer.made_projects, namer.made_firms) == (3, {made: "名"}, {})
    firms = Layout(
        "单位",
        TABLES["organizations"],
        ("代码", "名称"),
        (ColumnRule("代码", "org_id"), ColumnRule("名称", "org_name")),
        region="510822",
    )
    namer = Namer()
    read, changes = _below([["", "甲公司"], ["91510800MA62TEST1X", "乙"]], firms, namer)
    assert (list(namer.made_firms.values()), namer.made_projects) == (["甲公司"], {})
    assert read == [
        [name_id("甲公司", "510822"), "甲公司", "510822"],
        ["91510800MA62TEST1X", "乙", "510822"],
    ]
    assert (changes.keys_made, changes.regions_filled) == (1, 2)


def test_a_code_in_reserve_comes_from_the_names_of_the_same_firm():
    layout = Layout(
        "项目",
        PROJECTS,
        ("项目", "编码", "施工单位", "施工单位代码"),
        (
            ColumnRule("项目", "project_name"),
            ColumnRule("编码", "project_id"),
            ColumnRule("施工单位", "contractor_id", by_name=True),
            ColumnRule("施工单位代码", "contractor_id"),
        ),
    )
    rows = [["甲", "P1", "川北公司", "C1"], ["甲", "P2", "川北公司", ""], ["甲", "P3", "", ""],
            ["甲", "P4", "不详", "川南公司"], ["甲", "P5", "公司1", None]]  # fmt: skip
    namer = Namer()
    read, changes = _below(rows, layout, namer)
    made = [name_id(name, "") for name in ("川北公司", "川南公司", "公司1")]
    assert (list(namer.made_firms), namer.made_projects) == (made, {})
    assert [row[3] for row in read] == ["C1", made[0], None, made[1], made[2]]
    assert [row[2] for row in read] == [row[2] for row in rows]
    assert changes.keys_made == 0
    sheet = TranslatedSheet(SmallSheet(()), layout, "x", Namer())
    assert sheet.used_otherwise == {"施工单位": "施工总承包代码"}
    codes_only = replace(layout, columns=layout.columns[:2] + layout.columns[3:])
    assert replace(sheet, layout=codes_only).used_otherwise == {}
    unused = replace(layout, columns=(*layout.columns[:2], ColumnRule("施工单位", by_name=True)))
    assert _below(rows[:1], unused)[0] == rows[:1]
    names_only = replace(layout, columns=layout.columns[:3])
    assert replace(sheet, layout=names_only).used_otherwise == {}


def test_a_row_is_given_a_key_where_it_has_the_fields_of_one():
    deposits = TABLES["deposits"]
    layout = Layout(
        "保证金",
        deposits,
        ("工程名称", "形式", "金额"),
        (
            ColumnRule("工程名称", "project_id", by_name=True),
            ColumnRule("形式", "kind", values={"保 函": "guarantee", "其他": ""}),
            ColumnRule("金额", "amount"),
        ),
        region="510822",
        key=KeyRule(made_from=("project_id", "kind", "status")),
        fill={"status": "已存储", "valid_from": "{month_end}"},
    )
    rows = [["甲工程", "保函", 5], ["乙工程", "其他", 6], ["", "现金", 7], ["合计", None, 11],
            ["丙工程", "", 8, "多"]]  # fmt: skip
    namer = Namer()
    read, changes = _below(rows, layout, namer, name="2025年9月")
    assert list(namer.made_projects.values()) == ["甲工程", "乙工程", "丙工程"]
    one, two = name_id("甲工程", "510822"), name_id("乙工程", "510822")
    three = name_id("丙工程", "510822")
    ending = ["已存储", "2025-09-30"]
    assert read == [
        [one, "guarantee", 5, *ending, made_id("deposits", "510822", one, "guarantee", "已存储")],
        [two, None, 6, *ending, made_id("deposits", "510822", two, "", "已存储")],
        ["", "现金", 7],
        ["合计", None, 11],
        [three, "", 8, *ending, made_id("deposits", "510822", three, "", "已存储")],
    ]
    assert changes.keys_made == 3


def test_a_row_has_a_key_where_the_required_one_of_its_fields_is_filled():
    layout = Layout(
        "争议",
        TABLES["disputes"],
        ("工程", "", "类型"),
        (ColumnRule("工程", "project_id", by_name=True), ColumnRule("类型", "kind")),
        key=KeyRule(made_from=("kind", "project_id")),
    )
    read, _ = _below([["", "x", "乙"], ["甲工程", None, ""]], layout)
    project = name_id("甲工程", "")
    key = made_id("disputes", "", "", project)
    assert read == [["", "x", "乙"], [project, None, "", key]]


@pytest.mark.parametrize(("table", "field"), [("projects", "project"), ("organizations", "org")])
def test_an_id_is_made_from_a_name_in_a_column_or_of_the_sheet(table, field):
    names = f"{field}_name"
    layout = Layout(
        "x",
        TABLES[table],
        ("名称", "备注"),
        (ColumnRule("名称", names), ColumnRule("备注")),
        region="510822",
        key=KeyRule(made_from=(names,)),
    )
    namer = Namer()
    assert _below([["甲", "x"]], layout, namer)[0][0][2] == name_id("甲", "510822")
    assert {**namer.made_projects, **namer.made_firms} == {name_id("甲", "510822"): "甲"}
    assert len(namer.made_projects) == (table == "projects")
    filled = replace(layout, columns=(ColumnRule("名称"),), fill={names: "{sheet}"})
    if table == "organizations":
        row = _below([["x", "y"]], filled, name="乙")[0][0]
        assert row == ["x", "y", "乙", name_id("乙", "510822"), "510822"]


def test_a_later_block_without_the_columns_of_the_key_has_none():
    layout = Layout(
        "x",
        PROJECTS,
        ("序号", "工程名称", "合同价", "开工日期"),
        (
            ColumnRule("序号"),
            ColumnRule("工程名称", "project_name"),
            ColumnRule("合同价", "contract_amount"),
            ColumnRule("开工日期", "started_on"),
        ),
        key=KeyRule(column="序号", prefix="A"),
    )
    head, day = [*layout.headings], "2025-03-05"
    rows = [head, [1, "甲", 5, day], ["合同价", "开工日期", "备注"], [7, day, "x"]]
    sheet = TranslatedSheet(SmallSheet(rows), layout, "x", Namer())
    read = [list(cells) for _, cells in sheet.rows()]
    assert (read[1], read[3]) == ([1, "甲", 5, day, "A1"], [7, day, "x", None])
    assert sheet.changes.keys_made == 1
    by_name = replace(layout, key=KeyRule(made_from=("project_name",)))
    assert _rows(*rows, layout=by_name)[3] == [7, day, "x", None]


def test_a_number_of_a_row_is_its_key_with_a_prefix():
    layout = Layout(
        "检查",
        TABLES["inspections"],
        ("序号", "工程"),
        (ColumnRule("序号"), ColumnRule("工程", "project_id", by_name=True)),
        key=KeyRule(column="序号", prefix="-{month}-{sheet}-"),
    )
    read, changes = _below([[1, "甲工程"], ["", "乙工程"], ["丙", "丁"]], layout, name="9月 检查")
    assert read == [[1, name_id("甲工程", ""), "9月 检查-1"], ["", "乙工程"], ["丙", "丁"]]
    assert changes.keys_made == 1
    read, _ = _below([[1, "甲工程"]], layout, name="2025年9月")
    assert read[0][2] == "2025-09-2025年9月-1"
    alone = replace(layout, headings=("序号",), columns=(ColumnRule("序号"),))
    assert _below([[1]], alone, strict_width=True)[0] == [[1, "表-1"]]


def test_rows_of_a_text_file_are_as_wide_as_its_head():
    layout = replace(COUNTY, headings=(*LAYOUT.headings[:3], "备注"), columns=LAYOUT.columns[:3])
    rows = [["甲", "P1", 5], ["乙", "P2"], ["丙", "P3", 5, "x"], ["丁", "P4", 5, "x", ""],
            ["戊", "P5", 5, "x", "多"]]  # fmt: skip
    read, changes = _below(rows, layout, strict_width=True)
    assert read == [
        ["甲", "P1", 5, None, "510822"],
        ["乙", "P2"],
        ["丙", "P3", 5, "x", "510822"],
        ["丁", "P4", 5, "x", "510822"],
        ["戊", "P5", 5, "x", None, "多"],
    ]
    assert changes.regions_filled == 3
    assert _below([rows[1], rows[4]], layout)[0] == [
        ["乙", "P2", None, None, "510822"],
        ["戊", "P5", 5, "x", "510822"],
    ]


def test_a_merged_cell_counts_for_the_rows_of_its_range():
    merges = [
        CellRange(3, 0, 5, 0),  # rows 3 to 5 of the first column
        CellRange(6, 1, 7, 1),
        CellRange(3, 2, 5, 2),  # an amount, which would be counted three times
        CellRange(8, 0, 9, 1),  # a note over two columns
        CellRange(2, 3, 4, 3),
        CellRange(3, 9, 5, 9),  # beyond the last cell
        CellRange(4, 4, 5, 4),
    ]
    assert merges[0] == CellRange(top=3, left=0, bottom=5, right=0)
    rows = [["名1", "P1", 1, "510824"], ["名2", "P2", 2, "510802", "备注"], [None, "P3", None, ""],
            ["", "P4", None, "510803"], ["自", "P5", 3, "510803"], [None, None, 4, "510803"],
            ["注", None, 5, "510803"], [None, "P8", 6, "510803"]]  # fmt: skip
    sheet = TranslatedSheet(SmallSheet([HEAD, *rows], merges=merges), COUNTY, "x", Namer())
    assert sheet.merges == (merges[1], merges[2])  # a key and an amount
    read = [list(cells) for _, cells in sheet.rows()][1:]
    assert [row[0] for row in read] == ["名1", "名2", "名2", "名2", "自", None, "注", None]
    assert [row[2] for row in read] == [1, 2, None, None, 3, 4, 5, 6]
    assert [row[3] for row in read] == ["510824", "510802", "510824", *["510803"] * 5]
    assert [row[1] for row in read[4:6]] == ["P5", "P5"]


def test_a_merged_heading_is_no_value():
    rows = [["工程名称", "编码", "合同价", "区划"], [None, "P1", 1, "510822"]]
    sheet = SmallSheet(rows, merges=[CellRange(1, 0, 2, 0)])
    read = [list(cells) for _, cells in TranslatedSheet(sheet, COUNTY, "x", Namer()).rows()]
    assert read[1][0] is None


def test_a_head_is_among_the_first_sixty_rows():
    for above, found in ((59, True), (60, False)):
        assert has_head(SmallSheet([*[["x"]] * above, HEAD]), LAYOUT) is found
    assert not has_head(SmallSheet([HEAD[:3]]), LAYOUT)
    two = replace(LAYOUT, headings=("工程/名称", "工程/编码"), head_rows=2)
    assert has_head(SmallSheet([["x"], ["工程", None], ["名称", "编码"]]), two)
    assert not has_head(SmallSheet([["名称", "编码"]]), two)


def test_a_head_of_two_rows_is_joined_and_the_rows_above_it_are_titles():
    layout = Layout(
        "x",
        PROJECTS,
        ("工程/名称", "工程/编码"),
        (ColumnRule("工程/名称", "project_name"), ColumnRule("工程/编码", "project_id")),
        head_rows=2,
        fill={"started_on": "{month_end}"},
    )
    head = [["工程", None], ["名称", "编码"]]
    title = ["2025年9月", None]
    found = _rows(["x", None], title, *head, ["甲", "P1"], ["乙", "P2", "多"], layout=layout)
    assert found == [
        ["x", None],
        title,
        [None, None],
        ["工程/名称", "工程/编码", "开工日期"],
        ["甲", "P1", "2025-09-30"],
        ["乙", "P2", "2025-09-30"],
    ]
    assert _rows(title, head[0], layout=layout) == [title, head[0]]


def test_words_of_codes_that_are_none():
    texts = ("-", "待办理", "无", "P1", "川北公司", "川北公司1", "XM", "")
    assert [is_no_code(text) for text in texts] == [
        *(True, True, True, False, True, True, True, True),
    ]
    texts = ("待定公司", "公司", "公", "A公司", "未来建筑公司", "甲A乙")
    assert [is_name(text) for text in texts] == [False, True, False, True, False, False]


def test_headings_of_columns_that_a_layout_leaves_out_are_no_fields():
    other = replace(LAYOUT, columns=(ColumnRule("工程名称"), ColumnRule("合同价", "")))
    match = layout_matcher([other])
    assert match(parse_heading("合同价")) is None
    assert match(parse_heading("工程名称")) is None
    assert match(parse_heading("项目编码")).name == "project_id"
    both = layout_matcher([LAYOUT, other])
    assert both(parse_heading("合同价")).name == "contract_amount"
    assert both(parse_heading("存放/合同价(万元)")).name == "contract_amount"
    assert both(parse_heading("x/y")) is None


def test_cells_of_terms_and_answers_are_translated():
    layout = replace(
        COUNTY,
        headings=(*HEAD, "行业", "垫资"),
        columns=(
            *LAYOUT.columns,
            ColumnRule("行业", "sector", values={"房 建": "building", "x": ""}),
            ColumnRule("垫资", "advance_funded"),
        ),
    )
    cells = [("房建", "是的"), ("x", "无"), ("房屋建筑", "不详"), (None, None), ("乙", 5)]
    read, _ = _below([["甲", "P1", 5, "510822", *pair] for pair in cells], layout)
    assert [row[4] for row in read] == ["building", None, "building", None, "乙"]
    assert [row[5] for row in read] == [True, "无", "不详", None, 5]


def test_a_unit_of_a_layout_is_added_to_amounts_without_one():
    def headings(*names):
        columns = (ColumnRule(names[0], "contract_amount"), ColumnRule(names[1], "project_name"))
        layout = replace(LAYOUT, headings=names, columns=columns)
        return _rows([*names], layout=layout)[0]

    assert headings("价", "名") == ["价(万元)", "名"]
    assert headings("价(元)", "名") == ["价(元)", "名"]
    assert headings("价%", "名") == ["价%", "名"]


def test_a_long_cell_is_no_heading_of_a_later_block():
    def is_read(length):
        cells = ["编码", "合同价", "开工日期".ljust(length), "x", "y"]
        return "行政区划代码" in _rows(HEAD, cells, layout=COUNTY)[1]

    assert [is_read(length) for length in (60, 61)] == [True, False]


def test_the_rows_of_a_later_block_are_read_by_its_columns():
    layout = replace(COUNTY, unit="万元")
    found = _rows(HEAD, ["合同价", "编码", "x", "y"], [7, "P2", "乙"], layout=layout)
    assert found[1:] == [
        ["合同价(万元)", "编码", "x", "y", "行政区划代码"],
        [7, "P2", "乙", None, "510822"],
    ]
    named = _rows(HEAD, ["项目编码", "合同价", "施工单位", "开工时间"], ["P2", 7, "川北公司", "x"])
    assert named[1] == ["项目编码", "合同价(万元)", "施工总承包代码", "开工日期"]
    assert named[2] == ["P2", 7, name_id("川北公司", ""), "x"]
    as_written = _rows(["工程 名称", *HEAD[1:]], ["编码", "合同价", "备 \n注"], layout=LAYOUT)
    assert as_written == [["工程 名称", *HEAD[1:2], "合同价(万元)", "区划"],
                          ["编码", "合同价(万元)", "备 \n注"]]  # fmt: skip
    spaced = _rows(HEAD, ["编 码", "合同 价", "x", "y"], layout=COUNTY)[1]
    assert spaced[1] == name_id("编 码", "510822")  # headings are known by their exact spelling
    assert _rows(HEAD, [*HEAD], ["甲", "P1", 5, "x"])[1:] == [
        ["工程名称", "编码", "合同价(万元)", "区划"],
        ["甲", "P1", 5, "x"],
    ]


CASES = Layout(
    name="案件",
    table=TABLES["cases"],
    headings=("工程名称", "用人单位", "立案时间", "办理状态"),
    columns=(
        ColumnRule("工程名称", "project_id", by_name=True),
        ColumnRule("用人单位", "org_id", by_name=True),
        ColumnRule("立案时间", "opened_on"),
        ColumnRule("办理状态", "status"),
    ),
    region="510822",
    key=KeyRule(made_from=("project_id", "org_id", "opened_on")),
)


@pytest.mark.parametrize("word", ["无", "不详", "待核实", "暂无", "/", "个人", "待定", "未提供"])
def test_a_word_for_no_name_names_neither_a_project_nor_a_firm(word):
    namer = Namer()
    rows = [[*CASES.headings], [word, word, "2025-04-01", "办理中"]]
    sheet = TranslatedSheet(SmallSheet(rows), CASES, "x", namer)
    [_, (_, cells)] = sheet.rows()
    assert cells[:4] == [None, None, "2025-04-01", "filed"]
    assert (namer.made_projects, namer.made_firms) == ({}, {})


def test_a_case_without_a_project_is_a_record():
    firm = name_id("山里人家餐馆", "510822")
    rows = [[*CASES.headings], [None, "山里人家餐馆", "2025-04-01", "办理中"], ["合计", "", "", ""]]
    [_, case, total] = _rows(*rows, layout=CASES)
    assert case == [
        *(None, firm, "2025-04-01", "filed"),
        made_id("cases", "510822", "", firm, "2025-04-01"),
    ]
    assert total == ["合计", "", "", ""]


def test_a_made_key_stays_once_the_codes_of_its_names_are_known():
    firm, project = name_id("川北甲建筑公司", "510822"), name_id("云渡小区", "510822")
    row = ["云渡小区", "川北甲建筑公司", "2025-04-01", "立案"]
    before = made_id("cases", "510822", project, firm, "2025-04-01")
    between = made_id("cases", "510822", "X1", firm, "2025-04-01")
    after = made_id("cases", "510822", "X1", "F1", "2025-04-01")
    for stored, expected in (({before}, before), ({between}, between), (set(), after)):
        namer = Namer({"云渡小区": "X1"}, {"川北甲建筑公司": "F1"}, keys=lambda _, s=stored: s)
        sheet = TranslatedSheet(SmallSheet([[*CASES.headings], row]), CASES, "x", namer)
        [_, (_, cells)] = sheet.rows()
        assert cells[0] == "X1"
        assert (cells[1], cells[4]) == ("F1", expected)


@pytest.mark.parametrize("code", ["", None, "无", "待办理", "/", "暂无"])
def test_a_name_is_used_where_the_column_of_codes_has_none(code):
    layout = Layout(
        name="检查",
        table=TABLES["inspections"],
        headings=("检查编号", "项目编码", "工程名称", "检查日期", "是否欠薪"),
        columns=(
            ColumnRule("检查编号", "inspection_id"),
            ColumnRule("项目编码", "project_id"),
            ColumnRule("工程名称", "project_id", by_name=True),
            ColumnRule("检查日期", "inspected_on"),
            ColumnRule("是否欠薪", "arrears_found"),
        ),
    )
    rows = [[*layout.headings], ["J1", code, "云渡小区", "2025-04-01", "无欠薪"]]
    sheet = TranslatedSheet(SmallSheet(rows), layout, "x", Namer({"云渡小区": "X1"}))
    [_, (_, cells)] = sheet.rows()
    assert (cells[1], cells[4]) == ("X1", False)


def test_a_cell_that_is_the_same_as_above_has_the_value_of_the_record_above():
    rows = [
        [*CASES.headings],
        ["云渡小区", "川北甲建筑公司", "2025-04-01", "立案"],
        ["合计", None, None, None],
        ["同上", "〃", "2025-04-02", "结案"],
        ["同上", "乙公司", "同上", "″"],
    ]
    [_, first, _, second, third] = _rows(*rows, layout=CASES)
    project, firm = name_id("云渡小区", "510822"), name_id("川北甲建筑公司", "510822")
    assert first[:4] == [project, firm, "2025-04-01", "filed"]
    assert second[:4] == [project, firm, "2025-04-02", "closed"]
    assert third[:4] == [project, name_id("乙公司", "510822"), "2025-04-02", "closed"]
    # There is no record above the first.
    assert _rows(rows[0], rows[3], layout=CASES)[1][2:4] == ["2025-04-02", "closed"]


def test_a_code_in_a_column_of_names_is_the_code(store, write_csv, today):
    head = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
    row = ["QC-001", "云渡小区", "510822", "2025-03-05"]
    import_file(store, write_csv("工程项目.csv", [head, row]), today=today)
    namer = known_names(store)
    assert namer.project("qc-001", "510822") == namer.project("云渡小区", "510822") == "QC-001"
    assert namer.firm("91110000101623741k", "510822") == "91110000101623741K"
    # The check character is wrong: it may be any number.
    assert namer.firm("911100001016237411", "510822") == name_id("911100001016237411", "510822")
