"""Queries as known before a date: computed, or read from files of another engine."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.store.known_query import KnownQuery, WrittenRowsMissing, written_rows_sql

DAY = dt.date(2025, 6, 1)
KNOWN = KnownQuery(
    "known", lambda _: "SELECT project_id FROM projects WHERE known_at < $1", "project_id DESC"
)


@pytest.fixture
def store(world):
    for number, known_at in ((1, "2025-05-30"), (2, "2025-05-31"), (3, "2025-06-01")):
        world.project(project_id=f"P{number}", known_at=known_at)
    return world.store


def test_rows_known_before_the_date_come_in_order(store):
    assert KNOWN.rows(store, DAY) == [("P2",), ("P1",)]


def test_written_rows_are_read_as_they_are_and_in_order(store, tmp_path):
    folder = tmp_path / "as_of=2025-06-01"
    with pytest.raises(WrittenRowsMissing):
        written_rows_sql(folder)
    folder.mkdir()
    store.rows(f"COPY (SELECT 'A' AS project_id UNION ALL SELECT 'B') TO '{folder}/it''s.parquet'")
    written = {"known": written_rows_sql(folder)}
    assert KNOWN.rows(store, DAY, written) == [("B",), ("A",)]
