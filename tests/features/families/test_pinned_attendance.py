"""Features of attendance, worked out by hand at the edges of their windows."""

from __future__ import annotations

import datetime as dt
from math import nan

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

EARLY = dt.date(2023, 12, 1)
AS_OF = dt.date(2025, 1, 1)
NEXT = dt.date(2025, 1, 2)
YUAN = 100
NAMES = (
    *("workers_on_site", "workers_change", "registered_share", "contract_signed_share"),
    *("days_per_worker", "perfect_match_share"),
)
UNKNOWN = (nan,) * len(NAMES)

ATTENDANCE: dict[str, list[tuple]] = {
    # month, registered, present, days, with a contract, team, known at (the 5th of the next month)
    "months": [
        ("2024-12", 12, 10, 260, 5, "a", "2025-01-01"),
        ("2024-11", 18, 20, 440, 10),
        ("2024-10", 30, 30, 600, 15),
        ("2024-09", 8, 10, 200, 10),
        ("2024-08", 40, 40, 100, 40),
        ("2024-07", 100, 100, 1000, 0),
    ],
    "teams": [
        ("2024-11", 5, 5, 100, 5),
        ("2024-11", None, 15, 300, 6, "b"),
        ("2024-10", 8, 10, 210, 4),
    ],
    "partly unknown": [
        ("2024-11", 50, None, 900, 50),
        ("2024-11", 8, 10, None, 9, "b"),
        ("2024-10", 10, 10, 200, 5),
    ],
    "team unknown before": [
        ("2024-11", 10, 10, 200, 10),
        ("2024-10", 10, 8, 200, 10),
        ("2024-10", 10, None, 200, 10, "b"),
        ("2024-09", 20, 20, 400, 20),
    ],
    "versions": [("2024-11", 10, 20, 300, 5), ("2024-11", 10, 10, 200, 10, "a", "2024-12-20")],
    "nobody came": [("2024-11", 0, 0, 0, None), ("2024-10", 20, 20, 400, None)],
    "nobody at all": [("2024-11", 0, 0, 0, 0), ("2024-10", 20, 20, 400, 10)],
    "two teams": [("2024-11", 5, 5, 100, 5), ("2024-11", 8, 10, 210, 4, "b")],
    "ahead": [("2024-11", 9, 10, 200, 9), ("2025-01", 90, 90, 9, 90, "a", "2024-12-20")],
    "gap": [("2024-11", 9, 10, 200, 9), ("2024-08", 10, 20, 400, 20), ("2024-02", 1, 30, 600, 30)],
    "year": [("2024-01", 4, 5, 100, 5), ("2023-11", 5, 5, 100, 5)],
    "this month": [
        ("2024-12", 4, 5, 100, 5, "a", "2025-01-01"),
        ("2025-01", 5, 5, 100, 5, "a", "2025-01-01"),
    ],
    "13 months": [("2024-01", 4, 5, 100, 5), ("2023-12", 5, 5, 100, 5)],
    "old": [("2023-11", 5, 5, 100, 5)],
    "none": [],
}

