"""The pages in a real Chromium: every page, both languages, both widths, and what people do."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from serving.auth.principal import OFFICE
from serving.auth.roles import PERMISSIONS, Role
from serving.db.tables import MATTER_STEPS, NOTES, OUTCOMES
from serving.outcomes.repository import newest_photo
from serving.web.render import MENU

from ...conftest import MUST_RUN_ALL, thorough
from ..site import PASSWORD, Site
from .browsing import (
    AXE,
    COMMAND,
    ELSEWHERE,
    PHONE,
    RUN_AXE,
    SIZES,
    WITHOUT_CHARTS,
    routes_of,
    signed_in,
)

LANGUAGES = ["zh", "en"] if MUST_RUN_ALL else ["zh"]
ROLES = list(Role) if MUST_RUN_ALL else [Role.INSPECTOR, Role.SUPERVISOR]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_render_fit_and_are_accessible(browser, site, addresses, language):
    first, second = SIZES[language]
    page = signed_in(browser, site, "admin", language, first)
    page.add_init_script(AXE)  # half a megabyte, sent once
    troubles = []
    for path in addresses:
        page.faults.clear()
        answer = page.goto(site.url + path)
        body = answer.body()
        if path != "/nowhere":
            assert answer.status == 200, path
        assert len(body) < WITHOUT_CHARTS, path
        assert page.evaluate("document.documentElement.scrollWidth") <= first[0], path
        shown = page.inner_text("body")
        assert not re.search(r"\{[a-z_]+\}|None\b(?! of)|undefined|Undefined", shown), path
        assert bool(re.search(r"[\u4e00-\u9fff]", page.inner_text("h1"))) == (
            language == "zh"
        ) or path.startswith(("/projects/", "/matters/")), path
        assert not COMMAND.search(shown), path
        found = page.evaluate(RUN_AXE)
        troubles += [
            (path, one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]
        ]
        page.set_viewport_size({"width": second[0], "height": second[1]})
        if page.locator(".chart").count():
            page.wait_for_timeout(300)  # charts are drawn again 0.2 s after the size changed
        assert page.evaluate("document.documentElement.scrollWidth") <= second[0], path
        troubles += [(path, fault) for fault in page.faults if path != "/nowhere"]
        page.set_viewport_size({"width": first[0], "height": first[1]})
    page.context.close()
    assert not troubles, "\n".join(map(str, troubles))


@thorough
def test_every_page_is_looked_at(addresses):
    every, reached = routes_of(addresses)
    assert every - reached == set(ELSEWHERE)


def test_sign_in_page_is_accessible_and_shows_errors(browser, site):
    page = browser.new_context().new_page()
    page.goto(f"{site.url}/map")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/map"))
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE)["violations"] == []
    page.fill("#name", "inspector")
    page.fill("#password", "something else")
    page.click("form button")
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码错误")
    page.fill("#name", "inspector")
    page.fill("#password", PASSWORD)
    page.click("form button")
    expect(page).to_have_url(f"{site.url}/map")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(f"{site.url}/map")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.context.close()


@thorough
def test_charts_render_under_the_content_security_policy(browser, site):
    page = signed_in(browser, site)
    page.goto(f"{site.url}/projects/{quote(site.listed[0], safe='')}")
    page.wait_for_selector(".chart canvas")
    page.goto(f"{site.url}/indicators")
    page.wait_for_selector(".plots svg")
    assert not page.faults
    page.context.close()


@pytest.mark.parametrize("role", [role.value for role in ROLES])
def test_menu_and_pages_follow_the_role(browser, site, role):
    page = signed_in(browser, site, role)
    named = page.locator("header nav a").evaluate_all("all => all.map(a => a.pathname)")
    own = PERMISSIONS[Role(role)]
    shown = {item.name: item.href for item in reversed(MENU) if item.permission in own}
    assert named == [shown[name] for name in dict.fromkeys(i.name for i in MENU) if name in shown]
    refused = [item.href for item in MENU if item.permission not in own]
    for item in MENU:
        answer = page.request.get(site.url + item.href, headers={"Accept": "text/html"})
        assert answer.status == (403 if item.href in refused else 200), item
    for path in refused[:1]:
        page.goto(site.url + path)
        assert page.locator("h1").inner_text() == "未能打开"
    page.context.close()


def test_watchlist_page_filters_and_sorts_in_place(browser, site):
    page = signed_in(browser, site, "inspector")
    every = page.locator(".entry .names a").all_inner_texts()
    assert len(every) == len(site.listed)
    summary = page.locator(".narrowing > summary")
    expect(summary).to_have_text("筛选：全部")
    summary.click()
    page.select_option("#sort", "name")
    expect(summary).to_have_text("筛选：按项目名称")
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator(".entry .names a").first).to_have_text(sorted(every)[0])
    page.fill("#q", every[0])
    expect(page.locator(".entry .names a")).to_have_count(1)
    page.fill("#q", "没有这样的项目")
    expect(page.locator("#list")).to_contain_text("没有符合条件的项目")
    assert not page.faults
    page.context.close()


def test_home_on_a_phone_begins_with_the_first_task(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    expect(page.locator("h1")).to_contain_text("我的任务")
    expect(page.locator(".day")).to_contain_text(f"{len(site.listed)} 个待检查")
    expect(page.locator(".warn").first).to_contain_text("今天起的检查不计入本期")
    first = page.locator(".entry").first
    assert first.locator(".owed").bounding_box()["y"] + 60 < PHONE[1]
    assert first.locator(".judge").count() == 1
    first.locator(".names a").click()
    check = page.locator(".plan h3").first
    expect(check).to_have_text("查什么")
    assert check.bounding_box()["y"] + 60 < PHONE[1]
    page.context.close()


def _picture(page: Page) -> dict[str, object]:
    return {"name": "site.png", "mimeType": "image/png", "buffer": page.screenshot()}


def test_visit_is_corrected_and_says_so(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    address = f"{site.url}/projects/{quote(site.listed[4], safe='')}"
    page.goto(f"{address}/visit")
    page.check("input[value=true]")
    page.fill("#workers_owed", "7")
    page.click("#visit button")
    expect(page.locator("#said")).to_have_text("已保存。")
    page.goto(address)
    page.get_by_role("link", name="更正检查").click()
    expect(page.locator("#workers_owed")).to_have_value("7")
    page.check("input[value=false]")
    page.fill("#reason", "看错了工资表")
    page.click("#visit button")
    expect(page.locator("#said")).to_have_text("已保存。")
    page.goto(address)
    expect(page.locator(".status")).to_contain_text("未发现欠薪")
    page.get_by_text("更正过 1 次").click()
    expect(page.get_by_text("更正原因：看错了工资表")).to_be_visible()
    assert not page.faults
    page.context.close()


@thorough
def test_visit_form_on_a_phone(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    project = site.listed[0]
    page.goto(f"{site.url}/projects/{quote(project, safe='')}/visit")
    expect(page.locator("#workers_owed")).to_be_hidden()
    page.check("input[name=arrears_found][value=true]")
    page.fill("#workers_owed", "12")
    page.fill("#amount_owed", "34567.89")
    page.check("[name=paid]")
    page.fill("#paid_on_spot", "1000.5")
    page.set_input_files("#photo", files=[_picture(page)])
    page.locator("input[name=finding]").first.check()
    page.fill("#notes", "工人反映两个月没发；<b>已约谈</b>")
    page.click("#visit button")
    expect(page.locator("#said")).to_have_text("已保存。")
    with site.database.engine.connect() as connection:
        row = connection.execute(select(OUTCOMES).where(OUTCOMES.c.project_id == project)).one()
    assert (row.arrears_found, row.workers_owed, row.amount_owed) == (True, 12, 3_456_789)
    assert row.paid_on_spot == 100_050
    photo = newest_photo(site.database.engine, row.outcome_id, OFFICE)
    assert photo.startswith(b"\xff\xd8")
    assert row.entered_by == "inspector"
    assert "工人反映" in row.findings
    page.goto(f"{site.url}/projects/{quote(project, safe='')}")
    expect(page.locator("main")).to_contain_text("<b>已约谈</b>")
    assert not page.faults
    page.context.close()


def _entered_for(site: Site, project: str) -> int:
    with site.database.engine.connect() as connection:
        query = select(func.count()).where(OUTCOMES.c.project_id == project)
        return int(connection.execute(query).scalar_one())


def test_visit_form_offline_is_sent_once(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    project = site.listed[1]
    address = f"{site.url}/projects/{quote(project, safe='')}/visit"
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()  # now the worker has seen the form
    page.context.set_offline(True)
    page.reload()  # and shows it again without signal
    page.check("input[name=arrears_found][value=false]")
    page.click("#visit button")
    expect(page.locator("#said")).to_contain_text("已存在本机")
    expect(page.locator("#waiting")).to_contain_text("1 条")
    assert _entered_for(site, project) == 0
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    assert _entered_for(site, project) == 1
    page.reload()
    page.wait_for_load_state("networkidle")
    assert _entered_for(site, project) == 1
    page.context.close()


def test_day_pack_opens_and_is_filled_in_without_signal(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    first, other = site.listed[5], site.listed[6]
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.check(f".entry[data-project='{quote(first, safe='')}'] [name=stop]")
    page.click("[data-pack]")
    expect(page.locator("#pack-state")).to_contain_text("已下载 1 个项目")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#no-signal")).to_be_visible()
    page.click(f".entry[data-project='{quote(first, safe='')}'] .names a")
    expect(page.locator(".plan")).to_contain_text("找谁")
    page.locator(".entry a.button").click()
    page.reload()
    page.check("input[name=arrears_found][value=unable]")
    page.check("[name=obstacle][value=nobody]")
    page.click("#visit button")
    expect(page.locator("#said")).to_contain_text("已存在本机")
    assert _entered_for(site, first) == 0
    page.goto(f"{site.url}/map")
    expect(page.locator("h1")).to_contain_text("地图")
    page.goto(f"{site.url}/projects/{quote(other, safe='')}")
    expect(page.locator("h1")).to_have_text("没有信号")
    page.context.set_offline(False)
    page.goto(f"{site.url}/watchlist")
    expect(page.locator("#waiting")).to_be_hidden()
    assert _entered_for(site, first) == 1
    page.context.close()


def test_tables_are_cards_on_a_phone(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    page.goto(f"{site.url}/projects")
    box = page.locator(".wide.cards").first
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth")
    cells = box.get_by_role("row").nth(1).get_by_role("cell")
    assert cells.nth(1).get_attribute("data-label") == "施工总承包"
    assert cells.last.is_visible()
    page.context.close()


def _meet(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[start] + one[size] > other[start] + 1 and other[start] + other[size] > one[start] + 1
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_map_groups_projects_and_zooms(browser, site):
    page = signed_in(browser, site, "inspector", size=PHONE)
    page.goto(f"{site.url}/map")
    marks = page.locator(".cluster .finger, #map a:not([hidden]) .finger")
    sizes = [one.bounding_box() for one in marks.all()]
    assert min(min(box["width"], box["height"]) for box in sizes) > 43
    before = page.locator(".cluster").count()
    assert before
    names = [one.bounding_box() for one in page.locator("#map .label").all() if one.is_visible()]
    drawn = "#map .cluster .number, #map a:not([hidden]) > :first-child"
    others = [one.bounding_box() for one in page.locator(drawn).all()]
    assert names
    assert not [
        (a, b) for n, a in enumerate(names) for b in (*names[n + 1 :], *others) if _meet(a, b)
    ]
    page.locator(".cluster").first.press("Enter")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    width = page.evaluate("document.getElementById('map').viewBox.baseVal.width")
    page.mouse.wheel(0, -200)
    assert page.evaluate("document.getElementById('map').viewBox.baseVal.width") < width
    page.get_by_role("button", name="全图").click()
    assert page.locator(".cluster").count() == before
    assert not page.faults
    page.context.close()


# What waits on the phone once it is empty, or after ten seconds.
KEPT_IN_THE_END = """() => new Promise((done) => {
  let left = 500;
  const look = () => {
    const kept = localStorage.getItem("wagewatch-visits");
    if (kept === "[]" || !left--) done(kept); else setTimeout(look, 20);
  };
  look();
})"""


@thorough
def test_visit_form_resent_after_a_lost_response_writes_once(browser, site):
    page = signed_in(browser, site, "inspector")
    project = site.listed[2]
    page.goto(f"{site.url}/projects/{quote(project, safe='')}/visit")
    lost = []

    def lose(route):
        # The service takes it, but the phone never hears.
        route.fetch()
        lost.append(True)
        route.abort()

    page.context.route("**/v1/outcomes", lose, times=1)
    page.check("input[name=arrears_found][value=false]")
    page.click("#visit button")
    expect(page.locator("#said")).to_contain_text("已存在本机")
    assert lost
    assert _entered_for(site, project) == 1
    page.reload()
    assert page.evaluate(KEPT_IN_THE_END) == "[]"
    expect(page.locator("#waiting")).to_be_hidden()
    assert _entered_for(site, project) == 1
    page.context.close()


@thorough
def test_visit_form_keeps_refused_input(browser, site):
    page = signed_in(browser, site, "inspector")
    page.goto(f"{site.url}/projects/{quote(site.listed[3], safe='')}/visit")
    page.check("input[name=arrears_found][value=false]")
    page.evaluate("document.getElementById('inspected_on').value = '1890-01-01'")
    page.click("#visit button")
    expect(page.locator("#said")).to_contain_text("未能上报")
    # In the language of the page, whatever the browser prefers.
    expect(page.locator("#said")).to_contain_text("参数 inspected_on")
    assert _entered_for(site, site.listed[3]) == 0
    page.context.close()


@thorough
def test_project_page_takes_feedback_and_notes(browser, site):
    page = signed_in(browser, site, "inspector")
    page.goto(f"{site.url}/projects/{quote(site.listed[0], safe='')}")
    assert page.locator(".judge").count() == 1
    page.locator(".judge button").first.click()
    expect(page.locator(".said").first).to_have_text("已记录：有用")
    page.fill("#note", "<script>alert(1)</script> 老板换了")
    page.locator("#notes button").click()
    expect(page.locator("#notes .notes")).to_contain_text("<script>alert(1)</script> 老板换了")
    with site.database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(NOTES)).scalar_one() == 1
    assert not page.faults
    page.context.close()


@thorough
def test_reasons_show_their_records(browser, site):
    page = signed_in(browser, site, "inspector")
    page.goto(f"{site.url}/projects/{quote(site.listed[0], safe='')}")
    page.locator(".factors > summary").first.click()
    records = page.locator(".stated .records").first
    expect(records.locator("dl").first).to_be_hidden()
    records.locator("summary").click()
    expect(records.locator("dl").first).to_be_visible()
    page.context.close()


@thorough
def test_matter_page_assigns_and_closes(browser, site):
    page = signed_in(browser, site, "supervisor")
    page.goto(f"{site.url}/ledger")
    matter = page.locator(".entry").first
    matter.locator("summary").click()
    matter.locator("[name=person]").fill("张三")
    matter.locator("form").first.locator("button").click()
    expect(matter.locator(".answer").first).to_have_text("已交办")
    matter.locator("form").last.locator("[name=text]").fill("工资已发清，有银行回单")
    matter.locator("form").last.locator("button").click()
    expect(matter.locator(".answer").last).to_have_text("已销号")
    page.goto(f"{site.url}/ledger?state=closed")
    expect(page.locator(".entry").first).to_contain_text("张三")
    with site.database.engine.connect() as connection:
        steps = connection.execute(select(MATTER_STEPS.c.step)).scalars().all()
    assert steps == ["given", "closed"]
    assert not page.faults
    page.context.close()


@thorough
def test_matter_page_of_a_manual_matter(browser, site):
    page = signed_in(browser, site, "supervisor")
    page.goto(f"{site.url}/ledger")
    page.locator("summary", has_text="人工列入清单").click()
    page.fill("#h-name", "模拟纺织厂")
    page.select_option("#h-place", index=0)
    page.fill("#h-workers", "55")
    page.fill("#h-text", "工人来访反映欠薪")
    page.get_by_role("button", name="列入").click()
    page.wait_for_url("**/matters/hand*")
    expect(page.locator("h1")).to_contain_text("模拟纺织厂")
    expect(page.locator("main")).to_contain_text("50 人以上")
    page.fill("#u1", "劳动保障监察大队")
    with page.expect_navigation():
        page.get_by_role("button", name="交办").click()
    expect(page.locator("main")).to_contain_text("劳动保障监察大队")
    page.set_input_files(
        "#n-file", {"name": "回单.pdf", "mimeType": "application/pdf", "buffer": b"paid"}
    )
    digest = page.locator("form:has(#n-file) input[name=sha256]")
    expect(digest).to_have_value(hashlib.sha256(b"paid").hexdigest())
    with page.expect_navigation():
        page.get_by_role("button", name="记录").click()
    expect(page.locator(".notes")).to_contain_text("回单.pdf")
    page.select_option("#c-reason", "paid_in_full")
    page.fill("#c-text", "已逐人发放")
    with page.expect_navigation():
        page.get_by_role("button", name="销号").click()
    expect(page.locator("h2", has_text="回头看")).to_be_visible()
    page.select_option("#o", "not_paid")
    with page.expect_navigation():
        page.get_by_role("button", name="记录结果").click()
    expect(page.locator(".notes")).to_contain_text("重新打开")
    assert not page.faults
    page.context.close()


@thorough
def test_people_page_adds_users_for_administrators_only(browser, site):
    page = signed_in(browser, site, "admin")
    page.goto(f"{site.url}/supervision/people")
    page.fill("#token-name", "案件系统")
    page.select_option("#token-role", "system")
    page.locator("form.inline").last.locator("button").click()
    expect(page.get_by_role("alert")).to_contain_text("ww_")
    page.fill("#user-name", "新来的")
    page.fill("#user-password", PASSWORD)
    page.locator("form.inline").first.locator("button").click()
    expect(page.locator("#people table").first).to_contain_text("新来的")
    other = signed_in(browser, site, "supervisor")
    other.goto(f"{site.url}/supervision/people")
    expect(other.locator("form.inline")).to_have_count(0)
    assert not page.faults
    page.context.close()
    other.context.close()
