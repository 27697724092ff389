"""Works given to persons: by whom, orally or not; oral subcontracts of the contractor alone."""

from __future__ import annotations

import pytest


def contract(site, contract_id, parent=None, **values):
    site.add("contracts", contract_id=contract_id, parent_contract_id=parent,
             **{"contractor_kind": "company", "written": True, **values})  # fmt: skip


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    @scenes
    def owner_gave_the_works_to_a_person(site):
        site.add("projects")
        contract(site, "C0", contractor_kind="individual")

    @scenes
    def persons_at_every_level(site):
        site.add("projects")
        contract(site, "C0")
        contract(site, "C1", "C0", contractor_kind="individual")
        contract(site, "C2", "C0")
        contract(site, "C3", "C2", contractor_kind="individual", written=False)
        contract(site, "C4", "gone", contractor_kind="individual", written=None)

    @scenes
    def parent_belongs_to_another_project(site):
        site.add("projects")
        site.add("projects", project_id="P2")
        contract(site, "C0", project_id="P2")
        contract(site, "C1", "C0", contractor_kind="individual")
        contract(site, "C2", "C0", written=False)

    @scenes
    def contractor_has_an_oral_subcontract(site):
        site.add("projects")
        contract(site, "C0")
        contract(site, "C1", "C0", written=False)

    @scenes
    def subcontractor_has_an_oral_team(site):
        site.add("projects")
        contract(site, "C0")
        contract(site, "C1", "C0")
        contract(site, "C2", "C1", written=False)

    @scenes
    def oral_contract_of_an_unknown_level(site):
        site.add("projects")
        contract(site, "C1", "gone", written=False)

    return scenes.flags()


def test_owner_who_gives_works_to_a_person_is_flagged(found):
    flag = found["owner_gave_the_works_to_a_person"]["subcontract_to_individual"]
    assert (flag.article, flag.basis) == ("36", "building_law_29")
    assert flag.values == {
        "contracts": 1, "by_owner": 1, "by_contractor": 0, "by_subcontractor": 0, "oral": 0,
    }  # fmt: skip


def test_one_flag_says_what_was_seen(found):
    flags = found["persons_at_every_level"]
    assert flags["subcontract_to_individual"].values == {
        "contracts": 3, "by_owner": 0, "by_contractor": 1, "by_subcontractor": 1, "oral": 1,
    }  # fmt: skip
    assert "oral_subcontract" not in flags


def test_parent_of_another_project_gives_no_level(found):
    flags = found["parent_belongs_to_another_project"]
    assert flags["subcontract_to_individual"].values["by_contractor"] == 0
    assert "oral_subcontract" not in flags


def test_written_form_binds_contractor_and_subcontractor(found):
    flag = found["contractor_has_an_oral_subcontract"]["oral_subcontract"]
    assert (flag.article, flag.values) == ("25", {"contracts": 1})
    for name in ("subcontractor_has_an_oral_team", "oral_contract_of_an_unknown_level"):
        assert "oral_subcontract" not in found[name]