EXPECTED = {
    # 20 of (30 + 10 + 40) / 3; 18 + 30 + 8, 10 + 15 + 10 and 440 + 600 + 200 of 60; August of 5.
    ("months", AS_OF): (20, 0.75, 56 / 60, 35 / 60, 1240 / 60, 1 / 5),
    # 10 of (20 + 30 + 10) / 3; 12 + 18 + 30, 5 + 10 + 15 and 260 + 440 + 600 of 60; August of 6.
    ("months", NEXT): (10, 0.5, 1, 0.5, 1300 / 60, 1 / 6),
    # 20 of 10; 5 + 8 of the 15 whose registration is known, 15 and 610 of 30; one of a's two.
    ("teams", AS_OF): (20, 2, 13 / 15, 0.5, 610 / 30, 0.5),
    # Shares of the people of rows that give both numbers: 8 + 10 and 9 + 5 of 20, 200 days of 10.
    # How many were on site is unknown, as a team's number is.
    ("partly unknown", AS_OF): (nan, nan, 0.9, 0.7, 20, 0),
    # 10 of September's 20; October's number is unknown. 10 + 10 + 20 registered of 38.
    ("team unknown before", AS_OF): (10, 0.5, 40 / 38, 40 / 38, 800 / 38, 2 / 3),
    ("versions", AS_OF): (10, nan, 1, 1, 20, 1),
    ("nobody came", AS_OF): (0, 0, 1, nan, 20, nan),
    # Nobody on site is no month without a fault.
    ("nobody at all", AS_OF): (0, 0, 1, 0.5, 20, 0),
    ("two teams", AS_OF): (15, nan, 13 / 15, 9 / 15, 310 / 15, 0.5),
    # A month that has not begun is not reported.
    ("ahead", AS_OF): (10, nan, 0.9, 0.9, 20, 0),
    # 10 of August's 20, the only one of the three months before; shares of reported months.
    ("gap", AS_OF): (10, 0.5, 20 / 60, 59 / 60, 20, 0),
    ("year", AS_OF): (5, nan, 0.8, 1, 20, 0),
    # December 2023 is the thirteenth month: 4 + 5 registered of the 10 present, perfect then only.
    ("13 months", AS_OF): (5, 1, 0.9, 1, 20, 0),
    ("13 months", NEXT): (5, nan, 0.8, 1, 20, 0),
    # A month that is not over is not one of twelve.
    ("this month", NEXT): (5, 1, 9 / 10, 1, 20, 0),
    ("old", AS_OF): UNKNOWN,
    ("none", AS_OF): UNKNOWN,
    ("old", EARLY): UNKNOWN,
}

DAYS: list[tuple] = [("2024-11", 100), ("2024-10", 100), ("2024-08", 200), ("2024-07", None)]
DAYS += [("2024-09", 0), ("2024-06", 100), ("2024-05", 30), ("2024-04", 10)]

WAGES: list[tuple] = [  # month, yuan, payroll, known at (the 15th of the next month)
    ("2024-11", 90_000),
    ("2024-10", 30_000),
    ("2024-10", 20_000, "a", "2024-12-01"),
    ("2024-10", 1_000, "b", "2025-01-01"),
    ("2024-09", 70_000),  # without a day worked
    ("2024-07", 50_000),  # without days
    ("2024-06", 10_000),
    ("2024-06", 6_000, "b"),
    ("2024-05", 4_000),
    ("2024-04", 99_000),
]

WAGE_PER_DAY = {
    # The six months whose wages fell due more than a month ago: May to October, 2024-08 without
    # wages; 20,000 + 10,000 + 6,000 + 4,000 yuan of 100 + 100 + 50 days.
    ("wages", AS_OF): 160,
    # June to November: 90,000 + 20,000 + 1,000 + 16,000 yuan of 300 days.
    ("wages", NEXT): 127_000 / 300,
    ("months", AS_OF): nan,
    ("none", AS_OF): nan,
}


def following(month: str, day: int) -> str:
    """The ``day`` of the month after ``month``."""
    first = dt.date.fromisoformat(f"{month}-01")
    return (first + dt.timedelta(days=31)).replace(day=day).isoformat()


def attendance(world: World, project: str, row: tuple) -> None:
    month, registered, present, days, signed, *rest = row
    team, known_at = [*rest, *("a", following(month, 5))[len(rest) :]]
    counts = {"workers_registered": registered, "workers_present": present}
    counts |= {"worker_days": days, "workers_with_contract": signed}
    key = {"project_id": project, "contract_id": team, "period": f"{month}-01"}
    world.add("attendance", **key, **counts, known_at=known_at)


def build(world: World) -> None:
    for project in [*ATTENDANCE, "wages"]:
        # One contractor and owner: a key of either would mix the projects up.
        one = {"contractor_id": "C", "owner_id": "O"}
        world.project(project, **one, started_on="2023-01-01", known_at="2023-01-02")
        for row in ATTENDANCE.get(project, []):
            attendance(world, project, row)
    for month, days in DAYS:
        attendance(world, "wages", (month, None, 10, days, None))
    # Of July the days of one of two teams are known: not those of the month. May's are 30 and 20.
    attendance(world, "wages", ("2024-07", None, 5, 90, None, "b"))
    attendance(world, "wages", ("2024-05", None, 5, 20, None, "b"))
    for month, yuan, *rest in WAGES:
        due_on = following(month, 15)
        name, known_at = [*rest, *("a", due_on)[len(rest) :]]
        row = {"project_id": "wages", "period": f"{month}-01", "amount_due": yuan * YUAN}
        world.payroll(f"{month} {name}", due_on, **row, known_at=known_at)
    world.payment("2024-04 a", "2024-05-15", 1)  # the county reports payments


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, (*NAMES, "wage_per_day"), [EARLY, AS_OF, NEXT])


