"""How a file is read: its day, its tables, how strictly, and what its report says of whom."""

import datetime as dt

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake import importer
from risk.intake.file_errors import IntakeFailure
from risk.intake.importer import (
    import_as_sent,
    import_file,
    import_into,
    import_quarantine_book,
    import_tables,
)
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.quarantine_book import BOOK_NAME, write_quarantine

PAYROLL = ["工资表编号", "项目编码", "工资月份", "应发金额", "应发日期"]
PROJECT = ["项目编码", "项目名称", "行政区划代码", "开工日期", "实际竣工日期"]
COMPLAINT = ["投诉编号", "受理日期", "涉及人数"]
WAGES = ["序号", "姓名", "身份证号码", "应发工资", "实发工资", "签字"]
FIRST = ["P1", "河西小学", "420321", "2025-03-05", "昨天"]  # a day that cannot be read


def worker(due):
    return [1, "柳青山", "420321198001010017", due, due, "柳青山"]


def wages(due):
    titles = ["项目名称：河西小学", None, "班组：木工班", None, "工资月份：2025年8月"]
    return [["农民工工资表"], titles, WAGES, worker(due)]


def payroll(amount):
    return [PAYROLL, ["G1", "P1", "2025-01", amount, "2025-02-15"]]


def later(store):
    """The source of the day and the day itself of the second version of a payroll."""
    found = store.rows("SELECT dated_by, known_at::VARCHAR FROM payrolls ORDER BY arrival")
    return found[1]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ("import", "2026-03-01")),
        ({"lenient": True}, ("stated", "2025-09-30")),
        ({"lenient": True, "known_on": dt.date(2025, 10, 15)}, ("stated", "2025-10-15")),
    ],
)
def test_a_book_is_of_the_day_given_or_of_its_name_where_people_made_it(
    store, write_csv, today, how, expected
):
    import_file(store, write_csv("工资表.csv", payroll(1)), today=today)
    import_file(store, write_csv("工资表2025年9月.csv", payroll(2)), today=today, **how)
    assert later(store) == expected


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [(None, ("stated", "2025-11-30")), (dt.date(2025, 12, 15), ("stated", "2025-12-15"))],
)
def test_worker_sheets_are_of_the_day_given_or_of_their_name(
    store, write_csv, write_xlsx, today, known_on, expected
):
    import_into(store, [write_csv("工程项目.csv", [PROJECT[:4], FIRST[:4]])], today=today)
    for due in (100, 200):
        path = write_xlsx("2025年11月工资表.xlsx", wages(due))
        report = import_into(store, [path], today=today, known_on=known_on)
        assert report.failed == ()
    assert later(store) == expected


def test_a_file_of_one_table_is_read_strictly_and_without_its_other_sheets(
    store, write_xlsx, today
):
    complaints = [COMPLAINT, ["T1", "2025-09-01", 3]]
    path = write_xlsx("工程项目.xlsx", [PROJECT, FIRST], 投诉=complaints)
    for report in (
        import_file(store, path, today=today),
        import_as_sent(store, path, today=today, table=TABLES["projects"]),
    ):
        assert (report.table, report.accepted, report.quarantined) == ("projects", 0, 1)
    assert store.rows("FROM complaints") == []
    reports = import_tables(store, path, today=today)
    assert [(one.table, one.accepted) for one in reports] == [("projects", 1), ("complaints", 1)]


def test_worker_sheets_are_totals_only_with_the_other_tables_of_a_file(store, write_xlsx, today):
    path = write_xlsx("工资表.xlsx", wages(100))
    with pytest.raises(IntakeFailure):
        import_file(store, path, today=today, table=TABLES["payrolls"], lenient=True)
    assert store.rows("FROM payrolls") == []


def test_sheets_beside_those_of_workers_are_read_as_books_of_people(store, write_xlsx, today):
    complaints = [COMPLAINT, ["T1", "2025-09-01", "不详啊"]]
    more = {"项目": [PROJECT, FIRST], "投诉": complaints}
    report = import_into(store, [write_xlsx("九月工资.xlsx", wages(100), **more)], today=today)
    assert report.failed == ()
    assert [(one.table, one.accepted, one.unreadable) for one in report.files] == [
        ("projects", 1, {"completed_on": 1}),
        ("complaints", 1, {"workers": 1}),
        ("payrolls", 1, {}),
    ]


