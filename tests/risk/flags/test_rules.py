"""Each rule: where it fires, with what it measures, and where it must stay quiet."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.flags import CODES, RULES, Evidence, red_flags

from ...empty_store import empty_store

AS_OF = dt.date(2025, 6, 1)
COMPANY = {"contractor_kind": "company", "written": True}


def attend(site, people=10, **values):
    site.add("attendance", **{"workers_present": people, **values})


def plain(site, **values):
    site.add("projects", **values)


# Every scene: the site's rows, by name; the code; the values it must show.
FIRES = {}
QUIET = {}


def fires(code, **expected):
    def keep(scene):
        FIRES[scene.__name__] = (code, scene, expected)
        return scene

    return keep


def quiet(code):
    def keep(scene):
        QUIET[scene.__name__] = (code, scene)
        return scene

    return keep


# --- oversight ---


@fires("group_complaint_open", complaints=1, people=12, open_days=31, unfiled=1, over_term=0,
       handling_days=60, extended_days=90)  # fmt: skip
def a_group_complained(site):
    plain(site)
    site.add("complaints")


@quiet("group_complaint_open")
def nine_people_complained(site):
    plain(site)
    site.add("complaints", workers=9)


@quiet("group_complaint_open")
def nobody_knows_how_many_complained(site):
    plain(site)
    site.add("complaints", workers=None)


@quiet("group_complaint_open")
def the_complaint_is_five_days_old(site):
    plain(site)
    site.add("complaints", received_on="2025-05-27", known_at="2025-05-27")


@quiet("group_complaint_open")
def its_case_is_closed(site):
    plain(site)
    site.add("complaints")
    site.add("cases", complaint_id="K1")
    site.add("cases", complaint_id="K1", status="closed", known_at="2025-05-20")


@fires("correction_overdue", orders=1, late_days=78)
def an_order_was_not_obeyed(site):
    plain(site)
    site.add("inspections")


@quiet("correction_overdue")
def the_deadline_is_today(site):
    plain(site)
    site.add("inspections", rectify_by="2025-06-01")


@quiet("correction_overdue")
def no_deadline_is_on_record(site):
    plain(site)
    site.add("inspections", rectify_by=None)


@quiet("correction_overdue")
def it_was_put_right(site):
    plain(site)
    site.add("inspections", rectified_on="2025-03-20")


@fires("notice_board_missing")
def there_is_no_board(site):
    plain(site, notice_board=False)


@quiet("notice_board_missing")
def nobody_looked_for_a_board(site):
    plain(site, notice_board=None)


# --- wages ---


@fires("wages_partly_paid", unpaid_fen=40_000_00, months=1, late_days=47, people=10)
def wages_paid_in_part(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=60_000_00)


@fires("wages_overdue", unpaid_fen=60_000_00, months=1, late_days=47, teams=2, people=31)
def wages_of_two_teams_unpaid(site):
    """21 and 10 workers in one month."""
    plain(site)
    site.add("payrolls", contract_id="K1", workers=21)
    site.add("payments", amount=60_000_00)
    site.add("payrolls", payroll_id="R2", contract_id="K2", workers=10, amount_due=20_000_00)


@quiet("wages_overdue")
def wages_paid_to_within_rounding(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=99_500_00)


@quiet("wages_partly_paid")
def wages_paid_but_for_rounding(site):
    wages_paid_to_within_rounding(site)


@quiet("wages_overdue")
def wages_of_april_may_be_paid_until_the_end_of_may(site):
    plain(site)
    site.add("payrolls", period="2025-05-01", due_on="2025-05-20", known_at="2025-05-20")


@quiet("wages_overdue")
def wages_paid_in_two_payments(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=60_000_00)
    site.add("payments", payment_id="M2", amount=40_000_00, paid_on="2025-05-20",
             known_at="2025-05-20")  # fmt: skip


@fires("attendance_month_unpaid", months=1, people=10)
def people_worked_and_nothing_was_paid(site):
    plain(site)
    attend(site)
    site.add("payrolls")


@quiet("attendance_month_unpaid")
def something_was_paid(site):
    plain(site)
    attend(site)
    site.add("payrolls")
    site.add("payments", amount=1_00)


@quiet("attendance_month_unpaid")
def nobody_counted_who_worked(site):
    plain(site)
    attend(site, None)
    site.add("payrolls")


@fires("wages_stopped_in_dispute", unpaid_fen=100_000_00, dispute_days=92)
def wages_stopped_after_a_dispute_began(site):
    plain(site)
    site.add("disputes")
    site.add("payrolls")


@quiet("wages_stopped_in_dispute")
def the_dispute_is_settled(site):
    plain(site)
    site.add("disputes")
    site.add("disputes", resolved_on="2025-05-01", known_at="2025-05-01")
    site.add("payrolls")


@quiet("wages_stopped_in_dispute")
def the_wages_fell_due_before_the_dispute(site):
    plain(site)
    site.add("disputes", opened_on="2025-04-20", known_at="2025-04-20")
    site.add("payrolls")


@fires("paid_through_foreman", paid_fen=30_000_00, paid_share=0.3)
def the_foreman_took_a_part(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=70_000_00)
    site.add("payments", payment_id="M2", amount=30_000_00, channel="foreman")


@quiet("paid_through_foreman")
def the_channel_is_unknown(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", channel=None)


@quiet("paid_through_foreman")
def the_foreman_took_it_last_year(site):
    plain(site)
    site.add("payrolls", period="2024-03-01", due_on="2024-04-15", known_at="2024-04-15")
    site.add("payments", channel="foreman", paid_on="2024-04-15", known_at="2024-04-15")


@fires("paid_in_cash", paid_fen=20_000_00, paid_share=0.2)
def a_fifth_was_paid_in_cash(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=80_000_00)
    site.add("payments", payment_id="M2", amount=20_000_00, channel="cash")


@quiet("paid_in_cash")
def a_seventh_was_paid_in_cash(site):
    plain(site)
    site.add("payrolls")
    site.add("payments", amount=86_000_00)
    site.add("payments", payment_id="M2", amount=14_000_00, channel="cash")


@fires("pay_below_minimum", months=1, people=10, mean_pay_fen=1_889_00, minimum_fen=1_890_00)
def mean_pay_in_guizhou_is_a_yuan_too_low(site):
    plain(site, region_code="520102")
    site.add("payrolls", amount_due=18_890_00)


@quiet("pay_below_minimum")
def mean_pay_is_low_where_no_minimum_is_given(site):
    plain(site)
    site.add("payrolls", amount_due=5_000_00)


# --- payrolls ---


@fires("payroll_missing", months=1, people=10)
def people_worked_without_a_payroll(site):
    plain(site)
    attend(site)


@quiet("payroll_missing")
def the_payroll_came(site):
    plain(site)
    attend(site)
    site.add("payrolls")


@quiet("payroll_missing")
def nobody_was_on_site(site):
    plain(site)
    attend(site, 0)


@fires("attending_without_pay_record", present=20, on_roll=10, missing_share=0.5, for_month=202503)
def half_stand_on_no_payroll(site):
    plain(site)
    attend(site, 20)
    site.add("payrolls")


@quiet("attending_without_pay_record")
def one_in_ten_stands_on_no_payroll(site):
    plain(site)
    attend(site, 11)
    site.add("payrolls")


@quiet("attending_without_pay_record")
def one_payroll_does_not_say_how_many(site):
    plain(site)
    attend(site, 50)
    site.add("payrolls")
    site.add("payrolls", payroll_id="R2", workers=None)


@fires("fewer_paid_than_attending", present=10, paid=8, paid_share=0.8, for_month=202503)
def eight_of_ten_were_paid(site):
    plain(site)
    attend(site)
    site.add("payrolls")
    site.add("payments", workers_paid=8)


@quiet("fewer_paid_than_attending")
def they_were_paid_in_two_groups(site):
    plain(site)
    attend(site)
    site.add("payrolls")
    site.add("payments", workers_paid=6)
    site.add("payments", payment_id="M2", workers_paid=4)


@quiet("fewer_paid_than_attending")
def one_payment_does_not_say_how_many(site):
    plain(site)
    attend(site)
    site.add("payrolls")
    site.add("payments", workers_paid=None)


# --- funding ---


@fires("labour_cost_overdue", short_fen=80_000_00, short_share=1.0, transfers=1, late_days=83)
def labour_cost_never_came(site):
    plain(site)
    site.add("transfers")


@quiet("labour_cost_overdue")
def labour_cost_falls_due_today(site):
    plain(site)
    site.add("transfers", due_on="2025-06-01", known_at="2025-05-01")


@fires("labour_cost_cycle_long", cycle_months=3, transfers=2)
def labour_cost_falls_due_every_quarter(site):
    plain(site)
    for number, month in enumerate(("2024-09", "2024-12", "2025-03")):
        site.add("transfers", transfer_id=f"T{number}", period=f"{month}-01", due_on=f"{month}-28",
                 paid_on=f"{month}-28", amount_paid=80_000_00, known_at=f"{month}-28")  # fmt: skip


@quiet("labour_cost_cycle_long")
def one_month_has_no_labour_cost(site):
    plain(site)
    for number, month in enumerate(("2024-11", "2024-12", "2025-02", "2025-03")):
        site.add("transfers", transfer_id=f"T{number}", period=f"{month}-01", due_on=f"{month}-28",
                 paid_on=f"{month}-28", amount_paid=80_000_00, known_at=f"{month}-28")  # fmt: skip


@fires("payment_guarantee_missing")
def a_private_owner_gave_no_guarantee(site):
    plain(site, funding="private", payment_guarantee=False)


@quiet("payment_guarantee_missing")
def nobody_says_whether_there_is_a_guarantee(site):
    plain(site, funding="private", payment_guarantee=None)


@quiet("labour_cost_overdue")
def labour_cost_came_later(site):
    plain(site)
    site.add("transfers")
    site.add("transfers", paid_on="2025-05-20", amount_paid=80_000_00, known_at="2025-05-20")


@fires("transfers_stopped_in_dispute", short_fen=80_000_00, dispute_days=92)
def transfers_stopped_after_a_dispute_began(site):
    plain(site)
    site.add("disputes")
    site.add("transfers")


@quiet("transfers_stopped_in_dispute")
def transfers_stopped_before_the_dispute(site):
    plain(site)
    site.add("disputes", opened_on="2025-03-20", known_at="2025-03-20")
    site.add("transfers")


@fires("labour_cost_short", short_fen=20_000_00, transfers=1, paid_share=0.75)
def three_quarters_of_the_labour_cost_came(site):
    plain(site)
    site.add("transfers", paid_on="2025-03-11", amount_paid=60_000_00, known_at="2025-03-11")


@quiet("labour_cost_short")
def it_was_paid_nobody_says_how_much(site):
    plain(site)
    site.add("transfers", paid_on="2025-03-11", known_at="2025-03-11")


@fires("labour_share_low", labour_share=0.2, required_share=0.22)
def a_low_share_in_yinchuan(site):
    plain(site, region_code="640104", labour_cost_share=0.2)


@quiet("labour_share_low")
def a_low_share_where_no_place_asks_for_one(site):
    plain(site, labour_cost_share=0.02)


@quiet("labour_share_low")
def an_unknown_share_in_yinchuan(site):
    plain(site, region_code="640104", labour_cost_share=None)


@fires("government_project_prefinanced")
def a_government_project_on_credit(site):
    plain(site, funding="government", advance_funded=True)


@quiet("government_project_prefinanced")
def a_private_project_on_credit(site):
    plain(site, funding="private", advance_funded=True)


@quiet("government_project_prefinanced")
def a_government_project_that_does_not_say(site):
    plain(site, funding="government", advance_funded=None)


# --- accounts ---


@fires("account_missing", late_days=487)
def no_account_since_the_contract(site):
    plain(site)
    site.add("contracts", **COMPANY)


@fires("account_missing", late_days=478)
def no_account_since_the_start(site):
    plain(site)


@quiet("account_missing")
def the_contract_is_thirty_days_old(site):
    plain(site, started_on="2025-05-01", known_at="2025-05-01")
    site.add("contracts", signed_on="2025-05-02", known_at="2025-05-02")


@fires("account_not_recorded", transfers=1, transferred_fen=80_000_00, bank_payments=0,
       shared_accounts=0)  # fmt: skip
def labour_cost_came_without_an_account_on_record(site):
    plain(site)
    site.add("transfers", paid_on="2025-03-10", amount_paid=80_000_00)


@quiet("account_not_recorded")
def nothing_came_for_a_year(site):
    plain(site)
    site.add("transfers", due_on="2024-03-10", paid_on="2024-03-10", amount_paid=80_000_00,
             known_at="2024-03-10")  # fmt: skip


@quiet("account_missing")
def there_is_an_account(site):
    plain(site)
    site.add("accounts")


@fires("account_closed_early", closed_days=92)
def the_account_was_closed(site):
    plain(site)
    site.add("accounts", closed_on="2025-03-01", known_at="2025-03-01")


@quiet("account_closed_early")
def another_account_is_open(site):
    plain(site)
    site.add("accounts", closed_on="2025-03-01", known_at="2025-03-01")
    site.add("accounts", account_id="A2")


@quiet("account_closed_early")
def the_work_was_done(site):
    plain(site, completed_on="2025-05-01", known_at="2025-05-01")
    site.add("accounts", closed_on="2025-05-20", known_at="2025-05-20")


# --- deposits ---


@fires("deposit_missing", late_days=481, missing=1, returned=0)
def no_deposit_was_paid_in(site):
    plain(site)
    site.add("deposits", status="missing")


@quiet("deposit_missing")
def the_builder_is_let_off(site):
    plain(site)
    site.add("deposits", status="missing", kind="exempt")


@quiet("deposit_missing")
def no_deposit_is_on_record(site):
    plain(site)


@quiet("deposit_missing")
def twenty_working_days_may_not_be_over(site):
    plain(site, started_on="2025-05-01", known_at="2025-05-01")
    site.add("deposits", status="missing", valid_from="2025-05-01", known_at="2025-05-01")


@fires("deposit_short", short_fen=49_500_00, held_share=0.01)
def one_percent_of_the_deposit_was_stored(site):
    plain(site)
    site.add("deposits", amount=500_00)


@quiet("deposit_short")
def nobody_says_how_much_was_stored(site):
    plain(site)
    site.add("deposits", amount=None)


@fires("deposit_expired", late_days=31)
def the_guarantee_ran_out(site):
    plain(site)
    site.add("deposits", valid_to="2025-05-01")


@quiet("deposit_expired")
def a_new_guarantee_took_its_place(site):
    plain(site)
    site.add("deposits", valid_to="2025-05-01")
    site.add("deposits", deposit_id="D2", valid_from="2025-05-01", known_at="2025-05-01")


@quiet("deposit_expired")
def the_guarantee_does_not_say_until_when(site):
    plain(site)
    site.add("deposits", valid_to=None)


@fires("deposit_not_refilled", late_days=61)
def the_deposit_was_drawn(site):
    plain(site)
    site.add("deposits")
    site.add("deposits", status="drawn", known_at="2025-04-01")


@quiet("deposit_not_refilled")
def the_deposit_was_drawn_and_refilled(site):
    plain(site)
    site.add("deposits", status="drawn", known_at="2025-04-01")
    site.add("deposits", status="stored", known_at="2025-04-10")


@quiet("deposit_not_refilled")
def ten_working_days_may_not_be_over(site):
    plain(site)
    site.add("deposits", status="drawn", known_at="2025-05-20")


# --- real names ---


@fires("workers_unregistered", covered=6, people=10, covered_share=0.6, for_month=202503)
def six_of_ten_are_registered(site):
    plain(site)
    attend(site, workers_registered=6)


@quiet("workers_unregistered")
def nobody_says_how_many_are_registered(site):
    plain(site)
    attend(site, workers_registered=None)


@quiet("workers_unregistered")
def the_latest_month_is_better(site):
    plain(site)
    attend(site, workers_registered=6)
    attend(site, workers_registered=9, period="2025-04-01", known_at="2025-05-05")


@fires("workers_without_contract", covered=5, people=8, covered_share=0.625, for_month=202503)
def five_of_eight_have_a_contract(site):
    plain(site)
    attend(site, workers_registered=8, workers_with_contract=5)


@quiet("workers_without_contract")
def nobody_says_how_many_have_a_contract(site):
    plain(site)
    attend(site, workers_registered=8, workers_with_contract=None)


# --- parties ---


@fires("contractor_listed", listed_days=517, units=1, contractors=1, subcontractors=0)
def the_contractor_is_listed(site):
    plain(site, contractor_id="ORG")
    site.add("listings")


@quiet("contractor_listed")
def the_contractor_was_removed(site):
    plain(site, contractor_id="ORG")
    site.add("listings", removed_on="2025-01-01", known_at="2025-01-01")


@quiet("contractor_listed")
def the_term_of_three_years_is_over(site):
    plain(site, contractor_id="ORG")
    site.add("listings", listed_on="2022-02-01", known_at="2022-02-01")


@quiet("contractor_listed")
def the_contractor_is_unknown(site):
    plain(site, contractor_id=None)
    site.add("listings")


@fires("owner_listed", listed_days=517)
def the_owner_is_listed(site):
    plain(site, owner_id="ORG")
    site.add("listings")


@quiet("owner_listed")
def another_owner_is_listed(site):
    plain(site, owner_id="OTHER")
    site.add("listings")


@fires("subcontract_to_individual", contracts=1, by_owner=0, by_contractor=1, by_subcontractor=0,
       oral=0)  # fmt: skip
def a_person_has_a_subcontract(site):
    plain(site)
    site.add("contracts")
    site.add("contracts", contract_id="C1", parent_contract_id="C0", contractor_kind="individual",
             written=True)  # fmt: skip


@quiet("subcontract_to_individual")
def the_subcontractor_is_unknown(site):
    plain(site)
    site.add("contracts", parent_contract_id="C9", contractor_kind=None)


@quiet("subcontract_to_individual")
def the_person_s_contract_ended(site):
    plain(site)
    site.add("contracts", parent_contract_id="C9", contractor_kind="individual",
             ended_on="2024-09-01", known_at="2024-09-01")  # fmt: skip


@fires("oral_subcontract", contracts=1)
def a_subcontract_by_word_of_mouth(site):
    plain(site)
    site.add("contracts")
    site.add("contracts", contract_id="C1", parent_contract_id="C0", written=False)


@quiet("oral_subcontract")
def nobody_says_whether_it_is_written(site):
    plain(site)
    site.add("contracts", parent_contract_id="C9", written=None)


def flags_of(site_in, scenes, *, mute=None, silent=None):
    """Every scene on a site and in a county of its own, and each site's flags by code."""
    mute, silent, found = mute or {}, silent or {}, {}
    with empty_store() as store:
        sites = {}
        for number, (name, (code, scene, *_)) in enumerate(scenes.items()):
            site = site_in(store, f"{name}:", county=420000 + number, muted=mute.get(code, ""))
            site.neighbour_reports(silent=silent.get(code, ""))
            scene(site)
            sites[name] = site.project_id
        found = red_flags(store, AS_OF)
    return {
        name: {flag.code: flag for flag in found.get(project_id, ())}
        for name, project_id in sites.items()
    }


