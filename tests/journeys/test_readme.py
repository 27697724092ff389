"""The commands of README and tutorial, run as they stand there, and the service over HTTP."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.cli.main import main

from ..conftest import thorough

ROOT = Path(__file__).resolve().parents[2]


README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorials" / "own-ledgers.md"


def commands_of(page: Path) -> list[list[str]]:
    """Every ``wagewatch`` line of a page, as arguments, without comments."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^wagewatch .*$", text, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def screens() -> list[str]:
    """Every line of output that the tutorial shows."""
    text = TUTORIAL.read_text(encoding="utf-8")
    found = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for screen in found for line in screen.splitlines()]


SCREEN = "screen.txt"


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> Path:
    """The five-minute walk, up to serving, in a folder of its own."""
    folder = tmp_path_factory.mktemp("walk")
    places = {"my-county": folder / "county"}
    screen = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("COLUMNS", "120")
        for arguments in commands_of(TUTORIAL):
            if "serve" in arguments:
                continue
            # A check also tells by its exit code what it found.
            allowed = (0, 3, 4) if "check" in arguments else (0,)
            shown = screen if "import" in arguments else sys.stdout
            with contextlib.redirect_stdout(shown):
                code = main([str(places.get(word, word)) for word in arguments])
            assert code in allowed, (arguments, screen.getvalue()[-2000:])
    (folder / SCREEN).write_text(screen.getvalue(), encoding="utf-8")
    return folder


@contextlib.contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The real command serving ``workspace``; gives its address."""
    line = [sys.executable, "-c", "from serving.cli.main import run; run()"]
    process = subprocess.Popen(
        [*line, "-w", str(workspace), "serve", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    for said in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        if found:
            return found.group()
    raise AssertionError("the service ended before it said where it listens")


def ask(address: str, path: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(100):
        try:
            return httpx.get(address + path, timeout=10, headers=headers)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the service does not answer")


def test_the_commands_of_the_readme_are_part_of_the_walk_in_its_order():
    walk = commands_of(TUTORIAL)
    short = commands_of(README)
    assert len(short) == 5
    assert [command for command in walk if command in short] == short


def test_the_tutorial_names_the_whole_walk():
    named = {word for arguments in commands_of(TUTORIAL) for word in arguments}
    assert named >= {
        "simulate",
        "--try",
        "confirm",
        "init",
        "import",
        "records",
        "train",
        "publish",
        "watchlist",
        "serve",
    }


@thorough
def test_the_screens_of_the_tutorial_are_those_of_its_commands(walked):
    shown = set((walked / SCREEN).read_text(encoding="utf-8").splitlines())
    assert len(screens()) > 10
    assert [line for line in screens() if line not in shown] == []


@thorough
def test_the_walk_makes_a_list_that_the_service_serves_as_it_was_sealed(walked, capsysbinary):
    place = ["-w", str(walked / "county")]
    assert main([*place, "watchlist", "--format", "json"]) == 0
    shown = json.loads(capsysbinary.readouterr().out)
    assert (walked / "list.xlsx").stat().st_size > 0
    assert main([*place, "tokens", "add", "reader", "--role", "supervisor", "--json"]) == 0
    token = json.loads(capsysbinary.readouterr().out)["token"]
    with served(walked / "county") as address:
        get = functools.partial(ask, token=token)
        assert get(address, "/healthz").status_code == 200
        listed = get(address, f"/v1/watchlists/{shown['as_of']}").json()
        assert listed == shown
        project = shown["entries"][0]["project_id"]
        risk = get(address, f"/v1/projects/{project}/risk")
        assert risk.status_code == 200
        assert risk.json()["probability"] == shown["entries"][0]["probability"]
        docs = get(address, "/docs")
        assert docs.status_code == 200
        assert not re.search(r"""(src|href)=["'](https?:)?//""", docs.text)
        assert get(address, "/v1/watchlists/1999-01-01").status_code == 404


@thorough
def test_with_few_events_every_output_says_that_the_scorecard_scored(tmp_path, capsysbinary):
    """A county so small that fewer than ten arrears events are known."""
    place = ["-w", str(tmp_path / "county")]
    records = str(tmp_path / "records")
    for arguments in (
        ["simulate", records, "--projects", "30", "--months", "18", "--seed", "3"],
        [*place, "init"],
        [*place, "import", records],
        [*place, "train", "--as-of", "2025-10-01"],
        [*place, "publish", "--as-of", "2025-10-01"],
        [*place, "models", "list"],
    ):
        capsysbinary.readouterr()
        assert main(arguments) in (0, 3), arguments
    assert b"scorecard" in capsysbinary.readouterr().out
    for shape in ("table", "json", "csv"):
        assert main([*place, "watchlist", "--format", shape]) == 0
        out = capsysbinary.readouterr().out.decode()
        assert "scorecard" in out or "评分卡" in out, shape
