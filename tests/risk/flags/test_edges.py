"""Every rule at the edges of its law: its first day, the days of its duty, each of its numbers.

The cases come from the law: a rule without a scene, or a number without an edge, fails. All scenes
are made for 1 October 2025, a public holiday; the day before is a Tuesday that is worked, as is
Sunday 28 September. Numbers are tried one below, at and one above the value of the law, shares in
percent. ``nyy`` means: not flagged, flagged, flagged.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from risk.flags import CODES, RedFlag, read_law, red_flags
from risk.flags.law import Duty, Law, Value
from risk.store.store import RecordStore

from ...empty_store import empty_store
from .conftest import DEFAULTS, NEIGHBOUR, Site

DAY = dt.date(2025, 10, 1)
BEFORE, AFTER = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
EARLIER = dt.date(2021, 10, 1)
"""Day for the values that are no longer in force."""
YUAN = 100

Scene = Callable[[Site], None]
Builder = Callable[[Site, int], None]


def days_ago(number: int) -> str:
    return str(DAY - dt.timedelta(days=number))


def working_days_ago(number: int) -> str:
    """Day whose following ``number`` working days end on 30 September."""
    # One of them is Sunday 28 September.
    return str(np.busday_offset(np.datetime64(BEFORE), 1 - number))


def months_ago(number: int) -> str:
    return str(np.datetime64(DAY, "M") - number) + "-01"


def years_ago(day: dt.date, number: int) -> str:
    return str(day.replace(year=day.year - number))


LAW = read_law()


Rows = dict[tuple[str, tuple[str, ...]], list[object]]
"""Cells of all rows by table and columns."""


class Place(Site):
    """A site in a county that reports already; ``project`` replaces cells of the site's own row.

    With ``elsewhere`` every other record is a neighbour's. Rows are collected in ``rows``: one
    statement for all of a table is quicker.
    """

    def __init__(
        self,
        rows: Rows,
        key: str,
        *,
        project: Mapping[str, object] | None = None,
        elsewhere: bool = False,
        day: dt.date = DAY,
        county: int = 420301,
    ) -> None:
        self.project, self.elsewhere, self.day = project or {}, elsewhere, day
        self.rows, self.key, self.county, self.muted = rows, key, county, ""
        if elsewhere:
            self.add_neighbour()

    def add(self, table: str, **values: object) -> None:
        if table == "projects" and "project_id" not in values:
            values |= self.project
        elif self.elsewhere and "project_id" in DEFAULTS[table]:
            values |= {"project_id": NEIGHBOUR}
        super().add(table, **values)

    def insert(self, table: str, row: dict[str, object]) -> None:
        self.rows.setdefault((table, tuple(row)), []).extend(row.values())


# --- one scene of each rule, flagged for the first time on DAY ---


@dataclass(frozen=True)
class First:
    """Scene of a rule.

    ``act`` is the day that the duty must cover, None if any day will do; ``since`` and ``evidence``
    are those of the flag, the evidence by weight.
    """

    scene: Scene
    act: str | None
    since: str | None
    evidence: str


FIRST: dict[str, First] = {}


def first(code: str, act: str | None, since: str | None, evidence: str) -> Callable[[Scene], Scene]:
    def keep(scene: Scene) -> Scene:
        FIRST[code] = First(scene, act, since, evidence)
        return scene

    return keep


def roll(site: Site, number: int = 2, **values: object) -> None:
    """A payroll of 10,000 yuan for the month ``number`` months ago, due in its middle."""
    day = f"{months_ago(number)[:-2]}15"
    row = {"payroll_id": f"R{number}", "due_on": day, "known_at": "2025-09-15"}
    site.add(
        "payrolls", **{**row, "period": months_ago(number), "amount_due": 10_000 * YUAN, **values}
    )


def pay(site: Site, yuan: int, number: int = 2, **values: object) -> None:
    row = {"payment_id": f"M{number}", "payroll_id": f"R{number}", "paid_on": "2025-09-15"}
    site.add("payments", **{**row, "known_at": "2025-09-15", "amount": yuan * YUAN, **values})


def attend(site: Site, number: int = 2, people: int = 100, **values: object) -> None:
    row = {"period": months_ago(number), "workers_present": people, "known_at": "2025-09-29"}
    site.add("attendance", **{**row, **values})


def transfer(site: Site, due_on: str, name: str = "T1", **values: object) -> None:
    period = f"{due_on[:7]}-01"
    row = {"transfer_id": name, "due_on": due_on, "period": period, "known_at": "2025-09-29"}
    site.add("transfers", **{**row, "amount_due": 10_000 * YUAN, **values})


def ordinary_june(site: Site) -> None:
    """One worker, registered, with a contract, on site and paid: no record of another month."""
    attend(site, 4, people=1, workers_registered=1, workers_with_contract=1)
    roll(site, 4, workers=1)
    pay(site, 10_000, 4, workers_paid=1)


def general_contract(site: Site, signed_on: str) -> None:
    site.add("contracts", signed_on=signed_on, known_at=signed_on)


def subcontract(site: Site, **values: object) -> None:
    site.add("contracts")
    row = {"contract_id": "C1", "parent_contract_id": "C0", "signed_on": days_ago(1)}
    site.add("contracts", **{**row, "known_at": days_ago(2), **values})


def listed(site: Site, party: str, listed_on: str, name: str = "L1") -> None:
    site.add("listings", listing_id=name, listed_on=listed_on, known_at="2018-01-01")


@first(
    "group_complaint_open", "2025-09-24", "2025-10-01", "complaints K1"
)  # 25, 26, 28, 29 and 30 September
def five_working_days_without_a_case(site: Site) -> None:
    site.add("projects")
    site.add("complaints", received_on="2025-09-24", known_at="2025-09-24")


@first("correction_overdue", "2025-09-01", "2025-10-01", "inspections I1")
def deadline_of_the_order_was_yesterday(site: Site) -> None:
    site.add("projects")
    days = {"inspected_on": "2025-09-01", "known_at": "2025-09-01"}
    site.add("inspections", rectify_by="2025-09-30", **days)


@first("notice_board_missing", None, None, "projects P1")
def started_yesterday_without_a_board(site: Site) -> None:
    site.add("projects", started_on="2025-09-30", notice_board=False)


@first("wages_overdue", "2025-08-15", "2025-08-16", "payrolls R2")
def august_unpaid(site: Site) -> None:
    site.add("projects")
    roll(site)


@first("wages_partly_paid", "2025-08-15", "2025-08-16", "payrolls R2")
def august_paid_in_part(site: Site) -> None:
    august_unpaid(site)
    pay(site, 6_000)


@first(
    "attendance_month_unpaid", "2025-08-15", "2025-10-01", "attendance P1/C1/2025-08, payrolls R2"
)
def august_worked_and_unpaid(site: Site) -> None:
    august_unpaid(site)
    ordinary_june(site)
    attend(site)


@first("wages_stopped_in_dispute", "2025-08-15", "2025-08-16", "payrolls R2")
def august_unpaid_in_a_dispute(site: Site) -> None:
    august_unpaid(site)
    site.add("disputes", opened_on="2025-08-15", known_at="2025-08-15")


@first("paid_through_foreman", "2025-09-30", "2025-09-30", "payments M2")
def foreman_paid_yesterday(site: Site) -> None:
    august_unpaid(site)
    pay(site, 100, paid_on="2025-09-30", channel="foreman")


@first("paid_in_cash", "2025-09-30", "2025-09-30", "payments M2")
def paid_in_cash_yesterday(site: Site) -> None:
    august_unpaid(site)
    pay(site, 100, paid_on="2025-09-30", channel="cash")


@first("pay_below_minimum", "2025-08-01", None, "payrolls R2")
def low_payroll_known_since_yesterday(site: Site) -> None:
    site.add("projects", region_code="520102")
    roll(site, amount_due=18_899 * YUAN, known_at="2025-09-30")
    ordinary_june(site)


@first("payroll_missing", "2025-08-01", "2025-10-01", "attendance P1/C1/2025-08")
def august_worked_without_a_payroll(site: Site) -> None:
    site.add("projects")
    attend(site)
    ordinary_june(site)


@first(
    "attending_without_pay_record",
    "2025-08-01",
    "2025-10-01",
    "attendance P1/C1/2025-08, payrolls R2",
)
def half_of_august_on_no_payroll(site: Site) -> None:
    august_unpaid(site)
    attend(site, people=20)
    ordinary_june(site)


@first(
    "fewer_paid_than_attending", "2025-08-01", "2025-10-01", "attendance P1/C1/2025-08, payrolls R2"
)
def eight_of_ten_paid_for_august(site: Site) -> None:
    august_unpaid(site)
    pay(site, 10_000, workers_paid=8)
    attend(site, people=10)
    ordinary_june(site)


@first("labour_cost_overdue", "2025-09-30", "2025-10-01", "transfers T1")
def labour_cost_fell_due_yesterday(site: Site) -> None:
    site.add("projects")
    transfer(site, "2025-09-30")


@first("transfers_stopped_in_dispute", "2025-09-30", "2025-10-01", "transfers T1")
def labour_cost_fell_due_in_a_dispute(site: Site) -> None:
    labour_cost_fell_due_yesterday(site)
    site.add("disputes", opened_on="2025-09-30", known_at="2025-09-29")


@first("labour_cost_short", "2025-09-10", "2025-09-30", "transfers T1")
def three_quarters_came_yesterday(site: Site) -> None:
    site.add("projects")
    transfer(site, "2025-09-10", paid_on="2025-09-30", amount_paid=7_500 * YUAN)


@first("labour_cost_cycle_long", "2025-03-28", "2025-06-28", "transfers T2, transfers T3")
def labour_cost_falls_due_every_quarter(site: Site) -> None:
    site.add("projects")
    for name, day in (("T1", "2025-03-28"), ("T2", "2025-06-28"), ("T3", "2025-09-30")):
        transfer(site, day, name, paid_on=day, amount_paid=10_000 * YUAN)
    again = {"paid_on": "2025-06-29", "amount_paid": 10_000 * YUAN}
    transfer(site, "2025-06-29", "T2 again", **again)


@first("labour_share_low", None, None, "projects P1")
def started_yesterday_with_a_low_share(site: Site) -> None:
    site.add("projects", region_code="640104", started_on="2025-09-30", labour_cost_share=0.2)


@first("government_project_prefinanced", "2025-09-30", "2025-09-30", "projects P1")
def started_yesterday_on_credit(site: Site) -> None:
    more = {"funding": "government", "advance_funded": True}
    site.add("projects", started_on="2025-09-30", **more)


@first("payment_guarantee_missing", "2025-09-30", None, "projects P1")
def started_yesterday_without_a_guarantee(site: Site) -> None:
    more = {"funding": "private", "payment_guarantee": False}
    site.add("projects", started_on="2025-09-30", **more)


@first("account_missing", "2025-08-31", "2025-10-01", "contracts C0")
def thirty_days_without_an_account(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-08-31")


@first("account_not_recorded", "2025-08-31", "2025-10-01", "contracts C0")
def thirty_days_with_labour_cost_and_no_account(site: Site) -> None:
    thirty_days_without_an_account(site)
    transfer(site, "2025-09-10", paid_on="2025-09-10", amount_paid=10_000 * YUAN)


@first("account_closed_early", "2025-09-30", "2025-09-30", "accounts A1")
def account_closed_yesterday(site: Site) -> None:
    site.add("projects")
    site.add("accounts", closed_on="2025-09-30")


@first(
    "deposit_missing", "2025-09-03", "2025-10-01", "deposits D1"
)  # 18 days from Monday to Friday, Sunday, Monday, Tuesday
def twenty_working_days_without_a_deposit(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-09-03")
    site.add("deposits", status="missing")


@first("deposit_not_recorded", "2025-09-03", "2025-10-01", "contracts C0")
def twenty_working_days_without_a_row(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-09-03")


@first("deposit_short", "2025-09-03", "2025-10-01", "deposits D1")
def half_stored_after_twenty_working_days(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-09-03")
    site.add("deposits", amount=25_000_00)
    site.add("deposits", deposit_id="D2", status="returned", amount=25_000_00)


@first("deposit_expired", "2025-09-30", "2025-09-30", "deposits D1")
def guarantee_ended_yesterday(site: Site) -> None:
    site.add("projects")
    site.add("deposits", valid_to="2025-09-30")


@first(
    "deposit_not_refilled", "2025-09-17", "2025-09-17", "deposits D1"
)  # 18, 19, 22 to 26, 28, 29, 30 September
def drawn_ten_working_days_ago(site: Site) -> None:
    site.add("projects")
    site.add("deposits", status="drawn", known_at="2025-09-17")


@first("workers_unregistered", "2025-09-01", "2025-09-01", "attendance P1/C1/2025-09")
def half_registered_in_september(site: Site) -> None:
    site.add("projects")
    attend(site, 1, workers_registered=50)
    roll(site, 1)
    ordinary_june(site)


@first("workers_without_contract", "2025-09-01", "2025-09-01", "attendance P1/C1/2025-09")
def half_with_a_contract_in_september(site: Site) -> None:
    site.add("projects")
    attend(site, 1, workers_registered=100, workers_with_contract=50)
    roll(site, 1)
    ordinary_june(site)


@first("contractor_listed", None, "2025-09-30", "listings L1")
def contractor_listed_yesterday(site: Site) -> None:
    site.add("projects", contractor_id="ORG", owner_id="CLEAN")
    listed(site, "contractor", "2025-09-30")


@first("owner_listed", None, "2025-09-30", "listings L1")
def owner_listed_yesterday(site: Site) -> None:
    site.add("projects", contractor_id="CLEAN", owner_id="ORG")
    listed(site, "owner", "2025-09-30")


@first("subcontract_to_individual", "2025-09-30", "2025-09-30", "contracts C1")
def person_got_work_yesterday(site: Site) -> None:
    site.add("projects")
    subcontract(site, contractor_kind="individual", written=True)


@first("oral_subcontract", "2025-09-30", "2025-09-30", "contracts C1")
def oral_contract_of_yesterday(site: Site) -> None:
    site.add("projects")
    subcontract(site, contractor_kind="company", written=False)


# --- every number of the law, one below, at and one above it ---


@dataclass(frozen=True)
class Edge:
    """Scene that measures the number of a legal value, and whether it is flagged."""

    build: Builder
    flagged: Mapping[float, str] | str


EDGES: dict[tuple[str, str], Edge] = {}

ONLY_SHOWN = {("group_complaint_open", "extension_days")}
"""Values that decide nothing; ``test_rules.py`` pins what the flag shows of them."""


def edge(codes: str, name: str, flagged: Mapping[float, str] | str) -> Callable[[Builder], Builder]:
    def keep(build: Builder) -> Builder:
        EDGES.update({(code, name): Edge(build, flagged) for code in codes.split()})
        return build

    return keep


@edge("group_complaint_open", "people", "nyy")
def people_complained(site: Site, people: int) -> None:
    site.add("projects")
    site.add("complaints", workers=people, known_at="2025-05-01")


@edge("group_complaint_open", "filing_days", "nyy")
def working_days_without_a_case(site: Site, days: int) -> None:
    site.add("projects")
    day = working_days_ago(days)
    site.add("complaints", received_on=day, known_at=day)


@edge("group_complaint_open", "handling_days", "nyy")
def working_days_since_the_case(site: Site, days: int) -> None:
    site.add("projects")
    site.add("complaints")
    day = working_days_ago(days)
    site.add("cases", complaint_id="K1", opened_on=day, known_at=day)


@edge("wages_overdue wages_stopped_in_dispute", "months", "nyy")
def months_since_the_month_worked(site: Site, months: int) -> None:
    site.add("projects")
    site.add("disputes", opened_on="2025-01-01", known_at="2025-01-01")
    roll(site, 1 + months)


@edge("wages_overdue wages_stopped_in_dispute", "least_months", "nyy")
def months_unpaid(site: Site, months: int) -> None:
    site.add("projects")
    site.add("disputes", opened_on="2025-01-01", known_at="2025-01-01")
    for number in range(months):
        roll(site, 2 + number)


@edge("wages_overdue wages_stopped_in_dispute", "tolerance_share", "yyn")
def percent_of_a_month_paid(site: Site, percent: int) -> None:
    site.add("projects")
    site.add("disputes", opened_on="2025-01-01", known_at="2025-01-01")
    roll(site)
    pay(site, 100 * percent)


@edge("attendance_month_unpaid payroll_missing", "months", "nyy")
def months_since_the_month_attended(site: Site, months: int) -> None:
    site.add("projects")
    attend(site, 1 + months)
    if site.key.startswith("attendance_month_unpaid"):
        roll(site, 1 + months)


@edge("payroll_missing", "look_back_months", "yyn")
def months_ago_without_a_payroll(site: Site, months: int) -> None:
    site.add("projects")
    attend(site, months)


@edge("attending_without_pay_record fewer_paid_than_attending", "months", "nyy")
def months_since_half_a_month(site: Site, months: int) -> None:
    months_ago_with_half_of_the_people(site, 1 + months)


@edge("attending_without_pay_record fewer_paid_than_attending", "look_back_months", "yyn")
def months_ago_with_half_of_the_people(site: Site, months: int) -> None:
    site.add("projects")
    attend(site, months)
    roll(site, months, workers=50)
    pay(site, 10_000, months, workers_paid=50)


@edge("attending_without_pay_record", "share", "nny")
def percent_on_no_payroll(site: Site, percent: int) -> None:
    site.add("projects")
    attend(site)
    roll(site, workers=100 - percent)


@edge("fewer_paid_than_attending", "share", "ynn")
def percent_paid(site: Site, percent: int) -> None:
    site.add("projects")
    attend(site)
    roll(site, workers=200)
    pay(site, 10_000, workers_paid=percent)


@edge("paid_through_foreman paid_in_cash", "share", "nny")
def percent_paid_another_way(site: Site, percent: int) -> None:
    site.add("projects")
    roll(site)
    channel = "cash" if site.key.startswith("paid_in_cash") else "foreman"
    pay(site, 100 * max(percent, 0), channel=channel)
    pay(site, 10_000 - 100 * max(percent, 0), payment_id="M1")


@edge("paid_through_foreman paid_in_cash", "look_back_months", "yyn")
def months_ago_paid_another_way(site: Site, months: int) -> None:
    site.add("projects")
    roll(site)
    channel = "cash" if site.key.startswith("paid_in_cash") else "foreman"
    pay(site, 10_000, channel=channel, paid_on=months_ago(months))


@edge("pay_below_minimum", "monthly_fen", "ynn")
def mean_pay_of_ten_workers(site: Site, fen: int) -> None:
    site.add("projects")
    roll(site, amount_due=10 * fen)


@edge("pay_below_minimum", "days", "nyy")
def days_worked_for_a_fen_less_than_four_months(site: Site, quarters: int) -> None:
    """Four workers: 83, 87 and 91 days; 87 are four full months of 21.75 days."""
    site.add("projects")
    attend(site, worker_days=87 + 4 * quarters)
    roll(site, workers=4, amount_due=4 * 1_890_00 - 1)


@edge("pay_below_minimum", "look_back_months", "yyn")
def months_ago_paid_too_little(site: Site, months: int) -> None:
    site.add("projects")
    roll(site, months, amount_due=1_000_00)


@edge("labour_cost_cycle_long", "months", "nny")
def months_between_labour_cost(site: Site, months: int) -> None:
    site.add("projects")
    for number in range(3):
        transfer(site, f"{months_ago(1 + months * number)[:-2]}28", f"T{number}")


@edge("labour_cost_cycle_long", "steps", "nyy")
def quarters_in_a_row(site: Site, steps: int) -> None:
    site.add("projects")
    for number in range(steps + 1):
        transfer(site, f"{months_ago(1 + 3 * number)[:-2]}28", f"T{number}")


@edge("labour_cost_cycle_long", "look_back_months", "yyn")
def months_ago_the_first_labour_cost(site: Site, months: int) -> None:
    site.add("projects", started_on="2023-01-01")
    for number in (1, 4, months):
        transfer(site, f"{months_ago(number)[:-2]}28", f"T{number}")


@edge("labour_cost_short", "tolerance_share", "nny")
def percent_of_the_labour_cost_short(site: Site, percent: int) -> None:
    site.add("projects")
    paid = {"paid_on": "2025-09-10", "amount_paid": (10_000 - 100 * percent) * YUAN}
    transfer(site, "2025-09-10", **paid)


@edge("labour_share_low", "share", "ynn")
def labour_share(site: Site, percent: int) -> None:
    site.add("projects", labour_cost_share=percent / 100)


@edge("account_missing account_not_recorded", "days", "nyy")
def days_since_the_contract(site: Site, days: int) -> None:
    _without_account(site, days_ago(days + 1))


@edge("account_missing account_not_recorded", "least_amount_fen", {0: "yyy", 400_000_000: "nyy"})
def contract_amount(site: Site, fen: int) -> None:
    _without_account(site, "2025-06-03", contract_amount=max(fen, 0))


@edge("account_missing account_not_recorded", "least_months", {0: "yyy", 3: "nyy"})
def months_planned(site: Site, months: int) -> None:
    _without_account(
        site, "2025-06-03", started_on="2025-06-01", planned_end_on=months_ago(4 - months)
    )


def _without_account(site: Site, signed_on: str, **project: object) -> None:
    project = {"contract_amount": 500_000_000, "planned_end_on": "2026-06-01", **project}
    site.add("projects", **project)
    general_contract(site, signed_on)
    if site.key.startswith("account_not_recorded"):
        transfer(site, "2025-09-10", paid_on="2025-09-10", amount_paid=10_000 * YUAN)


@edge("account_missing", "look_back_days", "nny")
@edge("account_not_recorded", "look_back_days", "yyn")
def days_since_labour_cost_came(site: Site, days: int) -> None:
    site.add("projects")
    general_contract(site, "2025-06-03")
    transfer(site, days_ago(days), paid_on=days_ago(days), amount_paid=10_000 * YUAN)


@edge("deposit_missing deposit_not_recorded deposit_short", "working_days", "nyy")
def working_days_since_the_contract(site: Site, days: int) -> None:
    site.add("projects")
    general_contract(site, working_days_ago(days))
    if site.key.startswith("deposit_missing"):
        site.add("deposits", status="missing")
    elif site.key.startswith("deposit_short"):
        site.add("deposits", amount=25_000_00)


@edge("deposit_short", "tolerance_share", "nny")
def percent_of_the_deposit_short(site: Site, percent: int) -> None:
    site.add("projects")
    site.add("deposits", amount=500_00 * (100 - percent))


@edge("deposit_not_refilled", "working_days", "nyy")
def working_days_since_it_was_drawn(site: Site, days: int) -> None:
    site.add("projects")
    site.add("deposits", status="drawn", known_at=working_days_ago(days))


@edge("workers_unregistered workers_without_contract", "share", "ynn")
def percent_covered(site: Site, percent: int) -> None:
    site.add("projects")
    covers = {"workers_unregistered": {"workers_registered": percent}}
    others = {"workers_registered": 100, "workers_with_contract": percent}
    attend(site, 1, **covers.get(site.key.split(":", maxsplit=1)[0], others))


@edge("workers_unregistered workers_without_contract", "look_back_months", "yyn")
def months_ago_with_half_covered(site: Site, months: int) -> None:
    site.add("projects")
    attend(site, months, workers_registered=50, workers_with_contract=25)


@edge("contractor_listed owner_listed", "years", {1: "nyn", 3: "yyn"})
def years_since_the_listing(site: Site, years: int) -> None:
    """A listing of the day itself is known and not in force yet."""
    _of_the_listed(site)
    listed(site, "ORG", years_ago(site.day, years))


def _of_the_listed(site: Site) -> None:
    days = {"started_on": "2018-01-10", "known_at": "2018-01-10"}
    site.add("projects", **days, contractor_id="ORG", owner_id="ORG")


@edge("contractor_listed owner_listed", "repeat_years", "yyn")
def years_since_another_listing(site: Site, years: int) -> None:
    _of_the_listed(site)
    listed(site, "ORG", "2017-01-01", "L0")
    listed(site, "ORG", years_ago(site.day, years))


# --- other days: the day before, the day and the day after ---


@dataclass(frozen=True)
class DayEdge:
    """Scene with a day, and whether ``code`` is flagged on DAY around the middle one."""

    code: str
    build: Callable[[Site, str], None]
    middle: str
    flagged: str


DAY_EDGES: list[DayEdge] = []


def day_edge(
    codes: str, flagged: str, middle: str = "2025-10-01"
) -> Callable[[Callable[[Site, str], None]], Callable[[Site, str], None]]:
    def keep(build: Callable[[Site, str], None]) -> Callable[[Site, str], None]:
        DAY_EDGES.extend(DayEdge(code, build, middle, flagged) for code in codes.split())
        return build

    return keep


@day_edge("deposit_expired", "yyn", "2025-09-30")
def expiry_without_an_end_is_known(site: Site, day: str) -> None:
    site.add("projects")
    site.add("deposits", status="expired", known_at=day)


@day_edge("wages_stopped_in_dispute transfers_stopped_in_dispute", "nyy")
def dispute_is_resolved(site: Site, day: str) -> None:
    august_unpaid(site)
    transfer(site, "2025-09-30")
    site.add("disputes", resolved_on=day, known_at="2025-09-29")


@day_edge("wages_stopped_in_dispute", "yyn", "2025-08-15")
def dispute_begins_around_the_pay_day(site: Site, day: str) -> None:
    august_unpaid(site)
    site.add("disputes", opened_on=day, known_at=day)


@day_edge("transfers_stopped_in_dispute", "yyn", "2025-09-10")
def dispute_begins_around_the_agreed_day(site: Site, day: str) -> None:
    site.add("projects")
    transfer(site, "2025-09-10")
    site.add("disputes", opened_on=day, known_at=day)


@day_edge("group_complaint_open", "nyy")
def complaint_is_guided_elsewhere(site: Site, day: str) -> None:
    site.add("projects")
    site.add("complaints", guided_on=day)


@day_edge("correction_overdue", "yyn", "2025-09-01")
def nothing_is_owed_at_a_later_visit(site: Site, day: str) -> None:
    """A visit of the same day does not follow the order."""
    deadline_of_the_order_was_yesterday(site)
    row = {"arrears_found": False, "rectify_by": None, "known_at": "2025-09-29"}
    site.add("inspections", inspection_id="I2", inspected_on=day, **row)


@day_edge("subcontract_to_individual", "nyy")
def contract_of_a_person_ends(site: Site, day: str) -> None:
    site.add("projects")
    subcontract(site, contractor_kind="individual", ended_on=day)


@day_edge("oral_subcontract", "nyy")
def oral_contract_ends(site: Site, day: str) -> None:
    site.add("projects")
    subcontract(site, written=False, ended_on=day)


@day_edge("contractor_listed owner_listed", "nyy")
def listing_is_removed(site: Site, day: str) -> None:
    site.add("projects", contractor_id="ORG", owner_id="ORG")
    site.add("listings", removed_on=day)


@day_edge("contractor_listed owner_listed", "nyy", "2022-10-01")
def listing_of_three_years_ago(site: Site, day: str) -> None:
    site.add("projects", contractor_id="ORG", owner_id="ORG")
    listed(site, "ORG", day)


@day_edge("contractor_listed", "nyy")
def contract_of_a_listed_subcontractor_ends(site: Site, day: str) -> None:
    site.add("projects")
    subcontract(site, contractor_id="ORG", ended_on=day)
    listed(site, "ORG", "2025-01-01")


@day_edge("contractor_listed", "ynn")
def contract_of_a_listed_subcontractor_begins(site: Site, day: str) -> None:
    site.add("projects")
    subcontract(site, contractor_id="ORG", signed_on=day)
    listed(site, "ORG", "2025-01-01")


@day_edge("account_closed_early", "ynn")
def second_account_closes(site: Site, day: str) -> None:
    site.add("projects")
    site.add("accounts", closed_on="2025-09-01")
    site.add("accounts", account_id="A2", closed_on=day)


@day_edge("account_missing", "ynn")
@day_edge("account_not_recorded", "nyy")
def account_of_another_project_closes(site: Site, day: str) -> None:
    site.add("projects", contractor_id="ORG")
    general_contract(site, "2025-06-03")
    place = {"region_code": site.project["region_code"], "contractor_id": "ORG"}
    site.add("projects", project_id="P2", **place)
    site.add("accounts", project_id="P2", closed_on=day)


@day_edge("account_missing", "ynn", "2025-07-01")
@day_edge("account_not_recorded", "nyy", "2025-07-01")
def bank_paid_92_days_ago(site: Site, day: str) -> None:
    site.add("projects")
    general_contract(site, "2025-06-03")
    roll(site)
    pay(site, 100, paid_on=day, channel="bank")


@day_edge("account_missing", "nyy")
@day_edge("account_not_recorded", "ynn")
def bank_paid_today(site: Site, day: str) -> None:
    bank_paid_92_days_ago(site, day)


@day_edge("account_missing", "nyy")
@day_edge("account_not_recorded", "ynn")
def labour_cost_came_today(site: Site, day: str) -> None:
    site.add("projects")
    general_contract(site, "2025-06-03")
    transfer(site, "2025-09-10", paid_on=day, amount_paid=10_000 * YUAN)


@day_edge("labour_cost_short", "ynn")
def part_of_the_labour_cost_came_today(site: Site, day: str) -> None:
    site.add("projects")
    transfer(site, "2025-09-10", paid_on=day, amount_paid=7_500 * YUAN)


@day_edge("wages_overdue", "nyy")
def wages_paid_today(site: Site, day: str) -> None:
    """Pay of the day itself is not known to be paid yet."""
    august_unpaid(site)
    pay(site, 10_000, paid_on=day)


@day_edge("deposit_missing deposit_expired deposit_not_refilled", "ynn")
def another_guarantee_ends(site: Site, day: str) -> None:
    site.add("projects")
    site.add("deposits", status="missing")
    site.add("deposits", deposit_id="D2", valid_to="2025-09-01")
    site.add("deposits", deposit_id="D3", status="drawn")
    site.add("deposits", deposit_id="D4", valid_to=day)


@day_edge("deposit_short", "nyy")
def half_of_the_deposit_ends(site: Site, day: str) -> None:
    site.add("projects")
    site.add("deposits", amount=25_000_00, valid_to=day)


@day_edge("paid_through_foreman", "nyy", "2025-07-01")
def foreman_paid_three_months_ago(site: Site, day: str) -> None:
    august_unpaid(site)
    pay(site, 100, paid_on=day, channel="foreman")


# --- what is no breach, and what is measured over several records ---

QUIET: list[tuple[str, Scene]] = []


def quiet(codes: str) -> Callable[[Scene], Scene]:
    def keep(scene: Scene) -> Scene:
        QUIET.extend((code, scene) for code in codes.split())
        return scene

    return keep


@quiet("labour_cost_overdue")
def labour_cost_paid_on_an_unknown_day(site: Site) -> None:
    site.add("projects")
    transfer(site, "2025-09-10", amount_paid=10_000 * YUAN)


@quiet("wages_overdue wages_partly_paid attendance_month_unpaid wages_stopped_in_dispute")
def paid_in_full(site: Site) -> None:
    august_unpaid_in_a_dispute(site)
    pay(site, 10_000)
    attend(site)


@quiet("attendance_month_unpaid")
def something_was_paid(site: Site) -> None:
    august_unpaid(site)
    pay(site, 1)
    attend(site)


@quiet("attendance_month_unpaid payroll_missing")
def nobody_was_on_site(site: Site) -> None:
    august_unpaid(site)
    attend(site, people=0)
    attend(site, 3, people=0)


@quiet("attendance_month_unpaid")
def nothing_was_due(site: Site) -> None:
    site.add("projects")
    roll(site, amount_due=0)
    attend(site)


@quiet("attendance_month_unpaid")
def another_month_was_worked(site: Site) -> None:
    august_unpaid(site)
    attend(site, 3)


@quiet("wages_partly_paid")
def one_of_two_payrolls_without_a_team(site: Site) -> None:
    """Each is a team's: all of one is unpaid, a month's wages."""
    august_unpaid(site)
    roll(site, payroll_id="R2 paid")
    pay(site, 10_000, payroll_id="R2 paid")


@quiet("wages_partly_paid")
def one_team_unpaid_and_one_almost_paid(site: Site) -> None:
    site.add("projects")
    roll(site, contract_id="C1")
    roll(site, contract_id="C2", payroll_id="R2 of C2")
    pay(site, 9_000, payroll_id="R2 of C2")


@quiet("wages_partly_paid")
def halves_of_two_months_are_a_month(site: Site) -> None:
    site.add("projects")
    for number in (2, 3):
        roll(site, number)
        pay(site, 5_000, number)


@quiet("deposit_missing deposit_expired deposit_not_refilled")
def an_exemption_beside_a_lack(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-01-03")
    days = {"valid_to": "2025-09-01", "known_at": "2025-03-01"}
    for number, status in enumerate(("missing", "expired", "drawn")):
        site.add("deposits", deposit_id=f"D{number}", status=status, **days)
    site.add("deposits", deposit_id="D exempt", kind="exempt", status="missing")


@quiet("deposit_missing deposit_not_recorded")
def a_deposit_that_was_drawn(site: Site) -> None:
    site.add("projects")
    general_contract(site, "2025-01-03")
    site.add("deposits", status="drawn")


@quiet("deposit_expired")
def expired_as_of_today(site: Site) -> None:
    site.add("projects")
    site.add("deposits", status="expired", valid_to="2025-10-01")


@quiet("government_project_prefinanced")
def private_on_credit(site: Site) -> None:
    site.add("projects", started_on="2025-09-30", funding="private", advance_funded=True)


@quiet("government_project_prefinanced payment_guarantee_missing")
def government_with_money_and_without_a_guarantee(site: Site) -> None:
    more = {"funding": "government", "advance_funded": False, "payment_guarantee": False}
    site.add("projects", started_on="2025-09-30", **more)


@quiet("payment_guarantee_missing")
def private_with_a_guarantee(site: Site) -> None:
    site.add("projects", started_on="2025-09-30", funding="private", payment_guarantee=True)


@quiet("labour_cost_cycle_long")
def steps_of_three_months_and_one(site: Site) -> None:
    site.add("projects")
    for name, day in (("T1", "2025-05-28"), ("T2", "2025-08-28"), ("T3", "2025-09-28")):
        transfer(site, day, name)


@quiet("labour_cost_cycle_long")
def a_step_of_one_month_over_the_new_year(site: Site) -> None:
    site.add("projects")
    for name, day in (("T1", "2024-12-28"), ("T2", "2025-01-28"), ("T3", "2025-07-28")):
        transfer(site, day, name)


@quiet("correction_overdue")
def orders_without_arrears_or_fulfilled(site: Site) -> None:
    site.add("projects")
    site.add("inspections", arrears_found=False)
    done = {"rectified_on": "2025-03-10", "known_at": "2025-03-10"}
    site.add("inspections", inspection_id="I2", **done)


@quiet("oral_subcontract")
def written_or_of_a_person_or_below_a_strange_contract(site: Site) -> None:
    site.add("projects")
    site.add("contracts", contract_id="C0")
    site.add("contracts", contract_id="CN", project_id=NEIGHBOUR)
    for name, parent, kind, written in (
        ("C1", "C0", "company", True), ("C2", "C0", "individual", False),
        ("C3", "CN", "company", False), ("C4", "C9", "company", False),
    ):  # fmt: skip
        row = {"contract_id": name, "parent_contract_id": parent, "written": written}
        site.add("contracts", **row, contractor_kind=kind)


@quiet("account_not_recorded")
def account_in_another_county(site: Site) -> None:
    site.add("projects", contractor_id="ORG")
    general_contract(site, "2025-08-31")
    elsewhere = {"region_code": "110101001", "contractor_id": "ORG"}
    site.add("projects", project_id="P2", **elsewhere)
    site.add("accounts", account_id="A2", project_id="P2")


@quiet("account_not_recorded")
def nothing_but_empty_transfers_and_payments(site: Site) -> None:
    thirty_days_without_an_account(site)
    transfer(site, "2025-09-10", paid_on="2025-09-10", amount_paid=0)
    roll(site)
    pay(site, 0)
    pay(site, 100, channel="cash", payment_id="M in cash")


@quiet("deposit_short")
def deposit_in_two_instalments(site: Site) -> None:
    site.add("projects")
    site.add("deposits", amount=25_000_00)
    site.add("deposits", deposit_id="D2", amount=25_000_00)


@quiet("deposit_short")
def one_instalment_of_an_unknown_amount(site: Site) -> None:
    site.add("projects")
    site.add("deposits", amount=25_000_00)
    site.add("deposits", deposit_id="D2", amount=None)


@quiet("deposit_short")
def a_part_and_an_exemption(site: Site) -> None:
    site.add("projects")
    site.add("deposits", amount=25_000_00)
    site.add("deposits", deposit_id="D2", kind="exempt", amount=0)


@quiet("wages_stopped_in_dispute transfers_stopped_in_dispute")
def dispute_of_another_project_and_a_resolved_one(site: Site) -> None:
    august_unpaid(site)
    transfer(site, "2025-09-30")
    site.add("disputes", project_id=NEIGHBOUR)
    site.add("disputes", dispute_id="S2", resolved_on="2025-09-01", known_at="2025-09-01")


@quiet("contractor_listed owner_listed")
def subcontractor_of_another_project_is_listed(site: Site) -> None:
    site.add("projects", contractor_id="CLEAN", owner_id="CLEAN")
    site.add("contracts", project_id=NEIGHBOUR, contractor_id="ORG")
    listed(site, "ORG", "2025-09-30")


# --- what a flag measures over several records ---


@dataclass(frozen=True)
class Several:
    """Scene with several records of a breach, and the values of its flag."""

    scene: Scene
    values: Mapping[str, float]


SEVERAL: dict[str, Several] = {}


def several(code: str, **values: float) -> Callable[[Scene], Scene]:
    def keep(scene: Scene) -> Scene:
        SEVERAL[code] = Several(scene, values)
        return scene

    return keep


def july_and_august(site: Site) -> None:
    """12,000 and 8,000 yuan of 20 and 11 workers in July, 10,000 of 10 in August."""
    site.add("projects")
    roll(site, 3, amount_due=12_000 * YUAN, workers=20, contract_id="C1")
    more = {"payroll_id": "R3 of C2", "contract_id": "C2"}
    roll(site, 3, amount_due=8_000 * YUAN, workers=11, **more)
    roll(site, 2, workers=10, contract_id="C1")


# From 15 July to 1 October: 16 + 31 + 30 + 1 days.
@several("wages_overdue", unpaid_fen=30_000_00, months=2, late_days=78, teams=2, people=31)
def two_months_unpaid(site: Site) -> None:
    july_and_august(site)


@several("wages_partly_paid", unpaid_fen=12_000_00, months=2, late_days=78, teams=2, people=31)
def two_months_paid_in_part(site: Site) -> None:
    july_and_august(site)
    pay(site, 8_000, 3)
    pay(site, 4_000, 3, payment_id="M3 of C2", payroll_id="R3 of C2")
    pay(site, 6_000, 2)
    ordinary_june(site)


@several("attendance_month_unpaid", months=2, people=40)
def two_months_worked_and_unpaid(site: Site) -> None:
    july_and_august(site)
    attend(site, 3, 40)
    attend(site, 2, 12)


# From 1 July, the older of two disputes: 30 + 31 + 30 + 1 days.
@several("wages_stopped_in_dispute", unpaid_fen=30_000_00, dispute_days=92)
def two_months_unpaid_in_two_disputes(site: Site) -> None:
    july_and_august(site)
    site.add("disputes", dispute_id="S2", opened_on="2025-07-10", known_at="2025-07-10")
    site.add("disputes", opened_on="2025-07-01", known_at="2025-07-01")


@several("paid_through_foreman", paid_fen=7_000_00, paid_share=0.7)
def foreman_paid_twice(site: Site) -> None:
    august_unpaid(site)
    for number, (yuan, channel) in enumerate(((3_000, "foreman"), (4_000, "foreman"))):
        pay(site, yuan, channel=channel, payment_id=f"M-{number}")
    pay(site, 3_000, channel="bank")
    pay(site, 5_000, channel=None, payment_id="M of no channel")


@several("paid_in_cash", paid_fen=7_000_00, paid_share=0.7)
def cash_paid_twice(site: Site) -> None:
    august_unpaid(site)
    for number in range(7):
        pay(site, 1_000, channel="cash", payment_id=f"M-{number}")
    pay(site, 3_000, channel="bank")
    pay(site, 5_000, channel=None, payment_id="M of no channel")


@several("pay_below_minimum", months=2, people=20, mean_pay_fen=1_000_00, minimum_fen=1_890_00)
def two_months_of_low_pay(site: Site) -> None:
    site.add("projects", region_code="520102")
    roll(site, 3, amount_due=10_000 * YUAN, workers=10)
    roll(site, 2, amount_due=24_000 * YUAN, workers=20)
    attend(site, 4, worker_days=1)


@several("payroll_missing", months=2, people=40)
def two_months_without_a_payroll(site: Site) -> None:
    site.add("projects")
    attend(site, 3, 40)
    attend(site, 2, 12)


@several(
    "attending_without_pay_record", for_month=202508, present=20, on_roll=15, missing_share=0.25
)
def two_months_on_no_payroll(site: Site) -> None:
    """The newest month is shown."""
    site.add("projects")
    for number, people, heads in ((3, 40, 10), (2, 20, 15)):
        attend(site, number, people)
        roll(site, number, workers=heads)


@several("fewer_paid_than_attending", for_month=202508, present=20, paid=15, paid_share=0.75)
def two_months_paid_to_fewer(site: Site) -> None:
    """Two payments of August paid 8 and 7 people."""
    site.add("projects")
    for number, people, heads in ((3, 40, 10), (2, 20, 8)):
        attend(site, number, people)
        roll(site, number, workers=people)
        pay(site, 5_000, number, workers_paid=heads)
    pay(site, 5_000, payment_id="M-2", workers_paid=7)


# Due so far: 30,000 + 10,000 + 20,000 yuan and a fen; unpaid 6,000 since 28 August, 20,000, a fen.
@several(
    "labour_cost_overdue",
    **{"short_fen": 26_000_01, "short_share": 26_000_01 / 60_000_01},
    **{"transfers": 3, "late_days": 34},
)
def two_transfers_overdue(site: Site) -> None:
    site.add("projects")
    paid = {"paid_on": "2025-07-28", "amount_paid": 30_000 * YUAN}
    transfer(site, "2025-07-28", "T0", amount_due=30_000 * YUAN, **paid)
    transfer(site, "2025-08-28", "T1", amount_paid=4_000 * YUAN)
    transfer(site, "2025-09-28", "T2", amount_due=20_000 * YUAN)
    transfer(site, "2025-09-28", "T2 of a fen", amount_due=1)
    transfer(site, "2025-10-01", "T3", amount_due=60_000 * YUAN)


@several("transfers_stopped_in_dispute", short_fen=26_000_01, dispute_days=92)
def two_transfers_overdue_in_two_disputes(site: Site) -> None:
    two_transfers_overdue(site)
    site.add("disputes", dispute_id="S2", opened_on="2025-07-10", known_at="2025-07-10")
    site.add("disputes", opened_on="2025-07-01", known_at="2025-07-01")


@several("labour_cost_short", short_fen=3_500_00, transfers=2, paid_share=0.825)
def two_transfers_short(site: Site) -> None:
    site.add("projects")
    for name, day, yuan in (("T1", "2025-08-28", 7_500), ("T2", "2025-09-28", 9_000)):
        transfer(site, day, name, paid_on=day, amount_paid=yuan * YUAN)


@several("labour_cost_cycle_long", cycle_months=2, transfers=2)
def steps_of_three_and_two_months(site: Site) -> None:
    site.add("projects")
    for name, day in (("T1", "2025-04-28"), ("T2", "2025-07-28"), ("T3", "2025-09-28")):
        transfer(site, day, name)


@several("account_missing", late_days=1)
def a_day_late_without_an_account(site: Site) -> None:
    thirty_days_without_an_account(site)


@several(
    "account_not_recorded",
    **{"transfers": 2, "transferred_fen": 15_000_00, "bank_payments": 3, "shared_accounts": 2},
)
def signs_of_an_account(site: Site) -> None:
    site.add("projects", contractor_id="ORG")
    general_contract(site, "2025-08-31")
    for name, yuan in (("T1", 10_000), ("T2", 5_000)):
        transfer(site, "2025-09-10", name, paid_on="2025-09-10", amount_paid=yuan * YUAN)
    roll(site)
    for number in range(3):
        pay(site, 100, payment_id=f"M-{number}", channel="bank")
    place = {"region_code": site.project["region_code"], "contractor_id": "ORG"}
    for number in (2, 3):
        site.add("projects", project_id=f"P{number}", **place)
        site.add("accounts", account_id=f"A{number}", project_id=f"P{number}")
    # One account of two projects is one.
    site.add("accounts", account_id="A2", project_id="P3", known_at="2024-02-01")


# The later of two accounts closed on 20 September.
@several("account_closed_early", closed_days=11)
def two_accounts_closed(site: Site) -> None:
    site.add("projects")
    for name, day in (("A1", "2025-09-20"), ("A2", "2025-09-01")):
        site.add("accounts", account_id=name, closed_on=day)


# Twenty working days after 3 September ended on the 30th.
@several("deposit_missing", late_days=1, missing=2, returned=1)
def deposit_missing_and_returned(site: Site) -> None:
    twenty_working_days_without_a_deposit(site)
    site.add("deposits", deposit_id="D2", status="returned")
    site.add("deposits", deposit_id="D3", status="missing")


@several("deposit_short", short_fen=20_000_00, held_share=0.6)
def two_deposits_short(site: Site) -> None:
    """30,000 of the larger required amount of 50,000."""
    site.add("projects")
    site.add("deposits", amount=20_000_00, required_amount=50_000_00)
    site.add("deposits", deposit_id="D2", amount=10_000_00, required_amount=40_000_00)


@several("deposit_expired", late_days=30)
def two_guarantees_ended(site: Site) -> None:
    site.add("projects")
    for name, day in (("D1", "2025-09-01"), ("D2", "2025-09-20")):
        site.add("deposits", deposit_id=name, valid_to=day)


@several("deposit_not_refilled", late_days=61)
def drawn_twice(site: Site) -> None:
    site.add("projects")
    for name, day in (("D1", "2025-08-01"), ("D2", "2025-09-01")):
        site.add("deposits", deposit_id=name, status="drawn", known_at=day)


@several("workers_unregistered", for_month=202508, covered=60, people=100, covered_share=0.6)
def two_months_of_half_registered(site: Site) -> None:
    """The newest month with both numbers is shown, with the heads of two teams."""
    site.add("projects")
    attend(site, 3, 90, workers_registered=10)
    attend(site, 2, 70, workers_registered=50)
    attend(site, 2, 30, workers_registered=10, contract_id="C2")
    attend(site, 1, 100)


@several("workers_without_contract", for_month=202508, covered=50, people=100, covered_share=0.5)
def a_month_without_anybody_after_one_of_half(site: Site) -> None:
    site.add("projects")
    attend(site, 2, workers_registered=100, workers_with_contract=50)
    attend(site, 1, 0, workers_registered=0, workers_with_contract=0)


@several("contractor_listed", listed_days=273, units=3, contractors=1, subcontractors=2)
def contractor_and_two_teams_listed(site: Site) -> None:
    site.add("projects", contractor_id="ORG")
    subcontract(site, contractor_id="TEAM")
    subcontract(site, contract_id="C2", contractor_id="TEAM 2")
    site.add("listings", listing_id="L5", org_id="TEAM 2", listed_on="2025-06-01")
    site.add("listings", listing_id="L1", org_id="ORG", listed_on="2025-01-01")
    site.add("listings", listing_id="L2", org_id="ORG", listed_on="2025-06-01")
    site.add("listings", listing_id="L3", org_id="TEAM", listed_on="2025-06-01")
    site.add("listings", listing_id="L4", org_id="TEAM", listed_on="2025-07-01")


@several(
    "subcontract_to_individual",
    **{"contracts": 3, "by_owner": 1, "by_contractor": 1, "by_subcontractor": 1, "oral": 2},
)
def persons_at_each_level(site: Site) -> None:
    site.add("projects")
    person = {"contractor_kind": "individual"}
    site.add("contracts", contract_id="C0", **person, written=True)
    site.add("contracts", contract_id="C1", parent_contract_id="C0", **person, written=False)
    site.add("contracts", contract_id="C2", parent_contract_id="C1", **person, written=False)


@several("oral_subcontract", contracts=2)
def two_oral_contracts(site: Site) -> None:
    """A third was made by a subcontractor, whom the article does not bind."""
    site.add("projects")
    site.add("contracts", contract_id="C0")
    oral = {"contractor_kind": "company", "written": False}
    for name, parent in (("C1", "C0"), ("C2", "C0"), ("C3", "C1")):
        site.add("contracts", contract_id=name, parent_contract_id=parent, **oral)


# 1 May to 1 October: 153 days. Sixty working days after 3 June ended on 26 August.
@several(
    "group_complaint_open",
    **{"complaints": 3, "people": 30, "open_days": 153, "unfiled": 2, "over_term": 1},
    **{"handling_days": 60, "extended_days": 90},
)
def two_complaints_unfiled_and_one_over_its_term(site: Site) -> None:
    site.add("projects")
    site.add("complaints", workers=12)
    site.add("complaints", complaint_id="K3", workers=11)
    late = {"received_on": "2025-06-02", "known_at": "2025-06-02"}
    site.add("complaints", complaint_id="K2", workers=30, **late)
    case = {"opened_on": "2025-06-03", "known_at": "2025-06-03"}
    site.add("cases", complaint_id="K2", status="filed", **case)


@several("correction_overdue", orders=2, late_days=31)
def two_orders_overdue(site: Site) -> None:
    site.add("projects")
    site.add("inspections", rectify_by="2025-08-31")
    # A later visit that found arrears again ends no order.
    again = {"inspected_on": "2025-03-05", "known_at": "2025-03-05"}
    site.add("inspections", inspection_id="I2", rectify_by="2025-09-15", **again)


# --- the days since and until which a county reports ---


@dataclass(frozen=True)
class FeedEdge:
    """Scene in a county that reports ``since`` or ``until`` a day, and whether it is flagged."""

    code: str
    end: str
    scene: Scene
    middle: str
    flagged: str


def july_worked_without_a_payroll(site: Site) -> None:
    site.add("projects")
    attend(site, 3)


_PAID = ("wages_overdue", "wages_partly_paid", "attendance_month_unpaid",
         "wages_stopped_in_dispute", "attending_without_pay_record",
         "fewer_paid_than_attending")  # fmt: skip
FEED_EDGES = [
    # From the agreed day, 15 August, to the end of the next month: what came then is known.
    *(FeedEdge(code, "since", FIRST[code].scene, "2025-08-15", "yyn") for code in _PAID),
    *(FeedEdge(code, "until", FIRST[code].scene, "2025-09-29", "nny") for code in _PAID),
    FeedEdge("payroll_missing", "since", july_worked_without_a_payroll, "2025-09-01", "yyn"),
    FeedEdge("payroll_missing", "until", FIRST["payroll_missing"].scene, "2025-09-29", "nny"),
    *(
        FeedEdge(code, "until", FIRST[code].scene, "2025-09-29", "nny")
        for code in ("labour_cost_overdue", "transfers_stopped_in_dispute")
    ),
]

# --- all scenes in one store ---

HOMES = {"pay_below_minimum": "52", "labour_share_low": "6401"}
"""Regions of the rules that bind only in some."""

COVERED, NOT_COVERED = "7", "8"
"""Parts of the regions where a duty covers acts from that of its first scene, or from a day later.
"""

UNSTATED = "62"
"""A region with no value of its own, whose ledger of deposits may have gaps."""

ENDED_BY_COMPLETION = {
    "notice_board_missing", "payment_guarantee_missing", "account_missing", "account_closed_early",
    "account_not_recorded", "deposit_missing", "deposit_not_recorded", "deposit_short",
    "deposit_expired", "deposit_not_refilled",
}  # fmt: skip
"""Duties that end with the work; what is owed does not."""

OF_THE_PROJECT = {
    "account_missing", "account_not_recorded", "deposit_not_recorded", "notice_board_missing",
    "labour_share_low", "government_project_prefinanced", "payment_guarantee_missing",
    "contractor_listed", "owner_listed",
}  # fmt: skip
"""Rules on the project's own row or on what is missing: no record of another project matters."""

