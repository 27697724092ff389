from __future__ import annotations

import datetime as dt

import pytest

from risk.indicators import (
    DEFINITIONS,
    RATES,
    Rate,
    add_up,
    is_short,
    newest_months,
    rates_by_place,
)
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 6, 15)
MAY = ("420300", dt.date(2025, 5, 1))


def _share(store, name, month=MAY):
    rates = rates_by_place(store, AS_OF).get(month, {})
    return rates[name].share if name in rates else None


def test_rates_by_place_of_an_empty_store_are_empty(world):
    assert not rates_by_place(world.store, AS_OF)
    world.project()
    assert set(rates_by_place(world.store, AS_OF)) == set()


def test_boards_count_where_they_are_known(world):
    world.project("P1", notice_board=True)
    world.project("P2", notice_board=False)
    world.project("P3")
    assert rates_by_place(world.store, AS_OF)[MAY]["notice_board"] == Rate(1, 2)
    assert len({month for _, month in rates_by_place(world.store, AS_OF)}) == 12


def test_only_projects_under_way_in_the_month_count(world):
    world.project("P1", notice_board=True, completed_on="2025-04-30")
    world.project("P2", notice_board=False, started_on="2025-06-01", known_at="2025-06-02")
    assert _share(world.store, "notice_board") is None
    assert _share(world.store, "notice_board", ("420300", dt.date(2025, 4, 1))) == 1


def test_wages_count_by_worker_and_due_day(world):
    world.project()
    world.payroll("R1", "2025-05-10", workers=5)
    world.payroll("R2", "2025-05-10", workers=15)
    world.payment("R1", "2025-05-10", 1_000_000)
    world.payment("R2", "2025-05-11", 1_000_000, channel="cash")
    rates = rates_by_place(world.store, AS_OF)[MAY]
    assert rates["paid_in_full"] == Rate(5, 20)
    assert rates["paid_by_bank"] == Rate(1_000_000, 2_000_000)


def test_rates_by_place_ignore_later_records(world):
    world.project()
    world.payroll("R1", "2025-05-10", workers=5)
    world.payment("R1", "2025-05-10", 1_000_000, known_at="2025-06-15")
    world.payment("R1", "2025-05-09", 1, known_at="2025-05-09")
    assert rates_by_place(world.store, AS_OF)[MAY]["paid_in_full"] == Rate(0, 5)


def test_accounts_deposits_transfers_and_attendance(world):
    for name in ("P1", "P2"):
        world.project(name)
    world.add(
        "accounts", account_id="A", project_id="P1", opened_on="2024-02-01", known_at="2024-02-01"
    )
    world.add(
        "deposits",
        deposit_id="D",
        project_id="P1",
        kind="cash",
        status="stored",
        valid_from="2024-02-01",
        valid_to="2025-05-15",
        known_at="2024-02-01",
    )
    world.add(
        "transfers",
        transfer_id="T",
        project_id="P1",
        period="2025-04-01",
        amount_due=100,
        due_on="2025-05-05",
        amount_paid=100,
        paid_on="2025-05-05",
        known_at="2025-05-05",
    )
    world.add(
        "transfers",
        transfer_id="U",
        project_id="P2",
        period="2025-04-01",
        amount_due=100,
        due_on="2025-05-05",
        known_at="2025-05-05",
    )
    world.add(
        "attendance",
        project_id="P1",
        contract_id="C",
        period="2025-05-01",
        workers_registered=8,
        workers_present=10,
        workers_with_contract=4,
        known_at="2025-06-05",
    )
    rates = rates_by_place(world.store, AS_OF)[MAY]
    assert rates["special_account"] == Rate(1, 2)
    assert rates["deposit"] == Rate(0, 2)
    assert rates["labour_cost_passed_on"] == Rate(1, 2)
    assert rates["real_name"] == Rate(8, 10)
    assert rates["labour_contract"] == Rate(4, 8)


