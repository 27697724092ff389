"""The container image is built from the program alone: no workspace can end up in a layer."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = (
    ".git/config",
    ".venv/bin/python",
    "county.tar.gz",
    "demo-workspace/records.duckdb",
    "my-county/records.duckdb",
    "my-county/quarantine/payrolls.csv",
    "requirements/dev.txt",
    "tests/conftest.py",
    "wagewatch.env",
    "wagewatch.toml",
    "workspace/service.sqlite",
    "工资表.xlsx",
)


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile and their arguments, continued lines joined."""
    text = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def copied() -> list[str]:
    """What is copied from the build context."""
    arguments = [rest.split() for word, rest in instructions() if word in {"COPY", "ADD"}]
    return [
        source
        for words in arguments
        if not any(word.startswith("--from=") for word in words)
        for source in words[:-1]
        if not source.startswith("--")
    ]


def ignored(path: str) -> bool:
    """Whether .containerignore keeps ``path`` out of the context; the last match decides."""
    lines = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    decided = False
    for line in lines:
        if line and not line.startswith("#") and _covers(line.removeprefix("!"), path):
            decided = not line.startswith("!")
    return decided


def _covers(pattern: str, path: str) -> bool:
    """Whether a pattern matches the path or a folder above it; ``**/`` is any depth."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        above = parts[:depth]
        wanted = pattern.split("/")
        if wanted[0] == "**":
            wanted = wanted[1:]
            above = above[-len(wanted) :]
        if len(above) == len(wanted) and all(map(fnmatch.fnmatchcase, above, wanted)):
            return True
    return False


def test_only_named_files_and_packages_are_copied():
    sources = copied()
    assert {"risk", "features", "models", "training", "serving"} <= set(sources)
    for source in sources:
        assert not re.search(r"[*?\[]|^[./]*$", source), source
        assert (ROOT / source).exists(), source


def test_what_is_copied_passes_the_ignore_file():
    assert [source for source in copied() if ignored(source)] == []
    assert not ignored("serving/py.typed")


@pytest.mark.parametrize("path", [*PRIVATE, "risk/__pycache__/dates.pyc"])
def test_everything_else_in_the_folder_is_ignored(path):
    assert ignored(path)


def test_docker_reads_the_same_ignore_file():
    assert (ROOT / ".dockerignore").resolve() == ROOT / ".containerignore"


def test_the_image_installs_the_runtime_lock_and_runs_as_an_ordinary_user():
    found = instructions()
    installs = " ".join(rest for word, rest in found if word == "RUN")
    assert "--require-hashes -r requirements/runtime.txt" in installs
    assert "dev.txt" not in installs
    assert [rest for word, rest in found if word == "USER"][-1] not in {"root", "0"}
