"""Twenty working days from the permit, else the contract, for a deposit of the required amount."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from risk.flags import Evidence, describe, read_law
from risk.flags.law import Law, Value


def missing(site, started_on="2025-05-01", permit_on=None, signed_on=None):
    site.add("projects", started_on=started_on, permit_on=permit_on, known_at=started_on)
    if signed_on:
        site.add("contracts", signed_on=signed_on, known_at=signed_on)
    site.add("deposits", status="missing", valid_from=started_on, known_at=started_on)


def stored(site, *amounts, **values):
    site.add("projects", permit_on="2024-01-10")
    for number, amount in enumerate(amounts):
        site.add("deposits", deposit_id=f"D{number}", amount=amount, **values)


@pytest.fixture(scope="module")
def scenes(new_scenes):
    scenes = new_scenes()

    @scenes
    def permit_twenty_working_days_before_30_may(site):
        missing(site, permit_on="2025-04-29", signed_on="2025-05-20")

    @scenes
    def permit_twenty_working_days_before_3_june(site):
        missing(site, permit_on="2025-04-30", signed_on="2025-01-10")

    @scenes
    def contract_twenty_working_days_before_30_may(site):
        missing(site, signed_on="2025-04-29")

    @scenes
    def contract_twenty_working_days_before_3_june(site):
        missing(site, signed_on="2025-04-30")

    @scenes
    def project_of_2020(site):
        missing(site, started_on="2020-05-10", signed_on="2020-05-01")

    @scenes
    def one_percent_is_stored(site):
        stored(site, 500_00)

    @scenes
    def ninety_nine_percent_are_stored(site):
        stored(site, 49_500_00)

    @scenes
    def stored_in_two_parts(site):
        stored(site, 20_000_00, 30_000_00)

    @scenes
    def one_part_has_no_amount(site):
        stored(site, 20_000_00, None)

    @scenes
    def nothing_is_on_record(site):
        site.add("projects", permit_on="2025-04-29", known_at="2025-04-29")

    @scenes
    def permit_before_a_contract(site):
        nothing_is_on_record(site)
        site.add("contracts", signed_on="2025-01-10", known_at="2025-01-10")

    @scenes
    def nothing_but_the_start(site):
        site.add("projects", started_on="2025-04-29", known_at="2025-04-29")

    @scenes
    def contract_alone(site):
        site.add("projects", started_on="2025-05-20", known_at="2025-05-20")
        site.add("contracts", signed_on="2025-04-29", known_at="2025-04-29")

    @scenes
    def twenty_working_days_are_not_over(site):
        site.add("projects", permit_on="2025-04-30", known_at="2025-04-30")

    @scenes
    def an_exemption_is_on_record(site):
        site.add("projects", permit_on="2025-04-29", known_at="2025-04-29")
        site.add("deposits", kind="exempt")

    return scenes


@pytest.fixture(scope="module")
def found(scenes):
    return scenes.flags()


def test_term_runs_from_the_permit(found):
    flag = found["permit_twenty_working_days_before_30_may"]["deposit_missing"]
    assert (flag.values["late_days"], flag.since) == (2, dt.date(2025, 5, 31))
    assert (flag.threshold, flag.basis) == (20, "mohrss_2021_65")
    assert "deposit_missing" not in found["permit_twenty_working_days_before_3_june"]


def test_finding_says_how_the_ledger_records_the_deposit(found):
    flag = found["permit_twenty_working_days_before_30_may"]["deposit_missing"]
    recorded = {"missing": "台账记为未存储", "returned": "台账记为已退还而未见完工记录"}
    for status, words in recorded.items():
        values = {**flag.values, "missing": 0, "returned": 0, status: 1}
        finding = describe(dataclasses.replace(flag, values=values)).finding
        assert [one in finding for one in recorded.values()] == [
            one == words for one in recorded.values()
        ]


def test_term_runs_from_the_contract_without_a_permit(found):
    flag = found["contract_twenty_working_days_before_30_may"]["deposit_missing"]
    assert flag.values["late_days"] == 2
    assert "deposit_missing" not in found["contract_twenty_working_days_before_3_june"]


def test_term_runs_from_its_own_date_in_force(found):
    # In force on 1 November 2021; the 20th working day after it is Monday 29 November.
    assert found["project_of_2020"]["deposit_missing"].since == dt.date(2021, 11, 30)


def test_stored_amount_is_compared_with_the_required_one(found):
    flag = found["one_percent_is_stored"]["deposit_short"]
    assert flag.values == {"short_fen": 49_500_00, "held_share": 0.01}
    for name in ("ninety_nine_percent_are_stored", "stored_in_two_parts", "one_part_has_no_amount"):
        assert "deposit_short" not in found[name]


def stating(region, number=1):
    """The law of an office that states that its ledger of deposits is complete, or with 0 not."""
    law = read_law()
    base = law.value("deposit_not_recorded", "working_days", dt.date(2025, 1, 1))
    stated = dataclasses.replace(
        base, region=region, name="lists_all_payers", number=number, unit="yes", certainty="office",
        from_day=dt.date(2024, 1, 1),
    )  # fmt: skip
    assert isinstance(stated, Value)
    return Law(law.duties, (*law.values, stated))


def test_project_without_a_row_is_flagged_only_where_the_office_says_so(scenes, found):
    assert not any("deposit_not_recorded" in flags for flags in found.values())
    stated = scenes.flags(law=stating("42"))
    flag = stated["nothing_is_on_record"]["deposit_not_recorded"]
    assert flag.values == {"late_days": 2}
    assert flag.evidence == (Evidence("projects", "nothing_is_on_record:P1",
                                      dt.date(2025, 4, 29)),)  # fmt: skip
    for name, table, record in (
        ("permit_before_a_contract", "projects", "P1"),
        ("nothing_but_the_start", "projects", "P1"),
        ("contract_alone", "contracts", "C0"),
    ):
        wanted = Evidence(table, f"{name}:{record}", dt.date(2025, 4, 29))
        assert stated[name]["deposit_not_recorded"].evidence == (wanted,)
    for name in ("twenty_working_days_are_not_over", "an_exemption_is_on_record"):
        assert "deposit_not_recorded" not in stated[name]
    for law in (stating("43"), stating("42", 0)):
        quiet = scenes.flags(law=law)
        assert not any("deposit_not_recorded" in flags for flags in quiet.values())
