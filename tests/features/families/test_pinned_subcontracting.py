"""Features of subcontracting worked out by hand, with records on and beside the edges."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from features.families.subcontracting import FAMILY
from features.matrix import Matrix, feature_matrix

from ...conftest import World
from ...empty_store import empty_store

AS_OF = dt.date(2026, 7, 1)
NAN = math.nan
CAPITAL = {"tiny": 10, "small": 200, "big": 5_000, "unfilled": None}
"""Yuan of registered capital of the organisations; "unlisted" is on no record."""


def ago(days: int) -> str:
    """The day ``days`` days before as_of."""
    return (AS_OF - dt.timedelta(days=days)).isoformat()


class Sub(NamedTuple):
    """A subcontract signed and known ``age`` days before as_of."""

    age: int
    contractor: str | None = "big"
    known: int | None = None
    """Days before as_of it was known, if not the day it was signed."""
    name: str | None = None
    """The identifier of a contract with several versions."""
    parent: str = "general"
    """The identifier of the contract above, without the project."""


SCENES: dict[str, tuple[Sub, ...]] = {
    "edges": (Sub(1), Sub(89), Sub(90), Sub(91), Sub(365)),
    # Recorded before they are signed: the day has to come first.
    "signed later": (Sub(1), Sub(0, known=5), Sub(-10, "tiny", 5)),
    "only 90": (Sub(90),),
    "only 91": (Sub(91),),
    "none": (),
    # Signed 10 days ago, corrected to 200 days ago; the way back is known on as_of.
    "corrected": (
        Sub(10, "tiny", 10, "A"),
        Sub(200, "big", 5, "A"),
        Sub(10, "tiny", 0, "A"),
        Sub(20, "small", 1, "B"),
    ),
    "known on as_of": (Sub(5, "tiny", 0), Sub(5, "small", 1)),
    # Below a contract nobody reported it is a subcontract all the same.
    "parent missing": (Sub(90, "small", parent="missing"), Sub(91, "big")),
    "capitals": (Sub(300, "big"), Sub(1, "small"), Sub(2, "unfilled"), Sub(3, "unlisted")),
    "capital unknown": (Sub(1, "unfilled"), Sub(2, "unlisted"), Sub(3, None)),
    # Two levels below the general contract.
    "deep": (Sub(100, "big", name="first"), Sub(80, "small", parent="first")),
    "changing": (Sub(100, "changing"),),
}
NAMES = ("contracts_90d", "subcontractor_capital_min")
EXPECTED: dict[str, tuple[float, float]] = {
    "edges": (3, 5_000),
    "signed later": (1, 5_000),
    "only 90": (1, 5_000),
    "only 91": (0, 5_000),
    # The general contract was signed 10 days ago by "tiny" and is no subcontract.
    "none": (0, NAN),
    "corrected": (1, 200),
    "known on as_of": (1, 200),
    "parent missing": (1, 200),
    "capitals": (3, 200),
    "capital unknown": (3, NAN),
    "deep": (1, 200),
    # 50 yuan, corrected to 300; 7 are known on as_of only.
    "changing": (0, 300),
    # Its contracts came to be known on as_of, and other projects' are not its own.
    "no contract": (NAN, NAN),
}
"""The values of ``NAMES``; capital in yuan."""


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with empty_store() as store:
        world = World(store)
        for name, yuan in CAPITAL.items():
            _organization(world, name, yuan, known=900)
        for yuan, known in ((50, 900), (300, 1), (7, 0)):
            _organization(world, "changing", yuan, known)
        for project, subs in SCENES.items():
            # The owner and the main contractor of each project are of little capital.
            world.project(project, contractor_id="tiny", owner_id="tiny")
            _contract(world, project, Sub(10, "tiny", name="general"), None)
            for number, sub in enumerate(subs):
                named = sub._replace(name=sub.name or str(number))
                _contract(world, project, named, f"{project} {sub.parent}")
        world.project("no contract", contractor_id="tiny", owner_id="tiny")
        _contract(world, "no contract", Sub(5, "small", 0, "late"), "no contract general")
        yield feature_matrix(store, [AS_OF], families=[FAMILY])


def _organization(world: World, name: str, yuan: int | None, known: int) -> None:
    capital = None if yuan is None else yuan * 100
    row = {"org_id": name, "org_name": name, "org_kind": "subcontractor"}
    world.add("organizations", **row, registered_capital=capital, known_at=ago(known))


def _contract(world: World, project: str, sub: Sub, parent: str | None) -> None:
    row = {"contract_id": f"{project} {sub.name}", "project_id": project}
    row |= {"contractor_id": sub.contractor, "parent_contract_id": parent}
    known = sub.age if sub.known is None else sub.known
    world.add("contracts", **row, signed_on=ago(sub.age), known_at=ago(known))


SHAPES = ("contract_depth", "contract_breadth", "deep_share", "subcontracted_ratio")
CHAINS = {
    # Level 13 is no level, so the shape is unknown.
    "12 levels": (12, (12, 1, 10 / 12, 0.5)),
    "13 levels": (13, (NAN,) * 4),
}


def test_shape_of_the_tree(world: World) -> None:
    """Two general contracts of 10 and 5; of the first three subcontracts, and one below those."""
    for project in ("wide", "two generals", "no subcontract", *CHAINS):
        world.project(project)

    def add(project: str, name: str, parent: str | None, amount: int) -> None:
        row = {"contract_id": f"{project} {name}", "project_id": project, "amount": amount}
        above = None if parent is None else f"{project} {parent}"
        days = {"signed_on": ago(9), "known_at": ago(9)}
        world.add("contracts", **row, parent_contract_id=above, **days)

    for name, parent, amount in (("G", None, 10), ("H", None, 5), ("d", "a", 3)):
        add("wide", name, parent, amount)
    for name, amount in (("a", 3), ("b", 1), ("c", 2)):
        add("wide", name, "G", amount)
    for name, parent in (("G", None), ("H", None), ("a", "G")):
        add("two generals", name, parent, 10)
    add("no subcontract", "G", None, 10)
    for project, (levels, _) in CHAINS.items():
        for level in range(1, levels + 1):
            above = str(level - 1) if level > 1 else None
            add(project, str(level), above, 10 if level == 1 else 5)
    found = feature_matrix(world.store, [AS_OF], families=[FAMILY]).select_columns(SHAPES)
    shapes = dict(zip(found.project_ids, found.values.tolist(), strict=True))
    expected = {"wide": (3, 3, 1 / 6, 6 / 15), "two generals": (2, 1, 0, 0.5)}
    expected |= {"no subcontract": (1, 0, 0, NAN)} | {
        name: row for name, (_, row) in CHAINS.items()
    }
    for name, row in expected.items():
        assert shapes[name] == pytest.approx(list(row), nan_ok=True), name


@pytest.mark.parametrize("project", EXPECTED)
def test_values_by_hand(matrix: Matrix, project: str) -> None:
    row = matrix.select_columns(NAMES).values[matrix.project_ids.index(project)]
    assert row.tolist() == pytest.approx(EXPECTED[project], nan_ok=True)
