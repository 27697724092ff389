"""Do the probabilities mean what they say?

Slope and intercept of the logistic recalibration (1 and 0 when they do; a slope under 1 means the
probabilities are too far apart, an intercept above 0 that they are too low), and the Brier score
with its parts: reliability (0 is best), resolution (more is better) and the uncertainty of the
events themselves. Sources: D. R. Cox, "Two further applications of a model for binary regression",
1958; A. H. Murphy, "A new vector partition of the probability score", 1973.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import Estimate, Weights, a_few_draws, estimate, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 10
_BIN = "bin "
_STEPS = 25
_RIDGE = 1e-6


@dataclass(frozen=True)
class Bin:
    """Rows of like probability: what was said and what came."""

    mean_probability: float
    observed: Estimate
    rows: int


@dataclass(frozen=True)
class Reliability:
    """Figures over all rows with a probability; ``ratio`` is mean probability over event rate.

    ``brier`` = reliability - resolution + uncertainty, up to what varies within the bins.
    """

    slope: Estimate
    intercept: Estimate
    ratio: Estimate
    brier: Estimate
    brier_reliability: Estimate
    brier_resolution: Estimate
    brier_uncertainty: Estimate
    bins: tuple[Bin, ...]


def reliability(
    probability: NDArray[np.float64],
    happened: NDArray[np.float64],
    weights: Weights,
) -> Reliability:
    """The figures with intervals from the resamples ``weights``, shape (draws, rows)."""
    known = ~np.isnan(probability)
    p, y = np.clip(probability[known], 1e-6, 1 - 1e-6), (happened[known] > 0.5).astype(np.float64)
    place = _bins(p)
    every = np.concatenate([np.ones((1, len(p)), dtype=weights.dtype), weights[:, known]])
    parts = joined([_drawn(p, y, few, place) for few in a_few_draws(every)])
    bins = _told(p, y, [parts.pop(f"{_BIN}{number}") for number in np.unique(place)], place)
    positives = float(y.sum())
    figures = {
        name: estimate(float(draws[0]), draws[1:], positives) for name, draws in parts.items()
    }
    return Reliability(**figures, bins=bins)


def _drawn(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    place: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Every figure of some draws, and the event rate of every bin."""
    rates = {}
    for number in np.unique(place):
        rows = place == number
        rates[f"{_BIN}{number}"] = _ratio(weights[:, rows] @ y[rows], weights[:, rows].sum(axis=1))
    ratio = _ratio(weights @ p, weights @ y)
    return {
        **_recalibration(p, y, weights),
        **_brier(p, y, weights, place),
        "ratio": ratio,
        **rates,
    }


def _bins(probability: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each row: ten bins of equal size, equals kept together."""
    if not len(probability):
        return np.zeros(0, dtype=np.int64)
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.searchsorted(edges, probability, side="left").astype(np.int64)


def _recalibration(
    p: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Slope and intercept of y on the log-odds of p, per draw, by Newton's method."""
    odds = np.log(p / (1 - p))
    slope, intercept = np.ones(len(weights)), np.zeros(len(weights))
    for _ in range(_STEPS):
        raw = np.clip(slope[:, None] * odds + intercept[:, None], -30, 30)
        chance = 1 / (1 + np.exp(-raw))
        error, spread = weights * (chance - y), weights * chance * (1 - chance)
        g0, g1 = error.sum(axis=1), error @ odds
        h00, h01, h11 = spread.sum(axis=1) + _RIDGE, spread @ odds, spread @ odds**2 + _RIDGE
        scale = h00 * h11 - h01**2
        step0, step1 = (h11 * g0 - h01 * g1) / scale, (h00 * g1 - h01 * g0) / scale
        intercept, slope = intercept - np.clip(step0, -2, 2), slope - np.clip(step1, -2, 2)
        if max(np.abs(step0).max(), np.abs(step1).max()) < 1e-8:
            break
    one_sided = (weights @ y == 0) | (weights @ (1 - y) == 0)
    slope[one_sided], intercept[one_sided] = np.nan, np.nan
    return {"slope": slope, "intercept": intercept}


def _brier(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    place: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    total = np.maximum(weights.sum(axis=1), 1e-9)
    rate = weights @ y / total
    off, apart = np.zeros(len(weights)), np.zeros(len(weights))
    for number in np.unique(place):
        rows = place == number
        size = weights[:, rows].sum(axis=1)
        safe = np.maximum(size, 1e-9)
        said, came = weights[:, rows] @ p[rows] / safe, weights[:, rows] @ y[rows] / safe
        off += size * (said - came) ** 2
        apart += size * (came - rate) ** 2
    return {
        "brier": weights @ (p - y) ** 2 / total,
        "brier_reliability": off / total,
        "brier_resolution": apart / total,
        "brier_uncertainty": rate * (1 - rate),
    }


def _told(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    rates: Sequence[NDArray[np.float64]],
    place: NDArray[np.int64],
) -> tuple[Bin, ...]:
    bins = []
    for number, draws in zip(np.unique(place), rates, strict=True):
        rows = place == number
        observed = estimate(float(draws[0]), draws[1:], float(y[rows].sum()))
        bins.append(Bin(float(p[rows].mean()), observed, int(rows.sum())))
    return tuple(bins)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
