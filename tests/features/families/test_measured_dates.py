"""Delay and silence are measured with days of knowledge that the authority gave, or not at all."""

from __future__ import annotations

import datetime as dt

import pytest

from training.dataset.labels import event_log

from .conftest import feature_values

AS_OF = dt.date(2024, 7, 1)
UNKNOWN = pytest.approx(float("nan"), nan_ok=True)
NAMES = ("payroll_silent_days", "payroll_lag_days", "attendance_silent_days", "attendance_lag_days")


@pytest.fixture
def measures(world):
    def read():
        return feature_values(world.store, NAMES, "P1", AS_OF)

    return read


def report(world, month, *, dated_by, lag=4):
    """A payroll due and a month of attendance that end on the 1st, known ``lag`` days later."""
    due = dt.date(2024, month, 1)
    known = (due + dt.timedelta(days=lag)).isoformat()
    world.payroll(f"R{month}", due.isoformat(), known_at=known, dated_by=dated_by)
    world.add(
        "attendance",
        project_id="P1",
        period=dt.date(2024, month - 1, 1).isoformat(),
        workers_present=5,
        known_at=known,
        dated_by=dated_by,
    )


@pytest.mark.parametrize("dated_by", ["given", None, "stated"])
def test_days_that_the_authority_gave_are_measured(world, measures, dated_by):
    world.project()
    for month in (5, 6):
        report(world, month, dated_by=dated_by)
    assert measures() == [26, 4, 26, 4]


@pytest.mark.parametrize("dated_by", ["unfolded", "import", "sealed"])
def test_days_dated_by_rule_are_not(world, measures, dated_by):
    world.project()
    for month in (5, 6):
        report(world, month, dated_by=dated_by)
    assert measures() == [UNKNOWN] * 4


def test_a_day_stated_long_after_the_event_is_not(world, measures):
    world.project()
    report(world, 4, dated_by="stated", lag=60)
    assert measures() == [UNKNOWN] * 4


def test_half_of_the_days_suffice(world, measures):
    world.project()
    report(world, 5, dated_by="given")
    report(world, 6, dated_by="unfolded")
    assert measures() == [57, 4, 57, 4]
    report(world, 4, dated_by="unfolded")
    assert measures() == [UNKNOWN] * 4


def find(world, number, *, dated_by, delay):
    seen = dt.date(2023, 1, 1)
    world.add(
        "inspections",
        inspection_id=f"I{number}",
        project_id="P1",
        inspected_on=seen.isoformat(),
        arrears_found=True,
        known_at=(seen + dt.timedelta(days=delay)).isoformat(),
        dated_by=dated_by,
    )


def test_history_imported_late_does_not_lengthen_maturity(world):
    for number in range(5):
        find(world, number, dated_by="import", delay=170)
    assert event_log(world.store, AS_OF).maturity_days == 30
    find(world, 5, dated_by="given", delay=100)
    assert event_log(world.store, AS_OF).maturity_days == 30, "one of six is too few"
    for number in range(6, 10):
        find(world, number, dated_by="given", delay=100)
    assert event_log(world.store, AS_OF).maturity_days == 100


def test_twenty_measured_events_suffice_among_many(world):
    for number in range(50):
        find(world, number, dated_by="unfolded", delay=0)
    for number in range(50, 69):
        find(world, number, dated_by="given", delay=80)
    assert event_log(world.store, AS_OF).maturity_days == 30
    find(world, 69, dated_by="given", delay=80)
    assert event_log(world.store, AS_OF).maturity_days == 80


@pytest.mark.parametrize(
    ("status", "confirmed_on", "counts"),
    [
        ("closed", None, True),
        ("transferred", None, True),
        ("filed", "2024-02-05", True),
        ("filed", None, False),
        ("accepted", None, False),
        ("unfounded", "2024-02-05", False),
    ],
)
def test_a_case_that_is_set_back_is_no_event(world, status, confirmed_on, counts):
    opened = {"case_id": "C", "project_id": "P1", "opened_on": "2024-02-01"}
    world.add("cases", **opened, status="confirmed", known_at="2024-02-10")
    later = {"status": status, "confirmed_on": confirmed_on}
    world.add("cases", **opened, **later, known_at="2024-03-10")
    assert ("P1" in event_log(world.store, AS_OF).days) is counts
    assert "P1" in event_log(world.store, dt.date(2024, 3, 1)).days


@pytest.mark.parametrize(
    ("first", "then", "lag"), [("import", "given", UNKNOWN), ("given", "import", 4)]
)
def test_the_lag_of_what_was_corrected_is_that_of_its_first_day(world, measures, first, then, lag):
    world.project()
    report(world, 6, dated_by=first)
    report(world, 6, dated_by=then, lag=20)
    _, payroll_lag, _, attendance_lag = measures()
    assert (payroll_lag, attendance_lag) == (lag, lag)
