"""The state of a matter around each of its days and numbers, without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.matters.queries import UnitCounts, count_by_unit, count_second_looks, is_in_state
from serving.matters.repository import Facts, Matter, Step
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.settings import MatterSettings

RULES = matter_rules(MatterSettings())
ON = dt.date(2025, 6, 11)
BEFORE, AFTER = ON - dt.timedelta(days=1), ON + dt.timedelta(days=1)
THREE_DAYS = (BEFORE, ON, AFTER)
MIDNIGHT = dt.datetime(2025, 6, 10, 16, tzinfo=dt.UTC)
"""11 June begins at the office."""


def matter(*steps: Step, **facts: object) -> Matter:
    """An open case, due on ON."""
    known = {"as_of": dt.date(2025, 6, 1), "listed": True, "due_on": ON, **facts}
    begun = dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
    return Matter(1, "case:A", "case", "990102", "wagewatch", begun, Facts(**known), steps)


def step(kind: str, at: dt.datetime = MIDNIGHT, **data: object) -> Step:
    return Step("case:A", "990102", kind, None, "大队", None, None, "李", at, data)


def test_a_matter_is_overdue_from_the_day_after_its_deadline():
    states = [state_on(matter(), RULES, day) for day in THREE_DAYS]
    assert [state.overdue for state in states] == [False, False, True]
    assert [state.due.working_days_left for state in states] == [1, 0, -1]


def test_a_matter_is_closed_from_the_day_at_the_office_on_which_it_was_closed():
    second = dt.timedelta(seconds=1)
    for at, closed in ((MIDNIGHT - second, [True, True, True]), (MIDNIGHT, [False, True, True])):
        states = [state_on(matter(step("closed", at)), RULES, day) for day in THREE_DAYS]
        assert [state.closed for state in states] == closed
        assert [is_in_state(state, "closed") for state in states] == closed
        assert not any(state.overdue for state in states)


def test_a_matter_closed_today_counts_in_periods_that_hold_today():
    closed = state_on(matter(step("given"), step("closed")), RULES, AFTER)
    late = state_on(matter(step("given")), RULES, AFTER)
    counts = {
        (start, stop): count_by_unit([closed, late], start, stop)
        for start, stop in ((ON, AFTER), (BEFORE, ON), (AFTER, AFTER + dt.timedelta(days=1)))
    }
    assert counts == {
        (ON, AFTER): [UnitCounts("大队", open=1, overdue=1, closed=1)],
        (BEFORE, ON): [UnitCounts("大队", open=1, overdue=1, closed=0)],
        (AFTER, AFTER + dt.timedelta(days=1)): [UnitCounts("大队", open=1, overdue=1, closed=0)],
    }


@pytest.mark.parametrize(
    ("workers", "group"), [(None, None), (9, None), (10, 10), (49, 10), (50, 50)]
)
def test_ten_and_fifty_workers_are_a_group(workers, group):
    assert state_on(matter(workers=workers), RULES, ON).group == group


def test_a_matter_gone_from_the_list_closed_the_day_before_the_list():
    gone = matter(listed=False, as_of=ON)
    assert state_on(gone, RULES, ON).closed_on == BEFORE
    assert state_on(replace(gone, facts=replace(gone.facts, closed_on=ON)), RULES, ON).reason == (
        "records"
    )


def test_reopening_on_the_day_the_records_end_it_or_later_holds():
    """The records ended it on 10 June."""
    day = dt.timedelta(days=1)
    for at, closed in ((MIDNIGHT - 2 * day, True), (MIDNIGHT - day, False), (MIDNIGHT, False)):
        gone = matter(step("reopened", at), listed=False, as_of=ON)
        assert state_on(gone, RULES, ON).closed is closed


def test_a_second_look_is_due_twenty_working_days_after_the_end_and_overdue_the_day_after():
    closed = matter(step("closed", dt.datetime(2025, 5, 14, 4, tzinfo=dt.UTC)))
    # 15, 16, 19 to 23, 26 to 30 May, 3 to 6 and 9 to 12 June; 2 June is a holiday.
    looks = [state_on(closed, RULES, dt.date(2025, 6, day)).second_look for day in (12, 13)]
    assert [(look.day, look.overdue) for look in looks] == [
        (dt.date(2025, 6, 12), False),
        (dt.date(2025, 6, 12), True),
    ]


@pytest.mark.parametrize(("visit", "outcome"), [(ON, None), (AFTER, "visited"), (None, None)])
def test_a_visit_after_the_day_of_closing_is_a_second_look(visit, outcome):
    closed = matter(step("closed"), checked_on=visit)
    assert state_on(closed, RULES, AFTER).second_look.outcome == outcome


def test_second_looks_count_by_the_day_and_outcome_of_the_last():
    looked = [
        (MIDNIGHT - dt.timedelta(seconds=1), "paid"),
        (MIDNIGHT, "paid"),
        (MIDNIGHT + dt.timedelta(hours=23), "not_paid"),
        (MIDNIGHT + dt.timedelta(days=1), "paid"),
    ]
    states = [
        state_on(matter(step("closed"), step("rechecked", at, outcome=outcome)), RULES, AFTER)
        for at, outcome in looked
    ]
    twice = matter(
        step("rechecked", looked[1][0], outcome="paid"),
        step("rechecked", looked[2][0], outcome="not_paid"),
    )
    found = count_second_looks([*states, state_on(twice, RULES, AFTER)], ON, AFTER)
    assert (found.had, found.paid) == (3, 1)


@pytest.mark.parametrize(("sent", "stage"), [(ON, "sent"), (AFTER, None), (None, None)])
def test_a_transfer_on_record_counts_from_its_day(sent, stage):
    found = state_on(matter(transferred_on=sent), RULES, ON).transfer
    assert (found.stage if found else None) == stage
