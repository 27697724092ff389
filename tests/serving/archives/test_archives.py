"""Old lists leave the database for files that verify, and come back to the byte."""

from __future__ import annotations

import datetime as dt
import errno
import json
import tempfile
from dataclasses import replace

import pytest
from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import DBAPIError

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from risk.workspace import Workspace
from serving.archives.files import ArchiveNotSigned, ArchiveUnreadable, read_archive
from serving.archives.repository import archive_steps, stored_lists
from serving.archives.service import (
    ArchiveUnknown,
    ListNotArchived,
    finish,
    move,
    plan_archive,
    restore_list,
)
from serving.audit.verification import verify_audit
from serving.auth.principal import OFFICE
from serving.backup.archive import NoRoomForBackup
from serving.backup.service import back_up, restore
from serving.db.compaction import compact, stored_bytes
from serving.db.database import Database
from serving.db.tables import ARCHIVED, AUDIT, PROJECT_RISKS, SCORED_PROJECTS, WATCHLISTS
from serving.deposits.repository import DepositRows
from serving.feedback.repository import FeedbackRow, add_feedback
from serving.publishing.repository import store_publication
from serving.races.repository import ranked_projects
from serving.watchlists.archived import ListArchived
from serving.watchlists.list_part import ENTRIES, ListPart
from serving.watchlists.repository import ProjectNotScored, WatchlistRepository
from serving.watchlists.scored_projects import ScoredProjects
from serving.watchlists.snapshot_repository import (
    has_register,
    load_dossier,
    load_register,
    load_register_part,
)
from serving.watchlists.trend import region_trend

from ...conftest import MUST_RUN_ALL
from ..backup.test_restore import forged
from ..conftest import make_extras

OLD, LATER, NEWEST = dt.date(2023, 1, 1), dt.date(2023, 2, 1), dt.date(2023, 3, 1)
COHORTS = {OLD: 8, LATER: 6, NEWEST: 6}
"""Projects P-00000, P-00001 and so on; the last two of the first list are in no later one."""

LISTED = {"P-00000", "P-00001"}
LAST_SEEN = {"P-00006", "P-00007"}
VISITED = "P-00004"
STAYING = LISTED | LAST_SEEN | {VISITED}


def quiet(*_: object) -> None:
    """Progress that nobody looks at."""


def publish_list(database, as_of, cohort, listed=2):
    made = publication(as_of, listed=listed, cohort=cohort)
    extras = replace(make_extras(), snapshot=snapshot(made))
    moment = dt.datetime.combine(as_of, dt.time(8), dt.UTC)
    store_publication(database, made.seal(), published_at=moment, published_by="x", extras=extras)


@pytest.fixture
def lists(database):
    """Three lists, and feedback on a project with the first of them."""
    for as_of, cohort in COHORTS.items():
        publish_list(database, as_of, cohort)
    given = FeedbackRow(VISITED, "990101", OLD, "", "wrong", None, "王", dt.datetime.now(dt.UTC))
    with database.engine.begin() as connection:
        add_feedback(connection, given)
    return database


def oldest(database):
    with database.engine.connect() as connection:
        return stored_lists(connection)[-1]


def moved(database, folder, key=None):
    return move(database, oldest(database), folder, "王", quiet, key)


