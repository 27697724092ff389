"""One simulated county for the tests that only read it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from risk.simulator import simulate

from ...conftest import MUST_RUN_ALL

Rows = list[dict[str, str]]


def _read(folder: Path, table: str) -> Rows:
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 projects x 48 months, with the hidden truth."""
    out = tmp_path_factory.mktemp("county") / "records"
    simulate(out, projects=300, months=48, seed=7, truth=True)
    return out


@pytest.fixture(scope="session", params=[11, 12] if MUST_RUN_ALL else [11])
def prefecture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 projects x 48 months, once per seed: large enough for shares to be steady."""
    out = tmp_path_factory.mktemp("prefecture") / "records"
    simulate(out, projects=1000, months=48, seed=request.param)
    return out


@pytest.fixture(scope="session")
def rows() -> Callable[[Path, str], Rows]:
    """Reads one table of a folder as dictionaries of text."""
    return _read
