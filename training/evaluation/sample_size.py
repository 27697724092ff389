"""How many visits are needed to know a share, or to tell two shares apart.

Source: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 3rd
edition, 2003, chapters 2 and 4 (normal approximation, without continuity correction).
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

_LEVEL = 0.95


def visits_for_width(share: float, half_width: float) -> int:
    """Visits after which the 95 % interval of ``share`` is about ``half_width`` to either side.

    ``share`` is above 0 and below 1.

    >>> visits_for_width(0.125, 0.05)
    169
    """
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    return ceil(z**2 * share * (1 - share) / half_width**2)


def visits_to_tell_apart(one: float, other: float, power: float = 0.8) -> int:
    """Visits of each of two ways of choosing that show, with ``power``, that their shares differ.

    Two-sided at 5 %. ``one`` and ``other`` lie between 0 and 1 and are not equal.

    >>> visits_to_tell_apart(0.30, 0.15)
    121
    """
    normal = NormalDist()
    mean = (one + other) / 2
    chance = normal.inv_cdf((1 + _LEVEL) / 2) * sqrt(2 * mean * (1 - mean))
    missed = normal.inv_cdf(power) * sqrt(one * (1 - one) + other * (1 - other))
    return ceil((chance + missed) ** 2 / (one - other) ** 2)
