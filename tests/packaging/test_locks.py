"""The locks: pinned with hashes, free of index addresses, and without test tools at run time."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("build", "clients", "dev", "docs", "runtime", "spark")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? \\$")
NOT_AT_RUN_TIME = {
    "datamodel-code-generator",
    "hatchling",
    "import-linter",
    "lunardate",
    "matplotlib",
    "mkdocs-material",
    "mypy",
    "pandas",
    "playwright",
    "pyspark",
    "pytest",
    "ruff",
    "scikit-learn",
    "shap",
}


def lock_lines(name: str) -> list[str]:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def pins(name: str) -> set[tuple[str, ...]]:
    """The name, version and marker of every pin of a lock."""
    found = (PIN.match(line) for line in lock_lines(name))
    return {tuple(pin.groups(default="")) for pin in found if pin}


def declared(requirements: list[str]) -> set[str]:
    """The names in a list of requirements, as the locks spell them."""
    return {re.split(r"[\[<>=]", one)[0].replace("_", "-").lower() for one in requirements}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_only_pins_with_hashes(name):
    lines = lock_lines(name)
    assert len(pins(name)) > 4
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_hash = re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        assert is_hash or PIN.match(line), line
        if PIN.match(line):
            assert following.startswith("    --hash="), line


@pytest.mark.parametrize("name", ["runtime", "spark", "build", "docs"])
def test_the_development_lock_includes_the_other_locks(name):
    # Development may need everywhere what a server needs on one platform only.
    dev = pins("dev")
    everywhere = {(package, version) for package, version, marker in dev if not marker}
    missing = {pin for pin in pins(name) - dev if pin[:2] not in everywhere}
    assert missing == set()


def test_the_runtime_lock_has_every_runtime_dependency():
    about = project()["project"]
    wanted = declared([*about["dependencies"], *about["optional-dependencies"]["postgresql"]])
    assert len(wanted) > 20
    assert wanted <= {name for name, *_ in pins("runtime")}


def test_the_runtime_lock_has_no_tool_of_the_tests():
    locked = {name for name, *_ in pins("runtime")}
    assert {name for name, *_ in pins("dev")} >= NOT_AT_RUN_TIME
    assert locked & NOT_AT_RUN_TIME == set()


def test_the_lock_of_spark_is_the_runtime_lock_and_what_the_engine_needs():
    more = {pin[0] for pin in pins("spark") - pins("runtime")}
    assert more == {"pandas", "py4j", "pyspark", "python-dateutil", "tzdata"}
    everywhere = {pin[:2] for pin in pins("spark")}
    assert {pin[:2] for pin in pins("runtime")} <= everywhere
