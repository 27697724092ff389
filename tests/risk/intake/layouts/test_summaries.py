"""Sheets that are summaries, and ledgers that only look a little like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.summaries import OnlySummaries, refuse_summaries, summary_head
from risk.intake.trial import try_files

from ..small_sheets import SmallSheet

MONTHLY = [
    ["根治欠薪工作月报表"],
    ["县区", "在建项目数（个）", "立案查处（件）", "涉及人数（人）", "追发工资（万元）"],
    ["利州区", 35, 3, 45, 80],
    ["青川县", 12, 1, 12, 18.6],
    ["合计", 47, 4, 57, 98.6],
]


@pytest.mark.parametrize(
    "rows",
    [
        MONTHLY,
        [
            ["单位", "本周受理", "本周办结", "累计受理", "累计办结"],
            ["利州区人社局", 3, 2, 48, 45],
            ["市住建局", 1, 1, 5, 5],
        ],
        [
            ["序号", "领域", "检查项目数", "发现欠薪项目数", "涉及金额"],
            [1, "住建领域", 30, 1, 5],
            [2, "交通领域", 10, 0, 0],
        ],
        [
            ["县区", "案件办理", None, "制度落实", None],
            [None, "立案（件）", "结案（件）", "专户数", "覆盖率"],
            ["青川县", 3, 2, 11, "92%"],
        ],
    ],
)
def test_numbers_by_place_or_department_are_a_summary(rows):
    assert summary_head(SmallSheet(rows)) is not None


@pytest.mark.parametrize(
    "rows",
    [
        [["项目名称", "应发人数", "应发金额", "实发金额"], ["云渡小区", 5, 7, 7]],
        [["企业名称", "用电量", "参保人数", "纳税金额"], ["青川茶业有限公司", 5, 7, 7]],
        [
            ["县区", "项目名称", "建设单位", "开工日期", "人数", "金额", "比例"],
            ["青川县", "甲", "乙", "2025-01-01", 5, 7, 7],
        ],
        [["县区", "人数"], ["青川县", 5]],
        [["县区", "人数", "金额", "比例"]],
    ],
)
def test_ledgers_are_none(rows):
    assert summary_head(SmallSheet(rows)) is None


def test_a_file_is_refused_where_all_its_sheets_are_summaries():
    other = SmallSheet([["项目编码", "项目名称"], ["X1", "甲"]], "台账")
    hidden = SmallSheet(other.content, "旧表", hidden=True)
    with pytest.raises(OnlySummaries) as refused:
        refuse_summaries([SmallSheet(MONTHLY), hidden, SmallSheet([[None]])], "月报.xlsx")
    assert refused.value.fields["columns"].startswith("在建项目数（个）、立案查处（件）")
    refuse_summaries([SmallSheet(MONTHLY), other], "月报.xlsx")
    refuse_summaries([hidden], "月报.xlsx")


def test_an_import_says_that_a_book_is_a_summary(store, write_xlsx, today):
    paths = [write_xlsx("欠薪案件月报.xlsx", MONTHLY), write_xlsx("月报表.xlsx", MONTHLY)]
    report = import_into(store, paths, today=today, office=OfficeLayouts())
    assert [one.code for one in report.failed] == ["only_summaries", "only_summaries"]
    assert [one.failure.code for one in try_files(paths, OfficeLayouts())] == [
        *("only_summaries", "only_summaries"),
    ]


def test_a_summary_among_ledgers_is_named_and_needs_no_answer(store, write_xlsx, today):
    ledger = [["案件编号", "立案日期", "状态"], ["A1", "2025-09-01", "立案"]]
    path = write_xlsx("案件.xlsx", ledger, 汇总=MONTHLY)
    [file] = import_into(store, [path], today=today, office=OfficeLayouts()).files
    assert {one.name: one.unread for one in file.sheets}["汇总"] == "summary"
    assert not [one for one in file.notes if one.needs_answer]
    [trial] = try_files([Path(path)], OfficeLayouts())
    assert (trial.summaries, len(trial.proposals)) == (("汇总",), 1)


def test_a_summary_in_a_text_file_is_refused(store, write_csv, today):
    path = write_csv("欠薪案件周报.csv", MONTHLY[1:])
    [failure] = import_into(store, [path], today=today, office=OfficeLayouts()).failed
    assert failure.code == "only_summaries"
    [trial] = try_files([path], OfficeLayouts())
    assert (trial.failure.code, trial.summaries) == ("only_summaries", ())


def test_numbers_are_named_without_their_group():
    rows = [["单位：市人社局", None, None, None, "2025年11月"], *MONTHLY[1:]]
    with pytest.raises(OnlySummaries) as refused:
        refuse_summaries([SmallSheet(rows)], "月报.xlsx")
    assert "市人社局" not in refused.value.fields["columns"]
