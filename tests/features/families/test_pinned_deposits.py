"""Features of wage deposits, worked out by hand; contracts are worth 10,000,000 yuan."""

from __future__ import annotations

import datetime as dt
from math import nan

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

AS_OF = dt.date(2025, 1, 1)
NEXT = dt.date(2025, 1, 2)
YUAN = 100
NAMES = ("deposit_rate", "deposit_exempt", "deposit_is_guarantee")
UNKNOWN = (nan, nan, nan)

DEPOSITS: dict[str, list[tuple]] = {  # kind, thousand yuan required, valid from, known at
    "cash": [("cash", 200, "2024-01-10", "2024-01-10")],
    "guarantee": [("guarantee", 300, "2024-01-10", "2024-01-10")],
    "insurance": [("insurance", 300, "2024-01-10", "2024-01-10")],
    "exempt": [("exempt", 0, "2024-01-10", "2024-01-10")],
    "nothing required": [("cash", None, "2024-01-10", "2024-01-10")],
    "contract unknown": [("cash", 200, "2024-01-10", "2024-01-10")],
    "contract of zero": [("cash", 200, "2024-01-10", "2024-01-10")],
    "from yesterday": [("exempt", 0, "2024-12-31", "2024-12-31")],
    "from today": [("exempt", 0, "2025-01-01", "2024-12-20")],
    "known today": [("guarantee", 300, "2024-12-20", "2025-01-01")],
    "replaced today": [
        ("guarantee", 300, "2024-01-10", "2024-01-10"),
        ("cash", 200, "2024-01-10", "2025-01-01"),
    ],
    "replaced yesterday": [
        ("guarantee", 300, "2024-01-10", "2024-01-10"),
        ("cash", 200, "2024-01-10", "2024-12-31"),
    ],
    "none": [],
}

EXPECTED = {  # at AS_OF and NEXT, in the order of NAMES
    "cash": ((0.02, 0, 0), (0.02, 0, 0)),
    "guarantee": ((0.03, 0, 1), (0.03, 0, 1)),
    "insurance": ((0.03, 0, 1), (0.03, 0, 1)),
    "exempt": ((0, 1, 0), (0, 1, 0)),
    "nothing required": ((nan, 0, 0), (nan, 0, 0)),
    "contract unknown": ((nan, 0, 0), (nan, 0, 0)),
    "contract of zero": ((nan, 0, 0), (nan, 0, 0)),
    "from yesterday": ((0, 1, 0), (0, 1, 0)),
    "from today": (UNKNOWN, (0, 1, 0)),
    "known today": (UNKNOWN, (0.03, 0, 1)),
    "replaced today": ((0.03, 0, 1), (0.02, 0, 0)),
    "replaced yesterday": ((0.02, 0, 0), (0.02, 0, 0)),
    "renewed": ((0.03, 0, 1), (0.03, 0, 1)),
    # Exempt until June 2024, then cash of 300 and no longer 200.
    "exemption ended": ((0.03, 0, 0), (0.03, 0, 0)),
    "exemption withdrawn": ((0.03, 0, 0), (0.03, 0, 0)),
    "exempt until today": ((0.02, 1, 0), (0.02, 0, 0)),
    # A guarantee of 500 was returned; cash of 300 replaced it.
    "guarantee returned": ((0.03, 0, 0), (0.03, 0, 0)),
    # Nothing in force: 200 are still required, but no guarantee is there.
    "only lapsed": ((0.02, 0, 0), (0.02, 0, 0)),
    "only returned": ((nan, 0, 0), (nan, 0, 0)),
    "guarantee missing": ((0.02, 0, 0), (0.02, 0, 0)),
    "guarantee drawn": ((0.02, 0, 1), (0.02, 0, 1)),
    "none": (UNKNOWN, UNKNOWN),
}


def deposit(world: World, project: str, key: str, row: tuple, **more: object) -> None:
    kind, required, valid_from, known_at = row
    values = {"deposit_id": f"{project} {key}", "project_id": project, "kind": kind}
    amount = None if required is None else required * 1000 * YUAN
    values |= {"required_amount": amount, "valid_from": valid_from, "known_at": known_at}
    world.add("deposits", **{"status": "stored", **values, **more})


