"""Conditional logit over the candidates of a complaint and the alternative "none of them".

The probabilities of one complaint sum to 1. The weights are fitted on the complaints that do name
their project, with a Gaussian prior around the shipped weights (which ``ConditionalLogit`` of
statsmodels lacks, as it lacks the alternative "none").
Source: D. McFadden, "Conditional logit analysis of qualitative choice behavior", 1974.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from models.linkage.similarity import FEATURE_COUNT, NONE_FEATURES, PAIR_FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR_STRENGTH = 20.0
"""Precision of the prior: the penalty on half the squared distance to the shipped weights."""

_DIGITS = 4


@dataclass(frozen=True)
class Weights:
    """Coefficients in log-odds, in the order of PAIR_FEATURES and NONE_FEATURES.

    ``learnt_from`` is the number of complaints they were fitted on.
    """

    values: tuple[float, ...]
    learnt_from: int


@cache
def shipped_weights(kind: str) -> Weights:
    """The weights that come with the release, for ``project`` or ``organisation``.

    Fitted on simulated counties by ``python -m training.linkage.train_weights``, which writes
    ``weights.toml``.
    """
    document = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))[kind]
    values = tuple(float(document[name]) for name in (*PAIR_FEATURES, *NONE_FEATURES))
    return Weights(values, int(document["learnt_from"]))


def probabilities(
    parts: NDArray[np.float64],
    real: NDArray[np.bool_],
    weights: Weights,
    offset: NDArray[np.float64] | float = 0.0,
) -> Probabilities:
    """Probabilities, shape (complaints, compared + 1); rows sum to 1, the last column is "none".

    ``parts`` are the similarity features; ``real`` has the shape of the result and is False where
    there is no candidate. ``offset`` is added to the log-odds.
    """
    raw = np.where(real, parts @ np.array(weights.values) + offset, -np.inf)
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def fit(
    parts: NDArray[np.float64],
    real: NDArray[np.bool_],
    target: NDArray[np.bool_],
    start: Weights | None = None,
    prior_strength: float = PRIOR_STRENGTH,
) -> Weights:
    """The maximum a posteriori weights, with the prior centred on ``start`` (None: on zero).

    ``target`` is True for the right candidates, or for the last column; at least once in each row.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    centre = np.array(start.values) if start else np.zeros(FEATURE_COUNT)
    if not len(parts):
        return start or Weights(tuple(centre), 0)

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw = np.where(real, parts @ values, -np.inf)
        every, right = _softmax(raw), _softmax(np.where(target & real, raw, -np.inf))
        off = values - centre
        slope = np.einsum("nk,nkf->f", every[0] - right[0], parts) + prior_strength * off
        value = float((every[1] - right[1]).sum()) + prior_strength / 2 * float(off @ off)
        return value, slope

    found = minimize(loss, centre, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return Weights(tuple(round(float(value), _DIGITS) for value in found.x), len(parts))


def _softmax(raw: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Softmax and log-sum-exp of each row."""
    top = raw.max(axis=1, keepdims=True)
    odds = np.exp(raw - top)
    total = odds.sum(axis=1, keepdims=True)
    return odds / total, (top + np.log(total)).ravel()


if TYPE_CHECKING:
    Probabilities = NDArray[np.float64]
