"""Similar projects: of the same sector and funding, the nearest in size, people and progress."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SIMILAR = 5

Row = Mapping[str, Any]


def similar_projects(rows: Sequence[Row]) -> Mapping[str, list[str]]:
    """Per project_id up to five others, the nearest first; rows are those of the register.

    Size and people count by their logarithm, time by the share of the planned duration. What is
    unknown stands at its kind's middle.
    """
    from scipy.spatial import cKDTree  # type: ignore[import-untyped]

    kinds: dict[tuple[object, object], list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row["sector"], row["funding"]].append(row)
    found: dict[str, list[str]] = {}
    for members in kinds.values():
        points = _points(members)
        _, nearest = cKDTree(points).query(points, k=min(SIMILAR + 1, len(members)))
        places = np.reshape(nearest, (len(members), -1))
        for row, order in zip(members, places, strict=True):
            others = [members[place]["project_id"] for place in order]
            found[row["project_id"]] = [o for o in others if o != row["project_id"]][:SIMILAR]
    return found


def _points(rows: Sequence[Row]) -> Any:
    values = np.array([[_log(r["contract_amount"]), _log(r["workers"]), _days(r)] for r in rows])
    known = ~np.isnan(values)
    middle = [np.median(c[k]) if k.any() else 0.0 for c, k in zip(values.T, known.T, strict=True)]
    values = np.where(known, values, middle)
    spread = values.std(axis=0)
    return values / np.where(spread > 0, spread, 1.0)


def _log(value: float | None) -> float:
    return math.log1p(value) if value is not None else math.nan


def _days(row: Row) -> float:
    progress = row["progress"]
    return math.nan if progress is None else float(progress)
