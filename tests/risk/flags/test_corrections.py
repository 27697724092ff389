"""An order to correct is late the day after its deadline, and never lapses."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.flags import describe


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    @scenes
    def deadline_was_yesterday(site):
        site.add("projects")
        site.add("inspections", rectify_by="2025-05-31")

    @scenes
    def deadline_is_today(site):
        site.add("projects")
        site.add("inspections", rectify_by="2025-06-01")

    @scenes
    def order_of_four_years_ago(site):
        site.add("projects", started_on="2021-01-10", known_at="2021-01-10")
        site.add("inspections", inspected_on="2021-02-20", rectify_by="2021-03-01",
                 known_at="2021-02-20")  # fmt: skip

    @scenes
    def county_reports_no_correction(site):
        site.add("projects", region_code="110101001")
        site.add("inspections", rectify_by="2025-05-31")

    return scenes.flags(codes=("correction_overdue",))


def test_order_is_late_the_day_after_its_deadline(found):
    flag = found["deadline_was_yesterday"]["correction_overdue"]
    assert (flag.values["late_days"], flag.since) == (1, dt.date(2025, 6, 1))
    assert "correction_overdue" not in found["deadline_is_today"]


def test_an_order_is_overdue_only_where_corrections_are_reported(found):
    assert found["county_reports_no_correction"] == {}


def test_order_never_lapses(found):
    flag = found["order_of_four_years_ago"]["correction_overdue"]
    # 1 March 2021 to 1 March 2025 are 1,461 days, to 1 June 92 more.
    assert flag.values == {"orders": 1, "late_days": 1553}


def test_order_is_not_called_a_decision(found):
    flag = found["deadline_was_yesterday"]["correction_overdue"]
    assert (flag.article, flag.basis) == ("16", "decree_423_18")
    assert "行政处理决定" in describe(flag).check
