"""The expert scorecard: scores where too few events exist to fit a model.

Each line gives points if a feature passes its threshold; one point is 0.35 in log-odds, so five
points make the odds about six times larger. An unknown value gives no points. Thresholds and points
are expert judgement. The lines are in the catalogue, with the features they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Family, Points
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.base import Kind, align_columns
from models.calibration import Calibration
from risk import unit_kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG_ODDS_PER_POINT = 0.35
PRIOR_RATE = 0.03
"""Assumed share of projects with an arrears event within 90 days where none was observed."""


def lines_of(families: Iterable[Family]) -> tuple[tuple[str, Points], ...]:
    """The scorecard lines of ``families``, each with the name of its feature."""
    return tuple(
        (feature.name, points)
        for family in families
        for feature in family.features
        for points in feature.scorecard
    )


LINES: Mapping[unit_kinds.Kind, tuple[tuple[str, Points], ...]] = {
    kind: lines_of(FEATURE_SETS[kind].families) for kind in unit_kinds.KINDS
}


@dataclass(frozen=True)
class Scorecard:
    """The scorecard of one kind of ``unit`` as a scoring model.

    ``columns`` are the features it reads, by default those of all lines of the catalogue; lines of
    other features do not count, so a stored scorecard keeps its features. ``typical`` holds the
    mean points per column in the place it was fitted on: the contribution of a column is what a
    project has above or below it, so low risk has reasons too.
    """

    calibration: Calibration = field(default_factory=lambda: for_rate(PRIOR_RATE, 4.0))
    typical: tuple[float, ...] = ()
    kind: Kind = "scorecard"
    unit: unit_kinds.Kind = "project"
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take the features of all lines where no ``columns`` are given."""
        if not self.columns:
            names = tuple(dict.fromkeys(name for name, _ in LINES[self.unit]))
            object.__setattr__(self, "columns", names)

    def points(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points per row and column, shape (rows, len(columns))."""
        values = align_columns(matrix, self.columns)
        points = np.zeros_like(values)
        place = {name: index for index, name in enumerate(self.columns)}
        for name, line in LINES[self.unit]:
            if name in place:
                column = place[name]
                points[:, column] += line.points * _passes(line, values[:, column])
        return points

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points in log-odds, shape (rows,)."""
        return np.asarray(self.points(matrix).sum(axis=1) * LOG_ODDS_PER_POINT, dtype=np.float64)

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points above the mean per feature, in log-odds; the last column is the base."""
        typical = np.array(self.typical or np.zeros(len(self.columns))) * LOG_ODDS_PER_POINT
        parts = self.points(matrix) * LOG_ODDS_PER_POINT - typical
        return np.column_stack([parts, np.full(len(parts), typical.sum())])


def fit_scorecard(matrix: Matrix, rate: float) -> Scorecard:
    """The scorecard for the rows of ``matrix``, calibrated to the mean probability ``rate``."""
    blank = Scorecard(unit=matrix.kind)
    if not len(matrix.project_ids):
        return blank
    typical = blank.points(matrix).mean(axis=0)
    fitted = for_rate(rate, float(typical.sum()))
    return replace(blank, calibration=fitted, typical=tuple(typical.tolist()))


def for_rate(rate: float, mean_points: float) -> Calibration:
    """The calibration that gives a project with ``mean_points`` the probability ``rate``."""
    odds = float(np.log(rate / (1 - rate)))
    return Calibration(slope=1.0, intercept=odds - mean_points * LOG_ODDS_PER_POINT)


def _passes(line: Points, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = ~np.isnan(values)
    if line.at_least is not None:
        return known & (np.nan_to_num(values) >= line.at_least)
    return known & (np.nan_to_num(values) <= (line.at_most or 0.0))
