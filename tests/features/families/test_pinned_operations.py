"""Features of the operations family on hand-made records, worked out on paper.

As of 1 July 2024 the last month on record is May, known on 20 June: "three months" are March to
May, "the nine before" June 2023 to February, "the six before" November to April.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.families import operations

from ...conftest import World
from ...empty_store import empty_store
from .cells import Cells, add_months, matrix_cells

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
NINE = (120, 100, 100, 100, 100, 100, 100, 100, 80)
"""Mean 100; another month at either end gives another mean."""
MONTH = 30.4375
MAY = 61 / MONTH
"""Months from 1 May to 1 July."""


def _build_organisations(world: World) -> None:
    # Means of three months 60, 90 and 40 against 100; April and May 2023 are too long ago.
    add_months(world, "C", "tax", (9_999, 9_999, *NINE, 30, 60, 90))
    add_months(world, "C", "social_insurance", (9_999, *NINE, 80, 90, 100))
    add_months(world, "C", "electricity", (9_999, *NINE, 30, 40, 50))
    add_months(world, "C", "water", (*NINE, 70, 80, 90))
    add_months(world, "C", "gas", (5,))
    # Mean of six months 3,600 / 6 = 600, before that 7,000; last 1,500.
    add_months(world, "C", "overdue_loans", (7_000, 1_200, 600, 600, 600, 600, 0, 1_500))

    add_months(world, "O", "tax", (*NINE, 40, 50, 60))
    add_months(world, "O", "social_insurance", (*NINE, 110, 120, 130))
    add_months(world, "O", "electricity", (*NINE, 10, 20, 30))
    add_months(world, "O", "water", (*NINE, 30, 40, 50))
    add_months(world, "O", "gas", (*NINE, 80, 90, 100))
    add_months(world, "O", "overdue_loans", (150, 100, 100, 100, 100, 50, 40))

    # Each with one thing only.
    add_months(world, "three months", "tax", (10, 20, 30))
    add_months(world, "four months", "tax", (50, 10, 20, 30))
    add_months(world, "nothing before", "tax", (*[0] * 9, 10, 20, 30))
    add_months(world, "nothing now", "tax", (*NINE, 0, 0, 0))
    add_months(world, "one loan", "overdue_loans", (500,))
    add_months(world, "two loans", "overdue_loans", (100, 500))
    add_months(world, "no loans", "overdue_loans", (0,) * 7)
    add_months(world, "silent", "gas", (5,), last="2023-12")
    add_months(world, "silent", "water", (5,), last="2023-10")
    add_months(world, "long silent", "overdue_loans", (7,), last="2023-04")

    add_months(world, "longer silent", "overdue_loans", (7,), last="2023-03")
    add_months(world, "silent for years", "overdue_loans", (5, 8), last="2020-07")
    add_months(world, "silent for years", "tax", (*NINE, 10, 10, 10), last="2020-07")
    _add_gaps(world)

    def loans(org: str, period: str, known_at: str, value: float) -> None:
        row = {"org_id": org, "period": period, "indicator": "overdue_loans"}
        world.add("operations", **row, known_at=known_at, value=value)

    loans("rectified", "2024-05-01", "2024-06-20", 100)
    loans("rectified", "2024-05-01", "2024-06-30", 250)
    loans("rectified", "2024-05-01", "2024-07-01", 900)
    loans("rectified", "2024-06-01", "2024-07-01", 900)
    loans("rectified", "2024-04-01", "2024-05-20", 50)
    loans("early", "2024-05-01", "2024-06-20", 100)
    loans("early", "2024-06-01", "2024-06-30", 300)
    loans("ahead", "2024-06-01", "2024-06-30", 300)
    loans("ahead", "2024-07-01", "2024-06-30", 900)  # a month that has not begun
    loans("known today", "2024-06-01", "2024-07-01", 300)


def _add_gaps(world: World) -> None:
    """Months without a report: those before them do not take their place."""
    reports = {
        "tax": (("2024-05", 60), ("2024-03", 40), ("2024-02", 70), ("2023-06", 130)),
        "overdue_loans": (("2024-05", 500), ("2023-12", 100), ("2023-11", 200), ("2023-10", 900)),
    }
    for indicator, months in reports.items():
        for month, value in (*months, ("2023-05", 9_999)):
            add_months(world, "gaps", indicator, (value,), last=month)


NAMES = (
    "contractor_overdue_loans",
    "contractor_overdue_change",
    "contractor_tax_ratio",
    "contractor_insured_ratio",
    "contractor_utilities_ratio",
    "contractor_silent_months",
)
CONTRACTORS: dict[str, tuple[float, ...]] = {
    # Utilities: 0.4 of electricity and 0.8 of water; of gas there is nothing to compare with.
    "C": (1_500, 900, 0.6, 0.9, 0.6, MAY),
    # Loans before: 600 / 6; utilities 0.2, 0.4 and 0.9.
    "O": (40, -60, 0.5, 1.2, 0.5, MAY),
    "three months": (NAN, NAN, NAN, NAN, NAN, MAY),
    "four months": (NAN, NAN, 20 / 50, NAN, NAN, MAY),
    "nothing before": (NAN, NAN, NAN, NAN, NAN, MAY),
    "nothing now": (NAN, NAN, 0, NAN, NAN, MAY),
    "one loan": (500, NAN, NAN, NAN, NAN, MAY),
    "two loans": (500, 400, NAN, NAN, NAN, MAY),
    "no loans": (0, 0, NAN, NAN, NAN, MAY),
    "silent": (NAN, NAN, NAN, NAN, NAN, 213 / MONTH),  # since 1 December
    "long silent": (7, NAN, NAN, NAN, NAN, 457 / MONTH),  # since 1 April 2023
    "longer silent": (7, NAN, NAN, NAN, NAN, 488 / MONTH),  # since 1 March 2023
    # Since 1 July 2020; taxes of that time are no fall of these months.
    "silent for years": (8, NAN, NAN, NAN, NAN, 1_461 / MONTH),
    # Taxes (60 + 40) / 2 against (70 + 130) / 2; loans 500 against (100 + 200) / 2.
    "gaps": (500, 350, 0.5, NAN, NAN, MAY),
    "rectified": (250, 200, NAN, NAN, NAN, MAY),
    "early": (300, 200, NAN, NAN, NAN, 30 / MONTH),  # since 1 June
    "ahead": (300, NAN, NAN, NAN, NAN, 30 / MONTH),
    "known today": (NAN,) * 6,
    "without indicators": (NAN,) * 6,
}

OTHERS = (
    "owner_overdue_loans",
    "owner_tax_ratio",
    "subcontractor_overdue_loans",
    "subcontractor_tax_ratio_min",
)
PROJECTS: dict[str, tuple[float, ...]] = {
    # Owner O; subcontractors A (300 and 0.8), B (500 and 0.7) and D (700 and 0.9).
    "P": (40, 0.5, 700, 0.7),
    # The parties the other way round, and the one subcontractor E.
    "Q": (1_500, 0.6, 9_000, 0.1),
    "no parties": (NAN, NAN, NAN, NAN),
    "owner without indicators": (NAN, NAN, NAN, NAN),
    "contractor without indicators": (40, 0.5, NAN, NAN),
    "subcontractor without indicators": (40, 0.5, NAN, NAN),
    "general contract only": (NAN, NAN, NAN, NAN),
    "subcontract known today": (NAN, NAN, NAN, NAN),
    "rectified subcontract": (NAN, NAN, 300, 0.8),
    # E's contract ended the day before, that of the next begins today; A's ends today.
    "ended subcontract": (NAN, NAN, NAN, NAN),
    "subcontract signed today": (NAN, NAN, NAN, NAN),
    "subcontract ends today": (NAN, NAN, 300, 0.8),
}


def _build_projects(world: World) -> None:
    for org in CONTRACTORS:
        world.project(f"by {org}", contractor_id=org)
    parties = {"P": ("C", "O"), "Q": ("O", "C"), "no parties": (None, None)}
    parties["subcontractor without indicators"] = ("C", "O")
    parties["contractor without indicators"] = ("without indicators", "O")
    for name in PROJECTS:
        contractor, owner = parties.get(name, ("C", "without indicators"))
        world.project(name, contractor_id=contractor, owner_id=owner)
    for org, loans, tax in (
        *(("A", 300, 80), ("B", 500, 70), ("D", 700, 90)),
        ("E", 9_000, 10),
    ):
        add_months(world, org, "overdue_loans", (loans,))
        add_months(world, org, "tax", (*NINE, tax, tax, tax))
    for name in PROJECTS:
        _contract(world, name, "general", None, "E" if name == "general contract only" else "C")
    _contract(world, "P", "a", "general", "A")
    _contract(world, "P", "b", "general", "B")
    _contract(world, "P", "d", "a", "D")  # the third level
    _contract(world, "P", "person", "a", None)
    _contract(world, "Q", "e", "general", "E")
    _contract(world, "subcontractor without indicators", "a", "general", "without indicators")
    _contract(world, "subcontract known today", "e", "general", "E", "2024-07-01")
    _contract(world, "rectified subcontract", "a", "general", "E")
    _contract(world, "rectified subcontract", "a", "general", "A", "2024-06-30")
    _contract(world, "rectified subcontract", "a", "general", "B", "2024-07-01")
    _contract(world, "ended subcontract", "e", "general", "E", ended_on="2024-06-30")
    _contract(world, "subcontract signed today", "e", "general", "E", signed_on="2024-07-01")
    _contract(world, "subcontract ends today", "a", "general", "A", ended_on="2024-07-01")


def _contract(
    world: World,
    project: str,
    name: str,
    parent: str | None,
    org: str | None,
    known_at: str = "2024-01-10",
    **dates: str,
) -> None:
    chain = {"parent_contract_id": None if parent is None else f"{project}/{parent}"}
    row = {"contract_id": f"{project}/{name}", "project_id": project, "contractor_id": org}
    days = {"signed_on": "2024-01-05", "known_at": known_at, **dates}
    world.add("contracts", **row, **chain, **days)


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with empty_store() as store:
        world = World(store)
        _build_organisations(world)
        _build_projects(world)
        yield matrix_cells(store, AS_OF, [operations.FAMILY])


@pytest.mark.parametrize("org", CONTRACTORS)
def test_contractor(cells: Cells, org: str) -> None:
    found = [cells[f"by {org}", name] for name in NAMES]
    assert found == pytest.approx(list(CONTRACTORS[org]), nan_ok=True)


@pytest.mark.parametrize("project", PROJECTS)
def test_owner_and_subcontractors(cells: Cells, project: str) -> None:
    found = [cells[project, name] for name in OTHERS]
    assert found == pytest.approx(list(PROJECTS[project]), nan_ok=True)


def test_a_project_without_contractor_knows_nothing_of_it(cells: Cells) -> None:
    assert all(math.isnan(cells["no parties", name]) for name in NAMES)
