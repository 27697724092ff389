"""What people do from sign-in to the end of the task, in Chromium: taps counted, time by a model.

The clock is a model of a person, not of the machine: a second for each tap, a third for each key,
three to take in a new page. Tests of it are as quick as the machine is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from serving.app import create_app
from serving.auth.roles import Role
from serving.clock import now
from serving.db.database import Database
from serving.jobs.repository import claim_job
from serving.settings import load_settings
from serving.worker.runner import run_job

from ...conftest import thorough
from ..conftest import served
from ..data_entry.ledgers import projects_book
from ..site import PASSWORD, add_user, copied, site_of
from .browsing import AXE, COMMAND, PHONE, RUN_AXE, signed_in

TAP, KEY, LOOK = 1.0, 0.33, 3.0
LISTED_ON = "2025-05-01"
"""The month after the newest list of the office."""


@dataclass
class Person:
    """Somebody at a page, with taps and seconds so far."""

    page: Page
    taps: int = 0
    seconds: float = LOOK

    def tap(self, target, *, leads_on: bool = False) -> None:
        target.click()
        self.taps += 1
        self.seconds += TAP + (LOOK if leads_on else 0)

    def write(self, target, words: str) -> None:
        self.tap(target)
        target.press_sequentially(words)
        self.seconds += KEY * len(words)


def on_first_screen(target) -> bool:
    """Whether the beginning of ``target`` is seen without scrolling: 60 pixels of it."""
    return target.bounding_box()["y"] + 60 < PHONE[1]


def fresh(browser, url: str, language: str = "zh") -> Person:
    """Somebody in front of the page to sign in."""
    width, height = PHONE
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(f"{url}/language/{language}?back=/sign-in")
    return Person(page)


def work(site) -> None:
    """Run all jobs that wait, as the scheduler does."""
    while (job := claim_job(site.database.engine, now())) is not None:
        run_job(site.workspace, load_settings(site.workspace), site.database, job.job_id)


@thorough
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_inspector_knows_why_and_what_to_check_after_two_taps(browser, site, language):
    person = fresh(browser, site.url, language)
    page = person.page
    page.fill("#name", "inspector")
    page.fill("#password", PASSWORD)
    person.tap(page.locator("form button"), leads_on=True)
    first = page.locator(".entry").first
    assert on_first_screen(first.locator(".owed"))
    person.tap(first.locator(".names a"), leads_on=True)
    expect(page.locator(".status")).to_be_visible()
    assert on_first_screen(page.locator(".plan h3").first)
    assert on_first_screen(page.locator(".status dd").last)
    assert person.taps <= 3
    assert page.locator(".redflag p").first.inner_text()
    assert not page.faults
    page.context.close()


@thorough
def test_a_visit_is_recorded_with_eight_taps_in_three_quarters_of_a_minute(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    page.goto(f"{site.url}/projects/{quote(site.listed[7], safe='')}")
    person = Person(page)
    person.tap(page.locator(".entry a.button"), leads_on=True)
    person.tap(page.locator("input[name=arrears_found][value=true]"))
    person.write(page.locator("#workers_owed"), "12")
    person.write(page.locator("#amount_owed"), "345600")
    person.tap(page.locator("[name=measure][value=filed]"))
    person.tap(page.locator("input[name=finding]").first)
    person.tap(page.locator("#visit button"))
    expect(page.locator("#said")).to_have_text("已保存。")
    # 3 at the project, 3 at the form, 7 taps, 8 keys.
    assert (person.taps, round(person.seconds, 1)) == (7, 15.6)
    assert person.seconds <= 45
    assert not page.faults
    page.context.close()


@thorough
def test_a_writer_gets_a_briefing_from_new_data_without_a_command(
    browser, office, tmp_path_factory
):
    """New records, the list of the month by the supervisor, the briefing: all on pages."""
    with site_of(copied(office, tmp_path_factory.mktemp("writer"))) as site:
        clerk = signed_in(browser, site, "supervisor", size=PHONE)
        clerk.goto(f"{site.url}/data")
        book = {"name": "工程项目.xlsx", "mimeType": "application/octet-stream"}
        clerk.set_input_files("#books", [{**book, "buffer": projects_book()}])
        clerk.wait_for_url(re.compile("/data/uploads/"))
        work(site)
        clerk.reload()
        clerk.once("dialog", lambda dialog: dialog.accept())
        clerk.get_by_role("button", name="确认并导入").click()
        clerk.locator(".job").wait_for()
        work(site)
        clerk.reload()
        expect(clerk.get_by_role("heading", name="入库清单")).to_be_visible()
        clerk.goto(f"{site.url}/data")
        clerk.get_by_role("link", name="下一步：生成本月名单").click()
        clerk.fill("#as-of", LISTED_ON)
        clerk.once("dialog", lambda dialog: dialog.accept())
        clerk.get_by_role("button", name="发布").click()
        clerk.locator(".job").wait_for()
        work(site)
        clerk.reload()
        expect(clerk.locator("main")).to_contain_text("2025年5月1日")
        assert clerk.locator("main [role=alert]").count() == 0
        page = signed_in(browser, site, "briefer")
        page.goto(f"{site.url}/month")
        expect(page.locator("main")).to_contain_text("2025年4月月报")
        with page.expect_download() as file:
            page.get_by_role("link", name="Word 文件").first.click()
        assert file.value.path().read_bytes().startswith(b"PK")
        page.goto(site.url + page.get_by_role("link", name="预览").first.get_attribute("href"))
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE)["violations"] == []
        for one in (clerk, page):
            assert not one.faults
            one.context.close()


@thorough
def test_first_day_of_a_clerk_leads_on_from_every_page(browser, workspace, sqlite_template):
    """No records, no model, no list: each page says what to do next, and none a command."""
    with Database(f"sqlite:///{workspace.service_database}") as database:
        for role in (Role.BRIEFER, Role.SUPERVISOR):
            add_user(database, role.value, role)
        add_user(database, "county", Role.SUPERVISOR, "510822")
        app = create_app(load_settings(workspace), database, key="k" * 43, workspace=workspace)
        with served(app) as url:
            person = fresh(browser, url)
            page = person.page
            page.fill("#name", "briefer")
            page.fill("#password", PASSWORD)
            person.tap(page.locator("form button"), leads_on=True)
            expect(page.locator("h1")).to_have_text("还没有名单")
            person.tap(page.get_by_role("link", name="送入账册并导入"), leads_on=True)
            expect(page.locator("label.drop")).to_be_visible()
            assert person.taps == 2
            for name in ("briefer", "supervisor", "county"):
                _first_pages(browser, url, name)
            page.context.close()


def _first_pages(browser, url, name) -> None:
    person = fresh(browser, url)
    page = person.page
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.locator("form button").click()
    page.wait_for_url(f"{url}/watchlist")
    checked = name == "supervisor"  # the others see parts of the same
    if checked:
        page.add_init_script(AXE)
    menu = page.locator("header nav a").evaluate_all("all => all.map(a => a.pathname)")
    for path in menu:
        answer = page.goto(url + path)
        assert answer.status == 200, path
        assert not COMMAND.search(page.inner_text("body")), path
        assert not checked or page.evaluate(RUN_AXE)["violations"] == [], path
    page.context.close()
