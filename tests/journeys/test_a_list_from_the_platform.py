"""An office with the construction-worker platform alone: two years of 20 sites, and a list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serving.cli.main import main

from ..conftest import thorough
from ..risk.sources.realname.conftest import new_workspace, section
from ..risk.sources.realname.county import busiest, simulated_county
from ..risk.sources.realname.platform import Platform
from ..risk.sources.realname.server import serving

MOST_MEGABYTES = 600

PULL = """
import datetime as dt, json, sys
from pathlib import Path
from risk.sources.kinds import source_settings
from risk.sources.pull import OfficeClock, pull_source
from risk.workspace import Workspace

today = dt.date(2026, 1, 10)
report = pull_source(
    Workspace(Path(sys.argv[1])),
    source_settings({"platform": json.loads(sys.argv[2])}, "platform"),
    clock=OfficeClock(lambda: dt.datetime.combine(today, dt.time(1), dt.UTC), lambda: today),
)
# Not getrusage: its peak includes that of the process that started this one.
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({**report.fetched.counts(), "state": report.fetched.state, "peak": peak}))
"""


def pulled(*arguments: str) -> str:
    """What :data:`PULL` prints, in a process of its own, whose memory is measured."""
    done = subprocess.run(
        [sys.executable, "-c", PULL, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


@thorough
def test_two_years_of_20_sites_fit_into_memory_and_give_a_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    county = simulated_county(tmp_path / "simulated", projects=60, months=30, largest=25)
    county = busiest(county, sites=20, since="2024-01", until="2025-12-31")
    workspace = new_workspace(tmp_path / "workspace")
    with serving(Platform(county)) as server:
        settings = section(server.url, since="2024-01-01", until="2025-12-31", max_pages=100_000)
        report = json.loads(pulled(str(workspace.root), json.dumps(settings)))
    assert report["state"] == "complete"
    assert report["rows"] == {
        "organizations": len(county.names),
        "projects": 20,
        "contracts": len(county.roles),
        "payrolls": len(county.wages),
        "payments": sum(len(wage.paid) for wage in county.wages),
        "attendance": sum(len(months) for months in county.months.values()),
    }
    assert report["requests"] > 5000
    assert report["peak"] < MOST_MEGABYTES

    def said(*arguments: str) -> str:
        capsys.readouterr()
        assert main(["-w", str(workspace.root), "--lang", "en", *arguments]) == 0
        return capsys.readouterr().out

    said("train", "--as-of", "2026-01-12")
    said("publish", "--as-of", "2026-01-12")
    listed = json.loads(said("watchlist", "--format", "json"))
    codes = {flag["code"] for entry in listed["entries"] for flag in entry["red_flags"]}
    assert "wages_overdue" in codes
    shown = said("watchlist")
    missing = "accounts, transfers, deposits, complaints, cases, inspections"
    assert f"Missing feeds: {missing}, disputes, listings, operations." in " ".join(shown.split())
