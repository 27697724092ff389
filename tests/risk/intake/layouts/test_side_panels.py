"""Sheets with panels next to one another; all projects are invented."""

import datetime as dt

import openpyxl
import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.side_panels import SheetPanel, sheet_panels
from risk.intake.readers import CellRange
from risk.intake.trial import try_files
from tests.risk.intake.small_sheets import SmallSheet

HEAD = ["检查编号", "项目编码", "检查日期", "是否发现欠薪"]
DAY = dt.date(2025, 5, 1)


def row(number, found="无"):
    return [f"J{number}", "GC-01", DAY, found]


def side_by_side(*rows, gap=1):
    """Rows of panels with empty columns between them; a row is given as the cells per panel."""
    widths = [max(map(len, panels)) for panels in zip(*rows, strict=True)]
    return [
        [cell for cells, width in zip(panels, widths, strict=True)
         for cell in (*cells, *[None] * (width - len(cells) + gap))]
        for panels in rows
    ]  # fmt: skip


def names(content, **more):
    return [one.name for one in sheet_panels(SmallSheet(content, **more))]


@pytest.fixture
def imported(store, tmp_path, today):
    """Imports a sheet of one book, with a register of projects; returns its reports."""

    def run(name, rows, merges=()):
        projects = [["项目编码", "项目名称", "行政区划代码", "开工日期"],
                    ["GC-01", "河西小学", "420321", "2025-03-05"],
                    ["GC-02", "滨江路", "420321", "2025-03-05"]]  # fmt: skip
        for file, content, spans in (("工程项目.xlsx", projects, ()), (name, rows, merges)):
            book = openpyxl.Workbook()
            for cells in content:
                book.active.append(cells)
            for span in spans:
                book.active.merge_cells(span)
            book.save(tmp_path / file)
        report = import_into(store, [tmp_path], today=today, office=OfficeLayouts())
        assert not report.failed
        return {one.table: one for one in report.files}

    return run


def test_the_rows_of_both_panels_are_read(imported, store):
    rows = side_by_side(
        [HEAD, HEAD], [row(1), row(3, "有")], [row(2), [None] * 4], [["合计", 2], [None, 1]]
    )
    report = imported("检查台账.xlsx", [["县检查台账"], *rows])["inspections"]
    assert (report.read, report.accepted, report.set_aside) == (5, 3, 2)
    assert [one.name for one in report.sheets] == ["Sheet", "Sheet!F:I"]
    assert store.rows("SELECT inspection_id, arrears_found FROM inspections ORDER BY 1") == [
        ("J1", False),
        ("J2", False),
        ("J3", True),
    ]


def test_panels_of_different_tables_are_read_as_these(imported, store):
    cases = ["案件编号", "项目编码", "立案日期", "状态"]
    rows = side_by_side([HEAD, cases], [row(1), ["A1", "GC-02", DAY, "立案"]], [row(2), []])
    reports = imported("检查台账.xlsx", rows)
    assert (reports["inspections"].accepted, reports["cases"].accepted) == (2, 1)
    assert store.rows("SELECT case_id, project_id FROM cases") == [("A1", "GC-02")]


def test_wage_sheets_by_worker_next_to_one_another_are_one_payroll(imported, store):
    head = ["姓名", "工种", "应发工资", "实发工资"]
    rows = [["河西小学木工班2025年9月工资表"]]
    rows += side_by_side(
        [head, head],
        [["柳青山", "木工", 100, 100], ["石大川", "木工", 200, 200]],
        [["江小河", "木工", 300, 300], [None] * 4],
        [["合计", None, 600, 600], [None] * 4],
        gap=0,
    )
    report = imported("河西小学木工班2025年9月工资表.xlsx", rows)["payrolls"]
    assert "worker_total_differs" not in [one.code for one in report.notes]
    assert store.rows("SELECT workers, amount_due FROM payrolls") == [(3, 60_000)]


