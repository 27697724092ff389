"""Features of past arrears, cases and peers, each value worked out by hand.

One county as of 1 July 2024. Its windows begin 92 days before (31 March 2024), 365 days before
(2 July 2023) and 730 days before (2 July 2022); records one day older must not count.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import pytest

from features.families import history
from features.matrix import feature_matrix

from ...conftest import World
from ...empty_store import empty_store

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
YUAN = 100

EXPECTED = {
    "events_all": {
        "K1": 2,  # a case and a visit
        "K2": 2,
        "K clean": 0,
        "recovered": 2,
        "without contractor": 0,
    },
    "events_365d": {"K1": 2, "K2": 1, "K clean": 0, "recovered": 0},
    "days_since_event": {"K1": 1, "K2": 365, "K clean": NAN, "recovered": 950},
    "last_inspection_found": {
        "K1": 1,
        "K clean": 0,  # those of 6 and 0 days ago are not known before 1 July
        "older order": 1,
        "mended": 0,
        "without contractor": NAN,
    },
    "findings_last": {"found": 1, "K1": 0, "without contractor": NAN},
    # 4 findings until the visit 300 days ago, 2 until that of 100 days ago, then 1; of 365 days.
    "findings_mean_365d": {
        "found": (4 * 65 + 2 * 200 + 1 * 100) / 365,
        "K1": 0,
        "without contractor": NAN,
    },
    "listed": {
        "contractor listed": 1,
        "owner listed": 1,
        "subcontractor listed": 0,
        "removed yesterday": 0,
        "removed today": 1,
        "listed today": 0,
        "without contractor": 0,
    },
    # On K1 2, on K2 1 (and one of 366 days ago), on "K confirmed", "K ended" and "K ended long ago"
    # 1 each, on "K clean" none that counts. Projects that K owns or no longer builds are those of
    # others.
    "contractor_events_365d": {
        "K1": 1 + 1 + 1 + 1,
        "K2": 2 + 1 + 1 + 1,
        "K clean": 2 + 1 + 1 + 1 + 1,
        "K owns": 0,
        "K until 30 June": 0,
        "without contractor": NAN,
    },
    # Township 520300101: 1 on T1 (and one of 366 days ago), 2 on T2, none on T3, and 1 on
    # "T confirmed", which is not scored; the project ended 91 days ago has left.
    "township_event_rate": {
        "T1": (2 + 0 + 1) / 3,
        "T2": (1 + 0 + 1) / 3,
        "T3": (1 + 2 + 1) / 3,
        "other township": NAN,  # there is no other project to look at
        "calm": 0,
    },
    # Subcontractor S is on B1 (2 events), on B2 (1, and one of 731 days ago) and with P on B4 (0)
    # and B6 (10); P is on B5 (3) too. An event on B6 is one event for B4, not one for each of them.
    # Its contract on B2 ended yesterday, that on "B ends today" today, and "B begins" (1) is to
    # be its own from today on.
    "subcontractor_events_730d": {
        "B1": 1 + 10,  # not the 4 of B3, where its general contractor is a subcontractor
        "B2": 0,
        "B ends today": 2 + 1 + 10,
        "B begins": 0,
        "B3": 0,
        "B4": (2 + 1) + 3 + 10,
        "B5": 10,
        "B6": (2 + 1) + 3,
        "B until 30 June": 0,  # by then another subcontractor had taken over
        "B from 1 July": 0,
        "without contractor": 0,
    },
    "rectification_overdue": {
        "due 1": 1,
        "due 0": 0,
        "due 365": 1,
        "due 366": 0,
        "rectified": 0,
        "rectified on 30 June": 0,
        "rectified on 1 July": 1,  # not known yet
        "to be rectified": 1,  # planned for 1 July
        "ordered on 1 July": 0,
        "without order": 0,
        "older order": 1,  # the last visit ordered nothing
        "K1": 0,
    },
    "cases_open": {
        "open": 2,  # accepted and filed
        "decided": 0,
        "closed on 30 June": 0,
        "closed on 1 July": 1,
        "filed on 1 July": 0,
        "not wages": 0,
        "unfounded": 0,
        "confirmed, then filed": 0,  # it is an event
        "K1": 0,
        "K2": 0,  # no case
    },
    "cases_unfounded_730d": {
        "unfounded": 2,  # not the one of 731 days ago
        "unfounded late": 0,
        "open": 0,
        "decided": 0,
        "K1": 0,
        "K2": 0,  # no case
    },
    "recovered_share": {
        "recovered": (40 + 60) / (100 + 60),  # not the unfounded case; 40 replaced 10
        "recovered late": 0.1,  # 100 of 100 are known on 1 July only
        "more than owed": (100 + 20) / (100 + 100),  # 150 of 100, and 20 of 100
        "partly stated": 30 / 100,  # and 500 of an unknown amount, and an unknown amount of 60
        "not stated": NAN,
        "not confirmed": NAN,
        "unfounded": NAN,
        "K2": NAN,  # no case
    },
    # 92 days: D1 owes 20,000 yuan for 4 days; D2 paid 10,000 after 10 days; D3 paid 10,000 of
    # 30,000 in time and owes the rest for 20 days; "D confirmed", which is not scored, owes 100,000
    # for 10 days, and "D completed" 5,000 for 50 days.
    "contractor_unpaid_share": {
        "D1": (0 + 20 + 100 + 5) / (10 + 30 + 100 + 5),
        "D2": (20 + 20 + 100 + 5) / (20 + 30 + 100 + 5),
        "D3": (20 + 0 + 100 + 5) / (20 + 10 + 100 + 5),
        "D owns": NAN,
        "D until 30 June": NAN,
        "E2": 1 / 2,  # it has no wages of its own
        "without contractor": NAN,
    },
    "contractor_delay_days": {
        "D1": (10 * 10 + 20 * 20 + 100 * 10 + 5 * 50) / (10 + 30 + 100 + 5),
        "D2": (20 * 4 + 20 * 20 + 100 * 10 + 5 * 50) / (20 + 30 + 100 + 5),
        "D3": (20 * 4 + 10 * 10 + 100 * 10 + 5 * 50) / (20 + 10 + 100 + 5),
        "E2": 1 * 10 / 2,
        "D owns": NAN,
        "D until 30 June": NAN,
        "without contractor": NAN,
    },
    "contractor_projects": {
        "D1": 5,  # D1, D2, D3, "D confirmed" and "D completes today"; not "D completed"
        "D3": 5,
        "D completed": 5,
        "without contractor": NAN,
    },
    # Owner W owes 50,000 yuan on W1 since 20 days, paid 30,000 of 60,000 and 30,000 of 40,000 after
    # 5 days on W2, and on W3 owes 100,000 since 30 days and paid 80,000 for 50,000 ten days ago,
    # three days early. On "W confirmed", which is not scored, it owes 40,000 since 50 days.
    "owner_short_share": {
        "W1": (40 + 100 + 40) / (100 + 100 + 50 + 40),
        "W2": (50 + 100 + 40) / (50 + 100 + 50 + 40),
        "W3": (50 + 40 + 40) / (50 + 100 + 40),
        "E2": 1 / 2,
        "W builds": NAN,
        "without contractor": NAN,
    },
    # Days a yuan was late, in whole days: of the 60,000 half 5 and half 92 days, which is 48.5; of
    # the 40,000 three quarters 5 and one quarter 40 days, which is 13.75.
    "owner_transfer_delay": {
        "W1": (48 + 13 + 30 + 0 + 50) / 5,
        "W2": (20 + 30 + 0 + 50) / 4,
        "W3": (20 + 48 + 13 + 50) / 4,
        "E2": 10 / 2,
        "W builds": NAN,
        "without contractor": NAN,
    },
    # X is owed 100 of 100 on U1, 25 of 100 on U2 and 10 of 10 on U4; Z is owed 50 of 50 on U2.
    "subcontractor_unpaid_share": {
        "U1": (25 + 10) / (100 + 10),
        "U2": (100 + 10) / (100 + 10),
        "U3": (100 + 25 + 10 + 50) / (100 + 100 + 10 + 50),
        "U4": (100 + 25 + 50) / (100 + 100 + 50),
        "U ended": NAN,  # X left it yesterday
        "U ends today": (100 + 25 + 10) / (100 + 100 + 10),
        "B1": NAN,
        "without contractor": NAN,
    },
}
"""By feature, the value of some projects; NaN is unknown."""

RATES = {
    # Events of two years: R1 1, R2 2 (and one of 731 days ago), "R ended 730" and "R ended 900" 1
    # each by contractor R, none on "R ended quietly", 730 days ago ("R ended 731", with an event of
    # 731 days ago, and "R begins" do not count); S1 3, S2 0 by contractor S, "no events" 0 by a
    # third. That is 8 on 8 projects; with the weight of two projects it is added to the mean of the
    # other projects.
    "contractor_event_rate": {
        "R1": (2 + 1 + 1 + 0 + 2 * 8 / 8) / (4 + 2),
        "R2": (1 + 1 + 1 + 0 + 2 * 8 / 8) / (4 + 2),
        "S1": (0 + 2 * 8 / 8) / (1 + 2),
        "S2": (3 + 2 * 8 / 8) / (1 + 2),
        "no events": 8 / 8,
        "without contractor": NAN,
    },
    # Owner W: 1 on R1, 1 on "R ended 730", 0 on S2, 1 on "without contractor"; R2 and S1 have
    # owners of one project.
    "owner_event_rate": {
        "R1": (1 + 0 + 1 + 2 * 8 / 8) / (3 + 2),
        "S2": (1 + 1 + 1 + 2 * 8 / 8) / (3 + 2),
        "without contractor": (1 + 1 + 0 + 2 * 8 / 8) / (3 + 2),
        "R2": 8 / 8,
        "S1": 8 / 8,
        "no events": 8 / 8,
        "without owner": NAN,
    },
}


def ago(days: int) -> str:
    """The day ``days`` days before 1 July 2024."""
    return (AS_OF - dt.timedelta(days)).isoformat()


def project(world: World, name: str, **values: object) -> None:
    """A project in a township of its own, begun before all records."""
    began = {"started_on": "2021-01-01", "known_at": "2021-01-02", "region_code": f"of {name}"}
    world.project(name, **{**began, **values})


def visit(world: World, name: str, days: int, **values: object) -> None:
    """An inspection ``days`` days ago, known then, that found arrears."""
    key = values.pop("key", f"{name} {days}")
    row = {"inspected_on": ago(days), "known_at": ago(days), "arrears_found": True}
    world.add("inspections", inspection_id=key, project_id=name, **{**row, **values})


def case(world: World, name: str, days: int, status: str, **values: object) -> None:
    """A case opened ``days`` days ago and known then."""
    key = values.pop("key", f"{name} {days} {status}")
    row = {"opened_on": ago(days), "known_at": ago(days), "status": status}
    world.add("cases", case_id=key, project_id=name, **{**row, **values})


def build(world: World) -> None:
    project(world, "first", contractor_id="F")
    case(world, "first", 800, "filed")
    project(world, "without contractor")
    _contractor_events(world)
    _townships(world)
    _subcontractors(world)
    _orders(world)
    _findings(world)
    _listings(world)
    _cases(world)
    _recovered(world)
    _wages(world)
    _transfers(world)
    _teams(world)
    _small(world)


def _contractor_events(world: World) -> None:
    for name in ("K1", "K2", "K confirmed", "K clean"):
        project(world, name, contractor_id="K", owner_id="O")
    project(world, "K ended", contractor_id="K", completed_on=ago(700))
    project(world, "K ended long ago", contractor_id="K", completed_on=ago(731))
    visit(world, "K ended long ago", 40)
    project(world, "K owns", contractor_id="M", owner_id="K")
    project(world, "K until 30 June", contractor_id="K")
    project(world, "K until 30 June", contractor_id="N", known_at=ago(1))
    case(world, "K1", 10, "closed", confirmed_on=ago(9), closed_on=ago(8))
    visit(world, "K1", 1)
    visit(world, "K2", 365)
    visit(world, "K2", 366)
    case(world, "K confirmed", 20, "confirmed", confirmed_on=ago(20))
    visit(world, "K ended", 30)
    for days in (1, 2, 3):
        visit(world, "K owns", days)
        visit(world, "K until 30 June", days)
    # None of these is a confirmed arrears known before 1 July.
    visit(world, "K clean", 5, arrears_found=False)
    visit(world, "K clean", 6, known_at=ago(0))
    visit(world, "K clean", 0)
    case(world, "K clean", 11, "unfounded")
    case(world, "K clean", 12, "filed")
    case(world, "K clean", 13, "closed", closed_on=ago(5))
    case(world, "K clean", 14, "transferred", confirmed_on=ago(10), cause="labour_fee")
    case(world, "K clean", 15, "confirmed", key="appealed", confirmed_on=ago(10))
    case(world, "K clean", 15, "unfounded", key="appealed", known_at=ago(1))
    case(world, "K clean", 16, "filed", key="late")
    confirmed = {"confirmed_on": ago(1), "known_at": ago(0)}
    case(world, "K clean", 16, "confirmed", key="late", **confirmed)


def _townships(world: World) -> None:
    for name in ("T1", "T2", "T3"):
        project(world, name, region_code="520300101")
    project(world, "T confirmed", region_code="520300101")
    case(world, "T confirmed", 20, "confirmed", confirmed_on=ago(20))
    project(world, "T ended", region_code="520300101", completed_on=ago(91))
    visit(world, "T ended", 30)
    project(world, "other township", region_code="520300102")
    for name in ("calm", "calm too"):
        project(world, name, region_code="520300103")
    for name, days in (("T1", (365, 366)), ("T2", (1, 2)), ("other township", (1, 2, 3))):
        for day in days:
            visit(world, name, day)


def _contract(
    world: World, name: str, org: str, parent: str | None = "top", **more: object
) -> None:
    key = more.pop("key", f"{name} {org}")
    row = {"signed_on": ago(760), "known_at": ago(760), "parent_contract_id": parent}
    world.add("contracts", contract_id=key, project_id=name, contractor_id=org, **{**row, **more})


def _subcontractors(world: World) -> None:
    for name in ("B1", "B2", "B3", "B4", "B5", "B6", "B until 30 June", "B from 1 July"):
        project(world, name)
    _contract(world, "B1", "S")
    _contract(world, "B1", "S", key="second of S")
    _contract(world, "B1", "G", parent=None)
    _contract(world, "B2", "S", ended_on=ago(1))
    for name, dates in (
        ("B ends today", {"ended_on": ago(0)}),
        ("B begins", {"signed_on": ago(0)}),
    ):
        project(world, name)
        _contract(world, name, "S", **dates)
    _contract(world, "B3", "G")
    for name, org in (("B4", "S"), ("B4", "P"), ("B5", "P"), ("B6", "S"), ("B6", "P")):
        _contract(world, name, org)
    _contract(world, "B until 30 June", "S")
    _contract(world, "B until 30 June", "Q", key="B until 30 June S", known_at=ago(1))
    _contract(world, "B from 1 July", "S", known_at=ago(0))
    events = {"B1": (1, 2), "B2": (730, 731), "B3": (1, 2, 3, 4), "B5": (1, 2, 3)}
    events |= {"B6": tuple(range(1, 11)), "B begins": (3,)}
    for name, days in events.items():
        for day in days:
            visit(world, name, day)


def _orders(world: World) -> None:
    def order(name: str, by: int, **values: object) -> None:
        visit(world, name, 400, rectify_by=ago(by), **values)

    for days in (0, 1, 365, 366):
        project(world, f"due {days}")
        order(f"due {days}", days)
    for name in ("rectified", "ordered on 1 July", "without order", "older order"):
        project(world, name)
    order("rectified", 100, rectified_on=ago(50))
    order("ordered on 1 July", 100, known_at=ago(0))
    project(world, "to be rectified")
    order("to be rectified", 100, rectified_on=ago(0), known_at=ago(1))
    visit(world, "without order", 10)
    order("older order", 100)
    visit(world, "older order", 10)
    for name, day in (("rectified on 30 June", 1), ("rectified on 1 July", 0)):
        project(world, name)
        order(name, 100)
        order(name, 100, rectified_on=ago(2), known_at=ago(day))


def _findings(world: World) -> None:
    project(world, "found")
    for days, findings in ((400, "a;b;c;d"), (300, "a;b"), (100, "a")):
        visit(world, "found", days, arrears_found=False, findings=findings)
    project(world, "mended")
    visit(world, "mended", 500)
    visit(world, "mended", 20, arrears_found=False)


def _listings(world: World) -> None:
    project(world, "owner listed", owner_id="listed owner")
    project(world, "subcontractor listed", owner_id="O", contractor_id="O")
    _contract(world, "subcontractor listed", "listed owner")
    for number, (name, listed, removed) in enumerate(
        (
            ("contractor listed", 1, None),
            ("removed yesterday", 90, ago(1)),
            ("removed today", 90, ago(0)),
            ("listed today", 0, None),
            ("listed owner", 90, None),
            ("contractor listed", 30, None),  # once more
        )
    ):
        if name != "listed owner" and listed != 30:
            project(world, name, contractor_id=name, owner_id="O")
        dates = {"listed_on": ago(listed), "removed_on": removed, "known_at": ago(1)}
        world.add("listings", listing_id=str(number), org_id=name, **dates)


def _cases(world: World) -> None:
    for name in ("open", "decided", "filed on 1 July", "not wages", "unfounded", "unfounded late"):
        project(world, name)
    case(world, "open", 1, "accepted")
    case(world, "open", 700, "filed")
    case(world, "decided", 50, "closed", closed_on=ago(10))
    case(world, "decided", 50, "transferred", confirmed_on=ago(20), transferred_on=ago(10))
    case(world, "filed on 1 July", 3, "filed", known_at=ago(0))
    case(world, "not wages", 3, "filed", cause="project_payment")
    case(world, "unfounded", 730, "unfounded", amount_owed=5, amount_recovered=5)
    case(world, "unfounded", 50, "unfounded")
    case(world, "unfounded", 731, "unfounded")
    project(world, "confirmed, then filed")
    case(world, "confirmed, then filed", 5, "filed", confirmed_on=ago(3))
    case(world, "unfounded late", 5, "accepted", key="undecided")
    case(world, "unfounded late", 5, "unfounded", key="undecided", known_at=ago(0))
    for name, day in (("closed on 30 June", 1), ("closed on 1 July", 0)):
        project(world, name)
        case(world, name, 100, "filed", key=name)
        case(world, name, 100, "closed", key=name, closed_on=ago(2), known_at=ago(day))


def _recovered(world: World) -> None:
    def closed(name: str, key: str, owed: int | None, recovered: int | None, known: int) -> None:
        ended = {"confirmed_on": ago(900), "closed_on": ago(850), "known_at": ago(known)}
        amounts = {"amount_owed": owed, "amount_recovered": recovered}
        case(world, name, 950, "closed", key=key, **ended, **amounts)

    for name in ("recovered", "recovered late", "not stated", "partly stated", "more than owed"):
        project(world, name)
    closed("recovered", "partly", 100, 10, known=300)
    closed("recovered", "partly", 100, 40, known=1)
    closed("recovered", "whole", 60, 60, known=300)
    amounts = {"amount_owed": 1000, "amount_recovered": 1000}
    case(world, "recovered", 40, "unfounded", **amounts)
    closed("recovered late", "of late", 100, 10, known=300)
    closed("recovered late", "of late", 100, 100, known=0)
    closed("not stated", "not stated", 100, None, known=300)
    for number, (owed, recovered) in enumerate(((None, 500), (100, 30), (60, None))):
        closed("partly stated", f"partly stated {number}", owed, recovered, known=300)
    closed("more than owed", "more", 100, 150, known=300)
    closed("more than owed", "less", 100, 20, known=300)
    project(world, "not confirmed")
    case(world, "not confirmed", 30, "filed", amount_owed=100, amount_recovered=40)
    case(world, "not confirmed", 30, "closed", amount_owed=100, amount_recovered=40)


def _roll(world: World, name: str, days: int, yuan: int, contract: str | None = None) -> str:
    """A payroll of a project due ``days`` days ago, known then; its code."""
    key = f"{name} {days} {contract}"
    due = {"project_id": name, "contract_id": contract, "amount_due": yuan * YUAN}
    world.payroll(key, ago(days), **due)
    return key


def _wages(world: World) -> None:
    for name, owner in (("D1", "O"), ("D2", "O"), ("D3", None)):
        project(world, name, contractor_id="D", owner_id=owner)
    project(world, "D ended", contractor_id="D", completed_on=ago(91))
    project(world, "D completed", contractor_id="D", completed_on=ago(90))
    project(world, "D completed yesterday", contractor_id="D", completed_on=ago(1))
    project(world, "D completes today", contractor_id="D", completed_on=ago(0))
    project(world, "D confirmed", contractor_id="D")
    case(world, "D confirmed", 9, "confirmed", confirmed_on=ago(9))
    for name, days, yuan in (("D completed", 50, 5_000), ("D confirmed", 10, 100_000)):
        _roll(world, name, days, yuan)
    project(world, "D begins", contractor_id="D", started_on=ago(0))
    project(world, "D known late", contractor_id="D", known_at=ago(0))
    project(world, "D owns", contractor_id="E", owner_id="D")
    project(world, "D until 30 June", contractor_id="D")
    project(world, "D until 30 June", contractor_id="H", known_at=ago(1))
    _roll(world, "D1", 4, 12_000)
    _roll(world, "D1", 4, 8_000, "another team")
    world.payment(_roll(world, "D2", 92, 6_000), ago(82), 6_000 * YUAN)
    world.payment(_roll(world, "D2", 80, 4_000), ago(70), 4_000 * YUAN)
    _roll(world, "D2", 93, 500_000)
    _roll(world, "D2", 0, 500_000)
    partly = _roll(world, "D3", 20, 30_000)
    world.payment(partly, ago(21), 10_000 * YUAN)
    world.payment(partly, ago(3), 20_000 * YUAN, known_at=ago(0))
    world.payment(partly, ago(10), 20_000 * YUAN, returned_on=ago(9))
    for name in ("D owns", "D until 30 June"):
        _roll(world, name, 60, 500_000)


def _transfers(world: World) -> None:
    def due(name: str, days: int, yuan: int, paid: int | None = None, **more: object) -> None:
        row = {"period": "2024-04-01", "amount_due": yuan * YUAN, "due_on": ago(days)}
        row |= {"transfer_id": f"{name} {days}", "project_id": name, "known_at": ago(days)}
        amount = None if paid is None else paid * YUAN
        world.add("transfers", **{**row, "amount_paid": amount, **more})

    for name, day in (("W1", "2021-01-01"), ("W2", "2021-01-01"), ("W3", "2023-06-01")):
        project(world, name, owner_id="W", contractor_id="J", started_on=day)
    project(world, "W confirmed", owner_id="W")
    case(world, "W confirmed", 9, "confirmed", confirmed_on=ago(9))
    due("W confirmed", 50, 40_000)
    project(world, "W builds", owner_id="Y", contractor_id="W")
    due("W1", 20, 50_000)
    due("W1", 20, 50_000, 50_000, paid_on=ago(5), known_at=ago(0))
    due("W2", 92, 60_000)
    due("W2", 92, 60_000, 30_000, paid_on=ago(87), known_at=ago(1))
    due("W2", 40, 40_000, 30_000, paid_on=ago(35), known_at=ago(35))
    due("W2", 93, 500_000)
    due("W2", 0, 500_000)
    due("W3", 30, 100_000)
    due("W3", 10, 50_000, 80_000, paid_on=ago(13))
    due("W builds", 60, 500_000)


def _small(world: World) -> None:
    """One yuan of two is owed for ten days on E1, by contractor and owner; nothing falls due on E2.

    Among fen a fault of one shows.
    """
    for name in ("E1", "E2"):
        project(world, name, contractor_id="of E", owner_id="of E too")
    world.payment(_roll(world, "E1", 10, 2), ago(10), 1 * YUAN)
    row = {"transfer_id": "E1", "project_id": "E1", "period": "2024-06-01", "due_on": ago(10)}
    paid = {"amount_due": 2 * YUAN, "amount_paid": 1 * YUAN, "paid_on": ago(10)}
    world.add("transfers", **row, **paid, known_at=ago(10))


def _teams(world: World) -> None:
    for name in ("U1", "U2", "U3", "U4"):
        project(world, name)
    for name in ("U1", "U2", "U3", "U4"):
        _contract(world, name, "X")
    for name in ("U2", "U3", "U4"):
        _contract(world, name, "Z")
    _roll(world, "U4", 30, 10, "U4 X")
    for name, days in (("U ended", 1), ("U ends today", 0)):
        project(world, name)
        _contract(world, name, "X", ended_on=ago(days))
    _roll(world, "U1", 40, 100, "U1 X")
    world.payment(_roll(world, "U2", 92, 60, "U2 X"), ago(92), 45 * YUAN)
    world.payment(_roll(world, "U2", 50, 40, "U2 X"), ago(50), 30 * YUAN)
    _roll(world, "U2", 93, 700, "U2 X")
    _roll(world, "U2", 1, 50, "U2 Z")
    _roll(world, "U2", 1, 900)  # of an unknown team


def build_rates(world: World) -> None:
    """Without cases, contracts or payments."""
    owned = {"R1": ("R", "W"), "R2": ("R", "V"), "S1": ("S", "R"), "S2": ("S", "W")}
    for name, (contractor, owner) in owned.items():
        project(world, name, contractor_id=contractor, owner_id=owner)
    for days in (730, 731):
        ended = {"contractor_id": "R", "owner_id": "W", "completed_on": ago(days)}
        project(world, f"R ended {days}", **ended)
    project(world, "R ended 900", contractor_id="R", completed_on=ago(900))
    project(world, "R ended quietly", contractor_id="R", completed_on=ago(730))
    project(world, "R begins", contractor_id="R", owner_id="W", started_on=ago(0))
    project(world, "without contractor", owner_id="W")
    project(world, "without owner")
    project(world, "no events", contractor_id="N", owner_id="N")
    counted = {"R1": 1, "R2": 1, "R ended 730": 1, "R ended 900": 1, "S1": 3}
    counted["without contractor"] = 1
    for name, count in counted.items():
        for number in range(count):
            visit(world, name, 500 + number)
    visit(world, "R2", 730)
    visit(world, "R2", 731)
    visit(world, "R ended 731", 731)
    for name in ("R1", "R2"):
        _roll(world, name, 30, 100)


Values = dict[tuple[str, str, dt.date], float]


def _values(build: Callable[[World], None], days: list[int]) -> Values:
    with empty_store() as store:
        build(World(store))
        dates = [AS_OF - dt.timedelta(day) for day in days]
        matrix = feature_matrix(store, dates, families=[history.FAMILY])
    rows = zip(matrix.project_ids, matrix.as_ofs.tolist(), matrix.values, strict=True)
    return {
        (name, unit, day): float(cell)
        for unit, day, row in rows
        for name, cell in zip(matrix.columns, row, strict=True)
    }


@pytest.fixture(scope="module")
def values() -> Values:
    """Values by feature, project and date, also on the day of the first case and one day later."""
    return _values(build, [0, 799, 800])


@pytest.fixture(scope="module")
def rates() -> Values:
    """Values of a county without cases, also on the day of its first inspection and later."""
    return _values(build_rates, [0, 730, 731])


@pytest.mark.parametrize("name", EXPECTED)
def test_history_features_have_the_values_worked_out_by_hand(values, name):
    found = {unit: values[name, unit, AS_OF] for unit in EXPECTED[name]}
    assert found == pytest.approx(EXPECTED[name], nan_ok=True)


@pytest.mark.parametrize("name", RATES)
def test_event_rates_are_drawn_to_that_of_all_contractors_by_two_projects(rates, name):
    found = {unit: rates[name, unit, AS_OF] for unit in RATES[name]}
    assert found == pytest.approx(RATES[name], nan_ok=True)


def test_history_is_unknown_until_the_day_after_the_first_record_is_known(values, rates):
    before, after = (AS_OF - dt.timedelta(days) for days in (800, 799))
    for name in ("cases_open", "cases_unfounded_730d", "contractor_events_365d"):
        assert math.isnan(values[name, "first", before])
    assert values["cases_open", "first", after] == 1
    assert values["cases_unfounded_730d", "first", after] == 0
    assert values["events_all", "first", after] == values["events_365d", "first", after] == 0
    assert values["contractor_events_365d", "first", after] == 0  # cases without inspections
    assert math.isnan(values["rectification_overdue", "first", after])
    before, after = (AS_OF - dt.timedelta(days) for days in (731, 730))
    for name in ("rectification_overdue", "contractor_event_rate", "owner_event_rate"):
        assert math.isnan(rates[name, "R1", before])
    assert rates["contractor_projects", "S1", before] == 2  # it needs neither feed
    assert rates["rectification_overdue", "R1", after] == 0
    assert rates["contractor_event_rate", "R1", after] > 0


@pytest.mark.parametrize(
    "name",
    [
        "cases_open",
        "cases_unfounded_730d",
        "recovered_share",
        "subcontractor_events_730d",
        "contractor_delay_days",
        "owner_short_share",
        "owner_transfer_delay",
        "subcontractor_unpaid_share",
    ],
)
def test_history_is_unknown_without_the_feed(rates, name):
    assert math.isnan(rates[name, "R1", AS_OF])


def test_the_township_s_events_are_known_where_no_contractor_is():
    def build_township(world: World) -> None:
        for name in ("T1", "T2"):
            project(world, name, region_code="520300101", owner_id="W")
        visit(world, "T1", 1)

    found = _values(build_township, [0])
    # One on one other project, without a mean to draw it to.
    assert found["owner_event_rate", "T2", AS_OF] == pytest.approx(1 / (1 + 2))
    assert found["township_event_rate", "T2", AS_OF] == 1
    assert math.isnan(found["contractor_event_rate", "T2", AS_OF])


def test_listings_are_known_without_cases_and_inspections():
    def build_listing(world: World) -> None:
        project(world, "P", contractor_id="K")
        row = {"listing_id": "1", "org_id": "K", "listed_on": ago(9)}
        world.add("listings", **row, known_at=ago(9))

    assert _values(build_listing, [0])["listed", "P", AS_OF] == 1