VALUES = {
    f"{value.code}:{value.name}:{value.region}:{value.from_day:%Y}": value
    for value in LAW.values
    if value.code in CODES and (value.code, value.name) not in ONLY_SHOWN
}


def home(code: str) -> str:
    return HOMES.get(code, "42")


def township(region: str) -> str:
    return f"{region:1<9}"


def around(value: Value) -> tuple[int, int, int]:
    """One below, at and one above the number; of a share in percent, of a fraction from it."""
    number = 100 * value.number if value.unit == "share" else value.number
    middle = round(number) if math.isclose(number, round(number)) else 0
    return middle - 1, middle, middle + 1


def day_of(value: Value) -> dt.date:
    """A day on which the value is in force."""
    return DAY if value.in_force(BEFORE) else EARLIER


def local_duties() -> Iterator[Duty]:
    """The duties of COVERED and NOT_COVERED."""
    for duty in LAW.duties:
        if (one := FIRST.get(duty.code)) and one.act:
            act, region = dt.date.fromisoformat(one.act), home(duty.code)
            yield replace(duty, region=region + COVERED, acts_from=act)
            next_day = act + dt.timedelta(days=1)
            yield replace(duty, region=region + NOT_COVERED, acts_from=next_day)


def law() -> Law:
    """The law with the duties of the parts, and ledgers of deposits that list all who paid in."""
    lists_all_payers = Value(
        "4", dt.date(2020, 5, 1), None, "deposit_not_recorded", "lists_all_payers", 1, "yes",
        "office_rule", "office",
    )  # fmt: skip
    return Law((*LAW.duties, *local_duties()), (*LAW.values, lists_all_payers))


