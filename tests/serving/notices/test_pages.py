"""The forms of notices: made from a project's page, answered, refused, each by whom they may be."""

from __future__ import annotations

import datetime as dt
import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.notices import pages
from serving.notices.repository import Notice, insert_notice, list_notices

from ..conftest import LISTS, PUBLISHED_AT
from ..site import add_user, copied, signed_in, site_of
from .builders import sendable


@pytest.fixture(scope="module")
def wanted(office):
    """The fields of a form a notice can be made from."""
    project, department = sendable(office)
    return {"project_id": project, "department": department}


@pytest.fixture
def site(office, tmp_path):
    with site_of(copied(office, tmp_path)) as opened:
        yield opened


@pytest.fixture
def enter(site):
    """Signs somebody in by name; every browser is closed at the end."""
    opened = []

    def enter_as(name):
        opened.append(signed_in(site.url, name))
        return opened[-1]

    yield enter_as
    for client in opened:
        client.close()


@pytest.fixture
def supervisor(enter):
    return enter(Role.SUPERVISOR.value)


@pytest.fixture
def sent(wanted, supervisor):
    """The fields of a form a notice was made from."""
    answer = supervisor.post("/notices", data=wanted)
    assert answer.status_code == 200, answer.text
    assert "函件已生成并存档" in answer.text
    return wanted


def kept(site):
    return list_notices(site.database.engine, OFFICE, PageRequest(9)).items


def old_notice(number, **package):
    """A notice whose day to answer by is long over."""
    project = {"project_id": f"O{number}", "project_name": f"旧工程{number}"}
    body = json.dumps({"project": project, "findings": [], **package}).encode()
    return Notice(
        id=number,
        department="housing",
        project_id=f"O{number}",
        region_code="990101",
        as_of=LISTS[0],
        list_digest=f"d{number}",
        answer_by=dt.date(2025, 3, 20),
        digest="e",
        body=body,
        made_by="李",
        made_at=PUBLISHED_AT,
    )


def test_notices_page_sends_once_and_downloads(site, supervisor, sent):
    page = supervisor.get(f"/projects/{quote(sent['project_id'], safe='')}").text
    assert 'hx-post="/notices"' in page
    assert 'href="/notices/1.docx"' in page
    assert supervisor.post("/notices", data=sent).status_code == 200
    (one,) = kept(site)
    assert (one.id, one.made_by, one.department) == (1, "supervisor", sent["department"])
    assert one.package["project"]["project_name"] in supervisor.get("/notices").text
    for kind, begins in (("docx", b"PK"), ("pdf", b"%PDF"), ("html", b"<!doctype html>")):
        letter = supervisor.get(f"/notices/1.{kind}")
        assert letter.content.lower().startswith(begins.lower())
        assert f"notice-1.{kind}" in letter.headers["content-disposition"]
    assert supervisor.get("/notices/1.json").content == one.body
    done = list_audit_entries(site.database.engine, OFFICE, PageRequest(50)).items
    assert ("supervisor", "send_notices") in {(entry.who, entry.action) for entry in done}


def test_notices_page_records_an_answer(site, supervisor, sent):
    assert supervisor.post("/notices/1", data={"step": "noted", "text": "已电话联系"}).is_success
    assert kept(site)[0].steps[0].step == "noted"
    said = supervisor.post("/notices/1", data={"step": "answered", "text": "已责令拨付"})
    assert "已登记答复" in said.text
    assert [(step.step, step.taken_by) for step in kept(site)[0].steps] == [
        ("noted", "supervisor"),
        ("answered", "supervisor"),
    ]
    answered = supervisor.get("/notices", params={"state": "answered"}).text
    assert "已责令拨付" in answered
    assert "已责令拨付" not in supervisor.get("/notices", params={"state": "sent"}).text


def test_notices_page_rejects_invalid_forms(site, supervisor, sent):
    project = sent["project_id"]
    for form in ({"project_id": project, "department": "nobody"}, {"department": "housing"}, {}):
        assert supervisor.post("/notices", data=form).status_code == 422
    other = {"project_id": project, "department": "police"}
    refused = supervisor.post("/notices", data=other)
    assert refused.status_code == 422
    assert project in refused.text
    unknown = {"project_id": "nowhere", "department": "housing"}
    assert supervisor.post("/notices", data=unknown).status_code == 404
    assert supervisor.post("/notices/1", data={"step": "answered"}).status_code == 422
    assert supervisor.post("/notices/99", data={"step": "noted", "text": "x"}).status_code == 404
    (one,) = kept(site)
    assert one.steps == ()


def test_notices_are_limited_to_permission_and_region(site, enter, sent):
    inspector = enter(Role.INSPECTOR.value)
    assert "/notices/1.docx" in inspector.get("/notices").text
    page = inspector.get(f"/projects/{quote(sent['project_id'], safe='')}").text
    assert 'hx-post="/notices"' not in page
    step = {"step": "answered", "text": "已办"}
    assert inspector.post("/notices", data=sent).status_code == 403
    assert inspector.post("/notices/1", data=step).status_code == 403
    add_user(site.database, "外地", Role.SUPERVISOR, "42")
    elsewhere = enter("外地")
    assert "/notices/1.docx" not in elsewhere.get("/notices").text
    assert elsewhere.get("/notices/1.docx").status_code == 404
    assert elsewhere.post("/notices/1", data=step).status_code == 404
    assert elsewhere.post("/notices", data=sent).status_code == 404
    assert kept(site)[0].steps == ()


def test_notices_page_requires_the_csrf_token(site, supervisor, wanted):
    del supervisor.headers["X-CSRF-Token"]
    assert supervisor.post("/notices", data=wanted).status_code == 403
    assert kept(site) == []


def test_notices_page_counts_overdue_notices(site, supervisor, monkeypatch):
    with writing(site.database.engine).begin() as connection:
        insert_notice(connection, old_notice(1, answer_planned=False))
        insert_notice(connection, old_notice(2, answer_planned=True))
        insert_notice(connection, old_notice(3))
    page = supervisor.get("/notices", params={"state": "overdue"}).text
    assert "<b>3</b>" in page
    assert page.count("暂按双休日推算") == 1
    assert "旧工程1" not in supervisor.get("/notices", params={"state": "sent"}).text
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    first = supervisor.get("/notices", params={"state": "overdue"}).text
    assert [n for n in (1, 2, 3) if f"旧工程{n}" in first] == [2, 3]
    (rest,) = re.findall(r'href="(/notices\?cursor=[^"]*)"', first)
    last = supervisor.get(unescape(rest)).text
    assert [n for n in (1, 2, 3) if f"旧工程{n}" in last] == [1]
    assert "<b>3</b>" in last
    assert "cursor=" not in last
