"""Who sees which complaint without a project, what may be decided, and what is stored of it."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from models.linkage.named_projects import NamedComplaint
from risk.store.store import RecordStore
from serving import clock
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.complaint_links.current import (
    candidates_outdated,
    day_after_newest,
    load_candidates,
)
from serving.complaint_links.named import (
    LinksChanged,
    decide_named,
    link_equal_names,
    named_decisions,
    named_pairs,
    pairs_digest,
)
from serving.complaint_links.queries import list_complaints, newest_register, to_schema
from serving.complaint_links.repository import Decision, current_decisions, insert_decisions
from serving.complaint_links.service import (
    ComplaintNotWaiting,
    LinkChoice,
    LinkNotYours,
    LinkUnclear,
    OrganisationUnknown,
    decide,
    store_decisions,
    visible_complaints,
    with_decisions,
)
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.db.tables import COMPLAINT_CANDIDATES, INBOX, LINK_DECISIONS
from serving.publishing.repository import store_publication
from serving.settings import Settings
from serving.watchlists.snapshot import Snapshot

from ..conftest import PUBLISHED_AT, make_extras, unlinked_register

JUNE = dt.date(2025, 6, 1)
# 16:30 UTC of 1 June is the 2nd at the office.
LATE = dt.datetime(2025, 6, 1, 16, 30, tzinfo=dt.UTC)
EAST = Principal("e", "李", Role.INSPECTOR, "990102")
WEST = Principal("w", "王", Role.INSPECTOR, "990103")


def candidate(kind, number, region, probability=0.5, **values):
    [one] = unlinked_register()["unlinked"]
    return {**one["candidates"][0], "kind": kind, "id": number, "region_code": region,
            "probability": probability, **values}  # fmt: skip


def complaint(number, *candidates, **values):
    [one] = unlinked_register()["unlinked"]
    return {**one, "complaint_id": number, "candidates": list(candidates), **values}


REGISTER = [
    complaint(
        "A", candidate("project", "P1", "990102001", 0.75), candidate("project", "P2", "990103")
    ),
    complaint("B", candidate("project", "P3", "990103")),
    complaint("C"),
    complaint(
        "D",
        candidate("organisation", "P4", "990102", 0.25),
        candidate("project", "P4", "990102", 0.125),
    ),
    complaint("E", candidate("project", "P5", None), candidate("organisation", "O1", "990102")),
]


def seen(principal):
    found = visible_complaints({"unlinked": REGISTER}, principal)
    return [
        (one["number"], one["complaint_id"], [each["id"] for each in one["candidates"]],
         one["whole"]) for one in found
    ]  # fmt: skip


def test_a_complaint_is_seen_where_a_candidate_is():
    assert seen(EAST) == [
        (1, "A", ["P1"], False), (4, "D", ["P4", "P4"], True), (5, "E", ["O1"], False),
    ]  # fmt: skip
    assert seen(WEST) == [(1, "A", ["P2"], False), (2, "B", ["P3"], True)]
    assert [row[0] for row in seen(OFFICE)] == [1, 2, 3, 4, 5]
    assert all(row[3] for row in seen(OFFICE))
    assert visible_complaints({}, OFFICE) == []


def decision(number, **values):
    base = Decision(number, "linked", "P1", None, "990102", 0.5, JUNE, "李", LATE)
    return replace(base, **values)


def store(database, *decisions):
    with writing(database.engine).begin() as connection:
        insert_decisions(connection, decisions)


def test_the_last_decision_counts_and_others_see_that_there_is_one(database):
    store(database, decision("A", project_id="P9"), decision("B"), decision("A", rule="equal_name"))
    assert current_decisions(database.engine) == {
        "A": decision("A", rule="equal_name"), "B": decision("B"),
    }  # fmt: skip
    known = {"decision": "linked", "project_id": "P4", "org_id": "O9", "decided_on": "2025-05-01"}
    rows = [complaint("A"), complaint("C"), {**REGISTER[3], "decided": known}]
    mine, none, recorded = (one["decision"] for one in with_decisions(rows, database, EAST))
    assert (mine["project_id"], mine["decided_on"], mine["decided_by"], mine["rule"]) == (
        *("P1", "2025-06-01", "李", "equal_name"),
    )
    assert none is None
    assert (recorded["project_id"], recorded["org_id"], recorded["decided_by"]) == (
        *("P4", None, None),
    )
    theirs, _, _ = (one["decision"] for one in with_decisions(rows, database, WEST))
    assert (theirs["decision"], theirs["project_id"], theirs["org_id"]) == ("linked", None, None)
    assert with_decisions(rows[2:], database, OFFICE)[0]["decision"]["org_id"] == "O9"


@pytest.fixture
def choose(database):
    """Decides on a complaint of the register as a principal sees it."""

    def chosen(principal, number, verdict="linked", **target):
        rows = visible_complaints({"unlinked": REGISTER}, principal)
        with writing(database.engine).begin() as connection:
            choice = LinkChoice(number, verdict, **target)
            return decide(connection, database, principal, choice, rows, LATE)

    return chosen


@pytest.mark.parametrize(
    ("principal", "number", "target", "place", "probability"),
    [
        (EAST, "A", {"project_id": "P1"}, "990102001", 0.75),
        (EAST, "D", {"project_id": "P4"}, "990102", 0.125),
        (EAST, "D", {"org_id": "P4"}, "990102", 0.25),
        (EAST, "D", {"project_id": "P4", "org_id": "P4"}, "990102", 0.125),
        (EAST, "E", {"org_id": "O1"}, "990102", 0.5),
        (WEST, "A", {"project_id": "P2"}, "990103", 0.5),
    ],
)
def test_a_link_has_place_and_probability_of_its_target(
    choose, database, principal, number, target, place, probability
):
    made = choose(principal, number, **target)
    assert (made.region_code, made.probability, made.decided_by) == (
        place, probability, principal.name,
    )  # fmt: skip
    assert (made.decided_on, made.decided_at) == (dt.date(2025, 6, 2), LATE)
    assert current_decisions(database.engine) == {number: made}
    with database.engine.connect() as connection:
        [sent] = connection.execute(select(INBOX)).all()
    record = dict(zip(sent.header, sent.rows[0], strict=True))
    assert (sent.table_name, len(sent.rows)) == ("links", 1)
    assert (record["complaint_id"], record["decided_on"], record["known_at"]) == (
        *(number, "2025-06-02", "2025-06-02"),
    )


@pytest.mark.parametrize(
    ("principal", "number", "verdict", "target", "error"),
    [
        (EAST, "B", "linked", {"project_id": "P3"}, ComplaintNotWaiting),
        (EAST, "A", "linked", {}, LinkUnclear),
        (EAST, "D", "refused", {"project_id": "P4"}, LinkUnclear),
        (EAST, "D", "refused", {"org_id": "P4"}, LinkUnclear),
        (EAST, "A", "refused", {}, LinkNotYours),
        (EAST, "A", "linked", {"org_id": "P1"}, OrganisationUnknown),
        (EAST, "D", "refused", {}, None),
        (OFFICE, "A", "refused", {}, None),
    ],
)
def test_what_is_decided_must_be_clear_and_ones_own(
    choose, database, principal, number, verdict, target, error
):
    if error is None:
        made = choose(principal, number, verdict, **target)
        assert (made.region_code, made.probability, made.project_id) == ("", None, None)
        return
    with pytest.raises(error):
        choose(principal, number, verdict, **target)
    assert current_decisions(database.engine) == {}


def test_no_decisions_are_no_submission(database):
    with writing(database.engine).begin() as connection:
        store_decisions(connection, OFFICE, [])
        assert connection.execute(select(INBOX)).all() == []


def publish(database, publication, as_of, number):
    register = {**unlinked_register(), "unlinked": [complaint(number)]}
    extras = replace(make_extras(), snapshot=Snapshot({}, register))
    sealed = publication(as_of).seal()
    store_publication(
        database, sealed, published_at=PUBLISHED_AT, published_by="x", extras=extras
    )  # fmt: skip


def compute(database, as_of, rows, stamp="s"):
    body = gzip.compress(json.dumps(rows).encode())
    values = {"as_of": as_of, "records_stamp": stamp, "made_at": LATE, "body": body}
    with writing(database.engine).begin() as connection:
        connection.execute(insert(COMPLAINT_CANDIDATES).values(values))


@pytest.mark.parametrize(("day", "number"), [(31, "list"), (32, "current"), (33, "current")])
def test_the_newer_of_candidates_and_list_counts(database, publication, day, number):
    assert newest_register(database, OFFICE) is None
    assert load_candidates(database.engine) is None
    publish(database, publication, JUNE, "list")
    as_of = dt.date(2025, 5, 1) + dt.timedelta(day - 1)
    compute(database, dt.date(2025, 1, 1), [])
    compute(database, as_of, [complaint("current")])
    found = newest_register(database, OFFICE)
    assert [row["complaint_id"] for row in found.document["unlinked"]] == [number]
    assert found.as_of == max(as_of, JUNE)


def test_candidates_count_without_a_list(database):
    compute(database, JUNE, [complaint("A")])
    found = newest_register(database, OFFICE)
    assert (found.as_of, len(found.document["unlinked"])) == (JUNE, 1)


def test_pages_of_complaints_by_state(database):
    compute(database, JUNE, [complaint(name) for name in "ABCDE"])
    store(database, decision("B"), decision("D", rule="equal_name"))

    def found(state, limit=9, cursor=None):
        page = list_complaints(database, OFFICE, PageRequest(limit, cursor), state)
        return [one.complaint_id for one in page.items], page.next

    assert found("waiting") == (["A", "C", "E"], None)
    assert found("decided") == (["B", "D"], None)
    assert found("all", 1) == (["A"], "1")
    assert found("all", 2) == (["A", "B"], "2")
    assert found("all", 3, 2) == (["C", "D", "E"], None)
    assert found("waiting", 2) == (["A", "C"], "3")
    assert found("waiting", 1, 3) == (["E"], None)


def test_money_of_a_complaint_is_in_yuan():
    row = {**complaint("A", amount=1_05), "decision": None, "whole": True, "number": 1}
    assert to_schema(row).amount == 1.05
    assert to_schema({**row, "amount": None}).amount is None
    assert to_schema({**row, "amount": 0}).amount == 0


def test_candidates_of_earlier_releases_are_not_alone():
    row = {**complaint("A", candidate("project", "P1", None)), "decision": None, "whole": True}
    [one] = to_schema({**row, "number": 1}).candidates
    assert (one.likeness, one.unique) == (None, False)


NAMED = NamedComplaint("A", dt.date(2025, 5, 3), "某工地", "某公司", "P1", "某工地", None, "990102",
                       "equal", None, dt.date(2025, 5, 4))  # fmt: skip


def test_links_by_name_count_from_the_decision_or_from_when_both_were_known():
    both = [NAMED, replace(NAMED, region_code=None)]
    today = named_decisions(both, "李", LATE)
    since = named_decisions(both, "李", LATE, since_known=True)
    assert [one.decided_on for one in (*today, *since)] == [
        *(dt.date(2025, 6, 2), dt.date(2025, 6, 2)),
        *(dt.date(2025, 5, 4), dt.date(2025, 5, 4)),
    ]
    assert [one.region_code for one in today] == ["990102", ""]
    assert {(one.rule, one.decision, one.decided_by, one.project_id) for one in today} == {
        ("named_together", "linked", "李", "P1")
    }


def test_pairs_are_undecided_complaints_and_the_project_they_alone_name(database):
    rows = [
        {**complaint("A", candidate("project", "P1", "990102", unique=True),
                     candidate("project", "P2", "990102", unique=False)), "decision": None},
        {**complaint("B", candidate("project", "P1", None, unique=True)), "decision": {"x": 1}},
        {**complaint("C", candidate("organisation", "O", None, unique=True)), "decision": None},
        {**complaint("D", candidate("project", "P3", None, unique=True)), "decision": None},
        {**complaint("E", candidate("project", "P4", None)), "decision": None},
    ]  # fmt: skip
    pairs = named_pairs(rows)
    assert [(row["complaint_id"], one["id"]) for row, one in pairs] == [("A", "P1"), ("D", "P3")]
    shown = pairs_digest(pairs)
    assert shown == pairs_digest(pairs[::-1]) != pairs_digest(pairs[:1])
    with writing(database.engine).begin() as connection:
        with pytest.raises(LinksChanged) as raised:
            decide_named(connection, EAST, pairs, pairs_digest(pairs[:1]), LATE)
        assert raised.value.fields["links"] == 2
        decide_named(connection, EAST, pairs, shown, LATE)
    stored = current_decisions(database.engine)
    assert [(one.project_id, one.region_code, one.rule) for one in stored.values()] == [
        ("P1", "990102", "named_together"), ("P3", "", "named_together"),
    ]  # fmt: skip
    assert {one.decided_on for one in stored.values()} == {dt.date(2025, 6, 2)}


def test_the_rule_links_equal_names_of_projects_not_known_to_be_over(
    database, workspace, monkeypatch
):
    from serving.complaint_links import named
    from serving.ingest import importer

    found = [
        replace(
            NAMED, complaint_id=f"{likeness}{under_way}", likeness=likeness, under_way=under_way
        )
        for likeness in ("equal", "nearly")
        for under_way in (True, False, None)
    ]
    monkeypatch.setattr(named, "_named", lambda _: found)
    monkeypatch.setattr(importer, "import_waiting", lambda *_: 0)
    asked = {"equal_names": "link", "confirmed_by": "李主任"}
    rule = Settings().model_copy(update={"links": Settings().links.model_copy(update=asked)})
    assert link_equal_names(workspace, rule, database) == 0  # there are no records
    workspace.records.write_bytes(b"x")
    assert link_equal_names(workspace, Settings(), database) == 0
    assert link_equal_names(workspace, rule, database) == 2
    with database.engine.connect() as connection:
        rows = connection.execute(select(LINK_DECISIONS)).all()
    assert [(row.complaint_id, row.rule, row.decided_by) for row in rows] == [
        ("equalTrue", "equal_name", "李主任"), ("equalNone", "equal_name", "李主任"),
    ]  # fmt: skip
    found[:] = found[3:]
    assert link_equal_names(workspace, rule, database) == 0


def test_candidates_are_outdated_where_the_records_are_of_another_state(database, workspace):
    assert not candidates_outdated(workspace, database.engine)
    workspace.records.write_bytes(b"12345")
    assert candidates_outdated(workspace, database.engine)
    state = workspace.records.stat()
    compute(database, JUNE, [], f"{state.st_mtime_ns}-5")
    assert not candidates_outdated(workspace, database.engine)
    compute(database, JUNE, [], f"{state.st_mtime_ns}-6")
    assert candidates_outdated(workspace, database.engine)


def test_candidates_are_as_of_the_day_after_the_newest_record_up_to_today(world):
    with RecordStore(":memory:") as empty:
        assert day_after_newest(empty) is None
    world.add("complaints", complaint_id="K", received_on="2025-05-01", known_at="2025-05-02")
    assert day_after_newest(world.store) == dt.date(2025, 5, 3)
    world.project("P1", known_at="2025-05-09")
    assert day_after_newest(world.store) == dt.date(2025, 5, 10)
    world.add("payments", payment_id="F", payroll_id="G", known_at="2025-06-01")
    assert day_after_newest(world.store) == dt.date(2025, 5, 10)
    world.project("P2", known_at="2999-01-01")
    assert day_after_newest(world.store) == clock.today() + dt.timedelta(days=1)
