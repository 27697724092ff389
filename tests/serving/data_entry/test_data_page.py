"""The data page over HTTP: files, layouts mended and confirmed, accounts, corrections, bounds."""

from __future__ import annotations

import html
import re

import pytest

from risk.intake.layouts.layout import find_layout, read_layout
from risk.store.store import RecordStore
from serving.app import create_app
from serving.auth.principal import OFFICE
from serving.auth.repository import UserRepository
from serving.auth.roles import Role
from serving.clock import now
from serving.data_entry.repository import load_upload
from serving.jobs.repository import claim_job, find_job
from serving.settings import Settings, load_settings
from serving.worker.runner import run_job

from ..conftest import served
from ..site import add_user, signed_in
from .ledgers import five_ledgers


@pytest.fixture
def address(database, workspace):
    for role in Role:
        add_user(UserRepository(database.engine), role.value, role)
    add_user(UserRepository(database.engine), "regional", Role.SUPERVISOR, "5108")
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


def stored(workspace, query):
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows(query)


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


def fill_of(page, field):
    return re.search(rf'name="(l\d+\.fill\.{field})"', page)[1]
