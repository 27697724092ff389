"""How long events take to become known, and the labels of undecided cases."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from serving.completeness_text import completeness_lines, completeness_table
from training.dataset.completeness import completeness_of
from training.dataset.delays import Courses, aalen_johansen, courses_of, delays_of
from training.dataset.labels import event_log, expected_labels, log_of

DAY = dt.date(2025, 1, 1)


def case(age, *, decided=None, confirmed=False, seen=0, measured=True, project="P"):
    """A case opened ``age`` days before DAY, decided so many days after its opening."""
    opened = DAY - dt.timedelta(days=age)
    on = None if decided is None else opened + dt.timedelta(days=decided)
    return "case", project, opened, opened + dt.timedelta(days=seen), on, confirmed, measured


EIGHT = (
    case(300, decided=10, confirmed=True),
    case(300, decided=20, confirmed=True),
    case(300, decided=20),
    case(26),
    case(300, decided=30, confirmed=True),
    case(41),
    case(300, decided=50, confirmed=True),
    case(61),
)


def test_eight_cases_by_hand():
    delays = delays_of(courses_of(EIGHT), DAY)
    known, later = delays.confirmed_later.at(np.array([9, 10, 20, 30, 50, 60]))
    # Confirmed: 1/8, then 7/8 of 1/7, 5/8 of 1/4, 15/32 of 1/2; decided the same and 1/8 more.
    confirmed = np.array([0, 8, 16, 26, 41, 41]) / 64
    assert known == pytest.approx(confirmed * 49 / 41)
    # Five decisions at the overall share of 41/49 count beside the later decisions.
    found = (41 / 49 - 16 / 64) / (40 / 64)
    assert later[2] == pytest.approx((2 * found + 5 * 41 / 49) / 7)
    assert later[5] == pytest.approx(41 / 49)
    assert (delays.known_days, delays.seen_days, delays.slow) == (None, 0, True)
    assert delays.late_share == pytest.approx(15 / 64)
    assert (delays.maturity_days(), delays.complete_days()) == (30, 61)


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=30))
def test_survival_is_that_of_scipy(observed):
    leave = np.array([age for age, _ in observed])
    decided = np.array([one for _, one in observed])
    survival, confirmed = aalen_johansen(np.zeros_like(leave), leave, decided, decided)
    sample = CensoredData.right_censored(leave, ~decided)
    ages = np.unique(leave)
    assert survival[ages] == pytest.approx(ecdf(sample).sf.evaluate(ages))
    assert survival + confirmed == pytest.approx(np.ones(len(survival)))


def test_cases_that_were_never_decided_are_not_waited_for():
    old = [
        case(age, decided=None if age % 5 < 2 else 40, confirmed=age % 5 > 2)
        for age in range(800, 1200)
    ]
    new = [
        case(age, decided=40 if age > 40 and age % 5 > 1 else None, confirmed=age % 5 > 2)
        for age in range(1, 365)
    ]
    delays = delays_of(courses_of([*old, *new]), DAY)
    assert delays.known_days == 40
    assert delays.confirmed_later.at(np.array([100]))[1][0] < 0.05
    assert delays.confirmed_later.at(np.array([10]))[1][0] == pytest.approx(0.4, abs=0.03)


def test_findings_count_by_their_own_delay():
    found = [
        (
            "inspection",
            "P",
            DAY - dt.timedelta(days=age),
            DAY - dt.timedelta(days=age - 100),
            DAY - dt.timedelta(days=age - 100),
            True,
            True,
        )
        for age in range(101, 400)
    ]
    prompt = [case(age, decided=5, confirmed=True) for age in range(10, 60)]
    assert delays_of(courses_of([*found, *prompt]), DAY).known_days == 100
    assert delays_of(courses_of(prompt), DAY).known_days == 5


def test_two_late_cases_are_not_called_slow():
    prompt = [case(200 + age, decided=40, confirmed=True) for age in range(14)]
    late = [case(400 + age, decided=300, confirmed=True) for age in range(2)]
    courses = courses_of([*prompt, *late])
    delays = delays_of(courses, DAY)
    assert delays.slow
    assert not completeness_of(courses, delays, DAY).slow


def test_few_measured_delays_are_unknown():
    observed = [case(300 - n, decided=200, confirmed=True, measured=n < 3) for n in range(9)]
    delays = delays_of(courses_of(observed), DAY)
    assert (delays.measured, delays.maturity_days(), delays.slow) == (False, 30, False)
    assert delays_of(courses_of(observed[:3]), DAY).known_days == 200
    assert delays_of(courses_of([]), DAY) == delays


def test_completeness_counts_cases_by_age():
    found = completeness_of(
        courses := courses_of([*EIGHT, case(100), case(365), case(731)]),
        delays_of(courses, DAY),
        DAY,
    )
    counts = {(one.first, one.last): (one.cases, one.undecided) for one in found.bands}
    assert counts == {
        (0, 30): (1, 1),
        (31, 90): (2, 2),
        (91, 180): (1, 1),
        (181, 365): (6, 1),
        (366, 730): (0, 0),
        (731, None): (1, 1),
    }
    assert (found.decided, found.confirmed, found.notable) == (5, 4, True)
    headings, rows = completeness_table(found.to_document(), "en")
    assert headings == ("days since opening", "cases", "undecided", "share undecided")
    assert rows[3] == ("181 to 365", "6", "1", "17%")
    assert rows[-1][0] == "731 or more"
    said = " ".join(completeness_lines(found.to_document(), "en"))
    assert "do not show yet" in said
    assert "5 cases are decided, 80% of them confirmed" in said


def slow_office(delay_of) -> tuple[Courses, np.ndarray]:
    """Six cases a week for three years, half of them confirmed; and the age of each event."""
    rows, events = [], []
    for number in range(3 * 52 * 6):
        age, confirmed = 1 + number * 7 // 6, number % 2 == 0
        delay = delay_of(age)
        decided = delay if delay < age else None
        rows.append(case(age, decided=decided, confirmed=confirmed, project=f"P{number}"))
        events += [age] * confirmed
    return courses_of(rows), np.array(events)


@pytest.mark.parametrize(
    "delay_of",
    [
        pytest.param(lambda age: 40, id="prompt"),
        pytest.param(lambda age: 300, id="constant 300 days"),
        pytest.param(lambda age: 500, id="constant 500 days"),
        pytest.param(lambda age: 50 + age * 37 % 700, id="50 to 750 days"),
        pytest.param(lambda age: 40 if age > 270 else 400, id="slower since three quarters"),
    ],
)
def test_expected_events_of_a_slow_office_are_those_that_come(delay_of):
    courses, events = slow_office(delay_of)
    delays = delays_of(courses, DAY)
    known = courses.confirmed & ~courses.undecided
    days = {
        courses.project_ids[row]: courses.event_on[row : row + 1]
        for row in np.flatnonzero(known).tolist()
    }
    log = log_of(DAY, days, courses, delays)
    for horizon_start in (365, 180, 120):
        as_of = np.datetime64(DAY) - horizon_start
        names = courses.project_ids
        expected = expected_labels(log, names, np.full(len(names), as_of)).sum()
        came = ((events <= horizon_start) & (events > horizon_start - 90)).sum()
        assert expected == pytest.approx(came, rel=0.12)
    assert delays.slow == (max(map(delay_of, range(200))) > 180)


def test_undecided_cases_known_later_change_nothing(world):
    world.project()
    for number in range(6):
        opened = {
            "case_id": f"A{number}",
            "project_id": "P1",
            "opened_on": f"2024-0{number + 1}-01",
        }
        world.add("cases", **opened, status="filed", known_at=f"2024-0{number + 1}-02")
        if number < 4:
            world.add("cases", **opened, status="confirmed", known_at=f"2024-0{number + 3}-01")
    day = dt.date(2024, 9, 1)
    before = event_log(world.store, day)
    world.add("cases", **opened, status="confirmed", known_at=day)
    world.add("cases", **{**opened, "case_id": "B"}, status="filed", known_at=day)
    after = event_log(world.store, day)
    assert before.delays.known_days == after.delays.known_days
    assert before.undecided.keys() == after.undecided.keys() == {"P1"}
    for found in (before, after):
        assert found.undecided["P1"].days.astype(str).tolist() == ["2024-05-01", "2024-06-01"]
    assert (before.undecided["P1"].chances == after.undecided["P1"].chances).all()
