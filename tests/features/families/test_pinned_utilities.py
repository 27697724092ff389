"""Features of the utilities family of employers on hand-made records, worked out on paper.

As of 1 July 2024 the last month on record is May, known on 20 June: "three months" are March to
May, "the nine before" June 2023 to February, "the six before" November to April.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.families import operations, utilities

from ...conftest import World
from ...empty_store import empty_store
from .cells import Cells, add_months, matrix_cells

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
NINE = (120, 100, 100, 100, 100, 100, 100, 100, 80)
"""Mean 100; another month at either end gives another mean."""

LOANS = {
    # Reported from May 2023 on; the twelve months begin in June 2023.
    "A": ((100,) * 13, 12),
    "B": ((100, 0, 100, *[0] * 9, 1), 2),
    "three months": ((0, 0, 0), 0),
}
"""Overdue loans and the months of the year with any."""

NAMES = ("water_ratio", "gas_ratio", "insured_last_ratio", "insured_staff")
EMPLOYERS: dict[str, tuple[float, ...]] = {
    # Means of three months 60 of water and 40 of gas against 100; insured 30 last, 40 before.
    "A": (0.6, 0.4, 0.75, 30),
    # The same the other way round; insured 60 last, 40 before.
    "B": (0.4, 0.6, 1.5, 60),
    "three months": (NAN, NAN, 2, 40),
    "four months": (0.5, 0.25, 2, 60),
    "one month": (NAN, NAN, NAN, 25),
    "nothing before": (NAN, NAN, NAN, 20),
    "nothing now": (0, 0, 0, 0),
    "other indicators": (NAN, NAN, NAN, NAN),
    "known late": (NAN, NAN, NAN, NAN),
    # The version known last before the day: 40 in May and 50 in April.
    "rectified": (NAN, NAN, 0.8, 40),
    "early": (NAN, NAN, 1.5, 60),
    # Insured 30 in May, none on record in April, 60 in March and 900 seven months before.
    "gaps": (NAN, NAN, 0.5, 30),
    "none": (NAN, NAN, NAN, NAN),
    "until March": (NAN, NAN, NAN, NAN),
}


def _build(world: World) -> None:
    for name in EMPLOYERS:
        row = {"org_id": name, "org_name": name, "org_kind": "employer"}
        world.add("organizations", **row, known_at="2023-01-02")
    _meters(world, "A", (9_999, *NINE, 50, 60, 70), (9_999, *NINE, 20, 40, 60))
    add_months(world, "A", "social_insurance", (900, 60, 40, 40, 40, 40, 20, 30))
    _meters(world, "B", (*NINE, 20, 40, 60), (*NINE, 50, 60, 70))
    add_months(world, "B", "social_insurance", (900, 60, 40, 40, 40, 40, 20, 60))
    _meters(world, "three months", (10, 20, 30), (10, 20, 30))
    add_months(world, "three months", "social_insurance", (10, 30, 40))
    _meters(world, "four months", (40, 10, 20, 30), (80, 10, 20, 30))
    add_months(world, "four months", "social_insurance", (20, 30, 40, 60))
    _meters(world, "one month", (10,), (10,))
    add_months(world, "one month", "social_insurance", (25,))
    _meters(world, "nothing before", (*[0] * 9, 10, 20, 30), (*[0] * 9, 10, 20, 30))
    add_months(world, "nothing before", "social_insurance", (*[0] * 6, 20))
    _meters(world, "nothing now", (*NINE, 0, 0, 0), (*NINE, 0, 0, 0))
    add_months(world, "nothing now", "social_insurance", (*[10] * 6, 0))
    for indicator in ("electricity", "tax", "overdue_loans"):
        add_months(world, "other indicators", indicator, (*NINE, 50, 60, 70))
    for month, insured in (("2024-05", 30), ("2024-03", 60), ("2023-10", 900)):
        add_months(world, "gaps", "social_insurance", (insured,), last=month)
    for org, (loans, _) in LOANS.items():
        add_months(world, org, "overdue_loans", loans)
    add_months(world, "gaps", "overdue_loans", (5,), last="2023-05")
    add_months(world, "gaps", "overdue_loans", (5, 5), last="2024-05")
    # From April 2023, 15 months before, to March: twelve months; March 2023 is too long ago.
    add_months(world, "until March", "overdue_loans", (1,) * 13, last="2024-03")
    # July has not begun.
    ahead = {"org_id": "three months", "period": "2024-07-01", "indicator": "overdue_loans"}
    world.add("operations", **ahead, known_at="2024-06-30", value=9)
    _insured(world, "known late", "2024-05-01", "2024-07-01", 50)
    _insured(world, "rectified", "2024-04-01", "2024-05-20", 50)
    _insured(world, "rectified", "2024-05-01", "2024-06-20", 90)
    _insured(world, "rectified", "2024-05-01", "2024-06-30", 40)
    _insured(world, "rectified", "2024-05-01", "2024-07-01", 10)
    _insured(world, "early", "2024-05-01", "2024-06-20", 40)
    _insured(world, "early", "2024-06-01", "2024-06-30", 60)
    _insured(world, "early", "2024-07-01", "2024-06-30", 90)  # a month that has not begun


def _meters(world: World, org: str, water: tuple[int, ...], gas: tuple[int, ...]) -> None:
    add_months(world, org, "water", water)
    add_months(world, org, "gas", gas)


def _insured(world: World, org: str, period: str, known_at: str, value: int) -> None:
    row = {"org_id": org, "period": period, "known_at": known_at, "value": value}
    world.add("operations", **row, indicator="social_insurance")


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with empty_store() as store:
        _build(World(store))
        families = [operations.FAMILY, utilities.FAMILY]
        yield matrix_cells(store.for_kind("employer"), AS_OF, families)


@pytest.mark.parametrize("employer", EMPLOYERS)
def test_utilities(cells: Cells, employer: str) -> None:
    found = [cells[employer, name] for name in NAMES]
    assert found == pytest.approx(list(EMPLOYERS[employer]), nan_ok=True)


@pytest.mark.parametrize(
    ("employer", "months"),
    [(name, months) for name, (_, months) in LOANS.items()] + [("gaps", 2), ("until March", 12)],
)
def test_months_with_overdue_loans(cells: Cells, employer: str, months: int) -> None:
    assert cells[employer, "overdue_months"] == months
