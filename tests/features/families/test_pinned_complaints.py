"""Features of complaints, each value worked out by hand, on the days at which they change.

One county as of 1 July 2024. Its windows begin 90 days before (2 April 2024) and 365 days before
(2 July 2023); the days before those are 91 and 366 days before.
"""

from __future__ import annotations

import datetime as dt
import math

import pytest

from features.families import complaints
from features.matrix import feature_matrix

from ...conftest import World
from ...empty_store import empty_store

AS_OF = dt.date(2024, 7, 1)
FEED_BEGINS = dt.date(2023, 7, 1)
"""The day the first complaint of the county is known."""
AFTER_A_YEAR = dt.date(2025, 7, 2)
"""366 days after the last complaint of the county."""
NAN = math.nan
WAN = 1_000_000
"""10,000 yuan in fen."""

EXPECTED = {
    "complaints_90d": {
        "edges": 1,  # 90 days ago; not 91
        "yesterday": 1,
        "old": 0,
        "linked": 1,
        "withdrawn": 0,
    },
    "complaint_workers_365d": {
        "edges": 3 + 1 + 5,  # one gives no number; not the 7 of 366 days ago
        "old": 0,
        "withdrawn": 0,
    },
    "linked_complaint_share_365d": {
        "linked": 1,
        "linked often": 2 / 3,  # those of 10 and 365 days ago, and not that of 20 days ago
        "edges": 0,
        "old": NAN,
        "none": NAN,
        "withdrawn": NAN,
    },
    # One of the year's is linked on 1 July only, one never, of 19 on projects of this table, 23 of
    # contractors and 15 of townships.
    "unlinked_complaint_share_365d": {"edges": 2 / 58, "none": 2 / 58},
    "complaints_365d": {
        "edges": 3,  # 90, 91 and 365 days ago; not 366
        "yesterday": 1,  # neither of the two known on the day itself
        "old": 0,
        "none": 0,
        "before correction": 1,  # corrected on 1 July only
        "after correction": 1,
        "other cause": 0,
        "linked": 1,  # not the one linked on 1 July
        "withdrawn": 0,
    },
    "complaints_all": {
        "edges": 4,
        "yesterday": 1,
        "old": 1,
        "none": 0,
        "before correction": 1,
        "after correction": 1,
        "other cause": 0,
        "linked": 1,
        "withdrawn": 0,
    },
    # Of a contract over 100 wan.
    "complaint_amount_share": {
        "edges": 0.07,  # 1 + 2 + 4 wan; not the 8 wan of 366 days ago
        "yesterday": NAN,  # its amount is not stated
        "old": 0,
        "none": 0,
        "after correction": 0.1,  # 10 wan, at first 50
        "other cause": 0,
        "without amount": NAN,  # the contract amount is not on record
        "one amount of two": NAN,
        "no amount 365": NAN,
        "no amount 366": 0.1,
        "above the contract amount": 1,  # 60 and 50 wan
        "withdrawn": 0,
    },
    "days_since_complaint": {
        "edges": 90,
        "yesterday": 1,
        "old": 366,
        "none": NAN,
        "before correction": 30,
        "after correction": 20,
        "other cause": NAN,
        "linked": 40,
        "withdrawn": NAN,
    },
    # Complaints of 90 days over a quarter of the year's plus one.
    "complaint_pace": {
        "edges": 1 / (3 / 4 + 1),
        "yesterday": 1 / (1 / 4 + 1),
        "old": 0,
        "none": 0,
        "linked": 1 / (1 / 4 + 1),
        "L": 7 / (7 / 4 + 1),
    },
    # Of contractor K: 2 on K1, 1 on K2 (and one of 366 days ago), 1 on "K ended", 4 on "K until
    # 1 July". "K owns" (5), "K until 30 June" (3) and "L" (7) are other contractors' projects.
    "contractor_complaints_365d": {
        "K1": 1 + 1 + 4,
        "K2": 2 + 1 + 4,
        "K until 1 July": 2 + 1 + 1,
        "K until 30 June": 0,
        "K owns": 0,
        "L": 0,
        "Q": 0,  # nobody complained of its contractor
        "none": NAN,  # its contractor is not on record
    },
    # Township 520300101: 1 on T1 (and one of 366 days ago), 2 on T2, none on T3, and 3 on
    # "T confirmed", which is not scored; the project ended 91 days ago has left.
    "township_complaint_rate": {
        "T1": (2 + 0 + 3) / 3,
        "T2": (1 + 0 + 3) / 3,
        "T3": (1 + 2 + 3) / 3,
        "other township": NAN,  # there is no other project to look at
        "county": NAN,
        "calm": 0,
    },
}
"""By feature, the value of some projects; NaN is unknown."""


