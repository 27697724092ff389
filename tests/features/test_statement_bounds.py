"""From which value on a statement is made, and the value of each feature with its duty met.

Both tables are written out, not read from the catalogue: a bound that changes there by mistake
changes what is argued before a contractor.
"""

from __future__ import annotations

from features.feature_sets import ALL_FEATURES

RAISES_FROM = {
    1: (
        *("complaints_90d", "complaints_365d", "complaints_all", "contractor_complaints_365d"),
        *("events_all", "events_365d", "contractor_events_365d", "last_inspection_found"),
        *("rectification_overdue", "cases_open", "listed", "disputes_open", "dispute_open_days"),
        *("deposit_lapsed_days", "deposit_drawn", "advance_funded", "settled_at_completion"),
        "attendance_months_missing_6m",
    ),
    3: (
        *("contract_depth", "delay_days_3m", "delay_days_12m", "payroll_lag_days"),
        *("transfer_delay_3m", "transfer_delay_12m"),
    ),
    31: ("oldest_unpaid_days", "transfer_oldest_days", "account_delay_days"),
    45: ("attendance_silent_days",),
    100: ("unpaid_per_worker",),
    1_000: ("unpaid_amount", "transfer_short_amount"),
    10_000: ("contractor_overdue_loans", "owner_overdue_loans"),
    0.001: ("person_share", "oral_share", "complaint_amount_share"),
    0.01: (
        *("unpaid_share_3m", "unpaid_share_12m", "unpaid_overdue_share", "open_teams_share"),
        *("foreman_share_3m", "foreman_share_12m", "returned_share_3m", "dispute_open_share"),
        *("transfer_short_share_3m", "transfer_short_share_12m"),
        *("contractor_unpaid_share", "owner_short_share"),
    ),
    0.05: ("late_share_3m", "late_share_12m", "cash_share_3m"),
    0.1: ("unpaid_months",),
    0.3: ("below_minimum_share_3m",),
}
"""Features that raise the risk at or above a value."""

RAISES_UP_TO = {
    0.8: ("contractor_insured_ratio", "electricity_ratio", "insured_last_ratio"),
    0.9: ("registered_share", "contract_signed_share"),
}
"""Features that raise the risk at or below a value."""

LOWERS = {
    **dict.fromkeys(("unpaid_share_3m", "transfer_short_share_3m"), (None, 0)),
    **dict.fromkeys(("account_open", "deposit_valid", "notice_board"), (1, None)),
}
"""The lowest and the highest value at which a feature lowers the risk."""

COMPLIANT = {
    **dict.fromkeys(("account_open", "deposit_valid", "notice_board"), 1),
    **dict.fromkeys(("registered_share", "contract_signed_share"), 1),
    **dict.fromkeys(("unpaid_share_1m", "unpaid_share_3m", "unpaid_share_12m"), 0),
    **dict.fromkeys(("unpaid_months", "unpaid_overdue_share", "unpaid_amount"), 0),
    **dict.fromkeys(("unpaid_per_worker", "oldest_unpaid_days", "open_roll_share_3m"), 0),
    **dict.fromkeys(("open_teams_share", "worst_team_unpaid_share", "workers_unpaid"), 0),
    **dict.fromkeys(("cash_share_3m", "foreman_share_3m", "months_not_full_6m"), 0),
    **dict.fromkeys(("people_unpaid_share", "present_unpaid_share"), 0),
    **dict.fromkeys(("transfer_short_share_3m", "transfer_short_share_12m"), 0),
    **dict.fromkeys(("transfer_open_months", "transfer_open_months_3m"), 0),
    **dict.fromkeys(("transfer_oldest_days", "transfer_short_amount"), 0),
    **dict.fromkeys(("deposit_lapsed_days", "deposit_drawn", "rectification_overdue"), 0),
    **dict.fromkeys(("present_unlisted_share", "present_without_payroll_months"), 0),
    **dict.fromkeys(("payroll_silent_days", "attendance_silent_days"), 0),
    **dict.fromkeys(("payroll_months_missing_6m", "attendance_months_missing_6m"), 0),
}


def test_bounds_of_statements():
    raises = {name: (least, None) for least, names in RAISES_FROM.items() for name in names}
    raises |= {name: (None, most) for most, names in RAISES_UP_TO.items() for name in names}
    for attribute, expected in (("raises", raises), ("lowers", LOWERS)):
        own = [(one.name, getattr(one, attribute)) for one in ALL_FEATURES]
        own += [(one.name, getattr(one.employers, attribute, None)) for one in ALL_FEATURES]
        stated = [(name, each) for name, each in own if each is not None]
        found = {(name, each.at_least, each.at_most) for name, each in stated}
        assert found == {(name, *bounds) for name, bounds in expected.items()}


def test_values_with_the_duty_met():
    found = {one.name: one.compliant_value for one in ALL_FEATURES if one.duty is not None}
    assert found == COMPLIANT