def test_a_way_of_payment_that_is_no_term_leaves_the_payment(store, write_csv, write_xlsx, today):
    import_into(store, [write_csv("工程项目.csv", [PROJECT[:4], FIRST[:4]])], today=today)
    rows = [*wages(100)[:2], ["发放方式：微信"], *wages(100)[2:], ["发放日期：2025年9月14日"]]
    report = import_into(store, [write_xlsx("工资表.xlsx", rows)], today=today)
    assert store.rows("SELECT amount, channel FROM payments") == [(10_000, None)]
    assert {one.table: one.unreadable for one in report.files}["payments"] == {"channel": 1}


def test_a_corrected_row_is_read_as_that_of_a_book(store, write_csv, today, tmp_path):
    """An optional cell may stay unreadable, and identifiers have the form first stored."""
    import_file(store, write_csv("工程项目.csv", [PROJECT[:4], ["XM-1", *FIRST[1:4]]]), today=today)
    wrong = ["xm1", "河西小学", "420321", "昨天", "前天"]
    import_file(store, write_csv("工程项目2.csv", [PROJECT, wrong]), today=today)
    write_quarantine(store, tmp_path)
    book = openpyxl.load_workbook(tmp_path / BOOK_NAME)
    heads = [cell.value for cell in book["工程项目"][1]]
    book["工程项目"].cell(2, heads.index("开工日期") + 1).value = "2025-04-01"
    book.save(tmp_path / BOOK_NAME)
    [report] = import_quarantine_book(store, tmp_path / BOOK_NAME, today=today)
    assert (report.accepted, report.unreadable) == (1, {"completed_on": 1})
    assert store.rows("SELECT DISTINCT project_id FROM projects") == [("XM-1",)]


def test_what_is_read_by_headings_and_by_names_is_said_of_its_own_table(store, write_xlsx, today):
    projects = [["项目编号", "工程名称", "施工单位", *PROJECT[2:4]]]
    projects.append(["P1", "河西小学", "川北某某公司", "420321", "2025-03-05"])
    complaints = [["工单编号", "来电时间", "诉求内容"], ["T1", "2025.9.5", "欠薪"]]

    def reports(name):
        path = write_xlsx(name, projects, 工单=complaints, 空=[])
        report = import_into(store, [path], today=today, office=OfficeLayouts())
        assert report.failed == ()
        return [
            (one.table, one.reading.table_by_headings, one.reading.named_firms, one.unread_sheets)
            for one in report.files
        ]

    # Of a file without the name of a table, the first sheet is its own.
    assert reports("十月台账.xlsx") == [("projects", False, 0, ()), ("complaints", True, 1, ())]
    assert reports("工程项目.xlsx") == [("projects", False, 0, ()), ("complaints", False, 0, ())]


@pytest.mark.parametrize(
    ("day", "suffix", "sheet"),
    [("12月5日", "xlsx", "Sheet1"), ("12月", "xlsx", "Sheet1"), ("12月5日", "csv", "案件.csv")],
)
def test_a_period_that_gave_a_year_is_named_with_its_sheet(
    store, write_csv, write_xlsx, today, day, suffix, sheet
):
    rows = [["2024年12月案件", "", ""], ["案件编号", "立案日期", "状态"], ["C1", day, "结案"]]
    path = (write_csv if suffix == "csv" else write_xlsx)(f"案件.{suffix}", rows)
    [file] = import_into(store, [path], today=today).files
    [note] = [one for one in file.notes if one.code == "year_from_title"]
    assert (note.fields["sheet"], note.fields["period"]) == (sheet, "2024-01 – 2024-12")


def test_notes_name_columns_by_their_headings(store, write_csv, today):
    header = ["payroll_id", "project_id", "period", "amount_due", "due_on"]
    rows = [[f"G{n}", "P1", "2025-01", "5", "2025-02-15"] for n in range(2)]
    [note] = import_file(store, write_csv("payrolls.csv", [header, *rows]), today=today).notes
    assert (note.code, note.fields["column"]) == ("too_small", "amount_due")


@pytest.mark.parametrize(
    ("name", "rows", "table", "expected"),
    [
        ("项目工人工资.xlsx", wages(1), "projects", "payrolls"),
        ("项目工人工资.xlsx", [PROJECT], "projects", "projects"),
        ("工程项目.xlsx", wages(1), "projects", "projects"),
        ("项目工人工资.xlsx", wages(1), "complaints", "complaints"),
    ],
)
def test_a_file_of_workers_comes_after_projects(write_xlsx, name, rows, table, expected):
    path = write_xlsx(name, rows)
    assert importer._by_name_or_workers(path, lambda _: TABLES[table]).name == expected
