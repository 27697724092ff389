"""The record store shows the same versions whichever way it finds what is superseded."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import STORED_TABLES, TABLES
from risk.store.store import FeedSpan, RecordStore, known_kinds
from risk.unit_kinds import KINDS

from ...conftest import MUST_RUN_ALL
from ...histories import store_rows, table_rows


def versions(store: RecordStore) -> dict[str, list[tuple[object, ...]]]:
    return {
        name: store.rows(f"SELECT arrival, superseded_at FROM {name}_versions ORDER BY ALL")
        for name in STORED_TABLES
    }


# An example reads all versions views twice, a third of a second.
@settings(max_examples=20 if MUST_RUN_ALL else 4)
@given(records=st.lists(table_rows(), max_size=12), kind=st.sampled_from(KINDS))
def test_cache_superseded_changes_no_version(records, kind):
    with RecordStore(":memory:") as stored:
        store_rows(stored, records)
        store = stored.for_kind(kind)
        before = versions(store)
        store.cache_superseded()
        assert versions(store) == before


def test_cached_complaints_have_the_projects_that_people_linked(world):
    world.project()
    world.add("complaints", complaint_id="K1", received_on="2025-01-08", known_at="2025-01-09")
    world.add("links", complaint_id="K1", decision="linked", project_id="P1", known_at="2025-02-03")
    store = world.store.for_kind("project")
    read_anew = store.rows("DESCRIBE complaints_versions")
    store.cache_superseded()
    assert store.rows("DESCRIBE complaints_versions") == read_anew
    assert store.rows("SELECT project_id, superseded_at FROM complaints_versions ORDER BY ALL") == [
        ("P1", None),
        (None, dt.date(2025, 2, 3)),
    ]


def test_the_folders_of_a_new_store_are_made(tmp_path):
    with RecordStore(tmp_path / "a" / "b" / "records.duckdb") as store:
        assert store.tables_with_rows() == set()


def test_tables_with_rows_that_came_after_an_arrival_number(world):
    world.project()
    (newest,) = world.store.rows("SELECT max(arrival) FROM projects")[0]
    assert world.store.tables_with_rows(newest) == set()
    assert world.store.tables_with_rows(newest - 1) == {"projects"}
    assert world.store.tables_with_rows() == {"projects"}


def test_each_table_of_the_contract_is_a_feed_and_our_own_once_it_has_rows(world):
    first, second = dt.date(2024, 1, 2), dt.date(2025, 3, 4)
    for name, day in (("P1", second), ("P2", first), ("P1", first)):
        world.project(name, known_at=day)
    filled = {"projects": FeedSpan("projects", 2, 3, first, second)}
    feeds = [filled.get(name, FeedSpan(name, 0, 0, None, None)) for name in TABLES]
    assert world.store.feeds() == feeds
    world.add("links", complaint_id="K1", decision="refused", known_at=first)
    assert world.store.feeds() == [*feeds, FeedSpan("links", 1, 1, first, first)]
    assert world.store.missing_feeds() == [name for name in TABLES if name != "projects"]


def test_employers_are_a_kind_from_the_day_after_the_first_is_known(world):
    assert known_kinds(world.store, dt.date(2030, 1, 1)) == ["project"]
    names = {"org_name": "某厂", "org_kind": "employer", "known_at": "2024-01-02"}
    world.add("organizations", org_id="91510800MA62TEST1X", **names)
    for day, kinds in ((2, ["project"]), (3, ["project", "employer"])):
        assert known_kinds(world.store, dt.date(2024, 1, day)) == kinds


def test_memory_that_is_left_is_given_back(tmp_path):
    def limit(store):
        return store.rows("SELECT current_setting('memory_limit')")[0][0]

    def fail(store):
        with store.leaving_memory(0.25):
            assert limit(store) == "715.2 MiB"
            raise KeyError

    with RecordStore(tmp_path / "records.duckdb", memory_gb=1) as store:
        assert limit(store) == "953.6 MiB"
        with pytest.raises(KeyError):
            fail(store.for_kind("project"))
        assert limit(store) == "953.6 MiB"
    with RecordStore(tmp_path / "records.duckdb") as store:
        usual = limit(store)
        with store.leaving_memory(0.25):
            assert limit(store) == usual
