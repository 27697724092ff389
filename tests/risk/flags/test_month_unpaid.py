"""A month's wages unpaid is a flag about money, less than that one about the way of payment."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from risk.flags import describe, read_law
from risk.flags.law import Law

MONTHS = ("2025-01-01", "2025-02-01", "2025-03-01")
KINDS = {"wages_overdue", "wages_partly_paid", "wages_stopped_in_dispute"}


def payroll(site, number, paid, *, team=None, period="2025-03-01", due=100_000_00):
    """A payroll due long ago, of which ``paid`` fen were paid."""
    site.add("payrolls", payroll_id=f"R{number}", contract_id=team, period=period, amount_due=due)
    site.add("payments", payment_id=f"M{number}", payroll_id=f"R{number}", amount=paid)


def _around_the_tolerance(scenes):
    @scenes
    def all_but_the_tolerance_unpaid(site):
        site.add("projects")
        payroll(site, 1, 1_000_00)

    @scenes
    def a_little_more_paid(site):
        site.add("projects")
        payroll(site, 1, 1_001_00)

    @scenes
    def all_but_a_hundredth_paid(site):
        site.add("projects")
        payroll(site, 1, 99_000_00)

    @scenes
    def a_fen_less_than_that_paid(site):
        site.add("projects")
        payroll(site, 1, 98_999_99)


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()
    _around_the_tolerance(scenes)

    @scenes
    def nothing_paid(site):
        site.add("projects")
        payroll(site, 1, 0)

    @scenes
    def thirds_of_three_months(site):
        """Unpaid are 33, 33 and 34 % of a month of all teams."""
        site.add("projects")
        for number, (period, paid) in enumerate(
            zip(MONTHS, (67_000_00, 67_000_00, 66_000_00), strict=True)
        ):
            payroll(site, number, paid, period=period)

    @scenes
    def quarters_of_three_months(site):
        site.add("projects")
        for number, period in enumerate(MONTHS):
            payroll(site, number, 75_000_00, period=period)

    @scenes
    def one_team_of_ten_got_nothing(site):
        site.add("projects")
        payroll(site, 1, 900_000_00, team="K1", due=900_000_00)
        payroll(site, 2, 0, team="K2")

    @scenes
    def one_payroll_without_a_team_got_nothing(site):
        site.add("projects")
        payroll(site, 1, 900_000_00, due=900_000_00)
        payroll(site, 2, 0)

    @scenes
    def only_the_second_payroll_of_a_team_got_nothing(site):
        """A tenth of what the team was due in the month."""
        site.add("projects")
        payroll(site, 1, 900_000_00, team="K1", due=900_000_00)
        payroll(site, 2, 0, team="K1")

    @scenes
    def remainders_of_one_team(site):
        """Three times half a month of one team, three times a twentieth of all teams."""
        site.add("projects")
        for number, period in enumerate(MONTHS):
            payroll(site, number, 50_000_00, team="K1", period=period)
            payroll(site, number + 5, 900_000_00, team="K2", period=period, due=900_000_00)

    @scenes
    def stopped_in_a_dispute(site):
        site.add("projects")
        site.add("disputes")
        payroll(site, 1, 0)

    @scenes
    def paid_in_part_in_a_dispute(site):
        site.add("projects")
        site.add("disputes")
        payroll(site, 1, 50_000_00)

    @scenes
    def stopped_before_a_dispute(site):
        """February's pay day was in March, before the dispute; since then a half is unpaid."""
        site.add("projects")
        site.add("disputes", opened_on="2025-04-10", known_at="2025-04-10")
        payroll(site, 1, 0, period="2025-02-01")
        payroll(site, 2, 50_000_00)

    return {name: {*flags} & KINDS for name, flags in scenes.flags(codes=KINDS).items()}


@pytest.mark.parametrize(
    ("scene", "codes"),
    [
        ("nothing_paid", {"wages_overdue"}),
        ("all_but_the_tolerance_unpaid", {"wages_overdue"}),
        ("a_little_more_paid", {"wages_partly_paid"}),
        ("all_but_a_hundredth_paid", set()),
        ("a_fen_less_than_that_paid", {"wages_partly_paid"}),
        ("thirds_of_three_months", {"wages_overdue"}),
        ("quarters_of_three_months", {"wages_partly_paid"}),
        ("one_team_of_ten_got_nothing", {"wages_overdue"}),
        ("one_payroll_without_a_team_got_nothing", {"wages_overdue"}),
        ("only_the_second_payroll_of_a_team_got_nothing", {"wages_partly_paid"}),
        ("remainders_of_one_team", {"wages_partly_paid"}),
        ("stopped_in_a_dispute", {"wages_overdue", "wages_stopped_in_dispute"}),
        ("paid_in_part_in_a_dispute", {"wages_partly_paid"}),
        ("stopped_before_a_dispute", {"wages_overdue"}),
    ],
)
def test_a_months_wages_unpaid_is_money(found, scene, codes):
    assert found[scene] == codes


def test_partly_paid_wages_have_the_tolerance_of_overdue_ones_in_their_region(new_scenes):
    """Three tenths in Hubei, a hundredth elsewhere."""
    law = read_law()
    base = law.value("wages_overdue", "tolerance_share", dt.date(2025, 1, 1))
    law = Law(law.duties, (*law.values, dataclasses.replace(base, region="42", number=0.3)))
    scenes = new_scenes()
    for name, region in (("hubei", "420101"), ("guizhou", "520102")):

        def scene(site, region=region):
            site.add("projects", region_code=region)
            site.add("projects", project_id="N1", region_code=region)
            payroll(site, 1, 80_000_00)

        scene.__name__ = name
        scenes(scene)
    found = scenes.flags(law=law, codes=KINDS)
    assert {name: {*flags} & KINDS for name, flags in found.items()} == {
        **{"hubei": set(), "guizhou": {"wages_partly_paid"}}
    }


def test_a_finding_says_until_when_the_county_reported(new_scenes):
    """The last payment of the county arrived on 31 May, 45 and 46 days before."""
    scenes = new_scenes()

    @scenes
    def unpaid(site):
        site.add("projects")
        payroll(site, 1, 0)

    found = scenes.flags(dt.date(2025, 7, 15), dt.date(2025, 7, 16), codes=("wages_overdue",))
    fresh, stale = (found[f"unpaid {day}"]["wages_overdue"] for day in ("2025-07-15", "2025-07-16"))
    assert "reported_month" not in fresh.values
    assert stale.values["reported_month"] == 202505
    assert describe(fresh, "zh").finding.startswith("1个月的工资过了次月底")
    assert describe(stale, "zh").finding.startswith(
        "按报送至2025年5月的记录（此后未再报送），1个月的工资过了次月底"
    )
    assert "up to 2025-05 (none since): Months" in describe(stale, "en").finding
