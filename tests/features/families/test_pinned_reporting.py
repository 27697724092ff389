"""Features of reporting, worked out by hand at the edges of their windows.

At 1 January 2025 the windows are whole months: 31 days go back to 1 December, 92 to 1 October, 184
to 1 July, and 12 months to 1 January 2024.
"""

from __future__ import annotations

import datetime as dt
from math import nan

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

EARLY = dt.date(2023, 12, 1)
LAST = dt.date(2024, 12, 31)
AS_OF = dt.date(2025, 1, 1)
NEXT = dt.date(2025, 1, 2)

PAYROLLS: dict[str, list[tuple]] = {  # due on, known at (the due day), number of teams
    "lag": [
        ("2024-12-31", "2024-12-31"),
        ("2024-12-20", "2025-01-01"),
        ("2024-12-10", "2024-12-14"),
        ("2024-11-10", "2024-11-05"),  # early is not less than in time
        ("2024-10-01", "2024-10-09"),  # 92 days ago
        ("2024-09-30", "2024-10-20"),  # 93
        ("2024-01-01", "2024-01-31"),  # 12 months
        ("2023-12-31", "2024-03-30"),
    ],
    "no lag lately": [("2024-09-30", "2024-10-20")],
    "missing": [
        ("2024-12-31", "2024-12-31"),
        ("2024-11-10", "2025-01-01"),
        ("2024-10-10", "2024-10-10", 2),  # two teams are one month
        ("2024-08-10", "2024-08-10"),
        ("2024-07-01", "2024-07-01"),  # 184 days ago
        ("2024-06-30", "2024-06-30"),
    ],
    "due today": [("2024-08-10", "2024-08-10"), ("2025-01-01", "2024-12-31")],
    "all": [(f"2024-{month:02}-01", f"2024-{month:02}-01") for month in range(7, 13)]
    + [("2024-12-31", "2024-12-31")],
    "fewer teams": [
        ("2024-12-01", "2024-12-01", 3),  # 31 days ago
        ("2024-10-31", "2024-10-31", 4),
        ("2024-07-01", "2024-07-01", 8),  # 184
        ("2024-06-30", "2024-06-30", 1),
    ],
    "more teams": [
        ("2024-12-31", "2024-12-31", 2),
        ("2024-12-31", "2025-01-01", 3),  # one more team, and two that report again
        ("2024-11-30", "2024-11-30", 4),  # 32 days ago
    ],
    "first month": [("2024-12-31", "2024-12-31", 2)],
    "old": [("2023-12-31", "2023-12-31")],
    "never": [],
}

LAG_TREND = {
    # 0, 4, 0 and 8 days on average 3; with 20 and 30 days 62 / 6.
    ("lag", AS_OF): 3 - 62 / 6,
    # 0, 12, 4 and 0 days on average 4; with 8 and 20 days 44 / 6.
    ("lag", NEXT): 4 - 44 / 6,
    ("no lag lately", AS_OF): nan,
    ("old", AS_OF): nan,
    ("never", AS_OF): nan,
}

PAYROLLS_MISSING = {
    ("missing", AS_OF): 2,  # September and November
    ("missing", NEXT): 2,  # July and September
    ("due today", AS_OF): 5,
    ("due today", NEXT): 4,
    ("all", AS_OF): 0,
    ("never", EARLY): nan,  # no payrolls feed yet
}

TEAMS = {
    ("fewer teams", AS_OF): 0.5,  # 3 against 4 and 8
    ("fewer teams", NEXT): 0,  # none against 3 and 4
    ("more teams", AS_OF): 0.5,  # 2 against 4
    ("more teams", NEXT): 0.75,  # 3 against 4
    ("first month", AS_OF): nan,
    ("old", AS_OF): nan,
    ("never", AS_OF): nan,
}

