"""Cells of one matrix by project or employer, and monthly indicators on hand-made records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from features.catalogue import Family
from features.matrix import feature_matrix
from risk.store.store import RecordStore

from ...conftest import World

Cells = Mapping[tuple[str, str], float]


def matrix_cells(store: RecordStore, as_of: dt.date, families: Sequence[Family]) -> Cells:
    """The value of each feature of ``families`` by unit and feature name; NaN is unknown."""
    matrix = feature_matrix(store, [as_of], families=families)
    return {
        (unit, name): float(cell)
        for unit, row in zip(matrix.project_ids, matrix.values, strict=True)
        for name, cell in zip(matrix.columns, row, strict=True)
    }


def add_months(
    world: World, org: str, indicator: str, values: Sequence[float], last: str = "2024-05"
) -> None:
    """One value a month up to the month ``last``, each known on the 20th of the next month."""
    year, month = map(int, last.split("-"))
    for back, value in enumerate(reversed(values)):
        periods = year * 12 + month - 1 - back
        period = dt.date(periods // 12, periods % 12 + 1, 1)
        known = dt.date((periods + 1) // 12, (periods + 1) % 12 + 1, 20)
        row = {"org_id": org, "period": period, "indicator": indicator}
        world.add("operations", **row, value=value, known_at=known)
