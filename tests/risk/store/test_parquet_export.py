"""A record store goes out to partitioned Parquet and comes back as it was."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk.contract import STORED_TABLES
from risk.locale import LANGUAGES
from risk.store.parquet_export import (
    NoRecordsFolder,
    RecordsFolderFailed,
    export_records,
    import_records,
)
from risk.store.parquet_validation import RecordsFolderEmpty, RecordsFolderRefused
from risk.store.row_hashes import columns
from risk.store.store import MARKS, RecordStore
from serving.cli.main import main

from ...conftest import MUST_RUN_ALL, thorough
from ...empty_store import empty_store
from ...histories import LAST, days, store_rows, table_rows

PROJECT = {
    "project_id": "P1",
    "project_name": "甲",
    "region_code": "420300",
    "started_on": dt.date(2024, 1, 1),
    "known_at": dt.date(2024, 1, 2),
}

quick = settings(
    # An example opens two stores and writes every table, half a second; its 40 rows are of most.
    max_examples=12 if MUST_RUN_ALL else 4,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def versions(store):
    """Every version of everything, arrival and standing included."""
    return {name: store.rows(f"FROM {name}_versions ORDER BY ALL") for name in STORED_TABLES}


def contents(store):
    """All stored rows in the order of arrival, without the arrival numbers."""
    return {
        name: store.rows(
            f"SELECT {', '.join(column for column, _ in columns(table))} FROM {name}"
            " ORDER BY arrival"
        )
        for name, table in STORED_TABLES.items()
    }


@thorough
@quick
@given(records=st.lists(table_rows(), min_size=1, max_size=40), again=st.data(), day=days())
def test_import_records_restores_an_export(records, again, day, tmp_path_factory):
    records = records + again.draw(
        st.lists(st.sampled_from(records), max_size=6)
    )  # the same thing again
    folder = tmp_path_factory.mktemp("out") / "records"
    with empty_store() as store, empty_store() as back:
        store_rows(store, records)
        assert sum(export_records(store, folder).values()) == len(records)
        taken = import_records(back, folder)
        assert sum(one.rows for one in taken) == sum(one.stored for one in taken) == len(records)
        assert versions(back) == versions(store)
        assert back.feeds() == store.feeds()
        for as_of in (day, LAST):
            assert back.digest(as_of) == store.digest(as_of)
        assert all(one.stored == 0 for one in import_records(back, folder))
        assert versions(back) == versions(store)
        store_rows(back, [("projects", PROJECT)])
        drawn = back.rows("SELECT max(arrival) FROM projects")[0][0]
        assert drawn > max(row[0] for row in arrivals(store))


def arrivals(store):
    return store.rows(" UNION ALL ".join(f"SELECT arrival FROM {name}" for name in STORED_TABLES))


@thorough  # of rows by hand: below
@quick
@given(
    records=st.lists(table_rows(), min_size=1, max_size=25),
    later=st.lists(table_rows(), max_size=15),
)
def test_import_records_updates_another_store(records, later, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "records"
    with empty_store() as store, empty_store() as follower:
        store_rows(store, records)
        export_records(store, folder)
        import_records(follower, folder)
        store_rows(store, later)
        export_records(store, folder)
        import_records(follower, folder)
        assert contents(follower) == contents(store)
        assert follower.digest(LAST) == store.digest(LAST)


def test_import_records_numbers_new_rows_last(tmp_path):
    with empty_store() as store, empty_store() as other:
        store_rows(store, [("projects", {**PROJECT, "sector": "water"})])
        export_records(store, tmp_path / "records")
        store_rows(other, [("projects", {**PROJECT, "sector": "energy"})] * 3)
        import_records(other, tmp_path / "records")
        assert other.rows("SELECT sector FROM projects ORDER BY arrival") == [
            *[("energy",)] * 3,
            ("water",),
        ]


@pytest.mark.parametrize(
    ("stored", "drawn", "arrivals", "following"),
    [
        (0, 0, [1, 2], 3),
        (3, 0, [1, 2, 3, 4, 5], 6),
        # Five numbers were drawn for rows that were rolled back.
        (0, 5, [6, 7], 8),
        (1, 4, [1, 6, 7], 8),
    ],
)
def test_numbers_go_on_after_all_that_were_given(tmp_path, stored, drawn, arrivals, following):
    shares = []
    with empty_store() as store, empty_store() as other:
        for sector in ("water", "energy"):
            store_rows(store, [("projects", {**PROJECT, "sector": sector})])
        export_records(store, tmp_path / "records")
        store_rows(other, [("projects", {**PROJECT, "sector": "building"})] * stored)
        for _ in range(drawn):
            other.rows("SELECT nextval('arrivals')")
        import_records(other, tmp_path / "records", lambda name, share: shares.append(share))
        found = other.rows("SELECT arrival FROM projects ORDER BY arrival")
        assert [arrival for (arrival,) in found] == arrivals
        assert other.rows("SELECT nextval('arrivals')") == [(following,)]
    assert shares == [0.5, 1.0]


FIRM = {"org_id": "91510800MA62TEST1X", "org_name": "甲", "known_at": PROJECT["known_at"]}


def test_rows_of_several_tables_keep_their_order_behind_all_that_arrived(tmp_path):
    numbers = "SELECT arrival FROM projects UNION SELECT arrival FROM organizations ORDER BY 1"
    with empty_store() as store, empty_store() as other:
        store_rows(store, [("organizations", FIRM), ("projects", PROJECT)])
        export_records(store, tmp_path / "new" / "records")
        other.rows("INSERT INTO projects (project_id, arrival) VALUES ('P0', 9), ('P0', 5)")
        import_records(other, tmp_path / "new" / "records")
        assert other.rows(numbers) == [(5,), (9,), (10,), (11,)]
        # What was deleted had its numbers too.
        other.rows("DELETE FROM projects; DELETE FROM organizations")
        import_records(other, tmp_path / "new" / "records")
        assert other.rows(numbers) == [(12,), (13,)]
        assert other.rows("SELECT nextval('arrivals')") == [(14,)]


def test_rows_of_all_years_are_counted(tmp_path):
    with empty_store() as store, empty_store() as other:
        for day in (dt.date(2024, 1, 2), dt.date(2025, 2, 2), dt.date(2025, 2, 3)):
            store_rows(store, [("projects", {**PROJECT, "known_at": day})])
        export_records(store, tmp_path / "records")
        taken = import_records(other, tmp_path / "records")
        again = import_records(other, tmp_path / "records")
    for found, stored in ((taken, 3), (again, 0)):
        counts = [(one.table, one.rows, one.stored) for one in found if one.rows]
        assert counts == [("projects", 3, stored)]


def test_each_table_has_its_share_of_the_progress(tmp_path):
    shares = []
    with empty_store() as store, empty_store() as other:
        store_rows(store, [("projects", PROJECT), ("organizations", FIRM)])
        written = []
        export_records(store, tmp_path / "records", lambda _, share: written.append(share))
        import_records(other, tmp_path / "records", lambda _, share: shares.append(share))
    assert shares == [0.25, 0.5, 0.75, 1.0]
    each = 1 / len(STORED_TABLES)
    assert written == pytest.approx([each * number for number in range(1, len(STORED_TABLES) + 1)])


def test_export_records_of_the_employer_view_is_complete(tmp_path):
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        assert export_records(store.for_kind("employer"), tmp_path / "records") == {"projects": 1}


def test_export_records_writes_hive_partitions(tmp_path):
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        export_records(store, tmp_path / "it's [records]*")
        import_records(store, tmp_path / "it's [records]*")
    assert [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.parquet")] == [
        "it's [records]*/projects/known_year=2024/data_0.parquet"
    ]
    with duckdb.connect() as any_engine:
        file = next(tmp_path.rglob("*.parquet")).relative_to(tmp_path)
        (tmp_path / file).rename(tmp_path / "one.parquet")
        described = any_engine.sql(
            f"DESCRIBE SELECT * FROM read_parquet('{tmp_path}/one.parquet')"
        ).fetchall()
    expected = [*columns(STORED_TABLES["projects"]), ("arrival", "BIGINT"), *MARKS.items()]
    assert [row[:2] for row in described] == expected


def test_export_records_replaces_only_earlier_exports(tmp_path):
    folder = tmp_path / "records"
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        export_records(store, folder)
        store.rows("DELETE FROM projects")
        store_rows(store, [("projects", {**PROJECT, "known_at": dt.date(2025, 1, 1)})])
        export_records(store, folder)
        assert [one.name for one in (folder / "projects").iterdir()] == ["known_year=2025"]
        assert [one.name for one in tmp_path.iterdir()] == ["records"]
        for stranger in ("notes.txt", "projects/known_year=2025/list.csv", "projects/known_year=x"):
            (folder / stranger).write_text("mine")
            with pytest.raises(NoRecordsFolder):
                export_records(store, folder)
            assert (folder / stranger).read_text() == "mine"
            (folder / stranger).unlink()
        with pytest.raises(NoRecordsFolder):
            export_records(store, next(folder.rglob("*.parquet")))


def test_export_records_reports_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with empty_store() as store, pytest.raises(RecordsFolderFailed):
        export_records(store, tmp_path / "file" / "records")


def test_import_records_reports_all_problems_and_stores_nothing(tmp_path):
    folder = tmp_path / "records"
    with empty_store() as store, empty_store() as target:
        store_rows(store, [("projects", PROJECT)])
        export_records(store, folder)
        rewrite(folder, "projects", 2025, "* EXCLUDE (sector), 1 AS colour")
        rewrite(folder, "contracts", 2024, "1.5::DOUBLE AS arrival")
        rewrite(folder, "wages", 2024, "1 AS wage")
        (folder / "cases" / "known_year=2024").mkdir(parents=True)
        (folder / "cases" / "known_year=2024" / "torn.parquet").write_bytes(b"PAR1")
        with pytest.raises(RecordsFolderRefused) as refused:
            import_records(target, folder)
        problems = refused.value.fields["problems"]
        found = {(one.code, one.where) for one in problems}
        assert {
            ("stranger", "wages"),
            ("unknown_column", "projects.colour"),
            ("missing_column", "projects.sector"),
            ("missing_column", "contracts.contract_id"),
            ("wrong_type", "contracts.arrival"),
            ("unreadable", "cases"),
        } <= found
        [torn] = [one.found for one in problems if one.code == "unreadable"]
        assert "torn.parquet" in torn
        for language in LANGUAGES:
            assert "contracts.arrival" in refused.value.message(language)
        assert not any(feed.versions for feed in target.feeds())


def test_import_records_reports_empty_cells_and_misplaced_rows(tmp_path):
    folder = tmp_path / "records"
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        export_records(store, folder)
        rewrite(folder, "projects", 2025, "*")
        rewrite(
            folder, "projects", 2026, "* REPLACE (NULL::DATE AS known_at, NULL::VARCHAR AS"
            " project_name)"
        )  # fmt: skip
        with pytest.raises(RecordsFolderRefused) as refused:
            import_records(store, folder)
    assert {(one.code, one.where, one.found) for one in refused.value.fields["problems"]} == {
        ("wrong_year", "projects/known_year=2025", "1"),
        ("empty_cell", "projects.known_at", "1"),
        ("empty_cell", "projects.project_name", "1"),
    }


def rewrite(folder, table, year, picked):
    """A further year of ``table``: ``picked`` from the one exported project."""
    source = next((folder / "projects" / "known_year=2024").glob("*.parquet"))
    target = folder / table / f"known_year={year}"
    target.mkdir(parents=True)
    with duckdb.connect() as any_engine:
        any_engine.execute(
            f"COPY (SELECT {picked} FROM read_parquet('{source}', hive_partitioning := false))"
            f" TO '{target}/made.parquet'"
        )


def test_import_records_reports_a_folder_without_records(tmp_path):
    with empty_store() as store:
        for folder in (tmp_path, tmp_path / "nowhere"):
            with pytest.raises(RecordsFolderEmpty):
                import_records(store, folder)


def test_import_records_of_a_damaged_file_stores_nothing(tmp_path):
    folder = tmp_path / "records"
    with empty_store() as store, empty_store() as target:
        store_rows(store, [("projects", PROJECT)] * 2000)
        store_rows(store, [("listings", {"listing_id": "L", "org_id": "O", "listed_on": LAST})][:0])
        export_records(store, folder)
        file = next(folder.rglob("*.parquet"))
        whole = file.read_bytes()
        file.write_bytes(whole[:4] + bytes(200) + whole[204:])
        with pytest.raises((RecordsFolderRefused, RecordsFolderFailed)):
            import_records(target, folder)
        file.write_bytes(whole)
        assert import_records(target, folder)[0].stored == 2000


def test_the_commands(tmp_path, capsys):
    place, other = str(tmp_path / "office"), str(tmp_path / "other")
    folder = str(tmp_path / "out")
    assert main(["-w", place, "init"]) == 0
    with RecordStore(tmp_path / "office" / "records.duckdb") as store:
        link = {"complaint_id": "C", "decision": "refused", "decided_on": LAST, "known_at": LAST}
        store_rows(store, [("projects", PROJECT), ("links", link)])
    capsys.readouterr()
    assert main(["-w", place, "records", "export", folder]) == 0
    assert f"2 张表共 2 行：{folder}" in capsys.readouterr().out
    assert main(["-w", other, "records", "import", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"] == [
        {"table": "projects", "rows": 1, "stored": 1},
        {"table": "links", "rows": 1, "stored": 1},
    ]
    assert main(["-w", other, "records", "import", folder]) == 0
    assert "projects" in capsys.readouterr().out
    assert main(["-w", other, "records"]) == 0
    assert "投诉关联" in capsys.readouterr().out
    assert main(["-w", place, "records", "import", str(tmp_path / "office")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["export", "import"])
def test_records_commands_refuse_a_url(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["-w", "office", "init"]) == 0
    assert main(["-w", "office", "--lang", "en", "records", command, "s3://records/2025"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("s3://records/2025 is a URL")
    assert printed.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["office"]


def test_export_records_accepts_the_working_directory_and_links(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "here")
    with empty_store() as store:
        store_rows(store, [("projects", PROJECT)])
        for name in (Path(), tmp_path / "linked", tmp_path / "here" / ".." / "here"):
            monkeypatch.chdir(tmp_path / "here")
            export_records(store, name)
            assert [one.name for one in (tmp_path / "here").iterdir()] == ["projects"]
    assert (tmp_path / "linked").is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["here", "linked"]
