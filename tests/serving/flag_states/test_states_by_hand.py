"""Which state of a red flag counts: the newest of project and code, in the region."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.flag_states.repository import (
    FlagStateRow,
    add_flag_state,
    list_flag_states,
    newest_flag_states,
)

NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
EAST = Principal("e", "e", Role.INSPECTOR, "990102")


def _state(project, code, state, region="990102001", until=None):
    return FlagStateRow(project, region, code, state, None, until, None, None, "李", NOON)


@pytest.fixture
def engine(database):
    states = (
        _state("P1", "late", "confirmed"),
        _state("P1", "cash", "explained"),
        _state("P2", "late", "explained"),
        _state("P1", "late", "explained"),
        _state("P3", "late", "confirmed", region="990103"),
        # The project was of another region when this was said of it.
        _state("P1", "cash", "confirmed", region="990103"),
    )
    with writing(database.engine).begin() as connection:
        for one in states:
            add_flag_state(connection, one)
    return database.engine


def _newest(engine, principal, project_id=None):
    found = newest_flag_states(engine, principal, project_id)
    assert all(key == (one.project_id, one.code) for key, one in found.items())
    return {key: one.state for key, one in found.items()}


def test_the_newest_state_of_a_flag_counts(engine):
    of_p1 = {("P1", "late"): "explained", ("P1", "cash"): "explained"}
    assert _newest(engine, EAST, "P1") == of_p1
    assert _newest(engine, EAST) == {**of_p1, ("P2", "late"): "explained"}
    assert _newest(engine, EAST, "P3") == {}
    assert _newest(engine, OFFICE) == {
        ("P1", "late"): "explained",
        ("P1", "cash"): "confirmed",
        ("P2", "late"): "explained",
        ("P3", "late"): "confirmed",
    }


def test_states_of_a_project_come_oldest_first(engine):
    first = list_flag_states(engine, "P1", EAST, PageRequest(2))
    assert [(one.code, one.state) for one in first.items] == [
        ("late", "confirmed"),
        ("cash", "explained"),
    ]
    rest = list_flag_states(engine, "P1", EAST, PageRequest(2, first.next))
    assert rest.items == [_state("P1", "late", "explained")]
    assert rest.next is None
    assert len(list_flag_states(engine, "P1", OFFICE, PageRequest(9)).items) == 4
    assert list_flag_states(engine, "P3", EAST, PageRequest(9)).items == []


def test_a_state_lapses_after_its_day():
    until = dt.date(2025, 6, 10)
    state = _state("P1", "late", "explained", until=until)
    assert [state.has_lapsed(until + dt.timedelta(days)) for days in (-1, 0, 1)] == [
        *(False, False, True),
    ]
    assert not _state("P1", "late", "explained").has_lapsed(dt.date.max)
