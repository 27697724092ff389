"""Which matters a list opens, changes and ends, one condition at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.matters.digest import Audience, Item, _by_day
from serving.matters.repository import BY_RULE, Facts, Matter, Opening, Step, UnprocessedList
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.matters.sync import (
    _alert_openings,
    _open_alerts,
    _openings,
    _updates,
    rule_audit_entry,
)
from serving.settings import MatterSettings

from .builders import DUTIES, JUNE, MAY, PLACE, closed_case, matter

NOW = dt.datetime(2025, 6, 2, 9, tzinfo=dt.UTC)
JULY = dt.date(2025, 7, 1)


def source(as_of=JUNE, region="", kind="project") -> UnprocessedList:
    return UnprocessedList(1, as_of, region, kind, newest=True)


def entry(name: str, tier: str, change: str, selection: str = "risk") -> dict[str, object]:
    return {
        "project_id": name, "project_name": f"工程{name}", "region_code": PLACE, "tier": tier,
        "selection": selection, "change": {"kind": change}, "workers": 12,
    }  # fmt: skip


ENTRIES = [
    entry("A", "red", "new"),
    entry("B", "orange", "new", "must"),
    entry("C", "orange", "new"),
    entry("D", "red", "up"),
    entry("E", "blue", "same", "must"),
    entry("F", "red", "new", "must"),
]


@pytest.mark.parametrize(
    ("alerts", "opened"),
    [((), ""), (("red",), "AF"), (("must",), "BF"), (("must", "red"), "ABF"),
     (("orange",), "BC"), (("must", "red", "orange"), "ABCF")],
)  # fmt: skip
def test_new_entries_of_the_tiers_and_of_the_law_open_an_alert(alerts, opened):
    rules = matter_rules(MatterSettings(alerts=alerts))
    found = _alert_openings({"entries": ENTRIES}, {}, source(), rules)
    assert "".join(one.facts.project_id or "" for one in found) == opened


def test_an_alert_has_the_facts_of_its_entry():
    rules = matter_rules(MatterSettings(alerts=("red",)))
    rows = {"A": {"funding": "government", "sector": "building"}, "F": {"funding": "private"}}
    (made,) = _alert_openings({"entries": ENTRIES[:1]}, rows, source(), rules)
    assert (made.key, made.kind, made.region_code) == ("alert:A:2025-06-01", "alert", PLACE)
    assert made.facts == Facts(
        JUNE, True, project_id="A", name="工程A", opened_on=JUNE, workers=12,
        record="2025-06-01", funding="government", sector="building", tier="red",
    )  # fmt: skip
    (made,) = _alert_openings({"entries": ENTRIES[:1]}, {}, source(kind="employer"), rules)
    assert (made.facts.project_id, made.facts.org_id, made.facts.funding) == (None, "A", None)


def known(key="alert:A:2025-05-01", kind="alert", *steps, place=PLACE, **facts) -> Matter:
    taken = tuple(Step(key, place, one, None, None, None, None, "李", NOW) for one in steps)
    made = Facts(**{"as_of": MAY, "listed": True, "project_id": "A", **facts})
    return Matter(1, key, kind, place, "wagewatch", NOW, made, taken)


@pytest.mark.parametrize(
    ("before", "is_open"),
    [
        (known(), True),
        (known("alert:A:2025-05-01", "alert", "given"), True),
        (known("alert:A:2025-05-01", "alert", "closed", "noted"), False),
        (known("alert:A:2025-05-01", "alert", "closed", "reopened"), True),
        (known("alert:A:2025-05-01", "alert", "reopened", "closed"), False),
        (known("case:A", "case"), False),
        (known(project_id="B"), False),
        (known(project_id=None, org_id="A"), False),
    ],
)
def test_a_project_has_one_open_alert_at_a_time(before, is_open):
    opening = Opening("alert:A:2025-06-01", "alert", PLACE, Facts(JUNE, True, project_id="A"))
    unit = (opening.facts.project_id, opening.facts.org_id)
    assert (unit in _open_alerts({before.key: before})) is is_open


def updated(before: Matter, found=(), by=None, whole=True) -> list[tuple[int | None, bool, str]]:
    """Workers, whether it is listed, and the day of each new state of ``before``."""
    openings = {one.key: one for one in found}
    made = _updates({before.key: before}, openings, by or source(), whole)
    return [(one.facts.workers, one.facts.listed, str(one.facts.as_of)) for one in made]


def again(before: Matter, **changes) -> Opening:
    facts = replace(before.facts, as_of=JUNE, **changes)
    return Opening(before.key, before.kind, before.region_code, facts)


ENDED = [(12, False, "2025-06-01")]


def test_a_matter_that_a_list_no_longer_has_ends():
    case = known("case:K", "case", workers=12)
    assert updated(case) == ENDED
    assert updated(case, whole=False) == [], "a list without a register"
    assert updated(replace(case, facts=replace(case.facts, as_of=JUNE))) == ENDED
    assert updated(replace(case, facts=replace(case.facts, as_of=JULY))) == [], "an earlier list"
    assert updated(replace(case, facts=replace(case.facts, listed=False))) == []
    assert updated(case, by=source(region=PLACE[:4])) == ENDED
    assert updated(case, by=source(region="990103")) == [], "of another county"
    assert updated(case, by=source(kind="employer")) == [], "of employers"
    for kind in ("rectification", "finding", "complaint"):
        assert updated(known(f"x:{kind}", kind, workers=12)) == ENDED
    for kind in ("alert", "hand"):
        assert updated(known(f"x:{kind}", kind, workers=12)) == []


def test_a_matter_that_a_list_shows_otherwise_changes():
    case = known("case:K", "case", workers=12)
    assert updated(case, [again(case)]) == []
    assert updated(case, [again(case, workers=13)]) == [(13, True, "2025-06-01")]
    assert updated(case, [again(case, workers=13)], whole=False) == [(13, True, "2025-06-01")]
    order = known("inspection:I", "rectification", project_id=None, org_id="E", workers=12)
    assert updated(order) == [], "the list of employers has it"
    assert updated(order, by=source(kind="employer")) == ENDED


def test_openings_of_a_register():
    """Duties are checked in confirmed cases; a closed case is followed but not open."""
    document = {
        "matters": [
            matter("case:A"),
            matter("case:B", status="confirmed"),
            matter("complaint:T", "complaint", status="confirmed", region_code=None),
            matter("case:C", status="confirmed", project_id=None, org_name="厂", project_name=None),
        ],
        "closed": [closed_case("Z", "2025-05-02", region_code=None)],
        "duties": {"P/100": DUTIES},
    }
    found = {one.key: one for one in _openings(document, source())}
    assert [key for key, one in found.items() if one.facts.duties] == ["case:B"]
    assert [key for key, one in found.items() if not one.facts.listed] == ["case:Z"]
    closed = found["case:Z"].facts
    assert (closed.status, closed.amount, closed.recovered) == ("closed", 3_000_000, 2_000_000)
    assert closed.closed_on == dt.date(2025, 5, 2)
    assert (found["complaint:T"].region_code, found["case:Z"].region_code) == ("", "")
    opened = found["case:A"].facts
    assert (opened.status, opened.amount, opened.name) == ("filed", 5_000_000, "模拟学校")
    assert found["case:C"].facts.name == "厂"
    employers = [one.key for one in _openings(document, source(kind="employer"))]
    assert employers == [], "cases and complaints are of the lists of projects"


def test_an_audience_is_a_person_a_unit_or_all():
    given = Step("case:K", PLACE, "given", "张", "甲队", None, None, "李", NOW)
    rules = matter_rules(MatterSettings())
    state = state_on(
        replace(known("case:K", "case"), steps=(given,)), rules, JUNE + dt.timedelta(5)
    )
    asked = [
        Audience(), Audience(person="张"), Audience(unit="甲队"), Audience("", "张", "甲队"),
        Audience(person="王"), Audience(unit="乙队"), Audience("", "张", "乙队"),
    ]  # fmt: skip
    assert [one.includes(state) for one in asked] == [True] * 4 + [False] * 3


def test_items_are_in_order_of_day_then_name():
    days = [dt.date(2025, 10, 1), dt.date(2025, 9, 30), dt.date(2025, 9, 30)]
    items = [Item(name, "case", day) for name, day in zip("abc", days, strict=True)]
    assert [one.name for one in sorted(items, key=_by_day)] == ["b", "c", "a"]


def test_an_action_by_rule_is_recorded_with_its_region_and_a_bounded_subject():
    made = rule_audit_entry("open_matters", "s" * 501, PLACE, NOW)
    assert (made.subject, made.status, made.role) == ("s" * 500, 200, "rule")
    assert (made.who, made.action, made.region) == (BY_RULE, "open_matters", PLACE)
