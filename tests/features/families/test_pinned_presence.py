"""People on site against those on payrolls and paid, and the spread of presence, by hand.

At 1 January 2025 the last month whose wages must have fallen due is October 2024, the first of six
is May; the twelve months of the spread are those of 2024.
"""

from __future__ import annotations

import datetime as dt
from math import nan, sqrt

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

AS_OF = dt.date(2025, 1, 1)
NAMES = (
    *("present_unpaid_share", "present_unlisted_share", "listed_over_present"),
    *("attendance_steadiness", "present_without_payroll_months"),
)

PRESENT: dict[str, dict[str, int | None]] = {
    "site": {"2024-04": 100, "2024-05": 10, "2024-09": 5, "2024-10": 20, "2024-11": 100},
    "heads unknown": {"2024-10": 10},
    "presence unknown": {"2024-05": None, "2024-10": 10},
    "too early": {"2024-04": 10},
    "too late": {"2024-11": 10},
    "twelve months": {"2023-12": 99, "2024-01": 8, "2024-02": 10, "2024-12": 12, "2024-03": None},
    "two months": {"2024-01": 8, "2024-12": 12},
    "two teams": {"2024-01": 5, "2024-02": 6, "2024-12": 12},
    "twins": {"2024-10": 10},
    "overpaid": {"2024-10": 10},
    "fewer paid": {"2024-10": 10},
    "nothing due": {"2024-10": 10},
    "no payrolls": {"2024-05": 10, "2024-10": 10},
    "nobody": {"2024-10": 0},
    "only one of two teams": {"2024-10": 0},
    "none": {},
}

OTHER_TEAM = {
    "two teams": {"2024-01": 3, "2024-02": 4},
    "only one of two teams": {"2024-10": 5},
}
"""People of a second team in these months, beyond those of the first."""

ROLLS: dict[str, list[tuple[str, str, int | None, int, int | None]]] = {
    # month, team, workers on the payroll, share of the wages paid in percent, people paid
    "site": [
        ("2024-04", "a", 1, 100, 1),
        ("2024-09", "a", 8, 100, 8),
        ("2024-10", "a", 10, 100, 10),
        ("2024-10", "b", 6, 50, 6),
        ("2024-11", "a", 1, 100, 1),
    ],
    "heads unknown": [("2024-10", "a", None, 100, None)],
    "presence unknown": [("2024-05", "a", 50, 100, 50), ("2024-10", "a", 8, 100, 8)],
    "too early": [("2024-04", "a", 10, 100, 10)],
    "too late": [("2024-11", "a", 10, 100, 10)],
    "twins": [("2024-10", "a", 4, 100, 4), ("2024-10", "b", 4, 100, 4)],
    "overpaid": [("2024-10", "a", 8, 150, 8)],
    "fewer paid": [("2024-10", "a", 8, 100, 5)],
    "nothing due": [("2024-10", "a", 8, 0, 8)],
}

EXPECTED = {
    # October: 10 people paid in full and 6 by half are 13 of 20 paid, 16 of 20 listed. September:
    # more people than on site. May: nobody on a payroll. The spread is that of 100, 10, 5, 20 and
    # 100, mean 47: the squares 53, 37, 42, 27 and 53 add up to 9,480.
    "site": (17 / 35, 14 / 35, 24 / 25, sqrt(9_480 / 4) / 47, 1),
    "heads unknown": (nan, nan, nan, nan, 0),
    # The 50 people of a month with unknown presence are compared with nobody.
    "presence unknown": (0.2, 0.2, 0.8, nan, 0),
    "too early": (nan, nan, nan, nan, nan),
    "too late": (nan, nan, nan, nan, nan),
    # 8, 10 and 12: deviation 2, mean 10. Nobody is on a payroll, but no month is of the six.
    "twelve months": (nan, nan, nan, 0.2, nan),
    "two teams": (nan, nan, nan, 0.2, nan),
    "two months": (nan, nan, nan, nan, nan),
    # Two payrolls alike are of 8 people; what is overpaid pays nobody else.
    "twins": (0.2, 0.2, 0.8, nan, 0),
    "overpaid": (0.2, 0.2, 0.8, nan, 0),
    "fewer paid": (0.5, 0.2, 0.8, nan, 0),
    # Those who were due nothing are paid.
    "nothing due": (0.2, 0.2, 0.8, nan, 0),
    "no payrolls": (1, 1, nan, nan, 2),
    # Where nobody was on site no payroll is missing.
    "nobody": (nan, nan, nan, nan, 0),
    "only one of two teams": (1, 1, nan, nan, 1),
    "none": (nan, nan, nan, nan, nan),
}
"""The values of ``NAMES``."""


def following(month: str, day: int) -> str:
    """The ``day`` of the month after ``month``."""
    first = dt.date.fromisoformat(f"{month}-01")
    return (first + dt.timedelta(days=31)).replace(day=day).isoformat()


def build(world: World) -> None:
    for project, months in PRESENT.items():
        world.project(project, started_on="2023-01-01", known_at="2023-01-02", contractor_id="C")
        for month, people in months.items():
            row = {"project_id": project, "period": f"{month}-01", "workers_present": people}
            known_at = "2024-12-31" if month == "2024-12" else following(month, 5)
            world.add("attendance", **row, known_at=known_at)
            if more := OTHER_TEAM.get(project, {}).get(month):
                second = {**row, "contract_id": "b", "workers_present": more}
                world.add("attendance", **second, known_at=known_at)
        for month, team, listed, percent, paid in ROLLS.get(project, []):
            key, due_on = f"{project} {month} {team}", following(month, 15)
            row = {"project_id": project, "period": f"{month}-01", "contract_id": team}
            due = 1_000_000 if project != "nothing due" else 0
            world.payroll(key, due_on, **row, workers=listed, amount_due=due)
            world.payment(key, due_on, percent * 10_000, workers_paid=paid)


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, NAMES, [AS_OF])


@pytest.mark.parametrize("project", EXPECTED)
def test_presence(values, project):
    found = [values[project, AS_OF][name] for name in NAMES]
    assert found == pytest.approx(list(EXPECTED[project]), nan_ok=True)
