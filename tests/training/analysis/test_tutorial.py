"""The tutorial runs as it stands, on a simulated county, and is short."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from models.registry import Registry
from risk.workspace import Workspace
from serving.settings import default_toml

from ...conftest import thorough

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tutorials" / "data-science.md"


def program() -> str:
    """The Python blocks of the page, one after the other."""
    return "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))


def test_the_tutorial_is_one_program_of_fewer_than_eighty_lines():
    written = program()
    compile(written, str(PAGE), "exec")
    assert 40 < len([line for line in written.splitlines() if line.strip()]) < 80


@thorough
@pytest.mark.filterwarnings("ignore")
def test_the_tutorial_runs(county, county_trained, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    workspace.root.mkdir()
    workspace.settings_file.write_text(default_toml(), encoding="utf-8")
    shutil.copyfile(county.records, workspace.records)
    registry = Registry(workspace)
    registry.register(county_trained.model, {"trained_at": "2025-07-01"}, parameters={}, metrics={})
    registry.promote("1", who="test", why="tutorial")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(program(), str(PAGE), "exec"), names)
    assert (tmp_path / "beeswarm.png").stat().st_size > 10_000
    assert (tmp_path / "calibration.png").stat().st_size > 5_000
    assert min(names["scores"]["test_roc_auc"]) > 0.5
