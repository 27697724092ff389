"""The workbook of matters: each column has a value of its own."""

from __future__ import annotations

import datetime as dt

import openpyxl

from serving.auth.principal import Principal
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.matters.choices import assignees
from serving.matters.repository import Facts, Matter, Step
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.matters.xlsx import matters_xlsx
from serving.settings import MatterSettings

from ..people import add_user

RULES = matter_rules(MatterSettings())
ON = dt.date(2025, 6, 17)
NOW = dt.datetime(2025, 6, 3, 4, tzinfo=dt.UTC)


def step(kind, person=None, unit=None, **data):
    return Step("case:A", "990102", kind, person, unit, None, None, "李", NOW, data or None)


def state(*steps, **facts):
    known = {
        "project_id": "P1", "name": "工地", "opened_on": dt.date(2025, 4, 1), "workers": 57,
        "due_on": dt.date(2025, 6, 13), "amount": 123_456_78, "record": "AJ1", "status": "filed",
    }  # fmt: skip
    made = Facts(dt.date(2025, 6, 1), True, **{**known, **facts})
    return state_on(Matter(1, "case:A", "case", "990102", "x", NOW, made, steps), RULES, ON)


def rows(*states):
    with matters_xlsx(states, "zh", ON) as file:
        sheet = openpyxl.load_workbook(file).worksheets[0]
    told = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(number for number, row in enumerate(told) if "case:A" in row)
    plain = [[v.date() if isinstance(v, dt.datetime) else v for v in row] for row in told[at:]]
    return [row[: len(plain[0])] for row in plain]


def test_each_cell_of_an_open_matter():
    raised = step("escalated", level=2, due_on="2025-06-13")
    (row,) = rows(state(step("given", "张", "大队"), raised))
    assert row[:15] == [
        "case:A", "案件", "工地", "990102", "AJ1", dt.date(2025, 4, 1), 57, 123_456.78, "张",
        "大队", dt.date(2025, 6, 13), None, "是", 2, None,
    ]  # fmt: skip


def test_a_closed_matter_has_its_end_and_its_second_look():
    (row,) = rows(state(step("closed", reason="court"), step("rechecked", outcome="paid")))
    # Twenty working days after 3 June are over on 1 July.
    assert row[10:17] == [None, None, None, None, dt.date(2025, 6, 3), row[15], dt.date(2025, 7, 1)]
    assert row[15]
    assert row[17]
    (nothing,) = rows(state(amount=None, workers=None, due_on=dt.date(2025, 6, 17)))
    assert (nothing[6], nothing[7], nothing[12], nothing[13]) == (None,) * 4


def test_a_matter_is_named_by_its_project_or_unit():
    names = [rows(state(**facts))[0][2] for facts in (
        {}, {"name": None}, {"name": None, "project_id": None, "org_id": "O1"},
    )]  # fmt: skip
    assert names == ["工地", "P1", "O1"]


def test_people_who_may_record_visits_here_and_units_so_far_can_be_chosen(database):
    for name, role, region in (
        ("甲", Role.INSPECTOR, "990102"), ("乙", Role.INSPECTOR, "420301"),
        ("丙", Role.AUDITOR, "990102"), ("丁", Role.INSPECTOR, "99"),
    ):  # fmt: skip
        account = NewAccount(name, role, region, "test", NOW)
        add_user(database.engine, account, password_hash="x")
    who = Principal("u", "李", Role.SUPERVISOR, "9901")
    found = assignees(database, who, [state(step("given", "孙", "大队"), step("noted", "周", "x"))])
    assert set(found.people) >= {"甲", "丁"}
    assert not {"乙", "丙", "周"} & set(found.people)
    assert list(found.units) == ["大队"]
