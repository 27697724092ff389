"""Could two rates of clustered counts differ so by chance? An exact test, and many at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Counted:
    """Per row a count and what it is counted on (its exposure); which rows are the group's.

    ``cluster`` numbers the cluster of each row; ``enough`` says whether there is enough to tell.
    ``bounded`` is true where the count is a part of its exposure, such as hits of places.
    """

    count: NDArray[np.float64]
    exposure: NDArray[np.float64]
    group: NDArray[np.bool_]
    cluster: NDArray[np.int64]
    enough: bool
    bounded: bool = False


def chance_of(
    counted: Counted, least: float = 1.0, most: float = 1.0
) -> tuple[float | None, Literal["low", "high"] | None]:
    """The two-sided chance that the group's rate lies so far from the rest's, and its side.

    "low" is tested against ``least`` times the rest's rate, "high" against ``most`` times. None
    where there is too little to tell, or neither count nor exposure.
    """
    ours, rest = counted.group, ~counted.group
    on_ours, on_rest = counted.exposure[ours].sum(), counted.exposure[rest].sum()
    found, others = float(counted.count[ours].sum()), float(counted.count[rest].sum())
    if not counted.enough or on_ours + found <= 0 or on_rest + others <= 0:
        return None, None
    effect = design_effect(counted)
    parts = [part / effect for part in (found, others, on_ours, on_rest)]
    tails = _tails_of_parts if counted.bounded else _tails_of_rates
    at_most, at_least = tails(parts, least)[0], tails(parts, most)[1]
    return min(1.0, 2 * min(at_most, at_least)), "low" if at_most < at_least else "high"


def design_effect(counted: Counted) -> float:
    """How many rows are worth one because a cluster's rows go together; at least 1.

    The larger of what the group shows and what group and rest show together: few clusters may
    show no variation by chance. Where nothing varies at all, clusters count as one row each.
    """
    own = _within(counted, counted.group)
    both = np.add(own, _within(counted, ~counted.group))
    if both[1] <= 0:
        whole = _sums(counted.exposure, counted, counted.group)
        both = whole if whole[1] > 0 else np.ones(2)
    alone = own[0] / own[1] if own[1] > 0 else 1.0
    return max(1.0, float(alone), float(both[0] / both[1]))


def holm(chances: Sequence[float]) -> list[float]:
    """The chances corrected for there being so many of them (S. Holm, 1979).

    >>> holm([0.01, 0.5, 0.03])
    [0.03, 0.5, 0.06]
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    corrected, highest = [0.0] * len(chances), 0.0
    for done, place in enumerate(order):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - done)))
        corrected[place] = highest
    return corrected


def _within(counted: Counted, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Squared deviations from the part's own rate: of whole clusters, and of rows."""
    exposure = counted.exposure[rows].sum()
    rate = counted.count[rows].sum() / exposure if exposure > 0 else 0.0
    return _sums(counted.count - rate * counted.exposure, counted, rows)


def _sums(
    values: NDArray[np.float64], counted: Counted, rows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    whole = np.bincount(counted.cluster[rows], weights=values[rows])
    return np.array([np.sum(whole**2), np.sum(values[rows] ** 2)])


def _tails_of_rates(parts: Sequence[float], times: float) -> tuple[float, float]:
    """Chance of so few, and of so many, counts where the group's rate is ``times`` the rest's.

    Given all counts, each falls to the group in proportion to its exposure: a binomial, whose
    tails are incomplete beta functions and so need no whole numbers.
    """
    from scipy.special import betainc  # type: ignore[import-untyped]

    found, others, on_ours, on_rest = parts
    share = on_ours * times / (on_ours * times + on_rest)
    at_most = 1 - float(betainc(found + 1, others, share)) if others > 0 else 1.0
    at_least = float(betainc(found, others + 1, share)) if found > 0 else 1.0
    return max(0.0, at_most), at_least


def _tails_of_parts(parts: Sequence[float], times: float) -> tuple[float, float]:
    """The same where a count is a part of its exposure: R. A. Fisher's exact test.

    On effective numbers, rounded. ``times`` the rest's share is turned into a ratio of odds.
    """
    found, others, on_ours, on_rest = (round(part) for part in parts)
    share = parts[1] / parts[3] if parts[3] > 0 else 0.0
    if share * times >= 1 > share:
        return 1.0, 1.0
    odds = times * (1 - share) / (1 - share * times) if share < 1 else times
    ways = {
        count: _log_ways(on_ours, count)
        + _log_ways(on_rest, found + others - count)
        + count * math.log(odds)
        for count in range(max(0, found + others - on_rest), min(on_ours, found + others) + 1)
    }
    if not ways:
        return 1.0, 1.0
    most = max(ways.values())
    weight = {count: math.exp(way - most) for count, way in ways.items()}
    whole = sum(weight.values())
    at_most = sum(one for count, one in weight.items() if count <= found) / whole
    at_least = sum(one for count, one in weight.items() if count >= found) / whole
    return at_most, at_least


def _log_ways(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)
