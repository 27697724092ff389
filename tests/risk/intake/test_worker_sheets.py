"""Wage sheets, attendance sheets and rosters with one row per worker, read as totals."""

from __future__ import annotations

import csv
import datetime as dt
import random
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.intake.importer import import_into, import_paths
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.trial import try_files
from risk.intake.worker_sheets import has_worker_sheets
from risk.intake.worker_sheets.blocks import Block, Group, Written
from risk.intake.worker_sheets.heads import read_head
from risk.intake.worker_sheets.labels import Label, Labels, read_labels
from risk.intake.worker_sheets.marks import DayMarks, read_legend
from risk.intake.worker_sheets.places import SourceNames as Names
from risk.intake.worker_sheets.places import find_month, month_of, team_in
from risk.store.store import RecordStore
from risk.workspace import Workspace

PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学1号楼", "420321", "2025-03-05"],
    ["GC-11", "河西小学11号楼", "420321", "2025-03-05"],
]
WAGES = [
    "序号",
    "姓名",
    "身份证号码",
    "工种",
    "出勤天数",
    "日工资",
    "应发工资",
    "扣款",
    "实发工资",
    "卡号",
    "签字",
]
TITLES = [
    ["农民工工资表"],
    ["项目名称：河西小学1号楼", None, "班组：木工班", None, "工资月份：2025年9月"],
]
SEPTEMBER = dt.date(2025, 9, 1)
NAMES = ("柳青山", "石大川", "江小河")
IDS = ("420321198001010017", "420321198102020025", "420321198203030033")


def worker(number, due, paid, days=20):
    """Row of a wage sheet."""
    name, identity = NAMES[number], IDS[number]
    card = f"62284800000000000{number:02}"
    return [number + 1, name, identity, "木工", days, 300, due, 0, paid, card, name]


def grid(number, marks, total=None):
    """Row of an attendance sheet of a month with 30 days; the days after ``marks`` are blank."""
    return [number + 1, NAMES[number], *marks, *[None] * (30 - len(marks)), total]


DAYS = ["序号", "姓名", *range(1, 31), "合计"]


@pytest.fixture
def folder(tmp_path):
    """Writes workbooks with sheets by name, or CSV files, into one folder of imports."""

    def write(name, merges=(), **sheets):
        if name.endswith(".csv"):
            return write_rows(name, *sheets.values())
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        for cells in merges:
            workbook.worksheets[0].merge_cells(cells)
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        workbook.save(path)
        return tmp_path / "in"

    def write_rows(name, rows):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        width = max(map(len, rows))
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([*row, *[None] * (width - len(row))] for row in rows)
        return tmp_path / "in"

    write("工程项目.csv", S=PROJECTS)
    return write


def codes(report):
    return {note.code for file in report.files for note in file.notes}


def failures(report):
    return [(one.code, one.fields["lacking"]) for one in report.failed]


def payrolls(store):
    return store.rows("SELECT project_id, period, workers, amount_due FROM payrolls ORDER BY ALL")


def presence(store):
    """Attendance as known in the end: project, month, registered, present, days, contracts."""
    return store.rows(
        "SELECT project_id, period, workers_registered, workers_present, worker_days,"
        " workers_with_contract FROM attendance_versions WHERE superseded_at IS NULL ORDER BY ALL"
    )


def test_a_wage_sheet_is_a_payroll_of_its_team(store, folder, today):
    total = ["合计", None, None, None, 40, None, "12,300.50", None, 12_000.5]
    rows = [*TITLES, WAGES, worker(0, 6000.5, 5800.5), worker(1, 6300, 6200), total]
    report = import_into(
        store, [folder("九月.xlsx", 表=[*rows, ["班组长：", None, "项目经理："]])], today=today
    )
    assert payrolls(store) == [("GC-01", SEPTEMBER, 2, 1_230_050)]
    assert store.rows("SELECT due_on FROM payrolls") == [(dt.date(2025, 10, 31),)]
    assert store.rows("FROM payments") == []
    assert codes(report) == {"worker_totals", "worker_due_by_rule", "worker_no_paid_on"}
    notes = [note for file in report.files for note in file.notes]
    assert [one.needs_answer for one in notes if one.code == "worker_totals"] == [False]
    assert report.files[1].sheets[0].ignored == ("序号", "工种", "出勤天数", "日工资", "扣款")


