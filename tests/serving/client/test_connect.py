"""docs/tutorials/connect.md as a case system would follow it, with curl."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from ...conftest import require_program
from ..conftest import key

ROOT = Path(__file__).resolve().parents[3]


def _calls():
    text = (ROOT / "docs" / "tutorials" / "connect.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for block in blocks:
        yield from (call for call in re.split(r"(?m)^(?=curl )", block) if call.startswith("curl"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_connect_page_calls_succeed(client, publish, token):
    require_program("curl")
    publish()
    secrets = {
        name: token(role)["Authorization"].removeprefix("Bearer ")
        for name, role in (("TOKEN", "system"), ("ADMIN", "admin"))
    }
    client.headers["Authorization"] = f"Bearer {secrets['TOKEN']}"
    found = {"project_id": "P/001", "inspected_on": "2025-06-12", "arrears_found": True}
    outcome = client.post("/v1/outcomes", json=found, headers=key()).json()["id"]
    environment = {
        **os.environ,
        **secrets,
        "URL": str(client.base_url).rstrip("/"),
        "PROJECT": "P/000",
        "OUTCOME": outcome,
    }
    calls = list(_calls())
    assert len(calls) >= 9
    for call in calls:
        noted = call.replace("curl -s", "curl -s -w '\\n%{http_code}'", 1)
        done = subprocess.run(
            ["bash", "-c", noted], capture_output=True, text=True, env=environment, check=True
        )
        status = int(done.stdout.rsplit("\n", 1)[1])
        assert status in (200, 201, 202), (call, done.stdout)