def ago(days: int) -> str:
    """The day ``days`` days before 1 July 2024."""
    return (AS_OF - dt.timedelta(days)).isoformat()


def project(world: World, name: str, **values: object) -> None:
    """A project of 100 wan in a township of its own, begun before all complaints."""
    began = {"started_on": "2021-01-01", "known_at": "2021-01-02", "region_code": f"of {name}"}
    world.project(name, **{"contract_amount": 100 * WAN, **began, **values})


def complaint(world: World, name: str | None, days: int, key: str = "", **values: object) -> None:
    """A complaint about a project received ``days`` days ago and known then."""
    received = {"received_on": ago(days), "known_at": ago(days), "project_id": name}
    key = key or f"{name} {days} {values}"
    world.add("complaints", complaint_id=key, **{**received, **values})


def build(world: World) -> None:
    for name in ("edges", "yesterday", "old", "none", "before correction", "after correction"):
        project(world, name)
    for name in ("other cause", "linked", "withdrawn", "one amount of two"):
        project(world, name)
    project(world, "without amount", contract_amount=None)
    complaint(world, "without amount", 10, amount_claimed=10 * WAN)
    complaint(world, "one amount of two", 10, amount_claimed=10 * WAN)
    complaint(world, "one amount of two", 11)
    for days in (365, 366):
        project(world, f"no amount {days}")
        complaint(world, f"no amount {days}", 10, amount_claimed=10 * WAN)
        complaint(world, f"no amount {days}", days)
    project(world, "above the contract amount")
    for days, amount in ((10, 60), (11, 50)):
        complaint(world, "above the contract amount", days, amount_claimed=amount * WAN)
    for days, amount, workers in ((90, 1, 3), (91, 2, None), (365, 4, 5), (366, 8, 7)):
        complaint(world, "edges", days, amount_claimed=amount * WAN, workers=workers)
    complaint(world, "yesterday", 1)
    complaint(world, "yesterday", 2, known_at=ago(0))
    complaint(world, "yesterday", 0)
    complaint(world, "old", 366, amount_claimed=1 * WAN)
    _corrected(world)
    _contractors(world)
    _townships(world)


def _corrected(world: World) -> None:
    for key, days, corrected in (("moved", 20, 1), ("stays", 30, 0)):
        complaint(world, "before correction", days, key, amount_claimed=50 * WAN)
        later = {"known_at": ago(corrected), "amount_claimed": 10 * WAN}
        complaint(world, "after correction", days, key, **later)
    complaint(world, "other cause", 10, cause="project_payment", amount_claimed=10 * WAN)
    complaint(world, "other cause", 11, "found otherwise")
    found = {"opened_on": ago(9), "known_at": ago(9), "status": "filed", "cause": "labour_fee"}
    world.add("cases", case_id="of it", complaint_id="found otherwise", **found)
    for key, days, decided in (("linked", 40, 1), ("linked late", 10, 0)):
        complaint(world, None, days, key)
        link = {"complaint_id": key, "decision": "linked", "project_id": "linked"}
        world.add("links", **link, decided_on=ago(decided), known_at=ago(decided))
    complaint(world, None, 30, "nobody's")
    project(world, "linked often")
    complaint(world, "linked often", 20)
    for days in (10, 365, 366):
        key = f"linked often {days}"
        complaint(world, None, days, key)
        link = {"complaint_id": key, "decision": "linked", "project_id": "linked often"}
        world.add("links", **link, decided_on=ago(days), known_at=ago(days))
    complaint(world, "withdrawn", 10, "gone", amount_claimed=10 * WAN)
    complaint(world, "withdrawn", 10, "gone", known_at=ago(1), withdrawn=True)


