"""A pull: whole units only, the same records whatever interrupts it, and a log without persons."""

from __future__ import annotations

import datetime as dt
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.sources.errors import PullRunning, SourceUnavailable, UnitRefused
from risk.sources.kinds import KINDS, source_settings
from risk.sources.pull import OfficeClock, pull_source, try_source
from risk.sources.pull_log import logged_pulls, taken_units
from risk.sources.settings import SourceSettings
from risk.sources.source import PulledRow, SourceContext, Unit
from risk.sources.spool import lock
from risk.store.row_sums import ROW_SUMS
from risk.store.store import RecordStore
from risk.workspace import Workspace

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 2)


class Killed(BaseException):
    """In place of a signal: nothing handles it."""


def project(code: str) -> PulledRow:
    return PulledRow(
        "projects",
        {
            "project_id": code,
            "project_name": "滨河安置房 电话13912345678",
            "region_code": "990101",
            "sector": "building",
            "funding": "government",
            "owner_id": None,
            "contractor_id": None,
            "started_on": dt.date(2025, 1, 6),
        },
    )


def payment(code: str, month: int, amount: str) -> PulledRow:
    return PulledRow(
        "payments",
        {
            "payment_id": f"{code}-{month}",
            "payroll_id": f"L{code}-{month}",
            "paid_on": dt.date(2025, month, 20),
            "amount": Decimal(amount),
        },
    )


