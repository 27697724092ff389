"""Projects, contracts and organizations, worked out by hand."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from risk.sources.realname.answers import Row, read_answer
from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.identities import Identities
from risk.sources.realname.participants import (
    Firm,
    contract_rows,
    organization_rows,
    read_participant,
)
from risk.sources.realname.projects import project_rows, read_project
from risk.sources.realname.values import Dates

DIALECT, DATES = load_dialect(), Dates(load_dialect())


def rows(method: str, *found: Any) -> list[Row]:
    body = json.dumps({"code": "0", "data": {"totalCount": len(found), "rows": found}}).encode()
    return list(read_answer(body, DIALECT.methods[method], DIALECT, Identities()).rows)


def project(**fields: Any) -> dict[str, Any]:
    [row] = rows("projects", {"projectCode": "P1", **fields})
    found = read_project(row, DIALECT, DATES)
    assert found is not None
    [pulled] = project_rows([found])
    return dict(pulled.cells)


def role(corp: Any, kind: Any, entered: Any = "2025-01-05", left: Any = None) -> dict[str, Any]:
    return {
        "corpCode": corp,
        "corpName": f"{corp} 公司",
        "corpType": kind,
        "entryTime": entered,
        "exitTime": left,
    }


def contracts(*roles: Any) -> dict[str, Any]:
    listed = [read_participant(row, DIALECT, DATES) for row in rows("subcontractors", *roles)]
    found = contract_rows("P1", listed)
    return {row.cells["contractor_id"]: row.cells for row in found}


def test_the_end_is_actual_only_where_the_project_is_completed():
    going = project(prjStatus="003", completeDate="2026-05-01", areaCode=510822, category="07")
    assert (going["planned_end_on"], going["completed_on"]) == (dt.date(2026, 5, 1), None)
    assert (going["region_code"], going["sector"]) == ("510822", "water")
    done = project(prjStatus=4, completeDate="2026-05-01 00:00:00")
    assert (done["planned_end_on"], done["completed_on"]) == (None, dt.date(2026, 5, 1))


def test_the_total_investment_is_no_contract_amount():
    found = project(invest=1200, propertyNum="001", category="77")
    assert not {"contract_amount", "funding"} & found.keys()
    assert found["sector"] is None


def test_personal_numbers_in_a_project_are_masked():
    found = project(name="某某小区 联系电话13912345678", contractorCorpCode="11010519491231002X")
    assert "13912345678" not in str(found["project_name"])
    assert found["contractor_id"] is None


def test_contractors_have_contracts_and_owners_supervisors_and_designers_none():
    kinds = ["001", "006", "008", "009", "007", "010", "011", "012", "9"]
    found = contracts(*(role(f"F{kind}", kind) for kind in kinds))
    assert sorted(found) == ["F001", "F006", "F009", "F012", "F9"]
    assert found["F001"] == {
        "contract_id": "P1-F001",
        "project_id": "P1",
        "contractor_id": "F001",
        "contractor_kind": "company",
        "contractor_name": "F001 公司",
        "signed_on": dt.date(2025, 1, 5),
        "ended_on": None,
    }


def test_a_firm_listed_twice_has_one_contract_until_it_has_left_everywhere():
    twice = [role("F", "001", "2025-02-01", "2025-06-30"), role("F", "006", "2025-03-01")]
    assert contracts(*twice)["F"]["ended_on"] is None
    twice[1]["exitTime"] = "2025-05-01"
    found = contracts(*twice)["F"]
    assert (found["signed_on"], found["ended_on"]) == (dt.date(2025, 2, 1), dt.date(2025, 6, 30))


def test_a_contractor_without_a_firms_code_is_a_row_without_an_id():
    """The import rejects it visibly; a person's number and name are not in it."""
    found = contracts(role(None, "009"), role("11010519491231002X", "006", "2025-02-01"))
    assert {name: value for name, value in found.pop(None).items() if value is not None} == {
        "project_id": "P1",
        "signed_on": dt.date(2025, 1, 5),
    }
    assert found == {}


def test_an_organization_has_its_most_frequent_kind_and_name_over_all_projects():
    firms = [
        Firm("F", "甲公司", "subcontractor"),
        Firm("F", "甲公司", "general_contractor"),
        Firm("F", "甲有限公司", None),
        Firm("G", None, None),
    ]
    kinds = DIALECT.kinds("org_kind")
    found = [tuple(row.cells.values()) for row in organization_rows(firms, kinds)]
    assert found == [("F", "甲公司", "general_contractor"), ("G", None, None)]
    assert [tuple(row.cells.values()) for row in organization_rows(firms[::-1], kinds)] == found
