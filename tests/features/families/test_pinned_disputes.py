"""Features of the disputes family on hand-made records, worked out on paper.

As of 1 July 2024: 365 days before is 2 July 2023, as 2024 is a leap year. Contract amounts are
10,000,000 yuan unless stated, so a dispute of 100,000 yuan is a share of 0.01.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from features.families import disputes

from ...conftest import World
from ...empty_store import empty_store
from .cells import Cells, matrix_cells

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
YUAN = 100
NAMES = (
    "disputes_open",
    "dispute_open_days",
    "dispute_open_share",
    "disputes_365d",
    "contractor_disputes_open",
)

EXPECTED: dict[str, tuple[float, ...]] = {
    # open, days, share, begun in 365 days, open on the contractor's other projects
    "none": (0, 0, 0, 0, 0),
    "begun 365 days ago, resolved": (0, 0, 0, 1, 0),
    "begun 366 days ago, open": (1, 366, 0.05, 0, 0),
    "begun yesterday": (1, 1, 0.01, 1, 0),
    "known today": (0, 0, 0, 0, 0),
    "resolved yesterday": (0, 0, 0, 1, 0),
    # What happens on the day itself is not past: still open. 1 June is 30 days before.
    "resolved today": (1, 30, 0.01, 1, 0),
    "resolved tomorrow": (1, 30, 0.01, 1, 0),
    "resolution known today": (1, 30, 0.01, 1, 0),
    # 100,000 + 200,000 yuan open, the older since 1 May (61 days); the oldest is resolved.
    "two of three": (2, 61, 0.03, 3, 0),
    "no amount": (1, 30, NAN, 1, 0),
    "one amount of two": (2, 30, NAN, 2, 0),
    "above the contract amount": (1, 30, 1, 1, 0),
    "no contract amount": (1, 30, NAN, 1, 0),
    # The version known last before the day counts: 400,000 yuan since 11 June (20 days).
    "rectified": (1, 20, 0.04, 1, 0),
    # Four projects of one contractor: 1 + 2 + 0 + 0 open, without the project's own, and one
    # each on a project with a confirmed case, which is not scored, and on one ended long ago.
    "C1": (1, 30, 0.01, 1, 2 + 2),
    "C2": (2, 30, 0.02, 2, 1 + 2),
    "C3": (0, 0, 0, 0, 3 + 2),
    "C4": (0, 0, 0, 1, 3 + 2),
    # Its owner is that contractor: disputes of C1 and C2 are none of its contractor's.
    "owned by C": (1, 30, 0.01, 1, 0),
    "no contractor": (1, 30, 0.01, 1, NAN),
    "no contractor either": (1, 30, 0.01, 1, NAN),
}


def _build(world: World) -> None:
    contractors: dict[str, str | None] = {"C1": "C", "C2": "C", "C3": "C", "C4": "C"}
    contractors |= {"no contractor": None, "no contractor either": None}
    for name in EXPECTED:
        amount = None if name == "no contract amount" else 10_000_000 * YUAN
        owner = {"owned by C": "C", "C1": None, "C2": None}.get(name, "D")
        parties = {"contractor_id": contractors.get(name, f"of {name}"), "owner_id": owner}
        world.project(name, started_on="2022-01-01", contract_amount=amount, **parties)
    _dispute(world, "begun 365 days ago, resolved", "2023-07-02", resolved_on="2023-08-01")
    _dispute(world, "begun 366 days ago, open", "2023-07-01", yuan=500_000)
    _dispute(world, "begun yesterday", "2024-06-30")
    _dispute(world, "known today", "2024-06-30", known_at="2024-07-01")
    for name, day in (("yesterday", "06-30"), ("today", "07-01"), ("tomorrow", "07-02")):
        _dispute(world, f"resolved {name}", "2024-06-01")
        resolved = {"resolved_on": f"2024-{day}", "known_at": "2024-06-30"}
        _dispute(world, f"resolved {name}", "2024-06-01", **resolved)
    late = {"resolved_on": "2024-06-20", "known_at": "2024-07-01"}
    _dispute(world, "resolution known today", "2024-06-01")
    _dispute(world, "resolution known today", "2024-06-01", **late)
    _dispute(world, "two of three", "2024-06-01", "a", yuan=200_000, kind="quality")
    _dispute(world, "two of three", "2024-05-01", "b", kind="payment")
    _dispute(world, "two of three", "2023-12-01", "c", yuan=900_000, resolved_on="2024-01-10")
    _dispute(world, "no amount", "2024-06-01", yuan=None)
    _dispute(world, "one amount of two", "2024-06-01", "a")
    _dispute(world, "one amount of two", "2024-06-01", "b", yuan=None)
    _dispute(world, "above the contract amount", "2024-06-01", yuan=10_000_001)
    _dispute(world, "no contract amount", "2024-06-01")
    _dispute(world, "rectified", "2023-01-01", known_at="2024-06-12")
    _dispute(world, "rectified", "2024-06-11", yuan=400_000, known_at="2024-06-30")
    _dispute(world, "rectified", "2024-06-11", yuan=900_000, known_at="2024-07-01")
    world.project("C ended", started_on="2022-01-01", completed_on="2023-01-01", contractor_id="C")
    world.project("C confirmed", started_on="2022-01-01", contractor_id="C")
    confirmed = {"status": "confirmed", "opened_on": "2024-06-01", "known_at": "2024-06-02"}
    world.add("cases", case_id="of C", project_id="C confirmed", **confirmed)
    for name in ("C ended", "C confirmed"):
        _dispute(world, name, "2024-06-01")
    _dispute(world, "C1", "2024-06-01")
    _dispute(world, "C2", "2024-06-01", "a")
    _dispute(world, "C2", "2024-06-01", "b")
    _dispute(world, "C4", "2024-06-01", resolved_on="2024-06-10")
    for name in ("owned by C", "no contractor", "no contractor either"):
        _dispute(world, name, "2024-06-01")


def _dispute(
    world: World,
    project: str,
    opened: str,
    number: str = "",
    *,
    yuan: object = 100_000,
    **more: object,
) -> None:
    row = {"dispute_id": f"{project}/{number}", "project_id": project, "opened_on": opened}
    amount = yuan * YUAN if isinstance(yuan, int) else None
    resolved = more.get("resolved_on") or opened
    world.add("disputes", **{**row, "known_at": resolved, "amount": amount, **more})


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with empty_store() as store:
        _build(World(store))
        yield matrix_cells(store, AS_OF, [disputes.FAMILY])


@pytest.mark.parametrize("project", EXPECTED)
def test_disputes(cells: Cells, project: str) -> None:
    found = [cells[project, name] for name in NAMES]
    assert found == pytest.approx(list(EXPECTED[project]), nan_ok=True)


@pytest.mark.parametrize(("known_at", "expected"), [("2024-06-30", 0), ("2024-07-01", NAN)])
def test_without_a_dispute_known_before_the_day_all_are_unknown(
    world: World, known_at: str, expected: float
) -> None:
    world.project("P1", contractor_id="C", contract_amount=100)
    world.project("P2", contractor_id="D", contract_amount=100)
    _dispute(world, "P2", "2024-06-30", known_at=known_at)
    cells = matrix_cells(world.store, AS_OF, [disputes.FAMILY])
    found = [cells["P1", name] for name in NAMES]
    assert found == pytest.approx([expected] * len(NAMES), nan_ok=True)