def put_in(store: RecordStore) -> None:
    """Put all scenes into ``store``."""
    for (table, columns), cells in scenes().items():
        row = f"({', '.join('?' * len(columns))}, nextval('arrivals'))"
        rows = ", ".join([row] * (len(cells) // len(columns)))
        store.connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}, arrival) VALUES {rows}", cells
        )


def scenes() -> Rows:
    """Rows of all scenes."""
    rows: Rows = {}
    for code, one in FIRST.items():
        here = {"region_code": township(home(code))}
        one.scene(Place(rows, f"{code}:first:", project=here))
        one.scene(Place(rows, f"{code}:elsewhere:", project=here, elsewhere=True))
        one.scene(Place(rows, f"{code}:unstated:", project={"region_code": township(UNSTATED)}))
        for days in (0, 90):
            done = {**here, "completed_on": days_ago(days)}
            one.scene(Place(rows, f"{code}:done{days}:", project=done))
        for part in (COVERED, NOT_COVERED):
            there = {"region_code": township(home(code) + part)}
            one.scene(Place(rows, f"{code}:{part}:", project=there))
    for key, value in VALUES.items():
        there = {"region_code": township(value.region or home(value.code))}
        for step, number in zip("012", around(value), strict=True):
            place = Place(rows, f"{key}:{step}:", project=there, day=day_of(value))
            EDGES[value.code, value.name].build(place, number)
    for number, feed in enumerate(FEED_EDGES):
        for step in (-1, 0, 1):
            day = str(dt.date.fromisoformat(feed.middle) + dt.timedelta(days=step))
            county = f"43{3 * number + step + 1:04d}"
            site = Place(
                rows, f"{feed.code}:{feed.end}:{step}:", project={"region_code": f"{county}101"}
            )
            feed.scene(site)
            reporting = Place(rows, f"{county}:", county=int(county), elsewhere=True)
            reporting.neighbour_reports(**{"until": "2025-09-30", feed.end: day})
    for code, one in SEVERAL.items():
        one.scene(Place(rows, f"{code}:several:", project={"region_code": township(home(code))}))
    for code, scene in QUIET:
        there = {"region_code": township(home(code))}
        scene(Place(rows, f"{code}:{scene.__name__}:", project=there))
    for number, one in enumerate(DAY_EDGES):
        there = {"region_code": township(home(one.code))}
        for step in (-1, 0, 1):
            day = dt.date.fromisoformat(one.middle) + dt.timedelta(days=step)
            one.build(Place(rows, f"{one.code}:{number}:{step}:", project=there), str(day))
    regions = {home(code) + part for code in CODES for part in ("", COVERED, NOT_COVERED)}
    regions |= {value.region or home(value.code) for value in VALUES.values()} | {UNSTATED}
    for county in sorted({township(region)[:6] for region in regions}):
        reporting = Place(rows, f"{county}:", county=int(county), elsewhere=True)
        reporting.neighbour_reports(until="2025-09-30")
    return rows


