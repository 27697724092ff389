"""Wages owed at the ends of months, and events of months: worked out by hand."""

from __future__ import annotations

import datetime as dt

from serving.snapshot.owed_by_month import load_owed_by_month, owed_series, region_months
from serving.snapshot.wages_owed import load_owed_teams

JANUARY, FEBRUARY, MARCH, APRIL = (dt.date(2025, month, 1) for month in (1, 2, 3, 4))


def test_owed_is_what_was_due_and_unpaid_at_the_end_of_the_month(world):
    world.payroll("R1", "2025-01-31")  # 10,000 yuan each
    world.payroll("R2", "2025-02-01")
    world.payroll("R3", "2025-02-28")
    world.payment("R1", "2025-02-28", 400_000)
    world.payment("R1", "2025-03-01", 600_000)
    world.payment("R2", "2025-03-31", 989_999)  # a fen below 99 %
    world.payment("R3", "2025-03-31", 990_000)
    (found,) = load_owed_by_month(world.store, APRIL).values()
    assert found == {
        JANUARY: 1_000_000,
        FEBRUARY: 600_000 + 1_000_000 + 1_000_000,
        MARCH: 10_001,
    }
    assert owed_series(found) == {
        "months": ["2025-01", "2025-02", "2025-03"],
        "owed": [1_000_000, 2_600_000, 10_001],
    }
    (team,) = load_owed_teams(world.store, APRIL)["P1"]
    assert team["amount"] == found[MARCH]


def test_the_month_of_the_day_is_counted_until_the_day(world):
    world.payroll("R0", "2025-01-10")
    world.payment("R0", "2025-01-10", 1_000_000)
    world.payroll("R1", "2025-02-10")
    world.payment("R1", "2025-02-14", 1_000_000)
    (early,) = load_owed_by_month(world.store, dt.date(2025, 2, 14)).values()
    assert early == {JANUARY: 0, FEBRUARY: 1_000_000}
    (late,) = load_owed_by_month(world.store, dt.date(2025, 2, 15)).values()
    assert late == {JANUARY: 0, FEBRUARY: 0}


def test_wages_that_the_bank_returned_are_owed_again(world):
    world.payroll("R1", "2025-01-20")
    world.add(
        "payments",
        payment_id="Z",
        payroll_id="R1",
        paid_on="2025-01-20",
        returned_on="2025-02-01",
        amount=1_000_000,
        channel="bank",
        known_at="2025-01-20",
    )
    (found,) = load_owed_by_month(world.store, MARCH).values()
    assert found == {JANUARY: 0, FEBRUARY: 1_000_000}


def test_without_payments_on_record_nothing_is_known(world):
    world.payroll("R1", "2025-01-20")
    assert load_owed_by_month(world.store, MARCH) == {}
    assert owed_series({}) is None


def test_months_of_regions_add_up_their_projects(world):
    for number, (status, opened_on) in enumerate(
        (
            ("confirmed", "2025-01-31"),
            ("confirmed", "2025-02-01"),
            ("unfounded", "2025-02-02"),
            ("filed", "2025-02-03"),
        )
    ):
        world.add(
            "cases",
            case_id=f"C{number}",
            project_id="P1",
            opened_on=opened_on,
            status=status,
            known_at=opened_on,
        )
    for found, project in ((True, "P2"), (False, "P2"), (True, "P9")):
        world.add(
            "inspections",
            inspection_id=f"I{found}{project}",
            project_id=project,
            inspected_on="2025-02-01",
            arrears_found=found,
            known_at="2025-02-02",
        )
    owed = {"P1": {FEBRUARY: 5}, "P2": {FEBRUARY: 7}, "P9": {FEBRUARY: 90}}
    places = {"P1": "990101001", "P2": "990101001", "P9": None}
    assert region_months(world.store, MARCH, owed, places) == [
        {"region_code": "990101001", "month": "2025-01", "owed": None, "events": 1},
        {"region_code": "990101001", "month": "2025-02", "owed": 12, "events": 2},
    ]
