"""The data page over HTTP: files, layouts mended and confirmed, accounts, corrections, bounds."""

from __future__ import annotations

import datetime as dt
import html
import json
import re

import pytest

from features.feature_sets import FEATURE_SETS
from risk.intake.importer import import_paths
from risk.intake.layouts.layout import find_layout, read_layout
from risk.intake.name_ids import name_id
from risk.store.store import RecordStore
from serving.app import create_app
from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.clock import now
from serving.data_entry import files
from serving.data_entry.overview import refresh_overview
from serving.data_entry.overview_state import overview_outdated
from serving.data_entry.repository import (
    list_accounts,
    load_upload,
    newest_overview,
)
from serving.data_entry.service import costs, late_feeds
from serving.db.pagination import PageRequest
from serving.jobs.repository import claim_job, find_job
from serving.settings import Settings, load_settings
from serving.worker.runner import OVERVIEW_ONLY, run_job
from serving.worker.scheduler import Scheduler

from ...conftest import thorough
from ..conftest import served
from ..site import add_user, signed_in
from .ledgers import (
    PROJECTS,
    complaints_book,
    five_ledgers,
    payrolls_csv,
    projects_book,
    wages_book,
)


@pytest.fixture
def address(database, workspace):
    for role in Role:
        add_user(database, role.value, role)
    add_user(database, "regional", Role.SUPERVISOR, "5108")
    with served(create_app(Settings(), database, key="k" * 43, workspace=workspace)) as url:
        yield url


@pytest.fixture
def clerk(address):
    client = signed_in(address, Role.BRIEFER.value)
    yield client
    client.close()


@pytest.fixture
def work(database, workspace):
    """Runs all queued jobs and returns the last one."""

    def run():
        last = None
        while (job := claim_job(database.engine, now())) is not None:
            run_job(workspace, load_settings(workspace), database, job.job_id)
            last = find_job(database.engine, job.job_id, OFFICE)
        return last

    return run


def send(client, ledgers):
    """Send files as the page's script does; return the id of the upload."""
    upload = client.post("/data/uploads").json()["id"]
    for name, body in ledgers.items():
        answer = client.post(f"/data/files/{upload}", params={"name": name}, content=body)
        assert answer.status_code == 201, answer.text
    return upload


def press(client, upload, does, **fields):
    """Press a button of the upload's page with the form as it is shown, and return the page."""
    page = client.get(f"/data/uploads/{upload}").text
    form = shown_form(page) | fields | {"does": does}
    return html.unescape(client.post(f"/data/uploads/{upload}", data=form).text)


def shown_form(page):
    """Fields of the form of a page with their values."""
    found = {}
    for tag, name, rest in re.findall(r"<(input|select)[^>]* name=\"(l\d[^\"]*)\"(.*?>)", page):
        if tag == "input":
            value = re.search(r'value="([^"]*)"', rest)
            found[name] = html.unescape(value[1]) if value else ""
        else:
            body = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
            chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', body)
            found[name] = html.unescape(chosen[1] or chosen[2]) if chosen else ""
    return found


def field_of(page, heading):
    """Name of the form field that says what the column called ``heading`` holds."""
    return re.search(rf'<select name="([^"]+)" aria-label="{re.escape(heading)}"', page)[1]


def fill_of(page, field):
    return re.search(rf'name="(l\d+\.fill\.{field})"', page)[1]


def stored(workspace, query):
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows(query)


