"""Lists of what was paid without a team, and batches that were imported before; all invented."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.worker_sheets import team_totals
from risk.intake.worker_sheets.rows import TeamMonth

PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学", "420321", "2025-03-05"],
    ["GC-02", "滨江路", "420321", "2025-03-05"],
]
PAYROLLS = ["工资表编号", "项目编码", "工资月份", "应发金额", "应发日期"]
G1 = ["G1", "GC-01", "2025-09", 900, "2025-10-31"]
LIST = ["姓名", "身份证号", "交易金额", "交易日期", "状态"]
SEPTEMBER = dt.date(2025, 9, 1)


@pytest.fixture
def send(store, write_xlsx, today):
    """Imports books by name and rows, in their order; returns the last report."""

    def run(**books):
        for name, rows in {"工程项目": PROJECTS, **books}.items():
            path = write_xlsx(f"{name}.xlsx", rows)
            report = import_into(store, [path], today=today, office=OfficeLayouts())
        return report

    return run


def bank_list(*amounts, title="河西小学2025年9月代发工资明细", more=()):
    rows = [[f"柳青{n}", f"4203211980{n:08}", one, dt.date(2025, 10, 14), "交易成功"]
            for n, one in enumerate(amounts)]  # fmt: skip
    return [[title], *more, LIST, *rows]


def payments(store):
    return store.rows("SELECT payroll_id, amount, paid_on, workers_paid FROM payments")


def asked(report):
    """Codes and fields of the notes about what was paid, or of the failure."""
    if report.failed:
        return [(one.code, one.fields["payrolls"]) for one in report.failed]
    notes = [note for file in report.files for note in file.notes]
    return [(one.code, one.needs_answer) for one in notes if one.code.startswith("worker_paid")]


def test_a_list_of_the_only_payroll_of_the_month_is_its_payment(send, store):
    report = send(工资表=[PAYROLLS, G1], 明细=bank_list(300, 500))
    assert payments(store) == [("G1", 80_000, dt.date(2025, 10, 14), 2)]
    assert asked(report) == [("worker_paid_linked", False)]
    again = send(工资表=[PAYROLLS, G1], 明细=bank_list(300, 500))
    assert [(one.accepted, one.repeated) for one in again.files] == [(0, 1)]


@pytest.mark.parametrize(("payrolls", "paid", "count"), [
    ([], (300,), 0),
    ([G1, ["G2", *G1[1:]]], (300,), 2),
    ([["G1", "GC-02", *G1[2:]]], (300,), 0),
    ([[*G1[:2], "2025-08", *G1[3:]]], (300,), 0),
    ([G1], (500, 401), 1),
])  # fmt: skip
def test_a_list_that_may_be_of_another_payroll_is_asked_about(send, store, payrolls, paid, count):
    report = send(
        工资表=[PAYROLLS, *(payrolls or [["G9", "GC-02", *G1[2:]]])], 明细=bank_list(*paid)
    )
    assert payments(store) == []
    assert asked(report) == [("worker_paid_unplaced", count)]


def test_a_list_of_payments_that_are_stored_already_counts_once(send, store):
    paid = ["发放编号", "工资表编号", "发放日期", "实发金额"]
    report = send(
        工资表=[PAYROLLS, G1], 工资发放=[paid, ["F1", "G1", "2025-10-14", 300]], 明细=bank_list(300)
    )
    assert [one for one, *_ in payments(store)] == ["G1"]
    assert asked(report) == [("worker_paid_unplaced", 1)]


def test_the_account_that_paid_says_which_project(send, store):
    accounts = ["账户编号", "项目编码", "开户日期"]
    report = send(
        工资表=[PAYROLLS, G1],
        工资专用账户=[accounts, ["811100123456", "GC-01", "2025-03-10"]],
        明细=bank_list(300, title="2025年9月代发明细", more=[["付款账号：8111 0012 3456"]]),
    )
    assert asked(report) == [("worker_paid_linked", False)]
    assert [one[:2] for one in payments(store)] == [("G1", 30_000)]
    other = bank_list(300, title="2025年9月代发明细", more=[["付款账号：811100123457"]])
    report = send(明细=other)
    assert [one.fields["lacking"] for one in report.failed] == ["项目名称"]


def test_a_list_without_days_says_that_these_are_missing(send):
    rows = [[name for name in row if name != "交易日期" and not isinstance(name, dt.date)]
            for row in bank_list(300)]  # fmt: skip
    report = send(明细=rows)
    assert [one.fields["lacking"] for one in report.failed] == ["发放日期"]


def wages(due, title):
    head = ["姓名", "工种", "应发工资", "实发工资"]
    return [[title], head, ["柳青山", "木工", due, due], ["石大川", "木工", due, due]]


TITLE = "河西小学木工班2025年9月工资表"


def stored(store):
    return store.rows("SELECT amount_due FROM payrolls ORDER BY 1")


def test_batches_that_were_added_up_before_keep_their_payroll(
    send, store, write_xlsx, today, monkeypatch
):
    send()
    batches = [wages(due, f"{TITLE}（第{number}批）") for number, due in (("一", 60), ("二", 40))]
    book = write_xlsx("工资.xlsx", batches[0], 二=batches[1])
    with monkeypatch.context() as before:
        before.setattr(team_totals, "find_batch", lambda *_: "")
        import_into(store, [book], today=today)
    whole = TeamMonth("GC-01", "木工班", SEPTEMBER).payroll_id
    assert store.rows("SELECT payroll_id FROM payrolls") == [(whole,)]
    report = import_into(store, [book], today=today)
    assert [one.repeated for one in report.files if one.table == "payrolls"] == [1]
    assert stored(store) == [(20_000,)]


def test_a_batch_with_the_sum_of_a_payroll_is_asked_about_once(send, store):
    send(工资=wages(100, TITLE))
    batch = wages(100, f"{TITLE}（第二批）")
    first, second = (send(工资=batch) for _ in range(2))
    found = [[note.code for note in one.files[0].notes if note.needs_answer]
             for one in (first, second)]  # fmt: skip
    assert ["worker_batches_counted" in codes for codes in found] == [True, False]
    assert stored(store) == [(20_000,), (20_000,)]


def test_a_batch_with_another_sum_is_a_payroll_of_its_own(send, store):
    send(工资=wages(100, TITLE))
    report = send(工资=wages(99, f"{TITLE}（第二批）"))
    assert "worker_batches_counted" not in [one.code for one in report.files[0].notes]
    assert stored(store) == [(19_800,), (20_000,)]
