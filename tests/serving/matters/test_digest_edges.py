"""The days and numbers at which a matter enters or leaves a section of the digest."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.db.engine import writing
from serving.documents.model import Table
from serving.events.repository import record_events
from serving.events.types import PUBLISHED
from serving.matters.digest import SECTIONS, Audience, Digest, Item, build_digest
from serving.matters.digest_document import digest_document
from serving.matters.events import digest_recorded, record_digest
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.notices.repository import Notice, insert_notice
from serving.settings import MatterSettings, Settings

from .builders import closed_case, matter, project, publish_register

NOW = dt.datetime(2025, 6, 11, 9, tzinfo=dt.UTC)
BEGUN = dt.datetime(2025, 5, 2, 9, tzinfo=dt.UTC)
ON = dt.date(2025, 6, 11)
SETTINGS = Settings(matters=MatterSettings(alerts=()))


def sections(database, **register):
    """The records named in each section of the digest of 11 June."""
    publish_register(database, **register)
    sync_from_lists(database, matter_rules(SETTINGS.matters), BEGUN)
    found = build_digest(database, SETTINGS, Audience(), ON, NOW)
    return {
        name: {one.matter or one.project_id for one in items or ()}
        for name, items in found.sections.items()
    }


def test_due_today_is_due_yesterday_is_overdue_and_the_eighth_day_is_neither(database):
    found = sections(
        database,
        matters=[
            matter(f"inspection:{day}", "rectification", due_on=f"2025-06-{day}")
            for day in (10, 11, 17, 18)
        ],
    )
    assert found["due"] == {"inspection:11", "inspection:17"}
    assert found["overdue"] == {"inspection:10"}


def test_guarantees_of_today_and_of_the_thirtieth_day_are_listed(database):
    ending = [
        {
            "deposit_id": f"D{day}",
            "project_id": f"P/{day}",
            "project_name": day,
            "region_code": "990102",
            "kind": "guarantee",
            "amount": None,
            "valid_to": day,
            "state": "ending",
        }
        for day in ("2025-06-10", "2025-06-11", "2025-07-10", "2025-07-11")
    ]
    found = sections(database, deposits={"advice": [], "ending": ending})
    assert found["guarantees"] == {"P/2025-06-11", "P/2025-07-10"}


def test_guarantees_that_end_in_the_region_are_listed_by_name_or_code(database):
    row = {"deposit_id": "D", "kind": "guarantee", "amount": None, "valid_to": "2025-06-20",
           "project_id": "P/1", "project_name": "甲", "region_code": "990102",
           "state": "ending"}  # fmt: skip
    others = ({"project_id": "P/2", "project_name": None}, {"state": "lapsed"},
              {"region_code": "420301"}, {"region_code": "420301", "state": "lapsed"})  # fmt: skip
    ending = [row, *({**row, **other} for other in others)]
    publish_register(database, deposits={"advice": [], "ending": ending})
    found = build_digest(database, SETTINGS, Audience("9901"), ON, NOW)
    assert [one.name for one in found.sections["guarantees"]] == ["P/2", "甲"]


def test_new_red_entries_are_those_that_are_both(database):
    """Of the list P/000 is red and new, P/003 blue and new; nobody else is either."""
    assert sections(database)["new_red"] == {"P/000"}


def test_complaints_overdue_are_answers_owed_and_other_matters_are_not(database):
    found = sections(
        database,
        matters=[
            matter("complaint:T", "complaint", due_on="2025-06-10"),
            matter("complaint:U", "complaint", due_on="2025-06-11"),
            matter("inspection:I", "rectification", due_on="2025-06-10"),
        ],
    )
    assert (found["answers"], found["overdue"]) == ({"complaint:T"}, {"inspection:I"})
    assert found["due"] == {"complaint:U"}


@pytest.mark.parametrize(
    ("inspected", "visited"), [("2025-05-31", False), ("2025-06-01", True), (None, False)]
)
def test_a_visit_counts_from_the_day_of_the_list(database, inspected, visited):
    found = sections(database, projects=[project(1, last_inspected_on=inspected)])
    assert ("P/001" not in found["visits"]) is visited


def test_second_looks_due_on_the_seventh_day_are_listed(database):
    """Twenty working days after 19 May are over on 17 June, after 20 May on 18 June."""
    found = sections(
        database,
        closed=[closed_case("19", "2025-05-19"), closed_case("20", "2025-05-20")],
    )
    assert found["rechecks"] == {"case:19"}


def test_a_list_counts_from_its_own_day(database):
    publish_register(database)
    days = (dt.date(2025, 5, 31), dt.date(2025, 6, 1))
    digests = [build_digest(database, SETTINGS, Audience(), day, NOW) for day in days]
    assert [digest.as_of for digest in digests] == [None, dt.date(2025, 6, 1)]
    assert [digest.until for digest in digests] == [dt.date(2025, 6, 7), dt.date(2025, 6, 8)]


def _notice(number, answer_by):
    return Notice(
        id=number,
        department="housing",
        project_id=f"P/{number}",
        region_code="990102",
        as_of=dt.date(2025, 6, 1),
        list_digest="d",
        answer_by=answer_by,
        digest="e",
        body=b'{"project": {"project_name": "x"}}',
        made_by="x",
        made_at=NOW,
    )


def test_a_notice_is_unanswered_from_the_day_after_the_one_it_asks_for(database):
    publish_register(database)
    notice = _notice(7, ON)
    with writing(database.engine).begin() as connection:
        insert_notice(connection, notice)
    days = (ON, ON + dt.timedelta(days=1))
    digests = [build_digest(database, SETTINGS, Audience(), day, NOW) for day in days]
    assert [len(one.sections["answers"]) for one in digests] == [0, 1]
    nameless = replace(notice, id=8, project_id="P/002", digest="f", body=b'{"project": {}}')
    with writing(database.engine).begin() as connection:
        insert_notice(connection, nameless)
    late = build_digest(database, SETTINGS, Audience(), days[1], NOW).sections["answers"]
    assert [one.name for one in late] == ["P/002", "x"]
    unit = build_digest(database, SETTINGS, Audience(unit="x"), days[1], NOW)
    assert unit.sections["answers"] == []


def test_an_overdue_notice_is_listed_however_many_were_sent_after_it(database):
    publish_register(database)
    old = _notice(1, dt.date(2025, 6, 10))
    later = [_notice(number, dt.date(2025, 6, 20)) for number in range(2, 503)]
    with writing(database.engine).begin() as connection:
        for one in (old, *later):
            insert_notice(connection, one)
    late = build_digest(database, SETTINGS, Audience(), ON, NOW).sections["answers"]
    assert [one.project_id for one in late] == ["P/1"]


def test_items_have_the_name_of_the_project_its_code_the_unit_or_the_key(database):
    nobody = {"project_id": None, "project_name": None}
    rows = {
        "named": {},
        "coded": {"project_name": None},
        "unit": {**nobody, "org_id": "O1"},
        "bare": nobody,
    }
    publish_register(
        database,
        matters=[
            matter(f"inspection:{key}", "rectification", due_on="2025-06-12", **row)
            for key, row in rows.items()
        ],
    )
    sync_from_lists(database, matter_rules(SETTINGS.matters), BEGUN)
    due = build_digest(database, SETTINGS, Audience(), ON, NOW).sections["due"]
    assert {item.matter: item.name for item in due} == {
        "inspection:named": "模拟学校",
        "inspection:coded": "P/100",
        "inspection:unit": "O1",
        "inspection:bare": "inspection:bare",
    }


@pytest.mark.parametrize(("count", "shown", "more"), [(200, 200, 0), (201, 200, 1), (230, 200, 30)])
def test_a_digest_on_paper_shows_two_hundred_rows_and_tells_of_the_rest(count, shown, more):
    items = [Item(f"工地{number}", "case", ON, workers=7, unit="大队") for number in range(count)]
    found = {**dict.fromkeys(SECTIONS, ()), "due": items, "new_red": None}
    paper = digest_document(Digest(ON, ON, None, Audience(unit="大队"), found), Settings())
    (table,) = (block for block in paper.blocks if isinstance(block, Table))
    assert len(table.rows) == shown
    assert table.rows[0] == ("工地0", "案件", "2025年6月11日", 7, "大队")
    assert paper.figures == {"digest_due": count, **({"more": more} if more else {})}
    assert paper.addressee == "大队"


def test_a_digest_on_paper_is_for_its_person_first():
    found = dict.fromkeys(SECTIONS, ())
    for audience, whom in ((Audience(person="张", unit="大队"), "张"), (Audience("990102"), None)):
        paper = digest_document(Digest(ON, ON, None, audience, found), Settings())
        assert paper.addressee == (whom or "990102")


def test_a_digest_of_a_region_and_week_is_recorded_once(database):
    week = dt.date(2025, 6, 9)
    with writing(database.engine).begin() as connection:
        lists = {"type": PUBLISHED, "as_of": week, "region": "", "project_id": None, "data": {}}
        record_events(connection, [lists], NOW)
        assert not digest_recorded(connection, "", week)
        assert [
            record_digest(connection, region, day, {}, NOW)
            for region, day in (
                *(("", week), ("", week), ("990102", week)),
                *(("", week + dt.timedelta(days=7)), ("990102", week)),
            )
        ] == [True, False, True, True, False]
