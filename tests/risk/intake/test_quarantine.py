import datetime as dt
import json

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.importer import import_file, import_into, import_paths
from risk.intake.quarantine import quarantined_counts, quarantined_rows
from risk.intake.quarantine_book import BOOK_NAME, write_quarantine
from risk.intake.row_errors import Problem
from risk.locale import catalogue
from risk.store.store import RecordStore
from risk.workspace import Workspace

PAYMENTS = TABLES["payments"]


def _listed(folder, table="payments"):
    """Rows of a table in the workbook of the quarantine, empty cells as empty text."""
    book = openpyxl.load_workbook(folder / BOOK_NAME)
    rows = book[TABLES[table].zh].iter_rows(values_only=True)
    book.close()
    return [[cell or "" for cell in row] for row in rows]


@pytest.fixture
def bad(payments):
    """A payments file with one good row and three bad ones."""
    header, row = payments
    return [
        [*header, "身份证号"],
        [*row, "420303199001011234"],
        ["F2", "", "2024年13月5日", "-5", "3.5", "转账", "2024-05-21", "秘密"],
        ["F3", "G1", "2024-05-20", "=1+1", "3", "现金", "2024-05-21", "秘密"],
        ["F4", "G1", "2024-05-20", "5", "3", "现金", "2024-05-19", "秘密"],
    ]


def test_quarantine_lists_all_problems_of_a_row(store, write_csv, bad, today):
    import_file(store, write_csv("payments.csv", bad), today=today)
    rows = list(quarantined_rows(store, PAYMENTS))
    assert [row.row for row in rows] == [3, 4, 5]
    assert [(p.column, p.code) for p in rows[0].problems] == [
        ("payroll_id", "missing"),
        ("paid_on", "not_a_date"),
        ("amount", "negative"),
        ("workers_paid", "not_a_count"),
        ("channel", "not_in_values"),
    ]
    assert rows[0].problems[4].allowed == "银行代发、现金、包工头代领"


def test_write_quarantine_lists_every_row(store, write_csv, bad, today, tmp_path):
    import_file(store, write_csv("payments.csv", bad), today=today)
    write_quarantine(store, tmp_path / "q")
    header, *rows = _listed(tmp_path / "q")
    assert header[:6] == ["隔离编号", "来源文件", "来源行", "问题", "发放编号", "工资表编号"]
    assert rows[0][1:3] == ["payments.csv", "3"]
    assert "“发放日期”是“2024年13月5日”，不是日期；可写 2026-03-05" in rows[0][3]
    assert rows[0][4:] == ["F2", "", "2024年13月5日", "-5", "3.5", "转账", "", "2024-05-21"]
    assert rows[1][7] == "=1+1"