@thorough  # by commands: tests/serving/ingest/test_layout_commands.py
def test_five_ledgers_go_in_through_confirmed_layouts(clerk, work, workspace, database):
    upload = send(clerk, five_ledgers())
    press(clerk, upload, "layouts")
    assert work().state == "done"
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "13800138000" not in page
    mended = {
        field_of(page, "被投诉工程"): "project_text",
        field_of(page, "金额（万元）"): "amount",
        fill_of(page, "status"): "stored",
    }
    refused = press(clerk, upload, "import")
    assert "还缺必填内容" in refused
    assert not workspace.records.exists()
    press(clerk, upload, "try", **mended)
    assert work().state == "done"
    tried = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "这只是试读，没有入库" in tried
    assert not workspace.records.exists()
    press(clerk, upload, "import")
    done = work()
    assert (done.state, done.result["failed"], done.result["quarantined"]) == ("done", 0, 0)
    assert stored(workspace, "SELECT count(*) FROM projects") == [(5,)]
    assert stored(workspace, "SELECT min(contract_amount), any_value(sector) FROM projects") == [
        (1_201_0000_00, "building")
    ]
    assert stored(workspace, "SELECT any_value(project_text), count(*) FROM complaints")[0][1] == 3
    assert stored(workspace, "SELECT min(amount), any_value(status) FROM deposits") == [
        (31_0000_00, "stored")
    ]
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "入库清单" in page
    assert "合同价 → 合同金额（万元）" in page
    assert load_upload(database.engine, upload).closed
    assert not list((workspace.root / "uploads").rglob("*.*"))
    layout = read_layout(find_layout(workspace.layouts, "投诉登记"))
    assert (layout.confirmed, layout.confirmed_by) == (True, "briefer")
    assert "这些文件已导入或已删除" in press(clerk, upload, "import")
    again = send(clerk, {"投诉登记2026.xlsx": complaints_book()})
    press(clerk, again, "layouts")
    work()
    shown = html.unescape(clerk.get(f"/data/uploads/{again}").text)
    assert "briefer 已于" in shown
    press(clerk, again, "import")
    assert work().result["accepted"] == 0
    assert shown_form(shown)[field_of(shown, "被投诉工程")] == "project_text"


def imported(clerk, work, ledgers, **mended):
    """Send, recognise and import ledgers; return the job."""
    upload = send(clerk, ledgers)
    press(clerk, upload, "layouts")
    work()
    press(clerk, upload, "import", **mended)
    return work()


def test_a_book_of_wages_is_read_as_payrolls_and_payments_if_chosen(clerk, work, workspace):
    upload = send(clerk, {"在建工程台账.xlsx": projects_book(), "工资发放.xlsx": wages_book()})
    press(clerk, upload, "layouts")
    work()
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "没有编号，由这些内容生成： 项目编码、工资月份、施工班组" in page
    [payments] = [name for name in shown_form(page) if name.endswith(".payments")]
    press(clerk, upload, "save", **{payments: "false"})
    assert not read_layout(find_layout(workspace.layouts, "工资发放")).payments
    press(clerk, upload, "import", **{payments: "true"})
    assert work().result["failed"] == 0
    assert stored(workspace, "SELECT workers, amount_due // 100 FROM payrolls ORDER BY 2") == [
        (None, 58_000),
        (None, 78_000),
    ]
    assert stored(workspace, "SELECT amount // 100, paid_on FROM payments") == [
        (78_000, dt.date(2025, 10, 16))
    ]


def test_what_becomes_of_struck_rows_is_chosen_on_the_page(clerk, work, workspace):
    upload = send(clerk, {"在建工程台账.xlsx": projects_book()})
    press(clerk, upload, "layouts")
    work()
    page = clerk.get(f"/data/uploads/{upload}").text
    assert not [name for name in shown_form(page) if name.endswith(".struck")]
    press(clerk, upload, "import")
    assert work().result["accepted"] == len(PROJECTS)
    # The next book is read by the layout confirmed before, which does not say it.
    upload = send(clerk, {"在建工程台账.xlsx": projects_book(struck=2)})
    press(clerk, upload, "layouts")
    work()
    form = shown_form(clerk.get(f"/data/uploads/{upload}").text)
    [struck] = [name for name in form if name.endswith(".struck")]
    assert form[struck] == ""
    press(clerk, upload, "import", **{struck: "set_aside"})
    assert work().result["accepted"] == 0
    account = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "1 行已划删除线（第 5 行），按版式不计入" in account
    assert read_layout(find_layout(workspace.layouts, "在建工程台账")).struck == "set_aside"


