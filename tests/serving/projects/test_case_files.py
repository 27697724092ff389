"""Projects with open matters that no list scores: their pages, elements and notices."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.clock import now
from serving.db.change_stamp import ChangeStamp
from serving.db.database import Database
from serving.db.engine import writing
from serving.notices.payload import NothingToNotify
from serving.notices.service import Author, NoticeRequest, store_notice
from serving.projects.service import get_case_file, get_elements
from serving.watchlists.redaction import Views
from serving.watchlists.repository import ProjectNotScored
from serving.watchlists.snapshot_repository import load_register

from ..conftest import LISTS
from ..site import copied, signed_in, site_of

AS_OF = LISTS[-1]


@pytest.fixture(scope="module")
def open_case(office):
    """A confirmed case of the newest list, whose project the list does not score."""
    with Database(f"sqlite:///{office.service_database}") as database:
        document = load_register(database.engine, AS_OF).document
    scored = {row["project_id"] for row in document["projects"]}
    return next(
        row
        for row in document["matters"]
        if row["status"] == "confirmed" and row["project_id"] not in scored
    )


def test_elements_and_case_file_of_an_open_case(office, open_case):
    project = open_case["project_id"]
    with Database(f"sqlite:///{office.service_database}") as database:
        for which in ((project, None), (project, AS_OF)):
            for kind in ("crime", "listing"):
                found = get_elements(database, OFFICE, which, kind)
                assert (found.as_of, found.open_matter) == (AS_OF, True)
                shown = {one.code: one.standing for one in found.elements}
                assert shown["arrears_confirmed"] == "shown"
            case_file = get_case_file(database, OFFICE, which)
        with pytest.raises(ProjectNotScored):
            get_case_file(database, OFFICE, ("nowhere", None))
    assert not case_file.scored
    by_id = {one.case_id: one for one in case_file.cases}
    case = by_id[open_case["record"]]
    assert case.status == "confirmed"
    if open_case["amount"] is not None:
        left = case.amount_owed - (case.amount_recovered or 0)
        assert left == pytest.approx(open_case["amount"] / 100)


def test_a_notice_on_an_open_case_is_made_or_refused_for_its_facts(office, open_case, tmp_path):
    """Never refused because the project has no score."""
    workspace = copied(office, tmp_path)
    author = Author(OFFICE, "李", "某局", now())
    made = []
    with (
        Database(f"sqlite:///{workspace.service_database}") as database,
        writing(database.engine).begin() as connection,
    ):
        for department in ("housing", "transport", "water", "police"):
            request = NoticeRequest(open_case["project_id"], department)
            try:
                made.append(store_notice(connection, database, request, author))
            except NothingToNotify:
                continue
    assert all(notice.as_of == AS_OF for notice in made)


def test_the_page_of_a_matter_leads_to_its_project(office, open_case, tmp_path):
    with site_of(copied(office, tmp_path)) as site:
        client = signed_in(site.url, Role.SUPERVISOR.value)
        matter = client.get(f"/matters/{quote(open_case['key'])}")
        link = f"/projects/{quote(open_case['project_id'])}"
        assert link in matter.text
        for path in (link, f"{link}/visit"):
            assert client.get(path).status_code == 200, path
        page = client.get(link, headers={"Accept-Language": "zh"}).text
        assert open_case["record"] in page
        assert "本期名单不评分" in page
        assert client.get("/unlisted").status_code == 200
        client.close()


def scored_before(office):
    """A project that the first list scores and of which the newest has only the case file."""
    with Database(f"sqlite:///{office.service_database}") as database:
        first, newest = (load_register(database.engine, day).document for day in LISTS)
    before, now = ({row["project_id"] for row in one["projects"]} for one in (first, newest))
    followed = {row["project_id"] for row in newest["matters"]}
    return min(before & followed - now)


def test_risk_of_an_earlier_list_says_that_the_newest_no_longer_scores(office):
    key = scored_before(office)
    with Database(f"sqlite:///{office.service_database}") as database:
        views = Views(database, ChangeStamp(database.engine))
        undated, dated = (
            json.loads(views.risk(OFFICE, key, as_of).body) for as_of in (None, LISTS[0])
        )
        scored = json.loads(views.risk(OFFICE, _listed(database), None).body)
    assert undated.pop("case_file_as_of") == AS_OF.isoformat()
    view = undated.pop("view")
    assert (view["region"], view["draws_hidden"]) == ("", False)
    assert undated == dated
    assert "case_file_as_of" not in scored


def _listed(database):
    return load_register(database.engine, AS_OF).document["projects"][0]["project_id"]


def test_page_of_an_earlier_list_says_that_the_newest_no_longer_scores(office, tmp_path):
    key = scored_before(office)
    with site_of(copied(office, tmp_path)) as site:
        client = signed_in(site.url, Role.SUPERVISOR.value)
        page = client.get(
            f"/projects/{quote(key)}",
            params={"as_of": LISTS[0].isoformat()},
            headers={"Accept-Language": "zh"},
        ).text
        client.close()
    assert "2025年4月1日的名单已不再对本项目评分" in page
