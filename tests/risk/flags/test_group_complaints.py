"""Five working days to file a group complaint, then sixty; only its own case ends it."""

from __future__ import annotations

import datetime as dt

import pytest

JUNE_1 = dt.date(2025, 6, 1)  # the Sunday of a long weekend; 30 May is the last working day before


def complaint(site, received_on, linked=True):
    site.add("projects")
    if linked:
        site.neighbour_links_cases()
    site.add("complaints", received_on=received_on, known_at=received_on)


def case(site, case_id="F1", complaint_id="K1", opened_on="2025-05-06", **values):
    site.add("cases", case_id=case_id, complaint_id=complaint_id, opened_on=opened_on,
             **{"known_at": opened_on, **values})  # fmt: skip


def _cases_of_its_own(scenes):
    @scenes
    def its_own_case_is_closed(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-04")
        case(site, opened_on="2025-03-04", status="closed", known_at="2025-05-20")

    @scenes
    def its_own_case_is_unfounded(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-04", status="unfounded")

    @scenes
    def its_own_case_is_transferred(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-04", status="transferred")

    @scenes
    def one_of_its_two_cases_is_closed(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-03", status="closed")
        case(site, "F2", opened_on="2025-03-04", status="filed")

    @scenes
    def term_of_its_later_case_ends_on_3_june(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-04", status="filed")
        case(site, "F2", opened_on="2025-03-05", status="filed")

    @scenes
    def its_own_case_opens_today(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-06-01", status="filed", known_at="2025-05-31")


def _in_a_county_that_names_no_complaint(scenes):
    @scenes
    def no_case_of_the_county_names_its_complaint(site):
        complaint(site, "2025-03-03", linked=False)
        case(site, complaint_id=None, status="unfounded")

    @scenes
    def cases_of_the_county_are_of_another_project(site):
        complaint(site, "2025-03-03", linked=False)

    @scenes
    def a_case_of_no_complaint_opened_the_same_day(site):
        complaint(site, "2025-03-03", linked=False)
        case(site, complaint_id=None, opened_on="2025-03-03", status="unfounded")

    @scenes
    def a_case_of_no_complaint_opened_the_day_before(site):
        complaint(site, "2025-03-03", linked=False)
        case(site, complaint_id=None, opened_on="2025-03-02", status="unfounded")

    @scenes
    def a_case_of_no_complaint_opens_today(site):
        complaint(site, "2025-03-03", linked=False)
        case(site, complaint_id=None, opened_on="2025-06-01", known_at="2025-05-31")


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()
    _cases_of_its_own(scenes)
    _in_a_county_that_names_no_complaint(scenes)

    @scenes
    def fifth_working_day_was_30_may(site):
        complaint(site, "2025-05-23")

    @scenes
    def received_on_a_sunday(site):
        complaint(site, "2025-05-25")

    @scenes
    def fifth_working_day_is_3_june(site):
        complaint(site, "2025-05-26")

    @scenes
    def sixtieth_working_day_was_30_may(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-04", status="filed")

    @scenes
    def sixtieth_working_day_is_3_june(site):
        complaint(site, "2025-03-03")
        case(site, opened_on="2025-03-05", status="filed")

    @scenes
    def another_complaints_case_is_unfounded(site):
        complaint(site, "2025-03-03")
        case(site, complaint_id="K2", status="unfounded")

    @scenes
    def a_case_of_no_complaint_is_unfounded(site):
        complaint(site, "2025-03-03")
        case(site, complaint_id=None, status="unfounded")

    @scenes
    def a_later_visit_found_nothing(site):
        complaint(site, "2025-05-06")
        site.add("inspections", inspected_on="2025-05-10", arrears_found=False,
                 known_at="2025-05-10")  # fmt: skip

    @scenes
    def a_complaint_of_four_years_ago(site):
        complaint(site, "2021-05-10")
        site.add("projects", started_on="2021-01-10", known_at="2021-01-10")

    @scenes
    def its_case_found_a_labour_fee(site):
        complaint(site, "2025-03-03")
        case(site, status="closed", cause="labour_fee")

    @scenes
    def stated_to_be_about_project_payment(site):
        complaint(site, "2025-03-03")
        site.add("complaints", received_on="2025-03-03", known_at="2025-05-31",
                 cause="project_payment")  # fmt: skip

    @scenes
    def guided_elsewhere_the_day_before(site):
        complaint(site, "2025-03-03")
        site.add("complaints", received_on="2025-03-03", known_at="2025-05-31",
                 guided_on="2025-05-31")  # fmt: skip

    return scenes.flags(codes=("group_complaint_open",))


def test_complaint_is_late_after_the_fifth_working_day(found):
    for name in ("fifth_working_day_was_30_may", "received_on_a_sunday"):
        flag = found[name]["group_complaint_open"]
        assert (flag.values["unfiled"], flag.values["over_term"]) == (1, 0)
        assert (flag.since, flag.threshold, flag.basis) == (
            dt.date(2025, 5, 31), 5, "molss_order_25_18",
        )  # fmt: skip
        assert flag.must_visit
    assert "group_complaint_open" not in found["fifth_working_day_is_3_june"]


def test_filed_complaint_is_late_after_sixty_working_days(found):
    flag = found["sixtieth_working_day_was_30_may"]["group_complaint_open"]
    assert (flag.values["unfiled"], flag.values["over_term"]) == (0, 1)
    assert (flag.values["handling_days"], flag.values["extended_days"]) == (60, 90)
    assert flag.since == dt.date(2025, 5, 31)
    assert "group_complaint_open" not in found["sixtieth_working_day_is_3_june"]


def test_only_its_own_case_ends_a_complaint(found):
    open_ = {name for name, flags in found.items() if "group_complaint_open" in flags}
    ended = ("closed", "unfounded", "transferred")
    assert not {f"its_own_case_is_{status}" for status in ended} & open_
    assert {"another_complaints_case_is_unfounded", "a_case_of_no_complaint_is_unfounded"} <= open_
    assert "no_case_of_the_county_names_its_complaint" not in open_
    assert "a_later_visit_found_nothing" in open_


def test_a_complaint_of_several_cases_ends_with_the_last_and_has_its_term(found):
    flag = found["one_of_its_two_cases_is_closed"]["group_complaint_open"]
    assert (flag.since, flag.values["over_term"]) == (dt.date(2025, 5, 31), 1)
    assert "group_complaint_open" not in found["term_of_its_later_case_ends_on_3_june"]


def test_a_case_that_opens_today_was_not_opened_yet(found):
    for name in ("its_own_case_opens_today", "a_case_of_no_complaint_opens_today"):
        flag = found[name]["group_complaint_open"]
        assert (flag.values["unfiled"], flag.values["over_term"]) == (1, 0)


def test_where_no_case_names_its_complaint_a_later_one_of_the_project_may_be_its_own(found):
    assert "group_complaint_open" not in found["a_case_of_no_complaint_opened_the_same_day"]
    for name in (
        "a_case_of_no_complaint_opened_the_day_before",
        "cases_of_the_county_are_of_another_project",
    ):
        assert found[name]["group_complaint_open"].values["unfiled"] == 1


def test_terms_are_counted_up_to_the_end_of_the_year(new_scenes):
    """Received on Saturday 20 December; the fifth working day after is the 26th."""
    scenes = new_scenes()

    @scenes
    def late_in_december(site):
        complaint(site, "2025-12-20")

    days = (dt.date(2025, 12, 26), dt.date(2025, 12, 31))
    first, last = scenes.flags(*days, codes=("group_complaint_open",)).values()
    assert (first, last["group_complaint_open"].since) == ({}, dt.date(2025, 12, 27))


def test_complaint_never_lapses(found):
    flag = found["a_complaint_of_four_years_ago"]["group_complaint_open"]
    assert flag.values["open_days"] == (JUNE_1 - dt.date(2021, 5, 10)).days


@pytest.mark.parametrize(
    "scene",
    [
        "its_case_found_a_labour_fee",
        "stated_to_be_about_project_payment",
        "guided_elsewhere_the_day_before",
    ],
)
def test_complaint_about_other_money_or_guided_elsewhere_is_no_breach(found, scene):
    assert "group_complaint_open" not in found[scene]
