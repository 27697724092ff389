"""Pulls of the service: when one is due, what its process stores, and what people see of it."""

from __future__ import annotations

import datetime as dt
import html
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from risk.sources.pull_log import LoggedPull, last_pulls, log_pull
from risk.sources.spool import lock
from risk.sources.state import GOES_ON, RETRY, SourceState, source_states
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.app import create_app
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.clock import now
from serving.data_entry.overview import refresh_overview
from serving.data_entry.repository import newest_overview
from serving.data_entry.sources import known_states
from serving.db.database import Database
from serving.db.engine import writing
from serving.jobs.repository import JobRequest, claim_job, end_job, queue_job
from serving.settings import load_settings
from serving.sources.scheduled import due_source, pull_scheduled
from serving.sources.stopped import stopped_at
from serving.worker import scheduler
from serving.worker.scheduler import Scheduler

from ...conftest import thorough
from ..conftest import served
from ..site import add_user, signed_in

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
MONDAY = dt.datetime(2025, 6, 2, 1, tzinfo=dt.UTC)
EVERY_DAY = {"wages": {"kind": "sql", "every": "1d"}}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a database of one site to pull from every day, and a closed port."""
    database = tmp_path / "sites.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE sites (code, title)")
        connection.execute("INSERT INTO sites VALUES ('P1', '滨河安置房')")
    root = tmp_path / "office"
    (root / "queries").mkdir(parents=True)
    (root / "queries" / "projects.sql").write_text(
        "SELECT code AS project_id, title AS project_name, '990101' AS region_code,"
        " 'building' AS sector, 'government' AS funding, '2025-01-06' AS started_on FROM sites",
        encoding="utf-8",
    )
    (root / "wagewatch.toml").write_text(
        f'[sources.wages]\nkind = "sql"\nurl = "sqlite:///{database}"\nevery = "1d"\n',
        encoding="utf-8",
    )
    return Workspace(root)


@pytest.fixture
def database(workspace: Workspace):
    with Database(f"sqlite:///{workspace.service_database}") as database:
        yield database


class Clock:
    """Clock of the scheduler in this process."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta(0)

    def __call__(self) -> dt.datetime:
        return now() + self.ahead


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(scheduler, "now", clock)
    return clock


def pulls_after(keeper: Scheduler) -> bool:
    """Let the scheduler look once, wait for the process it started; whether it started one."""
    keeper.run_pulls()
    process = keeper._pulling
    if process is None:
        return False
    process.wait(timeout=60)
    return True


def entry(
    ended: dt.datetime, state: str = "complete", *, units: int = 1, error: str = ""
) -> LoggedPull:
    counts = {"units": units, "rows": {"payrolls": 7}, "files": 0, "refused_units": 0}
    return LoggedPull("wages", ended - HOUR, ended, state, counts, {"zh": error, "en": error})  # type: ignore[arg-type]


def state_of(*entries: LoggedPull, sections=EVERY_DAY, before: dt.datetime | None = None):
    with RecordStore(":memory:") as store:
        for one in entries:
            log_pull(store, one)
        [state] = source_states(sections, last_pulls(store, before))
    return state


@thorough
def test_the_service_pulls_what_is_due_in_a_process_of_its_own(workspace, database, clock):
    keeper = Scheduler(workspace, database, workspace.root / "service.log")
    assert pulls_after(keeper)
    [state] = known_states(load_settings(workspace), newest_overview(database.engine))
    assert (state.status(now()), dict(state.rows)) == ("ok", {"projects": 1})
    clock.ahead = dt.timedelta(hours=23)
    assert not pulls_after(keeper)
    clock.ahead = dt.timedelta(hours=25)
    assert pulls_after(keeper)
    clock.ahead += GOES_ON / 2  # its log has the time of this machine, so it is due again
    assert not pulls_after(keeper)
    with RecordStore(workspace.records, read_only=True) as store:
        assert store.rows("SELECT count(*) FROM projects") == [(1,)]
        assert store.rows("SELECT count(*) FROM pulls") == [(2,)]
    assert (workspace.root / "service.log").read_text() == ""


def due(workspace, database, after: dt.timedelta) -> str | None:
    return due_source(workspace, load_settings(workspace), database.engine, now() + after)


def test_a_failure_is_logged_and_tried_again_after_an_hour(workspace, database, capsys):
    (workspace.root / "queries" / "projects.sql").write_text("DROP TABLE x", encoding="utf-8")
    settings = load_settings(workspace)
    pull_scheduled(workspace, settings, database, "wages")
    [state] = known_states(settings, newest_overview(database.engine))
    assert (state.status(now()), state.last_success) == ("failed", None)
    assert "is not a single SELECT" in state.reason("en")
    assert "is not a single SELECT" in capsys.readouterr().err
    assert [due(workspace, database, after) for after in (RETRY / 2, RETRY)] == [None, "wages"]


def test_settings_that_fail_before_the_pull_are_logged_too(workspace, database):
    workspace.settings_file.write_text('[sources.wages]\nkind = "sql"\nevery = "1d"\n')
    settings = load_settings(workspace)
    pull_scheduled(workspace, settings, database, "wages")
    [state] = known_states(settings, newest_overview(database.engine))
    assert "sources.wages.url is missing" in state.reason("en")


def test_a_source_that_is_being_pulled_is_left_alone(workspace, database, capsys):
    with lock(workspace.sources / "wages", "wages"):
        pull_scheduled(workspace, load_settings(workspace), database, "wages")
    assert "Another process is pulling" in capsys.readouterr().err
    assert not workspace.records.exists()
    assert due(workspace, database, dt.timedelta(0)) == "wages"