ATTENDANCE: dict[str, list[tuple]] = {  # month, present, team, known at (the 5th after)
    "missing": [
        ("2024-05", 9),
        ("2024-06", 9),
        ("2024-08", 9),
        ("2024-11", 9),
        ("2024-11", 9, "b"),
    ],
    "all": [(f"2024-{month:02}", 9) for month in range(7, 12)]
    + [("2024-12", 9, "a", "2025-01-01")],
    "before the end": [(f"2024-{month:02}", 9) for month in range(7, 12)]
    + [("2024-12", 9, "a", "2024-12-30")],
    "June": [("2024-06", 9), ("2024-07", 9), ("2024-12", 9, "a", "2025-01-01")],
    "present": [
        ("2024-04", 9),
        ("2024-05", 9),
        ("2024-06", 9),
        ("2024-07", 0),
        ("2024-08", 9),
        ("2024-08", 9, "b"),
        ("2024-09", 9),
        ("2024-10", 9, "a", "2025-01-01"),
        ("2024-11", 9),
    ],
    "never": [],
}

ATTENDANCE_MISSING = {  # a month is reported from the 5th after it
    ("missing", AS_OF): 3,  # of June to November: July, September, October
    ("all", AS_OF): 1,  # of June to November: June
    ("all", NEXT): 0,  # of July to December
    ("June", NEXT): 4,  # of July to December: August to November
    ("before the end", LAST): 1,  # a month that is not over does not make up for June
    ("before the end", AS_OF): 0,
    ("never", EARLY): nan,  # no attendance feed yet
}

# Payrolls of the project "present" by month, with the day they are known.
LISTED = {"2024-06": "2024-07-15", "2024-09": "2025-01-01"}

PRESENT_WITHOUT_PAYROLL = {
    ("present", AS_OF): 3,  # of May to October: May, August, September
    ("present", NEXT): 3,  # of June to November: August, October, November
    ("never", AS_OF): nan,
}


def following(month: str, day: int) -> str:
    """The ``day`` of the month after ``month``."""
    first = dt.date.fromisoformat(f"{month}-01")
    return (first + dt.timedelta(days=31)).replace(day=day).isoformat()


def build(world: World) -> None:
    for project in {**PAYROLLS, **ATTENDANCE}:
        # One contractor and owner: a key of either would mix the projects up.
        one = {"contractor_id": "C", "owner_id": "O"}
        world.project(project, **one, started_on="2023-01-01", known_at="2023-01-02")
        for due_on, known_at, *teams in PAYROLLS.get(project, []):
            for team in range(*teams or [1]):
                row = {"project_id": project, "contract_id": f"team {team}"}
                world.payroll(f"{project} {due_on} {team}", due_on, **row, known_at=known_at)
        for month, present, *rest in ATTENDANCE.get(project, []):
            team, known_at = [*rest, *("a", following(month, 5))[len(rest) :]]
            key = {"project_id": project, "contract_id": team, "period": f"{month}-01"}
            world.add("attendance", **key, workers_present=present, known_at=known_at)
    for month, known_at in LISTED.items():
        row = {"project_id": "present", "period": f"{month}-01", "known_at": known_at}
        world.payroll(f"present {month}", following(month, 15), **row)


PINNED = {
    "payroll_lag_trend": LAG_TREND,
    "payroll_months_missing_6m": PAYROLLS_MISSING,
    "team_reports_drop": TEAMS,
    "attendance_months_missing_6m": ATTENDANCE_MISSING,
    "present_without_payroll_months": PRESENT_WITHOUT_PAYROLL,
}


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, tuple(PINNED), [EARLY, LAST, AS_OF, NEXT])


@pytest.mark.parametrize(
    ("name", "project", "as_of"), [(name, *key) for name, cases in PINNED.items() for key in cases]
)
def test_reporting(values, name, project, as_of):
    expected = PINNED[name][project, as_of]
    assert values[project, as_of][name] == pytest.approx(expected, nan_ok=True)
