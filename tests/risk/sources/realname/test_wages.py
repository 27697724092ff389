"""Payrolls and payments of a project, worked out by hand."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from risk.sources.realname.answers import read_answer
from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.identities import Identities
from risk.sources.realname.values import Dates
from risk.sources.realname.wages import (
    DueRule,
    contract_finder,
    merged,
    read_payroll,
    wage_rows,
)

DIALECT = load_dialect()
FIRM = "91510822MA00000001"
Rows = dict[str, list[dict[str, Any]]]


def detail(person: str | None, due: Any, paid: Any = None, on: Any = None, **more: Any) -> Any:
    return {
        "idCardNumber": person,
        "totalPayAmount": due,
        "actualAmount": paid,
        "balanceDate": on,
        **more,
    }


def back_pay(person: str, paid: Any, on: str, month: str | None) -> Any:
    return detail(person, 9999, paid, on, isBackPay=1, backPayMonth=month)


def payroll(month: str, *details: Any, code: str | None = None, corp: Any = FIRM) -> Any:
    return {
        "projectCode": "P1",
        "corpCode": corp,
        "teamSysNo": 7,
        "payMonth": month,
        "payRollCode": code,
        "detailList": list(details),
    }


def pulled(*payrolls: Any, since: dt.date | None = None) -> Rows:
    data = {"totalCount": len(payrolls), "rows": list(payrolls)}
    body = json.dumps({"code": "0", "data": data}).encode()
    answer = read_answer(body, DIALECT.methods["payrolls"], DIALECT, Identities())
    dates = Dates(DIALECT)
    found = merged(read_payroll(row, DIALECT, dates) for row in answer.rows)
    rows: Rows = {"payrolls": [], "payments": []}
    for table, cells in wage_rows(
        "P1",
        found,
        DueRule(),
        contract_of=contract_finder("P1", frozenset()),
        since=since,
        until=dt.date(2026, 1, 19),
    ):
        rows[table].append(dict(cells))
    return rows


def test_a_payroll_and_its_payment():
    rows = pulled(
        payroll(
            "2025-11",
            detail("a", 6000.5, 6000.5, "2025-12-15", payBankCode="102"),
            detail("b", "5,000", 4000, "2025-12-15 10:00:00", payBankCode="102"),
            code="GZ1",
        )
    )
    assert rows == {
        "payrolls": [
            {
                "payroll_id": "GZ1",
                "project_id": "P1",
                "contract_id": f"P1-{FIRM}",
                "period": "2025-11",
                "workers": 2,
                "amount_due": Decimal("11000.5"),
                "due_on": dt.date(2025, 12, 31),
            }
        ],
        "payments": [
            {
                "payment_id": "GZ1-20251215",
                "payroll_id": "GZ1",
                "paid_on": dt.date(2025, 12, 15),
                "amount": Decimal("10000.5"),
                "workers_paid": 2,
                "channel": "bank",
            }
        ],
    }


def test_instalments_are_one_payment_a_day():
    """A second payment to a worker who is listed once more without due."""
    rows = pulled(
        payroll(
            "2025-11",
            detail("a", 6000, 3000, "2025-12-10"),
            detail("b", 5000, 5000, "2025-12-10", payBankCode="102"),
            detail("a", 0, 3000, "2026-01-05", payBankCode="102"),
        )
    )
    [due] = rows["payrolls"]
    assert (due["payroll_id"], due["workers"], due["amount_due"]) == (
        f"P1-{FIRM}-7-2025-11",
        2,
        11000,
    )
    paid = [(one["amount"], one["workers_paid"], one["channel"]) for one in rows["payments"]]
    assert paid == [(8000, 2, None), (3000, 1, "bank")]


def test_back_pay_is_a_payment_of_its_months_payroll_and_no_wage():
    rows = pulled(
        payroll("2025-10", detail("a", 6000), detail("b", 5000), code="GZ10"),
        payroll(
            "2025-12",
            detail("a", 7000, 7000, "2026-01-10"),
            back_pay("a", 2000, "2026-01-10", "2025-10"),
            back_pay("b", 1000, "2026-01-10", "2025-10-01"),
            code="GZ12",
        ),
    )
    assert [(one["payroll_id"], one["amount_due"]) for one in rows["payrolls"]] == [
        ("GZ10", 11000),
        ("GZ12", 7000),
    ]
    paid = {one["payroll_id"]: one["amount"] for one in rows["payments"]}
    assert paid == {"GZ10": 3000, "GZ12": 7000}


def test_back_pay_goes_to_the_payroll_of_the_people_paid():
    rows = pulled(
        payroll("2025-10", detail("a", 6000), code="GZ1"),
        payroll("2025-10", detail("b", 5000), code="GZ2"),
        payroll("2026-01", back_pay("b", 5000, "2026-01-10", "2025-10"), code="GZ3"),
    )
    assert [one["payroll_id"] for one in rows["payrolls"]] == ["GZ1", "GZ2"]
    assert [one["payroll_id"] for one in rows["payments"]] == ["GZ2"]


def test_back_pay_of_a_month_that_was_never_declared_waits_for_its_payroll():
    rows = pulled(payroll("2026-01", back_pay("b", 5000, "2026-01-10", "2025-09")))
    assert rows["payrolls"] == []
    assert [one["payroll_id"] for one in rows["payments"]] == [f"P1-{FIRM}-7-2025-09"]


def test_unknown_stays_unknown():
    rows = pulled(
        payroll("2025-10", detail("a", None, 100, "2025-11-10"), detail("b", 5000), code="A"),
        payroll("2025-10", detail(None, 100), detail("b", 200), code="B"),
        payroll("2025-10", code="C"),
        payroll("2025-10", detail("a", 900, None, "2025-11-10"), code="D"),
        payroll("2025-10", detail("a", 900, 900, None), code="E"),
        payroll("2026-01", back_pay("a", 50, "2026-01-05", None), code="F"),
        payroll("soon", detail("a", 900), code="G"),
    )
    due = {one["payroll_id"]: one for one in rows["payrolls"]}
    assert {code: (one["amount_due"], one["workers"]) for code, one in due.items()} == {
        "A": (None, 2),
        "B": (300, None),
        "C": (None, None),
        "D": (900, 1),
        "E": (900, 1),
        "G": (900, 1),
    }
    assert due["G"]["period"] is due["G"]["due_on"] is None
    paid = {one["payroll_id"]: (one["amount"], one["paid_on"]) for one in rows["payments"]}
    assert paid == {
        "A": (100, dt.date(2025, 11, 10)),
        "D": (None, dt.date(2025, 11, 10)),
        "E": (900, None),
        None: (50, dt.date(2026, 1, 5)),
    }


def test_nothing_paid_is_no_payment_and_the_future_has_not_come():
    rows = pulled(
        payroll(
            "2025-12",
            detail("a", 900, 0, "2026-01-10"),
            detail("b", 900),
            detail("c", 900, 900, "2026-01-20"),
        )
    )
    assert rows["payments"] == []


def test_a_payroll_that_comes_twice_counts_once_and_its_parts_are_added_up():
    one = payroll("2025-11", detail("a", 100, 100, "2025-12-01"), code="GZ1")
    other = payroll("2025-11", detail("b", 50, 50, "2025-12-01"), code="GZ1")
    rows = pulled(one, other, one)
    assert [(row["amount_due"], row["workers"]) for row in rows["payrolls"]] == [(150, 2)]
    assert [(row["amount"], row["workers_paid"]) for row in rows["payments"]] == [(150, 2)]


def test_months_before_the_first_are_left_out_with_their_payments():
    rows = pulled(
        payroll("2025-10", detail("a", 100, 100, "2025-12-01"), code="GZ1"),
        payroll(
            "2025-11",
            detail("a", 200, 200, "2025-12-01"),
            back_pay("a", 9, "2025-12-02", "2025-10"),
            code="GZ2",
        ),
        since=dt.date(2025, 11, 15),
    )
    assert [one["payroll_id"] for one in rows["payrolls"]] == ["GZ2"]
    assert [one["payment_id"] for one in rows["payments"]] == ["GZ2-20251201"]


def test_a_firm_known_by_an_identity_number_has_no_contract():
    rows = pulled(payroll("2025-11", detail("a", 100), corp="11010519491231002X"))
    [due] = rows["payrolls"]
    assert due["contract_id"] is None
    assert "11010519491231002X" not in repr(rows)