def test_a_whole_county_has_all_eight(county):
    with RecordStore(county.records, read_only=True) as store:
        found = rates_by_place(store, dt.date(2025, 7, 1))
    assert len(found) >= 12
    for rates in found.values():
        assert set(rates) <= set(DEFINITIONS)
        assert all(0 <= rate.kept <= rate.due for rate in rates.values())
    # Attendance of June is known only in July.
    counties = {place: rates for place, rates in found.items() if len(place[0]) == 6}
    assert set(counties[max(counties)]) | {"real_name", "labour_contract"} == set(DEFINITIONS)
    assert set(counties[min(counties)]) == set(DEFINITIONS) > set(RATES)


def test_rates_by_place_count_townships_for_their_county(world):
    world.project("P1", region_code="420304101", notice_board=True)
    world.project("P2", region_code="420304102", notice_board=False)
    world.project("P3", region_code="420304", notice_board=False)
    found = rates_by_place(world.store, AS_OF)
    may = {
        place: rates["notice_board"] for (place, month), rates in found.items() if month.month == 5
    }
    assert may == {"420304": Rate(1, 3), "420304101": Rate(1, 1), "420304102": Rate(0, 1)}


def test_paid_in_full_by_amount_counts_what_was_paid_by_the_due_day(world):
    world.project()
    world.payroll("R1", "2025-05-10", workers=5)
    world.payroll("R2", "2025-05-10", workers=15)
    world.payment("R1", "2025-05-11", 1_000_000)
    world.payment("R2", "2025-05-10", 250_000)
    rates = rates_by_place(world.store, AS_OF)[MAY]
    assert rates["paid_in_full"] == Rate(0, 20)
    assert rates["paid_in_full_amount"] == Rate(250_000, 2_000_000)


def test_newest_months_wait_for_attendance_that_is_only_partly_reported():
    april, may, june = (dt.date(2025, month, 1) for month in (4, 5, 6))
    known = {
        april: {"real_name": Rate(90, 100), "deposit": Rate(1, 2)},
        may: {"real_name": Rate(80, 100), "deposit": Rate(1, 2)},
        june: {"real_name": Rate(9, 49), "deposit": Rate(1, 1)},
    }
    assert newest_months(known) == {"real_name": may, "deposit": june}
    known[june] = {"real_name": Rate(9, 50)}
    assert newest_months(known) == {"real_name": june, "deposit": may}


def test_a_rate_is_short_only_by_count_and_amount_and_on_a_sufficient_base():
    def short(name, **rates):
        return is_short(name, {key: Rate(*rate) for key, rate in rates.items()})

    assert short("deposit", deposit=(8, 10))
    assert not short("deposit", deposit=(17, 20))
    assert not short("deposit", deposit=(0, 9))
    assert not short("deposit")
    assert short("paid_by_bank", paid_by_bank=(84, 100), paid_by_bank_projects=(8, 10))
    assert not short("paid_by_bank", paid_by_bank=(84, 100), paid_by_bank_projects=(9, 10))


def test_add_up_sums_the_places():
    assert add_up([{"deposit": Rate(1, 2)}, {"deposit": Rate(3, 9)}]) == {"deposit": Rate(4, 11)}


@pytest.mark.parametrize(("days", "on_time"), [(0, 0), (4, 0), (5, 1), (90, 1)])
def test_labour_cost_on_time_has_the_days_of_grace_of_the_office(world, days, on_time):
    world.project("P1")
    world.add(
        "transfers",
        transfer_id="T",
        project_id="P1",
        period="2025-04-01",
        amount_due=100,
        due_on="2025-05-05",
        amount_paid=100,
        paid_on="2025-05-10",
        known_at="2025-05-10",
    )
    found = rates_by_place(world.store, dt.date(2025, 8, 30), transfer_days=days)
    assert found[MAY]["labour_cost_passed_on"] == Rate(on_time, 1)
    early = rates_by_place(world.store, MAY[1] + dt.timedelta(30 + days), transfer_days=days)
    assert "labour_cost_passed_on" not in early.get(MAY, {})