def test_a_quarantined_row_is_corrected_on_the_page(clerk, work, workspace, database):
    name = {"投诉登记.xlsx": complaints_book(first_day="三月里")}
    job = imported(clerk, work, name)
    assert job.result["quarantined"] == 1
    page = html.unescape(clerk.get("/data/quarantine").text)
    assert "三月里" in page
    (row,) = newest_overview(database.engine)["quarantined"]
    cell = f"cell:received_on:{row['id']}"
    assert cell in page
    refused = clerk.post("/data/quarantine", data={cell: "三月里"})
    assert (refused.status_code, "没有改动" in refused.text) == (422, True)
    started = clerk.post("/data/quarantine", data={cell: "2025-09-01"})
    assert started.headers["HX-Redirect"].startswith("/data/quarantine?job=")
    assert work().result["accepted"] == 1
    assert newest_overview(database.engine)["quarantined"] == []
    assert stored(workspace, "SELECT received_on FROM complaints WHERE complaint_id = 'TS9-0'") == [
        (dt.date(2025, 9, 1),)
    ]
    assert "13800138000" not in json.dumps(newest_overview(database.engine), default=str)


def test_unreadable_cells_are_answered_once_for_all(clerk, work, workspace, database):
    imported(clerk, work, {"2025年9月工资表.csv": payrolls_csv(workers="不少人")})
    page = html.unescape(clerk.get("/data/look").text)
    assert "不少人" in page
    asked = {"table": "payrolls", "field": "workers", "raw": "不少人", "answer": "12"}
    assert clerk.post("/data/look", data=asked | {"raw": "别的"}).status_code == 422
    assert clerk.post("/data/look", data=asked).status_code == 204
    assert work().result == {"rows": 5}
    assert newest_overview(database.engine)["unreadable"] == []
    current = "FROM payrolls_versions WHERE superseded_at IS NULL"
    assert stored(workspace, f"SELECT workers, count(*) {current} GROUP BY 1") == [(12, 5)]


def test_terms_nobody_decided_are_listed_and_not_lost(clerk, work, workspace, database):
    ledgers = {"青川县工程项目台账.xlsx": projects_book(sectors=["盖楼", "打井", "房屋建筑"])}
    upload = send(clerk, ledgers)
    press(clerk, upload, "layouts")
    work()
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    term = f"{field_of(page, '工程类型')}.v:打井"
    assert term in shown_form(page)
    press(clerk, upload, "import", **{term: "-"})
    assert work().result["needs_answer"]
    current = "FROM projects_versions WHERE superseded_at IS NULL"
    counts = stored(workspace, f"SELECT sector, count(*) {current} GROUP BY 1 ORDER BY 2, 1")
    assert counts == [("building", 1), (None, 4)]
    left = [(one["raw"], one["rows"]) for one in newest_overview(database.engine)["unreadable"]]
    assert left == [("盖楼", 2)]
    kept = read_layout(find_layout(workspace.layouts, "青川县工程项目台账"))
    (rule,) = (one for one in kept.columns if one.heading == "工程类型")
    assert rule.values == {"打井": "", "房屋建筑": "building"}


def test_past_imports_feeds_and_costs_are_shown(clerk, work, database):
    imported(clerk, work, {"2025年9月工资表.csv": payrolls_csv()})
    page = html.unescape(clerk.get("/data").text)
    assert re.search(r"工资表</th><td class=\"n\">5</td><td>2025-09</td>", page)
    assert "缺它无法判断的特征" in page
    assert "briefer" in clerk.get("/data/imports").text
    (address,) = re.findall(r'href="(/data/imports/\w+)"', clerk.get("/data/imports").text)
    assert "2025年9月工资表.csv" in html.unescape(clerk.get(address).text)
    done = list_audit_entries(database.engine, OFFICE, PageRequest(50)).items
    writes = {(one.action, one.method) for one in done if one.who == "briefer"}
    assert ("import_files", "POST") in writes


