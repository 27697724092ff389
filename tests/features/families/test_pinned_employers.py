"""Every feature of employers outside construction on hand-made records, worked out on paper.

As of 1 July 2024. A has records of every kind, B few, "idle" none, and "confirmed" a confirmed case
that is still open, so it is not scored; these four are registered in one county. "away" is alone in
another county. A builder of the first county and projects are no employers.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.feature_sets import FEATURE_SETS

from ...conftest import World
from ...empty_store import empty_store
from .cells import Cells, add_months, matrix_cells

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
YUAN = 100
MONTH = 30.4375
NINE = (120, 100, 100, 100, 100, 100, 100, 100, 80)
"""June 2023 to February 2024, mean 100."""

COLUMNS = ("A", "B", "idle", "away")
EXPECTED: dict[str, tuple[float, float, float, float]] = {
    # Loans of A from October 2023 on; of the six months before May the mean is 3,600 / 6.
    "contractor_overdue_loans": (1_500, NAN, NAN, NAN),
    "contractor_overdue_change": (900, NAN, NAN, NAN),
    "contractor_tax_ratio": (0.6, NAN, NAN, NAN),
    "contractor_insured_ratio": (0.9, NAN, NAN, NAN),
    # Of A electricity 0.4 and water 0.8, no gas on record; of B gas only.
    "contractor_utilities_ratio": (0.6, 0.4, NAN, NAN),
    # Since 1 May 2024, and since 1 January 2022.
    "contractor_silent_months": (61 / MONTH, 61 / MONTH, NAN, 912 / MONTH),
    "electricity_ratio": (0.4, NAN, NAN, NAN),
    "water_ratio": (0.8, NAN, NAN, NAN),
    "gas_ratio": (NAN, 0.4, NAN, NAN),
    # 50 against 40, 30, 80, 100, 100 and 100; insured 100 against 90, 80, 80, 100, 100 and 100.
    "electricity_last_ratio": (50 / 75, NAN, NAN, NAN),
    "insured_last_ratio": (100 * 6 / 550, NAN, NAN, NAN),
    "insured_staff": (100, NAN, NAN, NAN),
    "overdue_months": (7, NAN, NAN, NAN),
    # Tax 0.6 and electricity 0.4; insured 0.9 and water 0.8 have not fallen by more than a fifth.
    "falling_indicators": (2, 1, NAN, NAN),
    # A 90, 91, 365 and 366 days ago; B 10 and 11 days ago; "confirmed" 4, "away" 1.
    "complaints_90d": (1, 2, 0, 1),
    "complaints_365d": (3, 2, 0, 1),
    "complaints_all": (4, 2, 0, 1),
    # 3 and 5 workers, and one complaint that gives no number.
    "complaint_workers_365d": (3 + 1 + 5, 2, 0, 1),
    "days_since_complaint": (90, 10, NAN, 30),
    "complaint_pace": (1 / (3 / 4 + 1), 2 / (2 / 4 + 1), 0, 1 / (1 / 4 + 1)),
    "township_complaint_rate": ((2 + 0 + 4) / 3, (3 + 0 + 4) / 3, (3 + 2 + 4) / 3, NAN),
    # A: cases opened 365 and 366 days ago and a visit 20 days ago; "away": a visit 2 days ago;
    # "confirmed": its case of 9 days ago.
    "events_all": (3, 0, 0, 1),
    "events_365d": (2, 0, 0, 1),
    "days_since_event": (20, NAN, NAN, 2),
    "township_event_rate": ((0 + 0 + 1) / 3, (2 + 0 + 1) / 3, (2 + 0 + 1) / 3, NAN),
    "last_inspection_found": (1, 0, NAN, 1),
    "findings_last": (2, 3, NAN, 0),
    # A's order ran out yesterday; B's was fulfilled; that of "away" ran out 366 days ago.
    "rectification_overdue": (1, 0, 0, 0),
    # Of A one accepted and one filed; one of B is known on the day itself.
    "cases_open": (2, 0, 0, 0),
    # 730 days ago, not the one of 731.
    "cases_unfounded_730d": (1, 0, 0, 0),
    # 40 of 100 and 60 of 60.
    "recovered_share": (100 / 160, NAN, NAN, NAN),
    # B was removed yesterday, "away" is put on the list today.
    "listed": (1, 0, 0, 0),
    # Spring Festival was on 10 February 2024 and will be on 29 January 2025.
    "days_to_festival": (212,) * 4,
    "days_since_festival": (142,) * 4,
    "before_festival_share": (0,) * 4,
    "after_festival_share": (0,) * 4,
    "contractor_capital": (500_000, 0, NAN, NAN),
    # Founded on 1 July 2014, 3,653 days ago, and 366 days ago.
    "contractor_age_years": (3_653 / 365.25, 366 / 365.25, NAN, NAN),
}
"""By feature, the values of the employers in ``COLUMNS``; NaN is unknown."""


def ago(days: int) -> str:
    """The day ``days`` days before 1 July 2024."""
    return (AS_OF - dt.timedelta(days)).isoformat()


def _build(world: World) -> None:
    facts: dict[str, dict[str, object]] = {
        "A": {"registered_capital": 500_000 * YUAN, "founded_on": "2014-07-01"},
        "B": {"registered_capital": 0, "founded_on": ago(366)},
        "away": {"region_code": "520302"},
        "builder": {"org_kind": "general_contractor"},
    }
    for name in (*COLUMNS, "confirmed", "builder"):
        row = {"org_kind": "employer", "region_code": "520301", **facts.get(name, {})}
        world.add("organizations", org_id=name, org_name=name, known_at="2020-01-02", **row)
    world.project("P", region_code="520301", contractor_id="A")
    _indicators(world)
    _complaints(world)
    _cases(world)
    _visits(world)
    for number, (name, listed, removed) in enumerate(
        (("A", 30, None), ("B", 30, ago(1)), ("away", 0, None))
    ):
        dates = {"listed_on": ago(listed), "removed_on": removed, "known_at": ago(1)}
        world.add("listings", listing_id=str(number), org_id=name, **dates)


def _indicators(world: World) -> None:
    add_months(world, "A", "overdue_loans", (7_000, 1_200, 600, 600, 600, 600, 0, 1_500))
    add_months(world, "A", "tax", (9_999, *NINE, 30, 60, 90))
    add_months(world, "A", "social_insurance", (*NINE, 80, 90, 100))
    add_months(world, "A", "electricity", (*NINE, 30, 40, 50))
    add_months(world, "A", "water", (*NINE, 70, 80, 90))
    add_months(world, "B", "gas", (*NINE, 20, 40, 60))
    add_months(world, "away", "gas", (100,), last="2022-01")
    add_months(world, "builder", "tax", (*NINE, 1, 1, 1))


def _complaints(world: World) -> None:
    def complaint(name: str, days: int, workers: int | None = 1, decided: int = 1) -> None:
        key = f"{name} {days}"
        row = {"received_on": ago(days), "known_at": ago(days), "workers": workers}
        world.add("complaints", complaint_id=key, **row)
        link = {"complaint_id": key, "decision": "linked", "org_id": name}
        world.add("links", **link, decided_on=ago(decided), known_at=ago(decided))

    for days, workers in ((90, 3), (91, None), (365, 5), (366, 7)):
        complaint("A", days, workers)
    complaint("A", 20, decided=0)  # linked on the day itself
    for name, count in (("B", 2), ("confirmed", 4), ("builder", 5)):
        for number in range(count):
            complaint(name, 10 + number)
    complaint("away", 30)
    row = {"received_on": ago(5), "known_at": ago(5), "project_id": "P"}
    world.add("complaints", complaint_id="of P", **row)


def _cases(world: World) -> None:
    def case(name: str, days: int, status: str, **values: object) -> None:
        row = {"org_id": name, "opened_on": ago(days), "known_at": ago(days), "status": status}
        world.add("cases", case_id=f"{name} {days} {status}", **{**row, **values})

    ended = {"known_at": ago(200), "closed_on": ago(200), "confirmed_on": ago(300)}
    case("A", 365, "closed", **ended, amount_owed=100, amount_recovered=40)
    case("A", 366, "closed", **ended, amount_owed=60, amount_recovered=60)
    case("A", 30, "accepted")
    case("A", 31, "filed")
    case("A", 32, "filed", project_id="P")  # the case of the project, not of the employer
    case("A", 33, "filed", cause="project_payment")
    case("A", 730, "unfounded")
    case("A", 731, "unfounded")
    case("B", 3, "filed", known_at=ago(0))
    case("builder", 3, "filed")
    case("confirmed", 9, "confirmed", confirmed_on=ago(9))


def _visits(world: World) -> None:
    def visit(name: str, days: int, found: bool, **values: object) -> None:
        row = {"inspected_on": ago(days), "known_at": ago(days), "arrears_found": found}
        world.add("inspections", inspection_id=f"{name} {days}", project_id=name, **row, **values)

    visit("A", 20, True, findings="a;b", rectify_by=ago(1))
    visit("A", 500, False, findings="a;b;c;d")
    visit("B", 5, False, findings="a;b;c", rectify_by=ago(3), rectified_on=ago(5))
    visit("away", 2, True)
    visit("away", 400, False, rectify_by=ago(366))
    visit("builder", 1, True)
    visit("P", 1, True, findings="a")


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with empty_store() as store:
        _build(World(store))
        families = FEATURE_SETS["employer"].families
        yield matrix_cells(store.for_kind("employer"), AS_OF, families)


def test_the_employers_without_an_open_confirmed_case_are_scored(cells: Cells) -> None:
    assert {unit for unit, _ in cells} == set(COLUMNS)


@pytest.mark.parametrize("name", EXPECTED)
def test_employer_features_have_the_values_worked_out_by_hand(cells: Cells, name: str) -> None:
    found = [cells[employer, name] for employer in COLUMNS]
    assert found == pytest.approx(list(EXPECTED[name]), nan_ok=True)
