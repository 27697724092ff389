"""Ridge logistic regression on ranked features; often better than trees on small records.

Every feature is mapped to its rank among the training values, in [-1, 1], like scikit-learn's
``QuantileTransformer`` with 21 quantiles; unknown values take the median. scikit-learn's
``LogisticRegression`` cannot bound the sign of a coefficient, so the fit is our own: a feature with
a direction in the catalogue may only push that way. The contribution of a feature is its weight
times its distance from the training mean, so contributions and base add up exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import Kind, align_columns
from models.calibration import Calibration
from models.scorecard import Scorecard

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRENGTH = 0.003
"""Weight of the data against the ridge penalty; ``C`` in scikit-learn."""

_QUANTILES = 21
_DIGITS = 9


@dataclass(frozen=True)
class LogisticHyperparameters:
    """Hyperparameters; ``strength`` is the weight of the data against the ridge penalty.

    With ``from_scorecard`` the penalty draws the scores to those of the scorecard, else to one
    probability for all.
    """

    strength: float = STRENGTH
    from_scorecard: bool = False


@dataclass(frozen=True)
class LogisticModel:
    """A fitted model; log-odds throughout.

    Per column: ``edges``, the training quantiles that map a value into [-1, 1] (at least one);
    ``weights``; and ``typical``, the mean rank in training. The log-odds of ``scorecard`` are
    added, if there is one, before its calibration; it reads some of the same columns.
    """

    columns: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    typical: tuple[float, ...]
    intercept: float
    calibration: Calibration = field(default_factory=Calibration)
    kind: Kind = "logistic"
    scorecard: Scorecard | None = None

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""
        return np.asarray(self.contributions(matrix).sum(axis=1), dtype=np.float64)

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Contribution of each feature, shape (rows, columns + 1); the last column is the base."""
        ranks = _to_ranks(align_columns(matrix, self.columns), self.edges)
        weights, typical = np.array(self.weights), np.array(self.typical)
        base = self.intercept + float((weights * typical).sum())
        parts = np.hstack([(ranks - typical) * weights, np.full((len(ranks), 1), base)])
        if self.scorecard is not None:
            place = [self.columns.index(name) for name in self.scorecard.columns]
            parts[:, [*place, -1]] += self.scorecard.contributions(matrix)
        return parts


def fit_logistic(
    matrix: Matrix,
    labels: NDArray[np.float64],
    directions: Sequence[int] | None = None,
    *,
    strength: float = STRENGTH,
    scorecard: Scorecard | None = None,
) -> LogisticModel:
    """Fit on the rows of ``matrix``; ``labels`` are in [0, 1] and hold both classes.

    ``directions`` per column: 1, -1, or 0 for either; None means 0 for all. With a ``scorecard``,
    whose columns ``matrix`` must have, what is fitted is the difference to its log-odds.
    """
    offset = scorecard.raw(matrix) if scorecard else np.zeros(len(matrix.values))
    edges = tuple(_edges(matrix.values[:, column]) for column in range(len(matrix.columns)))
    design = np.ones((len(matrix.values), len(edges) + 1))
    ranks = _to_ranks(matrix.values, edges, out=design[:, :-1])
    weights = _minimise(design, labels, offset, directions or [0] * len(edges), strength)
    return LogisticModel(
        columns=matrix.columns,
        edges=edges,
        weights=tuple(round(float(weight), _DIGITS) for weight in weights[:-1]),
        typical=tuple(round(float(mean), _DIGITS) for mean in ranks.mean(axis=0)),
        intercept=round(float(weights[-1]), _DIGITS),
        scorecard=replace(scorecard, calibration=Calibration()) if scorecard else None,
    )


def _minimise(
    design: NDArray[np.float64],
    labels: NDArray[np.float64],
    offset: NDArray[np.float64],
    directions: Sequence[int],
    strength: float,
) -> NDArray[np.float64]:
    """Weights and intercept minimising ridge plus ``strength`` times log loss, within bounds.

    The last column of ``design`` is all ones (the intercept). ``offset`` is added to the log-odds.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw = design @ weights + offset
        ridge = weights[:-1]
        value = strength * float((np.logaddexp(0, raw) - labels * raw).sum())
        slope = strength * (design.T @ (1 / (1 + np.exp(-raw)) - labels))
        slope[:-1] += ridge
        return value + float(ridge @ ridge) / 2, slope

    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in directions]
    rate = float(np.clip(labels.mean(), 1e-6, 1 - 1e-6))
    centre = np.log(rate / (1 - rate)) - float(offset.mean())
    start = np.append(np.zeros(design.shape[1] - 1), centre)
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[*bounds, (None, None)],
        options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-7},
    )
    return np.asarray(found.x, dtype=np.float64)


def _edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    known = values[~np.isnan(values)]
    if not len(known):
        return (0.0,)
    marks = np.unique(np.quantile(known, np.linspace(0, 1, _QUANTILES)))
    return tuple(float(mark) for mark in marks)


def _to_ranks(
    values: NDArray[np.float64],
    edges: Sequence[Sequence[float]],
    out: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The ranks of ``values`` in [-1, 1]; written to ``out`` if given."""
    out = np.empty(values.shape) if out is None else out
    out[:] = 0.0
    for column, marks in enumerate(edges):
        if len(marks) > 1:
            known = values[:, column]
            unknown = np.isnan(known)
            if unknown.any():
                known = np.where(unknown, np.median(marks), known)
            out[:, column] = np.interp(known, marks, _evenly(len(marks)))
    return out


@cache
def _evenly(count: int) -> NDArray[np.float64]:
    """``count`` ranks from -1 to 1."""
    return np.linspace(-1, 1, count)
