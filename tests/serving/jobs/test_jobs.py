"""A small office end to end: records in, jobs over the API, replay, backup, outcome to label."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid

import httpx
import pytest

from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.app import create_app
from serving.auth.principal import OFFICE
from serving.auth.repository import NewAccount, UserRepository
from serving.auth.roles import Role
from serving.backup.archive import BackupUnreadable
from serving.backup.service import RestoreWouldMix, back_up, restore
from serving.cli.main import main
from serving.db.database import Database
from serving.db.engine import writing
from serving.ingest.importer import import_waiting
from serving.jobs.repository import (
    DEAD_AFTER,
    MAX_ATTEMPTS,
    JobRequest,
    claim_job,
    find_job,
    queue_job,
)
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository
from serving.worker.runner import run_job
from serving.worker.scheduler import Scheduler
from training.dataset.labels import event_log

from ...conftest import thorough
from ..conftest import LISTS, NO_TLS, PUBLISHED_AT, key, served
from ..people import add_token


@pytest.fixture
def opened(copy):
    with Database(f"sqlite:///{copy.service_database}") as database:
        yield database


@pytest.fixture
def client(opened):
    grant = NewAccount("admin", Role.ADMIN, "", "test", PUBLISHED_AT)
    headers = {"Authorization": f"Bearer {add_token(opened.engine, grant)}"}
    with (
        served(create_app(Settings(), opened)) as url,
        httpx.Client(
            verify=NO_TLS, base_url=url, headers=headers, timeout=60, trust_env=False
        ) as client,
    ):
        yield client


def _run(workspace, *arguments):
    return main(["-w", str(workspace.root), "--lang", "en", *arguments])


def _queue(database, kind, **parameters):
    with writing(database.engine).begin() as connection:
        asked = JobRequest(uuid.uuid4().hex, kind, parameters, "", "test", dt.datetime.now(dt.UTC))
        return queue_job(connection, asked, OFFICE).job_id


@thorough
def test_replay_fails_for_changed_records(copy, capsys):
    with RecordStore(copy.records) as store:
        store.rows("UPDATE projects SET project_name = 'x' WHERE known_at < '2025-01-01'")
    assert _run(copy, "replay", "--as-of", str(LISTS[0]), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["same"], told["verdict"], told["history"]) == (False, "differs", "changed")
    assert "records_digest" in told["differs"]
    assert _run(copy, "replay", "--as-of", "2024-01-01") == 1


@thorough
def test_replay_ignores_later_knowledge(copy, capsys):
    with RecordStore(copy.records) as store:
        store.rows("DELETE FROM payments WHERE known_at >= '2025-04-01'")
    for as_of in LISTS:
        assert _run(copy, "replay", "--as-of", str(as_of)) == 0
    assert capsys.readouterr().out.count("can be reproduced") == len(LISTS)


@thorough
def test_job_publishes_a_list(copy, opened, client):
    wanted = {"kind": "publish", "as_of": "2025-05-01", "capacity": 5}
    job = client.post("/v1/jobs", json=wanted, headers=key())
    assert job.status_code == 202
    keeper = Scheduler(copy, opened, copy.root / "service.log")
    address = f"/v1/jobs/{job.json()['id']}"
    seen = []
    while (told := client.get(address).json())["state"] in ("queued", "running"):
        keeper.run_jobs()
        seen.append(told["progress"])
        time.sleep(0.1)
    keeper.stop()
    assert (told["state"], told["problem"]) == ("done", None)
    assert told["result"]["entries"] == 5
    assert seen == sorted(seen)
    assert client.get("/v1/watchlists/latest").json()["as_of"] == "2025-05-01"
    assert client.get("/v1/models/champion").json()["champion"]
    assert client.get("/v1/indicators").json()["items"]


@pytest.mark.parametrize(
    ("kind", "parameters", "state"),
    [
        ("check", {"as_of": "2025-05-01"}, "done"),
        ("publish", {"as_of": "2020-01-01", "capacity": 5, "region": ""}, "failed"),
        ("publish", {"as_of": "2025-05-01", "capacity": 5, "region": "42"}, "failed"),
    ],
)
def test_run_job_stores_result_or_error(copy, opened, kind, parameters, state):
    job_id = _queue(opened, kind, **parameters)
    claim_job(opened.engine, dt.datetime.now(dt.UTC))
    run_job(copy, Settings(), opened, job_id)
    job = find_job(opened.engine, job_id, OFFICE)
    assert job.state == state
    assert (job.result is None) == (state == "failed")
    if job.problem:
        assert set(job.problem["texts"]) == {"zh", "en"}


@thorough
def test_what_if_stores_nothing(copy, opened):
    with RecordStore(copy.records, read_only=True) as store:
        before = store.digest(dt.date(2030, 1, 1))
    [first, *_] = WatchlistRepository(opened).watchlist(LISTS[1]).document()["entries"]
    row = {"complaint_id": "X", "received_on": "2025-03-20", "project_id": first["project_id"]}
    asked = {"project_id": first["project_id"], "as_of": str(LISTS[1])}
    job_id = _queue(opened, "what_if", **asked, records={"complaints": [{**row, "workers": 40}]})
    claim_job(opened.engine, dt.datetime.now(dt.UTC))
    run_job(copy, Settings(), opened, job_id)
    result = find_job(opened.engine, job_id, OFFICE).result
    assert result is not None
    assert result["what_if"]
    assert result["as_known"]["probability"] == first["probability"]
    assert result["as_asked"]["probability"] != first["probability"]
    with RecordStore(copy.records, read_only=True) as store:
        assert store.digest(dt.date(2030, 1, 1)) == before


def test_what_if_refuses_invalid_rows(copy, opened):
    [first, *_] = WatchlistRepository(opened).watchlist(LISTS[1]).document()["entries"]
    asked = {"project_id": first["project_id"], "as_of": str(LISTS[1])}
    job_id = _queue(opened, "what_if", **asked, records={"complaints": [{"complaint_id": "X"}]})
    claim_job(opened.engine, dt.datetime.now(dt.UTC))
    run_job(copy, Settings(), opened, job_id)
    problem = find_job(opened.engine, job_id, OFFICE).problem
    assert problem is not None
    assert problem["code"] == "what_if_rows_invalid"


def test_claim_job_again_up_to_the_maximum_of_attempts(opened, copy):
    now = dt.datetime.now(dt.UTC)
    _queue(opened, "check", as_of="2025-05-01")
    assert MAX_ATTEMPTS > 1
    for attempt in range(MAX_ATTEMPTS - 1):
        moment = now + attempt * (DEAD_AFTER + dt.timedelta(seconds=1))
        taken = claim_job(opened.engine, moment)
        assert taken is not None
        assert taken.attempts == attempt
        assert claim_job(opened.engine, moment) is None


def test_outcome_becomes_a_label_of_training(copy, opened, client):
    tomorrow = clock.today() + dt.timedelta(days=1)
    [entry, *_] = client.get("/v1/watchlists/latest").json()["entries"]
    found = {"inspected_on": "2025-04-10", "arrears_found": True}
    sent = {"project_id": entry["project_id"], **found}
    outcome = client.post("/v1/outcomes", json=sent, headers=key()).json()
    assert outcome["as_of"] == str(LISTS[1])
    import_waiting(copy, opened)
    with RecordStore(copy.records, read_only=True) as store:
        before = event_log(store, clock.today())
        after = event_log(store, tomorrow)
    day = dt.date(2025, 4, 10)
    assert day not in [one.astype(object) for one in before.days.get(entry["project_id"], ())]
    assert day in [one.astype(object) for one in after.days[entry["project_id"]]]


@thorough  # in small: test_backup_and_restore_by_command, tests/serving/backup/test_restore.py
def test_restore_brings_everything_back(copy, opened, client, tmp_path, postgresql_database):
    [entry, *_] = client.get("/v1/watchlists/latest").json()["entries"]
    sent = {"project_id": entry["project_id"], "inspected_on": "2025-04-10", "arrears_found": True}
    client.post("/v1/outcomes", json=sent, headers=key())
    kept = tmp_path / "all.tar.gz"
    done = back_up(copy, opened, kept)
    for name, url in (("again", None), ("moved", postgresql_database)):
        place = Workspace(tmp_path / name)
        assert restore(kept, place, url).rows == done.rows
        with Database(url or f"sqlite:///{place.service_database}") as database:
            for as_of in LISTS:
                assert WatchlistRepository(database).watchlist(as_of) == WatchlistRepository(
                    opened
                ).watchlist(as_of)
            assert import_waiting(place, database) == 1
            grant = NewAccount("new", Role.ADMIN, "", "test", PUBLISHED_AT)
            add_token(database.engine, grant)
            assert len(UserRepository(database.engine).tokens()) == 2
    assert _run(Workspace(tmp_path / "again"), "replay", "--as-of", str(LISTS[0])) == 0


def test_restore_refuses_damaged_files_and_used_workspaces(copy, opened, tmp_path):
    kept = tmp_path / "all.tar.gz"
    back_up(copy, opened, kept)
    with pytest.raises(RestoreWouldMix):
        restore(kept, copy, None)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(kept.read_bytes()[:-2000])
    with pytest.raises(BackupUnreadable):
        restore(cut, Workspace(tmp_path / "new"), None)
    assert not (tmp_path / "new").exists()
    assert _run(copy, "restore", str(tmp_path / "none.tar.gz")) == 1


def test_backup_and_restore_by_command(copy, tmp_path, capsys):
    assert _run(copy, "backup", str(tmp_path / "b.tar.gz")) == 0
    assert _run(Workspace(tmp_path / "back"), "restore", str(tmp_path / "b.tar.gz")) == 0
    assert _run(Workspace(tmp_path / "back"), "watchlist") == 0
