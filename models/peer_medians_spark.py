"""What is typical among peers, told from a cohort too large to be held: small tables of medians.

The same definition as :func:`models.reasons.peer_medians`, computed where the rows are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.reasons import MIN_PEERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.engines.spark import SparkEngine

_SIZE = {"project": "contract_amount_yuan", "employer": "insured_staff"}
_SECTOR = {"project": "coalesce(CAST(building_sector AS INT), 2) * 10", "employer": "0"}


@dataclass(frozen=True)
class PeerMedians:
    """The median of every column by group of peers, and over the whole cohort where few know it."""

    groups: Mapping[int, NDArray[np.float64]]
    overall: NDArray[np.float64]

    def of(self, peers: Sequence[int]) -> NDArray[np.float64]:
        """One row per entry of ``peers``; shape (rows, columns)."""
        if not len(peers):
            return np.zeros((0, len(self.overall)))
        return np.stack([self.groups.get(group, self.overall) for group in peers])


def peer_groups_sql(engine: SparkEngine, matrix: str) -> str:
    """SQL that adds ``peers``, the number of its group, to each row of the view ``matrix``.

    Groups are made of the sector and the third by size, as known of one as_of.
    """
    size = _SIZE[engine.kind]
    marks = engine.rows(f"SELECT percentile({size}, array({1 / 3}D, {2 / 3}D)) FROM {matrix}")
    found = marks[0][0]
    if not isinstance(found, list):
        return f"SELECT *, {_SECTOR[engine.kind]} + 3 AS peers FROM {matrix}"
    third = " + ".join(f"CASE WHEN {size} >= {float(mark)!r}D THEN 1 ELSE 0 END" for mark in found)
    return (
        f"SELECT *, {_SECTOR[engine.kind]}"
        f" + CASE WHEN {size} IS NULL THEN 3 ELSE {third} END AS peers FROM {matrix}"
    )


def peer_medians_of(engine: SparkEngine, matrix: str, columns: Sequence[str]) -> PeerMedians:
    """The medians over the view ``matrix``, which has the groups of :func:`peer_groups_sql`."""
    cells = ", ".join(columns)
    small = engine.frame(
        "SELECT peers, place, percentile(value, 0.5), count(*) FROM ("
        f"  SELECT peers, posexplode(array({cells})) AS (place, value) FROM {matrix}"
        ") cells WHERE value IS NOT NULL GROUP BY GROUPING SETS ((peers, place), (place))"
    )
    rows = small.collect()
    everywhere = np.full(len(columns), np.nan)
    for peers, place, middle, _ in rows:
        if peers is None:
            everywhere[place] = middle
    groups: dict[int, NDArray[np.float64]] = {}
    for peers, place, middle, known in rows:
        if peers is not None and known >= MIN_PEERS:
            groups.setdefault(peers, everywhere.copy())[place] = middle
    return PeerMedians(groups, everywhere)


def nan_as_null(columns: Sequence[str], matrix: str) -> str:
    """The rows of ``matrix`` with NaN as NULL, which is how Spark leaves a value out."""
    cells = ", ".join(f"CASE WHEN NOT isnan({name}) THEN {name} END AS {name}" for name in columns)
    return f"SELECT as_of, project_id, {cells} FROM ({matrix}) m"