def test_sheets_of_workers_are_looked_for_in_files_of_any_name_unless_named(folder):
    for name in ("九月.xlsx", "工资九月.xlsx", "工资说明.xlsx"):
        rows = [*TITLES, WAGES, worker(0, 6000, 5800)] if "九月" in name else [["说明"]]
        place = folder(name, 表=rows)
    found = {
        one.name: (has_worker_sheets(one), has_worker_sheets(one, named=True))
        for one in place.glob("*.xlsx")
    }
    assert found == {
        "九月.xlsx": (True, False),
        "工资九月.xlsx": (True, True),
        "工资说明.xlsx": (False, False),
    }


def test_a_stated_day_of_payment_makes_a_payment(store, folder, today):
    titles = [*TITLES, ["发放方式：银行代发", "约定发放日期：次月15日"]]
    rows = [*titles, WAGES, worker(0, 6000, 5000), worker(1, 6300, 0), ["发放日期：2025年10月14日"]]
    report = import_into(store, [folder("九月.csv", 表=rows)], today=today)
    assert store.rows("SELECT paid_on, amount, workers_paid, channel FROM payments") == [
        (dt.date(2025, 10, 14), 500_000, 1, "bank")
    ]
    assert store.rows("SELECT due_on FROM payrolls") == [(dt.date(2025, 10, 15),)]
    assert codes(report) == {"worker_totals"}


def test_the_same_sheet_again_is_repeated_and_the_next_month_is_new(store, folder, today):
    rows = [*TITLES, WAGES, worker(0, 6000, 6000)]
    place = folder("a.csv", 表=rows)
    import_into(store, [place], today=today)
    again = import_into(store, [place], today=today + dt.timedelta(30))
    assert [(file.accepted, file.repeated) for file in again.files] == [(0, 2), (0, 1)]
    later = [TITLES[0], [*TITLES[1][:4], "工资月份：2025年10月"], WAGES, worker(0, 6100, 6100)]
    import_into(store, [folder("a.csv", 表=later)], today=today)
    assert [(month, due) for _, month, _, due in payrolls(store)] == [
        (SEPTEMBER, 600_000),
        (dt.date(2025, 10, 1), 610_000),
    ]


@pytest.mark.parametrize("name", [
    "河西小学1号楼木工班2025年9月工资.csv",
    "河西小学1号楼工程项目2025年9月木工班工资发放表.xlsx",
    "2025年9月/河西小学1号楼/木工班工资发放表.csv",
])  # fmt: skip
def test_project_and_month_may_be_in_the_names_of_files_and_folders(store, folder, today, name):
    import_into(store, [folder(name, Sheet1=[WAGES, worker(0, 6000, 6000)])], today=today)
    assert payrolls(store) == [("GC-01", SEPTEMBER, 1, 600_000)]


def test_a_sheet_per_month_takes_the_year_from_the_title(store, folder, today):
    august, september = (
        [["2025年河西小学11号楼工资表"], WAGES, worker(0, due, due)] for due in (500, 700)
    )
    import_into(store, [folder("工资.xlsx", **{"8月": august, "九月": september})], today=today)
    assert payrolls(store) == [
        ("GC-11", dt.date(2025, 8, 1), 1, 50_000),
        ("GC-11", SEPTEMBER, 1, 70_000),
    ]


def test_teams_in_a_column_and_in_blocks_are_apart(store, folder, today):
    head = ["班组", "姓名", "身份证号", "应发金额（元）", "实发金额（元）"]
    column = [["河西小学1号楼2025年9月工资"], head, ["瓦工班", NAMES[0], IDS[0], 100, 100]]
    column += [["电工班", NAMES[1], IDS[1], 200, 200], [None, NAMES[2], IDS[2], 300, 300]]
    blocks = [
        ["河西小学11号楼2025年9月工资"],
        ["班组：瓦工班"],
        head[1:],
        [NAMES[0], IDS[0], 40, 40],
    ]
    blocks += [["小计", None, 40, 40], ["班组：电工班"], head[1:], [NAMES[1], IDS[1], 50, 50]]
    place = folder("9月工资.xlsx", merges=["A4:A5"], 一=column, 二=blocks)
    report = import_into(store, [place], today=today)
    assert payrolls(store) == [
        ("GC-01", SEPTEMBER, 1, 10_000),
        ("GC-01", SEPTEMBER, 2, 50_000),
        ("GC-11", SEPTEMBER, 1, 4_000),
        ("GC-11", SEPTEMBER, 1, 5_000),
    ]
    assert "worker_total_differs" not in codes(report)


