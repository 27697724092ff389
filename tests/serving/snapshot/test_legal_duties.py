"""The tables a rule looks into decide whether a duty without a breach is met or unknown."""

from __future__ import annotations

from risk.flags import RULES
from serving.snapshot.legal_duties import tables_of

EXPECTED = {
    "group_complaint_open": "cases complaints",
    "correction_overdue": "inspections projects",
    "notice_board_missing": "",
    "wages_overdue": "payments payrolls",
    "wages_partly_paid": "payments payrolls",
    "attendance_month_unpaid": "payments",
    "wages_stopped_in_dispute": "disputes payments payrolls",
    "paid_through_foreman": "payments payrolls",
    "paid_in_cash": "payments payrolls",
    "pay_below_minimum": "",
    "payroll_missing": "payments payrolls",
    "attending_without_pay_record": "payrolls",
    "fewer_paid_than_attending": "payments",
    "labour_cost_overdue": "transfers",
    "transfers_stopped_in_dispute": "disputes transfers",
    "labour_cost_short": "transfers",
    "labour_cost_cycle_long": "transfers",
    "labour_share_low": "",
    "government_project_prefinanced": "",
    "payment_guarantee_missing": "",
    "account_missing": "accounts",
    "account_closed_early": "accounts",
    "account_not_recorded": "accounts",
    "deposit_not_refilled": "deposits",
    "deposit_missing": "deposits",
    "deposit_short": "deposits",
    "deposit_expired": "deposits",
    "deposit_not_recorded": "deposits",
    "workers_unregistered": "",
    "workers_without_contract": "",
    "contractor_listed": "contracts listings",
    "owner_listed": "listings",
    "subcontract_to_individual": "contracts",
    "oral_subcontract": "contracts",
}


def test_tables_of_each_rule():
    assert {rule.code: " ".join(sorted(tables_of(rule))) for rule in RULES} == EXPECTED
