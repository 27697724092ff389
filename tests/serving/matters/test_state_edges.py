"""The state of a matter around each of its days and numbers, without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.auth.principal import OFFICE
from serving.matters.queries import (
    UnitCounts,
    _with_visit,
    count_by_unit,
    count_second_looks,
    current_states,
    is_in_state,
)
from serving.matters.repository import Facts, Matter, Step
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.settings import MatterSettings, Settings

from .builders import matter as listed
from .builders import publish_register

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


def test_second_looks_after_a_period_do_not_change_it():
    """Paid on 11 June, not paid on 12 June."""
    day = dt.timedelta(days=1)
    looks = (step("rechecked", outcome="paid"), step("rechecked", MIDNIGHT + day, outcome="no"))
    state = state_on(matter(*looks), RULES, AFTER)
    found = [count_second_looks([state], start, start + day) for start in THREE_DAYS]
    assert [(one.had, one.paid) for one in found] == [(0, 0), (1, 1), (1, 0)]


def test_a_look_before_a_matter_was_opened_again_is_none_at_its_next_end():
    """Closed on 1 June, not paid on the 2nd and open again; the records end it on the 10th."""
    second = MIDNIGHT - dt.timedelta(days=9)
    steps = (
        step("closed", MIDNIGHT - dt.timedelta(days=10)),
        step("rechecked", second, outcome="not_paid"),
        step("reopened", second),
    )
    gone = matter(*steps, listed=False, closed_on=BEFORE)
    looks = [state_on(gone, RULES, day).second_look for day in (AFTER, dt.date(2025, 7, 9))]
    assert [(look.outcome, look.overdue) for look in looks] == [(None, False), (None, True)]
    again = replace(gone, steps=(*steps, step("rechecked", outcome="paid")))
    assert state_on(again, RULES, AFTER).second_look.outcome == "paid"


def test_a_weekend_after_a_deadline_is_overdue_by_a_working_day():
    """Due on Friday 13 June: no working day is left on that Friday, none before Monday is."""
    days = [dt.date(2025, 6, day) for day in (12, 13, 14, 15, 16, 17)]
    states = [state_on(matter(due_on=days[1]), RULES, day) for day in days]
    assert [state.overdue for state in states] == [False, False, True, True, True, True]
    assert [state.due.working_days_left for state in states] == [1, 0, -1, -1, -1, -2]


@pytest.mark.parametrize(("sent", "stage"), [(ON, "sent"), (AFTER, None), (None, None)])
def test_a_transfer_on_record_counts_from_its_day(sent, stage):
    found = state_on(matter(transferred_on=sent), RULES, ON).transfer
    assert (found.stage if found else None) == stage


def since(go_live: dt.date | None, *steps: Step, **facts: object) -> Matter:
    """A case of the records, opened on the day on which its county began to follow matters."""
    return replace(matter(*steps, **facts), go_live=go_live)


@pytest.mark.parametrize(
    ("go_live", "backlog"), [(None, False), (BEFORE, False), (ON, False), (AFTER, True)]
)
def test_what_was_due_before_its_county_began_is_a_backlog(go_live, backlog):
    state = state_on(since(go_live), RULES, AFTER)
    assert (state.backlog, state.due is None, state.overdue) == (backlog, backlog, not backlog)
    counts = UnitCounts(None, open=1, overdue=not backlog, closed=0, backlog=backlog)
    assert count_by_unit([state], ON, AFTER) == [counts]


def test_a_backlog_ends_with_the_first_assignment_or_the_end_of_the_matter():
    """Sixty working days after 11 June are twelve weeks: 3 September."""
    given = state_on(since(AFTER, step("noted"), step("given"), step("given")), RULES, AFTER)
    assert (given.backlog, given.due.basis) == (False, "assigned")
    assert given.due.day == dt.date(2025, 9, 3)
    later = step("given", MIDNIGHT + dt.timedelta(days=30))
    again = state_on(since(AFTER, step("given"), later), RULES, ON + dt.timedelta(days=60))
    assert again.due.day == given.due.day, "from the first assignment on"
    closed = state_on(since(AFTER, step("closed")), RULES, AFTER)
    assert (closed.backlog, closed.due) == (False, None)
    nothing = state_on(since(AFTER, due_on=None, opened_on=None), RULES, AFTER)
    assert (nothing.backlog, nothing.due) == (False, None)


def test_a_matter_closed_without_a_reason_has_another():
    nothing = replace(step("closed"), data=None)
    assert state_on(matter(nothing), RULES, ON).reason == "other"
    assert state_on(matter(step("closed", reason="court")), RULES, ON).reason == "court"


def test_a_deadline_is_planned_if_the_holidays_of_all_its_years_are():
    opened = {"due_on": None, "opened_on": dt.date(2025, 4, 1)}
    days = (ON, dt.date(2041, 1, 2))
    assert [state_on(matter(**opened), RULES, day).due.planned for day in days] == [True, False]
    late = {"due_on": None, "opened_on": dt.date(2041, 1, 2)}
    assert not state_on(matter(**late), RULES, dt.date(2041, 1, 3)).due.planned
    assert not state_on(matter(due_on=dt.date(2041, 1, 2)), RULES, ON).due.planned


def test_duties_show_the_last_finding_on_site():
    law = {"code": "a", "article": "26", "state": "met", "finding": None}
    duties = (law, {**law, "code": "b", "article": "31"})
    taken = (step("duty", duty="a", found="breached"), step("duty", duty="a", found="met"))
    state = state_on(matter(*taken, step("noted", duty="b", found="met"), duties=duties), RULES, ON)
    assert [(one.code, one.article, one.found) for one in state.duties] == [
        ("a", "26", "met"),
        ("b", "31", None),
    ]
    assert state.duties_left == 1


def test_a_closed_matter_has_no_level_and_the_outcome_of_its_second_look():
    raised = step("escalated", level=2, due_on="2025-06-11")
    assert state_on(matter(raised), RULES, AFTER).level == 2
    assert state_on(matter(raised, step("closed")), RULES, AFTER).level == 0
    looked = state_on(matter(step("closed"), step("rechecked", outcome="partly")), RULES, AFTER)
    assert looked.second_look.outcome == "partly"


def test_a_matter_is_in_each_state_it_is_asked_for():
    overdue = state_on(matter(step("escalated", level=1, due_on="2025-06-11")), RULES, AFTER)
    backlog = state_on(since(AFTER), RULES, AFTER)
    closed = state_on(matter(step("closed")), RULES, AFTER)
    looking = state_on(matter(step("closed")), RULES, dt.date(2026, 1, 5))
    names = ("open", "backlog", "overdue", "escalated", "closed", "recheck")
    assert [[name for name in names if is_in_state(one, name)]
            for one in (overdue, backlog, closed, looking)] == [
        ["open", "overdue", "escalated"], ["open", "backlog"], ["closed"], ["closed", "recheck"],
    ]  # fmt: skip


def test_units_are_in_order_and_those_without_come_last():
    def of(unit: str | None) -> Matter:
        return matter(replace(step("given"), unit=unit))

    states = [state_on(of(unit), RULES, AFTER) for unit in ("b", None, "a", "c")]
    assert [one.unit for one in count_by_unit(states, ON, AFTER)] == ["a", "b", "c", None]


def test_a_matter_counts_from_the_day_it_was_opened(database):
    rows = [listed(f"case:{on}", opened_on=on) for on in ("2025-06-11", "2025-06-12", None)]
    publish_register(database, matters=rows)
    now = dt.datetime(2025, 6, 11, 4, tzinfo=dt.UTC)
    settings = Settings(matters=MatterSettings(alerts=()))
    found = current_states(database, settings, OFFICE, ON, now)
    assert {one.matter.key for one in found} == {"case:2025-06-11", "case:None"}


def test_a_visit_to_an_employer_counts_for_its_own_matters():
    order = Matter(1, "inspection:I", "rectification", "990102", "wagewatch", MIDNIGHT,
                   Facts(ON, True, org_id="E"), ())  # fmt: skip
    assert _with_visit(order, {"E": ON, "": AFTER}).facts.checked_on == ON
    case = replace(order, kind="case")
    assert _with_visit(case, {"E": ON}).facts.checked_on is None
    on_site = replace(order, facts=replace(order.facts, project_id="P"))
    assert (order.employer, case.employer, on_site.employer) == ("E", None, None)