def test_nothing_is_due_while_the_overview_is_older_than_the_records(workspace, database):
    with RecordStore(workspace.records) as store:
        log_pull(store, entry(now()))
    assert due(workspace, database, 9 * DAY) is None
    refresh_overview(workspace, database)
    assert due(workspace, database, 9 * DAY) == "wages"


@pytest.mark.parametrize(
    ("state", "pause"), [("complete", DAY), ("bounded", GOES_ON), ("interrupted", RETRY)]
)
def test_when_the_next_pull_is_due(state, pause):
    assert state_of(entry(MONDAY, state)).due == MONDAY + pause


@pytest.mark.parametrize(
    ("entries", "after", "status"),
    [
        ([], 9 * DAY, "never"),
        ([entry(MONDAY)], 2 * DAY, "ok"),
        ([entry(MONDAY)], 2 * DAY + HOUR, "stopped"),
        ([entry(MONDAY, "bounded")], HOUR, "partly"),
        ([entry(MONDAY), entry(MONDAY + DAY, "interrupted", units=0)], 2 * DAY, "failed"),
        ([entry(MONDAY), entry(MONDAY + DAY, "interrupted")], 2 * DAY, "partly"),
        # A bound reached before the first whole unit is no success.
        ([entry(MONDAY), entry(MONDAY + DAY, "bounded", units=0)], 2 * DAY + HOUR, "stopped"),
        # Without any success the first pull counts; it began an hour before its end.
        ([entry(MONDAY, "interrupted", units=0)], 2 * DAY - HOUR, "failed"),
        ([entry(MONDAY, "interrupted", units=0)], 2 * DAY, "stopped"),
    ],
)
def test_status_of_a_source(entries, after, status):
    assert state_of(*entries).status(MONDAY + after) == status


def test_a_source_stops_after_the_time_of_its_settings():
    sections = {"wages": {"kind": "sql", "stopped_after": "3d"}}
    state: SourceState = state_of(entry(MONDAY), sections=sections)
    assert state.due is None
    assert [state.is_stopped(MONDAY + days * DAY) for days in (3, 3.01)] == [False, True]


def test_a_past_day_is_checked_by_the_pulls_before_it(workspace):
    with RecordStore(workspace.records) as store:
        log_pull(store, entry(MONDAY))
        log_pull(store, entry(MONDAY + 5 * DAY))
        settings = load_settings(workspace)
        days = [(MONDAY + days * DAY).date() for days in (1, 4, 6)]
        found = [stopped_at(settings, store, day) for day in days]
        [today] = stopped_at(settings, store, now().date() + 9 * DAY)
    assert [bool(one) for one in found] == [False, True, False]
    assert (today.tables, today.last_success) == (("payrolls",), MONDAY + 5 * DAY)


def test_the_data_page_shows_each_source_with_its_last_error(workspace, database):
    with RecordStore(workspace.records) as store:
        log_pull(store, entry(MONDAY))
        log_pull(store, entry(MONDAY + HOUR, "interrupted", units=0, error="<b>refused</b>"))
    with workspace.settings_file.open("a") as file:
        file.write('[sources.other]\nkind = "folder"\nevery = "1s"\n')
    refresh_overview(workspace, database)
    add_user(database, "clerk", Role.BRIEFER)
    app = create_app(load_settings(workspace), database, key="k" * 43, workspace=workspace)
    with served(app) as url:
        clerk = signed_in(url, "clerk")
        chinese = clerk.get("/data").text
        clerk.cookies.set("wagewatch_language", "en")
        english = clerk.get("/data").text
        workspace.settings_file.write_text("[")
        broken = html.unescape(clerk.get("/data").text)
        clerk.close()
    assert ">数据库</td><td>每 1 天</td>" in chinese
    assert ">已中断</td>" in chinese
    assert ">Stopped</td><td>2025-06-02 09:00</td>" in english
    assert "&lt;b&gt;refused&lt;/b&gt;" in english
    assert "sources.other.every is" in html.unescape(english)
    assert "The settings of the sources cannot be read" in broken


@pytest.mark.parametrize("sources", [[{"name": "wages"}], None])
def test_the_supervision_page_names_sources_that_stopped(workspace, database, sources):
    """Also a check that was stored before sources were checked is shown."""
    result = {"verdict": "look", "as_of": "2025-06-02", "reasons": ["feed_stopped"]}
    result["feeds"] = [
        {"table": "payrolls", "region": "510822", "last_known": "2025-05-04"},
        {"table": "payments", "region": "", "last_known": None},
    ]
    asked = JobRequest("a" * 32, "check", {"as_of": "2025-06-02"}, "", "test", now())
    with writing(database.engine).begin() as connection:
        queue_job(connection, asked, OFFICE)
    claim_job(database.engine, now())
    found = result if sources is None else {**result, "sources": sources}
    end_job(database.engine, asked.job_id, found, now())
    add_user(database, "chief", Role.SUPERVISOR)
    app = create_app(load_settings(workspace), database, key="k" * 43, workspace=workspace)
    with served(app) as url:
        chief = signed_in(url, "chief")
        page = chief.get("/supervision").text
        chief.close()
    assert ("数据源“wages”已中断" in page) == (sources is not None)
    assert "工资表 青川县：数据中断或减少，最后入库 2025年5月4日" in page
    assert "工资发放 全部区划：数据中断或减少，最后入库 —" in page


def test_the_list_of_sources_states_their_status(workspace, capsys):
    from serving.cli.main import main

    assert main(["-w", str(workspace.root), "--lang", "en", "pull", "--json"]) == 0
    [state] = json.loads(capsys.readouterr().out)
    assert (state["status"], state["last_success"]) == ("never", None)
