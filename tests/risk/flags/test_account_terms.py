"""Thirty days for the special account, moved off days of rest; money and shared accounts first."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.flags import Evidence, describe


def signed(site, day, **values):
    site.add("projects", started_on=day, known_at=day, **values)
    site.add("contracts", signed_on=day, known_at=day)


def in_chongqing(site, **values):
    site.add("projects", project_id="N1", region_code="500101")
    signed(site, "2025-01-10", region_code="500101", **values)


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    @scenes
    def thirtieth_day_was_friday_30_may(site):
        signed(site, "2025-04-30")

    @scenes
    def thirtieth_day_was_saturday_31_may(site):
        signed(site, "2025-05-01")

    @scenes
    def work_began_on_wednesday_30_april(site):
        site.add("projects", started_on="2025-04-30", known_at="2025-04-29")

    @scenes
    def contract_of_2020(site):
        signed(site, "2020-05-10")

    @scenes
    def labour_cost_came(site):
        signed(site, "2025-01-10")
        site.add("transfers", paid_on="2025-03-10", amount_paid=80_000_00)

    @scenes
    def wages_came_by_bank(site):
        signed(site, "2025-01-10")
        site.add("payrolls")
        site.add("payments")

    @scenes
    def wages_came_in_cash(site):
        signed(site, "2025-01-10")
        site.add("payrolls")
        site.add("payments", channel="cash")

    @scenes
    def contractor_has_an_account_for_another_project(site):
        signed(site, "2025-01-10", contractor_id="ORG")
        site.add("projects", project_id="P2", contractor_id="ORG")
        site.add("accounts", project_id="P2")

    @scenes
    def contractor_has_an_account_in_another_county(site):
        signed(site, "2025-01-10", contractor_id="ORG")
        site.add("projects", project_id="P2", contractor_id="ORG", region_code="999999")
        site.add("accounts", project_id="P2")

    @scenes
    def one_account_is_listed_for_two_projects(site):
        signed(site, "2025-01-10")
        site.add("projects", project_id="P2")
        site.add("accounts")
        site.add("accounts", project_id="P2", known_at="2024-02-01")

    @scenes
    def an_account_is_listed_for_it_today(site):
        signed(site, "2025-01-10")
        site.add("projects", project_id="P2")
        site.add("accounts", project_id="P2")
        site.add("accounts", known_at="2025-06-01")

    @scenes
    def small_works_in_chongqing(site):
        in_chongqing(site, contract_amount=399_999_999,
               planned_end_on="2026-01-10")  # fmt: skip

    @scenes
    def short_works_in_chongqing(site):
        in_chongqing(site, contract_amount=400_000_000,
               planned_end_on="2025-04-09")  # fmt: skip

    @scenes
    def larger_works_in_chongqing(site):
        in_chongqing(site, contract_amount=400_000_000,
               planned_end_on="2025-04-10")  # fmt: skip

    @scenes
    def works_of_unknown_size_in_chongqing(site):
        in_chongqing(site)

    codes = ("account_missing", "account_not_recorded")
    later = scenes.flags(dt.date(2025, 6, 3), dt.date(2025, 6, 4), codes=codes)
    return {**scenes.flags(codes=codes), "tuesday": later}


def test_account_is_late_after_the_thirtieth_day(found):
    flag = found["thirtieth_day_was_friday_30_may"]["account_missing"]
    assert (flag.values["late_days"], flag.since) == (2, dt.date(2025, 5, 31))
    assert "account_missing" not in found["thirtieth_day_was_saturday_31_may"]


def test_term_runs_from_the_start_of_work_without_a_contract(found):
    flag = found["work_began_on_wednesday_30_april"]["account_missing"]
    project = "work_began_on_wednesday_30_april:P1"
    assert flag.evidence == (Evidence("projects", project, dt.date(2025, 4, 29)),)
    assert (flag.values["late_days"], flag.since) == (2, dt.date(2025, 5, 31))


def test_term_that_ends_on_a_day_of_rest_ends_on_the_next_working_day(found):
    name, later = "thirtieth_day_was_saturday_31_may", found["tuesday"]
    assert "account_missing" not in later[f"{name} 2025-06-03"]
    flag = later[f"{name} 2025-06-04"]["account_missing"]
    assert (flag.values["late_days"], flag.since) == (1, dt.date(2025, 6, 4))


def test_term_runs_from_its_own_date_in_force(found):
    flag = found["contract_of_2020"]["account_missing"]
    # The measures are in force since 7 July 2021; the 30th day after is Friday 6 August.
    assert (flag.since, flag.values["late_days"]) == (dt.date(2021, 8, 7), 1395)


def test_money_that_moves_leaves_only_the_record_missing(found):
    for name, values in {
        "labour_cost_came": (1, 80_000_00, 0, 0),
        "wages_came_by_bank": (0, 0, 1, 0),
        "contractor_has_an_account_for_another_project": (0, 0, 0, 1),
    }.items():
        assert "account_missing" not in found[name]
        flag = found[name]["account_not_recorded"]
        names = ("transfers", "transferred_fen", "bank_payments", "shared_accounts")
        assert tuple(flag.values[one] for one in names) == values
    text = describe(found["labour_cost_came"]["account_not_recorded"])
    assert text.title == "未见工资专用账户开户记录（可能已开或共用）"
    assert "人工费拨付1笔、共8.00万元" in text.finding


def test_cash_and_accounts_elsewhere_show_no_account(found):
    for name in ("wages_came_in_cash", "contractor_has_an_account_in_another_county"):
        assert "account_missing" in found[name]
        assert "account_not_recorded" not in found[name]


def test_one_account_may_serve_several_projects(found):
    codes = set(found["one_account_is_listed_for_two_projects"])
    assert not codes & {"account_missing", "account_not_recorded"}
    assert "account_missing" in found["an_account_is_listed_for_it_today"]


def test_places_set_the_works_that_need_an_account(found):
    assert "account_missing" in found["larger_works_in_chongqing"]
    for name in ("small_works", "short_works", "works_of_unknown_size"):
        assert "account_missing" not in found[f"{name}_in_chongqing"]
