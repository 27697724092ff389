"""Expected against observed events where too few came for an interval by resampling.

A list that promised forty events and found three is wrong beyond chance, though below ten events no
resampled interval is given. Both sums are divided by the design effect, since the months of a
project and the projects of a contractor are not independent (J. Rao, A. Scott, "A simple method for
the analysis of clustered binary data", 1992). The count that is left is taken as Poisson, with its
exact limits (F. Garwood, "Fiducial limits for the Poisson distribution", 1936).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.hypothesis_tests import RateSample, design_effect

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAIL = 0.025
"""Probability beyond each limit of a 95 % interval."""


@dataclass(frozen=True)
class FewEvents:
    """The sums of probabilities and of labels, with the 95 % limits of their ratio.

    ``high`` is None where no event came: the ratio then has no upper limit.
    """

    expected: float
    came: float
    low: float
    high: float | None

    def is_outside(self, least: float, most: float) -> bool:
        """Whether the whole interval is outside [``least``, ``most``]."""
        return self.low > most or (self.high is not None and self.high < least)


def few_events(
    probability: NDArray[np.float64], labels: NDArray[np.float64], clusters: Sequence[str]
) -> FewEvents:
    """The expected and the observed events of rows; all arguments have shape (rows,).

    ``labels`` are in [0, 1]: between them where an open case makes an event probable.
    """
    cluster = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)[1]
    all_rows = np.ones(len(labels), dtype=bool)
    effect = design_effect(RateSample(labels, probability, all_rows, cluster, enough_events=True))
    expected, came = float(probability.sum()), float(labels.sum())
    least, most = poisson_limits(came / effect)
    high = expected / effect / least if least > 0 else None
    return FewEvents(expected, came, expected / effect / most, high)


def poisson_limits(count: float) -> tuple[float, float]:
    """The exact 95 % limits of the mean of a Poisson law of which ``count`` was observed.

    >>> [round(limit, 2) for limit in poisson_limits(3)], round(poisson_limits(0)[1], 2)
    ([0.62, 8.77], 3.69)
    """
    from scipy.stats import chi2  # type: ignore[import-untyped]

    low = float(chi2.ppf(_TAIL, 2 * count)) / 2 if count > 0 else 0.0
    return low, float(chi2.ppf(1 - _TAIL, 2 * count + 2)) / 2
