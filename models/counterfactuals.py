"""Counterfactual scores: the probability if one unmet duty were met.

A lever raises or lowers the features of one duty to their compliant values where they are worse,
leaves all others unchanged, and scores again. It explains how the model reads the records; it does
not forecast the effect of meeting the duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Duty, Family
from features.feature_sets import ALL_FAMILIES
from features.matrix import Matrix
from models.base import ScoringModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_EFFECT = 0.001
"""Smaller decreases of the probability are left out."""

ALL_DUTIES = "all_duties"


@dataclass(frozen=True)
class Lever:
    """A duty, its ``article`` in the Regulation, and its features' values with the duty met."""

    code: str
    article: str
    met: Mapping[str, float]


@dataclass(frozen=True)
class LeverEffect:
    """The probability with the duty met; without an article for all duties together."""

    code: str
    article: str | None
    probability: float


def levers_of(families: Iterable[Family]) -> tuple[Lever, ...]:
    """The levers of the duties that features of ``families`` name, in order of first mention."""
    met: dict[Duty, dict[str, float]] = {}
    for family in families:
        for feature in family.features:
            if feature.duty is not None and feature.compliant_value is not None:
                met.setdefault(feature.duty, {})[feature.name] = feature.compliant_value
    return tuple(Lever(duty.code, duty.article, values) for duty, values in met.items())


LEVERS = levers_of(ALL_FAMILIES)
_DIRECTIONS = {one.name: one.direction for family in ALL_FAMILIES for one in family.features}
_NO_WORSE = {1: np.minimum, -1: np.maximum}
"""By direction of a feature, what keeps its better values; unknown ones stay unknown."""


def lever_effects(model: ScoringModel, matrix: Matrix) -> list[tuple[LeverEffect, ...]]:
    """Per row of ``matrix`` the levers that lower its probability.

    Sorted by the resulting probability, lowest first; all duties together come last. Unknown
    values stay unknown, and values better than compliant, such as more workers registered than
    present, stay as they are.
    """
    now = model.calibration.probability(model.raw(matrix))
    every = {name: value for lever in LEVERS for name, value in lever.met.items()}
    levers = {lever.code: (lever.article, lever.met) for lever in LEVERS}
    effects: list[list[LeverEffect]] = [[] for _ in matrix.project_ids]
    for code, (article, met) in {**levers, ALL_DUTIES: (None, every)}.items():
        changed = _met(matrix, met)
        touched = np.flatnonzero(
            ((changed != matrix.values) & ~np.isnan(matrix.values)).any(axis=1)
        )
        if not touched.size:
            continue
        then = model.calibration.probability(model.raw(_rows(matrix, changed, touched)))
        for index, row in enumerate(touched):
            if now[row] - then[index] >= MIN_EFFECT:
                effects[row].append(LeverEffect(code, article, float(then[index])))
    return [
        tuple(sorted(row, key=lambda e: (e.code == ALL_DUTIES, e.probability))) for row in effects
    ]


def _met(matrix: Matrix, met: Mapping[str, float]) -> NDArray[np.float64]:
    values = matrix.values.copy()
    for name, value in met.items():
        if name in matrix.columns:
            column = values[:, matrix.columns.index(name)]
            column[:] = _NO_WORSE[_DIRECTIONS[name]](column, value)
    return values


def _rows(matrix: Matrix, values: NDArray[np.float64], rows: NDArray[np.int64]) -> Matrix:
    names = tuple(matrix.project_ids[row] for row in rows)
    return replace(matrix, as_ofs=matrix.as_ofs[rows], project_ids=names, values=values[rows])
