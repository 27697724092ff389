"""The list of a month by one button: trained where due, published once, with its briefing."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import closing

import pytest
from sqlalchemy import select

from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import own_region, region_of_all, save_regions
from serving.auth.roles import Role
from serving.briefings.jobs import start_briefing
from serving.briefings.repository import Briefing, insert_briefing, list_briefings
from serving.clock import now
from serving.data_entry.service import start_month
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.db.tables import BRIEFINGS, JOBS
from serving.jobs.repository import claim_job, find_job
from serving.settings import load_settings
from serving.watchlists.repository import WatchlistRepository
from serving.worker.runner import run_job

from ...conftest import thorough
from ..conftest import LISTS
from ..site import add_user, signed_in, site_of

MAY = dt.date(2025, 5, 1)


@pytest.fixture
def opened(copy):
    with Database(f"sqlite:///{copy.service_database}") as database:
        yield database


@thorough
def test_a_published_list_is_briefed_and_not_changed(copy, opened):
    before = WatchlistRepository(opened).summaries()
    with site_of(copy) as site:
        supervisor = signed_in(site.url, "supervisor")
        refused = supervisor.post("/month/publish", data={"as_of": "2999-01-01"})
        assert (refused.status_code, "日期 2999-01-01 不对" in refused.text) == (422, True)
        asked = supervisor.post("/month/publish", data={"as_of": str(LISTS[1])})
        assert asked.headers["HX-Redirect"] == "/month"
        assert 'hx-get="/data/jobs/' in supervisor.get("/month").text
        supervisor.close()
    job = claim_job(opened.engine, now())
    assert job is not None
    assert (job.kind, job.asked_by) == ("monthly", "supervisor")
    run_job(copy, load_settings(copy), opened, job.job_id)
    done = find_job(opened.engine, job.job_id, OFFICE)
    assert (done.state, done.problem) == ("done", None)
    assert done.result["new"] is False
    assert done.result["trained"] is None
    assert done.result["entries"] == 8
    assert WatchlistRepository(opened).summaries() == before
    with opened.engine.connect() as connection:
        kinds = set(connection.execute(select(BRIEFINGS.c.format)).scalars())
        assert connection.execute(select(JOBS.c.state)).scalars().all() == ["done"]
    assert kinds == {"docx", "pdf", "html"}
    names = {path.name for path in (copy.root / "monthly" / str(LISTS[1])).iterdir()}
    assert {"scores.csv", "inspections.xlsx", "watchlist.pdf", "briefing-2025-03.docx"} <= names


def add_writer(database, role=Role.BRIEFER):
    """A person of the office's only county."""
    with database.engine.connect() as connection:
        region = region_of_all(connection)
    add_user(database, "writer", role, region)
    return region


def run_next(copy, database):
    job = claim_job(database.engine, now())
    assert job is not None
    run_job(copy, load_settings(copy), database, job.job_id)
    return find_job(database.engine, job.job_id, OFFICE)


@thorough
def test_a_writer_of_a_county_makes_and_reads_a_briefing(copy, opened):
    region = add_writer(opened)
    assert len(region) == 6
    with site_of(copy) as site, closing(signed_in(site.url, "writer")) as writer:
        assert "还没有月报" in writer.get("/briefings").text
        refused = writer.post("/briefings", data={"period": "2999-01"})
        assert (refused.status_code, "“2999-01”不是可以生成的月份" in refused.text) == (422, True)
        asked = writer.post("/briefings", data={"period": "2025-03"})
        assert asked.headers["HX-Redirect"] == "/briefings"
        done = run_next(copy, opened)
        assert (done.state, done.asked_by, done.region) == ("done", "writer", region)
        page = writer.get("/briefings").text
        assert "2025年3月月报" in page
        preview = re.search(r'href="(/briefings/\d+)"', page)
        files = re.findall(r'href="(/v1/briefings/\d+)"', page)
        assert preview is not None
        assert len(files) == 2
        shown = writer.get(preview[1])
        assert (shown.status_code, shown.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )
        assert "script-src" not in shown.headers["content-security-policy"]
        assert [writer.get(file).status_code for file in files] == [200, 200]
    elsewhere = Principal("u", "u", Role.BRIEFER, "42")
    assert list_briefings(opened.engine, elsewhere, PageRequest(10)).items == []


@thorough
def test_a_preview_shows_the_list_and_publishes_nothing(copy, opened):
    add_writer(opened, Role.SUPERVISOR)
    before = WatchlistRepository(opened).summaries()
    with site_of(copy) as site, closing(signed_in(site.url, "writer")) as writer:
        assert writer.post("/month/preview", data={"as_of": "2025-04-15"}).status_code == 204
        done = run_next(copy, opened)
        assert (done.state, done.problem) == ("done", None)
        page = writer.get("/month").text
        assert "2025年4月15日名单预览（尚未发布）" in page
        assert done.result["rows"][0]["name"] in page
    assert done.result["entries"] == len(done.result["rows"]) > 0
    assert WatchlistRepository(opened).summaries() == before


def test_jobs_of_a_county_are_asked_for_in_its_name(database):
    with database.engine.begin() as connection:
        save_regions(connection, {"P": "990102001", "Q": "420103"})
        county = Principal("u", "王", Role.SUPERVISOR, "990102")
        start_month(connection, {"as_of": "2025-04-01"}, county, "preview_month")
        start_briefing(connection, county, "2025-03")
    asked = [claim_job(database.engine, now()) for _ in range(2)]
    assert [(job.kind, job.region, job.parameters["region"]) for job in asked] == [
        ("preview_month", "990102", "990102"),
        ("briefing", "990102", "990102"),
    ]


def test_people_of_a_part_of_the_office_make_what_is_theirs(database):
    def regions(*codes):
        with database.engine.begin() as connection:
            save_regions(connection, {str(n): code for n, code in enumerate(codes)})
            county = Principal("u", "u", Role.BRIEFER, "990102")
            return region_of_all(connection), own_region(connection, county)

    assert regions() == ("", "990102")
    assert regions("990102001", "990102") == ("990102", "")
    assert regions("990102001", "990103") == ("9901", "990102")
    assert regions("990102001", "420103") == ("", "990102")


def test_a_county_on_its_own_reads_briefings_of_all_regions(database):
    """Those that were made before briefings were stored under the region that holds them."""
    county = Principal("u", "u", Role.BRIEFER, "990102")
    insert_briefing(database.engine, Briefing(0, MAY, "", "html", "", now(), "李"), b"all")
    insert_briefing(database.engine, Briefing(0, MAY, "420103", "html", "", now(), "李"), b"there")

    def seen():
        return [one.region for one in list_briefings(database.engine, county, PageRequest(9)).items]

    assert seen() == []
    with database.engine.begin() as connection:
        save_regions(connection, {"P": "990102001"})
    assert seen() == [""]
    with database.engine.begin() as connection:
        save_regions(connection, {"Q": "420103"})
    assert seen() == []
