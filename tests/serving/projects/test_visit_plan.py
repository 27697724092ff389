"""What to bring to a visit and whom to ask for."""

from __future__ import annotations

from risk.flags import CODES
from risk.locale import LANGUAGES, catalogue
from serving.projects.visit_plan import (
    Contact,
    contacts_for,
    documents_for,
    site_documents,
    site_state,
)


def test_documents_of_every_visit_come_without_red_flags():
    assert [one.code for one in documents_for(())] == [
        *("payroll_ledger", "bank_receipts", "attendance")
    ]


def test_documents_follow_the_red_flags_in_the_order_of_the_file():
    found = documents_for({"deposit_missing", "oral_subcontract"})
    assert [(one.code, one.article) for one in found][3:] == [
        ("deposit_proof", "32"),
        ("subcontracts", "25"),
    ]


def test_every_red_flag_asks_for_a_document_that_has_a_name():
    asked = {flag for one in site_documents() for flag in one.flags}
    assert asked == set(CODES)
    for language in LANGUAGES:
        names = {f"pages.visit_plan.documents.{one.code}" for one in site_documents()}
        assert names <= set(catalogue(language))


def test_the_owner_is_asked_for_where_its_duties_are_in_doubt():
    facts = {"contractor_name": "总包公司", "owner_name": "业主公司"}
    teams = [{"name": f"班组{n}"} for n in range(4)]
    officer = Contact("labour_officer", "总包公司")
    some = [Contact("team", f"班组{n}") for n in range(3)]
    assert contacts_for(facts, teams, ["wages_overdue"]) == [officer, *some]
    assert contacts_for(facts, (), ["labour_cost_short"]) == [officer, Contact("owner", "业主公司")]


def test_a_unit_with_several_teams_is_named_once():
    teams = [{"name": name} for name in ("甲", None, "甲", None, "乙", "丙", "丁")]
    named = [one.unit for one in contacts_for({}, teams, ()) if one.role == "team"]
    assert named == ["甲", None, "乙"]


def test_site_state_is_unknown_without_facts():
    assert site_state({}) == "unknown"
    assert site_state({"started_on": "2025-01-01"}) == "running"
    assert site_state({"started_on": "2025-01-01", "completed_on": "2025-05-01"}) == "completed"
