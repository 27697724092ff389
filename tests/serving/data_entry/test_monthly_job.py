"""The list of a month by one button: trained where due, published once, with its briefing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serving.auth.principal import OFFICE
from serving.clock import now
from serving.db.database import Database
from serving.db.tables import BRIEFINGS, JOBS
from serving.jobs.repository import claim_job, find_job
from serving.settings import load_settings
from serving.watchlists.repository import WatchlistRepository
from serving.worker.runner import run_job

from ...conftest import thorough
from ..conftest import LISTS
from ..site import signed_in, site_of


@pytest.fixture
def opened(copy):
    with Database(f"sqlite:///{copy.service_database}") as database:
        yield database


@thorough
def test_a_published_list_is_briefed_and_not_changed(copy, opened):
    before = WatchlistRepository(opened).summaries()
    with site_of(copy) as site:
        supervisor = signed_in(site.url, "supervisor")
        refused = supervisor.post("/data/month", data={"as_of": "2999-01-01"})
        assert (refused.status_code, "日期 2999-01-01 不对" in refused.text) == (422, True)
        asked = supervisor.post("/data/month", data={"as_of": str(LISTS[1])})
        assert asked.headers["HX-Redirect"] == "/data"
        assert 'hx-get="/data/jobs/' in supervisor.get("/data").text
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
