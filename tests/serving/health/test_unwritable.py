"""A database that cannot be written: readiness, writes, reads and commands say why."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from serving.app import create_app
from serving.audit.queue import SECONDS
from serving.db.database import Database
from serving.db.failures import write_failure
from serving.settings import AuditSettings, Settings
from serving.terminal.output import CannotWrite, NoRoom, convert_os_errors

from ..conftest import NO_TLS, key, served

PRAGMAS = {"disk_full": "PRAGMA max_page_count = 1", "read_only": "PRAGMA query_only = 1"}
FOUND = {"project_id": "P/000", "inspected_on": "2025-06-12", "arrears_found": False}


def make_unwritable(database, failure):
    """Let new connections fail to write, and close those there are."""
    if database.engine.dialect.name == "postgresql":
        if failure == "disk_full":
            pytest.skip("PostgreSQL has no way to make its disk look full")
        statement = "SET default_transaction_read_only = on"
    else:
        statement = PRAGMAS[failure]

    @event.listens_for(database.engine, "connect")
    def spoil(connection, _):
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        if database.engine.dialect.name == "postgresql":
            connection.commit()

    database.engine.dispose()


def test_database_that_cannot_be_written_is_not_ready_and_refuses_writes(
    client, database, publish, token
):
    publish()
    headers = token("admin")
    assert client.get("/readyz").status_code == 200
    make_unwritable(database, "read_only")
    for answer in (
        client.get("/readyz"),
        client.post("/v1/outcomes", json=FOUND, headers={**headers, **key()}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "read_only")
        assert int(answer.headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 200


def test_full_disk_refuses_writes_and_loses_none_that_were_answered(
    client, database, publish, token
):
    publish()
    headers = token("admin")
    make_unwritable(database, "disk_full")
    answers = []
    while not answers or answers[-1].status_code == 201:
        note = {"text": f"{len(answers)}" + "x" * 3900}
        answers.append(
            client.post("/v1/projects/P%2F000/notes", json=note, headers={**headers, **key()})
        )
        assert len(answers) < 20
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (503, "disk_full")
    notes = client.get("/v1/projects/P%2F000/notes", headers=headers).json()["items"]
    assert len(notes) == len(answers) - 1


@pytest.mark.parametrize(("unwritten", "status"), [("refuse", 503), ("wait", 200)])
def test_reads_that_cannot_be_recorded_are_refused_or_wait_as_configured(
    database, publish, token, unwritten, status
):
    publish()
    headers, settings = token("admin"), Settings(audit=AuditSettings(unwritten=unwritten))
    with (
        served(create_app(settings, database)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, headers=headers) as client,
    ):
        make_unwritable(database, "read_only")
        assert client.get("/v1/watchlists/latest").status_code == 200
        time.sleep(2 * SECONDS)
        answer = client.get("/v1/watchlists/latest")
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "audit_full"


def test_command_names_what_keeps_it_from_writing(wagewatch, database_url, monkeypatch):
    def spoiled(url):
        opened = Database.__new__(Database)
        Database.__init__(opened, url)
        make_unwritable(opened, "read_only")
        return opened

    monkeypatch.setattr("serving.db.database.Database", spoiled)
    ran = wagewatch("--lang", "en", "tokens", "add", "case", "--role", "system")
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "can be read but not written" in ran.stderr
    assert "ww_" not in ran.stdout


def sqlite_error(code):
    """An error of SQLite without SQLAlchemy, as a copy of a database raises it."""
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OSError(errno.ENOSPC, "x"), "disk_full"),
        (OSError(errno.EROFS, "x"), "read_only"),
        (OSError(errno.ENOENT, "x"), None),
        (RuntimeError("IO Error: Could not write file: No space left on device"), "disk_full"),
        (ValueError("x"), None),
        (sqlite_error(sqlite3.SQLITE_FULL), "disk_full"),
        (sqlite_error(sqlite3.SQLITE_ERROR), None),
    ],
)
def test_write_failure_of_other_errors(error, failure):
    assert write_failure(error) == failure


@pytest.mark.parametrize(
    ("number", "raises"),
    [(errno.ENOSPC, NoRoom), (errno.EDQUOT, NoRoom), (errno.EACCES, CannotWrite)],
)
def test_a_full_disk_is_no_lack_of_permission(tmp_path, number, raises):
    with pytest.raises(raises, match=tmp_path.name), convert_os_errors(tmp_path):
        raise OSError(number, "x")


def test_a_form_that_finds_no_room_leaves_no_part(wagewatch, tmp_path, monkeypatch):
    def full(path, content):
        path.touch()
        raise OSError(errno.ENOSPC, "x")

    monkeypatch.setattr(Path, "write_bytes", full)
    ran = wagewatch("--lang", "en", "template", str(tmp_path / "forms"))
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert f"no room left to write {tmp_path / 'forms'}" in ran.stderr
    assert list((tmp_path / "forms").iterdir()) == []


def test_folder_that_cannot_be_copied_is_named_by_its_first_file(tmp_path):
    reasons = [
        ("a", f"w/{name}", "[Errno 28] No space left on device: 'a' -> 'b'") for name in "xyz"
    ]
    with pytest.raises(CannotWrite) as raised, convert_os_errors(tmp_path):
        raise shutil.Error(reasons)
    assert raised.value.fields["detail"] == "w/x: [Errno 28] No space left on device"
