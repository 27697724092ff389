"""What needs somebody this week, as a file and as an event a week."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import select

from risk.locale import LANGUAGES
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.tables import EVENTS, MATTER_STEPS
from serving.documents.formats import RENDERERS
from serving.events.outbox import Subscription, add_subscription, claim_deliveries
from serving.events.webhooks import envelope
from serving.matters.digest import SECTIONS, Audience, build_digest
from serving.matters.digest_document import digest_document
from serving.matters.rules import matter_rules
from serving.matters.steps import StepRequest, apply_step
from serving.matters.sync import sync_from_lists
from serving.matters.weekly_digest import queue_weekly_digests
from serving.notices.repository import Notice, NoticeStep, insert_notice, insert_step
from serving.settings import MatterSettings, Settings
from serving.worker.scheduler import Scheduler

from .builders import JUNE, closed_case, matter, project, publish_register

NOW = dt.datetime(2025, 6, 11, 9, tzinfo=dt.UTC)
BEGUN = dt.datetime(2025, 5, 2, 9, tzinfo=dt.UTC)
"""When the county began to follow matters: before any deadline."""
ON = dt.date(2025, 6, 11)
SETTINGS = Settings(matters=MatterSettings(alerts=()))
WHO = Principal("u", "李", Role.SUPERVISOR)


@pytest.fixture
def county(database):
    ending = {
        "deposit_id": "D1",
        "project_id": "P/001",
        "project_name": "模拟1",
        "region_code": "990102",
        "kind": "guarantee",
        "amount": None,
        "valid_to": "2025-06-30",
        "state": "ending",
    }
    missing = {**ending, "valid_to": None, "state": "missing"}
    later = {**ending, "valid_to": "2025-08-01"}
    publish_register(
        database,
        projects=[project(1, last_inspected_on="2025-06-03"), project(2)],
        matters=[
            matter("case:SOON"),
            matter("case:FAR", opened_on="2025-06-02"),
            matter("inspection:LATE", "rectification", due_on="2025-06-10"),
            matter("complaint:T", "complaint", opened_on="2025-05-01"),
        ],
        closed=[closed_case("Z", "2025-03-03")],
        deposits={"advice": [], "ending": [missing, ending, later]},
    )
    sync_from_lists(database, matter_rules(SETTINGS.matters), BEGUN)
    give(database, "case:SOON", due_on=dt.date(2025, 6, 16), person="张三", unit="一队")
    return database


def give(database, key, **given):
    rules = matter_rules(SETTINGS.matters)
    with writing(database.engine).begin() as connection:
        apply_step(connection, WHO, key, StepRequest("given", **given), rules, NOW)


def names(digest, section):
    return [one.matter or one.project_id for one in digest.sections[section]]


def test_build_digest_fills_each_section(county):
    found = build_digest(county, SETTINGS, Audience(), ON, NOW)
    assert set(found.sections) == set(SECTIONS)
    assert names(found, "due") == ["case:SOON"]
    assert names(found, "overdue") == ["inspection:LATE"]
    assert names(found, "answers") == ["complaint:T"]
    assert names(found, "rechecks") == ["case:Z"]
    assert names(found, "new_red") == ["P/000"]
    # P/001 was visited after the list; P/000, P/002 and P/003 of the list were not.
    assert names(found, "visits") == ["P/000", "P/002", "P/003"]
    assert [one.day for one in found.sections["guarantees"]] == [dt.date(2025, 6, 30)]


def test_build_digest_filters_by_person_and_unit(county):
    assert names(build_digest(county, SETTINGS, Audience(person="张三"), ON, NOW), "overdue") == []
    mine = build_digest(county, SETTINGS, Audience(unit="一队"), ON, NOW)
    assert names(mine, "due") == ["case:SOON"]
    elsewhere = build_digest(county, SETTINGS, Audience("42"), ON, NOW)
    assert all(not items for items in elsewhere.sections.values())


def test_build_digest_lists_unanswered_notices(county):
    notice = Notice(
        id=7,
        department="housing",
        project_id="P/001",
        region_code="990102",
        as_of=JUNE,
        list_digest="d",
        answer_by=dt.date(2025, 6, 10),
        digest="e",
        body=json.dumps({"project": {"project_name": "模拟1"}}).encode(),
        made_by="李",
        made_at=NOW,
    )
    with writing(county.engine).begin() as connection:
        insert_notice(connection, notice)
    assert names(build_digest(county, SETTINGS, Audience(), ON, NOW), "answers")[-1] == "P/001"
    assert names(build_digest(county, SETTINGS, Audience(person="李"), ON, NOW), "answers") == [
        "P/001"
    ]
    assert names(build_digest(county, SETTINGS, Audience(person="王"), ON, NOW), "answers") == []
    assert names(build_digest(county, SETTINGS, Audience("42"), ON, NOW), "answers") == []
    paper = digest_document(build_digest(county, SETTINGS, Audience(), ON, NOW), SETTINGS)
    assert "部门函件未答复" in RENDERERS["html"](paper, "zh").decode()
    answer = NoticeStep(7, "990102", "answered", "已办", "李", NOW)
    with writing(county.engine).begin() as connection:
        insert_step(connection, answer)
    assert names(build_digest(county, SETTINGS, Audience(person="李"), ON, NOW), "answers") == []


def test_build_digest_sections_are_unknown_without_a_list(database):
    found = build_digest(database, SETTINGS, Audience(), ON, NOW)
    assert found.sections["new_red"] is None
    publish_register(database)
    known = build_digest(database, SETTINGS, Audience(), ON, NOW)
    assert known.sections["guarantees"] is None
    assert known.sections["overdue"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_digest_document_renders(county, language):
    settings = SETTINGS.model_copy(update={"language": language})
    paper = digest_document(build_digest(county, settings, Audience(), ON, NOW), settings)
    assert b"<table" in RENDERERS["html"](paper, language)
    assert RENDERERS["docx"](paper, language)[:2] == b"PK"


def subscribe(database, region="", types=("digest.ready",)):
    url, secret = "http://127.0.0.1:9/x", "whsec_MA=="
    one = Subscription(f"s-{region}", "办案", url, region, types, secret, NOW, "t", None)
    with database.engine.begin() as connection:
        add_subscription(connection, one, OFFICE)


def test_queue_weekly_digests_sends_one_per_week(county):
    subscribe(county)
    subscribe(county, "9901")
    subscribe(county, "9902", types=("watchlist.published",))
    assert queue_weekly_digests(county, SETTINGS, ON, NOW) == 2
    assert queue_weekly_digests(county, SETTINGS, ON + dt.timedelta(days=2), NOW) == 0
    assert queue_weekly_digests(county, SETTINGS, ON + dt.timedelta(days=5), NOW) == 2
    due = claim_deliveries(county.engine, NOW + dt.timedelta(days=1))
    assert len(due) == 4
    # Each hears of its own region only, though one lies within the other.
    assert all(one.event.region == one.subscription.region for one in due)
    sent = json.loads(envelope(due[0].event))
    assert (sent["type"], sent["source"]) == ("cn.wagewatch.digest.ready", "/v1/matters")
    assert sent["data"]["on"] == str(ON)


def test_queue_weekly_digests_without_subscribers_does_nothing(county):
    assert queue_weekly_digests(county, SETTINGS, ON, NOW) == 0
    with county.engine.connect() as connection:
        assert "digest.ready" not in connection.execute(select(EVENTS.c.type)).scalars().all()


def test_digest_command_writes_each_format(wagewatch, workspace, tmp_path):
    path = tmp_path / "d.json"
    assert wagewatch("digest", "--on", str(JUNE), "--out", str(path)).returncode == 0
    assert json.loads(path.read_text())["sections"]["new_red"] is None
    for wrong in (
        ("--out", str(tmp_path / "d.txt")),
        ("--out", str(path), "--for", "a", "--unit", "b"),
    ):
        assert wagewatch("digest", *wrong).returncode == 2
    assert wagewatch("digest", "--for", "nobody", "--out", str(path)).returncode == 1


def test_scheduler_opens_escalates_and_sends(database, workspace):
    """What ``wagewatch serve`` does beside the requests, run again at once: nothing twice."""
    publish_register(database, matters=[matter("case:A", opened_on="2020-01-02")])
    begun = dt.datetime(2020, 1, 2, 9, tzinfo=dt.UTC)
    sync_from_lists(database, matter_rules(MatterSettings()), begun)
    subscribe(database)
    for _ in range(2):
        Scheduler(workspace, database, workspace.root / "service.log").update_matters()
    with database.engine.connect() as connection:
        types = connection.execute(select(EVENTS.c.type)).scalars().all()
        steps = connection.execute(select(MATTER_STEPS.c.data)).scalars().all()
    assert (types.count("matter.escalated"), types.count("digest.ready")) == (len(steps), 1)
    assert sorted(step["level"] for step in steps if step["due_on"] < "2021") == [1, 2]
