"""What each step needs, what of it is stored, and pages of matters of an exact size."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.auth.principal import OFFICE, OutsideRegion, Principal
from serving.auth.project_regions import ProjectUnknown, save_regions
from serving.auth.roles import Role
from serving.matters.escalation import _due
from serving.matters.queries import MatterFilter, current_states, filter_states, is_in_state
from serving.matters.repository import (
    Facts,
    Matter,
    Step,
    all_matters,
    facts_until,
    has_unprocessed_lists,
)
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.matters.steps import (
    NewMatter,
    StepInvalid,
    StepRequest,
    _require_complete,
    _step,
    apply_step,
    open_manually,
)
from serving.matters.sync import sync_from_lists
from serving.settings import MatterSettings, Settings

from ..conftest import key
from .builders import DUTIES, JUNE, MAY, PLACE, publish_register
from .builders import matter as listed

TODAY = dt.date(2025, 6, 11)
TOMORROW = TODAY + dt.timedelta(days=1)
NOW = dt.datetime(2025, 6, 11, 4, tzinfo=dt.UTC)
RULES = matter_rules(MatterSettings(alerts=()))
WHO = Principal("u", "李", Role.INSPECTOR, "9901")
SHA = "a" * 64


def matter(*steps: Step, kind: str = "case", **facts: object) -> Matter:
    known = Facts(dt.date(2025, 6, 1), True, **{"duties": DUTIES, "due_on": TODAY, **facts})
    return Matter(1, f"{kind}:A", kind, PLACE, "wagewatch", NOW, known, steps)


WHOLE = {
    "given": {"person": "张"},
    "noted": {"text": "x"},
    "extended": {"text": "x"},
    "duty": {"duty": "wages_overdue", "found": "met"},
    "closed": {"reason": "other", "text": "x"},
    "reopened": {"text": "x"},
    "rechecked": {"outcome": "paid"},
    "transfer": {"stage": "sent", "on": TODAY},
    "listing": {"stage": "notified", "on": TODAY},
}


def refused(about: Matter | None = None, **wanted: object) -> tuple[str, str] | None:
    """What was found and what is allowed; None if the step is complete."""
    try:
        _require_complete(StepRequest(**wanted), about or matter(), TODAY)
    except StepInvalid as error:
        return str(error.fields["found"]), str(error.fields["allowed"])
    return None


@pytest.mark.parametrize("step", WHOLE)
def test_a_step_needs_each_of_its_fields(step):
    assert refused(step=step, **WHOLE[step]) is None
    for missing in WHOLE[step]:
        rest = {name: value for name, value in WHOLE[step].items() if name != missing}
        found, allowed = refused(step=step, **rest)
        assert found == ""
        assert missing in allowed


@pytest.mark.parametrize(
    ("wanted", "found", "allowed"),
    [
        ({"step": "escalated", "text": "x"}, "escalated", "given, noted, extended"),
        ({"step": "duty", "duty": "deposit", "found": "met"}, "deposit",
         "duty: account_missing, wages_overdue"),
        ({"step": "duty", "duty": "wages_overdue", "found": "yes"}, "yes",
         "found: met, breached, unclear"),
        ({"step": "rechecked", "outcome": "yes"}, "yes",
         "outcome: paid, partly, not_paid, cannot_tell"),
        ({"step": "listing", "stage": "sent", "on": TODAY}, "sent", "stage: notified, objected"),
        ({"step": "transfer", "stage": "listed", "on": TODAY}, "listed", "stage: sent, accepted"),
        ({"step": "transfer", "stage": "sent", "on": TOMORROW}, "2025-06-12", "<= 2025-06-11"),
        ({"step": "transfer", "stage": "sent"}, "", "on: YYYY-MM-DD"),
        ({"step": "given"}, "", "person / unit"),
    ],
)  # fmt: skip
def test_a_refused_step_says_what_was_found_and_what_is_allowed(wanted, found, allowed):
    said = refused(**wanted)
    assert said[0] == found
    assert said[1].startswith(allowed)


def test_a_unit_alone_is_enough_and_only_cases_are_extended():
    assert refused(step="given", unit="大队") is None
    assert refused(matter(kind="complaint"), step="extended", text="x") == ("complaint", "case")


@pytest.mark.parametrize(
    ("evidence", "complete"),
    [
        ({"table": "payments", "record_id": "Y"}, True),
        ({"table": "nothing", "record_id": "Y"}, False),
        ({"table": "payments", "record_id": ""}, False),
        ({"table": "payments"}, False),
        ({"table": "payments", "record_id": "Y", "more": "z"}, False),
        ({"file": "a.pdf", "sha256": SHA}, True),
        ({"file": "a.pdf", "sha256": SHA[1:]}, False),
        ({"file": "a.pdf", "sha256": SHA + "a"}, False),
        ({"file": "", "sha256": SHA}, False),
        ({"file": "a.pdf"}, False),
    ],
)
def test_evidence_is_a_record_or_a_file(evidence, complete):
    assert (refused(step="noted", evidence=evidence) is None) is complete
    assert (refused(step="noted", text="x", evidence=evidence) is None) is complete


def test_refused_evidence_is_shown_up_to_two_hundred_characters():
    found, _ = refused(step="noted", evidence={"file": "x" * 300})
    assert found == "file=" + "x" * 195


EVERYTHING = {
    "person": "张", "unit": "大队", "due_on": TOMORROW, "text": "说明", "reason": "court",
    "unchecked": "拆除", "outcome": "paid", "duty": "wages_overdue", "found": "met",
    "stage": "sent", "on": TODAY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("given", None),
        ("noted", None),
        ("closed", {"reason": "court", "unchecked": "拆除"}),
        ("rechecked", {"outcome": "paid"}),
        ("duty", {"duty": "wages_overdue", "found": "met"}),
        ("transfer", {"stage": "sent", "on": "2025-06-11"}),
        ("listing", {"stage": "sent", "on": "2025-06-11"}),
    ],
)
def test_of_a_step_only_its_own_fields_are_stored(step, data):
    made = _step(matter(), StepRequest(step, **EVERYTHING), WHO, NOW)
    assert made.data == data
    given = ("张", "大队", TOMORROW) if step == "given" else (None, None, None)
    assert (made.person, made.unit, made.due_on) == given
    assert (made.text, made.taken_by, made.taken_at) == ("说明", "李", NOW)
    assert (made.matter, made.region_code) == ("case:A", PLACE)
    shown = {"file": "a.pdf", "sha256": SHA}
    with_file = _step(matter(), StepRequest(step, evidence=shown), WHO, NOW)
    assert with_file.data == {"evidence": shown}


@pytest.mark.parametrize(
    ("closed", "wanted", "steps"),
    [
        (True, {"step": "rechecked", "outcome": "not_paid"}, ["rechecked", "reopened"]),
        (True, {"step": "rechecked", "outcome": "partly"}, ["rechecked"]),
        (True, {"step": "transfer", "stage": "returned", "on": TODAY}, ["transfer", "reopened"]),
        (True, {"step": "transfer", "stage": "upheld", "on": TODAY}, ["transfer"]),
        (False, {"step": "transfer", "stage": "returned", "on": TODAY}, ["transfer"]),
    ],
)
def test_steps_that_open_a_closed_matter_again(database, closed, wanted, steps):
    publish_register(database, matters=[listed("case:A")])
    sync_from_lists(database, RULES, NOW)

    def take(**fields):
        with database.engine.begin() as connection:
            return apply_step(connection, WHO, "case:A", StepRequest(**fields), RULES, NOW)

    if closed:
        take(step="closed", reason="other", text="x")
    found = take(**wanted)
    assert [one.step for one in found.steps][int(closed) :] == steps
    again = [one for one in found.steps if one.step == "reopened"]
    assert all(one.taken_at > found.steps[-2].taken_at for one in again)


def escalated(level: int, due: str) -> Step:
    data = {"level": level, "due_on": due}
    return Step("case:A", PLACE, "escalated", None, None, None, None, "wagewatch", NOW, data)


def test_escalations_due_after_three_and_ten_working_days():
    """Due on Wednesday 11 June: the third working day after is Monday 16, the tenth the 25th."""

    def levels(day: int, *steps: Step) -> list[int]:
        due = _due(matter(*steps), RULES, dt.date(2025, 6, day), NOW)
        assert all((one.step, one.data["due_on"]) == ("escalated", "2025-06-11") for one in due)
        return [one.data["level"] for one in due]

    assert [levels(day) for day in (11, 12, 16, 17, 25, 26)] == [[], [], [], [1], [1], [1, 2]]
    assert levels(26, escalated(1, "2025-06-11")) == [2]
    assert levels(26, escalated(1, "2025-06-10")) == [1, 2], "of an earlier deadline"
    assert levels(26, escalated(1, "2025-06-11"), escalated(2, "2025-06-11")) == []


def test_the_level_is_the_highest_of_the_present_deadline():
    steps = (escalated(2, "2025-06-10"), escalated(1, "2025-06-11"))
    late = dt.date(2025, 6, 30)
    assert state_on(matter(*steps), RULES, late).level == 1
    assert state_on(matter(*steps[:1]), RULES, late).level == 0
    both = state_on(matter(escalated(2, "2025-06-11"), steps[1]), RULES, late)
    assert both.level == 2
    assert is_in_state(both, "escalated")
    assert not is_in_state(state_on(matter(), RULES, late), "escalated")


@pytest.mark.parametrize(
    ("status", "kind", "opened", "runs"),
    [
        ("filed", "case", TODAY, True),
        ("confirmed", "case", TODAY, True),
        ("accepted", "case", TODAY, False),
        ("filed", "case", None, False),
        ("filed", "complaint", TODAY, False),
    ],
)
def test_the_statutory_clock_runs_for_filed_cases(status, kind, opened, runs):
    found = state_on(matter(kind=kind, status=status, opened_on=opened), RULES, TODAY)
    assert (found.clock is not None) is runs


def test_filters_match_each_field_exactly():
    def given(person, unit):
        return Step("case:A", PLACE, "given", person, unit, None, None, "李", NOW, None)

    a = state_on(matter(given("张", "甲队"), project_id="P1", workers=12), RULES, TODAY)
    b = state_on(matter(given("王", "乙队"), kind="alert", org_id="O1"), RULES, TODAY)
    for wanted, found in (
        ({}, [a, b]),
        ({"kind": "case"}, [a]),
        ({"unit": "乙队"}, [b]),
        ({"person": "张"}, [a]),
        ({"project_id": "P1"}, [a]),
        ({"org_id": "O1"}, [b]),
        ({"least_workers": 12}, [a]),
        ({"least_workers": 13}, []),
        ({"least_workers": 1}, [a]),
        ({"kind": "case", "unit": "乙队"}, []),
        ({"state": "closed"}, []),
        ({"state": "open"}, [a, b]),
        ({"state": "overdue"}, []),
    ):
        assert filter_states([a, b], MatterFilter(**wanted)) == found, wanted


def test_a_page_of_matters_ends_where_none_is_left(client, database, token):
    publish_register(database, matters=[listed(f"case:{n}") for n in range(3)])
    headers = token("inspector", "9901")

    def page(**asked):
        return client.get("/v1/matters", params={"kind": "case", **asked}, headers=headers).json()

    for limit, shown, more in ((1, 1, True), (2, 2, True), (3, 3, False), (4, 3, False)):
        found = page(limit=limit)
        assert (len(found["items"]), found["next"] is not None) == (shown, more)
    after = page(limit=2, cursor=page(limit=2)["next"])
    assert [one["key"] for one in after["items"]] == ["case:2"]
    assert after["next"] is None


def unlisted(number: int, region: str | None = PLACE):
    return {
        "key": f"case:{number}", "project_id": None, "project_name": None, "org_id": "O",
        "org_name": "甲", "region_code": region, "record": str(number), "status": "transferred",
        "opened_on": "2025-01-01", "transferred_on": "2025-02-01", "workers": 3,
        "amount_owed": 29, "amount_recovered": None,
    }  # fmt: skip


def test_transferred_cases_that_are_not_listed_by_page(client, database, token):
    headers = token("inspector", "9901")

    def page(**asked):
        found = client.get("/v1/matters/transferred-unlisted", params=asked, headers=headers)
        return [one["record"] for one in found.json()["items"]], found.json()["next"]

    assert page() == ([], None)
    rows = [unlisted(0), unlisted(1), unlisted(8, "420302"), unlisted(9, None), unlisted(2)]
    publish_register(database, unlisted=rows)
    assert page() == (["0", "1", "2"], None)
    assert page(limit=2) == (["0", "1"], "2")
    assert page(limit=2, cursor="2") == (["2"], None)
    assert page(limit=3) == (["0", "1", "2"], None)
    whole = client.get("/v1/matters/transferred-unlisted", headers=headers).json()["items"]
    assert (whole[0]["amount_owed"], whole[0]["amount_recovered"]) == (0.29, None)


@pytest.mark.parametrize(("yuan", "fen"), [(0.29, 29), (1.15, 115), (4.35, 435), (None, None)])
def test_a_matter_opened_by_hand_stores_its_amount_in_fen(client, database, token, yuan, fen):
    sent = {"name": "工地", "region_code": PLACE, "text": "巡查", "amount": yuan}
    headers = {**token("inspector", "9901"), **key()}
    made = client.post("/v1/matters", json=sent, headers=headers).json()
    assert made["amount"] == yuan
    assert [one.facts.amount for one in all_matters(database.engine, OFFICE)] == [fen]


def test_a_matter_is_opened_by_hand_for_projects_of_the_region_and_unknown_ones(database):
    """P1 is in the region, P2 is not, P3 is on no list."""
    with database.engine.begin() as connection:
        save_regions(connection, {"P1": "990102", "P2": "420301"})
    opened = []
    for project in ("P1", "P2", "P3", None):
        new = NewMatter("工地", PLACE, "巡查", project_id=project, workers=7, due_on=TOMORROW)
        with database.engine.begin() as connection:
            if project == "P2":
                with pytest.raises(ProjectUnknown):
                    open_manually(connection, WHO, new, NOW)
                continue
            opened.append(open_manually(connection, WHO, new, NOW))
    assert [one.facts.project_id for one in opened] == ["P1", "P3", None]
    facts = opened[0].facts
    assert (facts.workers, facts.due_on, facts.opened_on, facts.text) == (
        7,
        TOMORROW,
        TODAY,
        "巡查",
    )
    assert (facts.listed, opened[0].kind, opened[0].region_code) == (True, "hand", PLACE)
    with database.engine.begin() as connection, pytest.raises(OutsideRegion):
        open_manually(connection, WHO, NewMatter("工地", "420301", "巡查"), NOW)


def test_states_are_those_after_each_step_and_list(database):
    settings = Settings(matters=MatterSettings(alerts=()))

    def states():
        return current_states(database, settings, OFFICE, TODAY, NOW)

    publish_register(database, MAY, matters=[listed("case:A")])
    assert [(one.matter.facts.workers, one.unit) for one in states()] == [(12, None)]
    for unit in ("甲", "乙", "丙"):
        with database.engine.begin() as connection:
            apply_step(connection, WHO, "case:A", StepRequest("given", unit=unit), RULES, NOW)
        assert [one.unit for one in states()] == [unit]
    publish_register(database, JUNE, matters=[listed("case:A", workers=13)])
    assert [one.matter.facts.workers for one in states()] == [13]


def test_a_county_follows_matters_since_the_first_of_any_of_its_townships(database):
    later = NOW + dt.timedelta(days=20)
    # What somebody opened by hand the day before is no beginning.
    with database.engine.begin() as connection:
        open_manually(connection, WHO, NewMatter("工地", PLACE, "巡查"), NOW - dt.timedelta(days=1))
    for as_of, now, places in (
        (MAY, NOW, ["990102101"]), (JUNE, later, ["990102101", "990102201", "990103101"]),
    ):  # fmt: skip
        rows = [listed(f"case:{place}", region_code=place) for place in places]
        publish_register(database, as_of, matters=rows)
        sync_from_lists(database, RULES, now)
    found = {one.region_code: one.go_live for one in all_matters(database.engine, OFFICE)}
    july = dt.date(2025, 7, 1)
    # What its county brought later is no history of the time before.
    by_list = {"990102101": TODAY, "990102201": None, "990103101": july}
    assert found == {PLACE: None, **by_list}


def test_facts_of_a_day_are_those_of_the_region_from_lists_up_to_it(database):
    rows = [listed("case:A"), listed("case:B", region_code="990103101")]
    publish_register(database, MAY, matters=rows)
    assert has_unprocessed_lists(database.engine)
    sync_from_lists(database, RULES, NOW)
    assert not has_unprocessed_lists(database.engine)
    publish_register(database, JUNE, matters=[listed("case:A", workers=13), rows[1]])
    assert has_unprocessed_lists(database.engine)
    sync_from_lists(database, RULES, NOW)
    county = Principal("county", "county", Role.SUPERVISOR, PLACE)
    eve = MAY - dt.timedelta(days=1), JUNE - dt.timedelta(days=1)
    with database.engine.connect() as connection:
        found = [
            {key: facts.workers for key, facts in facts_until(connection, who, day).items()}
            for who, day in ((OFFICE, MAY), (county, JUNE), (county, eve[1]), (OFFICE, eve[0]))
        ]
    assert found == [{"case:A": 12, "case:B": 12}, {"case:A": 13}, {"case:A": 12}, {}]
