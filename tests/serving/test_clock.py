from __future__ import annotations

import ast
import datetime as dt
import time
from pathlib import Path

import pytest

import serving
from risk.contract import TABLES
from risk.workspace import Workspace
from serving import clock
from serving.auth.principal import OFFICE
from serving.ingest.submissions import build_submission, check_submission
from serving.settings import SettingsInvalid, load_settings

EARLY = dt.datetime(2025, 6, 30, 16, 30, tzinfo=dt.UTC)
"""Half past midnight of 1 July in Beijing."""

_BARE = {"astimezone", "today", "now", "utcnow"}


@pytest.fixture(autouse=True)
def _restored_timezone():
    yield
    clock.set_timezone(clock.DEFAULT_TIMEZONE)


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/Anchorage"])
def _machine_in(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_machine_in")
def test_office_date_does_not_depend_on_the_machine():
    assert clock.office_date(EARLY) == dt.date(2025, 7, 1)
    assert clock.office_date(EARLY - dt.timedelta(minutes=31)) == dt.date(2025, 6, 30)
    assert clock.office_noon(dt.date(2025, 7, 1)).isoformat() == "2025-07-01T12:00:00+08:00"


@pytest.mark.usefixtures("_machine_in")
def test_visit_before_eight_in_the_morning_is_no_visit_of_tomorrow():
    table = TABLES["inspections"]
    visit = {
        "inspection_id": "J1",
        "project_id": "P1",
        "inspected_on": "2025-07-01",
        "arrears_found": True,
        "known_at": clock.office_date(EARLY).isoformat(),
    }
    submission = build_submission(table, [visit], OFFICE, EARLY)
    assert check_submission(table, submission) == []
    assert submission.received_on == dt.date(2025, 7, 1)


def test_office_timezone_is_a_setting(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    workspace.settings_file.write_text('[office]\ntimezone = "Asia/Urumqi"\n', encoding="utf-8")
    assert load_settings(workspace).office.timezone == "Asia/Urumqi"
    assert clock.office_date(EARLY) == dt.date(2025, 6, 30)
    monkeypatch.setenv("WAGEWATCH_OFFICE__TIMEZONE", "Asia/Shanghai")
    load_settings(workspace)
    assert clock.office_date(EARLY) == dt.date(2025, 7, 1)


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "../etc", "Asia", "x" * 300])
def test_unknown_timezone_is_refused(tmp_path, name):
    workspace = Workspace(tmp_path)
    workspace.settings_file.write_text(f'[office]\ntimezone = "{name}"\n', encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(workspace)
    assert "Asia/Shanghai" in refused.value.message("zh")


def test_only_the_clock_reads_the_time_of_the_machine():
    """Everything else takes days from the clock; ``now(UTC)`` of lower floors is a moment."""
    root = Path(serving.__file__).parents[1]
    found = []
    for package in ("risk", "features", "models", "training", "serving"):
        for path in sorted((root / package).rglob("*.py")):
            if path.name != "clock.py":
                found += [f"{path.relative_to(root)}:{line}" for line in _bare_calls(path)]
    assert found == []


def _bare_calls(path: Path) -> list[int]:
    """Lines that call ``today()``, ``now()`` or ``astimezone()`` of a date without a time zone."""
    text = path.read_text("utf-8")
    if not any(f".{name}()" in text for name in _BARE):
        return []  # most files; to parse all takes seconds
    calls = [node for node in ast.walk(ast.parse(text)) if _is_method(node)]
    return [call.lineno for call in calls if not call.args and not call.keywords]


def _is_method(node: ast.AST) -> bool:
    # clock.now() and clock.today() are functions of a module.
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _BARE
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "clock")
    )


def test_bare_calls_are_found(tmp_path):
    path = tmp_path / "example.py"
    path.write_text("a = dt.date.today()\nb = moment.astimezone()\nc = clock.today()\n", "utf-8")
    assert _bare_calls(path) == [1, 2]
