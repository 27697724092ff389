"""Confidence intervals by cluster bootstrap.

Projects of one contractor go well or badly together, and the months of one project are nearly the
same observation. Resampling rows would treat them as independent and give intervals that are far
too narrow, so whole contractors are resampled. Source: Cameron, Gelbach, Miller, "Bootstrap-based
improvements for inference with clustered errors", 2008.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_EVENTS_FOR_INTERVAL = 10
"""With fewer events a figure gets no interval and counts as too few to judge."""

N_RESAMPLES = 500
SEED = 0
"""Seed of resamples, and of the order among equal scores."""

_BATCH_VALUES = 4_000_000
_BLOCK = 8
"""Rows of a matrix that BLAS multiplies by a vector at a time, or a multiple of that."""
_LEVEL = 0.95
_NEARLY_0 = 1e-6


Weights: TypeAlias = "NDArray[np.uint16]"
"""How often each row occurs in each resample, shape (resamples, rows)."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; ``low`` and ``high`` are None if there are too few events.

    ``positives`` is the number of events behind the figure.
    """

    value: float
    low: float | None
    high: float | None
    positives: int

    @property
    def too_few(self) -> bool:
        """Whether it rests on fewer than :data:`MIN_EVENTS_FOR_INTERVAL` events."""
        return self.positives < MIN_EVENTS_FOR_INTERVAL


def cluster_weights(
    clusters: Sequence[str], n_resamples: int = N_RESAMPLES, seed: int = SEED
) -> Weights:
    """How often each row occurs in each of ``n_resamples`` resamples of the clusters.

    Each resample draws as many clusters as there are, with replacement; a row occurs as often as
    its cluster. Shape (n_resamples, rows).
    """
    counts, index = _cluster_counts(clusters, n_resamples, seed)
    return counts[:, index]


def _cluster_counts(
    clusters: Sequence[str], n_resamples: int, seed: int
) -> tuple[Weights, NDArray[np.int64]]:
    """How often each cluster occurs in each resample, and the cluster of each row."""
    names, index = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    if not len(names):
        return np.zeros((n_resamples, 0), dtype=np.uint16), index
    share = np.full(len(names), 1.0 / len(names))
    counts = np.random.default_rng(seed).multinomial(len(names), share, size=n_resamples)
    return np.asarray(counts, dtype=np.uint16), index


def bootstrap_weights(
    clusters: Sequence[str], n_resamples: int = N_RESAMPLES, seed: int = SEED
) -> Weights:
    """The sample itself (all ones), then its resamples; shape (1 + n_resamples, rows).

    Small integers to save memory: a province has 300,000 rows.
    """
    counts, index = _cluster_counts(clusters, n_resamples, seed)
    once = np.ones((1, counts.shape[1]), dtype=counts.dtype)
    return np.concatenate([once, counts])[:, index]


def in_batches(weights: Weights) -> Iterator[NDArray[np.float64]]:
    """The resamples as floats, in batches so that memory stays bounded."""
    size = max(1, _BATCH_VALUES // max(weights.shape[1], 1))
    for start in range(0, len(weights), size):
        yield weights[start : start + size].astype(np.float64)


def resampled_sums(weights: Weights, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of ``values`` in each resample; shapes (resamples, rows), (rows,), (resamples,).

    The floats of all resamples of a province would take 1.2 GB. Batches are of whole blocks of
    :data:`_BLOCK`, so that the sums are those of one product to the bit on one thread.
    """
    size = max(1, _BATCH_VALUES // max(weights.shape[1], 1) // _BLOCK) * _BLOCK
    return np.concatenate(
        [
            weights[start : start + size].astype(np.float64) @ values
            for start in range(0, len(weights), size)
        ]
    )


def concat_batches(
    batches: Sequence[Mapping[str, NDArray[np.float64]]],
) -> dict[str, NDArray[np.float64]]:
    """Metrics of all resamples from those of :func:`in_batches`; at least one batch."""
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def interval(
    values: NDArray[np.float64], level: float = _LEVEL, around: float | None = None
) -> tuple[float, float]:
    """The middle ``level`` of the resampled ``values``, NaN left out.

    With ``around``, the figure of the sample itself, the percentiles are bias-corrected: a
    difference of average precision, for one, is biased by rows that occur twice. Source: B. Efron,
    "Nonparametric standard errors and confidence intervals", 1981.

    >>> low, high = interval(np.arange(201.0))
    >>> round(low), round(high)
    (5, 195)
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    quantiles = [(1 - level) / 2, (1 + level) / 2]
    if around is not None:
        quantiles = _bias_corrected(known, quantiles, around)
    low, high = np.quantile(known, quantiles)
    return float(low), float(high)


def _bias_corrected(
    known: NDArray[np.float64], quantiles: list[float], around: float
) -> list[float]:
    normal = NormalDist()
    below = float(np.mean(known < around) + np.mean(known == around) / 2)
    shift = normal.inv_cdf(min(max(below, 1 / (2 * len(known))), 1 - 1 / (2 * len(known))))
    return [normal.cdf(2 * shift + normal.inv_cdf(quantile)) for quantile in quantiles]


def interval_from(
    values: NDArray[np.float64], debiased: float, level: float = _LEVEL
) -> tuple[float, float]:
    """The interval of a share that is higher in small samples than in large ones, NaN left out.

    It is to hold both what samples of this size give on average and the figure of a large
    population: ``high`` is the percentile of the resampled ``values``; ``low`` is moved on the
    log-odds scale by as much as ``debiased``, the figure without most of its bias, is below their
    median. Percentiles that are bias-corrected from the resamples alone see a quarter of the bias.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, middle, high = np.quantile(known, [(1 - level) / 2, 0.5, (1 + level) / 2])
    moved = min(_log_odds(debiased) - _log_odds(middle), 0.0)
    return float(1 / (1 + np.exp(-(_log_odds(low) + moved)))), float(high)


def _log_odds(share: float) -> float:
    safe = min(max(float(share), _NEARLY_0), 1 - _NEARLY_0)
    return float(np.log(safe / (1 - safe)))


def expanded_level(clusters: float) -> float:
    """The level of percentiles that makes a 95 % interval with so many ``clusters`` with an event.

    Percentiles take the spread of the resamples for known and for as large as that of samples,
    which is too narrow for few clusters; this puts Student's t and n / (n - 1) in the place of the
    normal. Below 1, though for one or two clusters the difference is only that of rounding.
    Source: T. Hesterberg, "What teachers should know about the bootstrap", 2015.

    >>> round(expanded_level(10), 4), round(expanded_level(10_000), 4)
    (0.9829, 0.95)
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    count = max(clusters, 2.0)
    bound = float(stdtrit(count - 1, (1 + _LEVEL) / 2)) * (count / (count - 1)) ** 0.5
    return min(2 * NormalDist().cdf(bound) - 1, 1 - sys.float_info.epsilon)


def estimate(
    values: NDArray[np.float64],
    positives: float,
    clusters: int | None = None,
    debiased: float | None = None,
) -> Estimate:
    """The figure ``values[0]`` with its interval from the resampled ``values[1:]``.

    ``clusters`` is the number of those with an event, by default ``positives``. ``debiased`` is
    given for a figure that is too high in small samples, see :func:`interval_from`. Without
    interval if there are fewer than :data:`MIN_EVENTS_FOR_INTERVAL` ``positives``.
    """
    value = float(values[0])
    if positives < MIN_EVENTS_FOR_INTERVAL or np.isnan(value):
        return Estimate(value, None, None, int(positives))
    level = expanded_level(positives if clusters is None else clusters)
    if debiased is None:
        low, high = interval(values[1:], level, around=value)
    else:
        low, high = interval_from(values[1:], debiased, level)
    return Estimate(value, low, high, int(positives))
