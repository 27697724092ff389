"""How likely each of those in question is meant, or none of them: a conditional logit.

The chances of one complaint's candidates and of none of them sum to 1. The weights are those that
make the projects complaints do name most likely; with few of them they stay near the ones shipped.
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
"""How strongly the shipped weights hold, as the penalty on half the squared distance to them."""

_DIGITS = 4


@dataclass(frozen=True)
class Weights:
    """What each part adds to the log-odds, in the order of PAIR_FEATURES and NONE_FEATURES."""

    values: tuple[float, ...]
    learnt_from: int = 0


@cache
def shipped_weights(kind: str) -> Weights:
    """The weights that come with the release, for ``project`` or ``organisation``.

    Learnt from simulated counties by ``python -m training.linkage.train_weights``, which writes the
    file anew.
    """
    document = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))[kind]
    values = tuple(float(document[name]) for name in (*PAIR_FEATURES, *NONE_FEATURES))
    return Weights(values, int(document["learnt_from"]))


def probabilities(
    parts: NDArray[np.float64], real: NDArray[np.bool_], weights: Weights
) -> Probabilities:
    """Shape (complaints, compared + 1); rows sum to 1, the last column is none of them.

    ``real`` has the shape of the result and is False where there is no candidate.
    """
    raw = np.where(real, parts @ np.array(weights.values), -np.inf)
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def fit(
    parts: NDArray[np.float64],
    real: NDArray[np.bool_],
    target: NDArray[np.bool_],
    start: Weights | None = None,
    prior_strength: float = PRIOR_STRENGTH,
) -> Weights:
    """Weights under which what was meant is most likely, held to ``start`` (None: to zero).

    ``target`` marks the candidates that were meant, or the last column; at least one in a row.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    held = np.array(start.values) if start else np.zeros(FEATURE_COUNT)
    if not len(parts):
        return start or Weights(tuple(held))

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw = np.where(real, parts @ values, -np.inf)
        every, right = _softmax(raw), _softmax(np.where(target & real, raw, -np.inf))
        slope = np.einsum("nk,nkf->f", every[0] - right[0], parts) + prior_strength * (
            values - held
        )
        value = float((every[1] - right[1]).sum()) + prior_strength / 2 * float(
            ((values - held) ** 2).sum()
        )
        return value, slope

    done = minimize(loss, held, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return Weights(tuple(round(float(one), _DIGITS) for one in done.x), len(parts))


def _softmax(raw: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of each row, and the logarithm of the sum of its exponentials."""
    top = raw.max(axis=1, keepdims=True)
    odds = np.exp(raw - top)
    total = odds.sum(axis=1, keepdims=True)
    return odds / total, (top + np.log(total)).ravel()


if TYPE_CHECKING:
    Probabilities = NDArray[np.float64]