def build(world: World) -> None:
    contracts = {"contract unknown": None, "contract of zero": 0}
    for name in EXPECTED:
        amount = contracts.get(name, 10_000_000 * YUAN)
        # One contractor and owner: a key of either would mix the projects up.
        world.project(name, contract_amount=amount, contractor_id="C", owner_id="O")
        for row in DEPOSITS.get(name, []):
            deposit(world, name, "one", row)
    # A guarantee of 300 followed cash of 200 that ran out: neither 500 nor 200 is required.
    lapsed = {"status": "expired", "valid_to": "2024-06-30"}
    _ended(world, lapsed)
    deposit(world, "renewed", "one", ("cash", 200, "2024-01-10", "2024-07-01"), **lapsed)
    deposit(world, "renewed", "two", ("guarantee", 300, "2024-07-01", "2024-07-01"))


def _ended(world: World, lapsed: dict[str, str]) -> None:
    ended, cash = {"valid_to": "2024-06-30"}, ("cash", 300, "2024-07-01", "2024-07-01")
    exempt = ("exempt", 200, "2024-01-10", "2024-01-10")
    guarantee = ("guarantee", 200, "2024-01-10", "2024-01-10")
    deposit(world, "exemption ended", "one", exempt, **ended)
    deposit(world, "exemption ended", "two", cash)
    deposit(world, "exemption withdrawn", "one", exempt, status="expired")
    deposit(world, "exemption withdrawn", "two", cash)
    deposit(world, "exempt until today", "one", exempt, valid_to="2025-01-01")
    returned = ("guarantee", 500, "2024-01-10", "2024-07-01")
    deposit(world, "guarantee returned", "one", returned, status="returned")
    deposit(world, "guarantee returned", "two", cash)
    deposit(world, "only lapsed", "one", guarantee, **lapsed)
    deposit(world, "only returned", "one", guarantee, status="returned")
    deposit(world, "guarantee missing", "one", guarantee, status="missing")
    deposit(world, "guarantee drawn", "one", guarantee, status="drawn")


LAPSED = {  # days at AS_OF and NEXT
    "cash": (0, 0),
    "renewed": (0, 0),
    "exemption ended": (0, 0),  # cash took its place
    "exempt until today": (0, 1),
    "only lapsed": (185, 186),  # since 30 June
    "only returned": (0, 0),
    "from today": (nan, 0),
    "none": (nan, nan),
}
"""Days since the last deposit ran out."""

VALID = {  # the work done on, status, whether the deposit is valid
    "stored": (None, "stored", 1),
    "returned while running": (None, "returned", 0),
    "returned after completion": ("2024-12-31", "returned", nan),
    "returned before completion": ("2025-01-01", "returned", 0),
    "missing after completion": ("2024-12-31", "missing", 0),
}

PAIRS = {  # kind and status of two deposits; then whether they are valid, drawn on and exempt
    "one exempt": (("exempt", "stored"), ("cash", "stored"), (1, 0, 1)),
    "exempt, not stored": (("exempt", "missing"), ("cash", "missing"), (1, 0, 1)),
    "one drawn": (("cash", "drawn"), ("cash", "stored"), (1, 1, 0)),
    "none stored": (("cash", "missing"), ("cash", "returned"), (0, 0, 0)),
}


def test_a_deposit_returned_after_completion_is_not_missing(world):
    for name, (completed_on, status, _) in VALID.items():
        world.project(name, completed_on=completed_on)
        deposit(world, name, "one", ("cash", 200, "2024-01-10", "2024-12-30"), status=status)
    found = value_table(world.store, ["deposit_valid"], [AS_OF])
    valid = {name: found[name, AS_OF]["deposit_valid"] for name in VALID}
    expected = {name: value for name, (*_, value) in VALID.items()}
    assert valid == pytest.approx(expected, nan_ok=True)


def test_one_of_two_deposits_decides(world):
    names = ("deposit_valid", "deposit_drawn", "deposit_exempt")
    for name, (*both, _) in PAIRS.items():
        world.project(name)
        for number, (kind, status) in enumerate(both):
            deposit(world, name, str(number), (kind, 0, *["2024-01-10"] * 2), status=status)
    found = value_table(world.store, names, [AS_OF])
    values = {name: tuple(found[name, AS_OF].values()) for name in PAIRS}
    assert values == {name: expected for name, (*_, expected) in PAIRS.items()}


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        yield value_table(store, (*NAMES, "deposit_lapsed_days"), [AS_OF, NEXT])


