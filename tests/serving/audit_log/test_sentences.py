"""Entries of the audit log as sentences, and the search for them."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.locale import LANGUAGES
from serving.audit.repository import (
    AuditEntry,
    AuditFilter,
    audit_people,
    list_audit_entries,
    write_audit_entries,
)
from serving.audit_log.sentences import sentence
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.pagination import PageRequest

ENTRY = AuditEntry(
    at=dt.datetime(2025, 6, 1, 16, 30, tzinfo=dt.UTC),
    request_id="r",
    who="王某",
    role="inspector",
    action="read_projects",
    method="GET",
    subject="/projects/P/001?as_of=2025-06-01",
    region="990102",
    as_of=None,
    list_digest=None,
    model_version=None,
    status=200,
)


def said(method, subject, action="read_lists", status=200, language="zh"):
    entry = ENTRY._replace(method=method, subject=subject, action=action, status=status)
    return sentence(entry, {"P/001": "模拟花园一期"}.get, language)


@pytest.mark.parametrize(
    ("method", "subject", "words"),
    [
        ("GET", "/projects/P/001?as_of=2025-06-01", "查看了“模拟花园一期”的风险"),
        ("GET", "/v1/projects/P/001/timeline", "查看了“模拟花园一期”的风险"),
        ("GET", "/projects/P/001/visit", "查看了“模拟花园一期”的检查登记表"),
        ("POST", "/projects/P/001/notes", "在“模拟花园一期”写了备注"),
        ("GET", "/watchlist.xlsx?tier=red", "下载了预警名单"),
        ("GET", "/v1/watchlists/2025-06-01/entries", "查看了预警名单"),
        ("GET", "/ledger", "查看了未结事项台账"),
        ("POST", "/ledger/case:AJ1", "办理了清单事项 案件 AJ1"),
        ("POST", "/v1/matters/case:AJ1/steps", "办理了清单事项 案件 AJ1"),
        ("GET", "/v1/briefings/3", "查看了月报"),
        ("POST", "/v1/outcomes", "登记了一次检查结果"),
        ("RULE", "matters/case:A?level=1", "其他操作"),
    ],
)
def test_an_entry_says_what_was_done(method, subject, words):
    assert said(method, subject).text == words


def test_actions_without_an_address_and_failures_are_said():
    assert said("RULE", "matters/case:A?level=1", "escalate_matter").text == "上报了一件超期事项"
    assert said("POST", "/sign-in", "sign_in", 401).outcome == "用户名或密码不对"
    assert said("CLI", "publish 2025-06-01 *", "run_jobs", 0).text == "发布了一期名单"
    assert said("POST", "/sign-in", "sign_in", 401).text == "试图登录"
    assert said("POST", "/sign-in", "sign_in", 200).text == "登录"
    assert said("GET", "/supervision", "read_models", 403).outcome == "没有权限，已拒绝"
    assert said("GET", "/projects/X", status=404, language="en").outcome == "not found"
    assert said("POST", "/ledger/case:A", "write_notes", 500).outcome == "系统出错，没有完成"
    assert said("GET", "/map").outcome is None
    assert said("GET", "/projects/P/001").project_id == "P/001"


def test_no_entry_shows_an_internal_name_of_a_page_or_endpoint(database):
    """Every address of the application that needs a permission has words of its own."""
    from serving.app import create_app
    from serving.auth.dependencies import RequirePermission
    from serving.settings import Settings

    app = create_app(Settings(), database)
    unsaid = []
    for route in app.routes:
        needs = (
            [one.call for one in route.dependant.dependencies]
            if hasattr(route, "dependant")
            else []
        )
        if not any(isinstance(one, RequirePermission) for one in needs):
            continue
        for method in route.methods - {"HEAD"}:
            for language in LANGUAGES:
                words = said(method, route.path.replace(":path", ""), "?", language=language).text
                if words in ("其他操作", "did something else"):
                    unsaid.append((method, route.path))
    # Reads of figures for monitoring and of the progress of jobs are not audited.
    assert set(unsaid) == {("GET", "/metrics"), ("GET", "/v1/jobs"), ("GET", "/v1/jobs/{job_id}")}


@pytest.fixture
def log(database):
    write_audit_entries(
        database.engine,
        [
            ENTRY,
            ENTRY._replace(subject="/projects/P/0010", who="李某"),
            ENTRY._replace(subject="/v1/projects/P/001/notes", at=ENTRY.at - dt.timedelta(hours=1)),
            ENTRY._replace(subject="/watchlist", region="42", who="赵某"),
        ],
    )
    return database


def found(log, **wanted):
    page = list_audit_entries(log.engine, OFFICE, PageRequest(50), AuditFilter(**wanted))
    return [(one.who, one.subject) for one in page.items]


def test_entries_are_found_by_person_project_and_office_day(log):
    notes, look = ("王某", "/v1/projects/P/001/notes"), ("王某", ENTRY.subject)
    assert found(log, projects=["P/001"]) == [notes, look]
    assert found(log, projects=["P/0010"]) == [("李某", "/projects/P/0010")]
    # 16:30 UTC is already the next day in China, 15:30 is not.
    assert found(log, day=dt.date(2025, 6, 1)) == [notes]
    assert len(found(log, day=dt.date(2025, 6, 2))) == 3
    here = Principal("u", "u", Role.SUPERVISOR, "9901")
    assert audit_people(log.engine, here) == ["李某", "王某"]


def test_entries_are_found_by_name(log):
    page = list_audit_entries(log.engine, OFFICE, PageRequest(50), AuditFilter(who="赵某"))
    assert [one.subject for one in page.items] == ["/watchlist"]
