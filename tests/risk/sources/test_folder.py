"""Folders in which other systems drop files: each once, complete, and never through a link."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from pathlib import Path

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.layouts.layout import ColumnRule, Layout
from risk.intake.layouts.layout_file import write_layout
from risk.sources.folder import FolderSource, Settings
from risk.sources.json_rows import json_rows
from risk.sources.kinds import source_settings
from risk.sources.meter import Bounds, Meter
from risk.sources.pull import OfficeClock, PullReport, pull_source
from risk.sources.source import SourceContext
from risk.store.store import RecordStore
from risk.workspace import Workspace

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 2)
PAYMENTS = "发放编号,工资表编号,发放日期,实发金额\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / "wagewatch.toml").write_text("", encoding="utf-8")
    return Workspace(folder)


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    folder = tmp_path / "dropped"
    folder.mkdir()
    return folder


def drop(path: Path, content: str, *, seconds_ago: float = 3600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    at = time.time() - seconds_ago
    os.utime(path, (at, at))
    return path


def pull(workspace: Workspace, dropped: Path, **more) -> PullReport:
    section = {"kind": "folder", "path": str(dropped), **more}
    return pull_source(
        workspace,
        source_settings({"drop": section}, "drop"),
        clock=OfficeClock(lambda: NOW, lambda: TODAY),
    )


def payments(workspace: Workspace) -> list[tuple]:
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows("SELECT payment_id, amount FROM payments ORDER BY ALL")


def test_a_file_is_taken_once_by_its_content(workspace, dropped):
    drop(dropped / "9月" / "工资发放.csv", f"{PAYMENTS}F1,G1,2025-09-20,100.50\n")
    first = pull(workspace, dropped)
    assert first.report.files[0].file == "9月/工资发放.csv"
    assert payments(workspace) == [("F1", 10050)]
    drop(dropped / "又一份工资发放.csv", f"{PAYMENTS}F1,G1,2025-09-20,100.50\n")
    second = pull(workspace, dropped)
    assert (second.fetched.units, second.report.files) == ((), ())
    drop(dropped / "工资发放2.csv", f"{PAYMENTS}F2,G1,2025-09-21,3\n")
    assert pull(workspace, dropped).report.tables["payments"].accepted == 1


def test_rows_that_come_again_in_another_file_are_repeated(workspace, dropped):
    drop(dropped / "工资发放-1.csv", f"{PAYMENTS}F1,G1,2025-09-20,100.50\n")
    pull(workspace, dropped)
    drop(dropped / "工资发放-2.csv", f"{PAYMENTS}F1,G1,2025-09-20,100.50\nF2,G1,2025-09-21,3\n")
    totals = pull(workspace, dropped).report.tables["payments"]
    assert (totals.accepted, totals.repeated) == (1, 1)


def test_files_that_are_still_written_and_links_are_left(workspace, dropped, tmp_path):
    elsewhere = drop(tmp_path / "payments.csv", f"{PAYMENTS}F9,G1,2025-09-20,1\n")
    drop(dropped / "payments-1.csv", f"{PAYMENTS}F1,G1,2025-09-20,1\n", seconds_ago=5)
    drop(dropped / "payments-2.csv.part", f"{PAYMENTS}F2,G1,2025-09-20,1\n")
    drop(dropped / "payments-3.csv", "")
    drop(dropped / ".payments-4.csv", f"{PAYMENTS}F4,G1,2025-09-20,1\n")
    (dropped / "payments-5.csv").symlink_to(elsewhere)
    (dropped / "more").symlink_to(tmp_path / "office")
    done = pull(workspace, dropped)
    assert done.fetched.units == ()
    left = ["more", "payments-1.csv", "payments-2.csv.part", "payments-3.csv", "payments-5.csv"]
    assert sorted(done.fetched.meter.skipped) == left
    os.utime(dropped / "payments-1.csv", (0, 0))
    pull(workspace, dropped)
    assert payments(workspace) == [("F1", 100)]


def test_a_file_that_changes_while_it_is_read_waits(workspace, dropped):
    path = drop(dropped / "payments.csv", f"{PAYMENTS}F1,G1,2025-09-20,1\n")
    settings = Settings(name="drop", kind="folder", path=str(dropped))
    context = SourceContext(workspace.root, TODAY, Meter(Bounds()))
    [unit] = FolderSource(settings, context).units({})
    assert len(list(unit.fetch())) == 1
    assert unit.mark() == "payments.csv"
    drop(path, f"{PAYMENTS}F1,G1,2025-09-20,1\nF2,G1")
    with pytest.raises(Exception, match="changed while it was being read"):
        unit.mark()


def test_taken_files_are_moved_if_asked_and_refused_ones_stay(workspace, dropped):
    drop(dropped / "payments.csv", f"{PAYMENTS}F1,G1,2025-09-20,1\n")
    drop(dropped / "done" / "payments.csv", "of last month")
    drop(dropped / "工资表.csv", "a,b\n1,2\n")
    done = pull(workspace, dropped, after="move")
    assert [failure.fields["file"] for failure in done.report.failed] == ["工资表.csv"]
    assert not (dropped / "payments.csv").exists()
    [moved] = [path for path in (dropped / "done").iterdir() if path.name != "payments.csv"]
    assert moved.name.startswith("payments-")
    assert (dropped / "工资表.csv").exists()
    # The file that could not be read is tried again.
    assert len(pull(workspace, dropped, after="move").fetched.units) == 1


def test_a_workbook_is_read_by_the_layout_named(workspace, dropped):
    table = TABLES["payments"]
    headings = ("流水", "批次", "日期", "金额", "姓名")
    fields = ("payment_id", "payroll_id", "paid_on", "amount", "")
    layout = Layout("platform", table, headings, tuple(map(ColumnRule, headings, fields)))
    write_layout(workspace.layouts, layout.confirm("office", NOW))
    book = openpyxl.Workbook()
    book.active.append(headings)
    book.active.append(["F1", "G1", "2025-09-20", 12.5, "张三丰"])
    book.save(dropped / "导出.xlsx")
    os.utime(dropped / "导出.xlsx", (0, 0))
    rows = [dict(zip(reversed(headings), ["张三丰", 7, "2025-09-21", "G1", "F2"], strict=True))]
    drop(dropped / "导出.json", json.dumps({"total": 1, "rows": rows}))
    done = pull(workspace, dropped, layout="platform")
    assert done.report.failed == ()
    assert payments(workspace) == [("F1", 1250), ("F2", 700)]
    files = [path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()]
    assert not any("张三丰".encode() in content for content in files)


def test_lines_of_json_are_rows_and_numbers_are_exact(workspace, dropped):
    lines = [
        {"payment_id": "F1", "payroll_id": "G1", "paid_on": "2025-09-20", "amount": 0.1},
        {"payment_id": "F2", "payroll_id": None, "paid_on": "2025-09-20", "amount": 1},
    ]
    drop(dropped / "payments.jsonl", "\n".join(map(json.dumps, lines)))
    done = pull(workspace, dropped)
    assert payments(workspace) == [("F1", 10)]
    assert done.report.tables["payments"].quarantined == 1


@pytest.mark.parametrize(
    ("name", "content", "row"),
    [
        ("payments.json", '[{"a": 1}, 3]', 2),
        ("payments.json", '[{"a": {"b": 1}}]', 1),
        ("payments.json", '[{"a": NaN}]', 0),
        ("payments.json", '[{"a": 1, "a": 2}]', 0),
        ("payments.json", '{"a": [], "b": []}', 0),
        ("payments.json", "[" * 100_000, 0),
        ("payments.jsonl", '{"a": 1}\n{"a": ', 2),
        ("payments.jsonl", '{"a": "' + "x" * 1_100_000 + '"}', 1),
    ],
)
def test_a_json_file_that_is_no_rows_is_refused(tmp_path, name, content, row):
    path = drop(tmp_path / name, content)
    with pytest.raises(Exception, match="Cannot read") as caught:
        list(json_rows(path, "drop"))
    assert caught.value.fields["row"] == row


def test_a_json_file_of_no_known_table_is_refused_and_named(workspace, dropped):
    drop(dropped / "x.json", '[{"payment_id": "F1"}]')
    [(_, refusal)] = pull(workspace, dropped).fetched.refused
    assert refusal.code == "json_table_unknown"
    assert "x.json" in refusal.message("zh")


def test_a_folder_that_is_not_there_ends_the_pull(workspace, dropped):
    error = pull(workspace, dropped / "gone").fetched.error
    assert error.code == "folder_unreadable"
