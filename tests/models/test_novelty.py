"""Novelty: a unit is novel if none of its kind was ever looked into."""

from __future__ import annotations

import datetime as dt

import pytest

from features.engines.duckdb import DuckDBEngine
from features.matrix import steps_read_by
from models.novelty import MIN_INSPECTED, UNITS_SQL, Unit, known_units, novel_units
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 6, 1)
BUILDING = (("sector", "building"), ("funding", "private"), ("size", "up_to_10m"))
ENERGY = (("sector", "energy"), ("funding", "private"), ("size", "up_to_10m"))
UNKNOWN = (("sector", None), ("funding", None), ("size", None))


def units(inspected=MIN_INSPECTED):
    seen = [Unit(f"P{n}", BUILDING, looked_into=True) for n in range(inspected)]
    others = (("A", BUILDING), ("B", ENERGY), ("C", UNKNOWN))
    return [*seen, *(Unit(name, group, looked_into=False) for name, group in others)]


def novelty_of(store):
    engine = DuckDBEngine(store, [AS_OF])
    try:
        engine.run(steps_read_by([UNITS_SQL], store.kind))
        return known_units(engine, store.kind)
    finally:
        engine.close()


def test_a_unit_is_novel_if_none_of_its_kind_was_looked_into():
    found = novel_units(units())
    assert found.groups == {"B": ENERGY}, "of C nothing is known to compare"
    assert found.inspected == MIN_INSPECTED
    assert novel_units(units(MIN_INSPECTED - 1)) is None


def test_a_unit_itself_looked_into_is_never_novel():
    alone = Unit("D", ENERGY, looked_into=True)
    assert "D" not in novel_units([*units(), alone]).groups
    assert "B" not in novel_units([*units(), alone]).groups


@pytest.mark.parametrize(
    ("amount", "size"),
    [
        (1_000_000_000, "up_to_10m"),
        (1_000_000_001, "10m_to_100m"),
        (10_000_000_001, "over_100m"),
        (None, None),
    ],
)
def test_kinds_are_read_from_records_known_before(world, amount, size):
    world.project("P1", sector="energy", contract_amount=amount)
    world.project("P2", known_at="2025-06-01")
    (unit,) = novelty_of(world.store)
    assert unit == Unit("P1", (("sector", "energy"), ("funding", None), ("size", size)), False)


def test_inspections_and_decided_cases_look_into_a_unit(world):
    for name in ("P1", "P2", "P3", "P4", "P5"):
        world.project(name)
    visit = {"project_id": "P1", "inspected_on": "2025-05-02", "kind": "routine"}
    world.add("inspections", inspection_id="I", arrears_found=False, known_at="2025-05-03", **visit)
    for name, status in (("P2", "unfounded"), ("P3", "filed"), ("P5", "accepted")):
        case = {"project_id": name, "status": status, "opened_on": "2025-05-01"}
        world.add("cases", case_id=name, known_at="2025-05-02", **case)
    looked = {unit.unit_id: unit.looked_into for unit in novelty_of(world.store)}
    assert looked == {"P1": True, "P2": True, "P3": False, "P4": False, "P5": False}


def test_few_are_novel_in_a_county_and_all_of_a_sector_that_nobody_visits(county):
    with RecordStore(county.records, read_only=True) as store:
        known = novelty_of(store)
    found = novel_units(known)
    assert len(found.groups) / len(known) < 0.05
    looked = {unit.unit_id for unit in known if unit.looked_into}
    assert not looked & set(found.groups)
    assert len(looked) == found.inspected > 100
    transport = {unit.unit_id for unit in known if dict(unit.group)["sector"] == "transport"}
    unvisited = [
        Unit(one.unit_id, one.group, one.looked_into and one.unit_id not in transport)
        for one in known
    ]
    assert transport <= set(novel_units(unvisited).groups)
