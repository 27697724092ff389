"""Ledgers of labour arbitration, which are no cases; all firms and people are invented."""

from __future__ import annotations

import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.arbitration import ArbitrationBook
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.trial import try_files

HEAD = ["案号", "申请人", "被申请人", "案由", "立案日期", "结案日期", "状态", "涉案金额"]
ROW = ["仲案1", "柳青山", "甲某公司", "追索劳动报酬", "2025-03-01", "2025-04-01", "结案", 9000]
CASES = [
    ["案件编号", "项目编码", "立案日期", "状态"],
    ["A1", "GC-01", "2025-05-01", "立案"],
]


@pytest.mark.parametrize(
    "name", ["劳动仲裁案件台账.xlsx", "案件.csv", "仲裁2025年.xlsx", "争议.csv"]
)
def test_a_ledger_of_arbitration_is_refused_with_what_it_is(
    store, write_xlsx, write_csv, today, name
):
    write = write_csv if name.endswith("csv") else write_xlsx
    path = write(name, [["2025年劳动人事争议仲裁台账"], HEAD, ROW])
    report = import_into(store, [path], today=today, office=OfficeLayouts())
    assert [one.code for one in report.failed] == ["arbitration_book"]
    assert "投诉举报" in report.failed[0].message("zh")
    [trial] = try_files([path], OfficeLayouts())
    assert isinstance(trial.failure, ArbitrationBook)


def test_the_other_sheets_of_its_book_are_read(store, write_xlsx, today):
    path = write_xlsx("案件.xlsx", CASES, 仲裁=[HEAD, ROW])
    [file] = import_into(store, [path], today=today, office=OfficeLayouts()).files
    assert store.rows("SELECT case_id FROM cases") == [("A1",)]
    assert file.unread_sheets == ("仲裁",)
    notes = [(one.code, one.fields["sheet"]) for one in file.notes if one.needs_answer]
    assert notes == [("sheet_of_arbitration", "仲裁")]


def test_a_row_that_names_a_respondent_is_no_head(store, write_xlsx, today):
    text = "被申请人"
    rows = [[*CASES[0], "备注"], ["A1", "GC-01", "2025-05-01", "立案", f"{text}未到场，另行通知"]]
    [file] = import_into(store, [write_xlsx("案件.xlsx", rows)], today=today).files
    assert (file.accepted, file.notes) == (1, ())