def test_a_total_that_differs_from_its_rows_is_reported(store, folder, today):
    rows = [*TITLES, WAGES, worker(0, 6000, 6000), ["合计", *[None] * 5, 9000, None, 6000]]
    report = import_into(store, [folder("九月.csv", 表=rows)], today=today)
    note = next(one for one in report.files[1].notes if one.code == "worker_total_differs")
    assert (note.fields["stated"], note.fields["added"]) == ("9000.00", "6000.00")
    assert note.needs_answer
    assert payrolls(store) == [("GC-01", SEPTEMBER, 1, 600_000)]


def test_a_missing_amount_makes_the_sum_unknown_unless_the_total_confirms_it(store, folder, today):
    rows = [*TITLES, WAGES, worker(0, 6000, 6000), worker(1, None, None)]
    missing = import_into(store, [folder("九月.csv", 表=rows)], today=today)
    assert [one.code for one in missing.failed] == ["worker_sheet_unplaced"]
    rows.append(["合计", *[None] * 5, 6000, None, 6000])
    confirmed = import_into(store, [folder("九月.csv", 表=rows)], today=today)
    assert payrolls(store) == [("GC-01", SEPTEMBER, 1, 600_000)]
    assert not {"worker_no_due", "worker_no_paid"} & codes(confirmed)


def test_formulas_without_saved_values_are_named(store, folder, today):
    rows = [*TITLES, WAGES, [*worker(0, "=E4*F4", 6000)], worker(1, 5000, 5000)]
    grids = [*TITLES, DAYS, grid(0, ["√"])]
    report = import_into(store, [folder("九月.xlsx", 表=rows, 考勤=grids)], today=today)
    assert {"worker_unsaved", "worker_no_due"} <= codes(report)
    assert payrolls(store) == []


def test_an_attendance_sheet_counts_marks_halves_and_hours(store, folder, today):
    marks = [*TITLES, DAYS, grid(0, ["√"] * 20 + ["半", 0.5, "○", "休"], 21), grid(1, ["×"] * 30)]
    report = import_into(store, [folder("考勤9月.csv", 表=marks)], today=today)
    assert presence(store) == [("GC-01", SEPTEMBER, None, 1, 21, None)]
    assert codes(report) == {"worker_totals"}
    hours = [["河西小学11号楼2025年9月考勤"], DAYS, grid(0, [8, 10, 6], 24), grid(2, [4])]
    told = import_into(store, [folder("考勤9月.csv", 表=hours)], today=today)
    assert presence(store)[1] == ("GC-11", SEPTEMBER, None, 2, 4, None)  # 3 + 0.5 days
    assert codes(told) == {"worker_totals", "worker_hours"}


def test_morning_and_afternoon_are_half_days_and_overtime_is_none(store, folder, today):
    head = ["姓名", "时段", *[f"{day}日" for day in range(1, 32)]]
    rows = [
        ["河西小学1号楼木工班2025年8月"],
        head,
        [NAMES[0], "上午", "√", "√"],
        [None, "下午", "√"],
    ]
    rows.append([None, "加班", None, 3])
    import_into(store, [folder("考勤.xlsx", merges=["A3:A5"], 表=rows)], today=today)
    assert presence(store) == [("GC-01", dt.date(2025, 8, 1), None, 1, 2, None)]  # 1.5 days


def test_unknown_marks_and_totals_that_differ_are_reported(store, folder, today):
    rows = [*TITLES, DAYS, grid(0, ["√", "¤"]), grid(1, ["√", "√"], 5)]
    unknown = import_into(
        store, [folder("考勤.xlsx", 表=rows, 工资=[*TITLES, WAGES, worker(0, 1, 1)])], today=today
    )
    assert {"worker_days_unclear", "worker_days_differ"} <= codes(unknown)
    assert presence(store) == []
    [alone] = import_into(store, [folder("考勤.xlsx", 表=rows)], today=today).failed
    assert alone.fields["lacking"] == "考勤符号的说明"
    rows.append(["注：出勤√ 半天¤ 休息×"])
    import_into(store, [folder("考勤.xlsx", 表=rows)], today=today)
    assert presence(store) == [("GC-01", SEPTEMBER, None, 2, 4, None)]  # 1.5 + 2 days


