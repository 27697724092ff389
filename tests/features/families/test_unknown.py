"""Unknown values stay unknown: neither the best value nor the worst."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from .conftest import feature_value

AS_OF = dt.date(2024, 7, 1)
UNKNOWN = pytest.approx(float("nan"), nan_ok=True)


@pytest.fixture
def value(world):
    """The value of a feature of P1."""

    def told(name: str) -> float:
        return feature_value(world.store, name, "P1", AS_OF)

    return told


@pytest.mark.parametrize(
    ("required", "amount", "cover"),
    [
        (None, 100, UNKNOWN),
        (0, 100, UNKNOWN),
        (100, None, 1.0),  # stored, so it is what was required
        (None, None, UNKNOWN),
        (100, 50, 0.5),
        (100, 900, 2.0),
    ],
)
def test_the_cover_of_a_deposit_needs_to_know_what_is_required(
    world, value, required, amount, cover
):
    world.project()
    deposit(world, "D", required_amount=required, amount=amount)
    assert value("deposit_cover") == cover


def test_an_exempt_project_has_no_cover(world, value):
    world.project()
    deposit(world, "D", required_amount=100, amount=100)
    deposit(world, "E", kind="exempt", required_amount=None)
    assert value("deposit_cover") == UNKNOWN


def deposit(world, deposit_id, **values):
    row = {"kind": "cash", "status": "stored", "valid_from": "2024-01-10", "project_id": "P1"}
    world.add("deposits", deposit_id=deposit_id, known_at="2024-01-11", **{**row, **values})


@pytest.mark.parametrize(
    ("planned", "completed", "days"),
    [
        (None, None, UNKNOWN),
        (None, "2024-06-01", UNKNOWN),
        ("2024-06-21", None, 10),
        ("2024-06-01", "2024-06-11", 10),
        ("2024-12-31", None, 0),
    ],
)
def test_without_a_planned_end_nothing_is_known_of_an_overrun(
    world, value, planned, completed, days
):
    world.project(planned_end_on=planned, completed_on=completed)
    assert value("overrun_days") == days


@pytest.mark.parametrize(
    ("listed", "paid", "share"),
    [(5, 3, 0.4), (5, None, UNKNOWN), (None, 3, UNKNOWN), (5, 5, 0.0)],
)
def test_people_unpaid_share_ignores_payments_without_headcount(world, value, listed, paid, share):
    world.project()
    world.payroll("A", "2024-05-15", workers=listed)
    world.payment("A", "2024-05-20", 1_000_000, workers_paid=paid)
    assert value("people_unpaid_share") == share


def test_people_unpaid_share_uses_only_payrolls_with_headcount(world, value):
    world.project()
    for name, paid in (("A", 4), ("B", None)):
        world.payroll(name, "2024-05-15")
        world.payment(name, "2024-05-20", 1_000_000, workers_paid=paid)
    assert value("people_unpaid_share") == pytest.approx(0.2)


def test_people_unpaid_share_counts_a_payroll_without_payment_as_nobody_paid(world, value):
    world.project()
    for name in ("A", "B"):
        world.payroll(name, "2024-05-15")
    world.payment("A", "2024-05-20", 1_000_000, workers_paid=5)
    assert value("people_unpaid_share") == pytest.approx(0.5)


def present(world, period, **values):
    row = {"project_id": "P1", "workers_present": 10, "known_at": "2024-06-05"}
    world.add("attendance", period=period, **{**row, **values})


@pytest.mark.parametrize(
    ("listed", "paid", "unpaid", "unlisted", "ratio"),
    [
        (8, 8, 0.2, 0.2, 0.8),
        (8, None, UNKNOWN, 0.2, 0.8),
        (None, 8, 0.2, UNKNOWN, UNKNOWN),
        (None, None, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_present_unpaid_share_compares_people_on_site_with_headcounts(
    world, value, listed, paid, unpaid, unlisted, ratio
):
    world.project()
    present(world, "2024-04-01")
    world.payroll("A", "2024-04-30", workers=listed)
    world.payment("A", "2024-05-05", 1_000_000, workers_paid=paid)
    assert value("present_unpaid_share") == pytest.approx(unpaid, nan_ok=True)
    assert value("present_unlisted_share") == pytest.approx(unlisted, nan_ok=True)
    assert value("listed_over_present") == pytest.approx(ratio, nan_ok=True)


def test_present_unpaid_share_leaves_out_a_month_without_the_headcount_of_a_team(world, value):
    world.project()
    for month, counted in (("03", 2), ("04", None)):
        present(world, f"2024-{month}-01")
        for team, paid in (("A", 4), ("B", counted)):
            world.payroll(f"{team}{month}", f"2024-{month}-28", workers=paid)
            world.payment(f"{team}{month}", f"2024-{month}-28", 1_000_000, workers_paid=paid)
    assert value("present_unpaid_share") == pytest.approx(0.4)
    assert value("present_unlisted_share") == pytest.approx(0.4)
    assert value("listed_over_present") == pytest.approx(0.6)


def test_people_on_site_of_a_month_without_a_payroll_are_unpaid_and_unlisted(world, value):
    world.project()
    present(world, "2024-04-01")
    world.payroll("A", "2024-03-31", workers=10)
    world.payment("A", "2024-04-05", 1_000_000, workers_paid=10)
    assert value("present_unpaid_share") == 1
    assert value("present_unlisted_share") == 1


def test_attendance_steadiness_uses_only_months_with_headcounts(world, value):
    world.project()
    for month, people in ((1, 8), (2, 10), (3, 12), (4, None)):
        present(world, f"2024-{month:02}-01", workers_present=people)
    assert value("attendance_steadiness") == pytest.approx(np.std([8, 10, 12], ddof=1) / 10)
    present(world, "2024-03-01", workers_present=None, known_at="2024-06-06")
    assert value("attendance_steadiness") == UNKNOWN
