"""Complaints that name their project, linked by one confirmation or by the office's rule."""

from __future__ import annotations

import csv
import datetime as dt
import json

import pytest
from sqlalchemy import select

from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.db.database import Database
from serving.db.tables import AUDIT, LINK_DECISIONS

from ...conftest import thorough

PLACES = ("云渡", "石桥", "沙坪", "柳营", "东塬", "北汀", "青岗", "南陌", "荷塘", "松岭")
KINDS = ("小学食堂", "污水管网", "安置房", "卫生院改造")


def days_ago(days):
    return (clock.today() - dt.timedelta(days=days)).isoformat()


def write_ledgers(folder, complaints=60, projects=120):
    """Projects, and complaints that name every other one of them; a third leaves out 镇."""
    folder.mkdir(parents=True)
    names = [
        f"{PLACES[n % 10]}镇{KINDS[n % 4]}{n}号"
        if n % 3
        else f"{PLACES[n % 10]}镇{KINDS[n % 4]}{n}标段"
        for n in range(1, projects + 1)
    ]
    with (folder / "projects.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [("项目编码", "项目名称", "行政区划代码", "开工日期")]
        rows += [(f"P{n:03}", name, "990101", days_ago(500)) for n, name in enumerate(names, 1)]
        csv.writer(file).writerows(rows)
    with (folder / "complaints.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [("投诉编号", "受理日期", "反映项目", "涉及人数")]
        for n in range(complaints):
            name = names[2 * n + 1]
            said = name.replace("镇", "") if n % 3 == 0 else name
            rows.append((f"T{n:03}", days_ago(20 + n % 40), said, 5))
        csv.writer(file).writerows(rows)
    return folder


@pytest.fixture
def office(tmp_path, wagewatch):
    """Calls the command in a workspace with the ledgers imported."""
    ledgers = write_ledgers(tmp_path / "in")
    root = tmp_path / "w"

    def run(*arguments, code=0):
        done = wagewatch("-w", str(root), *arguments)
        assert done.returncode == code, done.stderr
        return done

    run.workspace = Workspace(root)
    run.first = run("import", str(ledgers))
    return run


def stored(workspace, table):
    with (
        Database(f"sqlite:///{workspace.service_database}") as database,
        database.engine.connect() as connection,
    ):
        return connection.execute(select(table)).all()


def decisions(office):
    return stored(office.workspace, LINK_DECISIONS), stored(office.workspace, AUDIT)


def test_screens_say_how_many_complaints_have_no_project(office):
    said = "60 件投诉还没有对应项目，其中 60 件写的恰好是某一个项目的名称"
    assert said in office.first.stdout
    assert "wagewatch link exact --confirm" in office.first.stdout
    assert said in office("records").stdout
    counts = {"without_project": 60, "naming_one_project": 60}
    assert json.loads(office("records", "--json").stdout)["complaints"] == counts


def test_one_confirmation_links_all_and_records_it(office):
    listed = json.loads(office("link", "exact", "--format", "json").stdout)
    assert len(listed) == 60
    assert {one["likeness"] for one in listed} == {"equal", "nearly"}
    assert all(int(one["project_id"][1:]) == 2 * int(one["complaint_id"][1:]) + 2 for one in listed)
    assert decisions(office)[0] == []
    assert "已按名称关联 60 件投诉" in office("link", "exact", "--confirm").stdout
    rows, audit = decisions(office)
    assert {(row.rule, row.decision, row.decided_on) for row in rows} == {
        ("named_together", "linked", clock.today())
    }
    assert len({row.decided_by for row in rows}) == 1
    assert [row.subject for row in audit] == ["link exact --confirm"]
    with RecordStore(office.workspace.records, read_only=True) as store:
        links = store.rows("SELECT complaint_id, project_id, known_at FROM links ORDER BY 1")
    assert links == [(f"T{n:03}", f"P{2 * n + 2:03}", clock.today()) for n in range(60)]
    assert "没有对应项目" not in office("records").stdout
    assert json.loads(office("link", "exact", "--format", "json").stdout) == []


def test_only_equal_leaves_the_others_open(office):
    office("link", "exact", "--confirm", "--only-equal")
    assert len(decisions(office)[0]) == 40
    assert "20 件投诉还没有对应项目" in office("records").stdout


def test_since_known_counts_from_when_complaint_and_name_were_known(office):
    office("link", "exact", "--confirm", "--since-known")
    with RecordStore(office.workspace.records, read_only=True) as store:
        differing = store.rows(
            "SELECT l.complaint_id FROM links l JOIN complaints c USING (complaint_id)"
            " JOIN projects p ON p.project_id = l.project_id"
            " WHERE l.known_at <> greatest(c.known_at, p.known_at)"
        )
        early = store.rows("SELECT count(*) FROM links WHERE known_at < $1", [clock.today()])
    assert (differing, early) == ([], [(60,)])


@thorough
def test_after_one_confirmation_the_list_is_led_by_the_projects_complained_of(office):
    office("link", "exact", "--confirm", "--since-known")
    office("train", "--as-of", str(clock.today()))
    published = office("publish", "--as-of", str(clock.today()))
    assert "没有对应项目" not in published.stdout
    entries = json.loads(office("watchlist", "--format", "json").stdout)["entries"]
    chosen = [one for one in entries if one["selection"] == "risk"]
    assert len(chosen) == 18
    assert all(int(one["project_id"][1:]) % 2 == 0 for one in chosen)
    assert min(one["probability"] for one in chosen) > 0.03


RULE = """
[links]
equal_names = "link"
confirmed_by = "李主任"
confirmed_on = "2026-11-01"
"""


def test_the_rule_of_the_office_links_equal_names_after_an_import(tmp_path, wagewatch):
    root = tmp_path / "w"
    wagewatch("-w", str(root), "init")
    (root / "wagewatch.toml").write_text(RULE, encoding="utf-8")
    done = wagewatch("-w", str(root), "import", str(write_ledgers(tmp_path / "in")))
    assert "按已确认的规则关联 40 件投诉" in done.stderr
    assert "20 件投诉还没有对应项目，其中 20 件" in done.stdout
    rows = stored(Workspace(root), LINK_DECISIONS)
    assert {(row.rule, row.decided_by) for row in rows} == {("equal_name", "李主任")}
    again = wagewatch("-w", str(root), "import", str(tmp_path / "in"))
    assert again.returncode == 0
    assert "按已确认的规则" not in again.stderr


def test_the_rule_needs_who_confirmed_it(tmp_path, wagewatch):
    root = tmp_path / "w"
    wagewatch("-w", str(root), "init")
    (root / "wagewatch.toml").write_text('[links]\nequal_names = "link"\n', encoding="utf-8")
    done = wagewatch("-w", str(root), "link")
    assert done.returncode == 1
    assert "confirmed_by" in done.stderr
