"""Similar projects: nearest in size, workers and progress, within sector and funding."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SIMILAR = 5

Row = Mapping[str, Any]


def similar_projects(rows: Sequence[Row]) -> Mapping[str, list[str]]:
    """Return up to five similar projects per project_id of the register's ``rows``, nearest first.

    Distances use the logarithms of size and workers and the elapsed share of the planned duration;
    unknown values are replaced by the median of the group.
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
