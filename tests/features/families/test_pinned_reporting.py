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
FIFTH = dt.date(2025, 1, 5)
SIXTH = dt.date(2025, 1, 6)

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
    "all": [(f"2024-{month:02}-01", f"2024-{month:02}-01") for month in range(5, 13)]
    + [("2024-12-31", "2024-12-31")],
    "fewer teams": [
        ("2024-12-01", "2024-12-01", 3),  # 31 days ago
        ("2024-10-31", "2024-10-31", 4),
        ("2024-07-01", "2024-07-01", 8),  # 184
        ("2024-06-30", "2024-06-30", 10),
    ],
    "more teams": [
        ("2024-12-31", "2024-12-31", 2),
        ("2024-12-31", "2025-01-01", 3),  # one more team, and two that report again
        ("2024-11-30", "2024-11-30", 4),  # 32 days ago
    ],
    # The wages of May to November, due on the 15th of the next month.
    "next month": [(f"2024-{month:02}-15", f"2024-{month:02}-15") for month in range(6, 13)],
    "two due days": [  # one team has both days, the other the second
        row
        for month in ("06", "08", "10", "12")
        for row in (
            (f"2024-{month}-10", f"2024-{month}-10"),
            (f"2024-{month}-15", f"2024-{month}-15", 2),
        )
    ],
    "twice a month": [
        (f"2024-{day}", f"2024-{day}") for day in ("10-10", "11-10", "12-05", "12-25")
    ],
    # Three days late, and corrected 20 days after the due day.
    "corrected": [
        ("2024-12-10", "2024-12-13"),
        ("2024-12-10", "2024-12-30"),
        ("2024-08-10", "2024-08-10"),
    ],
    "new": [("2024-09-10", "2024-09-10")],
    "completed": [(f"2024-{month:02}-15", f"2024-{month:02}-15") for month in range(6, 10)],
    "completed later": [("2024-11-10", "2024-11-10")],
    "completes today": [("2024-09-15", "2024-09-15")],
    "first month": [("2024-12-31", "2024-12-31", 2)],
    "old": [("2023-12-31", "2023-12-31")],
    "never": [],
}

PAYROLLS_SILENT = {  # days since the last one came in
    ("missing", AS_OF): 1,
    ("corrected", AS_OF): 2,  # a correction is a sign of life
    ("completed", AS_OF): 35,  # from 15 September to the completion on 20 October
    ("completed later", AS_OF): 0,  # reported after the completion
    ("completes today", AS_OF): 108,
    ("old", AS_OF): nan,
}

ATTENDANCE_SILENT = {
    ("missing", AS_OF): 27,  # November came in on 5 December
    ("completed", AS_OF): 15,  # September came in on 5 October, 15 days before the completion
    ("completed later", AS_OF): nan,
    ("never", AS_OF): nan,
}

LAG = {
    ("lag", AS_OF): 3,
    ("corrected", AS_OF): 3,
}

LAG_TREND = {
    ("corrected", AS_OF): 3 - 3 / 2,
    # 0, 4, 0 and 8 days on average 3; with 20 and 30 days 62 / 6.
    ("lag", AS_OF): 3 - 62 / 6,
    # 0, 12, 4 and 0 days on average 4; with 8 and 20 days 44 / 6.
    ("lag", NEXT): 4 - 44 / 6,
    ("no lag lately", AS_OF): nan,
    ("old", AS_OF): nan,
    ("never", AS_OF): nan,
}

PAYROLLS_MISSING = {  # the wages of a month are due within 62 days of its first
    ("missing", AS_OF): 2,  # of May to October: May and September
    ("missing", NEXT): 1,  # of June to November: September; that of November came in yesterday
    ("due today", AS_OF): 5,  # of May to October: all but August
    ("all", AS_OF): 0,
    ("all", NEXT): 0,
    ("next month", AS_OF): 0,  # of May to October; November's are due on 15 December only
    ("two due days", NEXT): 3,  # of June to November: July, September, November
    ("old", AS_OF): 6,
    ("new", AS_OF): 1,  # only October is expected, the second month after the start in August
    ("completed", AS_OF): 1,  # of May to September, before the month of completion: May
    ("never", AS_OF): nan,
    ("never", EARLY): nan,  # no payrolls feed yet
}

TEAMS = {
    ("fewer teams", AS_OF): 0.5,  # 3 against 4 and 8
    ("fewer teams", NEXT): 0,  # none against 3 and 4
    ("two due days", AS_OF): 1,  # two teams in August, October and December
    ("twice a month", AS_OF): 1,  # one team, however many payrolls
    ("more teams", AS_OF): 0.5,  # 2 against 4
    ("more teams", NEXT): 0.75,  # 3 against 4
    ("first month", AS_OF): nan,
    ("completed", AS_OF): nan,  # fewer teams are no news when the work is done
    ("completes today", AS_OF): 0,
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
    # Known on the 5th of the next month.
    "complete": [(f"2024-{month:02}", 9) for month in range(5, 13)],
    "corrected": [("2024-11", 9), ("2024-11", 8, "a", "2024-12-30")],
    "early": [("2024-11", 9, "a", "2024-11-20")],
    "completed": [("2024-09", 9)],
    "new": [("2024-11", 9)],
    "nobody": [("2024-09", 0)],
    "uncounted": [("2024-09", None)],
    "June": [("2024-06", 9), ("2024-07", 9), ("2024-12", 9, "a", "2025-01-01")],
    "present": [
        ("2024-04", 9),
        ("2024-05", 9),
        ("2024-06", 9),
        ("2024-07", 0),
        ("2024-08", 9),
        ("2024-08", 0, "b"),
        ("2024-09", 9),
        ("2024-10", 9, "a", "2025-01-01"),
        ("2024-11", 9),
    ],
    "never": [],
}

