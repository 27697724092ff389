"""The record store learns from the service database which lists were sealed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from risk.store.marks import StoreMark, current_mark
from risk.store.seals import Seal, seals
from risk.store.store import RecordStore
from serving.ingest.seals import record_seals
from serving.publishing.repository import store_publication

from ..conftest import PUBLISHED_AT, make_extras, make_publication


@pytest.fixture
def path(tmp_path):
    with RecordStore(tmp_path / "records.duckdb") as store:
        add_site(store, "P1")
    return tmp_path / "records.duckdb"


def add_site(store, project_id):
    store.rows(
        "INSERT INTO projects"
        " (project_id, project_name, region_code, started_on, known_at, arrival)"
        " VALUES (?, 'x', '420300', '2025-01-01', '2025-01-02', nextval('arrivals'))",
        [project_id],
    )


def publish(database, mark, published_at=PUBLISHED_AT):
    publication = make_publication()
    extras = replace(make_extras(), mark=mark)
    sealed = publication.seal()
    store_publication(
        database, sealed, published_at=published_at, published_by="test", extras=extras
    )
    return publication.header.as_of, sealed.watchlist.digest


def test_list_is_recorded_once_with_the_rows_it_was_built_from(database, path):
    with RecordStore(path, read_only=True) as store:
        as_of, digest = publish(database, current_mark(store))
    with RecordStore(path) as store:
        add_site(store, "P2")
        for _ in range(2):
            record_seals(store, database)
            assert seals(store) == [Seal(digest, as_of, 1)]


@pytest.mark.parametrize("ahead", [32, 400])
def test_list_far_ahead_binds_no_later_than_a_month_from_its_publication(database, path, ahead):
    as_of = make_publication().header.as_of
    day = as_of - dt.timedelta(days=ahead)
    # 16:30 UTC is the next day at the office.
    at = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(16, 30), dt.UTC)
    publish(database, None, at)
    with RecordStore(path) as store:
        record_seals(store, database)
        assert [seal.through for seal in seals(store)] == [day + dt.timedelta(days=31)]


def test_list_without_a_mark_counts_every_row_of_today(database, path):
    publish(database, None)
    with RecordStore(path) as store:
        add_site(store, "P2")
        record_seals(store, database)
        assert [seal.arrival for seal in seals(store)] == [2]


def test_list_of_another_history_is_recorded_as_such(database, path):
    publish(database, StoreMark(1, "of-another-store", "0" * 64))
    with RecordStore(path) as store:
        record_seals(store, database)
        assert [seal.arrival for seal in seals(store)] == [None]
