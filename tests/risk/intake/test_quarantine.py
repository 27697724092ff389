import csv
import datetime as dt
import json

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_file, import_into, import_paths
from risk.intake.quarantine import quarantined_counts, quarantined_rows, write_quarantine
from risk.intake.row_errors import Problem
from risk.locale import catalogue
from risk.store.store import RecordStore
from risk.workspace import Workspace

PAYMENTS = TABLES["payments"]


def _listed(folder, table="payments"):
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


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
    assert rows[0][4:] == ["F2", "", "2024年13月5日", "'-5", "3.5", "转账", "2024-05-21"]
    assert rows[1][7] == "'=1+1"


def test_quarantine_never_stores_other_columns(store, write_csv, bad, today):
    import_file(store, write_csv("payments.csv", bad), today=today)
    assert "秘密" not in json.dumps(store.rows("FROM quarantine"), ensure_ascii=False)


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
    workspace = Workspace(tmp_path)
    long = [*bad[1][:7], "", "多", "余"]
    short = ["F9", "G1", "2024-05-20", "131921.1"]
    import_paths(workspace, [write_csv("payments.csv", [*bad, long, short])], today=today)
    before = _listed(workspace.quarantine)
    assert len(before) == 6
    report = import_paths(workspace, [workspace.quarantine], today=today)
    assert report.tables["payments"].quarantined == 5
    assert report.tables["payments"].accepted == 0
    assert [row[0] for row in _listed(workspace.quarantine)] == [row[0] for row in before]
    again = _listed(workspace.quarantine)
    import_paths(workspace, [workspace.quarantine], today=today)
    assert _listed(workspace.quarantine) == again


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
    assert not (workspace.quarantine / "payments.csv").exists()
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
    huge = "长" * 3_500_000
    header, row = payments
    path = write_csv("payments.csv", [header, row, ["F2", huge, *row[2:]]])
    report = import_into(store, [path], today=today)
    assert report.tables["payments"].quarantined == 1
    [row] = quarantined_rows(store, PAYMENTS)
    assert row.cells["payroll_id"] == huge
    assert len(row.problems[0].found) < 100
    write_quarantine(store, tmp_path / "q")
    again = import_into(store, [tmp_path / "q" / "payments.csv"], today=today)
    assert again.tables["payments"].quarantined == 1


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
