"""What a row must have, when a row without a date was known, and which columns came later.

The values are those of the published contract, written out, as those who send records rely on them.
"""

from __future__ import annotations

import pytest

from risk.contract import STORED_TABLES

LAG_AND_REQUIRED = {
    "organizations": (0, "org_id org_name"),
    "projects": (0, "project_id project_name region_code started_on"),
    "contracts": (0, "contract_id project_id signed_on"),
    "payrolls": (0, "payroll_id project_id period amount_due due_on"),
    "payments": (0, "payment_id payroll_id paid_on amount"),
    "accounts": (0, "account_id project_id opened_on"),
    "transfers": (0, "transfer_id project_id period amount_due due_on"),
    "deposits": (0, "deposit_id project_id status valid_from"),
    "attendance": (5, "project_id period"),
    "complaints": (0, "complaint_id received_on"),
    "cases": (0, "case_id opened_on status"),
    "inspections": (0, "inspection_id project_id inspected_on arrears_found"),
    "disputes": (0, "dispute_id project_id opened_on"),
    "listings": (0, "listing_id org_id listed_on"),
    "operations": (20, "org_id period indicator value"),
    "links": (0, "complaint_id decision decided_on"),
}
ADDED = {
    "projects": ["permit_on", "payment_guarantee"],
    "payrolls": ["wage_basis"],
    "payments": ["returned_on"],
    "complaints": ["cause", "guided_on"],
    "cases": ["cause", "guided_on"],
    "inspections": ["workers_covered", "contracts_seen"],
}


def test_every_stored_table_is_written_out_here():
    assert list(LAG_AND_REQUIRED) == list(STORED_TABLES)


@pytest.mark.parametrize("name", LAG_AND_REQUIRED)
def test_required_fields_lag_and_added_columns(name):
    table = STORED_TABLES[name]
    required = " ".join(one.name for one in table.fields if one.required)
    assert (table.default_lag_days, required) == LAG_AND_REQUIRED[name]
    assert [one.name for one in table.fields if one.added] == ADDED.get(name, [])


def test_a_field_is_found_by_its_name():
    table = STORED_TABLES["projects"]
    assert [table.field(name).zh for name in ("project_id", "sector")] == ["项目编码", "行业"]
    with pytest.raises(KeyError):
        table.field("colour")