Found = dict[dt.date, dict[str, dict[str, RedFlag]]]


@pytest.fixture(scope="module")
def found() -> Found:
    """All flags by day, project and code."""
    with empty_store() as store:
        put_in(store)
        older = {value.code for value in VALUES.values() if day_of(value) != DAY}
        days = {EARLIER: older, BEFORE: CODES, DAY: CODES, AFTER: CODES}
        flags = {day: red_flags(store, day, law=law(), codes=codes) for day, codes in days.items()}
    return {
        day: {name: {flag.code: flag for flag in flags} for name, flags in by_name.items()}
        for day, by_name in flags.items()
    }


def marks(found: Found, name: str, *days: dt.date) -> str:
    """``n`` or ``y`` for each day: whether the scene of a code is flagged with the code."""
    code = name.split(":", maxsplit=1)[0]
    return "".join("y" if code in found[day].get(f"{name}:P1", ()) else "n" for day in days)


def test_every_rule_and_every_number_has_an_edge():
    assert set(FIRST) == set(CODES)
    numbers = {(value.code, value.name) for value in LAW.values if value.code in CODES}
    assert set(EDGES) == numbers - ONLY_SHOWN


@pytest.mark.parametrize("code", CODES)
def test_flag_begins_on_its_day(code, found):
    assert marks(found, f"{code}:first", BEFORE, DAY, AFTER) == "nyy"


