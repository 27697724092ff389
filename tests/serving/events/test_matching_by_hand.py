"""Which subscriptions an event goes to, by its type and region."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.db.engine import utc, writing
from serving.db.pagination import PageRequest
from serving.db.tables import DELIVERIES, SUBSCRIPTIONS
from serving.events.repository import _matches, list_events, record_events
from serving.events.types import DIGEST, MATTER_OPENED, PUBLISHED, TIER_CHANGED

OTHER = "outcome.recorded"


@pytest.mark.parametrize(
    ("kind", "region", "matches"),
    [
        (PUBLISHED, "990102", True),
        (PUBLISHED, "9901", True),  # a list of a wider region holds a part of this one
        (PUBLISHED, "990102001", True),
        (PUBLISHED, "990103", False),
        (DIGEST, "990102", True),
        (DIGEST, "9901", False),
        (DIGEST, "990102001", False),  # each region has a digest of its own
        (OTHER, "990102001", True),
        (OTHER, "9901", False),
    ],
)
def test_events_go_to_subscriptions_of_their_type_and_region(kind, region, matches):
    event = {"type": kind, "region": region}
    wanted = SimpleNamespace(name="s", region="990102", types=[kind])
    assert _matches(wanted, event) is matches
    assert not _matches(SimpleNamespace(**{**vars(wanted), "types": ["another"]}), event)


NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
JUNE = dt.date(2025, 6, 1)
EAST = Principal("e", "e", Role.SYSTEM, "990102")


def _event(kind, region, project_id=None):
    return {"type": kind, "as_of": JUNE, "region": region, "project_id": project_id, "data": {}}


def _subscription(number, region, *types, ended_at=None):
    return {
        **{"subscription_id": f"S{number}", "name": f"s{number}", "url": "http://x", "secret": "x"},
        **{"region": region, "types": list(types), "created_at": NOON, "created_by": "李"},
        "ended_at": ended_at,
    }


def _record(database, *rows):
    with writing(database.engine).begin() as connection:
        record_events(connection, [dict(row) for row in rows], NOON)


def _deliveries(database):
    query = select(DELIVERIES).order_by(DELIVERIES.c.event, DELIVERIES.c.subscription)
    with database.engine.connect() as connection:
        return [
            (row.event, row.subscription, row.attempts, utc(row.due_at))
            for row in connection.execute(query)
        ]


def test_deliveries_are_of_new_events_to_subscriptions_that_have_not_ended(database):
    _record(database, _event(PUBLISHED, ""))
    assert _deliveries(database) == []
    with writing(database.engine).begin() as connection:
        rows = [
            _subscription(1, "", PUBLISHED),
            _subscription(2, "", PUBLISHED, TIER_CHANGED, ended_at=NOON),
            _subscription(3, "990102", TIER_CHANGED),
        ]
        connection.execute(insert(SUBSCRIPTIONS), rows)
    _record(database, _event(TIER_CHANGED, "990102001", "P1"), _event(PUBLISHED, ""))
    assert _deliveries(database) == [(2, 3, 0, NOON), (3, 1, 0, NOON)]
    _record(database, _event(TIER_CHANGED, "990103", "P2"))
    assert len(_deliveries(database)) == 2


def test_events_of_lists_are_read_in_order_as_far_as_they_concern_a_region(database):
    _record(
        database,
        _event(PUBLISHED, ""),
        _event(TIER_CHANGED, "990102001", "P1"),
        _event(TIER_CHANGED, "990103001", "P2"),
        _event(TIER_CHANGED, "9901", "P3"),
        _event(MATTER_OPENED, "990102", "P4"),
        _event(DIGEST, "990102"),
        _event(PUBLISHED, "990103"),
        _event(PUBLISHED, "990102"),
    )

    def read(principal, limit, cursor=None):
        page = list_events(database.engine, principal, PageRequest(limit, cursor))
        return [one.number for one in page.items], page.next

    assert read(EAST, 9) == ([1, 2, 8], 8)
    assert read(EAST, 2) == ([1, 2], 2)
    assert read(EAST, 1) == ([1], 1)
    assert read(EAST, 9, 2) == ([8], 8)
    assert read(EAST, 9, 8) == ([], 8)
    assert read(replace(EAST, region=""), 9) == ([1, 2, 3, 4, 7, 8], 8)
    first = list_events(database.engine, EAST, PageRequest(2)).items[1]
    assert (first.type, first.as_of, first.region, first.project_id, first.created_at) == (
        *(TIER_CHANGED, JUNE, "990102001", "P1", NOON),
    )


def test_without_an_event_there_is_no_cursor(database):
    assert list_events(database.engine, EAST, PageRequest(2)).next is None


def test_more_events_than_a_query_names_have_their_deliveries(database):
    with writing(database.engine).begin() as connection:
        connection.execute(insert(SUBSCRIPTIONS), [_subscription(1, "", PUBLISHED)])
    _record(database, *[_event(PUBLISHED, "")] * 801)
    assert [event for event, *_ in _deliveries(database)] == list(range(1, 802))
