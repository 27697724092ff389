"""A small simulated county, its platform, and what tests pull it with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_paths
from risk.sources.kinds import source_settings
from risk.sources.pull import PullReport, pull_source
from risk.store.store import RecordStore
from risk.workspace import Workspace

from .county import County, simulated_county, write_books
from .platform import APPID, SECRET

TODAY = dt.date(2026, 1, 20)
SINCE, UNTIL = dt.date(2025, 11, 1), dt.date(2025, 12, 31)
PULLED = ("organizations", "projects", "contracts", "payrolls", "payments", "attendance")


@pytest.fixture(scope="session")
def county(tmp_path_factory) -> County:
    """County of three projects with records of two months."""
    folder = tmp_path_factory.mktemp("platform") / "simulated"
    return simulated_county(folder, projects=4, months=2, largest=12)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Empty workspace with the secret of the platform."""
    return new_workspace(tmp_path / "workspace")


def new_workspace(root: Path) -> Workspace:
    root.mkdir()
    (root / "wagewatch.toml").write_text("", encoding="utf-8")
    (root / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    return Workspace(root)


def section(url: str, **more: Any) -> dict[str, Any]:
    """Settings of the platform at ``url``."""
    return {
        "kind": "realname",
        "url": url,
        "appid": APPID,
        "secret_file": "secret",
        "since": SINCE,
        "until": UNTIL,
        "requests_per_second": 1000,
        **more,
    }


def pull(
    workspace: Workspace, url: str, *, today: dt.date = TODAY, again: bool = False, **more: Any
) -> PullReport:
    settings = source_settings({"platform": section(url, **more)}, "platform")
    return pull_source(
        workspace,
        settings,
        now=lambda: dt.datetime.combine(today, dt.time(1), dt.UTC),
        today=lambda: today,
        again=again,
    )


def imported(county: County, root: Path, *, today: dt.date = TODAY) -> Workspace:
    """Workspace with the county's books imported."""
    workspace = new_workspace(root)
    write_books(county, root / "books")
    report = import_paths(workspace, [root / "books"], today=today)
    assert not report.failed
    return workspace


def records(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    """All versions of the records with their days of knowledge, sorted."""
    found = {}
    with RecordStore(workspace.records, read_only=True) as store:
        for name in PULLED:
            fields = ", ".join(field.name for field in TABLES[name].fields)
            rows = store.rows(f"SELECT {fields}, known_at, dated_by, withdrawn FROM {name}")
            found[name] = sorted(rows, key=repr)
    return found
