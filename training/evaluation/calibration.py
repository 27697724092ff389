"""Calibration of predicted probabilities.

Slope and intercept of the logistic recalibration: 1 and 0 for calibrated probabilities; a slope
below 1 means they are too extreme, an intercept above 0 that they are too low. The Brier score with
its parts: reliability (0 is best), resolution (more is better) and the uncertainty of the events.
Sources: D. R. Cox, "Two further applications of a model for binary regression", 1958;
A. H. Murphy, "A new vector partition of the probability score", 1973.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import Estimate, Weights, concat_batches, estimate, in_batches
from training.metrics import ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATIO_ALLOWED = (0.67, 1.5)
"""Mean probability over event rate; outside it tiers and expected numbers mislead. Expert
judgement; a check fails only if the whole interval is outside."""

SLOPE_ALLOWED = (0.5, 2.0)
"""Slope of the recalibration; at 0.5 the log-odds are twice too far apart. As above."""

_BINS = 10
_BIN = "bin "
_MAX_STEPS = 25
_LONGEST_STEP = 2.0
_ALIKE = 1e-9
_RIDGE = 1e-6


@dataclass(frozen=True)
class Bin:
    """Rows of similar probability: mean prediction and observed event rate."""

    mean_probability: float
    observed: Estimate
    rows: int


@dataclass(frozen=True)
class CalibrationReport:
    """Calibration of the rows with a probability; ``ratio`` is mean probability over event rate.

    ``brier`` = reliability - resolution + uncertainty, up to the variation within the bins.
    """

    slope: Estimate
    intercept: Estimate
    ratio: Estimate
    brier: Estimate
    brier_reliability: Estimate
    brier_resolution: Estimate
    brier_uncertainty: Estimate
    bins: tuple[Bin, ...]


def calibration_report(
    probability: NDArray[np.float64],
    labels: NDArray[np.float64],
    resamples: Weights,
    events: int | None = None,
    clusters: int | None = None,
) -> CalibrationReport:
    """The calibration with intervals from ``resamples``, shape (resamples, rows).

    ``labels`` are in [0, 1]: between them where an open case makes an event probable.

    ``events`` is the number of distinct events behind the labels, by default that of the labels,
    ``clusters`` the number of clusters with any.
    """
    known = ~np.isnan(probability)
    p, y = np.clip(probability[known], 1e-6, 1 - 1e-6), labels[known]
    bin_of = _bins(p)
    weights = np.concatenate([np.ones((1, len(p)), dtype=resamples.dtype), resamples[:, known]])
    metrics = concat_batches([_metrics(p, y, batch, bin_of) for batch in in_batches(weights)])
    rates = [metrics.pop(f"{_BIN}{number}") for number in np.unique(bin_of)]
    positives = float(y.sum()) if events is None else min(float(events), float(y.sum()))
    figures = {name: estimate(values, positives, clusters) for name, values in metrics.items()}
    return CalibrationReport(**figures, bins=_bin_table(p, y, rates, bin_of))


def _metrics(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    bin_of: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """All metrics of a batch of resamples, and the event rate of every bin."""
    rates = {}
    for number in np.unique(bin_of):
        rows = bin_of == number
        rates[f"{_BIN}{number}"] = ratio_or_nan(
            weights[:, rows] @ y[rows], weights[:, rows].sum(axis=1)
        )
    ratio = ratio_or_nan(weights @ p, weights @ y)
    return {
        **_recalibration(p, y, weights),
        **_brier(p, y, weights, bin_of),
        "ratio": ratio,
        **rates,
    }


def _bins(probability: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each row: ten quantile bins, equal probabilities in the same bin."""
    if not len(probability):
        return np.zeros(0, dtype=np.int64)
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.searchsorted(edges, probability, side="left").astype(np.int64)


def _recalibration(
    p: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Slope and intercept of y on the log-odds of p, for all resamples at once (Newton)."""
    odds = np.log(p / (1 - p))
    # Where all chances are nearly alike a slope is far from 1 and hangs on the intercept. Around
    # their middle, in units of their spread, it does not, and few steps lead to it.
    middle, spread = (float(odds.mean()), float(odds.std())) if len(odds) else (0.0, 1.0)
    spread = spread if spread > _ALIKE else 1.0
    odds = (odds - middle) / spread
    slope, intercept = np.full(len(weights), spread), np.full(len(weights), middle)
    for _ in range(_MAX_STEPS):
        raw = np.clip(slope[:, None] * odds + intercept[:, None], -30, 30)
        fitted = 1 / (1 + np.exp(-raw))
        error, curve = weights * (fitted - y), weights * fitted * (1 - fitted)
        g0, g1 = error.sum(axis=1), error @ odds
        h00, h01, h11 = curve.sum(axis=1) + _RIDGE, curve @ odds, curve @ odds**2 + _RIDGE
        scale = h00 * h11 - h01**2
        step0, step1 = (h11 * g0 - h01 * g1) / scale, (h00 * g1 - h01 * g0) / scale
        length = np.maximum(np.abs(step0), np.abs(step1))
        part = _LONGEST_STEP / np.maximum(length, _LONGEST_STEP)
        intercept, slope = intercept - part * step0, slope - part * step1
        if length.max() < 1e-8:
            break
    slope = slope / spread
    intercept = intercept - slope * middle
    one_label = (weights @ y == 0) | (weights @ (1 - y) == 0)
    slope[one_label], intercept[one_label] = np.nan, np.nan
    return {"slope": slope, "intercept": intercept}


def _brier(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    bin_of: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    total = np.where(weights.sum(axis=1) > 0, weights.sum(axis=1), np.nan)
    rate = weights @ y / total
    reliability, resolution = np.zeros(len(weights)), np.zeros(len(weights))
    for number in np.unique(bin_of):
        rows = bin_of == number
        size = weights[:, rows].sum(axis=1)
        safe = np.maximum(size, 1e-9)
        predicted = weights[:, rows] @ p[rows] / safe
        observed = weights[:, rows] @ y[rows] / safe
        reliability += size * (predicted - observed) ** 2
        resolution += size * (observed - rate) ** 2
    return {
        "brier": weights @ (p - y) ** 2 / total,
        "brier_reliability": reliability / total,
        "brier_resolution": resolution / total,
        "brier_uncertainty": rate * (1 - rate),
    }


def _bin_table(
    p: NDArray[np.float64],
    y: NDArray[np.float64],
    rates: Sequence[NDArray[np.float64]],
    bin_of: NDArray[np.int64],
) -> tuple[Bin, ...]:
    bins = []
    for number, values in zip(np.unique(bin_of), rates, strict=True):
        rows = bin_of == number
        observed = estimate(values, float(y[rows].sum()))
        bins.append(Bin(float(p[rows].mean()), observed, int(rows.sum())))
    return tuple(bins)
