"""Which entries of the audit log a filter finds, and who opened a list first."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.adoption.repository import entered_visits, openings
from serving.audit.repository import (
    AuditEntry,
    AuditFilter,
    audit_people,
    list_audit_entries,
    write_audit_entries,
)
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.outcomes.repository import add_outcome

from ..outcomes.test_visits_by_hand import _outcome

EAST = Principal("e", "e", Role.AUDITOR, "990102")


def _entry(number, at, who="李", subject="/v1/watchlists", region="990102", **values):
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    rest = {"list_digest": "d", "action": "read_lists", "status": 200, **values}
    return AuditEntry(
        **{"at": moment, "request_id": str(number), "who": who, "role": "inspector"},
        **{"method": "GET", "subject": subject, "region": region, "as_of": None},
        **{"model_version": None, **rest},
    )


@pytest.fixture
def engine(database):
    """Entries around midnight at the office, which is 16:00 in UTC."""
    entries = [
        _entry(1, "2025-06-01T15:59:59"),
        _entry(2, "2025-06-01T16:00:00", subject="/projects/P1"),
        _entry(3, "2025-06-02T15:59:59", subject="/v1/projects/P1/notes"),
        _entry(4, "2025-06-02T16:00:00", who="王", subject="/projects/P10"),
        _entry(5, "2025-06-03T01:00:00", who="", subject="/v1/projects/P1?a=1"),
        _entry(6, "2025-06-03T02:00:00", who="赵", region="990103", subject="/projects/P2"),
        _entry(7, "2025-06-03T03:00:00", who="王", subject="/x/projects/P1"),
        _entry(8, "2025-06-03T04:00:00", who="钱", status=403),
        _entry(9, "2025-06-03T05:00:00", who="钱", list_digest="other"),
        _entry(10, "2025-06-03T06:00:00", who="钱", action="export"),
        _entry(11, "2025-06-03T07:00:00", who="李", region="990102001"),
    ]
    write_audit_entries(database.engine, entries)
    return database.engine


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (AuditFilter(), [11, 10, 9, 8, 7, 5, 4, 3, 2, 1]),
        (AuditFilter(who="王"), [7, 4]),
        (AuditFilter(who=""), [5]),
        (AuditFilter(day=dt.date(2025, 6, 2)), [3, 2]),
        (AuditFilter(projects=["P1"]), [5, 3, 2]),
        (AuditFilter(projects=["P1", "P10"]), [5, 4, 3, 2]),
        (AuditFilter(projects=["P_", "%"]), []),
        (AuditFilter(who="李", projects=["P1"], day=dt.date(2025, 6, 2)), [3, 2]),
        (AuditFilter(who="王", projects=["P1"]), []),
    ],
)
def test_entries_are_those_of_person_project_and_office_day(engine, wanted, numbers):
    found = list_audit_entries(engine, EAST, PageRequest(20), wanted)
    assert [int(one.request_id) for one in found.items] == numbers


def test_pages_go_back_in_time_without_a_gap(engine):
    first = list_audit_entries(engine, OFFICE, PageRequest(4))
    assert [int(one.request_id) for one in first.items] == [11, 10, 9, 8]
    rest = list_audit_entries(engine, OFFICE, PageRequest(7, first.next))
    assert [int(one.request_id) for one in rest.items] == [7, 6, 5, 4, 3, 2, 1]
    assert rest.next is None


def test_people_are_the_named_ones_of_the_region(engine):
    assert audit_people(engine, EAST) == ["李", "王", "钱"]
    assert audit_people(engine, OFFICE) == ["李", "王", "赵", "钱"]


def test_the_first_opening_of_a_list_counts_from_the_day_on(engine):
    def opened(principal, day):
        found = openings(engine, principal, "d", dt.date(2025, 6, day))
        return {who: (one.at.isoformat(), one.region) for who, one in found.items()}

    second = ("2025-06-01T16:00:00+00:00", "990102")
    assert opened(EAST, 2) == {"李": second, "王": ("2025-06-02T16:00:00+00:00", "990102")}
    assert opened(EAST, 1)["李"] == ("2025-06-01T15:59:59+00:00", "990102")
    assert opened(EAST, 4) == {}
    assert opened(OFFICE, 3)["赵"] == ("2025-06-03T02:00:00+00:00", "990103")
    assert opened(OFFICE, 3)["李"] == ("2025-06-03T07:00:00+00:00", "990102001")


def test_of_openings_in_two_regions_the_earliest_counts(engine):
    """Li opened the list first and last in the county, and in between in a township."""
    write_audit_entries(engine, [_entry(12, "2025-06-03T08:00:00")])
    found = openings(engine, EAST, "d", dt.date(2025, 6, 2))["李"]
    assert (found.at.isoformat(), found.region) == ("2025-06-01T16:00:00+00:00", "990102")


def test_entered_visits_are_of_their_newest_version_by_who_entered_them_first(database):
    with writing(database.engine).begin() as connection:
        for one in (
            _outcome("A", "P1", 10, arrears_found=False),
            _outcome("A", "P1", 12, version=2, entered_by="王", arrears_found=True),
            _outcome("B", "P0", 14),
            _outcome("C", "P3", 12, region="990103001"),
        ):
            add_outcome(connection, one)

    def found(principal, first, before):
        visits = entered_visits(
            database.engine, principal, dt.date(2025, 6, first), dt.date(2025, 6, before)
        )
        return [
            (one.who, one.project_id, one.inspected_on.day, one.arrears_found) for one in visits
        ]

    assert found(EAST, 12, 14) == [("李", "P1", 12, True)]
    assert found(EAST, 13, 15) == [("李", "P0", 14, False)]
    assert [one[1] for one in found(OFFICE, 1, 30)] == ["P1", "P3", "P0"]
