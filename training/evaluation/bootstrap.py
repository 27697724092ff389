"""How sure a figure is: bootstrap intervals that keep together what belongs together.

Projects of one contractor go well or badly together, and a project's months are nearly the same
month told again. Resampling rows would take them for independent and be far too sure; so whole
contractors are drawn. Source: Cameron, Gelbach, Miller, "Bootstrap-based improvements for
inference with clustered errors", 2008.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_POSITIVES_TO_TELL = 10
"""With fewer events a figure is too few to tell and gets no interval."""

DRAWS = 500
_NUMBERS_AT_ONCE = 4_000_000
_LEVEL = 0.95


Weights: TypeAlias = "NDArray[np.uint16]"
"""How often each row comes in each resample, shape (draws, rows)."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; ``low`` and ``high`` are None where too few events tell."""

    value: float
    low: float | None
    high: float | None
    positives: int

    @property
    def too_few(self) -> bool:
        """Whether fewer than :data:`MIN_POSITIVES_TO_TELL` events stand behind it."""
        return self.positives < MIN_POSITIVES_TO_TELL


def cluster_weights(clusters: Sequence[str], draws: int = DRAWS, seed: int = 0) -> Weights:
    """How often each row comes in each of ``draws`` resamples, shape (draws, rows).

    As many clusters as there are, drawn with replacement; every row comes as often as its cluster.
    """
    names, place = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    random = np.random.default_rng(seed)
    share = np.full(len(names), 1.0 / max(len(names), 1))
    counts = (
        random.multinomial(len(names), share, size=draws) if len(names) else np.zeros((draws, 0))
    )
    return np.asarray(counts, dtype=np.uint16)[:, place]


def a_few_draws(weights: Weights) -> Iterator[NDArray[np.float64]]:
    """The resamples as numbers to calculate with, so many at a time that memory stays bounded."""
    together = max(1, _NUMBERS_AT_ONCE // max(weights.shape[1], 1))
    for start in range(0, len(weights), together):
        yield weights[start : start + together].astype(np.float64)


def joined(parts: Sequence[Mapping[str, NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    """The figures of all draws from those of a few at a time; there must be at least one part."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def interval(
    draws: NDArray[np.float64], level: float = _LEVEL, around: float | None = None
) -> tuple[float, float]:
    """The middle ``level`` of the figures of all resamples; those without a figure are left out.

    ``around`` is the figure itself: where most resamples lie on one side of it (average precision
    gains from rows that come twice), the interval is moved back by as much. Source: B. Efron,
    "Nonparametric standard errors and confidence intervals", 1981 (bias-corrected percentiles).

    >>> low, high = interval(np.arange(201.0))
    >>> round(low), round(high)
    (5, 195)
    """
    known = draws[~np.isnan(draws)]
    if not len(known):
        return float("nan"), float("nan")
    shares = [(1 - level) / 2, (1 + level) / 2]
    if around is not None:
        shares = _corrected(known, shares, around)
    low, high = np.quantile(known, shares)
    return float(low), float(high)


def _corrected(known: NDArray[np.float64], shares: list[float], around: float) -> list[float]:
    normal = NormalDist()
    below = float(np.mean(known < around) + np.mean(known == around) / 2)
    shift = normal.inv_cdf(min(max(below, 1 / (2 * len(known))), 1 - 1 / (2 * len(known))))
    return [normal.cdf(2 * shift + normal.inv_cdf(share)) for share in shares]


def estimate(value: float, draws: NDArray[np.float64], positives: float) -> Estimate:
    """The figure with its interval, or without one where too few events tell."""
    if positives < MIN_POSITIVES_TO_TELL or np.isnan(value):
        return Estimate(value, None, None, int(positives))
    low, high = interval(draws, around=value)
    return Estimate(value, low, high, int(positives))
