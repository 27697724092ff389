"""The client outside this installation: put off by the service, alone in a wheel, and in Java."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from serving.client import Client, Refused
from serving.events.webhooks import signature

from ...conftest import require_program, thorough
from ..conftest import answering

ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class PuttingOff(BaseHTTPRequestHandler):
    """Answers with the next of ``answers``: status and Retry-After."""

    answers: list[tuple[int, str | None]]
    asked: list[tuple[str, str | None]]

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self._answer()

    def _answer(self):
        self.asked.append((self.command, self.headers.get("idempotency-key")))
        status, after = self.answers.pop(0)
        body = json.dumps({"status": status, "code": "x", "next": None, "items": []}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if after is not None:
            self.send_header("retry-after", after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    PuttingOff.answers, PuttingOff.asked = [], []
    with answering(HTTPServer(("127.0.0.1", 0), PuttingOff)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


DATED = "Mon, 01 Jan 2024 00:00:00 GMT"


def test_a_call_that_is_put_off_is_repeated_with_its_key(service):
    PuttingOff.answers = [(503, "0"), (429, DATED), (201, None)]
    with Client(service, "t") as client:
        assert client.enter_outcome({}, key="visit-1")["status"] == 201
    assert PuttingOff.asked == [("POST", "visit-1")] * 3


@pytest.mark.parametrize("answer", [(429, "60"), (503, None), (503, "soon"), (500, "0")])
def test_a_call_is_refused_where_waiting_is_no_use(service, answer):
    PuttingOff.answers = [answer]
    with Client(service, "t", patience=59) as client, pytest.raises(Refused) as caught:
        client.watchlist()
    assert caught.value.status == answer[0]
    assert len(PuttingOff.asked) == 1


SCRIPT = """
import os, sys
from wagewatch_client import Client, Refused
assert not {"serving", "risk", "fastapi", "sqlalchemy"} & set(sys.modules)
with Client(os.environ["URL"], os.environ["TOKEN"]) as client:
    print([entry["rank"] for entry in client.entries(limit=2)])
    found = {"project_id": "P/001", "inspected_on": "2025-06-10", "arrears_found": False}
    sent = [client.enter_outcome(found, key="visit-0001") for _ in range(2)]
    print(sent[0] == sent[1])
    try:
        client.risk("none")
    except Refused as refused:
        print(refused.code)
"""


@pytest.fixture
def variables(client, publish, token):
    publish()
    secret = token("system")["Authorization"].removeprefix("Bearer ")
    url = str(client.base_url).rstrip("/")
    return {**os.environ, "URL": url, "TOKEN": secret, "PROJECT": "P/001"}


@thorough
@ON_SQLITE
def test_the_wheel_works_where_wagewatch_is_not_installed(variables, tmp_path):
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(line, cwd=ROOT / "deploy" / "client", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("wagewatch_client-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith("METADATA"))
        wanted = [
            line
            for line in archive.read(about).decode().splitlines()
            if line.startswith("Requires-Dist")
        ]
    assert wanted == ["Requires-Dist: httpx>=0.28"]
    assert len([name for name in names if name.startswith("wagewatch_client/")]) == 3
    python = require_program("python", ROOT / ".venv-clients" / "bin")
    done = subprocess.run(
        [str(python), "-c", SCRIPT],
        env={**variables, "PYTHONPATH": str(wheel)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n") == ["[1, 2, 3, 4]", "True", "project_not_scored", ""], (
        done.stderr
    )


@thorough
@ON_SQLITE
def test_the_java_sample_compiles_reads_writes_and_checks_signatures(variables, tmp_path):
    compiler, java = require_program("javac"), require_program("java")
    sample = ROOT / "docs" / "tutorials" / "samples" / "CaseSystem.java"
    line = [str(compiler), "-encoding", "UTF-8", "-Werror", "-d", str(tmp_path), str(sample)]
    subprocess.run(line, check=True, capture_output=True, text=True)
    signed = signature(SECRET, "e-1", 1700000000, '{"a": "欠薪"}'.encode())
    done = subprocess.run(
        [str(java), "-cp", str(tmp_path), "CaseSystem"],
        env={**variables, "SECRET": SECRET, "SIGNATURE": signed},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("list 200 ")
    assert lines[1:] == [
        "outcome 201 false",
        "outcome 201 true",
        "signed true",
        "forged false",
    ]