class Office:
    """Source of two projects with a unit per project and month; ``fails`` at one of its units."""

    class Settings(SourceSettings):
        """No settings of its own."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self.amounts: dict[str, str] = {}

    @contextmanager
    def open_source(self, settings: SourceSettings, context: SourceContext) -> Iterator[Office]:
        self.context = context
        yield self

    def units(self, taken: Mapping[str, str]) -> Iterator[Unit]:
        self.taken = dict(taken)
        for code in ("P1", "P2"):
            yield Unit(f"{code}/projects", lambda code=code: self._fetch(code, 0))
            for month in (1, 2):
                yield Unit(
                    f"{code}/2025-0{month}",
                    lambda code=code, month=month: self._fetch(code, month),
                    once=month == 1,
                    mark=lambda month=month: f"m{month}",
                )

    def _fetch(self, code: str, month: int) -> Iterator[PulledRow]:
        key = f"{code}/2025-0{month}" if month else f"{code}/projects"
        self.asked.append(key)
        self.context.meter.count_request()
        if not month:
            yield project(code)
        else:
            yield payment(code, month, self.amounts.get(key, "1000.50"))
        if key in self.fails:
            raise self.fails.pop(key)
        if month:
            yield payment(f"{code}b", month, "20")


@pytest.fixture
def office(monkeypatch) -> Office:
    kind = Office()
    module = types.ModuleType("office_source")
    module.Settings, module.open_source = Office.Settings, kind.open_source
    monkeypatch.setitem(sys.modules, "office_source", module)
    monkeypatch.setitem(KINDS, "office", "office_source")
    return kind


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "wagewatch.toml").write_text("", encoding="utf-8")
    return Workspace(tmp_path)


def pull(workspace: Workspace, *, today: dt.date = TODAY, again: bool = False, **settings):
    parsed = source_settings({"office": {"kind": "office", **settings}}, "office")
    return pull_source(
        workspace, parsed, clock=OfficeClock(lambda: NOW, lambda: today), again=again
    )


def records(workspace: Workspace) -> list[tuple]:
    with RecordStore(workspace.records, read_only=True) as store:
        return [
            row
            for table in TABLES.values()
            for row in store.rows(
                f"SELECT {', '.join(f.name for f in table.fields)}, known_at, dated_by"
                f" FROM {table.name} ORDER BY ALL"
            )
        ]


def test_a_pull_imports_all_units_and_a_second_one_repeats_them(office, workspace):
    first = pull(workspace)
    assert first.fetched.state == "complete"
    assert first.fetched.rows == {"projects": 2, "payments": 8}
    assert [(f.file, f.accepted) for f in first.report.files] == [
        ("office/projects.csv", 2),
        ("office/payments.csv", 8),
    ]
    before = records(workspace)
    office.asked.clear()
    second = pull(workspace)
    # Closed months are not asked again.
    assert office.asked == ["P1/projects", "P1/2025-02", "P2/projects", "P2/2025-02"]
    assert office.taken["P1/2025-01"] == "m1"
    assert {f.file: (f.accepted, f.repeated) for f in second.report.files} == {
        "office/projects.csv": (0, 2),
        "office/payments.csv": (0, 4),
    }
    assert records(workspace) == before
    assert not (workspace.sources / "office" / "spool").exists()
    with RecordStore(workspace.records, read_only=True) as store:
        counted = dict(store.rows(f"SELECT table_name, sum(count) FROM {ROW_SUMS} GROUP BY ALL"))
    assert counted == {"projects": 2, "payments": 8}


def test_a_changed_row_is_known_on_the_day_of_the_pull(office, workspace):
    pull(workspace)
    office.amounts["P1/2025-02"] = "900"
    pull(workspace, today=TODAY + dt.timedelta(days=7))
    with RecordStore(workspace.records, read_only=True) as store:
        found = store.rows(
            "SELECT amount, known_at FROM payments WHERE payment_id = 'P1-2' ORDER BY known_at"
        )
    assert found == [(100050, dt.date(2025, 2, 20)), (90000, dt.date(2026, 3, 9))]


def test_killed_anywhere_and_pulled_again_gives_the_same_records(office, workspace, tmp_path):
    whole = Workspace(tmp_path / "whole")
    whole.root.mkdir()
    pull(whole)
    for key in ("P1/2025-01", "P2/projects", "P2/2025-02"):
        office.fails[key] = Killed()
        with pytest.raises(Killed):
            pull(workspace)
        # What was fetched is not asked again.
        office.asked.clear()
    done = pull(workspace)
    assert office.asked == ["P2/2025-02"]
    assert done.fetched.rows == {"projects": 2, "payments": 8}
    assert records(workspace) == records(whole)


def test_units_left_from_another_day_are_stored_before_all_is_fetched_anew(office, workspace):
    office.fails["P2/projects"] = Killed()
    with pytest.raises(Killed):
        pull(workspace)
    office.asked.clear()
    pull(workspace, today=TODAY + dt.timedelta(days=1))
    # The closed month of P1 came on the first day, the open ones may be out of date.
    expected = ["P1/projects", "P1/2025-02", "P2/projects", "P2/2025-01", "P2/2025-02"]
    assert office.asked == expected
    with RecordStore(workspace.records, read_only=True) as store:
        assert [one.state for one in logged_pulls(store)] == ["complete", "interrupted"]


def test_a_failure_of_the_source_keeps_whole_units_and_is_logged(office, workspace):
    office.fails["P1/2025-02"] = SourceUnavailable(source="office", reason="http_503")
    done = pull(workspace)
    assert done.fetched.state == "interrupted"
    assert done.fetched.rows == {"projects": 1, "payments": 2}
    with RecordStore(workspace.records, read_only=True) as store:
        [logged] = logged_pulls(store, "office")
        assert set(taken_units(store, "office")) == {"P1/projects", "P1/2025-01"}
    assert logged.counts["units"] == 2
    assert "http_503" in logged.error["en"]


def test_a_refused_unit_is_reported_and_the_others_go_on(office, workspace):
    office.fails["P1/2025-02"] = UnitRefused(source="office", detail="no such method")
    done = pull(workspace)
    assert done.fetched.state == "complete"
    assert done.as_json("en")["pull"]["refused"] == [
        {"unit": "P1/2025-02", "message": "Source office refused the request: no such method"}
    ]
    assert done.fetched.rows == {"projects": 2, "payments": 6}


@pytest.mark.parametrize(
    ("bound", "rows"),
    [
        ({"max_pages": 2}, {"projects": 1, "payments": 2}),
        ({"max_rows": 4}, {"projects": 1, "payments": 2}),
    ],
)
def test_a_bound_ends_the_pull_after_a_whole_unit_and_the_next_goes_on(
    office, workspace, bound, rows
):
    done = pull(workspace, **bound)
    assert (done.fetched.state, done.fetched.rows) == ("bounded", rows)
    assert pull(workspace).fetched.state == "complete"
    with RecordStore(workspace.records, read_only=True) as store:
        assert store.rows("SELECT count(*) FROM payments") == [(8,)]


def test_again_fetches_closed_units_too(office, workspace):
    pull(workspace)
    office.asked.clear()
    pull(workspace, again=True)
    assert len(office.asked) == 6


def test_a_trial_stores_nothing(office, workspace):
    office.fails["P2/2025-01"] = SourceUnavailable(source="office", reason="cut")
    settings = source_settings({"office": {"kind": "office"}}, "office")
    tried = try_source(workspace, settings, clock=OfficeClock(lambda: NOW, lambda: TODAY))
    assert tried.report.tables["payments"].accepted == 5  # the last is of a unit cut short
    assert sorted(path.name for path in workspace.root.rglob("*")) == ["wagewatch.toml"]


def test_rows_wait_in_files_for_their_owner_only_and_without_telephones(office, workspace):
    office.fails["P1/2025-01"] = Killed()
    with pytest.raises(Killed):
        pull(workspace)
    spool = workspace.sources / "office" / "spool"
    files = list(spool.iterdir())
    assert {path.name for path in files} == {"units.jsonl", "projects.csv"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert b"13912345678" not in b"".join(path.read_bytes() for path in files)


def test_two_pulls_of_a_source_exclude_each_other(office, workspace):
    with lock(workspace.sources / "office", "office"), pytest.raises(PullRunning):
        pull(workspace)