def test_workbook_has_one_sheet_per_table_and_only_text(store, write_xlsx, today, tmp_path):
    payrolls = ["工资表编号", "项目编码", "工资月份", "人数", "应发金额", "应发日期"]
    row = ["G1", "420322202503050001", "2025-09", "若干", 10000, "昨天"]
    import_file(store, write_xlsx("工资表.xlsx", [payrolls, row]), today=today)
    projects = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
    import_file(
        store, write_xlsx("工程项目.xlsx", [projects, ["000042", "", "420322", 45721]]), today=today
    )
    write_quarantine(store, tmp_path / "q")
    book = openpyxl.load_workbook(tmp_path / "q" / BOOK_NAME)
    assert book.sheetnames == ["工程项目", "工资表"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert _listed(tmp_path / "q", "payrolls")[1][4:8] == ["G1", row[1], "", "2025-09"]


def test_workbook_cells_that_do_not_fit_are_refused_again(store, write_csv, today, tmp_path):
    header = ["单位名称", "统一社会信用代码"]
    bad = [["长" * 40_000, "A1"], ["甲", "A\x072"]]
    import_file(store, write_csv("单位.csv", [header, *bad]), today=today)
    write_quarantine(store, tmp_path)
    again = import_file(store, tmp_path / BOOK_NAME, table=TABLES["organizations"], today=today)
    assert (again.accepted, again.quarantined) == (0, 2)
    assert quarantined_counts(store)["organizations"] == 2


def test_rows_corrected_in_the_workbook_leave_it(write_xlsx, today, tmp_path):
    workspace = Workspace(tmp_path / "w")
    payrolls = ["工资表编号", "项目编码", "工资月份", "人数", "应发金额", "应发日期"]
    projects = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
    files = [
        write_xlsx("工资表.xlsx", [payrolls, ["G1", "000042", "2025-09", 3, "坏", "2025-10-15"]]),
        write_xlsx("工程项目.xlsx", [projects, ["000042", "甲", "420322", "昨天"]]),
    ]
    import_paths(workspace, files, today=today)
    book = openpyxl.load_workbook(workspace.quarantine / BOOK_NAME)
    for title, heading, value in [
        ("工资表", "应发金额", 10_000),
        ("工程项目", "开工日期", "2025.3.5"),
    ]:
        column = [cell.value for cell in book[title][1]].index(heading) + 1
        book[title].cell(2, column).value = value
    mended = tmp_path / "待修改（已改）.xlsx"
    book.save(mended)
    report = import_paths(workspace, [mended], today=today)
    assert report.failed == ()
    assert {file.table: file.accepted for file in report.files} == {"payrolls": 1, "projects": 1}
    with RecordStore(workspace.records) as store:
        assert sum(quarantined_counts(store).values()) == 0
        assert store.rows("SELECT project_id, period FROM payrolls")[0] == (
            *("000042", dt.date(2025, 9, 1)),
        )
    assert not (workspace.quarantine / BOOK_NAME).exists()


def test_csv_files_of_earlier_releases_are_removed(store, write_csv, bad, today, tmp_path):
    import_file(store, write_csv("payments.csv", bad), today=today)
    old = write_csv("q/payments.csv", bad)
    other = write_csv("q/notes.csv", bad)
    write_quarantine(store, tmp_path / "q")
    assert not old.exists()
    assert other.exists()


def test_a_row_leaves_quarantine_when_its_key_arrives_good(store, write_csv, bad, payments, today):
    import_file(store, write_csv("payments.csv", bad[:1] + bad[3:]), today=today)
    assert quarantined_counts(store)["payments"] == 2
    header, good = payments
    own = [header, ["F3", *good[1:]], ["F4", *good[1:6], "2024-06-30"]]
    # F4 was known on another day: that version is still to be corrected.
    import_file(store, write_csv("2024年5月payments.csv", own), today=today)
    assert [row.cells["payment_id"] for row in quarantined_rows(store, PAYMENTS)] == ["F4"]
    import_file(store, write_csv("b/payments.csv", [header, ["F4", *good[1:]]]), today=today)
    assert quarantined_counts(store)["payments"] == 1


def test_an_undated_row_leaves_when_its_key_arrives_on_any_day(store, write_csv, payments, today):
    header, good = payments
    undated = [header, ["F9", "G1", "2024-05-20", "坏", "3", "", ""]]
    import_file(store, write_csv("payments.csv", undated), today=today)
    import_file(store, write_csv("b/payments.csv", [header, ["F9", *good[1:]]]), today=today)
    assert quarantined_counts(store)["payments"] == 0


def test_the_same_bad_row_of_each_month_is_one_row(store, write_csv, today):
    header = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
    for month, name in (("8月", "甲"), ("9月", "甲"), ("10月", "甲（二期）")):
        rows = [header, ["XM1", name, "420322", "昨天"], ["", "不知名", "420322", "2025-01-01"]]
        import_file(store, write_csv(f"2025年{month}工程项目.csv", rows), today=today)
        assert quarantined_counts(store)["projects"] == 2
    [named] = [
        row for row in quarantined_rows(store, TABLES["projects"]) if row.cells["project_id"]
    ]
    assert named.cells["project_name"] == "甲（二期）"


def test_stored_problems_have_no_personal_numbers(store, write_csv, today):
    header = ["投诉编号", "受理日期", "诉求内容", "诉求金额"]
    row = ["T1", "昨天", "来电13912345678", "问13912345678"]
    import_file(store, write_csv("投诉举报.csv", [header, row]), today=today)
    stored = json.dumps(store.rows("FROM quarantine"), ensure_ascii=False, default=str)
    assert "13912345678" not in stored
    assert "来电139****5678" in stored


def test_quarantine_never_stores_other_columns(store, write_csv, bad, today):
    import_file(store, write_csv("payments.csv", bad), today=today)
    assert "秘密" not in json.dumps(store.rows("FROM quarantine"), ensure_ascii=False, default=str)


def test_corrected_rows_leave_quarantine_and_others_get_new_problems(
    write_csv, bad, today, tmp_path
):
    workspace = Workspace(tmp_path)
    import_paths(workspace, [write_csv("in/payments.csv", bad)], today=today)
    header, first, second, third = _listed(workspace.quarantine)
    first[header.index("发放日期")] = "2024-05-20"
    second[header.index("实发金额")] = "2"
    report = import_paths(
        workspace, [write_csv("corrected/payments.csv", [header, first, second])], today=today
    )
    assert report.as_json()["tables"]["payments"] == {
        "read": 2,
        "accepted": 1,
        "repeated": 0,
        "quarantined": 1,
        "waiting": 1,
        "set_aside": 0,
    }
    after = _listed(workspace.quarantine)
    assert [row[0] for row in after[1:]] == [first[0], third[0]]
    assert after[1][1:3] == ["payments.csv", "3"]
    assert "发放日期" not in after[1][3]
    assert "不能为负数" in after[1][3]


def test_uncorrected_quarantine_file_changes_nothing(write_csv, bad, today, tmp_path):
    workspace = Workspace(tmp_path / "w")
    long = [*bad[1][:7], "", "多", "余"]
    short = ["F9", "G1", "2024-05-20", "131921.1"]
    import_paths(workspace, [write_csv("payments.csv", [*bad, long, short])], today=today)
    before = _listed(workspace.quarantine)
    assert len(before) == 6
    for _ in range(2):
        with RecordStore(workspace.records) as store:
            report = import_file(
                store, workspace.quarantine / BOOK_NAME, table=PAYMENTS, today=today
            )
            write_quarantine(store, workspace.quarantine)
        assert (report.quarantined, report.accepted) == (5, 0)
        assert [row[0] for row in _listed(workspace.quarantine)] == [row[0] for row in before]


def test_quarantine_file_is_removed_when_all_rows_are_corrected(
    write_csv, bad, payments, today, tmp_path
):
    workspace = Workspace(tmp_path)
    import_paths(workspace, [write_csv("payments.csv", bad)], today=today)
    header, *rows = _listed(workspace.quarantine)
    corrected = [header]
    for n, row in enumerate(rows):
        good = dict(zip(payments[0], [f"N{n}", *payments[1][1:]], strict=True))
        corrected.append([good.get(name, cell) for name, cell in zip(header, row, strict=True)])
    import_paths(workspace, [write_csv("corrected/payments.csv", corrected)], today=today)
    assert not (workspace.quarantine / BOOK_NAME).exists()
    with RecordStore(workspace.records) as store:
        assert sum(quarantined_counts(store).values()) == 0


def test_quarantine_file_carries_the_unit_of_the_source(store, write_csv, today, tmp_path):
    header = ["project_id", "project_name", "region_code", "started_on", "合同金额(万元)"]
    bad = ["P1", "甲", "420324", "2024-13-01", "1,431.0000"]
    import_file(store, write_csv("projects.csv", [header, bad]), today=today)
    write_quarantine(store, tmp_path / "q")
    corrected = _listed(tmp_path / "q", "projects")
    corrected[1][corrected[0].index("开工日期")] = "2024-01-01"
    assert import_file(store, write_csv("projects.csv", corrected), today=today).accepted == 1
    assert store.rows("SELECT contract_amount FROM projects") == [(1_431_000_000,)]


def test_quarantine_file_writes_shortened_numbers_shortened(
    store, write_xlsx, write_csv, today, tmp_path
):
    header = ["project_id", "project_name", "region_code", "started_on"]
    row = [421324202400001000, "甲", "420324", dt.date(2024, 1, 1)]
    import_file(store, write_xlsx("projects.xlsx", [header, row]), today=today)
    write_quarantine(store, tmp_path / "q")
    listed = _listed(tmp_path / "q", "projects")
    assert listed[1][4] == "4.21324202400001E+17"
    assert import_file(store, write_csv("projects.csv", listed), today=today).quarantined == 1


def test_quarantine_stores_duplicate_bad_rows_of_a_file(store, write_csv, bad, today):
    path = write_csv("payments.csv", [bad[0], bad[2], bad[2]])
    for _ in range(2):
        assert import_file(store, path, today=today).quarantined == 2
        assert quarantined_counts(store)["payments"] == 2


def test_row_corrected_once_and_bad_once_stays_in_quarantine(
    store, write_csv, bad, payments, today
):
    import_file(store, write_csv("payments.csv", bad[:1] + bad[2:3]), today=today)
    number = next(quarantined_rows(store, PAYMENTS)).id
    header, good = payments
    corrected = [
        ["隔离编号", *header],
        [number, *good],
        [number, *bad[2][:7]],
        [number, *bad[3][:7]],
    ]
    report = import_file(store, write_csv("payments.csv", corrected), today=today)
    assert (report.accepted, report.quarantined) == (1, 2)
    assert quarantined_counts(store)["payments"] == 2


def test_unknown_quarantine_id_is_ignored(store, write_csv, bad, today):
    rows = [["隔离编号", *bad[0][:7]], ["Q0", *bad[2][:7]], ["Q1", *bad[1][:7]]]
    report = import_file(store, write_csv("payments.csv", rows), today=today)
    assert (report.accepted, report.quarantined) == (1, 1)


def test_quarantine_id_of_another_table_is_ignored(store, write_csv, bad, today):
    import_file(store, write_csv("payments.csv", bad), today=today)
    numbers = [row.id for row in quarantined_rows(store, PAYMENTS)]
    rows = [["隔离编号", "org_id", "org_name"], *[[n, f"O{n}", "甲"] for n in numbers]]
    assert import_file(store, write_csv("organizations.csv", rows), today=today).accepted == 3
    assert quarantined_counts(store)["payments"] == 3


def test_quarantine_stores_huge_cells_in_full(store, write_csv, payments, today, tmp_path):
    huge = "长" * 2_500_000
    header, row = payments
    path = write_csv("payments.csv", [header, row, ["F2", huge, *row[2:]]])
    report = import_into(store, [path], today=today)
    assert report.tables["payments"].quarantined == 1
    [row] = quarantined_rows(store, PAYMENTS)
    assert row.cells["payroll_id"] == huge
    assert len(row.problems[0].found) < 100
    write_quarantine(store, tmp_path / "q")
    assert _listed(tmp_path / "q")[1][5] == "#CUT!"


def test_a_store_without_quarantine_can_be_read(tmp_path):
    path = tmp_path / "records.duckdb"
    RecordStore(path).close()
    with RecordStore(path, read_only=True) as store:
        assert list(quarantined_rows(store, PAYMENTS)) == []
        assert not any(quarantined_counts(store).values())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_problem_has_a_message(language):
    codes = [
        key.removeprefix("intake.problem.")
        for key in catalogue(language)
        if key.startswith("intake.problem.")
    ]
    assert len(codes) > 20
    for code in codes:
        assert Problem("amount", code, "x", "y").message(PAYMENTS, language)
