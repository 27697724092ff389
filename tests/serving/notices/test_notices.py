"""Notices: only what concerns a department, kept as sent, answered, seen in their region."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from sqlalchemy.exc import DatabaseError

from risk.departments import departments
from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.notices.letter import render_letter
from serving.notices.payload import NothingToNotify, build_payload
from serving.notices.repository import (
    NoticeStep,
    NoticeUnknown,
    insert_step,
    list_notices,
    read_notice,
)

from .builders import sendable

FLAG = {
    "article": "24",
    "article_label": {"zh": "第24条", "en": "Art. 24"},
    "title": {"zh": "人工费逾期未拨付", "en": "labour cost overdue"},
    "finding": {"zh": "逾期。", "en": "late."},
    "check": {"zh": "查", "en": "check"},
    "evidence": [{"table": "transfers", "record_id": "T1", "known_at": "2025-05-01"}],
}
FACTS = {
    "project_id": "P1",
    "project_name": "模拟工程",
    "region_code": "990101",
    "sector": "building",
    "funding": "government",
    "owner_name": "甲",
    "contractor_id": "C",
    "contractor_name": "乙",
    "contract_amount": 100_00,
    "latitude": 30.0,
}
CONTRACTS = [
    {"id": "K1", "parent": None, "name": "张三", "kind": "individual", "written": False}
    | {"amount": None, "signed_on": "2024-01-01", "ended_on": None}
]


def _risk(*codes):
    return {
        "project_id": "P1",
        "region_code": "990101",
        "as_of": "2025-06-01",
        "missing_feeds": [],
        "red_flags": [{**FLAG, "code": code} for code in codes],
    }


def _package(to, *codes, sent_on=dt.date(2025, 6, 2), **facts):
    dossier = {"facts": {**FACTS, **facts}, "contracts": CONTRACTS, "money": None}
    return build_payload(to, _risk(*codes), dossier, "0" * 64, sent_on)


@pytest.mark.parametrize("code", sorted(departments()))
def test_build_payload_contains_only_the_part_of_the_department(code):
    to = departments()[code]
    if code == "police":
        with pytest.raises(NothingToNotify):
            _package(code, "correction_overdue")
        return
    sector = to.sectors[0] if to.sectors else "building"
    made = _package(code, "labour_cost_overdue", "workers_unregistered", sector=sector)
    assert set(made["project"]) == set(to.facts)
    assert [one["code"] for one in made["findings"]] == ["labour_cost_overdue"]
    assert "张三" not in json.dumps(made, ensure_ascii=False)
    assert ("contracts" in made) == ("contracts" in to.parts)
    assert dt.date.fromisoformat(made["answer_by"]) > dt.date(2025, 6, 2)
    shown = {**made, "number": 3, "sender": "模拟县人社局"}
    assert "模拟工程" in render_letter(shown, "html", "zh").decode()


def test_build_payload_marks_days_without_a_holiday_plan():
    known = _package("housing", "labour_cost_overdue", sent_on=dt.date(2025, 9, 30))
    # Ten working days over the holidays of October, with 11 October worked instead.
    assert (known["answer_by"], known["answer_planned"]) == ("2025-10-21", True)
    unknown = _package("housing", "labour_cost_overdue", sent_on=dt.date(2099, 1, 1))
    assert not unknown["answer_planned"]
    before = {name: value for name, value in unknown.items() if name != "answer_planned"}
    for package, said in ((known, False), (unknown, True), (before, False)):
        shown = render_letter(
            {**package, "number": 3, "sender": "模拟县人社局"}, "html", "zh"
        ).decode()
        assert ("暂按双休日推算" in shown) == said


@pytest.mark.parametrize(
    ("to", "flag", "facts", "why"),
    [
        ("water", "labour_cost_overdue", {}, "not_its_own"),
        ("housing", "labour_cost_overdue", {"sector": None}, "unknown_facts"),
        ("reform", "labour_cost_overdue", {"funding": "private"}, "not_its_own"),
        ("housing", "wages_overdue", {}, "nothing"),
    ],
)
def test_build_payload_rejects_irrelevant_departments(to, flag, facts, why):
    with pytest.raises(NothingToNotify) as refused:
        _package(to, flag, **facts)
    assert refused.value.fields["why"] == why
    assert "P1" in refused.value.message("zh")


def test_notice_command_sends_once_and_stores(copy, wagewatch, tmp_path):
    project, to = sendable(copy)
    docx, data = tmp_path / "n.docx", tmp_path / "n.json"
    run = {"WAGEWATCH_WORKSPACE": str(copy.root)}
    for out in (docx, data):
        ran = wagewatch("notice", project, "--to", to, "--out", str(out), **run)
        assert ran.returncode == 0, ran.stderr
    from docx import Document

    assert Document(io.BytesIO(docx.read_bytes())).paragraphs
    with Database(f"sqlite:///{copy.service_database}") as database:
        kept = list_notices(database.engine, OFFICE, PageRequest(9)).items
        assert [one.project_id for one in kept] == [project]
        one = kept[0]
        assert json.loads(data.read_text()) == one.package
        assert one.state(one.answer_by) == "sent"
        assert one.state(one.answer_by + dt.timedelta(days=1)) == "overdue"
        step = NoticeStep(one.id, one.region_code, "answered", "已办", "李", one.made_at)
        with writing(database.engine).begin() as connection:
            insert_step(connection, step)
            assert read_notice(connection, one.id, OFFICE).state(dt.date.max) == "answered"
        outside = Principal("t", "t", Role.INSPECTOR, "11")
        assert not list_notices(database.engine, outside, PageRequest(9)).items
        with database.engine.connect() as connection, pytest.raises(NoticeUnknown):
            read_notice(connection, one.id, outside)
        said = list_audit_entries(database.engine, OFFICE, PageRequest(9)).items
        assert "send_notices" in {entry.action for entry in said}
        with pytest.raises(DatabaseError), writing(database.engine).begin() as connection:
            connection.exec_driver_sql("UPDATE notices SET digest = 'x'")
    refused = wagewatch("notice", project, "--to", "nobody", "--out", str(docx), **run)
    assert refused.returncode == 2


def test_elements_and_deposits_commands(copy, wagewatch):
    project, _ = sendable(copy)
    run = {"WAGEWATCH_WORKSPACE": str(copy.root)}
    for of in ("crime", "listing"):
        ran = wagewatch("elements", project, "--of", of, "--json", **run)
        assert ran.returncode == 0, ran.stderr
        rows = json.loads(ran.stdout)["elements"]
        assert {one["standing"] for one in rows} <= {"shown", "otherwise", "unknown"}
        assert wagewatch("elements", project, "--of", of, **run).returncode == 0
    for shape in ("json", "csv", "table"):
        ran = wagewatch("deposits", "--as-of", "2025-04-01", "--format", shape, **run)
        assert ran.returncode == 0, ran.stderr
    found = json.loads(
        wagewatch("deposits", "--as-of", "2025-04-01", "--format", "json", **run).stdout
    )
    assert found["advice"]
    assert {one["step"] for one in found["advice"]} == {None}
    events = [event for one in found["advice"] for event in one["events"]]
    assert events
    assert all(event["known_at"] < "2025-04-01" for event in events)


def test_departments_act_under_their_own_articles():
    """43: unlawful award; 44: government money, by finance and the sector departments."""
    known = departments()
    for code in ("housing", "transport", "water"):
        assert {"43", "44"} <= set(known[code].articles)
        assert "payment_guarantee_missing" in known[code].flags
    assert "44" in known["finance"].articles
    assert not known["finance"].supervises("building", "private")
    assert "42" not in {article for one in known.values() for article in one.articles}
