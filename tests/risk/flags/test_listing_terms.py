"""A listing has the term of the rule in force on its day; all units of the chain are checked."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from risk.flags import read_law
from risk.flags.law import Law

DAYS = [dt.date(2022, 6, 1), dt.date(2022, 6, 2), dt.date(2023, 6, 1), dt.date(2023, 6, 2),
        dt.date(2025, 6, 1), dt.date(2025, 6, 2)]  # fmt: skip


def listing(site, day, listing_id="L1", org_id="ORG"):
    site.add("listings", listing_id=listing_id, org_id=org_id, listed_on=day, known_at=day)


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    def project(site, **values):
        site.add("projects", started_on="2021-01-10", known_at="2021-01-10", **values)

    @scenes
    def listed_in_2021(site):
        project(site, contractor_id="ORG", owner_id="ORG")
        listing(site, "2021-06-01")

    @scenes
    def listed_again_in_2021(site):
        project(site, contractor_id="ORG")
        listing(site, "2019-03-01", "L0")
        listing(site, "2021-06-01")

    @scenes
    def listed_in_2022(site):
        project(site, contractor_id="ORG")
        listing(site, "2022-06-01")

    @scenes
    def listed_on_the_last_day_of_the_old_rule(site):
        project(site, contractor_id="ORG")
        listing(site, "2021-12-31")

    @scenes
    def listed_on_the_first_day_of_the_new_rule(site):
        project(site, contractor_id="ORG")
        listing(site, "2022-01-01")

    @scenes
    def subcontractors_are_listed(site):
        project(site, contractor_id="GENERAL")
        for number, ended_on in enumerate((None, None, "2023-01-01")):
            site.add("contracts", contract_id=f"C{number}", contractor_id=f"SUB{number}",
                     parent_contract_id="CX", ended_on=ended_on)  # fmt: skip
            listing(site, "2024-01-01", f"L{number}", f"SUB{number}")

    return scenes.flags(*DAYS, codes=("contractor_listed", "owner_listed"))


def listed(found, name, code="contractor_listed"):
    return [day for day in DAYS if code in found[f"{name} {day:%Y-%m-%d}"]]


def test_listing_before_2022_ends_after_a_year(found):
    assert listed(found, "listed_in_2021") == [dt.date(2022, 6, 1)]
    assert listed(found, "listed_in_2021", "owner_listed") == [dt.date(2022, 6, 1)]


def test_listing_has_the_term_of_the_rule_of_its_day(found):
    """A year from 31 December 2021, three from the day after."""
    assert listed(found, "listed_on_the_last_day_of_the_old_rule") == DAYS[:2]
    assert listed(found, "listed_on_the_first_day_of_the_new_rule") == DAYS[:4]


def test_repeated_listing_before_2022_ends_after_two_years(found):
    assert listed(found, "listed_again_in_2021") == DAYS[:3]


def test_listing_since_2022_ends_after_three_years(found):
    assert listed(found, "listed_in_2022") == DAYS[1:5]


def test_all_units_of_the_chain_are_checked(found):
    flag = found["subcontractors_are_listed 2025-06-01"]["contractor_listed"]
    assert flag.values == {"units": 2, "contractors": 0, "subcontractors": 2, "listed_days": 517}


def test_listing_has_the_term_of_its_duty_and_region(new_scenes):
    """In Hubei a contractor's ends after a year, all others after three."""
    law = read_law()
    base = law.value("contractor_listed", "years", dt.date(2024, 1, 1))
    law = Law(law.duties, (*law.values, dataclasses.replace(base, region="42", number=1)))
    scenes = new_scenes()
    for name, region in (("hubei", "420101"), ("guizhou", "520102")):

        def scene(site, region=region):
            site.add("projects", contractor_id="ORG", owner_id="ORG", region_code=region)
            listing(site, "2024-01-01")

        scene.__name__ = name
        scenes(scene)
    found = scenes.flags(law=law, codes=("contractor_listed", "owner_listed"))
    assert {name: set(flags) for name, flags in found.items()} == {
        **{"hubei": {"owner_listed"}, "guizhou": {"contractor_listed", "owner_listed"}}
    }