def rows_as_stored(database):
    """All rows of all lists as the database stores them, types included."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    found = {}
    with database.engine.connect() as connection:
        for table in ARCHIVED:
            names = [column["name"] for column in inspect(connection).get_columns(table.name)]
            shown = ", ".join(
                f"typeof({one}), {one}" if is_sqlite else f"CAST({one} AS text)" for one in names
            )
            rows = connection.exec_driver_sql(f"SELECT {shown} FROM {table.name}")
            found[table.name] = sorted(map(repr, rows))
    return found


def projects_in(database, table, number):
    with database.engine.connect() as connection:
        query = select(table.c.project_id).where(table.c.watchlist_id == number)
        return set(connection.execute(query).scalars())


def test_a_list_comes_back_to_the_byte(lists, tmp_path):
    before = rows_as_stored(lists)
    done = moved(lists, tmp_path)
    assert done.projects == 3  # of eight, five stay
    assert rows_as_stored(lists) != before
    assert restore_list(lists, done.path, "王").as_of == OLD
    assert rows_as_stored(lists) == before


def test_what_people_refer_to_and_the_newest_risk_of_a_project_stay(lists, tmp_path):
    number = oldest(lists).number
    others = {day: load_register(lists.engine, day) for day in (LATER, NEWEST)}
    moved(lists, tmp_path)
    assert projects_in(lists, PROJECT_RISKS, number) == STAYING
    assert projects_in(lists, SCORED_PROJECTS, number) == STAYING
    risks = WatchlistRepository(lists)
    assert json.loads(risks.project_risk("P-00007").body)["as_of"] == "2023-01-01"
    assert load_dossier(lists.engine, VISITED, OLD, OFFICE) is not None
    assert {day: load_register(lists.engine, day) for day in others} == others
    assert len(risks.project_risks(LATER, "")) == COHORTS[LATER]
    scores = risks.scores(sorted(LISTED), OLD)
    assert {name: score.as_of for name, score in scores.items()} == dict.fromkeys(LISTED, OLD)
    with pytest.raises(ListArchived):
        risks.scores([*sorted(LISTED), "P-00002"], OLD)


def test_the_entries_of_an_archived_list_can_be_read_as_before(lists, tmp_path):
    def read():
        summary = WatchlistRepository(lists).summaries()[-1]
        part = ListPart(lists, summary, OFFICE)
        owed = ScoredProjects(lists, summary, OFFICE).owed(list(LISTED))
        stored = WatchlistRepository(lists).watchlist(OLD)
        return part.entries([], [ENTRIES.rank], 10), part.head, owed, stored

    before = read()
    done = moved(lists, tmp_path)
    assert read() == before
    assert WatchlistRepository(lists).summaries()[-1].archive == done.path.name


def test_what_needs_the_whole_list_says_where_it_is(lists, tmp_path):
    path = moved(lists, tmp_path).path
    risks = WatchlistRepository(lists)
    summary = risks.summaries()[-1]
    scored = ScoredProjects(lists, summary, OFFICE)
    for read in (
        lambda: risks.project_risk("P-00003", OLD),
        lambda: risks.project_risks(OLD, ""),
        lambda: risks.risk_of_list("P-00003", OLD, ""),
        lambda: risks.scores(["P-00000", "P-00003"], OLD),
        lambda: load_register(lists.engine, OLD),
        lambda: load_register_part(lists.engine, summary, OFFICE, "months"),
        lambda: ranked_projects(lists.engine, OLD, "", "project"),
        lambda: DepositRows(lists, summary, OFFICE),
        scored.totals,
        scored.placed,
        lambda: scored.search("", "", 10),
        lambda: scored.named("a", 10),
        lambda: scored.of_party("owner_id", "x", "", 10),
        lambda: publish_list(lists, dt.date(2023, 1, 15), 6),
    ):
        with pytest.raises(ListArchived, match=path.name):
            read()
    assert not has_register(lists.engine, summary)
    assert [point.as_of for point in region_trend(lists, OFFICE)] == [LATER, NEWEST]
    assert [one.as_of for one in risks.score_history("P-00003")] == [NEWEST, LATER]
    with pytest.raises(ProjectNotScored):
        risks.project_risk("P-00006", LATER)
    restore_list(lists, path, "王")
    assert risks.project_risk("P-00003", OLD).digest
    assert scored.__class__(lists, risks.summaries()[-1], OFFICE).totals()


class Killed(Exception):
    """Ends the work at a step."""


def killed_at(last):
    steps = iter(range(last + 1))

    def progress(*_: object) -> None:
        if next(steps) == last:
            raise Killed

    return progress


def test_a_kill_at_any_step_loses_nothing(lists, database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("risk.store.staged.AT_ONCE", 1)  # a transaction for each project
    one = oldest(lists)
    whole = rows_as_stored(lists)
    done = moved(lists, tmp_path)
    expected = rows_as_stored(lists)
    restore_list(lists, done.path, "王")
    # Each costs four processes: one before the list counts as archived and one after it, here.
    for last in range(5) if MUST_RUN_ALL else (1, 3):
        folder = tmp_path / str(last)
        folder.mkdir()
        with pytest.raises(Killed):
            move(lists, one, folder, "王", killed_at(last))
        with Database(database_url) as opened:
            plan = plan_archive(opened, LATER, kept=1)
            assert len(plan.lists) + len(plan.unfinished) == 1
            [done] = (
                *(finish(opened, left, "王", quiet) for left in plan.unfinished),
                *(move(opened, left, folder, "王", quiet) for left in plan.lists),
            )
            assert (bool(plan.unfinished), rows_as_stored(opened)) == (last > 1, expected)
            restore_list(opened, done.path, "王")
            assert rows_as_stored(opened) == whole


def test_a_half_removed_list_comes_back_too(lists, tmp_path, monkeypatch):
    monkeypatch.setattr("risk.store.staged.AT_ONCE", 1)
    whole = rows_as_stored(lists)
    with pytest.raises(Killed):
        move(lists, oldest(lists), tmp_path, "王", killed_at(3))
    assert rows_as_stored(lists) != whole
    restore_list(lists, next(tmp_path.glob("*.tar.gz")), "王")
    assert rows_as_stored(lists) == whole


def test_rows_go_only_while_their_list_is_being_archived(lists, tmp_path):
    def refused():
        for table in (*ARCHIVED, WATCHLISTS):
            with pytest.raises(DBAPIError, match="sealed"), lists.engine.begin() as connection:
                connection.execute(delete(table))

    refused()
    path = moved(lists, tmp_path).path
    with pytest.raises(DBAPIError, match="sealed"), lists.engine.begin() as connection:
        connection.execute(delete(PROJECT_RISKS).where(PROJECT_RISKS.c.project_id == "P-00007"))
    restore_list(lists, path, "王")
    refused()


def test_the_newest_lists_of_each_region_stay(database):
    days = [OLD + dt.timedelta(days=n) for n in range(4)]
    for day in days:
        publish_list(database, day, 2)
    plan = plan_archive(database, days[3], kept=2)
    assert ([one.as_of for one in plan.lists], plan.held_back) == (days[:2], 1)
    plan = plan_archive(database, days[1], kept=2)
    assert ([one.as_of for one in plan.lists], plan.held_back) == (days[:1], 0)
    assert plan_archive(database, days[3]).lists == []


def test_damaged_forged_and_foreign_files_bring_nothing_back(lists, tmp_path):
    key, other = tmp_path / "key", tmp_path / "other"
    other.write_text("x" * 64, encoding="ascii")
    path = moved(lists, tmp_path, key).path
    assert path.stat().st_mode & 0o777 == 0o600
    before = rows_as_stored(lists)

    def without_a_risk(files, about):
        name = "project_risks.jsonl"
        files[name] = b"\n".join(files[name].splitlines()[:-1]) + b"\n"

    def with_another_risk(files, about):
        name = "project_risks.jsonl"
        files[name] = files[name].replace(b"P-00003", b"P-00009")  # elsewhere in the order

    def with_another_name(files, about):
        name = "project_risks.jsonl"
        files[name] = files[name].replace(b"P-00003", b"P-000031")

    def with_another_dossier(files, about):
        files["dossiers.jsonl"] = files["dossiers.jsonl"].replace(b"P-00003", b"P-00009")

    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ArchiveUnreadable):
        restore_list(lists, cut, "王")
    with pytest.raises(ArchiveNotSigned):
        restore_list(lists, path, "王", other)
    for change in (without_a_risk, with_another_risk):
        with pytest.raises(ArchiveUnreadable):
            restore_list(lists, forged(path, change), "王")
    # Seals do not cover these; the database knows the manifest that it wrote.
    for change in (with_another_dossier, with_another_name):
        with pytest.raises(ArchiveUnknown):
            restore_list(lists, forged(path, change), "王")
    assert rows_as_stored(lists) == before
    restore_list(lists, path, "王", key)
    with pytest.raises(ListNotArchived):
        restore_list(lists, path, "王")


def test_a_file_without_columns_of_later_versions_is_read(lists, tmp_path):
    path = moved(lists, tmp_path).path

    def without(name):
        def change(files, about):
            lines = [json.loads(line) for line in files["scored_projects.jsonl"].splitlines()]
            place = lines[0].index(name)
            kept = [[*line[:place], *line[place + 1 :]] for line in lines]
            files["scored_projects.jsonl"] = "\n".join(map(json.dumps, kept)).encode() + b"\n"

        return forged(path, change)

    with read_archive(without("latitude"), None) as found:
        [rows] = found.rows_of(SCORED_PROJECTS)
        assert (len(rows), "latitude" in rows[0]) == (8, False)
    with (
        read_archive(without("tier"), None) as found,
        pytest.raises(ArchiveUnreadable, match="tier"),
    ):
        list(found.rows_of(SCORED_PROJECTS))


def test_a_file_with_a_column_of_earlier_versions_is_read(lists, tmp_path):
    owed = {"amount": 9, "teams": 2, "workers": 7, "largest": "木工班", "since": "2023-01-01"}

    def change(files, about):
        names, *rows = map(json.loads, files["scored_projects.jsonl"].splitlines())
        now = [place for place, name in enumerate(names) if not name.startswith("owed_")]
        made = [[*(row[place] for place in now), owed] for row in rows]
        lines = [[*(names[place] for place in now), "owed"], *made]
        files["scored_projects.jsonl"] = "\n".join(map(json.dumps, lines)).encode() + b"\n"

    with read_archive(forged(moved(lists, tmp_path).path, change), None) as found:
        [rows] = found.rows_of(SCORED_PROJECTS)
    shown = {name: value for name, value in rows[0].items() if name.startswith("owed")}
    assert shown == {
        **{"owed_teams": 2, "owed_workers": 7, "owed_largest": "木工班"},
        **{"owed_since": dt.date(2023, 1, 1), "owed_due_since": None},
    }


def test_the_audit_log_and_the_steps_name_who_moved_what(lists, tmp_path):
    path = moved(lists, tmp_path).path
    restore_list(lists, path, "李")
    with lists.engine.connect() as connection:
        steps = [(one.step, one.path, one.by) for one in archive_steps(connection)]
        entries = connection.execute(select(AUDIT).order_by(AUDIT.c.id)).all()[-2:]
    assert steps == [
        ("archived", str(path), "王"),
        ("removed", str(path), "王"),
        ("restored", str(path), "李"),
    ]
    assert [(one.who, one.method, one.subject, one.as_of) for one in entries] == [
        ("王", "CLI", "archive move 2023-01-01 * project", OLD),
        ("李", "CLI", "archive restore 2023-01-01 * project", OLD),
    ]
    assert {one.list_digest for one in entries} == {oldest(lists).digest}
    verify_audit(lists.engine, []).require_whole()


def test_a_restored_backup_takes_the_files_of_its_archived_lists(lists, workspace, tmp_path):
    whole = rows_as_stored(lists)
    path = moved(lists, tmp_path).path
    back_up(workspace, lists, tmp_path / "all.tar.gz")
    copy = Workspace(tmp_path / "copy")
    restore(tmp_path / "all.tar.gz", copy, None)
    with Database(f"sqlite:///{copy.service_database}") as restored:
        restore_list(restored, path, "王")
        if lists.engine.dialect.name == "sqlite":
            assert rows_as_stored(restored) == whole
        assert len(WatchlistRepository(restored).project_risks(OLD, "")) == COHORTS[OLD]


def test_compacting_gives_the_space_back(database, tmp_path):
    for as_of, cohort in ((OLD, 200), (NEWEST, 200)):
        publish_list(database, as_of, cohort)
    compact(database.engine, ARCHIVED)
    before = stored_bytes(database.engine, ARCHIVED)
    moved(database, tmp_path)
    compact(database.engine, ARCHIVED)
    assert stored_bytes(database.engine, ARCHIVED) < 0.9 * before


def test_commands(lists, wagewatch, workspace, tmp_path):
    for n in range(11):
        publish_list(lists, NEWEST + dt.timedelta(days=n + 1), 2)
    key = str(tmp_path / "key")
    options = (str(tmp_path), "--before", "2023-02-15", "--key", key)
    tried = wagewatch("--lang", "en", "archive", "move", *options, "--try")
    assert tried.stdout == "List of 2023-01-01 (region *): 3 projects would leave the database\n"
    assert tried.stderr.startswith("Lists before that date that stay: 1.")
    assert not list(tmp_path.glob("*.tar.gz"))
    done = wagewatch("--lang", "en", "archive", "move", *options, "--compact")
    assert done.returncode == 0
    [path] = tmp_path.glob("2023-01-01-all-project-*.tar.gz")
    assert f"to {path}; 3 projects left" in done.stdout
    assert "There is no list" in wagewatch("--lang", "en", "archive", "move", *options).stdout
    whole = wagewatch("--lang", "en", "archive", "verify", str(path), "--key", key)
    assert (whole.returncode, "is whole: list of 2023-01-01" in whole.stdout) == (0, True)
    back = wagewatch("--lang", "en", "archive", "restore", str(path), "--key", key)
    assert back.stdout == "Brought the list of 2023-01-01 (region *) back\n"
    steps = json.loads(wagewatch("archive", "log", "--json").stdout)
    assert [one["step"] for one in steps] == ["archived", "removed", "restored"]
    log = wagewatch("--lang", "en", "archive", "log").stdout
    assert f"brought back from {path}" in log


def test_an_archive_without_room_names_the_folder_of_temporary_files(lists, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "x")

    monkeypatch.setattr("serving.archives.files.dump_rows", full)
    with pytest.raises(NoRoomForBackup) as failed:
        moved(lists, tmp_path)
    assert failed.value.fields["path"] == tempfile.gettempdir()
    assert list(tmp_path.glob("*.tar.gz")) == []


def test_the_log_has_the_time_of_the_office(lists, wagewatch, tmp_path, monkeypatch):
    late = dt.datetime(2025, 6, 30, 16, 30, tzinfo=dt.UTC)  # the first of July in Beijing
    monkeypatch.setattr("serving.archives.service.now", lambda: late)
    moved(lists, tmp_path)
    log = wagewatch("--lang", "en", "archive", "log").stdout.splitlines()
    assert [line[:16] for line in log] == ["2025-07-01 00:30"] * 2


def test_an_older_list_leads_to_the_newest_of_its_region(lists, client):
    page = {"Accept": "text/html"}
    older = client.get("/watchlist?as_of=2023-02-01", headers=page).text
    assert "这是2023年2月1日的旧名单，最新的是：" in older
    assert '<a href="/watchlist?as_of=2023-03-01&region=">2023年3月1日名单</a>' in older
    assert "尚未发布" not in older
    assert "请联系信息员" not in older
    newest = client.get("/watchlist?as_of=2023-03-01", headers=page).text
    assert "旧名单" not in newest
    assert "请联系信息员发布新名单" in newest


def test_pages_say_that_the_list_is_archived(lists, client, tmp_path):
    name = moved(lists, tmp_path).path.name
    for address, status in (
        ("/watchlist?as_of=2023-01-01", 200),
        ("/projects/P-00000?as_of=2023-01-01", 200),
        ("/projects/P-00003?as_of=2023-01-01", 404),
        ("/map?as_of=2023-01-01", 404),
    ):
        found = client.get(address, headers={"Accept": "text/html"})
        assert (address, found.status_code) == (address, status)
        assert name in found.text
    assert name not in client.get("/watchlist", headers={"Accept": "text/html"}).text
    found = client.get("/v1/watchlists").json()["items"]
    assert [one["archive"] for one in found] == [None, None, name]
    assert (
        client.get("/v1/projects/P-00003/risk?as_of=2023-01-01").json()["code"] == "list_archived"
    )
