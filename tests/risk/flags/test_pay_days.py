"""A pay day lies in the month of the work or the next (Art. 14); a later one postpones nothing."""

from __future__ import annotations

import datetime as dt

import pytest


def payroll(site, period, due_on, **values):
    site.add("projects")
    site.add("payrolls", period=period, due_on=due_on, **{"known_at": "2025-05-01", **values})


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    @scenes
    def pay_day_nine_months_later(site):
        payroll(site, "2025-01-01", "2025-10-31")

    @scenes
    def pay_day_in_december_for_april(site):
        payroll(site, "2025-04-01", "2025-12-31")

    @scenes
    def pay_day_in_december_for_may(site):
        payroll(site, "2025-05-01", "2025-12-31")

    @scenes
    def pay_day_in_the_next_month(site):
        payroll(site, "2025-04-01", "2025-05-20")

    @scenes
    def paid_before_its_late_pay_day(site):
        payroll(site, "2025-01-01", "2025-10-31")
        site.add("payments", paid_on="2025-02-28", known_at="2025-05-02")

    return scenes.flags()


def test_wages_are_late_after_the_end_of_the_next_month(found):
    flag = found["pay_day_nine_months_later"]["wages_overdue"]
    # From 28 February: 31 + 30 + 31 days and one.
    assert flag.values == {"unpaid_fen": 100_000_00, "months": 1, "late_days": 93, "people": 10}
    assert (flag.since, flag.article, flag.basis) == (dt.date(2025, 3, 1), "12", "decree_724_14")
    # The day the payroll became known, not its project.
    assert [record.known_at for record in flag.evidence] == [dt.date(2025, 5, 1)]
    assert found["pay_day_in_december_for_april"]["wages_overdue"].values["late_days"] == 1
    assert "wages_overdue" not in found["pay_day_in_december_for_may"]


def test_agreed_day_in_the_next_month_counts(found):
    assert found["pay_day_in_the_next_month"]["wages_overdue"].values["late_days"] == 12


def test_wages_paid_in_time_are_not_late(found):
    assert "wages_overdue" not in found["paid_before_its_late_pay_day"]