@pytest.fixture(scope="module")
def fired(site_in):
    return flags_of(site_in, FIRES)


@pytest.fixture(scope="module")
def kept_quiet(site_in):
    return flags_of(site_in, QUIET)


@pytest.mark.parametrize("name", FIRES)
def test_rule_fires(name, fired):
    code, _, expected = FIRES[name]
    flag = fired[name][code]
    assert flag.values == pytest.approx(expected)
    assert flag.since is None or flag.since < AS_OF
    assert flag.evidence
    assert all(item.known_at < AS_OF for item in flag.evidence)


@pytest.mark.parametrize("name", QUIET)
def test_rule_stays_quiet(name, kept_quiet):
    assert QUIET[name][0] not in kept_quiet[name]


STATED = {"deposit_not_recorded"}
"""Rules that bind only where the office states so; they have files of their own."""


def test_every_rule_has_firing_and_quiet_cases():
    assert {code for code, *_ in FIRES.values()} == set(CODES) - STATED
    assert {code for code, *_ in QUIET.values()} == set(CODES) - STATED


def test_rules_ignore_feeds_the_county_does_not_send(site_in):
    silence = {rule.code: rule.feeds[0] for rule in RULES if rule.feeds}
    silence["correction_overdue"] = "inspections"
    scenes = {name: scene for name, scene in FIRES.items() if scene[0] in silence}
    found = flags_of(site_in, scenes, mute=silence)
    assert {name for name, flags in found.items() if scenes[name][0] in flags} == set()


