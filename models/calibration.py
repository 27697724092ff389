"""From a raw score (log-odds) to a probability, fitted on time after the training data.

Platt's scaling: probability = 1 / (1 + exp(-(slope * raw + intercept))). With few events the
slope is drawn towards 1 by a Gaussian prior, so a handful of events cannot turn the order over.
Source: J. Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PRIOR_PRECISION = 10.0
_MIN_SLOPE = 0.05
_STEPS = 50


@dataclass(frozen=True)
class Calibration:
    """A monotone map from raw scores to probabilities; ``slope`` is above 0."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities for raw scores, same shape.

        >>> Calibration().probability(np.array([0.0])).tolist()
        [0.5]
        """
        scaled: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-(self.slope * raw + self.intercept)))
        return scaled


def fit(raw: NDArray[np.float64], labels: NDArray[np.float64]) -> Calibration:
    """The calibration that makes ``labels`` (0 or 1) most likely, slope drawn towards 1.

    Without any event or without any non-event nothing can be fitted and the identity comes back.
    """
    if len(raw) == 0 or labels.min() == labels.max():
        return Calibration()
    design = np.column_stack([raw, np.ones_like(raw)])
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        step = _newton_step(design, labels, weights)
        loss = _loss(design, labels, weights)
        size = 1.0
        while size > 1e-8 and _loss(design, labels, weights - size * step) > loss:
            size /= 2
        weights = weights - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return Calibration(slope=max(float(weights[0]), _MIN_SLOPE), intercept=float(weights[1]))


def _loss(
    design: NDArray[np.float64], happened: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    score = design @ weights
    prior = _PRIOR_PRECISION * (weights[0] - 1.0) ** 2 / 2
    return float(np.sum(np.logaddexp(0.0, score) - happened * score) + prior)


def _newton_step(
    design: NDArray[np.float64], happened: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -500, 500)))
    prior = np.array([_PRIOR_PRECISION, 0.0])
    gradient = design.T @ (chance - happened) + prior * (weights - np.array([1.0, 0.0]))
    curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(prior)
    return np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
