"""Novelty: kinds of unit of which none was ever looked into, so that a score is an extrapolation.

The model learns only from what inspections and decided cases brought to light. A unit is novel if
none of its kind was inspected or had a decided case before: projects are of one kind if they share
sector, funding and size, employers if they share the township. Nothing that
raises the risk is compared, so that units of high risk are no more often novel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from features.engines.engine import Engine
from risk.contract_sizes import contract_size
from risk.unit_kinds import Kind

MIN_INSPECTED = 30
"""With fewer units looked into, no unit is called novel."""

_TOWNSHIP_DIGITS = 9

UNITS_SQL = """
    SELECT p.project_id, p.sector, p.funding, p.contract_amount, p.region_code,
           o.project_id IS NOT NULL
    FROM known_projects p
    LEFT JOIN (
      SELECT as_of, project_id FROM known_inspections
      UNION
      SELECT as_of, project_id FROM known_cases
      WHERE project_id IS NOT NULL AND status NOT IN ('accepted', 'filed')
    ) o ON o.as_of = p.as_of AND o.project_id = p.project_id
"""

Group = tuple[tuple[str, str | None], ...]
"""Attributes that units of one kind share, with their codes; None is unknown."""


@dataclass(frozen=True)
class Unit:
    """A known unit: its kind, and whether it was ever inspected or had a decided case."""

    unit_id: str
    group: Group
    looked_into: bool


@dataclass(frozen=True)
class Novelty:
    """The number of units looked into, and the kind of each novel unit by id."""

    inspected: int
    groups: Mapping[str, Group]


def known_units(engine: Engine, kind: Kind) -> list[Unit]:
    """All units known at the as_of of ``engine``, in the cohort or not."""
    group_of = _group_of_employer if kind == "employer" else _group_of_project
    return [
        Unit(str(unit_id), group_of(*attributes), bool(looked_into))
        for unit_id, *attributes, looked_into in engine.rows(UNITS_SQL)
    ]


def novel_units(units: Iterable[Unit]) -> Novelty | None:
    """The novel ones of ``units``; None if fewer than :data:`MIN_INSPECTED` were looked into.

    A unit of which no attribute is known is compared with none and is not novel.
    """
    units = list(units)
    inspected = sum(unit.looked_into for unit in units)
    if inspected < MIN_INSPECTED:
        return None
    seen = {unit.group for unit in units if unit.looked_into}
    groups = {
        unit.unit_id: unit.group
        for unit in units
        if unit.group not in seen and any(code is not None for _, code in unit.group)
    }
    return Novelty(inspected, groups)


def _group_of_project(sector: object, funding: object, amount: object, _: object) -> Group:
    return (("sector", _code(sector)), ("funding", _code(funding)), ("size", contract_size(amount)))


def _group_of_employer(_: object, __: object, ___: object, region: object) -> Group:
    code = _code(region)
    return (("township", code[:_TOWNSHIP_DIGITS] if code else None),)


def _code(value: object) -> str | None:
    return None if value is None else str(value)
