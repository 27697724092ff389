"""Features of the stage family, but the season, on hand-made projects worked out on paper."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.families import stage

from ...conftest import World
from ...empty_store import empty_store
from .cells import Cells, matrix_cells

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
MONTH = 30.4375
YUAN = 100

DATE_NAMES = ("age_months", "planned_progress", "days_since_completion", "overrun_days")
DATES: dict[str, tuple[dict[str, str], tuple[float, ...]]] = {
    # started on, planned end, completed on, and the values of DATE_NAMES. 1 January to 1 July are
    # 182 days.
    "running": ({}, (182 / MONTH, NAN, 0, NAN)),
    "started yesterday": ({"started_on": "2024-06-30"}, (1 / MONTH, NAN, 0, NAN)),
    "half way": ({"planned_end_on": "2024-12-30"}, (182 / MONTH, 182 / 364, 0, 0)),
    "to end today": ({"planned_end_on": "2024-07-01"}, (182 / MONTH, 1, 0, 0)),
    "to end yesterday": ({"planned_end_on": "2024-06-30"}, (182 / MONTH, 182 / 181, 0, 1)),
    "no time planned": ({"planned_end_on": "2024-01-01"}, (182 / MONTH, NAN, 0, NAN)),
    "to end before the start": ({"planned_end_on": "2023-12-31"}, (182 / MONTH, NAN, 0, NAN)),
    "completed late": (
        {"planned_end_on": "2024-06-01", "completed_on": "2024-06-21"},
        (182 / MONTH, 182 / 152, 10, 20),
    ),
    "completed yesterday": ({"completed_on": "2024-06-30"}, (182 / MONTH, NAN, 1, NAN)),
    "completed today": ({"completed_on": "2024-07-01"}, (182 / MONTH, NAN, 0, NAN)),
    "completed tomorrow": ({"completed_on": "2024-07-02"}, (182 / MONTH, NAN, 0, NAN)),
    "completed 90 days ago": ({"completed_on": "2024-04-02"}, (182 / MONTH, NAN, 90, NAN)),
}

ATTRIBUTES: list[tuple[str, object, dict[str, float]]] = [
    ("contract_amount", 12_345, {"contract_amount_yuan": 123.45}),
    ("contract_amount", 0, {"contract_amount_yuan": 0}),
    ("contract_amount", None, {"contract_amount_yuan": NAN}),
    ("labour_cost_share", 0.25, {"labour_share": 0.25}),
    ("labour_cost_share", None, {"labour_share": NAN}),
    ("advance_funded", True, {"advance_funded": 1, "notice_board": NAN}),
    ("advance_funded", False, {"advance_funded": 0, "notice_board": NAN}),
    ("notice_board", True, {"notice_board": 1, "advance_funded": NAN}),
    ("notice_board", False, {"notice_board": 0, "advance_funded": NAN}),
    ("funding", "government", {"government_funded": 1, "privately_funded": 0}),
    ("funding", "state_owned", {"government_funded": 0, "privately_funded": 0}),
    ("funding", "private", {"government_funded": 0, "privately_funded": 1}),
    ("funding", None, {"government_funded": NAN, "privately_funded": NAN}),
    ("sector", "building", {"building_sector": 1}),
    ("sector", "municipal", {"building_sector": 0}),
    ("sector", None, {"building_sector": NAN}),
    *(
        (
            "settlement",
            settlement,
            {
                "settled_at_completion": at_completion,
                "settled_by_measure": by_measure,
                "settled_monthly": monthly,
            },
        )
        for settlement, at_completion, by_measure, monthly in (
            ("completion", 1, 0, 0),
            ("measured", 0, 1, 0),
            ("monthly", 0, 0, 1),
            ("progress", 0, 0, 0),
            (None, NAN, NAN, NAN),
        )
    ),
]
"""One field of a project with nothing else filled in, and the features it decides."""

# Contract amount 5,000,000 yuan each. Capital in yuan, years since it was founded, amount to
# capital. 1 July 2014 to 1 July 2024 are 10 years of 365 days and the leap days of 2016, 2020 and
# 2024: 3,653 days.
CONTRACTOR_NAMES = ("contractor_capital", "contractor_age_years", "amount_to_capital")
CONTRACTORS: dict[str, tuple[float, float, float]] = {
    "A": (2_000_000, 3_653 / 365.25, 2.5),
    "founded yesterday": (8_000_000, 1 / 365.25, 0.625),
    "empty": (NAN, NAN, NAN),
    "no capital": (0, 3_653 / 365.25, NAN),
    "rectified": (4_000_000, 366 / 365.25, 1.25),  # founded on 1 July 2023
    "known yesterday": (1_000_000, 3_653 / 365.25, 5),
    "known today": (NAN, NAN, NAN),
    "not on record": (NAN, NAN, NAN),
}


def _build(world: World) -> None:
    for name, (dates, _) in DATES.items():
        world.project(name, **dates)
    world.project("completed 91 days ago", completed_on="2024-04-01")
    world.project("started today", started_on="2024-07-01")
    for number, (field, value, _) in enumerate(ATTRIBUTES):
        world.project(f"{field} {number}", **{field: value})
    world.project("rectified", contract_amount=100, notice_board=False)
    world.project("rectified", contract_amount=200, notice_board=True, known_at="2024-06-30")
    world.project("rectified", contract_amount=300, notice_board=False, known_at="2024-07-01")
    for name in CONTRACTORS:
        parties = {"contractor_id": name, "owner_id": "owner"}
        world.project(f"by {name}", **parties, contract_amount=5_000_000 * YUAN)
    world.project("no contractor", owner_id="owner", contract_amount=5_000_000 * YUAN)
    world.project("no amount", contractor_id="A")

    _organisation(world, "A", 2_000_000, "2014-07-01")
    _organisation(world, "owner", 50_000_000, "2000-01-01")
    _organisation(world, "founded yesterday", 8_000_000, "2024-06-30")
    _organisation(world, "empty", None, None)
    _organisation(world, "no capital", 0, "2014-07-01")
    _organisation(world, "rectified", 1_000_000, "2014-07-01")
    _organisation(world, "rectified", 4_000_000, "2023-07-01", "2024-06-30")
    _organisation(world, "rectified", 9_000_000, "2014-07-01", "2024-07-01")
    _organisation(world, "known yesterday", 1_000_000, "2014-07-01", "2024-06-30")
    _organisation(world, "known today", 1_000_000, "2014-07-01", "2024-07-01")


def _organisation(
    world: World, name: str, yuan: int | None, founded_on: str | None, known_at: str = "2024-01-02"
) -> None:
    capital = None if yuan is None else yuan * YUAN
    row = {"org_id": name, "org_name": name, "known_at": known_at, "founded_on": founded_on}
    world.add("organizations", **row, registered_capital=capital)


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with empty_store() as store:
        _build(World(store))
        yield matrix_cells(store, AS_OF, [stage.FAMILY])


@pytest.mark.parametrize("project", DATES)
def test_dates(cells: Cells, project: str) -> None:
    _, expected = DATES[project]
    found = [cells[project, name] for name in DATE_NAMES]
    assert found == pytest.approx(list(expected), nan_ok=True)


def test_projects_outside_the_cohort_have_no_cells(cells: Cells) -> None:
    units = {unit for unit, _ in cells}
    assert not units & {"completed 91 days ago", "started today"}


@pytest.mark.parametrize("number", range(len(ATTRIBUTES)))
def test_attributes(cells: Cells, number: int) -> None:
    field, _, expected = ATTRIBUTES[number]
    found = {name: cells[f"{field} {number}", name] for name in expected}
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_version_known_last_before_the_day_counts(cells: Cells) -> None:
    assert cells["rectified", "contract_amount_yuan"] == 2
    assert cells["rectified", "notice_board"] == 1


@pytest.mark.parametrize("contractor", CONTRACTORS)
def test_contractor(cells: Cells, contractor: str) -> None:
    found = [cells[f"by {contractor}", name] for name in CONTRACTOR_NAMES]
    assert found == pytest.approx(list(CONTRACTORS[contractor]), nan_ok=True)


def test_without_contractor_or_amount_the_comparison_is_unknown(cells: Cells) -> None:
    assert math.isnan(cells["no contractor", "contractor_capital"])
    assert math.isnan(cells["no contractor", "contractor_age_years"])
    assert math.isnan(cells["no contractor", "amount_to_capital"])
    assert cells["no amount", "contractor_capital"] == 2_000_000
    assert math.isnan(cells["no amount", "amount_to_capital"])
