"""Calibration: from raw scores (log-odds) to probabilities, fitted on time after the training data.

Platt scaling: probability = 1 / (1 + exp(-(slope * raw + intercept))). A Gaussian prior draws the
slope towards 1, so that with few events the fit cannot reverse the order or flatten it. It takes
the place of the smoothed targets of Platt and of scikit-learn's
``CalibratedClassifierCV(method="sigmoid")``; without either both fit the same logistic curve.
Source: J. Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Prior:
    """Gaussian prior of a calibration: its centre, and the precision of each coefficient."""

    centre: Calibration = Calibration()
    slope_precision: float = 10.0
    intercept_precision: float = 0.0


FLAT_INTERCEPT = Prior()
"""Any intercept is as likely as another: the mean probability is that of the labels."""


def with_mean(raw: NDArray[np.float64], rate: float) -> Calibration:
    """The calibration of slope 1 under which the mean probability of ``raw`` is ``rate``.

    ``rate`` is above 0 and below 1, ``raw`` is not empty. The mean of a convex function is above
    the function of the mean, so giving ``rate`` to a project of mean score would overstate the sum.

    >>> round(float(with_mean(np.array([0.0, 4.0]), 0.5).intercept), 6)
    -2.0
    """
    from scipy.optimize import brentq  # type: ignore[import-untyped]
    from scipy.special import expit, logit  # type: ignore[import-untyped]

    def excess(intercept: float) -> float:
        return float(expit(raw + intercept).mean()) - rate

    centre = float(logit(rate))
    low, high = centre - float(raw.max()), centre - float(raw.min())
    return Calibration(intercept=low if low == high else float(brentq(excess, low, high)))


def fit(
    raw: NDArray[np.float64],
    labels: NDArray[np.float64],
    prior: Prior = FLAT_INTERCEPT,
) -> Calibration:
    """The calibration under which ``labels`` (0 or 1) are most likely, given the prior.

    Without any event or without any non-event there is nothing to fit: returns the prior's centre.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    if len(raw) == 0 or labels.min() == labels.max():
        return prior.centre
    mean = np.array([prior.centre.slope, prior.centre.intercept])
    precision = np.array([prior.slope_precision, prior.intercept_precision])
    design = np.column_stack([raw, np.ones_like(raw)])

    def loss(weights: NDArray[np.float64]) -> float:
        score = design @ weights
        penalty = precision @ (weights - mean) ** 2 / 2
        return float(np.sum(np.logaddexp(0.0, score) - labels * score) + penalty)

    def gradient(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        residual = expit(design @ weights) - labels
        return np.asarray(design.T @ residual + precision * (weights - mean))

    def hessian(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        chance = expit(design @ weights)
        spread = (design * (chance * (1 - chance))[:, None]).T @ design
        return np.asarray(spread + np.diag(precision))

    # The loss is convex: a trust region converges from any start, but only as far as differences
    # of the loss can be seen (about 1e-7); one Newton step takes it to the last digits. The ridge
    # keeps that step small where the loss is flat.
    start = minimize(
        loss, mean, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9}
    ).x
    ridge = 1e-9 * np.eye(2)
    slope, intercept = start - np.linalg.solve(hessian(start) + ridge, gradient(start))
    return Calibration(slope=max(float(slope), _MIN_SLOPE), intercept=float(intercept))