@pytest.mark.parametrize("code", CODES)
def test_flag_has_its_first_day_and_its_records(code, found):
    flag, wanted = found[DAY][f"{code}:first:P1"][code], FIRST[code]
    assert (flag.since and str(flag.since)) == wanted.since
    records = ", ".join(f"{one.table} {one.record_id}" for one in flag.evidence)
    assert records.replace(f"{code}:first:", "") == wanted.evidence


@pytest.mark.parametrize("code", CODES)
def test_flag_ends_with_the_work_or_ninety_days_later(code, found):
    today, ninety = (marks(found, f"{code}:done{days}", DAY, AFTER) for days in (0, 90))
    ends = code in ENDED_BY_COMPLETION
    assert (today, ninety) == (("yn", "nn") if ends else ("yy", "yn"))


@pytest.mark.parametrize("key", VALUES)
def test_number_of_the_law_decides_at_its_edge(key, found):
    value = VALUES[key]
    wanted = EDGES[value.code, value.name].flagged
    wanted = wanted if isinstance(wanted, str) else wanted[value.number]
    assert "".join(marks(found, f"{key}:{step}", day_of(value)) for step in "012") == wanted


@pytest.mark.parametrize("code", SEVERAL)
def test_flag_measures_several_records(code, found):
    values = found[DAY][f"{code}:several:P1"][code].values
    assert values == pytest.approx(SEVERAL[code].values, rel=1e-9)  # to the fen


