"""What a folder of records may hold, each kind of entry and column on its own."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from risk.store.parquet_export import RecordsFolderFailed, export_records, import_records
from risk.store.parquet_store import open_folder
from risk.store.parquet_validation import (
    RecordsFolderEmpty,
    RecordsFolderRefused,
    find_partitions,
    unexpected_entries,
)
from risk.store.store import FeedSpan

from ...empty_store import empty_store
from ...histories import store_rows
from .test_parquet_export import PROJECT, rewrite

LATER = {**PROJECT, "known_at": dt.date(2025, 3, 4)}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Projects of two years: P1 known in 2024 and again in 2025, P2 withdrawn."""
    target = tmp_path_factory.mktemp("exported") / "records"
    rows = [PROJECT, LATER, {**PROJECT, "project_id": "P2"}]
    with empty_store() as store:
        store_rows(store, [("projects", row) for row in rows])
        store.rows("UPDATE projects SET withdrawn = TRUE WHERE project_id = 'P2'")
        export_records(store, target)
    return target


@pytest.fixture
def folder(exported, tmp_path):
    return Path(shutil.copytree(exported, tmp_path / "records"))


def test_progress_of_an_import_is_a_share_of_two_passes(tmp_path):
    dispute = {"dispute_id": "D1", "project_id": "P1", "opened_on": dt.date(2025, 1, 2)}
    target, steps = tmp_path / "records", []
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        store_rows(store, [("disputes", {**dispute, "known_at": dt.date(2025, 1, 3)})])
        export_records(store, target)
    with empty_store() as store:
        import_records(store, target, lambda step, share: steps.append((step, share)))
    assert sorted(steps, key=lambda one: one[1]) == steps
    assert [share for _, share in steps] == [0.25, 0.5, 0.75, 1.0]
    assert {step for step, _ in steps} == {"projects", "disputes"}


def test_entries_of_a_folder_are_tables_years_and_files(folder):
    assert unexpected_entries(folder) == []
    projects = folder / "projects"
    (folder / "payments").write_text("no folder")
    (folder / "other").mkdir()
    (projects / "known_year=2023").write_text("no folder")
    (projects / "2022").mkdir()
    (projects / "known_year=2024" / "list.csv").write_text("no Parquet")
    (projects / "known_year=2024" / "a.parquet").mkdir()
    for marker in (folder / "_SUCCESS", projects / ".crc", projects / "known_year=2024" / "_x"):
        marker.write_text("of an engine")
    assert sorted(unexpected_entries(folder)) == [
        "other",
        "payments",
        "projects/2022",
        "projects/known_year=2023",
        "projects/known_year=2024/a.parquet",
        "projects/known_year=2024/list.csv",
    ]


def test_a_year_without_files_is_no_part(folder):
    (folder / "projects" / "known_year=2023").mkdir()
    (folder / "payments" / "known_year=2024").mkdir(parents=True)
    made = next((folder / "projects" / "known_year=2024").glob("*.parquet"))
    (folder / "projects" / "latest").mkdir()
    (folder / "projects" / "latest" / "a.parquet").write_bytes(made.read_bytes())
    found = find_partitions(folder)
    assert [(name, [part.year for part in parts]) for name, parts in found.items()] == [
        ("projects", [2024, 2025])
    ]


def test_a_folder_is_read_with_what_is_withdrawn(folder):
    with open_folder(str(folder)) as store:
        assert store.rows("SELECT project_id, known_at FROM projects_versions ORDER BY 2") == [
            ("P1", dt.date(2024, 1, 2)),
            ("P1", dt.date(2025, 3, 4)),
        ]
        [feed] = [one for one in store.feeds() if one.rows]
        # Two projects in three versions.
        assert feed == FeedSpan("projects", 2, 3, dt.date(2024, 1, 2), dt.date(2025, 3, 4))


def test_columns_that_the_contract_has_not_are_not_read(folder):
    rewrite(folder, "projects", 2026, "* REPLACE (DATE '2026-01-02' AS known_at), 1 AS colour")
    with open_folder(f"file://{folder}/") as store:
        # Three rows, and the two of 2024 once more.
        assert store.rows("SELECT count(*) FROM projects") == [(5,)]


def test_columns_that_lack_refuse_the_folder(folder):
    rewrite(folder, "projects", 2026, "* EXCLUDE (sector), 1 AS colour")
    with pytest.raises(RecordsFolderRefused) as refused:
        open_folder(str(folder))
    problems = [(one.code, one.where) for one in refused.value.fields["problems"]]
    assert problems == [("missing_column", "projects.sector")]


def test_files_of_engines_are_not_read(folder):
    for hidden in ("_old", ".part"):
        (folder / "projects" / "known_year=2024").rename(folder / "projects" / hidden)
        with open_folder(str(folder)) as store:
            assert store.rows("SELECT count(*) FROM projects") == [(1,)]
        (folder / "projects" / hidden).rename(folder / "projects" / "known_year=2024")
    (folder / "projects").rename(folder / "_projects")
    with pytest.raises(RecordsFolderEmpty):
        open_folder(str(folder))


def test_errors_of_queries_name_the_folder_and_others_pass(folder):
    with pytest.raises(RecordsFolderFailed) as failed, open_folder(str(folder)) as store:
        store.rows("SELECT no_such_column FROM projects")
    assert failed.value.fields["path"] == str(folder)
    assert isinstance(failed.value.__cause__, duckdb.Error)
    with pytest.raises(ZeroDivisionError), open_folder(str(folder)):
        _ = 1 / 0
