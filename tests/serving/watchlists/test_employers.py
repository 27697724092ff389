"""Lists of employers beside those of projects: commands, pages, API, briefing."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from risk.store.store import RecordStore
from serving.auth.roles import Role
from serving.briefings.compose import compose_monthly
from serving.briefings.facts import collect_facts
from serving.briefings.period import month_of
from serving.cli.main import main
from serving.db.database import Database
from serving.documents.model import Heading
from serving.settings import load_settings
from serving.watchlists.repository import NotPublished, WatchlistRepository

from ...conftest import thorough
from ..conftest import LISTS, NO_TLS
from ..people import add_token
from ..site import PASSWORD, copied, site_of

AS_OF = LISTS[1]


@pytest.fixture(scope="module")
def workspace(office_with_employers, tmp_path_factory):
    """The office with a list of employers beside the newest list of projects, to be written to."""
    return copied(office_with_employers, tmp_path_factory.mktemp("employers"))


@pytest.fixture(scope="module")
def site(workspace):
    with site_of(workspace) as opened:
        yield opened


@pytest.fixture
def browser(site):
    with httpx.Client(
        verify=NO_TLS, base_url=site.url, timeout=60, headers={"Accept": "text/html"}
    ) as client:
        entered = client.post("/sign-in", data={"name": Role.ADMIN.value, "password": PASSWORD})
        assert entered.status_code == 303
        yield client


def employers(database):
    return WatchlistRepository(database, "employer").watchlist(AS_OF).document()


def test_lists_of_both_kinds_coexist(site):
    projects = WatchlistRepository(site.database).watchlist(AS_OF).document()
    found = employers(site.database)
    assert found["kind"] == "employer"
    assert "kind" not in projects
    assert len(found["entries"]) == 4
    ids = {entry["project_id"] for entry in found["entries"]}
    assert not ids & {entry["project_id"] for entry in projects["entries"]}
    assert all(len(number) == 18 for number in ids)
    with pytest.raises(NotPublished):
        WatchlistRepository(site.database, "employer").watchlist(LISTS[0])


def test_scorecard_scores_employers_with_few_events(site):
    model = employers(site.database)["model"]
    assert (model["kind"], model["version"]) == ("scorecard", "employer-1")
    assert "已知欠薪事件 1 件" in model["note"]["zh"]


def test_reasons_are_worded_for_employers(site):
    words = [r["text"]["zh"] for e in employers(site.database)["entries"] for r in e["reasons"]]
    assert words
    assert not [text for text in words if "总包" in text or "同类项目" in text]


@thorough
def test_replay_of_an_employer_list(workspace):
    replay = ["replay", "--as-of", str(AS_OF), "--kind", "employer"]
    assert main(["-w", str(workspace.root), *replay]) == 0


def test_model_card_names_features_in_the_words_of_employers(workspace, capsys):
    card = ["models", "card", "employer-1", "--kind", "employer"]
    assert main(["-w", str(workspace.root), "--lang", "en", *card]) == 0
    shown = capsys.readouterr().out
    assert "season and size" in shown
    assert "season and stage" not in shown


def test_pages_show_both_kinds_and_record_a_visit(browser, site):
    page = browser.get("/watchlist").text
    assert '<a href="/watchlist?kind=employer">' in page
    page = browser.get("/watchlist", params={"kind": "employer"}).text
    first = employers(site.database)["entries"][0]
    assert first["project_name"] in page
    for path in ("/watchlist/print", "/watchlist.xlsx", "/watchlist.pdf"):
        assert browser.get(path, params={"kind": "employer"}).status_code == 200
    unit = browser.get(f"/projects/{first['project_id']}")
    assert unit.status_code == 200
    assert "合同金额" not in unit.text
    assert browser.get(f"/projects/{first['project_id']}/visit").status_code == 200


@thorough
def test_api_selects_lists_by_kind(site, workspace):
    from serving.auth.repository import NewAccount

    day = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    token = add_token(site.database.engine, NewAccount("employers", Role.SYSTEM, "", "test", day))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(verify=NO_TLS, base_url=site.url, timeout=60, headers=headers) as client:
        lists = client.get("/v1/watchlists", params={"kind": "employer"}).json()["items"]
        assert [(one["as_of"], one["kind"]) for one in lists] == [(str(AS_OF), "employer")]
        found = client.get(f"/v1/watchlists/{AS_OF}", params={"kind": "employer"}).json()
        assert found["kind"] == "employer"
        entries = client.get("/v1/watchlists/latest/entries", params={"kind": "employer"}).json()
        number = entries["items"][0]["project_id"]
        assert client.get(f"/v1/projects/{number}/risk").json()["kind"] == "employer"
        visit = {"project_id": number, "inspected_on": "2025-04-02", "kind": "watchlist"}
        sent = client.post(
            "/v1/outcomes",
            json={**visit, "arrears_found": False},
            headers={"Idempotency-Key": "employers-1"},
        )
        assert sent.status_code == 201, sent.text
    assert main(["-w", str(workspace.root), "train", "--as-of", "2025-05-01"]) == 0
    with RecordStore(workspace.records, read_only=True) as store:
        seen = store.for_kind("employer")
        assert seen.rows("SELECT project_id FROM inspections") == [(number,)]


@thorough
def test_briefing_has_an_employer_section_if_they_are_listed(workspace, office):
    def headings(one):
        with (
            Database(f"sqlite:///{one.service_database}") as database,
            RecordStore(one.records, read_only=True) as store,
        ):
            settings = load_settings(one)
            facts = collect_facts(store, database, settings, month_of(dt.date(2025, 3, 1)), "")
            paper = compose_monthly(facts, "zh")
        return {block.text for block in paper.blocks if isinstance(block, Heading)}

    assert "工程建设领域以外用人单位" in headings(workspace)
    assert "工程建设领域以外用人单位" not in headings(office)
