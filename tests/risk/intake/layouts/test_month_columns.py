"""Ledgers with columns for each month, of invented projects; values worked out by hand."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import Layout, read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.month_columns import month_sheet, month_table
from risk.intake.layouts.names import single_county
from risk.intake.layouts.plan import OfficeLayouts, lacking_fields
from risk.intake.readers import CellRange
from risk.intake.trial import try_files

from ..small_sheets import SmallSheet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PAIRS = [
    ["青川县2025年农民工工资台账（单位：元）"],
    ["序号", "项目名称", "施工班组", "1月", None, "2月", None, "3月", None, "合计", None, "备注"],
    [None, None, None, "应发", "实发", "应发", "实发", "应发", "实发", "应发", "实发", None],
    [1, "云渡小区二期", "木工班", 78_000, 78_000, 80_000, 0, None, None, 158_000, 78_000, "甲"],
    [2, "云渡小区二期", "钢筋班", 50_000, 20_000, 0, None, "-", None, 50_000, 20_000, None],
    [3, "竹园污水管网", "瓦工班", None, None, None, None, None, None, None, None, None],
    ["合计", None, None, 128_000, 98_000, 80_000, 0, None, None, 208_000, 98_000, None],
    ["制表人：张某", None, None, None, "审核人：李某"],
]


def rows(content, file="", *, merges=(), name="表"):
    found = month_sheet(SmallSheet(content, name=name, merges=merges), file)
    return None if found is None else [cells for _, cells in found.rows() if any(cells)]


def test_a_group_of_columns_per_month_is_a_row_per_month():
    sheet = month_sheet(SmallSheet(PAIRS), "")
    assert sheet.headings == ("序号", "项目名称", "施工班组", "备注", "所属月份", "应发", "实发")
    assert [(number, cells[1:]) for number, cells in sheet.rows() if number > 3] == [
        (4, ["云渡小区二期", "木工班", "甲", "2025-01", 78_000, 78_000]),
        (4, ["云渡小区二期", "木工班", "甲", "2025-02", 80_000, 0]),
        (5, ["云渡小区二期", "钢筋班", None, "2025-01", 50_000, 20_000]),
        (5, ["云渡小区二期", "钢筋班", None, "2025-02", 0, None]),
        (7, [None, None, None]),
        (8, [None, None, None]),
    ]
    assert sheet.head.totals == ("合计/应发", "合计/实发")
    counts = sheet.counts
    assert (counts.rows, counts.empty, counts.records, counts.blank) == (2, 1, 4, 2)


@pytest.mark.parametrize(
    ("heads", "months"),
    [
        (["1月", "2月", "3月"], ["2025-01", "2025-02", "2025-03"]),
        (["一月份", "二月份", "三月份"], ["2025-01", "2025-02", "2025-03"]),
        (["2024-11", "2024-12", "2025-01"], ["2024-11", "2024-12", "2025-01"]),
        (["2024年11月", "2024年12月", "2025年1月"], ["2024-11", "2024-12", "2025-01"]),
        (["202411", "202412", "202501"], ["2024-11", "2024-12", "2025-01"]),
        ([dt.datetime(2024, 12, 1), dt.datetime(2025, 1, 1), "2025.2"],
         ["2024-12", "2025-01", "2025-02"]),
    ],
)  # fmt: skip
def test_months_as_ledgers_write_them(heads, months):
    content = [["2025年各项目应发工资"], ["项目名称", *heads], ["甲", 1, 0, "3"]]
    read = rows(content)
    assert read[1] == ["项目名称", "所属月份", "应发工资"]
    assert read[2:] == [["甲", month, value] for month, value in zip(months, (1, 0, "3"),
                                                                     strict=True)]  # fmt: skip


def test_the_heading_of_the_values_is_their_group_or_a_part_of_the_heading():
    two = [["项目名称", "应发工资（万元）", None, "实发工资（万元）", None, "备注"],
           [None, "1月", "2月", "1月", "2月", None],
           ["甲", 1, 2, 1, None, "乙"]]  # fmt: skip
    spans = [CellRange(1, 1, 1, 2), CellRange(1, 3, 1, 4), CellRange(1, 0, 2, 0)]
    wanted = ["项目名称", "备注", "所属月份", "应发工资(万元)", "实发工资(万元)"]
    for merges in (spans, ()):
        assert rows(two, "2025年.xlsx", merges=merges)[0] == wanted
    one = [["项目名称", "1月应发工资（元）", "1月实发工资（元）", "2月应发工资（元）",
            "2月实发工资（元）"], ["甲", 1, 1, 2, 0]]  # fmt: skip
    assert rows(one, "2025年.xlsx") == [
        ["项目名称", "所属月份", "应发工资(元)", "实发工资(元)"],
        ["甲", "2025-01", 1, 1],
        ["甲", "2025-02", 2, 0],
    ]
    three = [["项目名称", "2024年", None, "2025年", None], [None, "12月", None, "1月", None],
             [None, "应发", "实发", "应发", "实发"], ["甲", 5, 5, 6, 0]]  # fmt: skip
    assert rows(three)[1:] == [["甲", "2024-12", 5, 5], ["甲", "2025-01", 6, 0]]


def test_a_unit_below_the_months_is_that_of_the_values():
    content = [["应发工资"], ["项目名称", "1月", "2月"], [None, "万元", "万元"], ["甲", 1, 2]]
    assert rows(content, "2025年.xlsx")[1] == ["项目名称", "所属月份", "应发工资(万元)"]


@pytest.mark.parametrize(
    "content",
    [
        [["项目名称", "1月", "备注"], ["甲", 1, None]],  # one month may be about anything
        [["姓名", "1月", "2月"], ["张三", 1, 2]],  # workers
        [["项目名称", "1-3月", "4-6月"], ["甲", 1, 2]],  # quarters
        [["项目名称", "开工", "竣工"], ["甲", "2025年3月", "2025年4月"]],  # records
        [["项目名称", "1月", "2月"], ["甲", "已报", "未报"]],  # no numbers
        [["1月", "2月"], [1, 2]],  # of nothing
        [["项目名称", "1月", "1月"], ["甲", 1, 2]],  # twice
    ],
)
def test_other_sheets_are_left_as_they_are(content):
    assert rows(content, "2025年.xlsx") is None


def test_a_head_repeated_on_the_next_page_and_numbers_of_columns_are_no_records():
    content = [*PAIRS[:4], *PAIRS[1:3], PAIRS[4], ["续表"]]
    read = rows(content)
    heads = [cells for cells in read if "所属月份" in cells]
    assert (len(heads), len(read)) == (2, 8)
    numbers = [*PAIRS[:3], [*range(1, 13)], *PAIRS[3:4]]
    assert [cells[0] for cells in rows(numbers)[2:]] == [1, 1, 1]


def test_merged_cells_of_other_columns_are_those_of_their_new_place():
    content = [["施工班组", "1月", "2月", "项目名称"], ["木工班", 1, 2, "甲"], ["瓦工班", 3, 4]]
    merges = [CellRange(2, 3, 3, 3), CellRange(2, 1, 3, 1)]
    sheet = month_sheet(SmallSheet(content, merges=merges), "2025年.xlsx")
    assert sheet.merges == (CellRange(2, 1, 3, 1),)


def test_the_table_is_that_of_the_values_or_of_the_title():
    def table(title, *heads):
        content = [[title], ["项目名称", *heads], ["甲", 1, 2, 3, 4]]
        found = month_table(month_sheet(SmallSheet(content), "2025年.xlsx"), "2025年")
        return found and found.name

    assert table("", "1月应发", "2月应发") == "payrolls"
    assert table("", "1月实发", "2月实发") == "payrolls"
    assert table("", "1月考勤人数", "1月出勤工日", "2月考勤人数", "2月出勤工日") == "attendance"
    assert table("工资情况", "1月", "2月") == "payrolls"
    assert table("实名制考勤情况", "1月", "2月") == "attendance"
    assert table("", "1月产值", "2月产值") is None


def test_a_layout_by_month_lacks_what_the_values_are_until_a_person_says():
    layout = Layout("考勤", STORED_TABLES["attendance"], ("每月数",), (), months=True)
    assert "workers_present" in [field.name for field in lacking_fields(layout)]


@pytest.fixture
def send(store, today):
    def run(path, *layouts):
        office = OfficeLayouts(layouts, county=single_county(store))
        return import_into(store, [path], today=today, office=office)

    return run


def confirmed(folder, path):
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    assert proposal.missing == ()
    return read_layout(write_layout(folder, proposal.layout)).confirm("王某", NOW)


WAGES = "SELECT month(period), amount_due // 100, due_on::VARCHAR FROM payrolls ORDER BY 1, 2"


def test_a_confirmed_layout_reads_wages_and_payments(send, store, write_xlsx, tmp_path):
    path = write_xlsx("2025年工资台账.xlsx", PAIRS)
    [failure] = send(path).failed
    assert (failure.code, failure.fields["table"]) == ("months_need_layout", "工资表")
    layout = confirmed(tmp_path, path)
    report = send(path, layout)
    files = {one.table: one for one in report.files}
    assert {name: (one.read, one.accepted, one.set_aside) for name, one in files.items()} == {
        "payrolls": (6, 4, 2),
        "payments": (2, 2, 0),  # 0 paid is no payment
    }
    assert store.rows(WAGES) == [
        (1, 50_000, "2025-02-28"),
        (1, 78_000, "2025-02-28"),
        (2, 0, "2025-03-31"),
        (2, 80_000, "2025-03-31"),
    ]
    query = "SELECT paid_on::VARCHAR, amount // 100 FROM payments ORDER BY 2"
    assert store.rows(query) == [("2025-02-28", 20_000), ("2025-02-28", 78_000)]
    [note] = [one for one in files["payrolls"].notes if one.code == "months_unfolded"]
    counts = ("rows", "records", "first", "last", "blank", "empty", "totals")
    assert [note.fields[name] for name in counts] == [2, 4, "2025-01", "2025-03", 2, 1, 2]
    assert not any(one.code in ("blank_rows", "sheet_by_month") for one in files["payrolls"].notes)
    assert {one.table: one.repeated for one in send(path, layout).files} == {
        "payrolls": 4,
        "payments": 2,
    }


def test_a_merged_amount_of_a_month_counts_once_and_is_asked_about(
    send, store, write_xlsx, tmp_path
):
    shared = [2, "云渡小区二期", "钢筋班", None, None, 0, None, 4, None]
    path = write_xlsx("2025年工资台账.xlsx", [*PAIRS[:4], shared])
    book = openpyxl.load_workbook(path)
    for span in ("D4:D5", "E4:E5", "H4:H5", "A1:C1"):  # of March no first row has a value
        book.active.merge_cells(span)
    book.save(path)
    files = {one.table: one for one in send(path, confirmed(tmp_path, path)).files}
    asked = [(one.code, one.fields["column"], one.fields["rows"])
             for file in files.values() for one in file.notes if one.needs_answer]  # fmt: skip
    assert sorted(asked) == [
        ("merged_amount", "2025-01 实发", 1),
        ("merged_amount", "2025-01 应发", 1),
    ]
    assert store.rows("SELECT sum(amount_due) // 100 FROM payrolls") == [(158_000,)]


def test_the_next_month_and_a_changed_cell_leave_the_layout_and_the_ids(
    send, store, write_xlsx, tmp_path
):
    first = [["2025年各项目应发工资"], ["项目名称", "1月", "2月", "合计"],
             ["云渡小区二期", 100_000, 90_000, 190_000]]  # fmt: skip
    layout = confirmed(tmp_path, path := write_xlsx("2025年2月应发工资.xlsx", first))
    send(path, layout)
    later = [first[0], ["项目名称", "1月", "2月", "3月", "合计"],
             ["云渡小区二期", 100_000, 95_000, 70_000, 265_000]]  # fmt: skip
    [file] = send(write_xlsx("2025年3月应发工资.xlsx", later), layout).files
    assert (file.accepted, file.repeated) == (2, 1)
    newest = "SELECT arg_max(amount_due, arrival) // 100 FROM payrolls GROUP BY payroll_id"
    assert sorted(fen for (fen,) in store.rows(newest)) == [70_000, 95_000, 100_000]


def test_a_ledger_of_payments_alone_pays_the_payrolls_of_another(send, store, write_xlsx, tmp_path):
    def ledger(kind, *cells):
        return [[f"2025年各项目{kind}"], ["项目名称", "1月", "2月"], ["云渡小区二期", *cells]]

    due = write_xlsx("2025年应发工资.xlsx", ledger("应发工资", 100_000, 90_000))
    paid = write_xlsx("2025年实发工资.xlsx", ledger("实发工资", 60_000, 0))
    send(due, confirmed(tmp_path, due))
    [file] = send(paid, confirmed(tmp_path, paid)).files
    assert (file.table, file.read, file.accepted) == ("payments", 1, 1)
    assert "months_unfolded" in [note.code for note in file.notes]
    query = (
        "SELECT month(r.period), p.amount // 100 FROM payrolls r"
        " LEFT JOIN payments p USING (payroll_id) ORDER BY 1"
    )
    assert store.rows(query) == [(1, 60_000), (2, None)]


def test_attendance_by_month(send, store, write_xlsx, tmp_path):
    content = [["2025年考勤"], ["项目名称", "1月", None, "2月", None],
               [None, "考勤人数", "出勤工日", "考勤人数", "出勤工日"],
               ["云渡小区二期", 12, 300, 0, 0]]  # fmt: skip
    path = write_xlsx("2025年实名制考勤.xlsx", content)
    send(path, confirmed(tmp_path, path))
    query = "SELECT month(period), workers_present, worker_days FROM attendance ORDER BY 1"
    assert store.rows(query) == [(1, 12, 300), (2, 0, 0)]


def test_attendance_of_teams_is_apart_and_has_one_key_once_the_project_comes(
    send, store, write_xlsx, tmp_path
):
    content = [["2025年考勤人数"], ["项目名称", "班组", "1月", "2月"],
               ["云渡小区二期", "木工班", 12, 10], ["云渡小区二期", "钢筋班", 9, None],
               ["竹园污水管网", None, 5, None]]  # fmt: skip
    path = write_xlsx("2025年实名制考勤.xlsx", content)
    layout = confirmed(tmp_path, path)
    assert layout.key.made_from == ("project_id", "班组")
    [file] = send(path, layout).files
    assert (file.accepted, [one.code for one in file.notes if one.needs_answer]) == (4, [])
    assert store.rows("SELECT workers_present FROM attendance WHERE contract_id IS NULL") == [(5,)]
    projects = [["项目编码", "项目名称", "行政区划代码", "开工日期"],
                ["X1", "云渡小区二期", "510822", "2025-03-05"]]  # fmt: skip
    send(write_xlsx("工程项目.xlsx", projects))
    [file] = send(path, layout).files
    assert (file.accepted, file.repeated) == (0, 4)
    query = (
        "SELECT month(period), workers_present FROM attendance_versions"
        " WHERE superseded_at IS NULL AND project_id = 'X1' ORDER BY ALL"
    )
    assert store.rows(query) == [(1, 9), (1, 12), (2, 10)]


def test_a_year_that_nothing_states_is_asked_for(send, write_xlsx, tmp_path):
    content = [["各项目应发工资"], ["项目名称", "1月", "2月"], ["云渡小区二期", 1000, 2000]]
    named = write_xlsx("2025年应发工资.xlsx", content)
    layout = confirmed(tmp_path, named)
    path = write_xlsx("应发工资.xlsx", content)
    [trial] = try_files([path], OfficeLayouts())
    [failure] = send(path, layout).failed
    assert trial.failure.code == failure.code == "months_without_year"
    assert failure.fields["months"] == "1月、2月"


def test_a_sheet_by_month_next_to_others_is_asked_about(send, write_xlsx):
    projects = [["项目编码", "项目名称", "行政区划代码", "开工日期"],
                ["X1", "云渡小区二期", "510822", "2025-03-05"]]  # fmt: skip
    [file] = send(write_xlsx("工程项目.xlsx", projects, 工资=PAIRS)).files
    [note] = [one for one in file.notes if one.needs_answer]
    assert (note.code, note.fields) == ("sheet_by_month", {"sheet": "工资", "table": "工资表"})


def test_a_register_with_columns_of_months_stays_a_register(write_xlsx):
    content = [["项目编码", "项目名称", "行政区划代码", "开工日期", "1月应发", "2月应发"],
               ["X1", "云渡小区二期", "510822", "2025-03-05", 1000, 2000]]  # fmt: skip
    [trial] = try_files([write_xlsx("2025年在建项目.xlsx", content)], OfficeLayouts())
    [proposal] = trial.proposals
    assert (proposal.layout.table.name, proposal.layout.months) == ("projects", False)


@pytest.mark.parametrize(
    ("imported", "paid_on"),
    [
        (dt.date(2025, 1, 20), "2025-01-20"),  # in the month of the wages
        (dt.date(2025, 2, 10), "2025-02-10"),  # before they fall due
        (dt.date(2025, 2, 28), "2025-02-28"),
        (dt.date(2026, 6, 1), "2025-02-28"),
    ],
)
def test_a_payment_without_a_day_is_known_when_its_wages_fall_due(
    store, write_xlsx, tmp_path, imported, paid_on
):
    path = write_xlsx("2025年工资台账.xlsx", [*PAIRS[:4], PAIRS[5]])
    office = OfficeLayouts([confirmed(tmp_path, path)], county=single_county(store))
    import_into(store, [path], today=imported, office=office)
    days = "SELECT paid_on::VARCHAR, known_at::VARCHAR FROM payments"
    assert store.rows(days) == [(paid_on, paid_on)]
