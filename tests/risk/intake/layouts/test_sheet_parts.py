"""Sheets that hold several tables below one another."""

import datetime as dt

import openpyxl
import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.plan import LayoutNeeded, OfficeLayouts, detect_by_content
from risk.intake.layouts.sheet_parts import SheetPart, sheet_parts
from risk.intake.readers import CellRange
from tests.risk.intake.small_sheets import SmallSheet

PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学", "420321", "2025-03-05"],
]
INSPECTIONS = [
    ["一、检查情况"],
    ["检查编号", "项目编码", "检查日期", "是否发现欠薪"],
    ["J1", "GC-01", "2025-05-01", "无"],
    ["合计", 1],
]
CASES = [
    ["二、案件情况"],
    ["案件编号", "项目编码", "立案日期", "状态", "拖欠金额"],
    ["A1", "GC-01", "2025-06-01", "立案", 9000],
]
GROUPED = [
    ["三、人工费拨付情况（单位：万元）"],
    ["拨付编号", "项目编码", "拨付月份", "应拨", None],
    [None, None, None, "应拨金额", "应拨日期"],
    ["B1", "GC-01", "2025-06", 20, "2025-07-10"],
]


def names(sheet):
    return [one.name for one in sheet_parts(sheet)]


def test_each_table_of_a_sheet_is_read_by_its_own_head(store, tmp_path, today):
    book = openpyxl.Workbook()
    for row in [*INSPECTIONS, *CASES, [], *GROUPED]:
        book.active.append(row)
    book.active.title = "汇总"
    book.save(tmp_path / "检查台账.xlsx")
    projects = openpyxl.Workbook()
    for row in PROJECTS:
        projects.active.append(row)
    projects.save(tmp_path / "工程项目.xlsx")

    report = import_into(store, [tmp_path], today=today, office=OfficeLayouts())

    assert not report.failed
    assert [(one.table, one.read, one.accepted, one.set_aside) for one in report.files[1:]] == [
        ("transfers", 1, 1, 0),
        ("cases", 1, 1, 0),
        ("inspections", 2, 1, 1),
    ]
    assert store.rows("SELECT inspection_id, inspected_on, arrears_found FROM inspections") == [
        ("J1", dt.date(2025, 5, 1), False)
    ]
    assert store.rows("SELECT case_id, opened_on, amount_owed FROM cases") == [
        ("A1", dt.date(2025, 6, 1), 9_000_00)
    ]
    assert store.rows("SELECT transfer_id, amount_due, due_on FROM transfers") == [
        ("B1", 200_000_00, dt.date(2025, 7, 10))
    ]


def test_a_part_has_the_title_above_its_head_and_the_sheets_rows():
    merges = (CellRange(1, 0, 1, 3), CellRange(6, 0, 6, 3))
    sheet = SmallSheet([*INSPECTIONS, [], *CASES], name="汇总", merges=merges, hidden_rows=(3, 8))
    first, second = sheet_parts(sheet)
    assert isinstance(second, SheetPart)
    assert (first.name, second.name) == ("汇总", "汇总!二、案件情况")
    assert [number for number, _ in first.rows()] == [1, 2, 3, 4, 5]
    assert [number for number, _ in second.rows()] == [6, 7, 8]
    assert (list(first.merges), list(second.merges)) == ([merges[0]], [merges[1]])
    assert (list(first.hidden_rows), list(second.hidden_rows)) == ([3], [8])
    assert (second.hidden, second.strict_width) == (False, False)


def test_a_part_without_a_title_has_its_number():
    assert names(SmallSheet([*INSPECTIONS, *CASES[1:]], name="汇总")) == ["汇总", "汇总!2"]


@pytest.mark.parametrize(
    "below",
    [
        pytest.param(INSPECTIONS, id="the same head, as on every printed page"),
        pytest.param([["检查日期", "项目编码", "检查编号"]], id="the same table in another order"),
        pytest.param([["项目编码", "案件编号", "备注"]], id="too few headings of another table"),
        pytest.param([["J2", "案件编号", "立案日期", "状态", 5]], id="a number among headings"),
    ],
)
def test_a_sheet_with_one_table_is_not_parted(below):
    sheet = SmallSheet([*INSPECTIONS, *below], name="汇总")
    assert sheet_parts(sheet) == [sheet]


def test_a_sheet_that_is_hidden_or_long_is_not_parted(monkeypatch):
    hidden = SmallSheet([*INSPECTIONS, *CASES], hidden=True)
    assert sheet_parts(hidden) == [hidden]
    monkeypatch.setattr("risk.intake.layouts.sheet_parts.SEARCHED_ROWS", 7)
    assert len(names(SmallSheet([*INSPECTIONS, *CASES]))) == 2
    assert len(names(SmallSheet([*INSPECTIONS, *CASES, CASES[-1]]))) == 1


def test_a_book_that_needs_a_layout_says_what_it_looks_like_whatever_its_name(write_csv):
    rows = [["工程名称", "施工单位", "合同价（万元）", "开工时间"]]
    rows += [["云渡小区二期", "川北某某建筑公司", 3560, "2025.3.5"]]
    for name in ("在建项目花名册.csv", "专户、考勤、争议情况.csv"):
        with pytest.raises(LayoutNeeded) as failure:
            detect_by_content(write_csv(name, rows), office=OfficeLayouts())
        assert failure.value.fields["table"] == "工程项目"


HEAD = ["拨付编号", "项目编码", "拨付月份", "应拨金额", "应拨日期"]


@pytest.mark.parametrize(
    "lead",
    [
        pytest.param([["三、人工费", None, "单位：万元"]], id="the unit next to the title"),
        pytest.param([["三、人工费"], ["填报单位：县局", "单位：万元"]], id="a row of labels"),
        pytest.param([["填报单位：县局", None, "单位：万元"]], id="no title"),
        pytest.param([["三、人工费", "填报日期：5月1日"], ["单位：万元"]], id="two rows"),
        pytest.param([["三、人工费", None, "单位：万元"], []], id="a blank row below"),
        pytest.param([["三、人工费"], ["单位：万元", "填表：李"], []], id="labels and a blank row"),
    ],
)
def test_a_part_begins_with_the_rows_that_name_its_unit(lead):
    above = [*INSPECTIONS, ["制表人：王", "审核人：李"]]
    _, second = sheet_parts(SmallSheet([*above, *lead, HEAD, ["B1", "G", "2025-06", 20, "7月"]]))
    assert next(second.rows())[1] == lead[0]


def test_a_row_of_records_with_labels_stays_in_its_part():
    visited = dt.datetime(2025, 5, 1, 9, 30)
    labels = ["J2", "未签合同：2人", "整改：已改"]
    for last in (labels, ["河西小学", visited], ["河西小学", "9:30"]):
        first, second = sheet_parts(SmallSheet([*INSPECTIONS[:3], last, *CASES]))
        assert [row for _, row in first.rows()] == [*INSPECTIONS[:3], last]
        assert next(second.rows())[1] == CASES[0]
