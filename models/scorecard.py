"""The expert scorecard: scores where too few events exist to fit a model.

Each line gives points if a feature passes its threshold; one point is 0.14 in log-odds, so five
points double the odds. An unknown value gives no points. Thresholds and points are expert
judgement. The lines are in the catalogue, with the features they read. The calibration gives the
mean probability its rate and follows the labels as far as there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Family, Points
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models import calibration
from models.base import Kind, align_columns
from models.calibration import Calibration
from risk import unit_kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG_ODDS_PER_POINT = 0.14
"""Lines overlap, so their points add up to more than they say together: at 0.35 the slope
of the recalibration was 0.69 on twelve simulated counties."""

PRIOR_RATE = 0.03
"""Assumed share of projects with an arrears event within 90 days where none was observed."""

PRIOR_ROWS = 200
"""Number of rows without labels that :data:`PRIOR_RATE` counts as."""

_TYPICAL_POINTS = 4.0

_SLOPE_PRECISION = 30.0

UNFITTED = Calibration(
    intercept=float(np.log(PRIOR_RATE / (1 - PRIOR_RATE))) - _TYPICAL_POINTS * LOG_ODDS_PER_POINT
)
"""Of a card that was fitted on no project; four points are about the middle."""


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

    calibration: Calibration = UNFITTED
    typical: tuple[float, ...] = ()
    kind: Kind = "scorecard"
    unit: unit_kinds.Kind = "project"
    columns: tuple[str, ...] = ()
    log_odds_per_point: float = LOG_ODDS_PER_POINT

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
        return np.asarray(
            self.points(matrix).sum(axis=1) * self.log_odds_per_point, dtype=np.float64
        )

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points above the mean per feature, in log-odds; the last column is the base."""
        typical = np.array(self.typical or np.zeros(len(self.columns)))
        typical *= self.log_odds_per_point
        parts = self.points(matrix) * self.log_odds_per_point - typical
        return np.column_stack([parts, np.full(len(parts), typical.sum())])


def scorecard_for(matrix: Matrix) -> Scorecard:
    """The scorecard with the lines whose features are columns of ``matrix``, not yet fitted."""
    whole = Scorecard(unit=matrix.kind)
    return replace(whole, columns=tuple(n for n in whole.columns if n in matrix.columns))


def fit_scorecard(matrix: Matrix, labels: NDArray[np.float64]) -> Scorecard:
    """The scorecard for the rows of ``matrix``, calibrated to their ``labels``.

    ``labels`` are 0 or 1, shape (rows,), or of shape (0,) if none are known. The points stay as
    they are: what is fitted is a slope and an intercept, drawn to slope 1 and to the intercept that
    makes the mean probability :func:`shrunk_rate`.
    """
    blank = scorecard_for(matrix)
    if not len(matrix.project_ids):
        return blank
    typical = blank.points(matrix).mean(axis=0)
    raw, rate = blank.raw(matrix), shrunk_rate(labels)
    centre = calibration.with_mean(raw, rate)
    prior = calibration.Prior(centre, _SLOPE_PRECISION, PRIOR_ROWS * rate * (1 - rate))
    fitted = calibration.fit(raw, labels, prior) if len(labels) else centre
    return replace(blank, calibration=fitted, typical=tuple(typical.tolist()))


def shrunk_rate(labels: NDArray[np.float64]) -> float:
    """The event rate of ``labels``, drawn to :data:`PRIOR_RATE`.

    >>> shrunk_rate(np.array([]))
    0.03
    """
    events = float(labels.sum()) + PRIOR_RATE * PRIOR_ROWS
    return min(max(events / (len(labels) + PRIOR_ROWS), 0.001), 0.5)


def _passes(line: Points, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = ~np.isnan(values)
    if line.at_least is not None:
        return known & (np.nan_to_num(values) >= line.at_least)
    return known & (np.nan_to_num(values) <= (line.at_most or 0.0))
