"""Rows of queries that are read a few projects at a time."""

from __future__ import annotations

import duckdb
import pytest

from risk.store import staged
from risk.store.staged import InBatches, Staged, among, in_batches


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def test_rows_of_projects_come_in_the_order_of_the_query(connection):
    rows = "SELECT * FROM (VALUES ('B', 2), ('A', 9), ('B', 1), ('C', 5)) t(project_id, n)"
    found = Staged(connection, f"{rows} ORDER BY project_id, n DESC")
    assert found.columns == ("project_id", "n")
    assert found.of(["C", "A"]) == [("A", 9), ("C", 5)]
    assert found.of(["B"]) == [("B", 2), ("B", 1)]
    assert found.of([]) == found.of(["X"]) == []
    assert found.rows("SELECT sum(n) FROM $staged WHERE n > $1", [1]) == [(16,)]


def test_all_rows_are_read_in_parts(connection, monkeypatch):
    monkeypatch.setattr(staged, "_ROWS_AT_ONCE", 2)
    found = Staged(connection, "SELECT 'P' || n AS project_id, n FROM range(5) t(n) ORDER BY n")
    assert [row[1] for row in found] == [0, 1, 2, 3, 4]


def test_rows_are_added_and_tables_are_dropped(connection):
    first = Staged(connection, "SELECT 'A' AS project_id, 1 AS n")
    second = Staged(connection, "SELECT 'A' AS project_id, 2 AS n")
    first.add_rows([("B", 3)])
    assert (first.of(["A", "B"]), second.of(["A", "B"])) == ([("A", 1), ("B", 3)], [("A", 2)])
    first.drop()
    assert second.of(["A"]) == [("A", 2)]
    with pytest.raises(duckdb.CatalogException):
        first.of(["A"])


def test_a_batch_is_loaded_once_where_it_is_read_in_order(monkeypatch):
    monkeypatch.setattr(staged, "AT_ONCE", 2)
    asked = []

    def load(keys):
        asked.append(tuple(keys))
        return {key: key.lower() for key in keys if key != "C"}

    found = InBatches(["D", "A", "E", "B", "C"], load)
    assert asked == []
    assert [found.get(key) for key in "ABCDE"] == ["a", "b", None, "d", "e"]
    assert asked == [("A", "B"), ("C", "D"), ("E",)]
    assert list(found) == ["A", "B", "D", "E"]
    assert len(found) == 4


def test_a_project_that_is_none_of_the_keys_is_loaded_alone(monkeypatch):
    monkeypatch.setattr(staged, "AT_ONCE", 2)
    asked = []
    found = InBatches(["A", "B"], lambda keys: asked.append(tuple(keys)) or dict.fromkeys(keys, 1))
    assert [found[key] for key in ("A", "AA", "B", "Z")] == [1, 1, 1, 1]
    assert asked == [("A", "B"), ("AA",), ("Z",)], "the batch is not loaded again"
    assert among(found, ["A", "Z"])["Z"] == 1
    assert asked[-1] == ("A", "Z")
    assert among({"A": 1}, ["Z"]) == {"A": 1}


def test_keys_are_parted(monkeypatch):
    monkeypatch.setattr(staged, "AT_ONCE", 2)
    assert list(in_batches("ABCDE")) == ["AB", "CD", "E"]
    assert list(in_batches([])) == []