def test_costs_are_the_features_that_need_the_table():
    (attendance,) = costs(["attendance"], "zh")
    for name, lost, every in attendance.families:
        (family,) = (one for one in FEATURE_SETS["project"].families if one.zh == name)
        needing = [one.name for one in family.features if "attendance" in one.source]
        assert (lost, every) == (len(needing), len(family.features))
    assert sum(lost for _, lost, _ in attendance.families) == len(
        FEATURE_SETS["project"].features_from(["attendance"])
    )


def test_late_feeds_of_months_are_more_than_two_behind():
    months = {"payrolls": "2025-09", "transfers": "2025-07", "attendance": "2025-06"}
    months |= {"projects": "2024-01", "payments": None}
    feeds = [{"table": name, "last_month": month} for name, month in months.items()]
    assert late_feeds(feeds) == {"attendance"}
    assert late_feeds(feeds[4:]) == set()


def test_only_people_of_the_whole_office_may_import(address):
    regional, inspector = (signed_in(address, name) for name in ("regional", "inspector"))
    page = html.unescape(regional.get("/data").text)
    assert "只有可看全部区划的人员才能导入" in page
    assert regional.get("/data/templates/projects.xlsx").content.startswith(b"PK")
    assert 'type="file"' not in page
    for path in ("/data/quarantine", "/data/look", "/data/imports"):
        assert regional.get(path).status_code == 403
    for client in (regional, inspector):
        answer = client.post("/data/uploads", headers={"Accept": "application/json"})
        assert answer.status_code == 403
    assert inspector.get("/data").status_code == 403
    assert inspector.post("/month/publish", data={"as_of": "2025-09-01"}).status_code == 403
    without_csrf = {"X-CSRF-Token": ""}
    assert regional.post("/data/uploads", headers=without_csrf).status_code == 403
    for client in (regional, inspector):
        client.close()


def test_files_are_refused_in_words(clerk, workspace, database):
    upload = clerk.post("/data/uploads").json()["id"]

    def post(name, body=b"x", to=upload):
        headers = {"Accept": "application/json", "Accept-Language": "zh-CN"}
        return clerk.post(f"/data/files/{to}", params={"name": name}, content=body, headers=headers)

    refused = post("工具.exe")
    assert (refused.status_code, refused.json()["code"]) == (422, "file_not_accepted")
    assert "不能读 工具.exe" in refused.json()["detail"]
    assert post("a.csv", to="nothing").status_code == 404
    assert post("a.csv", to="../../etc").status_code == 404
    large = post("a.csv", b"0" * (files.MAX_FILE + 1))
    assert (large.status_code, str(files.MAX_FILE) in large.json()["detail"]) == (413, True)
    assert post("../../records.csv", b"1" * 3_000_000).json()["name"] == "records.csv"
    assert post("records.csv").json()["name"] == "records-2.csv"
    (one, other) = load_upload(database.engine, upload).files
    assert [one.name, one.bytes, other.name] == ["records.csv", 3_000_000, "records-2.csv"]
    kept = sorted(path.name for path in (workspace.root / "uploads" / upload).iterdir())
    assert kept == sorted([one.stored_name, other.stored_name])


def test_a_damaged_file_is_refused_in_words_and_stays(clerk, work, workspace, database):
    upload = send(clerk, {"工程项目.xlsx": b"PK\x03\x04 nonsense"})
    press(clerk, upload, "layouts")
    assert "此刻正在处理" not in clerk.get(f"/data/uploads/{upload}").text
    assert work().state == "done"
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert re.search(r'role="alert">[^<]*工程项目\.xlsx', page)
    assert "Traceback" not in page
    press(clerk, upload, "import")
    assert work().result["failed"] == 1
    assert not load_upload(database.engine, upload).closed
    press(clerk, upload, "delete")
    assert load_upload(database.engine, upload).closed
    assert not (workspace.root / "uploads" / upload).exists()