def _contractors(world: World) -> None:
    project(world, "K1", contractor_id="K", owner_id="O")
    project(world, "K2", contractor_id="K", owner_id="O")
    project(world, "K ended", contractor_id="K", completed_on=ago(1000))
    project(world, "K owns", contractor_id="M", owner_id="K")
    project(world, "L", contractor_id="L", owner_id="O")
    project(world, "Q", contractor_id="Q", owner_id="O")
    for name, day in (("K until 30 June", 1), ("K until 1 July", 0)):
        project(world, name, contractor_id="K")
        project(world, name, contractor_id=f"after {name}", known_at=ago(day))
    counts = {"K1": 2, "K ended": 1, "K owns": 5, "K until 30 June": 3, "K until 1 July": 4, "L": 7}
    for name, count in counts.items():
        for number in range(count):
            complaint(world, name, 10 + number)
    complaint(world, "K2", 365)
    complaint(world, "K2", 366)


def _townships(world: World) -> None:
    for name in ("T1", "T2", "T3"):
        project(world, name, region_code="520300101")
    project(world, "T confirmed", region_code="520300101")
    confirmed = {"status": "confirmed", "opened_on": ago(5), "known_at": ago(5)}
    world.add("cases", case_id="of T", project_id="T confirmed", **confirmed)
    project(world, "T ended", region_code="520300101", completed_on=ago(91))
    for days in (3, 4, 5):
        complaint(world, "T confirmed", days)
        complaint(world, "T ended", days)
    project(world, "other township", region_code="520300102")
    project(world, "county", region_code="520300")
    for name in ("calm", "calm too"):
        project(world, name, region_code="520300103")
    for days in (365, 366):
        complaint(world, "T1", days)
    for days in (1, 2):
        complaint(world, "T2", days)
    for days in (3, 4, 5):
        complaint(world, "other township", days)
        complaint(world, "county", days)


@pytest.fixture(scope="module")
def values():
    """Values by feature, project and date."""
    with empty_store() as store:
        build(World(store))
        dates = [AS_OF, FEED_BEGINS, FEED_BEGINS + dt.timedelta(1), AFTER_A_YEAR]
        matrix = feature_matrix(store, dates, families=[complaints.FAMILY])
    rows = zip(matrix.project_ids, matrix.as_ofs.tolist(), matrix.values, strict=True)
    return {
        (name, unit, day): float(cell)
        for unit, day, row in rows
        for name, cell in zip(matrix.columns, row, strict=True)
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_complaint_features_have_the_values_worked_out_by_hand(values, name):
    found = {unit: values[name, unit, AS_OF] for unit in EXPECTED[name]}
    assert found == pytest.approx(EXPECTED[name], nan_ok=True)


@pytest.mark.parametrize("name", EXPECTED)
def test_complaint_features_are_unknown_until_the_day_after_the_first_is_known(values, name):
    # The first complaints are those of 366 days ago, on "old", "edges", T1 and K2.
    assert math.isnan(values[name, "old", FEED_BEGINS])
    assert math.isnan(values[name, "K1", FEED_BEGINS])
    after = {
        "complaints_90d": ("old", 1),
        "complaint_workers_365d": ("edges", 7),
        "linked_complaint_share_365d": ("old", 0),
        "unlinked_complaint_share_365d": ("old", 0),
        "complaints_365d": ("old", 1),
        "complaints_all": ("old", 1),
        "complaint_amount_share": ("old", 0.01),
        "days_since_complaint": ("old", 1),
        "complaint_pace": ("old", 0.8),
        "contractor_complaints_365d": ("K1", 1),
        "township_complaint_rate": ("T3", 1 / 4),  # "T ended" still runs
    }
    unit, expected = after[name]
    assert values[name, unit, FEED_BEGINS + dt.timedelta(1)] == pytest.approx(expected)


def test_a_year_without_any_complaint_has_none(values):
    assert values["complaints_365d", "yesterday", AFTER_A_YEAR] == 0
    assert values["complaints_all", "yesterday", AFTER_A_YEAR] == 3
    assert values["days_since_complaint", "yesterday", AFTER_A_YEAR] == 366
