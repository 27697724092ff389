"""The pay state and pay below the minimum wage, worked out by hand on both sides of each edge.

``back`` counts periods of 30 days from the sixteenth day after the due day on: 16 to 45 days are
the first, 46 to 75 the second. Each earlier one weighs 0.8 of the next.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.families import payments
from features.matrix import Matrix, feature_matrix
from risk.minimum_wage import MinimumWage

from ...conftest import World
from ...empty_store import empty_store

AS_OF = dt.date(2026, 7, 15)
NAN = math.nan
YUAN = 100


def ago(days: int) -> str:
    return (AS_OF - dt.timedelta(days=days)).isoformat()


STATES: dict[str, tuple[float, list[tuple]]] = {
    # months owed; then by payroll its team, age, workers, yuan due, and yuan paid on which age
    "15 days": (NAN, [("a", 15, 5, 1000)]),
    "16 days": (1, [("a", 16, 5, 1000)]),
    "45 days": (1, [("a", 45, 5, 1000)]),
    "46 days": (0.8, [("a", 46, 5, 1000)]),
    "365 days": (0.086, [("a", 365, 5, 1000)]),  # 0.8 to the power of 11
    "young and old": (1, [("a", 15, 5, 9000), ("a", 16, 5, 1000)]),
    # What is paid on the fifteenth day after the due day is not owed, on the sixteenth it is.
    "paid late": (0.7, [("a", 40, 5, 1000, (300, 25), (700, 24))]),
    "two payrolls": (0.25, [("a", 40, 5, 1000, (400, 40)), ("a", 30, 5, 3000, (2600, 30))]),
    "two months": (0.5 + 0.8, [("a", 40, 5, 1000, (500, 40)), ("a", 60, 5, 1000)]),
    "by workers": ((30 * 1 + 10 * 0.5) / 40, [("a", 40, 30, 9), ("b", 40, 10, 10, (5, 40))]),
    "added up": (0.75, [("a", 40, 20, 9), ("a", 41, 10, 9), ("b", 40, 10, 9, (9, 40))]),
    "the most": (0.75, [("a", 40, 10, 9), ("a", 60, 30, 9, (9, 60)), ("b", 40, 10, 9, (9, 40))]),
    # One number is missing: every team weighs the same.
    "unknown": (0.75, [("a", 40, None, 9), ("b", 40, 30, 10, (5, 40))]),
    "partly unknown": (0.75, [("a", 40, 1, 9), ("a", 41, None, 9), ("b", 40, 30, 10, (5, 40))]),
    "unknown before": (0.9, [("a", 40, 1, 9), ("a", 70, None, 9), ("b", 40, 9, 9, (9, 40))]),
    "nobody": (0.5, [("a", 40, 0, 9), ("b", 40, 0, 9, (9, 40))]),
    "none in one": (0, [("a", 40, 0, 9), ("b", 40, 10, 9, (9, 40))]),
}

WAGES = (
    ("52", 1500, "2020-01-01", "9999-12-31"),
    ("520300", 2000, "2025-01-01", "2026-06-01"),
    ("520300", 2100, "2026-06-01", "9999-12-31"),
    ("520400", 2000, "2025-01-01", "9999-12-31"),
    ("520400", 2100, "2026-06-01", "9999-12-31"),  # the later of two in force
    ("520500", 2200, "2025-01-01", "2026-06-01"),
    ("520600", 3000, "2026-07-01", "9999-12-31"),
)
"""Region, yuan a month, from day, to day."""

MAY, JUNE = "2026-05", "2026-06"
BELOW: dict[str, tuple[float, str, list[tuple], list[tuple]]] = {
    # share of months, region; payrolls of a month: workers, yuan; attendance of a month: days
    "at": (0, "520300", [(MAY, 10, 20_000)], []),
    "below": (1, "520300", [(MAY, 10, 19_999)], []),
    "raised": (1, "520300", [(JUNE, 10, 20_999)], []),
    "at the raised": (0, "520300", [(JUNE, 10, 21_000)], []),
    "the later": (1, "520400", [(JUNE, 10, 20_999)], []),
    "ended": (0, "520500", [(JUNE, 10, 15_000)], []),
    "to come": (0, "520600", [(JUNE, 10, 15_000)], []),
    "of the province": (1, "520700", [(JUNE, 10, 14_999)], []),
    "elsewhere": (NAN, "420300", [(JUNE, 10, 1)], []),
    "two teams": (0, "520300", [(MAY, 6, 12_000), (MAY, 4, 8_000)], []),
    "two teams below": (1, "520300", [(MAY, 6, 12_000), (MAY, 4, 7_999)], []),
    "one team unknown": (NAN, "520300", [(MAY, 6, 1), (MAY, None, 1)], []),
    "nobody": (NAN, "520300", [(MAY, 0, 0)], []),
    "two of three": (2 / 3, "520300", [("2026-04", 1, 1), (MAY, 1, 1), (JUNE, 1, 2_100)], []),
    # 87 days are four full months of 21.75 days.
    "at its days": (0, "520300", [(MAY, 10, 8_000)], [(MAY, 50), (MAY, 37)]),
    "below its days": (1, "520300", [(MAY, 10, 7_999)], [(MAY, 50), (MAY, 37)]),
    "days unknown": (1, "520300", [(MAY, 10, 19_999)], [(MAY, 50), (MAY, None)]),
    "more days": (0, "520300", [(MAY, 10, 20_000)], [(MAY, 400)]),
    "days of another month": (1, "520300", [(JUNE, 10, 20_999)], [(MAY, 87)]),
    "paid long after": (0, "520300", [("2025-12", 10, 8_000)], [("2025-12", 87)]),
    "due 92 days ago": (1, "520300", [("2026-03", 10, 1)], []),
    "due 93 days ago": (NAN, "520300", [("2026-02", 10, 1)], []),
}
DUE = {"2026-02": 93, "2026-03": 92, "2026-04": 86, MAY: 40, JUNE: 20, "2025-12": 30}
"""Days ago the wages of a month fell due."""


def _states(world: World) -> None:
    for name, (_, rolls) in STATES.items():
        world.project(name, started_on="2023-01-01", known_at="2023-01-02")
        for number, (team, age, workers, yuan, *paid) in enumerate(rolls):
            key = f"{name} {number}"
            row = {"project_id": name, "contract_id": team, "workers": workers}
            world.payroll(key, ago(age), **row, amount_due=yuan * YUAN)
            for amount, day in paid:
                world.payment(key, ago(day), amount * YUAN)


def _minimum(world: World) -> None:
    for name, (_, region, rolls, worked) in BELOW.items():
        began = {"started_on": "2023-01-01", "known_at": "2023-01-02"}
        world.project(f"pay {name}", region_code=f"{region}101", **began)
        for number, (month, workers, yuan) in enumerate(rolls):
            row = {"project_id": f"pay {name}", "period": f"{month}-01", "workers": workers}
            key = f"pay {name} {number}"
            world.payroll(key, ago(DUE[month]), **row, amount_due=yuan * YUAN)
        for number, (month, days) in enumerate(worked):
            row = {"project_id": f"pay {name}", "contract_id": str(number)}
            period = {"period": f"{month}-01", "known_at": ago(10)}
            world.add("attendance", **row, **period, worker_days=days, workers_present=10)


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with empty_store() as store:
        days = (map(dt.date.fromisoformat, row[2:]) for row in WAGES)
        store.minimum_wages = tuple(
            MinimumWage(region, yuan * YUAN, *both)
            for (region, yuan, *_), both in zip(WAGES, days, strict=True)
        )
        _states(World(store))
        _minimum(World(store))
        yield feature_matrix(store, [AS_OF], families=[payments.FAMILY])


def _value(matrix: Matrix, project: str, name: str) -> float:
    return float(matrix.values[matrix.project_ids.index(project), matrix.columns.index(name)])


@pytest.mark.parametrize("project", STATES)
def test_months_of_wages_owed(matrix: Matrix, project: str) -> None:
    found = _value(matrix, project, "unpaid_state_months")
    assert found == pytest.approx(STATES[project][0], nan_ok=True)


@pytest.mark.parametrize("project", BELOW)
def test_share_of_months_below_the_minimum_wage(matrix: Matrix, project: str) -> None:
    found = _value(matrix, f"pay {project}", "below_minimum_share_3m")
    assert found == pytest.approx(BELOW[project][0], nan_ok=True)
