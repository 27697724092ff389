"""A person's decision links a complaint from the day it was known, and only from then on."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.store.store import RecordStore

from ...empty_store import empty_store

RECEIVED = dt.date(2026, 3, 1)


@pytest.fixture
def store():
    with empty_store() as opened:
        yield opened


def store_complaint(store, day, project_id=None):
    store.connection.execute(
        "INSERT INTO complaints (complaint_id, received_on, project_id, workers, known_at, arrival)"
        " VALUES ('C1', $1, $2, 5, $3, nextval('arrivals'))",
        [RECEIVED, project_id, day],
    )


def decide(store, day, decision, project_id=None, org_id=None):
    store.connection.execute(
        "INSERT INTO links (complaint_id, decision, project_id, org_id, decided_on, known_at,"
        " arrival) VALUES ('C1', $1, $2, $3, $4, $4, nextval('arrivals'))",
        [decision, project_id, org_id, day],
    )


def as_of(store, day):
    return store.rows(
        "SELECT project_id, linked_org_id, linked FROM complaints_versions WHERE known_at < $1"
        " AND (superseded_at IS NULL OR superseded_at >= $1)",
        [day],
    )


def day(number):
    return dt.date(2026, 3, number)


def test_link_applies_from_the_day_after_it_is_known(store):
    store_complaint(store, day(1))
    decide(store, day(10), "linked", "P1", "ORG")
    assert as_of(store, day(10)) == [(None, None, False)]
    assert as_of(store, day(11)) == [("P1", "ORG", True)]


def test_withdrawn_link_names_nothing(store):
    store_complaint(store, day(1))
    decide(store, day(10), "linked", "P1")
    decide(store, day(20), "refused", "P1")
    assert as_of(store, day(15)) == [("P1", None, True)]
    assert as_of(store, day(21)) == [(None, None, False)]


def test_a_withdrawn_complaint_is_gone_whatever_it_was_linked_to(store):
    store_complaint(store, day(1))
    decide(store, day(10), "linked", "P1")
    store_complaint(store, day(15))
    store.rows("UPDATE complaints SET withdrawn = TRUE WHERE known_at = ?", [day(15)])
    assert as_of(store, day(15)) == [("P1", None, True)]
    assert as_of(store, day(16)) == []


def test_project_named_by_the_authority_precedes_a_link(store):
    store_complaint(store, day(1))
    decide(store, day(10), "linked", "P1")
    store_complaint(store, day(15), "P2")
    assert as_of(store, day(12)) == [("P1", None, True)]
    assert as_of(store, day(16)) == [("P2", None, False)]


def test_link_survives_a_new_version_of_the_complaint(store):
    store_complaint(store, day(1))
    decide(store, day(10), "linked", "P1")
    store_complaint(store, day(15))
    assert as_of(store, day(16)) == [("P1", None, True)]


def test_link_of_an_unknown_complaint_is_ignored(store):
    decide(store, day(10), "linked", "P1")
    assert as_of(store, day(12)) == []


def test_digest_is_unchanged_without_links(store):
    store_complaint(store, day(1))
    before = store.digest(day(20))
    decide(store, day(10), "linked", "P1")
    assert store.digest(day(10)) == before
    assert store.digest(day(20)) != before


def test_store_of_an_earlier_release_is_upgraded(tmp_path):
    path = tmp_path / "records.duckdb"
    with RecordStore(path) as store:
        store.connection.execute("DROP VIEW complaints_versions")
        store.connection.execute("DROP VIEW links_versions")
        store.connection.execute("DROP TABLE links")
        store.connection.execute("DROP TABLE stored_schema")
    with RecordStore(path, read_only=True) as store:
        assert store.rows("SELECT count(*) FROM links") == [(0,)]
        assert as_of(store, day(1)) == []
