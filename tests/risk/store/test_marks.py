"""A mark recognizes the rows it was made from, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from risk.store.marks import compare_history, current_mark, mark_at
from risk.store.parquet_export import export_records, import_records
from risk.store.parquet_store import open_folder
from risk.store.store import RecordStore


@pytest.fixture
def path(tmp_path):
    """A store of two sites, stored in two openings."""
    for number in (1, 2):
        with RecordStore(tmp_path / "records.duckdb") as store:
            add_site(store, f"P{number}")
    return tmp_path / "records.duckdb"


def add_site(store, project_id, name="一期"):
    store.rows(
        "INSERT INTO projects"
        " (project_id, project_name, region_code, started_on, known_at, arrival)"
        " VALUES (?, ?, '420300', '2025-01-01', '2025-01-02', nextval('arrivals'))",
        [project_id, name],
    )


def test_mark_holds_after_later_openings_and_rows(path):
    with RecordStore(path, read_only=True) as store:
        mark = current_mark(store)
        assert (mark.arrival, len(mark.opening)) == (2, 36)
        assert mark_at(store, 1).opening not in ("", mark.opening)
    with RecordStore(path) as store:
        add_site(store, "P3")
        assert compare_history(store, mark) == "as_sealed"
        assert current_mark(store.up_to(2)) == mark
        assert current_mark(store) != mark
        assert current_mark(store.for_kind("employer")) == current_mark(store)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE projects SET project_name = '二期' WHERE project_id = 'P1'",
        "DELETE FROM projects WHERE project_id = 'P1'",
        "UPDATE projects SET arrival = 3 - arrival",
    ],
)
def test_changed_rows_are_recognized(path, change):
    with RecordStore(path) as store:
        mark = current_mark(store)
        store.rows(change)
        assert compare_history(store, mark) == "changed"


def test_rows_of_another_history_are_recognized(path, tmp_path):
    with RecordStore(path, read_only=True) as store:
        mark = current_mark(store)
    with RecordStore(tmp_path / "other.duckdb") as store:
        assert compare_history(store, mark) == "other_history"
        for name in ("P1", "P9"):
            add_site(store, name)
        assert compare_history(store, mark) == "other_history"
    with RecordStore(path, read_only=True) as store:
        assert compare_history(store, None) == "no_mark"
        assert compare_history(store, replace(mark, opening="")) == "as_sealed"


def test_exported_folder_has_the_rows_of_the_mark(path, tmp_path):
    folder = tmp_path / "folder"
    with RecordStore(path, read_only=True) as store:
        mark = current_mark(store)
        export_records(store, folder)
    with RecordStore(tmp_path / "copy.duckdb") as copy:
        import_records(copy, folder)
        assert compare_history(copy, mark) == "as_sealed"
    with open_folder(str(folder)) as records:
        assert compare_history(records, mark) == "as_sealed"
        limited = records.up_to(1)
        assert limited.rows("SELECT project_id FROM projects_versions") == [("P1",)]
    # Into a store with rows of its own the same rows arrive under other numbers.
    with RecordStore(tmp_path / "mixed.duckdb") as mixed:
        add_site(mixed, "P0")
        import_records(mixed, folder)
        assert compare_history(mixed, mark) == "other_history"


def test_mark_of_an_empty_store(store):
    mark = current_mark(store)
    assert (mark.arrival, mark.opening) == (0, "")
    add_site(store, "P1")
    assert compare_history(store, mark) == "as_sealed"
    assert store.up_to(0).rows("SELECT * FROM projects") == []
