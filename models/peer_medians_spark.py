"""Peer medians on Spark, for cohorts too large for memory.

Same definition as :func:`models.peer_medians.peer_medians`. The medians reach the driver, and
the one column that terciles are made of: eight bytes a project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.peer_medians import MIN_PEERS, TERCILE_MARKS, Typical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.engines.spark import SparkEngine

_SIZE = {"project": "contract_amount_yuan", "employer": "insured_staff"}
_SECTOR = {"project": "coalesce(CAST(building_sector AS INT), 2) * 10", "employer": "0"}


@dataclass(frozen=True)
class PeerMedians:
    """Medians of every column by peer group, NaN where too few peers have a value; ``overall``."""

    groups: Mapping[int, NDArray[np.float64]]
    overall: NDArray[np.float64]

    def of(self, peers: Sequence[int]) -> Typical:
        """The medians of each row's group, of shape (len(peers), columns).

        A column that is NaN in a group falls back on the whole cohort.
        """
        groups = np.asarray(peers, dtype=np.int64)
        if not len(peers):
            empty = np.zeros((0, len(self.overall)))
            return Typical(empty, groups, np.zeros(empty.shape, dtype=bool))
        none = np.full_like(self.overall, np.nan)
        own = np.stack([self.groups.get(group, none) for group in peers])
        in_group = ~np.isnan(own)
        return Typical(np.where(in_group, own, self.overall), groups, in_group)


def peer_groups_sql(engine: SparkEngine, matrix: str) -> str:
    """SQL that adds ``peers``, the number of the peer group, to each row of the view ``matrix``.

    Groups are sector and tercile by size; the view holds one as_of.
    """
    size = _SIZE[engine.kind]
    # By NumPy, as without Spark: percentiles of Spark are interpolated by another formula, and a
    # project whose value equals a mark up to the last digit would be in another tercile.
    known = engine.fetch(f"SELECT {size} AS size FROM {matrix} WHERE {size} IS NOT NULL")["size"]
    if not len(known):
        return f"SELECT *, {_SECTOR[engine.kind]} + 3 AS peers FROM {matrix}"
    terciles = np.quantile(known.to_numpy(), TERCILE_MARKS)
    third = " + ".join(f"CASE WHEN {size} >= {float(cut)!r}D THEN 1 ELSE 0 END" for cut in terciles)
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
            groups.setdefault(peers, np.full(len(columns), np.nan))[place] = middle
    return PeerMedians(groups, everywhere)


def nan_as_null(columns: Sequence[str], matrix: str) -> str:
    """SQL for the rows of ``matrix`` with NULL for NaN: Spark's aggregates skip NULL only."""
    cells = ", ".join(f"CASE WHEN NOT isnan({name}) THEN {name} END AS {name}" for name in columns)
    return f"SELECT as_of, project_id, {cells} FROM ({matrix}) m"
