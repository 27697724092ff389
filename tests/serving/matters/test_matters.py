"""Matters: opened from lists by rule, timed, escalated, checked, closed and looked at again."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from risk.calendar.working_days import add_working_days
from serving.audit.repository import list_audit_entries
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.pagination import PageRequest as Part
from serving.db.tables import AUDIT, EVENTS, MATTER_STEPS, MATTERS
from serving.matters.escalation import escalate
from serving.matters.pages import require_not_past
from serving.matters.queries import (
    MatterFilter,
    count_by_unit,
    current_states,
    filter_states,
    is_in_state,
    states_at,
)
from serving.matters.repository import (
    Facts,
    Matter,
    MatterUnknown,
    Step,
    all_matters,
    facts_until,
    has_unprocessed_lists,
)
from serving.matters.rules import matter_rules
from serving.matters.state import Deadline, state_on
from serving.matters.steps import (
    DeadlinePast,
    DutiesUnchecked,
    MatterClosed,
    MatterOpen,
    StepInvalid,
    StepRequest,
    apply_step,
)
from serving.matters.sync import sync_from_lists
from serving.matters.xlsx import matters_xlsx
from serving.settings import MatterSettings, Settings

from ..conftest import key
from .builders import DUTIES, JUNE, MAY, closed_case, matter, publish_register

NOW = dt.datetime(2025, 6, 2, 9, tzinfo=dt.UTC)
TODAY = dt.date(2025, 6, 2)
RULES = matter_rules(MatterSettings(alerts=()))
HERE = Principal("u", "李", Role.INSPECTOR, "9901")
ELSEWHERE = Principal("v", "王", Role.INSPECTOR, "42")


@pytest.fixture
def ledger(database):
    """A list with a filed case, a confirmed one with its duties, a complaint and a closed case."""
    publish_register(
        database,
        matters=[
            matter("case:A"),
            matter("case:B", status="confirmed", workers=60),
            matter("complaint:T", "complaint", opened_on="2025-05-20", workers=None),
        ],
        closed=[closed_case("Z", "2025-03-03")],
        duties={"P/100": DUTIES},
    )
    sync_from_lists(database, RULES, NOW)
    return database


def take(database, matter_key, who=HERE, now=NOW, **wanted):
    with database.engine.begin() as connection:
        return apply_step(connection, who, matter_key, StepRequest(**wanted), RULES, now)


def standing(database, matter_key, on=TODAY):
    found = next(one for one in all_matters(database.engine, HERE) if one.key == matter_key)
    return state_on(found, RULES, on)


def test_sync_opens_matters_once(ledger):
    keys = {one.key for one in all_matters(ledger.engine, OFFICE)}
    assert keys == {"case:A", "case:B", "complaint:T", "case:Z"}
    assert sync_from_lists(ledger, RULES, NOW) == 0
    with ledger.engine.connect() as connection:
        told = connection.execute(select(EVENTS.c.data).where(EVENTS.c.type == "matter.opened"))
        # A case that was closed already is followed for its second look, but it is no news.
        assert {one["matter"] for one in told.scalars()} == keys - {"case:Z"}
        rules = connection.execute(select(AUDIT.c.who, AUDIT.c.action)).all()
    assert ("wagewatch", "open_matters") in rules


def test_concurrent_syncs_open_nothing_twice(database):
    publish_register(database, matters=[matter(f"case:{n}") for n in range(20)])
    opened = []
    threads = [
        threading.Thread(target=lambda: opened.append(sync_from_lists(database, RULES, NOW)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [0, 0, 0, 20]


def test_sync_uses_only_the_newest_list(database):
    publish_register(database, MAY, matters=[matter("case:OLD")])
    publish_register(database, JUNE, matters=[matter("case:NEW")])
    sync_from_lists(database, RULES, NOW)
    assert [one.key for one in all_matters(database.engine, OFFICE)] == ["case:NEW"]


def test_sync_closes_matters_missing_from_a_later_list(database):
    publish_register(database, MAY, matters=[matter("case:A"), matter("case:B")])
    sync_from_lists(database, RULES, NOW)
    publish_register(database, JUNE, matters=[matter("case:A", workers=30)])
    sync_from_lists(database, RULES, NOW)
    found = {one.key: state_on(one, RULES, TODAY) for one in all_matters(database.engine, OFFICE)}
    assert not found["case:A"].closed
    assert found["case:A"].matter.facts.workers == 30
    assert (found["case:B"].closed_on, found["case:B"].reason) == (
        dt.date(2025, 5, 31),
        "records",
    )


def test_a_list_of_one_county_ends_no_matter_of_another(database):
    both = [matter("case:HERE"), matter("case:THERE", region_code="990103")]
    publish_register(database, MAY, matters=both)
    sync_from_lists(database, RULES, NOW)
    publish_register(database, JUNE, region="990102", matters=[])
    sync_from_lists(database, RULES, NOW)
    assert standing(database, "case:HERE").closed
    assert not standing(database, "case:THERE").closed


def test_an_earlier_list_that_comes_late_changes_no_matter(database):
    publish_register(database, JUNE, matters=[matter("case:A", workers=30)])
    sync_from_lists(database, RULES, NOW)
    publish_register(database, MAY, matters=[matter("case:A", workers=12)])
    sync_from_lists(database, RULES, NOW)
    assert standing(database, "case:A").matter.facts.workers == 30
    publish_register(database, MAY, region="990102", matters=[])
    sync_from_lists(database, RULES, NOW)
    assert not standing(database, "case:A").closed


def test_sync_opens_alerts_for_new_entries_of_the_tiers(database):
    publish_register(database)
    sync_from_lists(database, matter_rules(MatterSettings(alerts=("red",))), NOW)
    found = all_matters(database.engine, OFFICE)
    assert [one.key for one in found] == ["alert:P/000:2025-06-01"]
    # The next list shows the project as new again; its alert is still open.
    publish_register(database, dt.date(2025, 7, 1))
    assert sync_from_lists(database, matter_rules(MatterSettings(alerts=("red",))), NOW) == 0


def test_state_deadline_prefers_given_then_records_then_term(database):
    rows = [matter("case:A"), matter("inspection:I", "rectification", due_on="2025-06-20")]
    publish_register(database, matters=rows)
    sync_from_lists(database, RULES, NOW)
    term = add_working_days(dt.date(2025, 4, 1), 60).day
    assert (standing(database, "case:A").due.day, standing(database, "case:A").due.basis) == (
        term,
        "term",
    )
    assert standing(database, "inspection:I").due.basis == "records"
    take(database, "inspection:I", step="given", person="张三", due_on=dt.date(2025, 6, 10))
    given = standing(database, "inspection:I")
    assert (given.due.day, given.due.basis, given.person) == (
        dt.date(2025, 6, 10),
        "given",
        "张三",
    )


def test_state_clock_runs_for_filed_cases_and_can_be_extended(ledger):
    before = standing(ledger, "case:A").clock
    assert before.working_days == 60
    take(ledger, "case:A", step="extended", text="分管领导批准，案情复杂")
    after = standing(ledger, "case:A").clock
    assert (after.working_days, after.days_left) == (90, before.days_left + 30)
    assert standing(ledger, "complaint:T").clock is None
    with pytest.raises(StepInvalid):
        take(ledger, "complaint:T", step="extended", text="x")


def test_escalate_once_per_level_and_deadline(ledger):
    take(ledger, "complaint:T", step="given", unit="大队", due_on=dt.date(2025, 6, 3))
    unit_head = add_working_days(dt.date(2025, 6, 3), 3).day + dt.timedelta(days=1)
    leader = add_working_days(dt.date(2025, 6, 3), 10).day + dt.timedelta(days=1)

    written = []

    def levels(day):
        written.append(escalate(ledger, RULES, day, NOW))
        assert escalate(ledger, RULES, day, NOW) == 0
        found = standing(ledger, "complaint:T", day).matter.steps
        return [one.data["level"] for one in found if one.step == "escalated"]

    assert levels(unit_head - dt.timedelta(days=1)) == []
    assert levels(unit_head) == [1]
    assert levels(leader) == [1, 2]
    assert standing(ledger, "complaint:T", leader).level == 2
    take(ledger, "complaint:T", step="given", unit="大队", due_on=dt.date(2025, 7, 1))
    assert standing(ledger, "complaint:T", leader).level == 0
    assert levels(dt.date(2025, 7, 31)) == [1, 2, 1, 2]
    entries = list_audit_entries(ledger.engine, OFFICE, Part(500)).items
    told = [one for one in entries if one.action == "escalate_matter"]
    assert len(told) == sum(written)
    assert sum("complaint:T" in one.subject for one in told) == 4
    assert {one.who for one in told} == {"wagewatch"}


def test_closed_matters_and_those_not_yet_overdue_do_not_escalate(ledger):
    late = dt.date(2025, 12, 1)
    take(ledger, "complaint:T", step="given", unit="大队", due_on=dt.date(2025, 6, 3))
    take(ledger, "complaint:T", step="closed", reason="paid_in_full", text="已发")
    take(ledger, "case:A", step="given", unit="大队", due_on=late)
    escalate(ledger, RULES, late, NOW)
    for matter_key in ("complaint:T", "case:A"):
        steps = standing(ledger, matter_key, late).matter.steps
        assert [one for one in steps if one.step == "escalated"] == []


def test_closing_a_confirmed_case_needs_all_duties_or_a_reason(ledger):
    closing = {"step": "closed", "reason": "paid_in_full", "text": "已发"}
    assert standing(ledger, "case:B").duties_left == 2
    with pytest.raises(DutiesUnchecked):
        take(ledger, "case:B", **closing)
    take(ledger, "case:B", step="duty", duty="account_missing", found="met")
    with pytest.raises(DutiesUnchecked):
        take(ledger, "case:B", **closing)
    with pytest.raises(StepInvalid):
        take(ledger, "case:B", step="duty", duty="no_such_duty", found="met")
    take(ledger, "case:B", step="duty", duty="wages_overdue", found="breached", text="拖欠两月")
    closed = state_on(take(ledger, "case:B", **closing), RULES, TODAY)
    assert (closed.closed, closed.reason, closed.duties_left) == (True, "paid_in_full", 0)


def test_closing_with_unchecked_duties_stores_the_reason(ledger):
    wanted = {"step": "closed", "reason": "transferred", "text": "移送公安"}
    take(ledger, "case:B", unchecked="项目已完工拆除", **wanted)
    last = standing(ledger, "case:B").matter.steps[-1]
    assert last.data["unchecked"] == "项目已完工拆除"


def test_second_look_falls_due_and_not_paid_reopens(ledger):
    take(ledger, "case:A", step="closed", reason="paid_in_full", text="已发")
    due = add_working_days(TODAY, 20).day
    look = standing(ledger, "case:A").second_look
    assert (look.day, look.overdue, look.outcome) == (due, False, None)
    assert standing(ledger, "case:A", due + dt.timedelta(days=1)).second_look.overdue
    take(ledger, "case:A", step="rechecked", outcome="partly", text="3 人未到账")
    assert standing(ledger, "case:A").second_look.outcome == "partly"
    take(ledger, "case:A", step="rechecked", outcome="not_paid", text="一人未发")
    again = standing(ledger, "case:A")
    assert not again.closed
    assert [one.step for one in again.matter.steps][-2:] == ["rechecked", "reopened"]


def test_reopening_a_case_closed_by_the_records(ledger):
    assert standing(ledger, "case:Z").reason == "records"
    take(ledger, "case:Z", step="rechecked", outcome="not_paid")
    assert not standing(ledger, "case:Z").closed


@pytest.mark.parametrize(
    "wanted",
    [
        {"step": "given"},
        {"step": "noted"},
        {"step": "closed", "text": "x"},
        {"step": "closed", "reason": "because", "text": "x"},
        {"step": "closed", "reason": "other"},
        {"step": "escalated", "text": "x"},
        {"step": "noted", "evidence": {"table": "nothing", "record_id": "1"}},
        {"step": "noted", "evidence": {"file": "a.pdf", "sha256": "A" * 64}},
        {"step": "noted", "evidence": {"file": "a.pdf"}},
    ],
)
def test_apply_step_rejects_incomplete_steps(ledger, wanted):
    with pytest.raises(StepInvalid):
        take(ledger, "case:A", **wanted)
    assert standing(ledger, "case:A").matter.steps == ()


def test_apply_step_rejects_steps_the_state_does_not_allow(ledger):
    with pytest.raises(MatterOpen):
        take(ledger, "case:A", step="reopened", text="x")
    take(ledger, "case:A", step="closed", reason="merged", text="并入 B")
    with pytest.raises(MatterClosed):
        take(ledger, "case:A", step="given", person="张三")
    take(ledger, "case:A", step="noted", text="卷宗归档")


def test_apply_step_validates_evidence(ledger):
    take(ledger, "case:A", step="noted", evidence={"table": "payments", "record_id": "Y-1"})
    take(ledger, "case:A", step="noted", evidence={"file": "回单.pdf", "sha256": "a" * 64})
    found = [one.data["evidence"] for one in standing(ledger, "case:A").matter.steps]
    assert found == [
        {"table": "payments", "record_id": "Y-1"},
        {"file": "回单.pdf", "sha256": "a" * 64},
    ]


def test_matters_of_other_regions_are_unknown(ledger):
    assert all_matters(ledger.engine, ELSEWHERE) == []
    with pytest.raises(MatterUnknown):
        take(ledger, "case:A", ELSEWHERE, step="noted", text="x")


def test_sync_opens_matters_of_organisations_without_a_project(database):
    row = matter("case:E", project_id=None, org_id="O1", project_name=None, org_name="模拟纺织厂")
    publish_register(database, matters=[row])
    sync_from_lists(database, RULES, NOW)
    facts = all_matters(database.engine, HERE)[0].facts
    assert (facts.project_id, facts.org_id, facts.name) == (None, "O1", "模拟纺织厂")
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT CAST(facts AS TEXT) FROM matter_facts").scalar()
    # What is unknown is left out, and no character is escaped.
    assert '"name":"模拟纺织厂"' in stored
    assert "null" not in stored
    sync_from_lists(database, RULES, NOW)
    assert [one.facts for one in all_matters(database.engine, HERE)] == [facts]


def test_matter_tables_are_append_only(ledger):
    for table in ("matters", "matter_facts", "matter_lists"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {_COLUMN[table]}"):
            with pytest.raises(DBAPIError, match="sealed"), ledger.engine.begin() as connection:
                connection.exec_driver_sql(statement)


_COLUMN = {
    "matters": "kind = 'x'",
    "matter_facts": "matter = 'x'",
    "matter_lists": "watchlist_id = 9",
}


def test_states_at_uses_the_list_of_the_next_day(database):
    publish_register(database, MAY, matters=[matter("case:A"), matter("case:B")])
    sync_from_lists(database, RULES, NOW)
    publish_register(database, JUNE, matters=[matter("case:A")])
    sync_from_lists(database, RULES, NOW)
    start, last = dt.date(2025, 5, 1), dt.date(2025, 5, 31)
    found = count_by_unit(states_at(database, RULES, OFFICE, last), start, JUNE)
    assert [(one.open, one.closed) for one in found] == [(1, 1)]
    april = states_at(database, RULES, OFFICE, dt.date(2025, 4, 30))
    assert [one.closed for one in april] == [False, False]
    with database.engine.connect() as connection:
        assert sorted(facts_until(connection, HERE, JUNE)) == ["case:A", "case:B"]
        assert facts_until(connection, ELSEWHERE, JUNE) == {}
    assert not has_unprocessed_lists(database.engine)
    # The list of June contains what was known by the end of 31 May, not of the 30th.
    before = states_at(database, RULES, OFFICE, dt.date(2025, 5, 30))
    assert [one.closed for one in before] == [False, False]


def test_count_by_unit_and_filter_states(ledger):
    take(ledger, "case:A", step="given", unit="大队", person="张三")
    take(ledger, "complaint:T", step="given", unit="大队", person="李四")
    take(ledger, "complaint:T", step="closed", reason="unfounded", text="x")
    every = current_states(ledger, Settings(matters=MatterSettings(alerts=())), HERE, TODAY, NOW)
    assert (len(every), ledger.derived.size) == (4, 40_000)
    tallies = {one.unit: one for one in count_by_unit(every, JUNE, dt.date(2025, 7, 1))}
    assert (tallies["大队"].open, tallies["大队"].closed) == (1, 1)
    assert (tallies[None].open, tallies[None].closed) == (1, 0)
    assert {one.matter.key for one in filter_states(every, MatterFilter(person="张三"))} == {
        "case:A"
    }
    assert {one.matter.key for one in filter_states(every, MatterFilter(least_workers=50))} == {
        "case:B"
    }
    assert [one.group for one in every if one.matter.key == "case:B"] == [50]
    with matters_xlsx(every, "zh", TODAY) as file:
        book = openpyxl.load_workbook(file)
    assert book.worksheets[0].max_row == len(every) + 1


def test_matters_xlsx_marks_deadlines_without_a_holiday_plan_as_provisional(ledger):
    state = standing(ledger, "case:A")
    deadlines = [Deadline(dt.date(2040, 1, 2), "term", 5, planned) for planned in (True, False)]
    found = [replace(state, due=due) for due in deadlines]
    with matters_xlsx(found, "zh", TODAY) as file:
        book = openpyxl.load_workbook(file)
    heads, *rows = book.worksheets[0].iter_rows(values_only=True)
    notes = [row[heads.index("期限说明")] for row in rows]
    assert notes == [None, "节假日安排尚未公布，暂按双休日推算"]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["given", "noted", "closed", "reopened", "rechecked"]),
        st.integers(0, 60),
        st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
    ),
    max_size=8,
)


@given(_STEPS, st.integers(-10, 90))
def test_is_in_state_open_and_closed_are_exclusive(drawn, after):
    """Whatever was done: closed means a day and a reason, no deadline; open means neither."""
    start = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)
    steps = tuple(
        Step("m", "99", kind, "p", "u", due, "t", "w", start + dt.timedelta(days=day))
        for kind, day, due in sorted(drawn, key=lambda one: one[1])
    )
    facts = Facts(MAY, True, opened_on=dt.date(2025, 4, 1))
    one = Matter(1, "m", "hand", "99", "w", start, facts, steps)
    on = dt.date(2025, 4, 1) + dt.timedelta(days=after)
    found = state_on(one, RULES, on)
    assert found.closed == (found.closed_on is not None) == (found.reason is not None)
    assert found.closed == (found.second_look is not None) == (found.due is None)
    assert not (found.closed and found.overdue)
    assert is_in_state(found, "open") != is_in_state(found, "closed")
    if found.closed_on is not None:
        assert found.closed_on <= on


def test_matters_api_opens_assigns_paginates_and_is_idempotent(client, ledger, token):
    who = token("inspector", "9901")
    sent = {"name": "模拟工地", "region_code": "990102", "text": "巡查", "amount": 1234.56}
    headers = {**who, **key()}
    made = client.post("/v1/matters", json=sent, headers=headers)
    again = client.post("/v1/matters", json=sent, headers=headers)
    assert (made.status_code, again.json()) == (201, made.json())
    assert made.json()["amount"] == 1234.56
    path = f"/v1/matters/{made.json()['key']}"
    step = {"step": "given", "person": "张三", "unit": "大队", "due_on": "2099-01-05"}
    given = client.post(f"{path}/steps", json=step, headers={**who, **key()}).json()
    assert given["due"]["basis"] == "given"
    assert not given["due"]["planned"]
    seen, cursor = [], None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get("/v1/matters", params=asked, headers=who).json()
        seen += [one["key"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert {"case:A", "case:B", "complaint:T", "case:Z", made.json()["key"]} <= set(seen)
    found = client.get("/v1/matters", params={"unit": "大队"}, headers=who).json()["items"]
    assert [one["person"] for one in found] == ["张三"]
    with ledger.engine.connect() as connection:
        hands = select(MATTERS).where(MATTERS.c.kind == "hand")
        assert len(connection.execute(hands).all()) == 1
        steps = connection.execute(select(MATTER_STEPS.c.taken_by)).scalars().all()
    assert len(steps) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("case:nothing", {"step": "noted", "text": "x"}, 404, "matter_unknown"),
        ("case:B", {"step": "closed", "reason": "other", "text": "x"}, 409, "duties_unchecked"),
        ("case:Z", {"step": "given", "person": "x"}, 409, "matter_closed"),
        ("case:A", {"step": "reopened", "text": "x"}, 409, "matter_open"),
        ("case:A", {"step": "given"}, 422, "step_invalid"),
    ],
)
def test_matters_api_explains_rejected_steps(client, ledger, token, path, body, status, code):
    answer = client.post(
        f"/v1/matters/{path}/steps", json=body, headers={**token("supervisor"), **key()}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_closing_event_has_the_reason(ledger):
    take(ledger, "case:A", step="closed", reason="court", text="已申请强制执行")
    with ledger.engine.connect() as connection:
        told = select(EVENTS.c.data).where(EVENTS.c.type == "matter.closed")
        event = connection.execute(told).scalar_one()
    assert (event["matter"], event["reason"]) == ("case:A", "court")


def test_history_at_go_live_is_a_backlog_until_it_is_assigned(database):
    rows = [
        matter("inspection:OLD", "rectification", due_on="2025-05-30"),
        matter("inspection:TODAY", "rectification", due_on="2025-06-02"),
        matter("complaint:OLD", "complaint", opened_on="2022-03-16"),
    ]
    publish_register(database, matters=rows)
    sync_from_lists(database, RULES, NOW)
    assert escalate(database, RULES, TODAY, NOW) == 0
    old = standing(database, "inspection:OLD")
    assert (old.backlog, old.overdue, old.due, old.level) == (True, False, None, 0)
    current = standing(database, "inspection:TODAY", dt.date(2025, 6, 3))
    assert (current.backlog, current.overdue) == (False, True)

    take(database, "complaint:OLD", step="given", person="张三")
    assigned = standing(database, "complaint:OLD")
    # Five working days after 2025-06-02, a public holiday: 3, 4, 5, 6 and 9 June.
    assert (assigned.backlog, assigned.due.basis, assigned.due.day) == (
        False,
        "assigned",
        dt.date(2025, 6, 9),
    )
    take(database, "inspection:OLD", step="given", person="张三", due_on=dt.date(2025, 6, 5))
    assert standing(database, "inspection:OLD", dt.date(2025, 6, 6)).overdue


def test_what_comes_overdue_after_go_live_is_overdue_at_once(database):
    publish_register(database, MAY, matters=[matter("case:A")])
    sync_from_lists(database, RULES, NOW - dt.timedelta(days=30))
    late = matter("inspection:I", "rectification", due_on="2025-05-30")
    there = matter("inspection:J", "rectification", due_on="2025-05-30", region_code="990103001")
    publish_register(database, matters=[matter("case:A"), late, there])
    sync_from_lists(database, RULES, NOW)
    assert standing(database, "inspection:I").overdue
    # Another county begins on this day: what it brings from before is its backlog.
    assert standing(database, "inspection:J").backlog


def test_a_form_refuses_a_deadline_before_today():
    require_not_past(TODAY, TODAY)
    with pytest.raises(DeadlinePast) as caught:
        require_not_past(dt.date(2025, 6, 1), TODAY)
    assert caught.value.message("zh") == (
        "期限 2025-06-01 早于今天（2025-06-02）。请选择今天或以后的日期。"
    )


def test_a_step_that_is_incomplete_says_what_to_fill_in():
    error = StepInvalid(step="given", found="", allowed="person / unit")
    assert error.message("zh") == "“交办”没有记录：现为“”，须为：责任人或责任单位。请补全后再提交。"