@pytest.mark.parametrize(("code", "scene"), QUIET)
def test_no_breach_flags_nothing(code, scene, found):
    assert marks(found, f"{code}:{scene.__name__}", DAY) == "n"


@pytest.mark.parametrize("feed", FEED_EDGES, ids=lambda one: f"{one.code}:{one.end}")
def test_county_reports_since_and_until_the_day_that_decides(feed, found):
    name = f"{feed.code}:{feed.end}"
    assert "".join(marks(found, f"{name}:{step}", DAY) for step in (-1, 0, 1)) == feed.flagged


@pytest.mark.parametrize("number", range(len(DAY_EDGES)))
def test_day_decides_at_its_edge(number, found):
    one = DAY_EDGES[number]
    assert "".join(marks(found, f"{one.code}:{number}:{step}", DAY) for step in (-1, 0, 1)) == (
        one.flagged
    )


@pytest.mark.parametrize("code", sorted(set(CODES) - OF_THE_PROJECT))
def test_records_of_another_project_flag_nothing(code, found):
    assert marks(found, f"{code}:elsewhere", DAY) == "n"


def test_duty_binds_once_it_was_in_force_on_the_last_day_known(store):
    """On 1 October the records and the law of 30 September are known."""
    site = Site(store)
    site.add("projects", notice_board=False)
    duties = tuple(replace(duty, from_day=BEFORE) for duty in LAW.duties)
    codes = ["notice_board_missing"]
    found = [red_flags(store, day, law=Law(duties, ()), codes=codes) for day in (BEFORE, DAY)]
    assert [list(flags) for flags in found] == [[], ["P1"]]


@pytest.mark.parametrize("code", CODES)
def test_duty_covers_acts_from_its_first_day(code, found):
    covered = "".join(marks(found, f"{code}:{part}", DAY) for part in (COVERED, NOT_COVERED))
    assert covered == ("yn" if FIRST[code].act else "yy")


def test_rules_of_a_region_flag_nothing_elsewhere(found):
    unbound = {code for code in CODES if marks(found, f"{code}:unstated", DAY) == "n"}
    assert unbound == {"pay_below_minimum", "labour_share_low", "deposit_not_recorded"}


def test_listing_of_one_party_is_not_the_other_s(found):
    assert "owner_listed" not in found[DAY]["contractor_listed:first:P1"]
    assert "contractor_listed" not in found[DAY]["owner_listed:first:P1"]