@pytest.mark.parametrize(("project", "as_of"), EXPECTED)
def test_attendance(values, project, as_of):
    found = {name: values[project, as_of][name] for name in NAMES}
    expected = dict(zip(NAMES, EXPECTED[project, as_of], strict=True))
    assert found == pytest.approx(expected, nan_ok=True)


STEADY = {  # presence of the twelve months before this one; two months give no spread
    "steady 13": 0,
    "steady two": nan,
}


def _complete(world: World) -> None:
    """Ten people on site every month, all on payrolls; one month more is older than six."""
    for name in ("complete", "no payrolls"):
        world.project(name, started_on="2023-01-01", known_at="2023-01-02")
        for month in range(1, 13):
            attendance(world, name, (f"2024-{month:02}", 10, 10, 200, 10))
    for month in range(2, 13):
        row = {"project_id": "complete", "period": f"2024-{month:02}-01", "workers": 10}
        roll = f"complete {month}"
        world.payroll(roll, following(f"2024-{month:02}", 15), **row, amount_due=200 * YUAN)
    for name, months in (("steady 13", 13), ("steady two", 2)):
        world.project(name, started_on="2023-01-01", known_at="2023-01-02")
        for back in range(months):
            year, month = divmod(2024 * 12 + 11 - back, 12)
            people = 90 if back == 12 else 10
            attendance(world, name, (f"{year}-{month + 1:02}", 0, people, 0, 0, "a", "2024-12-31"))


@pytest.fixture(scope="module")
def without_payments():
    """The county reports attendance and payrolls only."""
    shares = ("present_unpaid_share", "present_unlisted_share", "listed_over_present")
    with empty_store() as store:
        _complete(World(store))
        yield value_table(store, (*shares, "wage_per_day", "attendance_steadiness"), [AS_OF])


def test_payrolls_are_compared_with_attendance_without_payments(without_payments):
    found = without_payments["complete", AS_OF]
    assert found["present_unpaid_share"] == pytest.approx(nan, nan_ok=True)
    assert [found["present_unlisted_share"], found["listed_over_present"]] == [0, 1]
    assert found["wage_per_day"] == 1  # 200 yuan of 200 days a month
    found = without_payments["no payrolls", AS_OF]
    assert found["present_unlisted_share"] == 1
    assert found["listed_over_present"] == pytest.approx(nan, nan_ok=True)


@pytest.mark.parametrize("project", STEADY)
def test_steadiness_is_of_twelve_months(without_payments, project):
    found = without_payments[project, AS_OF]["attendance_steadiness"]
    assert found == pytest.approx(STEADY[project], nan_ok=True)


def test_six_months_are_never_seven(world):
    """From 2 to 4 May the first days of seven months are 62 to 245 days ago."""
    world.project(started_on="2023-01-01", known_at="2023-01-02")
    for month in (
        "2023-09",
        *(f"2023-{n}" for n in range(10, 13)),
        "2024-01",
        "2024-02",
        "2024-03",
    ):
        attendance(world, "P1", (month, 10, 10, 200, 10))
        if month != "2023-09":
            row = {"period": f"{month}-01", "workers": 10}
            world.payroll(month, following(month, 15), **row)
    day = dt.date(2024, 5, 2)
    found = value_table(world.store, ["present_unlisted_share"], [day])
    assert found["P1", day]["present_unlisted_share"] == 0


@pytest.mark.parametrize(("project", "as_of"), WAGE_PER_DAY)
def test_wage_per_day(values, project, as_of):
    expected = WAGE_PER_DAY[project, as_of]
    assert values[project, as_of]["wage_per_day"] == pytest.approx(expected, nan_ok=True)


def test_nobody_is_missing_on_payrolls_that_no_one_sends(world):
    world.project(started_on="2023-01-01", known_at="2023-01-02")
    attendance(world, "P1", ("2024-10", 10, 10, 200, 10))
    found = value_table(world.store, ["present_unlisted_share"], [AS_OF])
    assert found["P1", AS_OF]["present_unlisted_share"] == pytest.approx(nan, nan_ok=True)
