"""Statistics of March 2025, each row with a number of its own: a sum tells which rows count."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.briefings.period import month_of
from serving.briefings.statistics import (
    CaseStatistics,
    ComplaintStatistics,
    Total,
    VisitResults,
    VisitStatistics,
    case_statistics,
    complaint_statistics,
    last_known_day,
    silent_tables,
    tables_not_begun,
    visit_results,
    visit_statistics,
    visits_to,
)

from ...conftest import World
from ...empty_store import empty_store

MARCH = month_of(dt.date(2025, 3, 1))
EDGES = ("2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01")
"""The days around the month; only the second and the third are in it."""
ENTERED = "2025-02-27"
"""Known before all of them: offices enter days to come."""
HERE, ELSEWHERE = "420301101", "420401101"


@pytest.fixture(scope="module")
def records():
    with empty_store() as store:
        world = World(store)
        for name, funding in (("P1", "government"), ("P2", "private"), ("P3", None)):
            world.project(name, region_code=HERE, funding=funding)
        world.project("X", region_code=ELSEWHERE, funding="government")
        for number in range(len(EDGES)):
            world.project(f"E{number}", region_code="429901101")
        for unit, region in (("U1", "420301"), ("U2", "420401"), ("U3", None)):
            world.add("organizations", org_id=unit, org_name=unit, region_code=region,
                      known_at=ENTERED)  # fmt: skip
        _add_cases(world)
        _add_complaints(world)
        _add_visits(world)
        yield store


def _add_cases(world: World) -> None:
    """Workers are powers of two; fen are a thousand times as many, recovered a tenth of them."""
    rows = [{"opened_on": day, "status": "filed"} for day in EDGES]
    old = {"opened_on": "2024-05-01"}
    rows += [{**old, "status": "closed", "closed_on": day} for day in EDGES]
    rows += [{**old, "status": "unfounded", "confirmed_on": day} for day in EDGES]
    rows += [{**old, "status": "transferred", "transferred_on": day} for day in EDGES]
    # Open: accepted and confirmed, but not what has a day of closing.
    rows += [{**old, "status": status} for status in ("accepted", "confirmed")]
    rows += [{**old, "status": "confirmed", "closed_on": "2024-06-01"}]
    for number, row in enumerate(rows):
        world.add("cases", case_id=f"C{number}", project_id="P1", workers=2**number,
                  amount_owed=1000 * 2**number, amount_recovered=100 * 2**number,
                  known_at=ENTERED, **row)  # fmt: skip
    nothing = {"opened_on": "2025-03-10", "closed_on": "2025-03-11", "status": "closed"}
    world.add("cases", case_id="Empty", project_id="P2", known_at=ENTERED, **nothing)
    for unit in ("U1", "U2", "U3", None):
        world.add("cases", case_id=f"C-{unit}", org_id=unit, opened_on="2025-03-10",
                  status="unfounded", workers=0, known_at=ENTERED)  # fmt: skip


def _add_complaints(world: World) -> None:
    for number, day in enumerate(EDGES):
        world.add("complaints", complaint_id=f"K{number}", project_id="P1", received_on=day,
                  workers=2**number, amount_claimed=100 * 2**number, known_at=ENTERED)  # fmt: skip
    for key, project in (("X", "X"), ("unnamed", None)):
        world.add("complaints", complaint_id=key, project_id=project, received_on="2025-03-10",
                  workers=None, known_at=ENTERED)  # fmt: skip


def _add_visits(world: World) -> None:
    """P1 three times in the month, P2 twice, P3 and X once, E0 to E3 on one of the days each."""
    rows = [
        *(("P1", day, True, 2**number, 100 * 2**number) for number, day in enumerate(EDGES)),
        ("P1", "2025-03-15", False, 900, 90_000),  # nothing was found that day
        ("P2", "2025-03-01", False, None, None),
        ("P2", "2025-03-31", True, None, None),
        ("P3", "2025-03-20", False, None, None),
        ("X", "2025-03-20", True, 64, 6_400),
        *((f"E{number}", day, True, 2**number, 2**number) for number, day in enumerate(EDGES)),
    ]
    for number, (project, day, found, workers, fen) in enumerate(rows):
        world.add("inspections", inspection_id=f"I{number}", project_id=project, inspected_on=day,
                  arrears_found=found, workers_owed=workers, amount_owed=fen,
                  known_at=ENTERED)  # fmt: skip


def test_cases_count_by_their_own_day(records):
    # Opened C1 and C2, the empty one and one of U1; closed C5, C6 and the empty one.
    assert case_statistics(records, MARCH, "4203") == CaseStatistics(
        opened=4,
        confirmed=2,
        closed=3,
        transferred=2,
        # C0, C1, C2 were filed by the end, and C16 and C17; C3 is of April.
        open_at_end=5,
        workers=Total(0b110, 4, 1),
        owed=Total(6_000, 4, 2),
        closed_workers=Total(0b110_0000, 3, 1),
        recovered=Total(9_600, 3, 1),
    )


def test_cases_without_a_project_count_where_their_unit_is(records):
    opened = {
        region: case_statistics(records, MARCH, region).opened for region in ("", "4203", "4204")
    }
    assert opened == {"": 7, "4203": 4, "4204": 1}


def test_complaints_count_by_the_day_they_were_received(records):
    assert complaint_statistics(records, MARCH, "4203") == ComplaintStatistics(
        2, 0, Total(0b110, 2), Total(600, 2)
    )
    assert complaint_statistics(records, MARCH, "") == ComplaintStatistics(
        4, 1, Total(0b110, 4, 2), Total(600, 4, 2)
    )


def test_visits_count_and_the_most_found_at_a_project_counts_once(records):
    """P1 had 2 and then 4 workers unpaid, of P2 it is not known."""
    assert visit_statistics(records, MARCH, "4203") == VisitStatistics(
        made=6,
        projects=3,
        found=2,
        government=1,
        workers=Total(4, 2, 1),
        owed=Total(400, 2, 1),
        without_funding=1,
    )
    assert visit_statistics(records, MARCH, "4204") == VisitStatistics(
        made=1, projects=1, found=1, government=1, workers=Total(64, 1), owed=Total(6_400, 1)
    )


def test_results_of_a_list_are_those_of_its_projects(records):
    """The most that any visit to P1 found counts, of the month only."""
    assert visit_results(records, ["P1", "P3", "P9"], MARCH) == VisitResults(
        visited=2, found=1, workers=Total(900, 1), owed=Total(90_000, 1)
    )
    assert visit_results(records, ["E0", "E1", "E2", "E3"], MARCH) == VisitResults(
        visited=2, found=2, workers=Total(0b110, 2), owed=Total(0b110, 2)
    )


def test_visits_to_projects_are_those_of_the_month(records):
    found = visits_to(records, MARCH, ["P2", "P1"])
    assert sorted(found) == [
        ("P1", dt.date(2025, 3, 1), True),
        ("P1", dt.date(2025, 3, 15), False),
        ("P1", dt.date(2025, 3, 31), True),
        ("P2", dt.date(2025, 3, 1), False),
        ("P2", dt.date(2025, 3, 31), True),
    ]


@pytest.mark.parametrize(
    ("known_at", "silent", "begun"),
    [
        ("2025-02-28", True, True),
        ("2025-03-01", False, True),
        ("2025-03-31", False, True),
        ("2025-04-01", True, False),
    ],
)
def test_a_feed_speaks_in_the_month_in_which_it_becomes_known(world, known_at, silent, begun):
    world.project()
    world.add("inspections", inspection_id="I", project_id="P1", inspected_on="2025-01-01",
              arrears_found=False, known_at=known_at)  # fmt: skip
    assert silent_tables(world.store, MARCH, ["inspections"]) == ["inspections"] * silent
    assert (tables_not_begun(world.store, MARCH.stop, ["inspections"]) == frozenset()) is begun
    assert last_known_day(world.store) == dt.date.fromisoformat(known_at)


def test_totals_tell_what_is_known():
    """A sum is known with one number of two, and that of no record is."""
    assert [Total(5, 2, missing).known for missing in (0, 1, 2)] == [True, True, False]
    assert Total() == Total(0, 0, 0)
    assert Total().known
    assert [Total(5, 2, missing).whole for missing in (0, 1, 2)] == [True, False, False]
    assert Total.of([3, None, 4]) == Total(7, 3, 1)
    assert Total.sum([Total(3, 2, 1), Total(4, 1)]) == Total(7, 3, 1)
