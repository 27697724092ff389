"""Replay reads only the records that had arrived when the list was sealed."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from sqlalchemy import delete

from risk.contract import STORED_TABLES
from risk.locale import LANGUAGES
from risk.store.marks import current_mark
from risk.store.parquet_export import export_records, import_records
from risk.store.row_hashes import columns
from risk.store.store import RecordStore
from serving.archives.repository import stored_lists
from serving.archives.service import move, restore_list
from serving.cli.main import main
from serving.db.append_only import unprotect
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.tables import WATCHLIST_MARKS
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import publish_context
from serving.publishing.pipeline import publish_watchlist
from serving.publishing.replay import replay
from serving.publishing.replay_commands import EXIT_CODES, show_replay
from serving.settings import load_settings
from serving.terminal.context import CliContext
from serving.watchlists.mark_repository import load_mark

from ...conftest import MUST_RUN_ALL, thorough
from ..conftest import LISTS

AS_OF = LISTS[0]


def quiet(step, share):
    pass


def replayed(workspace, as_of=AS_OF, records=None):
    with (
        Database(f"sqlite:///{workspace.service_database}") as database,
        RecordStore(records or workspace.records, read_only=True) as store,
    ):
        return replay(
            publish_context(workspace, store, database, load_settings(workspace)),
            as_of,
            "",
            quiet,
        )


def mend_all(store):
    """Add a version of every record whose money and findings are others, known when it was."""
    for table in STORED_TABLES.values():
        names = [name for name, _ in columns(table)]
        values = [
            f"NOT {name}" if kind == "BOOLEAN" else f"{name} + 100" if kind == "BIGINT" else name
            for name, kind in columns(table)
        ]
        store.rows(
            f"INSERT INTO {table.name} ({', '.join(names)}, arrival)"
            f" SELECT {', '.join(values)}, nextval('arrivals') FROM {table.name}"
        )


@thorough
def test_late_knowledge_of_the_past_changes_no_replay(copy):
    with RecordStore(copy.records) as store:
        before = store.digest(AS_OF)
        mend_all(store)
        assert store.digest(AS_OF) != before
    for as_of in LISTS if MUST_RUN_ALL else LISTS[1:]:
        done = replayed(copy, as_of)
        assert (done.same, done.verdict, done.history) == (True, "same", "as_sealed")


@thorough
def test_list_published_later_for_an_earlier_date_is_not_the_previous_one(copy):
    with (
        Database(f"sqlite:///{copy.service_database}") as database,
        RecordStore(copy.records, read_only=True) as store,
    ):
        context = publish_context(copy, store, database, load_settings(copy))
        between = LISTS[1] - dt.timedelta(days=1)
        assert LISTS[0] < between
        publish_watchlist(context, PublishRequest(between, 8, "", "test"), quiet)
        assert context.lists.previous(LISTS[1], "").document()["as_of"] == str(between)
        assert replay(context, LISTS[1], "", quiet).same


def forget_marks(workspace):
    with (
        Database(f"sqlite:///{workspace.service_database}") as database,
        writing(database.engine).begin() as connection,
    ):
        unprotect(connection, WATCHLIST_MARKS.name)
        connection.execute(delete(WATCHLIST_MARKS))


@thorough
def test_list_without_a_mark_is_the_same_or_cannot_be_judged(copy, capsys):
    forget_marks(copy)
    done = replayed(copy)
    assert (done.same, done.history) == (True, "no_mark")
    with RecordStore(copy.records) as store:
        mend_all(store)
    done = replayed(copy)
    assert (done.same, done.verdict) == (False, "cannot_tell")
    assert EXIT_CODES[done.verdict] == 3
    assert done.to_document()["verdict"] == "cannot_tell"
    for language in LANGUAGES:
        show_replay(CliContext(copy, language), done)
    printed = capsys.readouterr().out
    assert "无法判断" in printed
    assert "cannot be determined" in printed
    assert done.replayed not in printed


@thorough
def test_publishing_the_very_same_list_again_gives_it_a_mark(copy):
    forget_marks(copy)
    with (
        Database(f"sqlite:///{copy.service_database}") as database,
        RecordStore(copy.records, read_only=True) as store,
    ):
        context = publish_context(copy, store, database, load_settings(copy))
        done = publish_watchlist(context, PublishRequest(AS_OF, 8, "", "test"), quiet)
        assert not done.new
        list_id = context.lists.sealed_id(AS_OF, "")
        assert load_mark(database.engine, list_id) == current_mark(store)


@pytest.fixture
def exported(copy, tmp_path):
    with RecordStore(copy.records, read_only=True) as store:
        export_records(store, tmp_path / "folder")
    return tmp_path / "folder"


@thorough
def test_records_imported_as_a_folder_reproduce_the_list(copy, exported, tmp_path):
    with RecordStore(tmp_path / "again.duckdb") as store:
        import_records(store, exported)
        mend_all(store)
    done = replayed(copy, records=tmp_path / "again.duckdb")
    assert (done.same, done.history) == (True, "as_sealed")


@thorough
def test_records_of_another_history_never_differ(copy, exported, tmp_path):
    other = tmp_path / "other.duckdb"
    with RecordStore(other) as store:
        store.rows(
            "INSERT INTO projects (project_id, project_name, region_code, started_on, known_at,"
            " arrival) VALUES ('X', 'x', '420300', '2024-01-01', '2024-01-02', nextval('arrivals'))"
        )
        import_records(store, exported)
    done = replayed(copy, records=other)
    assert (done.verdict, done.history) == ("cannot_tell", "other_history")
    assert done.replayed not in (None, done.sealed)


def test_store_without_projects_cannot_tell(copy, tmp_path):
    with RecordStore(tmp_path / "empty.duckdb"):
        pass
    done = replayed(copy, records=tmp_path / "empty.duckdb")
    assert (done.verdict, done.history, done.replayed) == ("cannot_tell", "other_history", None)


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@thorough
def test_commands_that_change_the_past_change_no_replay(copy, tmp_path, capsys):
    """Undated books, corrections with an earlier day of knowledge, and a withdrawal."""
    with RecordStore(copy.records, read_only=True) as store:
        before = store.digest(AS_OF)
        sites = store.rows(
            "SELECT project_id, any_value(region_code) FROM projects GROUP BY project_id"
            " HAVING max(known_at) < DATE '2024-06-01' ORDER BY min(arrival) LIMIT 2"
        )
        [(complaint,)] = store.rows("SELECT complaint_id FROM complaints ORDER BY arrival LIMIT 1")
    (site, region), (other, _) = sites
    corrected = {
        "project_id": site,
        "project_name": "更名后的工程",
        "region_code": region,
        "started_on": "2024-01-01",
        "known_at": "2024-06-01",
    }
    found = {"inspected_on": "2025-01-20", "arrears_found": "true"}
    inspections = [
        {"inspection_id": f"late-{one}", "project_id": one, **found} for one in (site, other)
    ]
    commands = (
        ["import", str(write_csv(tmp_path / "projects.csv", [corrected]))],
        ["import", str(write_csv(tmp_path / "inspections.csv", inspections))],
        [
            *("import", "--withdraw"),
            str(write_csv(tmp_path / "complaints.csv", [{"complaint_id": complaint}])),
        ],
    )
    for command in commands:
        assert main(["-w", str(copy.root), *command]) == 0
    assert "名单发布之后" in capsys.readouterr().out
    with RecordStore(copy.records, read_only=True) as store:
        assert store.digest(AS_OF) != before
        known = store.rows(
            "SELECT DISTINCT known_at, dated_by FROM inspections"
            " WHERE inspection_id LIKE 'late-%' AND NOT coalesce(withdrawn, false)"
        )
        assert known == [(LISTS[1], "sealed")]
        withdrawn = store.rows("SELECT known_at >= ? FROM complaints WHERE withdrawn", [LISTS[1]])
        assert withdrawn == [(True,)]
    for as_of in LISTS:
        assert main(["-w", str(copy.root), "replay", "--as-of", str(as_of)]) == 0
        assert not capsys.readouterr().out.startswith("{"), "JSON only where it is asked for"


@thorough
def test_replay_after_the_list_before_was_archived_cannot_tell(copy, tmp_path, capsys):
    with Database(f"sqlite:///{copy.service_database}") as database:
        with database.engine.connect() as connection:
            first = stored_lists(connection)[-1]
        moved = move(database, first, tmp_path, "test", quiet)
        line = ["-w", str(copy.root), "--lang", "en", "replay", "--as-of", str(LISTS[1])]
        assert main(line) == 3
        assert f"moved to the file {moved.path.name}" in capsys.readouterr().out
        restore_list(database, moved.path, "test")
    assert main(line) == 0
