"""Which visits a query finds: versions, regions, days, each on both sides of its edge."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.outcomes.repository import (
    Outcome,
    OutcomeUnknown,
    Visit,
    add_outcome,
    add_photo,
    last_visit,
    latest_outcome,
    list_outcomes,
    listed_for,
    newest_photo,
    outcome_versions,
    photographed,
    visited_since,
    visits_of,
    visits_to,
)
from serving.publishing.repository import store_publication

from ..conftest import PUBLISHED_AT

AS_OF = dt.date(2025, 6, 1)
EAST = Principal("e", "e", Role.INSPECTOR, "990102")


def _outcome(number, project, day, version=1, region="990102001", **values):
    return Outcome(
        **{
            **dict.fromkeys(Outcome.__dataclass_fields__),
            "outcome_id": number,
            "version": version,
            "project_id": project,
            "region_code": region,
            "as_of": AS_OF,
            "inspected_on": dt.date(2025, 6, day),
            "kind": "watchlist",
            "drawn": False,
            "arrears_found": False,
            "entered_by": "李",
            "entered_at": dt.datetime(2025, 6, 20, 1, version, tzinfo=dt.UTC),
            "measures": (),
            **values,
        }
    )


@pytest.fixture
def engine(database):
    """Six visits. The first was corrected twice, the last is of another region."""
    made = (
        _outcome("A", "P1", 10),
        _outcome("B", "P1", 5, arrears_found=True),
        _outcome("A", "P1", 9, version=2, arrears_found=True, measures=("order", "fine")),
        _outcome("C", "P2", 12, arrears_found=None, obstacle="closed"),
        _outcome("A", "P1", 8, version=3, entered_by="王"),
        _outcome("D", "P2", 3, as_of=dt.date(2025, 5, 1)),
        _outcome("E", "P3", 9, as_of=None),
        _outcome("F", "P4", 30, region="990103001"),
    )
    with writing(database.engine).begin() as connection:
        for one in made:
            add_outcome(connection, one)
        add_photo(connection, made[0], b"first")
        add_photo(connection, made[4], b"third")
        add_photo(connection, made[2], b"second")
        add_photo(connection, made[7], b"elsewhere")
    return database.engine


def test_versions_come_oldest_first_and_the_newest_alone(engine):
    assert [one.version for one in outcome_versions(engine, "A", EAST)] == [1, 2, 3]
    with engine.connect() as connection:
        newest = latest_outcome(connection, "A", EAST)
        assert (newest.version, newest.inspected_on.day, newest.measures) == (3, 8, ())
        with pytest.raises(OutcomeUnknown):
            latest_outcome(connection, "F", EAST)
    assert outcome_versions(engine, "A", EAST)[1].measures == ("order", "fine")
    with pytest.raises(OutcomeUnknown):
        outcome_versions(engine, "F", EAST)


def test_the_photo_of_the_newest_version_is_shown_in_the_region(engine):
    assert newest_photo(engine, "A", EAST) == b"third"
    assert photographed(engine, ["A", "B", "F"]) == {"A", "F"}
    assert photographed(engine, ["A", "B"]) == {"A"}
    for number in ("B", "F"):  # without one, and of another region
        with pytest.raises(OutcomeUnknown):
            newest_photo(engine, number, EAST)


def test_pages_hold_the_newest_versions_of_the_region(engine):
    first = list_outcomes(engine, EAST, PageRequest(2), {})
    assert [(one.outcome_id, one.version) for one in first.items] == [("B", 1), ("C", 1)]
    rest = list_outcomes(engine, EAST, PageRequest(3, first.next), {})
    assert [(one.outcome_id, one.version) for one in rest.items] == [("A", 3), ("D", 1), ("E", 1)]
    assert rest.next is None
    every = list_outcomes(engine, OFFICE, PageRequest(9), {"project_id": "P4"})
    assert [one.outcome_id for one in every.items] == ["F"]


def test_visits_for_a_list_are_the_last_of_each_project(engine):
    closed = Visit(dt.date(2025, 6, 12), None, "李", "closed")
    assert visits_of(engine, EAST, AS_OF) == {
        "P1": Visit(dt.date(2025, 6, 8), False, "王"),
        "P2": closed,
    }
    assert not closed.has_result
    assert set(visits_of(engine, OFFICE, AS_OF)) == {"P1", "P2", "P4"}


def test_visits_to_a_project_begin_with_the_last(engine):
    found = visits_to(engine, EAST, "P1")
    assert [[(one.outcome_id, one.version) for one in visit] for visit in found] == [
        [("A", 1), ("A", 2), ("A", 3)],
        [("B", 1)],
    ]
    assert visits_to(engine, EAST, "P4") == []
    last = last_visit(engine, EAST, "P1")
    assert (last.outcome_id, last.version) == ("A", 3)
    assert last_visit(engine, EAST, "P4") is None


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (8, {"P1": 8, "P3": 9}),  # the visit of the 8th counts; that of P2 could not look
        (9, {"P3": 9}),
        (3, {"P1": 8, "P2": 3, "P3": 9}),
        (4, {"P1": 8, "P3": 9}),
    ],
)
def test_visits_since_a_day_are_those_with_a_result(engine, day, found):
    since = visited_since(engine, EAST, dt.date(2025, 6, day))
    assert {project: one.day for project, one in since.items()} == found


def test_a_visit_belongs_to_the_last_list_of_its_ninety_days(database, publish, publication):
    publish(dt.date(2025, 5, 1), listed=5)
    # Of a day's two lists the later counts, which did not draw P/002.
    first = publication(AS_OF, "9901", listed=3)
    drawn = tuple(
        replace(one, listing=replace(one.listing, selection="random")) for one in first.entries
    )
    sealed = replace(first, entries=drawn).seal()
    store_publication(database, sealed, published_at=PUBLISHED_AT, published_by="李")
    publish(AS_OF)
    wanted = {
        ("P/003", dt.date(2025, 6, 1)): (AS_OF, True),
        ("P/002", dt.date(2025, 6, 1)): (AS_OF, False),
        ("P/002", dt.date(2025, 5, 31)): (dt.date(2025, 5, 1), False),
        ("P/002", dt.date(2025, 4, 30)): None,
        ("P/002", AS_OF + dt.timedelta(89)): (AS_OF, False),
        ("P/002", AS_OF + dt.timedelta(90)): None,
        ("P/004", dt.date(2025, 6, 1)): (dt.date(2025, 5, 1), False),  # on no list of June
        ("P/005", dt.date(2025, 6, 1)): None,
    }
    with database.engine.connect() as connection:
        assert {key: listed_for(connection, *key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("drawn", "kind", "recorded"),
    [
        (True, "watchlist", "random"),
        (False, "watchlist", "watchlist"),
        (True, "complaint", "complaint"),
        (False, "complaint", "complaint"),
    ],
)
def test_a_visit_of_the_list_to_a_drawn_project_is_recorded_as_random(drawn, kind, recorded):
    """It is known on the day at the office, where 1 July begins at 16:00 of 30 June in UTC."""
    entered = dt.datetime(2025, 6, 30, 16, tzinfo=dt.UTC)
    made = _outcome(
        "A", "P1", 30, drawn=drawn, kind=kind, amount_owed=123_45, entered_at=entered,
        rectify_by=dt.date(2025, 7, 8),
    ).record()  # fmt: skip
    assert (made["kind"], made["amount_owed"], made["known_at"]) == (
        recorded, "123.45", "2025-07-01",
    )  # fmt: skip
    assert (made["rectify_by"], made["rectified_on"]) == ("2025-07-08", None)
    assert _outcome("A", "P1", 30, entered_at=entered).record()["amount_owed"] is None
