"""Novelty detection: is a project similar to any that was inspected (the applicability domain)?

The model learns only from what inspections and complaints brought to light; the score of a project
unlike any inspected one is an extrapolation. Each project is compared with up to 300 inspected
ones, as ``NearestNeighbors(n_neighbors=1)`` of scikit-learn would on coded features: a value counts
by its quintile among the inspected values (or as out of range), an unknown value as a level of its
own, so no unit outweighs another (after J. Gower, "A general coefficient of similarity", 1971). A
project is novel if it is further from its nearest neighbour than 99 % of the inspected ones are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import align_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARTIFACT = "resemblance.json"
"""File name of the artifact stored with a model."""

MAX_PROTOTYPES = 300
MIN_INSPECTED = 30
"""With fewer inspected projects no detector is fitted."""

_SHARE_INSIDE = 0.99
_CUTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_BLOCK = 10_000


@dataclass(frozen=True)
class NoveltyDetector:
    """A fitted detector.

    ``edges`` are the quantiles per column; ``levels`` are those of the prototypes, shape
    (prototypes, columns). A level is the number of edges at or below the value, -1 if unknown.
    """

    columns: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]
    levels: NDArray[np.int8]
    threshold: float

    def is_novel(self, matrix: Matrix) -> NDArray[np.bool_]:
        """True for rows unlike any inspected project, shape (rows,)."""
        levels = _levels(align_columns(matrix, self.columns), self.edges)
        return np.asarray(_nearest(levels, self.levels) > self.threshold)

    def to_text(self) -> str:
        """The detector as JSON."""
        return json.dumps(
            {
                "columns": list(self.columns),
                "edges": [list(marks) for marks in self.edges],
                "levels": self.levels.tolist(),
                "limit": self.threshold,
            }
        )


def from_text(body: str) -> NoveltyDetector:
    """The detector that :meth:`NoveltyDetector.to_text` wrote."""
    read = json.loads(body)
    return NoveltyDetector(
        columns=tuple(read["columns"]),
        edges=tuple(tuple(marks) for marks in read["edges"]),
        levels=np.array(read["levels"], dtype=np.int8),
        threshold=float(read["limit"]),
    )


def fit_novelty_detector(inspected: Matrix, seed: int = 0) -> NoveltyDetector | None:
    """Fit on the rows of inspected projects; None if there are fewer than MIN_INSPECTED."""
    if len(set(inspected.project_ids)) < MIN_INSPECTED:
        return None
    edges = tuple(_edges(inspected.values[:, column]) for column in range(len(inspected.columns)))
    levels = _levels(inspected.values, edges)
    chosen = _latest_of_each(inspected.project_ids, seed)
    gaps = _nearest_other(levels[chosen])
    limit = float(np.quantile(gaps, _SHARE_INSIDE, method="higher"))
    return NoveltyDetector(inspected.columns, edges, levels[chosen], limit)


def _latest_of_each(project_ids: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Indices of the last row of each project, for at most MAX_PROTOTYPES projects at random."""
    last = {name: row for row, name in enumerate(project_ids)}
    rows = np.array([last[name] for name in sorted(last)], dtype=np.int64)
    chosen = np.random.default_rng(seed).permutation(len(rows))[:MAX_PROTOTYPES]
    return rows[np.sort(chosen)]


def _edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    known = values[~np.isnan(values)]
    if not len(known):
        return ()
    return tuple(float(cut) for cut in np.unique(np.quantile(known, _CUTS)))


def _levels(values: NDArray[np.float64], edges: Sequence[Sequence[float]]) -> NDArray[np.int8]:
    out = np.empty(values.shape, dtype=np.int8)
    for column, marks in enumerate(edges):
        known = values[:, column]
        level = np.searchsorted(np.array(marks), known, side="left")
        level += np.isin(known, marks[:1])  # the least inspected value is within the range
        out[:, column] = np.where(np.isnan(known), -1, level)
    return out


def _coded(levels: NDArray[np.int8]) -> NDArray[np.float32]:
    """Rows whose squared Euclidean distance is the number of level steps between them.

    An unknown value is the full number of steps from any known one. All are whole numbers below
    2**24, so sums of 32-bit floats are exact in any order.
    """
    steps = np.arange(len(_CUTS), dtype=np.int8)
    unknown = levels < 0
    known = np.where(unknown, len(_CUTS) // 2, levels)
    bits = (known[:, :, None] > steps).reshape(len(levels), -1)
    marks = unknown.astype(np.float32) * 2
    return np.hstack([bits.astype(np.float32), marks])


def _distances(levels: NDArray[np.int8], others: NDArray[np.int8]) -> NDArray[np.float32]:
    ours, theirs = _coded(levels), _coded(others)
    squares = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1)[None, :]
    return np.asarray(squares - 2 * ours @ theirs.T, dtype=np.float32)


def _nearest(levels: NDArray[np.int8], prototypes: NDArray[np.int8]) -> NDArray[np.float64]:
    parts = [
        _distances(levels[start : start + _BLOCK], prototypes).min(axis=1)
        for start in range(0, len(levels), _BLOCK)
    ]
    return np.concatenate(parts, dtype=np.float64) if parts else np.zeros(0)


def _nearest_other(levels: NDArray[np.int8]) -> NDArray[np.float64]:
    gaps = _distances(levels, levels)
    np.fill_diagonal(gaps, np.inf)
    return np.asarray(gaps.min(axis=1), dtype=np.float64)