def test_a_fault_in_the_words_of_the_office_is_named_on_the_page(clerk, work, workspace):
    (workspace.root / "synonyms.toml").write_text("[fields.project]\n", encoding="utf-8")
    upload = send(clerk, {"2025年9月工资表.csv": payrolls_csv()})
    press(clerk, upload, "layouts")
    assert (work().state, work()) == ("failed", None)
    page = html.unescape(clerk.get(f"/data/uploads/{upload}").text)
    assert "列名对照文件 synonyms.toml 有误，位置：fields.project；现为“project”，可填：" in page


def test_the_day_stated_for_one_step_is_still_there_for_the_next(clerk, work):
    """Left empty without a word, the rows would count from another day than was tried."""
    upload = send(clerk, {"2025年9月工资表.csv": payrolls_csv()})
    press(clerk, upload, "layouts", known_on="2025-10-08")
    work()

    def stated(page):
        return re.search(r'name="known_on" type="date" value="([^"]*)"', page)[1]

    assert stated(clerk.get(f"/data/uploads/{upload}").text) == "2025-10-08"
    assert stated(press(clerk, upload, "save", known_on="2025-10-10")) == "2025-10-10"
    assert stated(press(clerk, upload, "try", known_on="2999-01-01")) == "2999-01-01"


def test_one_job_at_a_time_works_on_an_upload(clerk, work):
    upload = send(clerk, {"2025年9月工资表.csv": payrolls_csv()})
    press(clerk, upload, "layouts")
    busy = press(clerk, upload, "layouts")
    assert "正在处理" in busy
    job = re.search(r'hx-get="/data/jobs/([^"]+)"', busy)[1]
    assert clerk.get(f"/data/jobs/{job}").status_code == 200
    work()
    assert clerk.get(f"/data/jobs/{job}").headers["HX-Refresh"] == "true"
    assert "日期 2999-01-01 不对" in press(clerk, upload, "import", known_on="2999-01-01")


def test_overview_is_renewed_when_the_records_change(clerk, work, workspace, database):
    assert not overview_outdated(workspace, database.engine)
    import_paths(workspace, [], today=dt.date(2025, 9, 1), who="李")
    assert overview_outdated(workspace, database.engine)
    for page in ("/data", "/month"):
        shown = clerk.get(page).text
        assert "正在读取已入库的数据" in shown
        assert "还没有入库的数据" not in shown
    refresh_overview(workspace, database)
    assert not overview_outdated(workspace, database.engine)
    assert "正在读取已入库的数据" not in clerk.get("/data").text
    assert len(list_accounts(database.engine, PageRequest(5)).items) == 1
    refresh_overview(workspace, database)
    (account,) = list_accounts(database.engine, PageRequest(5)).items
    assert account.imported_by == "李"


def test_the_overview_comes_before_the_candidates_of_complaints(workspace, database):
    import_paths(workspace, [], today=dt.date(2025, 9, 1), who="李")
    scheduler = Scheduler(workspace, database, workspace.root / "service.log")
    scheduler.run_jobs()
    assert scheduler.running() == OVERVIEW_ONLY
    scheduler.stop()


@thorough  # by commands: tests/serving/ingest/test_layout_commands.py
def test_a_project_of_two_ids_is_confirmed_on_the_page(clerk, work, workspace, database):
    made = name_id("云渡小区二期", "510822")
    head = "项目编码,项目名称,行政区划代码,开工日期\n"
    for name, code in (("工程项目.csv", made), ("工程项目2.csv", "510822250305")):
        imported(clerk, work, {name: f"{head}{code},云渡小区二期,510822,2025-03-05\n".encode()})
    page = html.unescape(clerk.get("/data/look").text)
    assert (made in page, "510822250305" in page) == (True, True)
    assert clerk.post("/data/look/projects", data={"made": "N-0"}).status_code == 422
    assert clerk.post("/data/look/projects", data={"made": made}).status_code == 204
    assert work().result == {"rows": 0}
    assert newest_overview(database.engine)["pairs"] == []
    current = "SELECT project_id FROM projects_versions WHERE superseded_at IS NULL"
    assert stored(workspace, current) == [("510822250305",)]
    assert made not in clerk.get("/data/look").text
