"""Complaints that name exactly one project, as known before a date."""

from __future__ import annotations

import datetime as dt

import pytest

from models.linkage.named_projects import OpenComplaints, count_open, open_complaints

from ...empty_store import empty_store

DAY = dt.date(2025, 6, 1)
AS_OF = dt.date(2025, 7, 1)


@pytest.fixture
def store():
    with empty_store() as opened:
        yield opened


def put(store, table, day, **values):
    names = ", ".join([*values, "known_at", "arrival"])
    marks = ", ".join(f"${n + 1}" for n in range(len(values) + 1))
    store.connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks}, nextval('arrivals'))",
        [*values.values(), day],
    )


def project(store, key, name, day=dt.date(2024, 1, 5), **values):
    values = {"region_code": "990101", "started_on": dt.date(2024, 1, 1), **values}
    put(store, "projects", day, project_id=key, project_name=name, **values)


def complaint(store, key, site, day=DAY, **values):
    put(store, "complaints", day, complaint_id=key, received_on=DAY, project_text=site, **values)


def named(store, as_of=AS_OF):
    return {one.complaint_id: one.project_id for one in open_complaints(store, as_of).named}


def test_open_complaints_names_the_one_project_of_that_name(store):
    project(store, "A", "夹河镇小学食堂14号")
    project(store, "B", "夹河镇小学食堂36号")
    project(store, "C", "云渡小区")
    project(store, "D", "云渡小区")
    complaint(store, "T1", "夹河镇小学食堂（14号）")
    complaint(store, "T2", "夹河小学食堂36号")
    complaint(store, "T3", "云渡小区")  # two of that name
    complaint(store, "T4", "夹河镇小学食堂")  # no number
    complaint(store, "T5", "小学")
    complaint(store, "T6", "夹河镇小学食堂14号", project_id="A")
    found = open_complaints(store, AS_OF)
    assert found.count == count_open(store, AS_OF) == 5
    assert named(store) == {"T1": "A", "T2": "B"}
    assert [one.likeness for one in found.named] == ["equal", "nearly"]
    assert {one.under_way for one in found.named} == {True}


def test_open_complaints_leaves_out_what_a_person_decided(store):
    project(store, "A", "云渡镇小学")
    for key, decision, target in (("T1", "linked", "A"), ("T2", "refused", None)):
        complaint(store, key, "云渡镇小学")
        put(
            store,
            "links",
            DAY,
            complaint_id=key,
            decision=decision,
            project_id=target,
            decided_on=DAY,
        )
    complaint(store, "T4", "云渡镇小学")
    link = {"decision": "linked", "org_id": "C", "decided_on": DAY}
    put(store, "links", DAY, complaint_id="T4", **link)
    complaint(store, "T3", "云渡镇小学")
    assert named(store) == {"T3": "A"}
    assert open_complaints(store, AS_OF).count == 1


def test_open_complaints_knows_former_names_and_when_both_were_known(store):
    late = dt.date(2025, 6, 20)
    project(store, "A", "云渡镇第一小学")
    project(store, "A", "云渡镇中心小学", late)
    complaint(store, "T1", "云渡镇第一小学")
    complaint(store, "T2", "云渡镇中心小学")
    known = {one.complaint_id: one.known_from for one in open_complaints(store, AS_OF).named}
    assert known == {"T1": DAY, "T2": late}


@pytest.mark.parametrize("days", [0, 1, 300])
def test_what_became_known_later_names_nothing_and_hides_nothing(store, days):
    project(store, "A", "云渡镇小学")
    complaint(store, "T1", "云渡镇小学")
    complaint(store, "T2", "石桥镇小学")
    complaint(store, "T4", "将来的小学")
    before = open_complaints(store, AS_OF)
    later = AS_OF + dt.timedelta(days=days)
    project(store, "B", "云渡镇小学", later)  # a second of the name
    project(store, "C", "石桥镇小学", later)
    project(store, "A", "将来的小学", later)
    complaint(store, "T3", "云渡镇小学", later)
    put(
        store,
        "links",
        later,
        complaint_id="T1",
        decision="refused",
        project_id=None,
        decided_on=later,
    )
    assert open_complaints(store, AS_OF) == before


def test_a_complaint_before_the_start_says_so(store):
    project(store, "A", "云渡镇小学", started_on=dt.date(2025, 8, 1))
    project(store, "B", "石桥镇小学", started_on=None)
    complaint(store, "T1", "云渡镇小学")
    complaint(store, "T2", "石桥镇小学")
    assert [one.under_way for one in open_complaints(store, AS_OF).named] == [False, None]


def test_a_named_project_has_its_builder_and_the_day_it_could_be_known(store):
    """Words known from 10 May and the name from 15 May, of which the later counts.

    Complaints are in the order of their days; the name given is the one meant, by its first day.
    """
    put(store, "organizations", dt.date(2024, 1, 1), org_id="C", org_name="青川建设")
    put(store, "organizations", AS_OF, org_id="C", org_name="未来建设")
    project(store, "A", "云渡镇小学", dt.date(2025, 5, 15), contractor_id="C", owner_id="O")
    project(store, "A", "云渡镇小学校舍", dt.date(2025, 5, 13), contractor_id="C")
    project(store, "A", "云渡小学", dt.date(2025, 5, 14), contractor_id="C")
    project(store, "A", "云渡镇小学", dt.date(2025, 5, 25), contractor_id="C")
    put(store, "organizations", dt.date(2024, 1, 1), org_id="O", org_name="业主")
    for known in (dt.date(2025, 5, 10), dt.date(2025, 5, 30)):
        complaint(store, "T2", "云渡镇小学", known)
    put(store, "complaints", DAY, complaint_id="T3", received_on=DAY - dt.timedelta(1))
    early = {"received_on": DAY - dt.timedelta(1), "employer_text": "青川"}
    put(store, "complaints", DAY, complaint_id="T9", project_text="云渡镇小学校舍", **early)
    complaint(store, "T4", "云渡小学工程")
    found = open_complaints(store, AS_OF)
    assert [one.complaint_id for one in found.named] == ["T9", "T2", "T4"]
    first, second, third = found.named
    assert (third.project_name, third.likeness) == ("云渡小学", "nearly")
    assert (first.project_name, first.firm, first.known_from) == ("云渡镇小学校舍", "青川", DAY)
    assert (second.project_name, second.known_from) == ("云渡镇小学", dt.date(2025, 5, 15))
    assert (second.project_id, second.contractor) == ("A", "青川建设")
    assert (second.region_code, second.firm) == ("990101", "")
    assert found.count == 4


def test_without_complaints_none_awaits_a_decision(store):
    assert open_complaints(store, AS_OF) == OpenComplaints(0, ())


@pytest.mark.parametrize(
    ("started", "completed", "expected"),
    [
        (DAY, None, True),
        (DAY + dt.timedelta(1), None, False),
        (dt.date(2024, 1, 1), DAY, True),
        (dt.date(2024, 1, 1), DAY - dt.timedelta(1), False),
        (None, DAY - dt.timedelta(1), None),
    ],
)
def test_a_project_is_under_way_from_its_first_day_to_its_last(store, started, completed, expected):
    project(store, "A", "云渡镇小学", started_on=started, completed_on=completed)
    complaint(store, "T1", "云渡镇小学")
    assert [one.under_way for one in open_complaints(store, AS_OF).named] == [expected]
