"""Heads of two and three rows in a trial, and through the layout that it proposes."""

import datetime as dt

import openpyxl
import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.heads import join_headings
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.trial import try_files

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROWS = [
    ["青川县在建项目保证金台账", None, None, None, None, None, None],
    ["序号", "工程名称", "保证金", None, None, "期限", None],
    [None, None, "存储形式", "金额（万元）", None, "生效时间", "到期时间"],
    [None, None, None, "应存", "实存", None, None],
    [1, "云渡小区二期", "现金", 30, 25.5, "2025.4.1", "2026.4.1"],
    [2, "竹园污水管网", "银行保函", 12, 12, "2025.4.2", "2026.4.2"],
]
MERGES = ["A2:A4", "B2:B4", "C2:E2", "F2:G2", "C3:C4", "D3:E3", "F3:F4", "G3:G4"]


def test_a_cell_above_counts_for_the_empty_ones_right_of_it_where_nothing_is_merged():
    above, below = ("保证金", None, None, "期限"), ("形式", "金额", "状态", "到期")
    assert join_headings([(1, above), (2, below)], []) == (
        *("保证金/形式", "保证金/金额", "保证金/状态", "期限/到期"),
    )


@pytest.fixture
def ledger(tmp_path):
    def write(merges):
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        for cells in ["A1:G1", *merges]:
            book.active.merge_cells(cells)
        path = tmp_path / "工资保证金.xlsx"
        book.save(path)
        return path

    return write


@pytest.mark.parametrize("merges", [MERGES, []])
def test_a_head_of_three_rows_is_proposed_and_read_by_its_layout(
    ledger, store, today, tmp_path, merges
):
    path = ledger(merges)
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    layout = proposal.layout
    assert layout.head_rows == 3
    assert {rule.field: rule.heading for rule in layout.columns if rule.field} == {
        "project_id": "工程名称",
        "kind": "保证金/存储形式",
        "required_amount": "保证金/金额（万元）/应存",
        "amount": "保证金/金额（万元）/实存",
        "valid_from": "期限/生效时间",
        "valid_to": "期限/到期时间",
    }
    written = write_layout(tmp_path, layout)
    text = written.read_text(encoding="utf-8").replace("[fill]", '[fill]\nstatus = "已存储"')
    written.write_text(text, encoding="utf-8")
    office = OfficeLayouts((read_layout(written).confirm("王某", NOW),))
    report = import_into(store, [path], today=today, office=office)
    assert report.failed == ()
    assert report.files[0].sheets[0].header_row == 4
    assert store.rows(
        "SELECT kind, required_amount, amount, valid_to FROM deposits ORDER BY valid_to"
    ) == [
        ("cash", 300_000_00, 255_000_00, dt.date(2026, 4, 1)),
        ("guarantee", 120_000_00, 120_000_00, dt.date(2026, 4, 2)),
    ]
