"""The record store has the memory limit of the settings, whoever opens it."""

from __future__ import annotations

import pytest

from risk.store.store import RecordStore
from serving import server
from serving.analysis import open_workspace
from serving.db.database import Database
from serving.worker import runner

GB_250 = "238.4 MiB"
"""0.25 GB as DuckDB shows it."""


@pytest.fixture
def limits(monkeypatch):
    """The memory limits of the record stores that were open, noted when each is closed."""
    found, close = [], RecordStore.close

    def noted(store):
        found.append(store.rows("SELECT current_setting('memory_limit')")[0][0])
        close(store)

    monkeypatch.setattr(RecordStore, "close", noted)
    return found


@pytest.fixture
def small(workspace):
    """A workspace whose settings give the record store 0.25 GB."""
    settings = workspace.settings_file.read_text(encoding="utf-8")
    assert "# memory_gb = 4.0" in settings
    small = settings.replace("# memory_gb = 4.0", "memory_gb = 0.25")
    workspace.settings_file.write_text(small, encoding="utf-8")
    RecordStore(workspace.records).close()
    return workspace


def test_a_command_keeps_the_limit_of_the_settings(small, wagewatch, limits):
    assert wagewatch("records").returncode == 0
    assert limits == [GB_250]


def test_the_environment_goes_before_the_settings(small, wagewatch, limits):
    assert wagewatch("records", WAGEWATCH_RECORDS__MEMORY_GB="0.5").returncode == 0
    assert limits == ["476.8 MiB"]


@pytest.mark.parametrize("option", ["-w{}", "--workspace={}"])
def test_the_limit_is_that_of_the_workspace_named(option, small, tmp_path, wagewatch, limits):
    named = option.format(small.root)
    there = str(tmp_path / "elsewhere")
    assert wagewatch(named, "records", WAGEWATCH_WORKSPACE=there).returncode == 0
    assert limits == [GB_250]


def test_a_job_keeps_the_limit_of_the_settings(small, limits):
    assert runner.main([str(small.root), runner.OVERVIEW_ONLY]) == 0
    assert set(limits) == {GB_250}


def test_the_service_keeps_the_limit_of_the_settings(small, monkeypatch):
    monkeypatch.setenv(server.SERVED, str(small.root))
    monkeypatch.setattr(server, "log_to", lambda path: None)
    app = server.create_served_app()
    try:
        assert app.state.workspace.memory_gb == 0.25
    finally:
        app.state.database.close()


def test_analysis_keeps_the_limit_of_the_settings(small):
    Database(f"sqlite:///{small.service_database}").close()
    assert open_workspace(small.root).workspace.memory_gb == 0.25
