"""Calibration: from raw scores (log-odds) to probabilities, fitted on time after the training data.

Platt scaling: probability = 1 / (1 + exp(-(slope * raw + intercept))). A Gaussian prior draws the
slope towards 1, so that with few events the fit cannot reverse the order or flatten it. The same
as scikit-learn's ``CalibratedClassifierCV(method="sigmoid")`` but for that prior.
Source: J. Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PRIOR = np.array([10.0, 0.0])
"""Precision of the Gaussian prior on the slope and on the intercept."""

_PRIOR_MEAN = np.array([1.0, 0.0])
_MIN_SLOPE = 0.05


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
    """The calibration under which ``labels`` (0 or 1) are most likely, given the prior.

    Without any event or without any non-event there is nothing to fit: returns the identity.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]
    from scipy.special import expit  # type: ignore[import-untyped]

    if len(raw) == 0 or labels.min() == labels.max():
        return Calibration()
    design = np.column_stack([raw, np.ones_like(raw)])

    def loss(weights: NDArray[np.float64]) -> float:
        score = design @ weights
        prior = _PRIOR @ (weights - _PRIOR_MEAN) ** 2 / 2
        return float(np.sum(np.logaddexp(0.0, score) - labels * score) + prior)

    def gradient(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        residual = expit(design @ weights) - labels
        return np.asarray(design.T @ residual + _PRIOR * (weights - _PRIOR_MEAN))

    def hessian(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        chance = expit(design @ weights)
        return np.asarray((design * (chance * (1 - chance))[:, None]).T @ design + np.diag(_PRIOR))

    # The loss is convex: a trust region converges from any start, but only as far as differences
    # of the loss can be seen (about 1e-7); one Newton step takes it to the last digits. The ridge
    # keeps that step small where the loss is flat.
    start = minimize(
        loss, _PRIOR_MEAN, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9}
    ).x
    ridge = 1e-9 * np.eye(2)
    slope, intercept = start - np.linalg.solve(hessian(start) + ridge, gradient(start))
    return Calibration(slope=max(float(slope), _MIN_SLOPE), intercept=float(intercept))
