"""How many visits are needed to know a share, or to tell two shares apart.

Sources: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 3rd
edition, 2003, chapter 4 (normal approximation, without continuity correction); E. B. Wilson,
"Probable inference, the law of succession, and statistical inference", 1927; A. Agresti, B. Caffo,
"Simple and effective confidence intervals for proportions", 2000 (two finds and two others more).
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

_LEVEL = 0.95


def visits_for_width(share: float, half_width: float) -> int:
    """Visits after which both ends of the 95 % interval are within ``half_width`` of ``share``.

    ``share`` is above 0 and below 1. An end of the interval (Wilson) is a share whose own spread
    reaches the one found, so the end nearer to one half decides. With the spread of ``share``
    itself ten visits would be enough for 0.006 to 0.05, where none found in ten leaves any share up
    to 0.28 possible.

    >>> visits_for_width(0.125, 0.05)
    222
    """
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    spread = max(end * (1 - end) for end in (share - half_width, share + half_width))
    return ceil(z**2 * spread / half_width**2)


def likely_share(found: int, visits: int) -> float:
    """A share to plan by, never 0 or 1: one half without a visit, then ever nearer to that found.

    >>> likely_share(0, 0), likely_share(3, 24)
    (0.5, 0.17857142857142858)
    """
    return (found + 2) / (visits + 4)


def share_interval(found: int, visits: int) -> tuple[float, float]:
    """The 95 % interval of a share of which ``found`` of ``visits`` are known (Wilson).

    >>> low, high = share_interval(3, 24)
    >>> round(low, 2), round(high, 2)
    (0.04, 0.31)
    """
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    middle = (found + z**2 / 2) / (visits + z**2)
    half = z * sqrt(found * (visits - found) / visits + z**2 / 4) / (visits + z**2)
    return max(middle - half, 0.0), min(middle + half, 1.0)


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
