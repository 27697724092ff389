"""What tests of pages in Chromium share: sign-in, the addresses of all pages, axe."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from playwright.sync_api import Browser, Page, StorageState

from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.clock import now
from serving.data_entry.overview import refresh_overview
from serving.data_entry.repository import list_accounts
from serving.db.pagination import PageRequest
from serving.jobs.repository import claim_job
from serving.matters.repository import all_matters
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.model_changes.repository import replace_versions
from serving.models.repository import stored_model
from serving.settings import MatterSettings, load_settings
from serving.site import ROUTERS
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_register
from serving.worker.runner import run_job

from ..conftest import registry_version
from ..data_entry.ledgers import projects_book
from ..site import PASSWORD, Site
from ..site import signed_in as signed_in_client

AXE = (Path(__file__).parents[2] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """axe.run({
  resultTypes: ["violations"], preload: false, rules: {"target-size": {enabled: true}},
})"""
"""All rules of WCAG 2.2 AA; the one of 2.2 itself has to be asked for."""

COMMAND = re.compile(r"wagewatch [a-z]|(?<![\w-])--[a-z]|import --try|pip install")
DESKTOP, PHONE = (1280, 900), (390, 844)
WITHOUT_CHARTS = 200_000

SIZES = {"zh": (PHONE, DESKTOP), "en": (DESKTOP, PHONE)}
"""Sizes a page must fit; it is loaded, and checked by axe, in the first."""

SESSIONS: dict[tuple[str, str], StorageState] = {}
"""Cookies of each role on each site: a sign-in costs as much as a test."""


def signed_in(
    browser: Browser, site: Site, role: str = "admin", language: str = "zh", size=DESKTOP
) -> Page:
    """A page of somebody who has signed in; what goes wrong in it is gathered in ``faults``."""
    session = SESSIONS.get((site.url, role))
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, storage_state=session)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    if session:
        page.goto(f"{site.url}/watchlist")
    else:
        page.goto(f"{site.url}/sign-in")
        page.fill("#name", role)
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url(lambda url: "/sign-in" not in url)  # auditors have another first page
        SESSIONS[site.url, role] = context.storage_state()
    if language != "zh":
        page.goto(f"{site.url}/language/{language}")
    return page


def matter_pages(site: Site) -> list[str]:
    """A page of every kind of matter, and one with a double check if there is any."""
    sync_from_lists(site.database, matter_rules(MatterSettings()), dt.datetime.now(dt.UTC))
    every = all_matters(site.database.engine, OFFICE)
    kinds = {one.kind: one.key for one in every}
    checked = [one.key for one in every if one.facts.duties][:1]
    return [f"/matters/{quote(key, safe='')}" for key in (*kinds.values(), *checked)]


def employer_pages(site: Site) -> list[str]:
    """The first of the listed employers: its page, and the form for a visit."""
    stored = WatchlistRepository(site.database, "employer").watchlist(None)
    number = quote(json.loads(stored.body)["entries"][0]["project_id"], safe="")
    return [f"/projects/{number}", f"/projects/{number}/visit"]


def case_page(site: Site) -> list[str]:
    """A project that is not scored, and whose matters are followed, if there is one."""
    newest = WatchlistRepository(site.database).latest_as_of()
    found = load_register(site.database.engine, newest) if newest else None
    rows = found.document["matters"] if found else ()
    scored = {row["project_id"] for row in found.document["projects"]} if found else set()
    others = [row["project_id"] for row in rows if row["project_id"] not in {None, *scored}]
    return [f"/projects/{quote(one, safe='')}" for one in others[:1]]


def document_pages(site: Site) -> list[str]:
    """Cards and entries of models, which are documents without the menu."""
    engine = site.database.engine
    made = replace(registry_version(), card_html=stored_model(engine, "1").card_html)
    replace_versions(engine, [made])
    model = "/supervision/models/1"
    return [f"{model}/card", f"{model}/register-entry", "/supervision/model-versions/1/card"]


def data_pages(site: Site) -> list[str]:
    """An upload whose layout is proposed, and the account of an import."""
    refresh_overview(site.workspace, site.database)
    with closing(signed_in_client(site.url, Role.BRIEFER.value)) as clerk:
        upload = clerk.post("/data/uploads").json()["id"]
        send = f"/data/files/{upload}"
        assert clerk.post(send, params={"name": "工程.xlsx"}, content=projects_book()).is_success
        clerk.post(f"/data/uploads/{upload}", data={"does": "layouts"})
    job = claim_job(site.database.engine, now())
    assert job is not None
    run_job(site.workspace, load_settings(site.workspace), site.database, job.job_id)
    (account, *_) = list_accounts(site.database.engine, PageRequest(1)).items
    return [f"/data/uploads/{upload}", f"/data/imports/{account.import_id}"]


ELSEWHERE = {
    "/": "leads to the list",
    "/sign-in": "test_sign_in_page_is_accessible_and_shows_errors",
    "/language/{language}": "leads back",
    "/briefings/{number}": "test_journeys.py, where one is made",
    "/data/jobs/{job_id}": "a part of other pages",
    "/visits/{outcome_id}/photo": "a picture",
    "/notices/{number}.{kind}": "a file",
    "/projects/{project_id:path}/listing-notice.{kind}": "a file",
    "/data/templates/{table}.xlsx": "a file",
    "/watchlist/forms/{name}.{ending}": "a file",
    **dict.fromkeys(("/campaign.xlsx", "/deposits.xlsx", "/ledger.xlsx", "/visits.xlsx"), "a file"),
    **dict.fromkeys(("/watchlist.xlsx", "/watchlist.pdf"), "a file"),
}
"""Routes that :func:`paths` leaves out, and why."""


def routes_of(shown: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return all routes of pages that are read, and those that the addresses ``shown`` reach."""
    routes = [route for router in ROUTERS for route in router.routes if "GET" in route.methods]
    reached = set()
    for address in shown:
        path = unquote(address.partition("?")[0])
        found = next((one.path for one in routes if one.path_regex.match(path)), None)
        reached |= {found} if found else set()
    return {route.path for route in routes}, reached


def listed_paths(site: Site) -> list[str]:
    """The list and a project on it."""
    first = f"/projects/{quote(site.listed[0], safe='')}"
    return [
        *("/watchlist", "/watchlist/composition", "/watchlist/print"),
        *(first, f"{first}/visit"),
    ]


def paths(site: Site) -> list[str]:
    """The addresses of all pages there are."""
    first, second = (quote(one, safe="") for one in site.listed[:2])
    return [
        *listed_paths(site),
        *("/projects", "/projects?q=zzz", "/map", f"/route?stop={first}&stop={second}", "/route"),
        *matter_pages(site),
        *("/ledger", "/ledger?state=closed", "/links", "/revisits", "/campaign", "/indicators"),
        *("/notices", "/deposits", "/watchlist?kind=employer", *employer_pages(site)),
        *("/data", "/data/quarantine", "/data/look", "/data/imports"),
        *(
            "/unlisted",
            "/indicators/trend",
            "/password",
            "/second-factor",
            "/offline",
            "/supervision/adoption",
        ),
        *(*case_page(site), *data_pages(site), *document_pages(site)),
        *("/briefings", "/month", "/supervision", "/supervision/audit", "/supervision/people"),
        *("/supervision/model-changes", "/nowhere"),
    ]