def test_a_roster_and_an_attendance_sheet_complete_each_other(store, folder, today):
    head = ["序号", "姓名", "身份证号", "工种", "进场日期", "退场日期", "是否签订劳动合同"]
    rows = [["河西小学1号楼木工班农民工花名册（2025年9月）"], head]
    rows += [[1, NAMES[0], IDS[0], "木工", "2025-08-01", None, "是"]]
    rows += [[2, NAMES[1], IDS[1], "木工", "2025-09-30", None, "否"]]
    rows += [[3, NAMES[2], IDS[2], "木工", "2025-03-01", "2025-08-31", "是"]]
    folder("河西小学1号楼木工班2025年9月花名册.csv", 表=rows)
    place = folder("河西小学1号楼木工班2025年9月考勤.csv", 表=[DAYS, grid(0, ["√"] * 3)])
    import_into(store, [place], today=today)
    assert presence(store) == [("GC-01", SEPTEMBER, 2, 1, 3, 1)]
    again = import_into(store, [place], today=today)
    assert sum(file.accepted for file in again.files) == 0


def test_two_teams_without_contracts_do_not_overwrite_each_other(store, folder, today):
    for team, days in (("木工班", 2), ("钢筋班", 3)):
        rows = [DAYS, grid(0, ["√"] * days)]
        place = folder(f"河西小学1号楼{team}2025年9月考勤表.csv", 表=rows)
    import_into(store, [place], today=today)
    assert [row[4] for row in presence(store)] == [2, 3]


def test_the_contract_of_the_team_is_found_by_its_name(store, folder, today):
    head = ["合同编号", "项目编码", "承包方名称", "签订日期"]
    folder("承包合同.csv", S=[head, ["HT-7", "GC-01", "木工班", "2025-03-10"]])
    place = folder("工资.csv", 表=[*TITLES, WAGES, worker(0, 1, 1)])
    import_into(store, [place], today=today)
    assert store.rows("SELECT contract_id FROM payrolls") == [("HT-7",)]


@pytest.mark.parametrize(("title", "lacking"), [
    ("河西小学2号楼2025年9月工资表", "项目名称"),
    ("项目名称：河西小学1号楼", "工资月份"),
    ("河西小学1号楼 制表日期：2025年10月8日", "工资月份"),
    ("河西小学1号楼2025年8-9月工资表", "工资月份"),
    ("工资表", "项目名称、工资月份"),
])  # fmt: skip
def test_what_cannot_be_placed_says_what_to_add(store, folder, today, title, lacking):
    place = folder("工资表.csv", 表=[[title], WAGES, worker(0, 1, 1)])
    report = import_into(store, [place], today=today)
    assert failures(report) == [("worker_sheet_unplaced", lacking)]
    assert lacking in report.failed[0].message("zh")
    assert payrolls(store) == []


def test_a_list_of_wages_owed_is_no_wage_sheet(store, folder, today):
    rows = [["河西小学1号楼2025年9月拖欠工资明细"], WAGES, worker(0, 1, 1)]
    report = import_into(store, [folder("工资表.csv", 表=rows)], today=today)
    assert [one.code for one in report.failed] == ["worker_claims"]


def test_projects_of_the_same_workbook_count_and_other_sheets_are_named(store, folder, today):
    place = folder(
        "九月工资.xlsx", 说明=[["封面"]], 项目=PROJECTS, 表=[*TITLES, WAGES, worker(0, 9, 9)]
    )
    (place / "工程项目.csv").unlink()
    import_into(store, [place], today=today)
    assert payrolls(store) == [("GC-01", SEPTEMBER, 1, 900)]


def test_a_trial_shows_totals_and_nothing_about_persons(store, folder, today):
    import_into(store, [folder("工程项目.csv", S=PROJECTS)], today=today)
    place = folder("九月.csv", S=[*TITLES, WAGES, worker(0, 6000, 6000)])
    [trial] = [one for one in try_files([place], OfficeLayouts(), store) if one.file == "九月.csv"]
    assert trial.is_readable
    assert [(one.table, len(one.records)) for one in trial.workers.totals] == [("payrolls", 1)]
    assert not any(secret in str(trial) for secret in (*NAMES, *IDS))
    assert payrolls(store) == []


