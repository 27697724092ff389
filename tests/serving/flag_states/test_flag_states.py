"""States of red flags: they carry forward, lapse, are audited and mask personal numbers."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from serving.db.tables import AUDIT, FLAG_STATES
from serving.flag_states.repository import FlagStateRow, add_flag_state
from serving.flag_states.service import current_states, set_aside
from serving.watchlists.texts import flag_title

from ..campaigns.test_campaigns import OFFICE, PROJECTS, progress
from ..conftest import key
from ..matters.builders import publish_register

PATH = "/v1/projects/P%2F000/flag-states"
NOW = dt.datetime(2025, 6, 10, 8, tzinfo=dt.UTC)


@pytest.fixture
def inspector(client, publish, token):
    publish()
    client.headers.update(token("inspector"))
    return client


def add(database, code, state, until=None, project_id="P/000"):
    row = FlagStateRow(project_id, "990102", code, state, "说明", until, None, None, "李", NOW)
    with database.engine.begin() as connection:
        add_flag_state(connection, row)


def test_a_state_is_stored_with_author_reason_and_an_audit_entry(inspector, database):
    given = {
        "code": "account_missing",
        "state": "not_applicable",
        "reason": "与另一项目共用专户，联系人13912345678",
        "until": "2099-12-31",
        "objection": "施工单位认为不适用",
    }
    answer = inspector.post(PATH, json=given, headers=key())
    assert answer.status_code == 201
    [found] = inspector.get(PATH).json()["items"]
    assert found == answer.json()
    assert found["reason"] == "与另一项目共用专户，联系人139****5678"
    assert (found["until"], found["lapsed"]) == ("2099-12-31", False)
    assert found["set_by"].startswith("inspector")
    with database.engine.connect() as connection:
        audited = connection.execute(
            select(func.count()).where(AUDIT.c.status == 201, AUDIT.c.method == "POST")
        )
        assert audited.scalar_one() == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"code": "account_missing", "state": "explained"}, 422),
        ({"code": "account_missing", "state": "not_applicable", "reason": "  "}, 422),
        ({"code": "account_missing", "state": "settled"}, 422),
        ({"code": "nothing", "state": "confirmed"}, 404),
        ({"code": "account_missing", "state": "confirmed"}, 201),
    ],
)
def test_states_that_set_a_flag_aside_need_a_reason(inspector, given, status):
    assert inspector.post(PATH, json=given, headers=key()).status_code == status


def test_the_newest_state_counts_until_it_lapses(database):
    add(database, "wages_overdue", "confirmed")
    add(database, "wages_overdue", "explained", until=dt.date(2025, 6, 30))
    add(database, "account_missing", "not_applicable")
    for day, lapsed in ((dt.date(2025, 6, 30), False), (dt.date(2025, 7, 1), True)):
        found = current_states(database, OFFICE, "P/000", day)
        assert {code: one.state for code, one in found.items()} == {
            "wages_overdue": "explained",
            "account_missing": "not_applicable",
        }
        assert found["wages_overdue"].lapsed == lapsed
        aside = set_aside(database, OFFICE, day)
        assert (("P/000", "wages_overdue") in aside) != lapsed
        assert ("P/000", "account_missing") in aside


def test_states_cannot_be_changed_or_deleted(database):
    add(database, "wages_overdue", "confirmed")
    for statement in (FLAG_STATES.update().values(state="to_verify"), FLAG_STATES.delete()):
        with pytest.raises(DBAPIError), database.engine.begin() as connection:
            connection.execute(statement)


def test_campaigns_do_not_count_flags_that_were_explained(database):
    publish_register(database, projects=PROJECTS, matters=[], closed=[])
    assert [row["project_id"] for row in progress(database).signs] == ["P/002", "P/003"]
    add(database, "wages_overdue", "explained", project_id="P/002")
    assert [row["project_id"] for row in progress(database).signs] == ["P/003"]


@pytest.mark.parametrize(
    ("grade", "title", "state", "shown"),
    [
        ("money", "工资逾期未足额支付", None, "疑似工资逾期未足额支付"),
        ("money", "工资逾期未足额支付", "confirmed", "工资逾期未足额支付"),
        ("money", "工资逾期未足额支付", "explained", "疑似工资逾期未足额支付"),
        ("people", "群体性投诉未见办结记录", None, "群体性投诉未见办结记录"),
        ("papers", "未见工资专用账户开户记录", None, "未见工资专用账户开户记录"),
    ],
)
def test_titles_are_suspicions_until_confirmed(grade, title, state, shown):
    flag = {"code": "x", "grade": grade, "title": {"zh": title, "en": title}}
    assert flag_title(flag, "zh", state) == shown
