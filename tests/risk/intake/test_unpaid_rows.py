"""Rows of a ledger of payments that say that nothing was paid."""

from __future__ import annotations

import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_file
from risk.intake.unpaid_rows import unpaid_test

PAYMENTS = STORED_TABLES["payments"]
HEAD = ["发放编号", "工资表编号", "发放日期", "实发金额", "状态"]


@pytest.mark.parametrize(
    ("day", "amount", "state", "unpaid"),
    [
        (None, 0, "未发", True),
        ("", "0.00", "", True),
        ("未发", "未发", None, True),
        ("待定", 0, None, True),
        (None, None, "未发放", True),  # the state says what the amount does not
        (None, None, None, False),  # unknown
        (None, 500, "未发", False),  # an amount without a day
        ("2025-10-20", 0, None, False),
        (None, 0, "已发放", False),  # the row contradicts itself
    ],
)
def test_a_row_without_a_day_that_says_so_is_no_payment(day, amount, state, unpaid):
    columns = {"payment_id": 0, "payroll_id": 1, "paid_on": 2, "amount": 3}
    test = unpaid_test(PAYMENTS, columns)
    assert test(["F1", "G1", day, amount, state]) is unpaid


def test_a_row_that_ends_early_is_as_if_its_cells_were_empty():
    columns = {"payment_id": 0, "amount": 1, "paid_on": 2}
    assert unpaid_test(PAYMENTS, columns)(["F1", 0])


def test_only_payments_with_a_day_and_an_amount_are_looked_at():
    assert unpaid_test(PAYMENTS, {"amount": 1}) is None
    assert unpaid_test(STORED_TABLES["transfers"], {"amount": 1, "paid_on": 2}) is None


@pytest.mark.parametrize("form", ["write_csv", "write_xlsx"])
def test_rows_not_paid_are_set_aside_with_the_reason(form, store, today, request):
    rows = [
        HEAD,
        ["F1", "G1", "2025-10-16", 7000, "已发放"],
        ["F2", "G2", None, 0, "未发"],
        ["F3", "G3", "未发", 0, "未发"],
        ["F4", "G4", None, 500, "已发放"],
    ]
    suffix = form.removeprefix("write_")
    path = request.getfixturevalue(form)(f"工资发放.{suffix}", rows)
    report = import_file(store, path, today=today, lenient=True)
    assert (report.read, report.accepted, report.set_aside, report.quarantined) == (4, 1, 2, 1)
    [note] = report.notes
    assert (note.code, note.fields["rows"], note.needs_answer) == ("unpaid_rows", 2, False)
    assert store.rows("SELECT payment_id, amount FROM payments") == [("F1", 700_000)]


@pytest.mark.parametrize(
    "amount", [0, 0.0, "0.000", "￥0.00", "0 元", ".00", "0.00万元", "０", "未付"]
)
def test_a_zero_in_any_spelling_says_that_nothing_was_paid(amount):
    assert unpaid_test(PAYMENTS, {"paid_on": 0, "amount": 1})([None, amount])


@pytest.mark.parametrize("amount", [None, "", "0.01", "约？", "-", "不详"])
def test_an_amount_that_is_unknown_or_unreadable_does_not_say_so(amount):
    assert not unpaid_test(PAYMENTS, {"paid_on": 0, "amount": 1})([None, amount])
