"""Cells that name several projects or firms; all of them are invented."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.importer import import_into
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.several_names import are_several_codes, are_several_firms, several_ids
from risk.intake.unreadable_cells import unreadable_groups

PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学一期", "420321", "2025-03-05"],
    ["GC-02", "河西小学二期", "420321", "2025-03-05"],
    ["GC-03", "滨江路、桥梁工程", "420321", "2025-03-05"],
]
IDS = {"甲一期": "1", "甲二期": "2", "乙路": "3"}.get


@pytest.fixture
def imported(store, write_xlsx, tmp_path, today):
    """Imports one book next to a register of projects; returns its report."""

    def run(name, *rows):
        write_xlsx("工程项目.xlsx", PROJECTS)
        write_xlsx(name, rows)
        report = import_into(store, [tmp_path], today=today, office=OfficeLayouts())
        assert not report.failed
        return report.files[-1]

    return run


@pytest.mark.parametrize("text", [
    "GC-01、GC-02", "GC-01；GC-02", "GC-01,GC-02", "GC-01\nGC-02", "GC-01、GC-02等2个项目",
])  # fmt: skip
def test_several_codes(text):
    assert are_several_codes(text)
    with pytest.raises(CellRefused, match="several"):
        parse(text, STORED_TABLES["cases"].field("project_id"))


@pytest.mark.parametrize("text", [
    "GC-01", "GC-01、", "420321-\n2025", "1号楼、2号楼", "河西小学、滨江路", "G1 G2", "2025/001",
])  # fmt: skip
def test_one_code_or_a_name(text):
    assert not are_several_codes(text)


@pytest.mark.parametrize(("text", "several"), [
    ("甲某建筑公司、乙某建筑公司", True),
    ("甲某建筑公司（牵头）、乙某设计院联合体", True),
    ("甲某建筑公司\n乙某建筑公司", True),
    ("91110000101623741K、91110000101623742K", True),
    ("甲某建筑公司", False),
    ("甲某（乙、丙）建筑公司", False),
    ("甲某建筑公司、李某", False),
])  # fmt: skip
def test_several_firms(text, several):
    assert are_several_firms(text) is several


@pytest.mark.parametrize(("text", "ids"), [
    ("甲一期、甲二期", ("1", "2")),
    ("甲一期、二期", ("1", "2")),
    ("甲一期\n乙路", ("1", "3")),
    ("甲一期和乙路", ("1", "3")),
    ("甲一期、乙路等2个项目", ("1", "3")),
    ("甲一期、甲一期", ()),
    ("甲一期、丙路", ()),
    ("甲一期", ()),
])  # fmt: skip
def test_names_one_after_another(text, ids):
    assert several_ids(text, IDS) == ids


@pytest.mark.parametrize("named", ["河西小学一期、二期", "河西小学一期\n河西小学二期"])
def test_a_case_of_two_projects_is_of_none_and_is_asked_about(imported, store, named):
    head = ["案件编号", "项目名称", "立案日期", "状态"]
    day = dt.date(2025, 5, 1)
    report = imported(
        *("案件台账.xlsx", head, ["A1", named, day, "立案"]),
        *(["A2", "河西小学一期", day, "立案"], ["A3", "滨江路、桥梁工程", day, "立案"]),
    )
    assert store.rows("SELECT case_id, project_id FROM cases ORDER BY 1") == [
        ("A1", None),
        ("A2", "GC-01"),
        ("A3", "GC-03"),
    ]
    assert (report.accepted, report.needs_answer) == (3, True)
    [group] = unreadable_groups(store)
    assert (group.code, group.raw) == ("several", "GC-01、GC-02")


@pytest.mark.parametrize(("name", "head", "row"), [
    ("检查台账.xlsx", ["检查编号", "项目名称", "检查日期", "是否发现欠薪"],
     ["J1", "河西小学一期、河西小学二期", "2025-05-01", "有"]),
    ("工资表.xlsx", ["工资表编号", "项目名称", "工资月份", "应发金额", "应发日期"],
     ["G1", "河西小学一期和河西小学二期", "2025-05", 900, "2025-06-30"]),
    ("检查台账.xlsx", ["检查编号", "项目编码", "检查日期", "是否发现欠薪"],
     ["J1", "GC-01；GC-02", "2025-05-01", "有"]),
])  # fmt: skip
def test_a_row_that_must_have_one_project_is_to_be_corrected(imported, store, name, head, row):
    report = imported(name, head, row, [row[0] + "2", "河西小学一期", *row[2:]])
    assert (report.accepted, report.quarantined) == (1, 1)
    [(problems,)] = store.rows("SELECT problems FROM quarantine")
    assert "several" in str(problems)


def test_several_firms_are_no_firm(store, write_xlsx, today):
    rows = [
        ["项目编码", "项目名称", "行政区划代码", "开工日期", "施工单位"],
        ["GC-01", "河西小学", "420321", "2025-03-05", "甲某建筑公司、乙某建筑公司"],
        ["GC-02", "滨江路", "420321", "2025-03-05", "甲某建筑公司"],
    ]
    [report] = import_into(
        store, [write_xlsx("工程项目.xlsx", rows)], today=today, office=OfficeLayouts()
    ).files
    assert store.rows("SELECT contractor_id IS NULL FROM projects ORDER BY project_id") == [
        (True,),
        (False,),
    ]
    assert [name for (name,) in store.rows("SELECT org_name FROM organizations")] == [
        "甲某建筑公司"
    ]
    assert report.unreadable == {"contractor_id": 1}


def test_a_wage_sheet_of_two_projects_is_not_that_of_the_longer_name(
    store, write_xlsx, tmp_path, today
):
    write_xlsx("工程项目.xlsx", [*PROJECTS, ["GC-04", "柳路", "420321", "2025-03-05"]])
    rows = [["姓名", "工种", "应发工资", "实发工资"], ["柳青山", "木工", 100, 100]]
    write_xlsx("工资.xlsx", [["河西小学一期、柳路2025年9月工资表"], *rows])
    report = import_into(store, [tmp_path], today=today, office=OfficeLayouts())
    assert [one.fields["lacking"] for one in report.failed] == ["项目名称"]
    assert store.rows("FROM payrolls") == []