def test_ledgers_that_name_persons_are_not_worker_level():
    for head in (
        ["投诉编号", "受理日期", "姓名", "身份证号", "应发工资", "实发工资"],
        ["项目编码", "项目名称", "劳资专管员姓名", "联系电话", "合同金额"],
        ["姓名", "单位", "备注"],
    ):
        assert read_head((1, head), (), ()) is None


def test_nothing_about_a_person_is_stored(tmp_path, folder, today):
    attendance = [*TITLES, DAYS, grid(0, ["√"]), grid(1, ["？"])]
    rows = [*TITLES, WAGES, worker(0, 6000, 6000), worker(1, None, 5), ["合计", *[None] * 5, 9]]
    folder("工资.xlsx", 表=rows, 考勤=attendance)
    place = folder("未知项目工资.xlsx", 表=[WAGES, worker(2, 10, 10)])
    workspace = Workspace(tmp_path / "office")
    workspace.root.mkdir()
    report = import_paths(workspace, [place], today=today)
    with RecordStore(workspace.records) as store:
        tables = [name for (name,) in store.rows("SELECT table_name FROM duckdb_tables()")]
        stored = "".join(str(store.rows(f"FROM {name}")) for name in tables)
    files = [path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()]
    said = f"{stored}{report.as_json()}{report.as_json('en')}"
    for secret in (*NAMES, *IDS, "622848"):
        assert secret not in said
        assert not any(secret.encode() in content for content in files)


@pytest.mark.parametrize(("text", "expected"), [
    ("2025年9月1日至2025年9月30日", SEPTEMBER),
    ("2025.9.1-9.30", SEPTEMBER),
    ("工资表202509", SEPTEMBER),
    ("2025年10月8日", None),
    ("2025年8月26日至2025年9月25日", None),
    ("2025年第三季度", None),
    ("九月", None),
])  # fmt: skip
def test_month_of_a_text(text, expected):
    assert month_of(text, None) == expected


def test_a_day_is_the_month_of_a_roster_only():
    labels, names = read_labels([["填报日期：2025年9月30日"]]), Names("Sheet1", "花名册")
    assert find_month(None, labels, names) is None
    assert find_month(None, labels, names, snapshot=True) == SEPTEMBER


def test_labels_with_values_in_the_next_cell():
    labels = read_labels(
        [["工程名称", None, "河西小学  施工班组：木工班", "月份", dt.datetime(2025, 9, 1)]]
    )
    assert labels.text(Label.PROJECT).startswith("河西小学")
    assert labels.values[Label.MONTH] == dt.datetime(2025, 9, 1)


@pytest.mark.parametrize(("text", "team"), [
    ("2025年9月钢筋班考勤表", "钢筋班"),
    ("某某建筑有限公司泥工一组工资表", "泥工一组"),
    ("各班组工资汇总", ""),
    ("上班考勤表", ""),
])  # fmt: skip
def test_team_in_a_title(text, team):
    assert team_in(text) == team


def test_circles_are_absence_only_beside_ticks():
    assert DayMarks(ticked=True).value("○") == 0
    assert DayMarks(ticked=False).value("○") is None
    assert DayMarks(read_legend(["○出勤 ×缺勤"]), ticked=False).value("○") == 1


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_totals_do_not_depend_on_the_order_of_rows(amounts, shuffled: random.Random):
    head = read_head((1, ["姓名", "身份证号", "应发工资", "实发工资"]), (), ())
    rows = [
        (f"工人{i}", f"{i:018}", due / 100, paid / 100) for i, (due, paid) in enumerate(amounts)
    ]

    def group(order) -> Group:
        block = Block(head, Labels(), None)
        for row in order:
            block.add(row, row[0])
        return block.groups[Written()]

    mixed = list(rows)
    shuffled.shuffle(mixed)
    one, other = group(rows), group(mixed)
    assert one == other
    assert one.due == sum(due for due, _ in amounts)
    assert len(one.due_to) == sum(due > 0 for due, _ in amounts)
    assert Decimal(one.due) >= 0
