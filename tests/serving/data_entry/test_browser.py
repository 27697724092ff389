"""The data page in a real Chromium, with the scheduler and its jobs in processes of their own."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from risk.store.store import RecordStore
from serving.app import create_app
from serving.auth.roles import Role
from serving.settings import load_settings
from serving.worker.scheduler import Scheduler

from ...conftest import require_program, thorough
from ..conftest import served
from ..site import PASSWORD, add_user
from .ledgers import MONTHS, year_of_ledgers

SECONDS = 60_000
"""A job starts a process of its own, which takes seconds on a busy machine."""


@pytest.fixture(scope="module")
def browser():
    program = require_program("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def database_url(sqlite_template, workspace):
    """SQLite alone: ``test_data_page.py`` enters the same ledgers over PostgreSQL, too."""
    shutil.copyfile(sqlite_template, workspace.service_database)
    return f"sqlite:///{workspace.service_database}"


@pytest.fixture
def address(database, workspace):
    for role in (Role.BRIEFER, Role.INSPECTOR):
        add_user(database, role.value, role)
    scheduler = Scheduler(workspace, database, workspace.root / "service.log")
    app = create_app(load_settings(workspace), database, key="k" * 43, workspace=workspace)
    with served(app) as url:
        scheduler.start()
        yield url
        scheduler.stop()


@pytest.fixture
def enter(browser, address):
    """Opens a page as somebody; what goes wrong in it is gathered in ``faults``."""
    contexts = []

    def enter_as(name, size=(1280, 900)):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        context.set_default_timeout(SECONDS)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{address}/sign-in")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url(f"{address}/watchlist")
        return page

    yield enter_as
    for context in contexts:
        context.close()


def sent(ledgers):
    """Files to choose in a page."""
    return [
        {"name": name, "mimeType": "application/octet-stream", "buffer": body}
        for name, body in ledgers.items()
    ]


@thorough
def test_a_year_of_ledgers_goes_in_with_five_layouts_confirmed_once(enter, workspace):
    page = enter("briefer")
    page.goto(page.url.replace("/watchlist", "/data"))
    page.set_input_files("#books", sent(year_of_ledgers()))
    page.wait_for_url(re.compile("/data/uploads/"))
    expect(page.locator(".layout")).to_have_count(5, timeout=SECONDS)
    page.get_by_label("被投诉工程").select_option("project_text")
    page.get_by_label("金额（万元）").select_option("amount")
    page.get_by_label(re.compile("状态：没有这一列")).select_option("stored")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("还缺必填内容")).to_have_count(0)
    expect(page.get_by_label("被投诉工程")).to_have_value("project_text")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="确认并导入").click()
    expect(page.get_by_role("heading", name="入库清单")).to_be_visible(timeout=SECONDS)
    expect(page.locator(".account")).to_have_count(2 + 3 * len(MONTHS))
    expect(page.locator(".account").first).to_contain_text("合同价 → 合同金额（万元）")
    expect(page.locator(".ok")).to_have_text("全部入库，没有需要处理的内容。")
    with RecordStore(workspace.records, read_only=True) as store:
        tables = ("projects", "payrolls", "complaints", "inspections", "deposits")
        counts = [store.rows(f"SELECT count(DISTINCT {_key(one)}) FROM {one}") for one in tables]
    assert counts == [[(5,)], [(5 * len(MONTHS),)], *[[(3 * len(MONTHS),)]] * 2, [(4,)]]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(re.sub("/data/.*", "/data", page.url))
    expect(page.locator("tr", has_text="工资表").locator("td").nth(1)).to_have_text(
        f"2025-{len(MONTHS):02d}"
    )
    assert not page.faults


@thorough
def test_files_are_refused_in_words_and_others_see_nothing(enter):
    page = enter("briefer", (390, 844))
    page.goto(page.url.replace("/watchlist", "/data"))
    page.set_input_files("#books", sent({"工具.exe": b"MZ"}))
    expect(page.locator("#sent")).to_contain_text("不能读 工具.exe 这种文件")
    page.set_input_files("#books", sent({"工程项目.xlsx": b"PK\x03\x04 nonsense"}))
    page.wait_for_url(re.compile("/data/uploads/"))
    expect(page.get_by_role("alert").filter(has_text="工程项目.xlsx")).to_be_visible(
        timeout=SECONDS
    )
    assert not page.faults
    other = enter("inspector")
    assert other.goto(page.url).status == 403
    expect(other.locator("h1")).to_have_text("未能打开")
    assert other.locator("header nav a[href='/data']").count() == 0


def _key(table):
    return f"{table.removesuffix('s')}_id"