ATTENDANCE_LAG = {  # days after the month's end: the 5th is four days after the 1st
    ("corrected", AS_OF): 4,
    ("early", AS_OF): 0,
}

ATTENDANCE_MISSING = {  # a month is known on the 5th after it, and counts from the 6th on
    ("missing", AS_OF): 3,  # of June to November: July, September, October
    ("missing", FIFTH): 3,
    ("missing", SIXTH): 4,  # of July to December: July, September, October, December
    ("all", AS_OF): 1,  # of June to November: June
    ("all", SIXTH): 0,  # of July to December
    **{("complete", day): 0 for day in (LAST, AS_OF, NEXT, FIFTH, SIXTH)},
    ("June", NEXT): 4,  # of June to November: August to November
    ("before the end", LAST): 1,  # a month that is not over does not make up for June
    ("new", AS_OF): 1,  # October, the second month after the start in August
    ("completed", AS_OF): 3,  # of June to September, before the month of completion
    ("old", AS_OF): nan,  # no attendance of it ever came
    ("never", AS_OF): nan,
    ("never", EARLY): nan,  # no attendance feed yet
}

# Payrolls of the project "present" by month, with the day they are known.
LISTED = {"2024-06": "2024-07-15", "2024-09": "2025-01-01"}

PRESENT_WITHOUT_PAYROLL = {
    ("present", AS_OF): 3,  # of May to October: May, August, September
    ("present", NEXT): 3,  # of June to November: August, October, November
    ("nobody", AS_OF): 0,  # without a payroll, but nobody was there
    ("uncounted", AS_OF): nan,
    ("never", AS_OF): nan,
}

PROJECTS = {
    "new": {"started_on": "2024-08-20", "known_at": "2024-08-20"},
    "completed": {"completed_on": "2024-10-20", "known_at": "2024-10-21"},
    "completed later": {"completed_on": "2024-10-20", "known_at": "2024-10-21"},
    "completes today": {"completed_on": "2025-01-01", "known_at": "2024-12-20"},
}


def following(month: str, day: int) -> str:
    """The ``day`` of the month after ``month``."""
    first = dt.date.fromisoformat(f"{month}-01")
    return (first + dt.timedelta(days=31)).replace(day=day).isoformat()


def build(world: World) -> None:
    for project in {**PAYROLLS, **ATTENDANCE}:
        # One contractor and owner: a key of either would mix the projects up.
        one = {"contractor_id": "C", "owner_id": "O"}
        begun = {"started_on": "2023-01-01", "known_at": "2023-01-02"}
        world.project(project, **one, **{**begun, **PROJECTS.get(project, {})})
        for due_on, known_at, *teams in PAYROLLS.get(project, []):
            for team in range(*teams or [1]):
                row = {"project_id": project, "contract_id": f"team {team}"}
                if project == "next month":
                    row["period"] = f"2024-{int(due_on[5:7]) - 1:02}-01"
                world.payroll(f"{project} {due_on} {team}", due_on, **row, known_at=known_at)
        for month, present, *rest in ATTENDANCE.get(project, []):
            team, known_at = [*rest, *("a", following(month, 5))[len(rest) :]]
            key = {"project_id": project, "contract_id": team, "period": f"{month}-01"}
            world.add("attendance", **key, workers_present=present, known_at=known_at)
    for month, known_at in LISTED.items():
        row = {"project_id": "present", "period": f"{month}-01", "known_at": known_at}
        world.payroll(f"present {month}", following(month, 15), **row)


PINNED = {
    "payroll_silent_days": PAYROLLS_SILENT,
    "attendance_silent_days": ATTENDANCE_SILENT,
    "payroll_lag_days": LAG,
    "payroll_lag_trend": LAG_TREND,
    "attendance_lag_days": ATTENDANCE_LAG,
    "payroll_months_missing_6m": PAYROLLS_MISSING,
    "team_reports_drop": TEAMS,
    "attendance_months_missing_6m": ATTENDANCE_MISSING,
    "present_without_payroll_months": PRESENT_WITHOUT_PAYROLL,
}


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, tuple(PINNED), [EARLY, LAST, AS_OF, NEXT, FIFTH, SIXTH])


@pytest.mark.parametrize(
    ("name", "project", "as_of"), [(name, *key) for name, cases in PINNED.items() for key in cases]
)
def test_reporting(values, name, project, as_of):
    expected = PINNED[name][project, as_of]
    assert values[project, as_of][name] == pytest.approx(expected, nan_ok=True)