def test_rules_ignore_feeds_silent_before_the_time_limit(site_in):
    silence = {
        "wages_overdue": "payments",
        "wages_partly_paid": "payments",
        "attendance_month_unpaid": "payments",
        "wages_stopped_in_dispute": "payments",
        "fewer_paid_than_attending": "payments",
        "payroll_missing": "payrolls",
        "labour_cost_overdue": "transfers",
        "transfers_stopped_in_dispute": "transfers",
    }
    scenes = {name: scene for name, scene in FIRES.items() if scene[0] in silence}
    found = flags_of(site_in, scenes, silent=silence)
    assert {name for name, flags in found.items() if scenes[name][0] in flags} == set()


def test_account_missing_has_the_contract_as_evidence(reporting):
    no_account_since_the_contract(reporting)
    flag = reporting.flags()["account_missing"]
    assert flag.evidence == (Evidence("contracts", "C0", dt.date(2024, 1, 1)),)
    assert (flag.threshold, flag.basis, flag.since) == (30, "mohrss_2021_53", dt.date(2024, 2, 1))


def test_payment_rules_have_only_wrong_payments_as_evidence(reporting):
    the_foreman_took_a_part(reporting)
    flag = reporting.flags()["paid_through_foreman"]
    assert [item.record_id for item in flag.evidence] == ["M2"]
