"""A pull brings what an import of the same records brings, whatever interrupts it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from risk.sources.pull_log import logged_pulls
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.backup.service import back_up
from serving.db.database import Database

from ....conftest import thorough
from .conftest import SINCE, imported, new_workspace, pull, records
from .county import County
from .platform import Json, Platform
from .server import http_server, running, serving

PERSONAL = ("吴某甲", "139", "iVBOR")
"""Beginnings of names, telephone numbers and pictures in the platform's answers."""


@pytest.fixture(scope="module")
def books(county: County, tmp_path_factory) -> dict:
    """Records as an import of the county's books brings them."""
    return records(imported(county, tmp_path_factory.mktemp("books") / "workspace"))


@thorough
def test_a_pull_brings_what_an_import_of_the_same_records_brings(county, workspace, books):
    """What the interface cannot say is listed in ``county.py`` and docs/howto/sources.md."""
    with serving(Platform(county)) as server:
        report = pull(workspace, server.url)
        assert (report.fetched.state, report.fetched.refused) == ("complete", ())
        assert records(workspace) == books
        assert {table: len(rows) >= 3 for table, rows in books.items() if table != "projects"} == {
            table: True for table in books if table != "projects"
        }

        before = len(server.platform.requests)
        again = pull(workspace, server.url)
    assert records(workspace) == books
    assert sum(file.accepted for file in again.report.files) == 0
    asked = Counter(server.platform.requests[before:])
    # November is closed: of the passes only those of ten days in December are asked for again.
    assert asked["WorkerAttendance.Query"] == 10 * len(county.sites)


@thorough
def test_a_bounded_pull_goes_on_after_the_last_whole_unit(county, workspace, books):
    with serving(Platform(county)) as server:
        states = [pull(workspace, server.url, max_pages=80).fetched.state for _ in range(2)]
        assert states == ["bounded", "complete"]
        assert records(workspace) == books
    with RecordStore(workspace.records, read_only=True) as store:
        assert [one.state for one in logged_pulls(store)][::-1] == states


def test_an_open_month_is_pulled_whole_and_known_on_the_day_it_changed(county, workspace):
    days = dt.date(2025, 11, 6), dt.date(2025, 11, 12)
    with serving(Platform(county)) as server:
        for today in days:
            pull(workspace, server.url, today=today, until=today - dt.timedelta(days=1))
    with RecordStore(workspace.records, read_only=True) as store:
        found = store.rows(
            "SELECT project_id, contract_id, known_at, worker_days FROM attendance"
            " ORDER BY known_at"
        )
    for (project, corp), months in county.months.items():
        for month in months.values():
            # Everybody comes on the first days of the month, see Platform._passes.
            each = [
                month.days // month.present + (number < month.days % month.present)
                for number in range(month.present)
            ]
            assert [one[2:] for one in found if one[:2] == (project, f"{project}-{corp}")] == [
                (day, sum(min(one, day.day - 1) for one in each)) for day in days
            ]


@pytest.mark.parametrize(
    ("methods", "missing"),
    [
        (["Payroll.Query"], {"payrolls", "payments"}),
        (["WorkerAttendance.Query", "ProjectSubContractor.Query"], {"attendance", "contracts"}),
    ],
)
def test_a_refused_method_leaves_its_feed_missing_and_the_others_go_on(
    county, workspace, methods, missing
):
    with serving(Platform(county, refuse=dict.fromkeys(methods, "接口未开通"))) as server:
        report = pull(workspace, server.url)
        asked = max(server.platform.requests.count(method) for method in methods)
    assert report.fetched.state == "complete"
    assert all("接口未开通" in refusal.message("zh") for _, refusal in report.fetched.refused)
    assert len(report.fetched.refused) >= len(county.sites)
    assert asked <= 4  # no more once it was refused three times
    found = records(workspace)
    assert {table for table, rows in found.items() if not rows} == missing


@thorough  # refused methods: test_a_refused_method_leaves_its_feed_missing_and_the_others_go_on
def test_a_refused_register_leaves_its_columns_unknown_and_the_month_open(county, workspace):
    refuse = dict.fromkeys(("ProjectWorker.Query", "WorkerEntryExit.Query"), "接口未开通")
    platform = Platform(county, refuse=refuse)
    november = {"since": SINCE, "until": dt.date(2025, 11, 30)}
    with serving(platform) as server:
        pull(workspace, server.url, **november)
        platform.refuse.clear()
        with RecordStore(workspace.records, read_only=True) as store:
            [found] = store.rows(
                "SELECT count(worker_days), count(workers_registered) FROM attendance"
            )
        assert found[0] > found[1] == 0
        asked = []
        for _ in range(2):
            pull(workspace, server.url, **november)
            asked.append(platform.requests.count("WorkerAttendance.Query"))
        assert asked == [2 * 30 * len(county.sites)] * 2


def test_payrolls_are_asked_for_by_firm_where_a_platform_wants_that(county, workspace, books):
    with serving(Platform(county, payrolls_by_firm=True)) as server:
        report = pull(workspace, server.url)
    assert report.fetched.refused == ()
    assert records(workspace) == books


def test_only_the_projects_of_the_settings_are_pulled(county, workspace):
    site = county.sites[1]
    with serving(Platform(county)) as server:
        pull(workspace, server.url, projects=(site.code,))
    with RecordStore(workspace.records, read_only=True) as store:
        assert store.rows("SELECT DISTINCT project_id FROM projects") == [(site.code,)]
        assert store.rows("SELECT DISTINCT project_id FROM payrolls") in ([], [(site.code,)])


