"""Events, their maturity and the training dates."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.families import stage
from features.matrix import feature_matrix
from risk.calendar.dates import (
    HORIZON_DAYS,
    MATURITY_MIN_DAYS,
    add_months,
)
from training.dataset.labels import EventLog, event_log, horizon_labels, training_dates
from training.dataset.splits import walk_forward_folds

AS_OF = dt.date(2024, 7, 1)
LATER = dt.date(2025, 1, 1)


def label(world, known_until=LATER):
    matrix = feature_matrix(world.store, [AS_OF], families=[stage.FAMILY])
    return dict(
        zip(
            matrix.project_ids,
            horizon_labels(event_log(world.store, known_until), matrix),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("opened_on", "expected"),
    [("2024-06-30", 0), ("2024-07-01", 1), ("2024-09-28", 1), ("2024-09-29", 0)],
)
def test_horizon_labels_count_events_inside_the_horizon_only(world, opened_on, expected):
    world.project()
    world.add(
        "inspections",
        inspection_id="I",
        project_id="P1",
        inspected_on=opened_on,
        arrears_found=True,
        known_at=opened_on,
    )
    assert label(world)["P1"] == expected


def test_event_log_dates_a_confirmed_case_by_its_opening(world):
    world.project()
    case = {"case_id": "A", "project_id": "P1", "opened_on": "2024-07-10"}
    world.add("cases", **case, status="accepted", known_at="2024-07-10")
    world.add("cases", **case, status="confirmed", known_at="2024-11-01")
    assert label(world, dt.date(2024, 11, 1))["P1"] == 0
    assert label(world, dt.date(2024, 11, 2))["P1"] == 1


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["accepted", "unfounded"], 0),
        (["accepted", "confirmed", "closed"], 1),
        (["accepted", "confirmed", "unfounded"], 0),
        (["accepted", "closed"], 0),
        (["confirmed", "transferred"], 1),
    ],
)
def test_event_log_follows_the_latest_status_of_a_case(world, statuses, expected):
    world.project()
    for month, status in enumerate(statuses, start=8):
        world.add(
            "cases",
            case_id="A",
            project_id="P1",
            opened_on="2024-07-10",
            status=status,
            known_at=f"2024-{month:02d}-01",
        )
    assert label(world)["P1"] == expected


def test_event_log_maturity_follows_the_observed_delay(world):
    world.project()
    assert event_log(world.store, LATER).maturity_days == MATURITY_MIN_DAYS
    for number, delay in enumerate([10, 100, 100]):
        opened = dt.date(2024, 1, 5)
        world.add(
            "cases",
            case_id=f"A{number}",
            project_id="P1",
            opened_on=opened,
            status="confirmed",
            known_at=opened + dt.timedelta(days=delay),
        )
    assert event_log(world.store, LATER).maturity_days == 100
    world.add(
        "cases",
        case_id="slow",
        project_id="P1",
        opened_on="2023-01-01",
        status="confirmed",
        known_at="2024-12-01",
    )
    slow = event_log(world.store, LATER)
    assert slow.maturity_days == 700, "nothing shows these cases before they are decided"
    assert slow.delays.slow


@given(
    st.dates(dt.date(2022, 1, 1), dt.date(2026, 1, 1)),
    st.integers(MATURITY_MIN_DAYS, 700),
    st.integers(0, 900),
)
def test_training_dates_mature_before_the_training_day(known_until, maturity, back):
    first = known_until - dt.timedelta(days=back)
    log = EventLog(known_until, {"P": np.array([first], dtype="datetime64[D]")}, maturity)
    days = training_dates(log)
    assert days or back < HORIZON_DAYS + maturity + 31
    for day in days:
        assert day + dt.timedelta(days=HORIZON_DAYS + maturity) <= known_until


@given(
    st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2026, 1, 1)), max_size=60, unique=True),
    st.integers(1, 5),
)
def test_walk_forward_folds_leave_the_horizon_between_train_and_test(days, folds):
    found = walk_forward_folds(days, n_folds=folds)
    for fold in found:
        assert max(fold.train) + dt.timedelta(days=HORIZON_DAYS) <= min(fold.test)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2024, 1, 1)), st.integers(24, 60), st.integers(1, 5))
def test_walk_forward_folds_of_two_years_of_months_are_all_made(first, months, folds):
    days = [add_months(first.replace(day=1), number) for number in range(months)]
    assert len(walk_forward_folds(days, n_folds=folds)) == folds


def test_training_dates_are_the_newest_mature_months():
    """Of 1 May 2025: a horizon of 90 days and 30 days more end by then for 1 January at the latest.

    Events begin on 1 March 2024, so that the earliest date is in December 2023.
    """
    days = {"P": np.array(["2024-03-01", "2025-01-05"], dtype="datetime64[D]")}
    log = EventLog(dt.date(2025, 5, 1), days, 30)
    assert training_dates(log, months=3) == [
        *(dt.date(2024, 11, 1), dt.date(2024, 12, 1), dt.date(2025, 1, 1)),
    ]
    whole = training_dates(log)
    assert (whole[0], whole[-1], len(whole)) == (dt.date(2024, 1, 1), dt.date(2025, 1, 1), 13)
    assert training_dates(EventLog(dt.date(2025, 4, 30), days, 30))[-1] == dt.date(2024, 12, 30)
    assert training_dates(EventLog(dt.date(2025, 5, 1), days, 31))[-1] == dt.date(2024, 12, 1)
    assert training_dates(EventLog(dt.date(2025, 5, 1), {}, 30)) == []


def test_event_log_maturity_follows_the_first_notice_of_an_event(world):
    """Each was first known 40 days after it; a correction half a year later is no later notice."""
    world.project()
    for number in range(3):
        case = {"case_id": f"A{number}", "project_id": "P1", "opened_on": "2024-01-05"}
        case |= {"status": "confirmed"}
        world.add("cases", **case, known_at="2024-02-14")
        world.add("cases", **case, amount_owed=5, known_at="2024-08-01")
        visit = {"inspection_id": f"I{number}", "project_id": "P1", "inspected_on": "2024-03-05"}
        world.add("inspections", **visit, arrears_found=True, known_at="2024-04-14")
        world.add("inspections", **visit, arrears_found=True, amount_owed=5, known_at="2024-08-01")
    log = event_log(world.store, LATER)
    assert (log.maturity_days, log.delays.known_days) == (40, 40)
    assert log.last_mature() == LATER - dt.timedelta(days=90 + 40)


def test_event_log_counts_one_event_per_project_and_day(world):
    """A case and two visits of one day are one event, at another project one of its own."""
    world.project()
    world.project("P2")
    day = {"known_at": "2024-07-20", "project_id": "P1"}
    world.add("cases", case_id="A", status="confirmed", opened_on="2024-07-10", **day)
    for number, (project, on) in enumerate(
        [("P1", "2024-07-10"), ("P1", "2024-07-10"), ("P1", "2024-07-11"), ("P2", "2024-07-10")]
    ):
        visit = {"inspection_id": f"I{number}", "inspected_on": on, "arrears_found": True}
        world.add("inspections", **{**day, **visit, "project_id": project})
    found = event_log(world.store, LATER).days
    assert {name: days.astype(str).tolist() for name, days in found.items()} == {
        "P1": ["2024-07-10", "2024-07-11"],
        "P2": ["2024-07-10"],
    }
