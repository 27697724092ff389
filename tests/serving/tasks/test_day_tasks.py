"""What is to be done on a day: matters due, visits left, and until when visits count."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.matters.repository import Facts, Matter
from serving.matters.state import Deadline, MatterState
from serving.tasks.day_tasks import day_tasks, shown_region

TODAY = dt.date(2025, 6, 20)
AS_OF = dt.date(2025, 6, 1)


def _state(key: str, due: dt.date | None, *, closed: bool = False) -> MatterState:
    opened = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    matter = Matter(1, key, "case", "510822", "rule", opened, Facts(AS_OF, listed=True))
    deadline = Deadline(due, "given", 0, planned=True) if due else None
    return MatterState(
        matter,
        closed=closed,
        closed_on=None,
        reason=None,
        person=None,
        unit=None,
        due=deadline,
        overdue=due is not None and due < TODAY,
        level=0,
        clock=None,
        duties=(),
        second_look=None,
        transfer=None,
        listing=None,
        backlog=False,
    )


def test_matters_due_today_are_apart_from_those_overdue():
    states = [
        _state("case:1", TODAY),
        _state("case:2", TODAY - dt.timedelta(1)),
        _state("case:3", TODAY + dt.timedelta(1)),
        _state("case:4", None),
        _state("case:5", TODAY, closed=True),
    ]
    found = day_tasks(states, AS_OF, 7, TODAY)
    assert [state.matter.key for state in found.due] == ["case:1"]
    assert (found.overdue, found.visits_left) == (1, 7)


@pytest.mark.parametrize(
    ("on", "stale", "expired"),
    [
        ("2025-06-30", False, False),
        ("2025-07-01", True, False),
        ("2025-08-29", True, False),  # the 89th day
        ("2025-08-30", True, True),
    ],
)
def test_a_list_is_stale_after_its_month_and_expires_after_ninety_days(on, stale, expired):
    found = day_tasks((), AS_OF, 0, dt.date.fromisoformat(on))
    assert (found.stale, found.expired) == (stale, expired)


@pytest.mark.parametrize(
    ("own", "listed", "shown"),
    [("510822", "", "510822"), ("5108", "510822", "510822"), ("", "", ""), ("51", "51", "51")],
)
def test_a_list_is_shown_for_the_smaller_region(own, listed, shown):
    assert shown_region(Principal("k", "n", Role.INSPECTOR, own), listed) == shown