def test_a_panel_has_its_columns_and_the_titles_above():
    title = ["项目名称：河西小学", None, None, None, "2025年"]
    rows = [title, *side_by_side([HEAD, HEAD], [row(1), row(2)])]
    merges = [CellRange(1, 0, 1, 8), CellRange(3, 5, 4, 5), CellRange(3, 0, 4, 0)]
    first, second = sheet_panels(SmallSheet(rows, merges=merges, hidden_rows=(3,)))
    assert isinstance(second, SheetPanel)
    assert list(second.rows()) == [(1, title), (2, HEAD), (3, row(2))]
    assert [list(one.merges) for one in (first, second)] == [[CellRange(3, 0, 4, 0)]] * 2
    assert (list(second.hidden_rows), second.hidden, second.strict_width) == ([3], False, False)


def test_a_panel_with_a_title_of_its_own_has_no_other():
    rows = side_by_side([["2025年9月"], ["2025年10月"]], [HEAD, HEAD])
    first, second = sheet_panels(SmallSheet([["检查台账"], *rows]))
    empty = [None] * 3
    assert [cells for _, cells in first.rows()][:2] == [["检查台账"], ["2025年9月", *empty]]
    assert [cells for _, cells in second.rows()][:2] == [["检查台账"], ["2025年10月", *empty]]


def test_a_total_has_its_word_in_each_panel():
    rows = side_by_side([HEAD, HEAD], [["合计", None, 5], [None, None, 7]], [row(1), [None, 3]])
    _, second = sheet_panels(SmallSheet(rows))
    below = [cells for _, cells in second.rows()][1:]
    assert below == [["合计", None, 7, None], [None, 3, None, None]]


def test_heads_of_two_rows_are_compared_whole():
    above = ["项目名称", "工资", None]
    below = [None, "应发金额", "应发日期"]
    merges = [CellRange(1, 1, 1, 2), CellRange(1, 4, 1, 5)]
    rows = side_by_side([above, above], [below, below], gap=0)
    assert names(rows, merges=merges) == ["表", "表!D:F"]
    rows[1][5] = "应发人数"
    assert names(rows, merges=merges) == ["表"]


@pytest.mark.parametrize("rows", [
    pytest.param([[*HEAD, None, *HEAD[:3], "备注"]], id="heads that differ"),
    pytest.param([[*HEAD, None, "整改期限", "备注", "检查类型"]], id="more of the same table"),
    pytest.param([[*HEAD, None, "账户编号", "开户银行", "开户日期"]], id="nothing says about what"),
    pytest.param([["项目名称", "备注", "项目名称", "备注"]], id="one heading that is known"),
    pytest.param([["项目名称", "1月", None, "2月", None],
                  [None, "应发", "实发", "应发", "实发"]], id="groups of months"),
    pytest.param([["整改", "完成", "整改", "完成"], HEAD], id="words"),
    pytest.param([["一"] * 61], id="letters"),
])  # fmt: skip
def test_a_sheet_of_one_table_is_no_panels(rows):
    sheet = SmallSheet([*rows, row(1)])
    assert sheet_panels(sheet) == [sheet]


def test_panels_are_looked_for_in_visible_sheets_from_the_top(monkeypatch):
    rows = [[], *side_by_side([HEAD, HEAD], [row(1), row(2)])]
    hidden = SmallSheet(rows, hidden=True)
    assert sheet_panels(hidden) == [hidden]
    assert len(names([[]] * 58 + rows)) == 2
    assert len(names([[]] * 59 + rows)) == 1


def test_the_trial_proposes_one_layout_for_both(tmp_path, write_xlsx):
    head = ["序号", "工程名称", "施工单位", "合同价（万元）", "开工时间"]
    rows = side_by_side(
        [head, head],
        [[1, "云渡小区", "川北某某公司", 3560, "2025.3.5"], [2, "竹园路", "利州公司", 9, "2025.4"]],
    )
    [trial] = try_files([write_xlsx("在建项目.xlsx", rows)], OfficeLayouts())
    [proposal] = trial.proposals
    assert proposal.layout.headings == tuple(head)
