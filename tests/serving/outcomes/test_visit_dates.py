"""Visits entered on the service: a corrected version no longer counts, and each day does once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.matters.queries import _with_visit, current_states, matter_state
from serving.matters.repository import Facts, Matter
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.outcomes.repository import Outcome, add_outcome, visited_since, visits_of
from serving.settings import MatterSettings, Settings

from ..matters.builders import closed_case, publish_register

LIST = dt.date(2025, 6, 1)
NOW = dt.datetime(2025, 6, 30, 9, tzinfo=dt.UTC)
SETTINGS = Settings(matters=MatterSettings(alerts=()))
HERE = Principal("u", "李", Role.INSPECTOR, "9901")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def visit(name: str, on: str, project: str = "P/100", version: int = 1, **fields) -> Outcome:
    made = Outcome(
        name, version, project, "990102", LIST, day(on), "watchlist", False, False,
        *[None] * 8, "李", NOW,
    )  # fmt: skip
    return replace(made, **fields)


@pytest.fixture
def entered(database):
    """Stores versions of outcomes in this order."""

    def stored(*outcomes: Outcome):
        with writing(database.engine).begin() as connection:
            for one in outcomes:
                add_outcome(connection, one)
        return database.engine

    return stored


def test_the_last_visit_with_a_result_from_a_day_on(entered):
    engine = entered(
        visit("A", "2025-06-09"),
        visit("B", "2025-06-12"),
        visit("C", "2025-06-20", obstacle="closed", arrears_found=None),
        visit("D", "2025-06-25", region_code="420302"),
        visit("E", "2025-06-01", "P/200"),
        visit("F", "2025-05-31", "P/300"),
    )
    found = {"P/100": day("2025-06-12"), "P/200": LIST}
    assert visited_since(engine, HERE, LIST) == found
    assert visited_since(engine, OFFICE, LIST)["P/100"] == day("2025-06-25")
    assert visited_since(engine, HERE, day("2025-06-13")) == {}


def test_a_visit_counts_on_the_day_to_which_it_was_corrected(entered):
    engine = entered(
        visit("A", "2025-06-20"),
        visit("A", "2025-06-10", version=2, arrears_found=True),
        visit("B", "2025-06-05", "P/200"),
        visit("B", "2025-05-20", "P/200", version=2),
    )
    assert visited_since(engine, HERE, LIST) == {"P/100": day("2025-06-10")}
    found = visits_of(engine, HERE, LIST)["P/100"]
    assert (found.inspected_on, found.arrears_found) == (day("2025-06-10"), True)
    assert visits_of(engine, HERE, LIST)["P/200"].inspected_on == day("2025-05-20")


def test_the_last_visit_for_a_list_is_told(entered):
    engine = entered(
        visit("A", "2025-06-20"),
        visit("B", "2025-06-10"),
        visit("C", "2025-06-20", arrears_found=True),  # entered later
        visit("D", "2025-06-25", as_of=day("2025-07-01")),
    )
    found = visits_of(engine, HERE, LIST)
    assert {key: (one.inspected_on, one.arrears_found) for key, one in found.items()} == {
        "P/100": (day("2025-06-20"), True)
    }


@pytest.mark.parametrize(
    ("recorded", "seen", "checked"),
    [
        (None, None, None),
        (None, "2025-06-10", "2025-06-10"),
        ("2025-06-09", "2025-06-10", "2025-06-10"),
        ("2025-06-10", None, "2025-06-10"),
        ("2025-06-11", "2025-06-10", "2025-06-11"),
    ],
)
def test_the_later_of_a_recorded_and_an_entered_visit_counts(recorded, seen, checked):
    facts = Facts(LIST, True, project_id="P", checked_on=recorded and day(recorded))
    matter = Matter(1, "case:A", "case", "990102", "w", NOW, facts, ())
    visits = {"P": day(seen)} if seen else {}
    found = _with_visit(matter, {**visits, "": day("2025-06-30")})
    assert found.facts.checked_on == (checked and day(checked))


def test_a_visit_after_closing_is_the_second_look(entered, database):
    """Closed on 19 May; looked at again on 20 May, not on the day itself; up to 800 days back."""
    publish_register(database, closed=[closed_case("Z", "2025-05-19")])
    rules = matter_rules(SETTINGS.matters)
    sync_from_lists(database, rules, NOW)

    def outcomes(on: dt.date):
        (state,) = current_states(database, SETTINGS, OFFICE, on, NOW)
        alone = matter_state(database, rules, OFFICE, "case:Z", on)
        return state.second_look.outcome, alone.second_look.outcome

    entered(visit("A", "2025-05-19"))
    assert outcomes(day("2025-06-30")) == (None, None)
    entered(visit("B", "2025-05-20"))
    assert outcomes(day("2025-06-30")) == ("visited", "visited")
    later = day("2025-05-20") + dt.timedelta(days=800)
    assert outcomes(later) == ("visited", "visited")
    assert outcomes(later + dt.timedelta(days=1)) == (None, None)
