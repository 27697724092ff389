"""What the account says of a sheet, what its name gives, and merged cells, worked out by hand."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.account_notes import Note
from risk.intake.headers import read_header
from risk.intake.headings import contract_matcher
from risk.intake.merged_cells import MergedCells
from risk.intake.readers import CellRange
from risk.intake.sheet_account import sheet_notes, uncertain_notes, unread_notes
from risk.intake.sheet_names import supplied_cells
from risk.intake.sheet_records import SheetRecords
from risk.intake.sheet_selection import UnreadSheet, select_sheet

from .small_sheets import SmallSheet

PROJECTS, ATTENDANCE = TABLES["projects"], TABLES["attendance"]
HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
A = ["GC-01", "河西小学", "420321", "2025-03-05"]


def _notes(rows, name="a", merges=(), hidden_rows=()):
    """Notes about a sheet of projects that was read."""
    sheet = SmallSheet(rows, name, merges=merges, hidden_rows=hidden_rows)
    selected = select_sheet(PROJECTS, [sheet], file="x")
    more = {"cells": selected.located.cells, "match": contract_matcher(PROJECTS), "file": "x"}
    records = SheetRecords(PROJECTS, sheet, selected.header, **more)
    for _, block in records.blocks():
        list(block)
    return [
        (one.code, dict(one.fields), one.needs_answer) for one in sheet_notes(selected, records)
    ]


def test_blank_and_hidden_rows():
    rows = [HEAD, A, [None], A]
    blank = {"rows": 1, "sheet": "a"}
    assert _notes(rows) == [("blank_rows", blank, False)]
    assert _notes(rows, name="") == [("blank_rows", {"rows": 1, "sheet": "-"}, False)]
    hidden = ("hidden_rows", {"rows": 2, "sheet": "a"}, False)
    assert _notes([HEAD, A, A, A], hidden_rows={2, 4}) == [hidden]


def test_units_that_are_unclear():
    unclear = {"column": "合同金额", "found": "万元、元", "sheet": "a"}
    titles = [["单位：万元"], ["单位：元"]]
    assert _notes([*titles, [*HEAD, "合同金额"], A]) == [("unit_unclear", unclear, True)]
    # Only where amounts were read in yuan, and with the first sixty characters.
    title, head = "台" * 61 + "，均为万元", [*HEAD, "合同金额"]
    unsure = ("unit_unsure", {"found": title[:60], "sheet": "a"}, True)
    assert _notes([[title], head, A]) == [unsure]
    assert _notes([[title], [*HEAD, "合同金额（元）"], A]) == []
    assert _notes([[title], HEAD, A]) == []
    footer = ("unit_unsure", {"found": "说明：金额单位：万元", "sheet": "a"}, True)
    assert _notes([head, A, [" 说明：金额单位：万元"]]) == [footer]
    assert _notes([head, A, ["说明：无"]]) == []


def test_an_amount_in_two_columns():
    head = [*HEAD, "合同金额（万元）", "合同金额（元）"]
    agree, disagree = [*A, 1, 10_000], [*A, 1, 50_000]
    both = {"taken": "合同金额（万元）", "other": "合同金额（元）"}
    assert _notes([head, agree]) == [("two_columns_agree", both, False)]
    counted = {**both, "count": 6, "rows": "3、4、5、6、7"}
    assert _notes([head, agree, *[disagree] * 6]) == [("two_columns_disagree", counted, True)]


def test_amounts_in_merged_cells_and_blocks_without_a_column():
    rows = [[*HEAD, "合同金额"], [*A, 5], ["GC-02", *A[1:], None], ["GC-03", *A[1:], None]]
    merged = {"column": "合同金额", "rows": 2, "sheet": "a"}
    assert _notes(rows, merges=[CellRange(2, 4, 4, 4)]) == [("merged_amount", merged, True)]
    block = {"row": 3, "columns": "开工日期", "sheet": "a"}
    lacking = [HEAD, A, [*HEAD[:2], "合同金额", HEAD[2]], ["GC-02", "滨江路", 5, "420321"]]
    assert _notes(lacking) == [("incomplete_block", block, True)]


def test_sheets_that_are_not_read():
    unread = [
        UnreadSheet("a", "incomplete", ("项目编码", "项目名称"), ("开工日期", "行政区划代码")),
        UnreadSheet("b", "no_header"),
        UnreadSheet("c", "blank"),
    ]
    found = {"sheet": "a", "found": "项目编码、项目名称", "missing": "开工日期、行政区划代码"}
    assert list(unread_notes(unread)) == [Note("incomplete_sheet", found, needs_answer=True)]
    notes = [Note("x", {"sheet": name}) for name in "abcd"]
    assert list(uncertain_notes(notes, unread)) == [notes[1]]


@pytest.mark.parametrize(
    ("sheet", "titles", "supplied"),
    [
        ("9月", ["2025年考勤"], {"period": "2025-09"}),
        ("9月", [5, "项目名称：河西小学  2024年"], {"period": "2024-09", "project_id": "GC-01"}),
        ("GC-01", ["项目：别处"], {"project_id": "GC-01"}),
        ("别处", ["工程名称:河西小学，一标"], {"project_id": "GC-01"}),
        ("木工班", [], {"contract_id": "木工班"}),
        (" ", ["台账"], {}),
    ],
)
def test_what_names_and_titles_give(sheet, titles, supplied):
    projects = {"GC-01": "GC-01", "河西小学": "GC-01"}
    assert supplied_cells(ATTENDANCE, (), sheet, titles, "x", projects.get) == supplied
    if "project_id" in supplied:
        assert supplied_cells(PROJECTS, (), sheet, titles, "x", projects.get) == {}
        given = supplied_cells(ATTENDANCE, ["project_id"], sheet, titles, "x", projects.get)
        assert "project_id" not in given


def test_a_month_without_a_year_has_that_of_the_file():
    assert supplied_cells(ATTENDANCE, (), "9月", [], "2025年考勤", {}.get) == {"period": "2025-09"}


HEADER = read_header(PROJECTS, 1, [*HEAD, "合同金额"], file="x")


def _filled(merged, *rows):
    return [list(merged.fill((number, row), HEADER)[1]) for number, row in enumerate(rows, 1)]


def test_merged_cells_count_down_to_their_last_row():
    merged = MergedCells([CellRange(2, 1, 4, 1)])
    rows = [HEAD, ["1", "甲"], ["2"], ["3", None, "x"], ["4", None], ["5"]]
    assert _filled(merged, *rows) == [
        *([*HEAD], ["1", "甲"], ["2", "甲"], ["3", "甲", "x"], ["4", None], ["5"])
    ]
    # A cell of its own stays, and a row that is too short is filled up.
    wide = MergedCells([CellRange(2, 3, 4, 3)])
    assert _filled(wide, HEAD, A, ["GC-02"], [*A[:3], "2025-01-01"])[2:] == [
        *(["GC-02", None, None, A[3]], [*A[:3], "2025-01-01"])
    ]


def test_ranges_that_fill_nothing():
    for one in (
        CellRange(1, 1, 3, 1),  # begins in the header
        CellRange(2, 5, 3, 5),  # of no column
        CellRange(2, 4, 3, 4),  # without an amount
        CellRange(2, 6, 3, 6),  # of a row that ends before it
    ):
        merged = MergedCells([one])
        rows = [HEAD, ["1", "甲", None, None, None, "x"], ["2", None, None]]
        assert _filled(merged, *rows) == rows
        assert merged.not_repeated == {}


def test_amounts_are_counted_where_they_are_not_repeated():
    merged = MergedCells([CellRange(2, 4, 4, 4)])
    assert _filled(merged, HEAD, [*A, 5], [*A, None], A, A)[2:] == [[*A, None], A, A]
    assert merged.not_repeated == {"合同金额": 2}
