"""How late payrolls and attendance come in and since when none came, worked out by hand.

At 1 January 2025 the windows are: 92 days from 1 October 2024, 12 months from 1 January 2024, five
months of attendance from August 2024, 13 months from December 2023.
"""

from __future__ import annotations

import datetime as dt
from math import nan

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

AS_OF = dt.date(2025, 1, 1)
PAYROLL_NAMES = ("payroll_silent_days", "payroll_lag_days")
ATTENDANCE_NAMES = ("attendance_silent_days", "attendance_lag_days")
MISSING_NAMES = ("payroll_months_missing_6m", "attendance_months_missing_6m")

PAYROLLS: dict[str, tuple[list[tuple], tuple[float, float]]] = {
    # due on, known at and where that day is from; days of silence, mean lag
    "quarter": (
        [
            ("2024-12-31", "2024-12-31"),
            ("2024-10-01", "2024-10-09"),  # 92 days ago
            ("2024-09-30", "2024-10-30"),  # 93
        ],
        (1, (0 + 8) / 2),
    ),
    "early": ([("2024-12-10", "2024-12-05"), ("2024-12-12", "2024-12-16")], (16, (0 + 4) / 2)),
    "year": ([("2024-01-01", "2024-01-05")], (362, nan)),
    "old": ([("2023-12-31", "2024-12-01")], (nan, nan)),
    "known today": ([("2024-12-20", "2025-01-01")], (nan, nan)),
    # A correction is something that came in, but no late report.
    "corrected": ([("2024-12-01", "2024-12-03"), ("2024-12-01", "2024-12-30")], (2, 2)),
    # What was first known counts, and whether that day was the authority's.
    "corrected twice": (
        [
            ("2024-12-01", "2024-12-03"),
            ("2024-12-01", "2024-12-10", "import"),
            ("2024-12-01", "2024-12-30"),
        ],
        (2, 2),
    ),
    "imported first": (
        [("2024-12-01", "2024-12-03", "import"), ("2024-12-01", "2024-12-30")],
        (2, nan),
    ),
    "none": ([], (nan, nan)),
}

ATTENDANCE: dict[str, tuple[list[tuple], tuple[float, float]]] = {
    # month, known at, where that day is from and the team; days of silence, mean lag after the
    # month's end
    "months": (
        [
            ("2024-11", "2024-12-05"),
            ("2024-08", "2024-09-09"),
            ("2024-07", "2024-09-01"),
        ],
        (27, (4 + 8) / 2),
    ),
    "year": ([("2023-12", "2024-01-05")], (362, nan)),
    "old": ([("2023-11", "2024-12-01")], (nan, nan)),
    "known today": ([("2024-11", "2025-01-01")], (nan, nan)),
    "corrected": ([("2024-11", "2024-12-05"), ("2024-11", "2024-12-30")], (2, 4)),
    "corrected twice": (
        [
            ("2024-11", "2024-12-05"),
            ("2024-11", "2024-12-10", "import"),
            ("2024-11", "2024-12-30"),
        ],
        (2, 4),
    ),
    "imported first": ([("2024-11", "2024-12-05", "import"), ("2024-11", "2024-12-30")], (2, nan)),
    # September was corrected, November was not: 4 and 5 days.
    "corrected before": (
        [("2024-09", "2024-10-05"), ("2024-09", "2024-12-30"), ("2024-11", "2024-12-06")],
        (2, (4 + 5) / 2),
    ),
    # One team's month was corrected, the other's came in after 8 days.
    "one team corrected": (
        [
            ("2024-11", "2024-12-05", None, "a"),
            ("2024-11", "2024-12-30", None, "a"),
            ("2024-11", "2024-12-09", None, "b"),
        ],
        (2, (4 + 8) / 2),
    ),
    "none": ([], (nan, nan)),
}


def build(world: World) -> None:
    for name in {*PAYROLLS, *ATTENDANCE}:
        world.project(name, started_on="2023-01-01", known_at="2023-01-02", contractor_id="C")
    for name, (rows, _) in PAYROLLS.items():
        for due_on, known_at, *source in rows:
            row = {"project_id": name, "known_at": known_at, "dated_by": (*source, None)[0]}
            world.payroll(f"{name} {due_on}", due_on, **row)
    for name, (rows, _) in ATTENDANCE.items():
        for month, known_at, *more in rows:
            source, team = (*more, None, None)[:2]
            row = {"project_id": name, "period": f"{month}-01", "workers_present": 5}
            row |= {"dated_by": source, "contract_id": team}
            world.add("attendance", **row, known_at=known_at)


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, (*PAYROLL_NAMES, *ATTENDANCE_NAMES, *MISSING_NAMES), [AS_OF])


@pytest.mark.parametrize("project", PAYROLLS)
def test_payrolls(values, project):
    _, expected = PAYROLLS[project]
    found = [values[project, AS_OF][name] for name in PAYROLL_NAMES]
    assert found == pytest.approx(list(expected), nan_ok=True)


@pytest.mark.parametrize("project", ATTENDANCE)
def test_attendance(values, project):
    _, expected = ATTENDANCE[project]
    found = [values[project, AS_OF][name] for name in ATTENDANCE_NAMES]
    assert found == pytest.approx(list(expected), nan_ok=True)


@pytest.mark.parametrize("project", ["known today", "none"])
def test_no_month_is_missed_before_the_first_is_known(values, project):
    assert [values[project, AS_OF][name] for name in MISSING_NAMES] == pytest.approx(
        [nan, nan], nan_ok=True
    )