@pytest.mark.parametrize("as_of", [AS_OF, NEXT], ids=str)
@pytest.mark.parametrize("project", EXPECTED)
def test_deposits(values, project, as_of):
    expected = EXPECTED[project][as_of == NEXT]
    assert [values[project, as_of][name] for name in NAMES] == pytest.approx(
        list(expected), nan_ok=True
    )


@pytest.mark.parametrize("project", LAPSED)
def test_days_since_a_deposit_ran_out(values, project):
    found = [values[project, as_of]["deposit_lapsed_days"] for as_of in (AS_OF, NEXT)]
    assert found == pytest.approx(list(LAPSED[project]), nan_ok=True)


WAGES = 50_000 * YUAN

MONEY: dict[str, tuple[tuple, tuple[float, float, float, float]]] = {
    # Deposits: kind, status, required, stored, valid to; then the share stored of what is required,
    # the months of wages covered, the days lapsed and what is required of the contract.
    "half stored": ((("cash", "stored", 200, 100, None),), (0.5, 2, 0, 0.02)),
    "amount unknown": ((("cash", "stored", 200, None, None),), (1, 4, 0, 0.02)),
    "nothing filled in": (
        (("cash", "expired", 200, 200, "2024-06-30"), ("cash", "stored", None, None, None)),
        (nan, nan, 0, nan),
    ),
    "exempt": ((("exempt", "stored", 0, None, None),), (nan, nan, 0, 0)),
    "lapsed": ((("cash", "stored", 200, 200, "2024-12-31"),), (0, 0, 1, 0.02)),
    "until today": ((("cash", "stored", 200, 200, "2025-01-01"),), (1, 4, 0, 0.02)),
    # It is known since 30 December that these have lapsed.
    "lapsed, no end": ((("cash", "expired", 200, 200, None),), (0, 0, 2, 0.02)),
    "lapsed early": ((("cash", "expired", 200, 200, "2025-06-30"),), (0, 0, 2, 0.02)),
    "lapses today": ((("cash", "expired", 200, 200, "2025-01-01"),), (0, 0, 2, 0.02)),
    # Two parts make up the 200 that one of them states as required.
    "two parts": (
        (("cash", "stored", 200, 100, None), ("guarantee", "stored", 100, 100, None)),
        (1, 4, 0, 0.02),
    ),
    "two lapsed": (
        (("cash", "stored", 200, 200, "2024-12-22"), ("cash", "stored", 100, 100, "2024-12-31")),
        (0, 0, 10, 0.02),
    ),
    "one amount of two": (
        (("cash", "stored", 200, 50, None), ("cash", "stored", None, None, None)),
        (nan, nan, 0, 0.02),
    ),
    "nothing required": ((("cash", "stored", 0, 50, None),), (nan, 1, 0, 0)),
    "far too much": ((("cash", "stored", 200, 700, None),), (2, 14, 0, 0.02)),
    # The work is done: what was given back covers no wages, and is no lack; what is left does.
    "done, given back": ((("cash", "returned", 200, 200, None),), (nan, nan, 0, nan)),
    "done, one given back": (
        (("cash", "returned", 200, 200, None), ("cash", "stored", 100, 100, None)),
        (1, 2, 0, 0.01),
    ),
    "done, given back and lapsed": (
        (("cash", "returned", 200, 200, None), ("cash", "expired", 100, 100, "2024-06-30")),
        (0, nan, 185, 0.01),
    ),
}


def test_money_of_deposits(world):
    for name, (rows, _) in MONEY.items():
        done = "2024-12-31" if name.startswith("done") else None
        world.project(name, contract_amount=10_000_000 * YUAN, completed_on=done)
        world.payroll(name, "2024-12-15", project_id=name, amount_due=WAGES)
        for number, (kind, status, required, amount, valid_to) in enumerate(rows):
            row = (kind, required, "2024-01-10", "2024-12-30")
            stored = None if amount is None else amount * 1000 * YUAN
            deposit(world, name, str(number), row, status=status, amount=stored, valid_to=valid_to)
    names = ["deposit_cover", "deposit_months_of_wages", "deposit_lapsed_days", "deposit_rate"]
    found = value_table(world.store, names, [AS_OF])
    values = {name: [found[name, AS_OF][one] for one in names] for name in MONEY}
    expected = {name: pytest.approx(list(cells), nan_ok=True) for name, (_, cells) in MONEY.items()}
    assert values == expected
