"""Candidates right after an import, without any list, and the page that confirms them."""

from __future__ import annotations

import re
import time

import pytest

from risk.workspace import Workspace
from serving.app import create_app
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.complaint_links.current import (
    candidates_outdated,
    load_candidates,
    refresh_candidates,
)
from serving.complaint_links.queries import newest_rows
from serving.db.database import Database
from serving.db.tables import LINK_DECISIONS
from serving.ingest.importer import import_waiting
from serving.settings import load_settings
from serving.worker.runner import main as run_worker
from serving.worker.scheduler import Scheduler

from ..conftest import served
from ..site import add_user, signed_in
from .test_named import stored, write_ledgers


@pytest.fixture
def workspace(tmp_path, wagewatch):
    done = wagewatch("-w", str(tmp_path / "w"), "import", str(write_ledgers(tmp_path / "in", 12)))
    assert done.returncode == 0, done.stderr
    return Workspace(tmp_path / "w")


@pytest.fixture
def database(workspace):
    with Database(f"sqlite:///{workspace.service_database}") as opened:
        yield opened


def test_candidates_are_there_after_an_import_without_a_list(workspace, database):
    assert newest_rows(database, OFFICE) == ()
    assert candidates_outdated(workspace, database.engine)
    assert run_worker([str(workspace.root), "candidates"]) == 0
    assert not candidates_outdated(workspace, database.engine)
    rows = newest_rows(database, OFFICE)
    assert len(rows) == 12
    for row in rows:
        best = row["candidates"][0]
        assert int(best["id"][1:]) == 2 * int(row["complaint_id"][1:]) + 2
        assert best["unique"]


def test_candidates_are_replaced_after_the_next_import(workspace, database, tmp_path, wagewatch):
    refresh_candidates(workspace, database)
    first = load_candidates(database.engine)
    more = tmp_path / "more"
    more.mkdir()
    (more / "complaints.csv").write_text(
        "投诉编号,受理日期,反映项目\nT900,2026-01-05,无人知道的工程\n", encoding="utf-8"
    )
    assert wagewatch("-w", str(workspace.root), "import", str(more)).returncode == 0
    assert candidates_outdated(workspace, database.engine)
    refresh_candidates(workspace, database)
    again = load_candidates(database.engine)
    assert {row["complaint_id"] for row in again.rows} == {
        "T900",
        *(row["complaint_id"] for row in first.rows),
    }


def test_the_scheduler_computes_them_when_records_changed(workspace, database):
    keeper = Scheduler(workspace, database, workspace.root / "service.log")
    until = time.monotonic() + 60
    while load_candidates(database.engine) is None and time.monotonic() < until:
        keeper.run_jobs()
        time.sleep(0.05)
    keeper.stop()
    assert len(newest_rows(database, OFFICE)) == 12


@pytest.fixture
def site(workspace, database):
    refresh_candidates(workspace, database)
    add_user(database, "inspector", Role.INSPECTOR)
    with served(create_app(load_settings(workspace), database, key="k" * 43)) as url:
        client = signed_in(url, "inspector")
        yield client
        client.close()


def test_page_shows_the_two_texts_and_the_probability_only_after_the_choice(site):
    page = site.get("/links").text
    entries = page.split('<ol class="entries">')[1]
    assert not re.search(r"\d+ ?%", re.sub(r'href="[^"]*"', "", entries))  # addresses have % too
    form = re.search(r'hx-post="/links/(T\d+)".*?name="project_id" value="(P\d+)"', page, re.S)
    done = site.post(f"/links/{form[1]}", data={"project_id": form[2]})
    assert re.search(r"推算概率 \d+%", done.text)
    assert re.search(r"\d+%", site.get("/links?state=decided").text)


def test_page_confirms_all_that_name_one_project(site, workspace, database):
    page = site.get("/links").text
    assert "12 件投诉写的恰好是某一个项目的名称" in page
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page)[1]
    changed = site.post("/links-by-name", data={"shown": "0" * 64})
    assert changed.status_code == 422
    assert "请刷新页面" in changed.text
    assert stored(workspace, LINK_DECISIONS) == []
    assert site.post("/links-by-name", data={"shown": shown}).status_code == 200
    rows = stored(workspace, LINK_DECISIONS)
    assert {(row.rule, row.decided_by) for row in rows} == {("named_together", "inspector")}
    assert len(rows) == 12
    assert import_waiting(workspace, database) == 1
    refresh_candidates(workspace, database)
    assert "件投诉写的恰好是" not in site.get("/links").text
    assert "按名称一并确认" in site.get("/links?state=decided").text