def test_the_secret_and_persons_are_in_no_file(county, workspace, caplog, tmp_path):
    """Also not while the pull runs, in quarantine, in the log of pulls, a refusal or a backup."""
    platform = Platform(county, refuse={"Team.Query": "x"})
    seen: list[str] = []
    original = platform.answer

    def watching(body: str) -> Json:
        answer = original(body)
        if len(platform.requests) % 40 == 0:
            seen.extend(traces(workspace.root, platform))
        if platform.requests[-1] == "Payroll.Query" and answer["data"]["rows"]:
            answer["data"]["rows"][0]["detailList"][0]["totalPayAmount"] = None
        return answer

    platform.answer = watching  # type: ignore[method-assign]
    with serving(platform) as server, caplog.at_level(0):
        report = pull(workspace, server.url)
    assert sum(file.quarantined for file in report.report.files) > 0
    assert seen == traces(workspace.root, platform) == []
    assert traces(unpacked_backup(workspace, tmp_path), platform) == []
    shown = json.dumps([report.as_json("zh"), report.as_json("en")], default=str)
    assert marks(platform).isdisjoint(part for part in marks(platform) if part in shown)
    assert not [part for part in marks(platform) if part in caplog.text]


def unpacked_backup(workspace: Workspace, folder: Path) -> Path:
    """The files of a backup made while a pull is interrupted: rows wait in its spool."""
    spool = workspace.sources / "platform" / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "payrolls.csv").write_text("waiting", encoding="utf-8")
    settings = (workspace.root / "wagewatch.toml").read_text(encoding="utf-8")
    with Database(f"sqlite:///{workspace.service_database}") as database:
        back_up(workspace, database, folder / "backup.tar.gz")
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "xf", folder / "backup.tar.gz"], cwd=unpacked, check=True)
    names = {path.name for path in unpacked.rglob("*")}
    assert {"wagewatch.toml", "records.duckdb"} <= names
    assert names.isdisjoint({"secret", "payrolls.csv"})
    assert (unpacked / "wagewatch.toml").read_text(encoding="utf-8") == settings
    return unpacked


def traces(root: Path, platform: Platform) -> list[str]:
    """Secret and personal data in the files below ``root``, except the file of the secret."""
    files = [one for one in root.rglob("*") if one.is_file() and one != root / "secret"]
    contents = [one.read_bytes() for one in files]
    assert len(files) >= 2
    return [part for part in marks(platform) if any(part.encode() in data for data in contents)]


def marks(platform: Platform) -> set[str]:
    """Secret, names, telephones and ciphertexts that the platform knows."""
    people = [row for rows in platform._workers.values() for row in rows]
    names = ("workerName", "cellPhone", "idCardNumber", "payRollBankCardNumber")
    return {platform.secret} | {row[name] for row in people for name in names}


def pull_in_process(
    workspace: Workspace, platform: Platform, port: int, kill: tuple[int, float] | None
) -> tuple[int, int]:
    """Pull in another process; return its exit code and the port of the platform.

    ``kill`` is after how many requests, and how many seconds later, the process is killed.
    """
    http = http_server(platform, port)
    process = os.fork()  # before there are threads
    if process == 0:
        with suppress(BaseException):
            pull(workspace, f"http://127.0.0.1:{http.server_port}/open.api")
            os._exit(0)
        os._exit(1)

    handle = os.pidfd_open(process)

    def killing(body: str) -> Json:
        if kill is not None and len(platform.requests) == kill[0]:
            threading.Timer(kill[1], stop).start()
        return Platform.answer(platform, body)

    def stop() -> None:
        with suppress(ProcessLookupError):  # it may have ended
            signal.pidfd_send_signal(handle, signal.SIGKILL)

    platform.answer = killing  # type: ignore[method-assign]
    with running(http):
        _, status = os.waitpid(process, 0)
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer):
            timer.cancel()
            timer.join()
    os.close(handle)
    return os.waitstatus_to_exitcode(status), http.server_port


def killed_and_pulled_again(
    county: County, root: Path, moments: Iterable[tuple[int, float]]
) -> tuple[int, dict]:
    """Kills that came in time, and the records after a last pull that was not killed."""
    workspace, port, kills = new_workspace(root), 0, 0
    for kill in moments:
        code, port = pull_in_process(workspace, Platform(county), port, kill)
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
    code, _ = pull_in_process(workspace, Platform(county), port, None)
    assert code == 0
    return kills, records(workspace)


@thorough  # of any source: tests/risk/sources/test_pull.py
def test_a_pull_that_was_killed_goes_on(county, tmp_path, books):
    moments = [(12, 0.0), (40, 0.0)]
    assert killed_and_pulled_again(county, tmp_path / "workspace", moments) == (2, books)


@thorough
def test_a_pull_killed_at_any_moment_brings_the_same_records(county, tmp_path, books):
    """Also while records are imported, which begins after the last request."""
    at_random = random.Random(20)
    kills = rounds = 0
    while kills < 6:  # a round, of at most four kills, takes two seconds
        rounds += 1
        moments = [(at_random.randint(1, 60), at_random.uniform(0, 0.4)) for _ in range(3)]
        moments.append((1, at_random.uniform(0.2, 1.5)))
        more, found = killed_and_pulled_again(county, tmp_path / str(rounds), moments)
        assert found == books
        kills += more
