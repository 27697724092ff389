"""Courses of cases and the delays they give, at the edges, on paper."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from training.dataset.completeness import completeness_of
from training.dataset.delays import (
    COURSES,
    Curve,
    Delays,
    _days_until,
    _mixture,
    _newest,
    _recorded_curve,
    aalen_johansen,
    courses_of,
    courses_sql,
    delays_of,
    followed_curve,
)
from training.dataset.labels import event_log

from .test_delays import DAY, case

AS_OF, EARLIER = dt.date(2025, 1, 1), dt.date(2024, 4, 1)


def date(text):
    return None if text is None else dt.date.fromisoformat(f"2024-{text}")


SCENES = {
    # Versions of a case: status, known at, dated by; then when seen, decided, confirmed, measured.
    "followed": (
        [("filed", "03-02", None), ("confirmed", "04-01", None), ("closed", "05-01", "import")],
        ("03-02", "04-01", 1, 1),
    ),
    "open": ([("accepted", "03-02", "given"), ("filed", "03-05", "stated")], ("03-02", None, 0, 1)),
    "open, imported again": (
        [("filed", "03-02", None), ("filed", "06-01", "import")],
        ("03-02", None, 0, 0),
    ),
    "open, imported first": (
        [("filed", "03-02", "import"), ("filed", "06-01", None)],
        ("03-02", None, 0, 1),
    ),
    "seen confirmed": ([("confirmed", "03-09", "stated")], ("03-09", "03-09", 1, 1)),
    "seen confirmed, stated late": (
        [("confirmed", "06-01", "stated"), ("closed", "06-02", "given")],
        ("06-01", "06-01", 1, 0),
    ),
    "seen unfounded": ([("unfounded", "03-09", None)], ("03-09", "03-09", 0, 1)),
    "seen unfounded, stated late": ([("unfounded", "06-01", "stated")], ("06-01", "06-01", 0, 0)),
    "confirmed by import first": (
        [("filed", "03-02", None), ("confirmed", "04-01", "import"), ("confirmed", "05-01", None)],
        ("03-02", "04-01", 1, 0),
    ),
    "confirmed, stated late": (
        [("filed", "03-02", None), ("confirmed", "09-01", "stated")],
        ("03-02", "09-01", 1, 1),
    ),
    "unfounded": (
        [("filed", "03-02", None), ("unfounded", "04-05", None)],
        ("03-02", "04-05", 0, 1),
    ),
    "unfounded by import": (
        [("filed", "03-02", None), ("unfounded", "04-05", "import"), ("unfounded", "05-01", None)],
        ("03-02", "04-05", 0, 0),
    ),
    "confirmed, then unfounded": (
        [("filed", "03-02", None), ("confirmed", "04-01", None), ("unfounded", "07-01", None)],
        ("03-02", "04-01", 0, 1),
    ),
    "closed without a confirmation": (
        [("filed", "03-02", None), ("closed", "04-05", None), ("confirmed", "06-01", None)],
        ("03-02", "06-01", 1, 1),
    ),
}


def courses_at(store, day, *others):
    engine = DuckDBEngine(store, [day, *others])
    try:
        engine.run([known_rows_step("cases"), COURSES])
        return engine.rows(courses_sql(day))
    finally:
        engine.close()


def test_courses_of_cases_by_their_versions(world):
    """Each case was opened on 1 March; a day of knowledge that is stated measures 45 days."""
    for number, (versions, _) in enumerate(SCENES.values()):
        row = {"case_id": f"A{number}", "project_id": f"P{number:02}", "opened_on": "2024-03-01"}
        for status, known, dated_by in versions:
            world.add("cases", **row, status=status, known_at=f"2024-{known}", dated_by=dated_by)
    # Nobody's case, one that lost and one that got its project, one decided on the day itself.
    world.add("cases", case_id="X", opened_on="2024-03-01", status="filed", known_at="2024-03-02")
    lost = {"case_id": "V", "opened_on": "2024-03-01", "status": "filed"}
    world.add("cases", **lost, project_id="PV", known_at="2024-06-03")
    world.add("cases", **lost, known_at="2024-06-04")
    late = {"case_id": "Y", "opened_on": "2024-03-01", "status": "filed"}
    world.add("cases", **late, known_at="2024-03-02")
    world.add("cases", **late, project_id="PY", known_at="2024-06-03")
    decided = {"case_id": "Z", "opened_on": "2024-03-01", "project_id": "PZ"}
    world.add("cases", **decided, status="filed", known_at="2024-03-04")
    world.add("cases", **decided, status="confirmed", known_at="2025-01-01")
    # Accepted, but with the day of its confirmation.
    world.add("cases", case_id="W", project_id="PW", opened_on="2024-03-01", status="accepted",
              confirmed_on="2024-03-03", known_at="2024-03-04")  # fmt: skip
    found = {row[1]: row[3:] for row in courses_at(world.store, AS_OF, EARLIER)}
    expected = {
        f"P{number:02}": (date(course[0]), date(course[1]), *course[2:])
        for number, (_, course) in enumerate(SCENES.values())
    }
    expected |= {
        "PY": (date("06-03"), None, 0, 1),
        "PZ": (date("03-04"), None, 0, 1),
        "PW": (date("03-04"), date("03-04"), 1, 1),
    }
    assert found == expected
    assert {row[:1] + row[2:3] for row in courses_at(world.store, AS_OF)} == {
        ("case", dt.date(2024, 3, 1))
    }
    # On 1 April the confirmation of that day is not known.
    earlier = {row[1]: row[3:] for row in courses_at(world.store, EARLIER, AS_OF)}
    assert earlier["P00"] == (date("03-02"), None, 0, 1)
    assert "PY" not in earlier


def test_courses_of_findings_by_their_first_version(world):
    """Two visits of one project and day are two findings; a visit that found nothing is none."""

    def visit(number, on, known, **values):
        row = {"inspection_id": number, "project_id": "P", "arrears_found": True}
        world.add("inspections", **{**row, **values}, inspected_on=on, known_at=known)

    visit("A", "2024-03-01", "2024-03-09")
    visit("A", "2024-03-01", "2024-05-09", dated_by="import")
    visit("B", "2024-03-01", "2024-03-09")
    visit("C", "2024-03-02", "2024-03-03", dated_by="import")
    visit("C", "2024-03-02", "2024-03-09")
    visit("D", "2024-03-04", "2024-03-09", arrears_found=False)
    visit("E", "2024-03-05", "2025-01-01")
    visit("F", "2024-03-06", "2024-03-09", project_id="Q")
    visit("F", "2024-03-06", "2024-03-10", project_id="R")
    assert courses_at(world.store, AS_OF, EARLIER) == [
        ("inspection", "P", dt.date(2024, 3, 1), date("03-09"), date("03-09"), 1, 1),
        ("inspection", "P", dt.date(2024, 3, 1), date("03-09"), date("03-09"), 1, 1),
        ("inspection", "P", dt.date(2024, 3, 2), date("03-03"), date("03-03"), 1, 0),
        ("inspection", "Q", dt.date(2024, 3, 6), date("03-09"), date("03-09"), 1, 1),
    ]


def test_a_case_that_was_decided_on_the_day_it_was_seen_was_not_followed():
    rows = [case(300, decided=0, confirmed=True), case(300, decided=1, confirmed=True), case(30)]
    courses = courses_of(rows)
    assert courses.followed.tolist() == [False, True, True]
    assert courses.undecided.tolist() == [False, False, True]
    assert courses.ages(np.array([True, False, True]), DAY).tolist() == [300, 30]


def ages(*values):
    return np.array(values, dtype=np.int64)


def flags(*values):
    return np.array(values, dtype=bool)


@pytest.mark.parametrize(
    ("more", "after", "end"),
    # Two at risk and three later: the decision at 5 is passed over, that at 20 is one of three.
    # With a third from the start it is one of three, and that at 20 one of four.
    [(0, 1, 2 / 3), (1, 2 / 3, 2 / 3 * 3 / 4)],
)
def test_ages_with_two_cases_at_risk_before_more_enter_are_passed_over(more, after, end):
    survival, confirmed = aalen_johansen(
        ages(-1, -1, *[-1] * more, 10, 10),
        ages(5, 20, *[30] * more, 30, 30),
        flags(1, 1, *[0] * more, 0, 0),
        flags(1, 0, *[0] * more, 0, 0),
    )
    assert survival[[4, 5, 19, 20, 30]] == pytest.approx([1, after, after, end, end])
    assert confirmed[[4, 5, 30]] == pytest.approx([0, 1 - after, 1 - after])
    assert len(survival) == len(confirmed) == 31


def test_nothing_is_estimated_of_no_cases():
    nothing = aalen_johansen(ages(), ages(), flags(), flags())
    assert [len(one) for one in nothing] == [0, 0]


def test_a_case_is_at_risk_after_the_age_at_which_it_was_seen():
    """Seen at age 4 and decided at 5: at risk of the decision of another at 5, not at 4."""
    survival, _ = aalen_johansen(ages(-1, 4), ages(9, 5), flags(0, 1), flags(0, 1))
    assert survival[[4, 5]] == pytest.approx([1, 0.5])
    survival, _ = aalen_johansen(
        ages(-1, 4, -1, -1), ages(4, 5, 9, 9), flags(1, 0, 0, 0), flags(1, 0, 0, 0)
    )
    assert survival[4] == pytest.approx(2 / 3)


def seen(age, after):
    """A finding ``age`` days before DAY, known so many days after it."""
    on = DAY - dt.timedelta(days=age)
    known = on + dt.timedelta(days=after)
    return "inspection", "P", on, known, known, True, True


@pytest.mark.parametrize(("fresh", "delay"), [(19, [10, 50]), (20, [10])])
def test_the_newest_year_counts_where_it_has_twenty_records(fresh, delay):
    """Known 365 days before the day, of delay 10, are of the newest year; of 366 they are not."""
    courses = courses_of([seen(375, 10)] * fresh + [seen(416, 50)] * 5)
    every = np.ones(len(courses.kinds), dtype=bool)
    newest = _newest(courses.seen, every, DAY)
    assert newest.tolist() == [True] * fresh + [fresh < 20] * 5
    curve = _recorded_curve(courses, every, DAY)
    assert len(curve) == max(delay) + 1
    assert (curve[9], curve[-1]) == (0, 1)
    assert curve[10] == pytest.approx(fresh / (fresh + 5) if len(delay) > 1 else 1)


def test_a_finding_known_before_its_day_has_no_delay():
    curve = _recorded_curve(courses_of([seen(100, -3), seen(100, 1)]), flags(1, 1), DAY)
    assert curve.tolist() == [0.5, 1.0]
    assert len(_recorded_curve(courses_of([]), flags(), DAY)) == 0


def test_curves_are_mixed_by_their_weights_and_hold_their_last_value():
    mixed = _mixture([np.array([0.0, 1.0]), np.array([0.0, 0.0, 0.5])], [3, 1])
    assert mixed == pytest.approx([0, 0.75, 0.875])
    assert len(_mixture([np.array([1.0])], [0.0])) == 0
    assert [_days_until(share, mixed) for share in (0.75, 0.76, 0.875, 0.9)] == [1, 2, 2, None]


@pytest.mark.parametrize(
    ("delays", "slow", "maturity", "complete"),
    [
        (Delays(), False, 30, 30),
        (Delays(True, 180, 20, 400), False, 180, 180),
        (Delays(True, 181, 20, 400), True, 30, 181),
        (Delays(True, 181, 40, 400), True, 40, 181),
        (Delays(True, 0, 0), False, 30, 30),
        (Delays(True, None, 40, 400), True, 40, 400),
        (Delays(True, None, None, 800), True, 30, 730),
        (Delays(False, None, None, 800), False, 30, 30),
    ],
)
def test_labels_wait_for_events_or_where_these_are_slow_for_their_signs(
    delays, slow, maturity, complete
):
    assert delays.slow is slow
    assert (delays.maturity_days(), delays.complete_days()) == (maturity, complete)


@pytest.mark.parametrize(
    ("measured", "events", "counts"),
    [(19, 38, True), (19, 39, False), (20, 99, True), (1, 2, True), (1, 3, False), (0, 0, False)],
)
def test_half_of_the_events_or_twenty_must_measure_a_delay(measured, events, counts):
    rows = [seen(300, 10)] * measured
    rows += [(*seen(300, 10)[:6], False)] * (events - measured)
    delays = delays_of(courses_of(rows), DAY)
    assert delays.measured is counts
    assert delays.known_days == (10 if counts else None)


def test_events_later_than_half_a_year_are_late():
    """Of ten, one was known after 180 days and two after 181: 0.2 are late, which is slow."""
    rows = [seen(300, 100)] * 7 + [seen(300, 180)] + [seen(300, 181)] * 2
    courses = courses_of(rows)
    delays = delays_of(courses, DAY)
    assert delays.late_share == pytest.approx(0.2)
    assert (delays.known_days, delays.slow) == (181, True)
    assert completeness_of(courses, delays, DAY).slow
    more = courses_of([*rows, seen(300, 100)])
    assert not completeness_of(more, delays_of(more, DAY), DAY).slow


@pytest.mark.parametrize(("age", "days"), [(729, 729), (730, 730), (731, 41)])
def test_a_case_may_be_decided_within_two_years(age, days):
    rows = [case(300, decided=20, confirmed=True)] * 5 + [case(age), case(41)]
    assert delays_of(courses_of(rows), DAY).open_days == days
    assert delays_of(courses_of(rows[:5]), DAY).open_days == 0


def followed(*rows):
    courses = courses_of(rows)
    return followed_curve(courses, courses.measured & courses.followed, DAY)


def test_without_a_confirmed_case_there_is_no_curve():
    assert followed() is None
    assert followed(case(300), case(300, decided=20)) is None
    curve = followed(case(300, decided=20, confirmed=True))
    assert curve.known.tolist() == [0.0] * 20 + [1.0]
    # The decision is the last: five at the share of all, which is all.
    assert curve.later[-1] == 1.0


def known(curve, *at):
    return curve.known[list(at)].tolist()


@pytest.mark.parametrize(
    ("undecided", "at", "expected"),
    # Ten of 19 confirmed at 10; of the nine left and one that entered, that one at 20, then none.
    # With one less the decisions are too few, and those of all years count: five cases of 500 days,
    # unfounded at 100, and one of 386, confirmed at 20, are at risk too.
    [(9, (10, 20, 30), [100 / 109, 1, 1]), (8, (10, 20), [5 / 6, 1])],
)
def test_decisions_of_the_newest_year_count_where_they_are_twenty(undecided, at, expected):
    """One was decided 365 days before the day, which is of the year; another on the day before.

    8: 25 at risk: 10/25; then 15/25 * 2/15 = 2/25: 12/25 in all.
    """
    rows = [case(300, decided=10, confirmed=True)] * 10 + [case(300, decided=30)] * undecided
    rows += [case(385, decided=20, confirmed=True), case(386, decided=20, confirmed=True)]
    curve = followed(*rows, *[case(500, decided=100)] * 5)
    assert known(curve, *at) == pytest.approx(expected)
    assert len(curve.known) == (31 if undecided == 9 else 101)


def test_an_open_case_is_at_risk_until_the_day_before():
    """Of 30 days, it is one of five at 29, where one is confirmed, and not of three at 30.

    Confirmed: 1/5, 4/5 * 1/3 more at 30, 8/15 * 1/2 more at 40, of 11/15 in the end.
    """
    rows = [case(300, decided=age, confirmed=True) for age in (29, 30, 40)]
    curve = followed(*rows, case(300, decided=40), case(30))
    assert known(curve, 28, 29, 30, 40) == pytest.approx([0, 3 / 11, 7 / 11, 1])


def test_a_case_decided_before_its_day_is_decided_at_once():
    """Seen three days before it was opened and decided one day before: one of three at age 0.

    The others were seen a day before, and so are at risk at age 0 too.
    """
    early = case(300, seen=-3, decided=-1, confirmed=True)
    curve = followed(early, *[case(300, seen=-1, decided=10, confirmed=True)] * 2)
    assert known(curve, 0, 1, 9, 10) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    # All will be confirmed; five decisions at that share and the later ones give 1.
    assert curve.later.tolist() == [1.0] * 11


@pytest.mark.parametrize(("age", "total"), [(730, 1), (731, 0.95)])
def test_a_case_of_more_than_two_years_is_never_decided(age, total):
    """Two of three are confirmed at 10; the third will be, but for one in twenty where it is old.

    Before the decisions, two count as found of the whole and five at the share of those decided.
    """
    rows = [case(300, decided=10, confirmed=True)] * 2
    curve = followed(*rows, case(age))
    assert known(curve, 9, 10) == pytest.approx([0, 2 / 3 / total])
    assert curve.later[9] == pytest.approx(total)


def test_late_is_what_is_not_known_at_the_last_age():
    """Two findings, after 10 and 20 days: all are known at 20. No delay, nothing is late."""
    delays = delays_of(courses_of([seen(300, 10), seen(300, 20)]), DAY)
    assert (delays.late_share, delays.known_days, delays.open_days) == (0.0, 20, 0)
    assert delays_of(courses_of([]), DAY) == Delays(False, None, None, 0, None, 0.0)


def test_a_curve_holds_its_first_and_last_values():
    curve = Curve(np.array([0.1, 0.5, 0.9]), np.array([0.8, 0.4, 0.2]))
    known, later = curve.at(ages(-3, 0, 1, 2, 3, 99))
    assert known.tolist() == [0.1, 0.1, 0.5, 0.9, 0.9, 0.9]
    assert later.tolist() == [0.8, 0.8, 0.4, 0.2, 0.2, 0.2]


def test_bands_of_age_at_their_edges():
    edges = (0, 30, 31, 90, 91, 180, 181, 365, 366, 730, 731, 900)
    rows = [case(age) for age in edges] + [case(-5)]
    found = completeness_of(courses_of([*rows, seen(10, 1)]), Delays(), DAY)
    assert [(one.first, one.last, one.cases, one.undecided) for one in found.bands] == [
        *((0, 30, 3, 3), (31, 90, 2, 2), (91, 180, 2, 2), (181, 365, 2, 2)),
        *((366, 730, 2, 2), (731, None, 2, 2)),
    ]
    assert (found.decided, found.confirmed) == (0, 0)


def test_events_are_known_by_project(world):
    """Of two projects, from two tables, each date once and in order."""
    for name, on in (("B", "2024-05-02"), ("A", "2024-06-01"), ("B", "2024-03-01")):
        world.add("inspections", inspection_id=f"{name}{on}", project_id=name, inspected_on=on,
                  arrears_found=True, known_at=on)  # fmt: skip
    found = event_log(world.store, AS_OF).days
    assert {name: on.astype(str).tolist() for name, on in found.items()} == {
        "A": ["2024-06-01"],
        "B": ["2024-03-01", "2024-05-02"],
    }


def test_open_cases_weigh_as_many_events_as_will_come_of_them():
    """Ten findings of the same day and a case decided after 20 days: 10 of 11 are known at once.

    With an open case, which will be confirmed as the other was, they are 10 of 12.
    """
    rows = [*[seen(300, 0)] * 10, case(300, decided=20, confirmed=True)]
    assert delays_of(courses_of(rows), DAY).known_days == 0
    assert delays_of(courses_of([*rows, case(10)]), DAY).known_days == 20
