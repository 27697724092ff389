"""An isolated copy of the service calls nobody and runs nothing."""

from __future__ import annotations

import pytest

from serving.cli.serve import serve_workspace
from serving.server import without_receivers
from serving.settings import AuditSettings, Settings
from serving.terminal.context import CliContext
from serving.worker.scheduler import Scheduler


@pytest.mark.parametrize("isolated", [False, True])
def test_an_isolated_service_starts_no_background_work(workspace, monkeypatch, capsys, isolated):
    done = []
    monkeypatch.setattr(Scheduler, "start", lambda _: done.append("scheduler"))
    monkeypatch.setattr("serving.server.run_server", lambda *_, **how: done.append(how["isolated"]))
    serve_workspace(CliContext(workspace, "en"), port=0, isolated=isolated)
    assert done == ([True] if isolated else ["scheduler", False])
    assert ("nothing is pulled or sent" in capsys.readouterr().err) == isolated


def test_heads_of_a_copy_stay_in_its_own_folder():
    audit = AuditSettings(heads_file="/share/heads", syslog="10.0.0.8:514", webhook="https://x")
    found = without_receivers(Settings(audit=audit, language="en"))
    assert (found.audit.heads_file, found.audit.syslog, found.audit.webhook) == ("", "", "")
    assert (found.language, found.audit.unwritten) == ("en", audit.unwritten)
