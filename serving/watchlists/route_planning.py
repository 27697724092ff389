"""Order of visits for a day: a short route by straight-line distances."""

from __future__ import annotations

import math
from collections.abc import Sequence

Place = tuple[float, float]
"""Latitude and longitude in degrees."""

_EARTH_KM = 6371.0


def distance(a: Place, b: Place) -> float:
    """Return the great-circle distance in kilometres (haversine).

    >>> round(distance((30.0, 110.0), (31.0, 110.0)))
    111
    """
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def short_order(places: Sequence[Place], start: Place | None = None) -> list[int]:
    """Return the indices of ``places`` in the order of a short route that begins near ``start``.

    Nearest neighbour, then 2-opt while it shortens the route. Without ``start`` the route begins at
    the first place.
    """
    if not places:
        return []
    first = (
        0 if start is None else min(range(len(places)), key=lambda i: distance(start, places[i]))
    )
    order, left = [first], set(range(len(places))) - {first}
    while left:
        here = places[order[-1]]
        nearest = min(left, key=lambda i: (distance(here, places[i]), i))
        order.append(nearest)
        left.remove(nearest)
    return _uncrossed(order, places)


def way(places: Sequence[Place], order: Sequence[int], start: Place | None = None) -> list[float]:
    """Return the kilometres to each place from the one before; without ``start`` 0 comes first."""
    steps, here = [], start
    for number in order:
        steps.append(0.0 if here is None else distance(here, places[number]))
        here = places[number]
    return steps


def _uncrossed(order: list[int], places: Sequence[Place]) -> list[int]:
    def length(one: Sequence[int]) -> float:
        return sum(way(places, one))

    better = True
    while better:
        better = False
        for i in range(1, len(order) - 1):
            for j in range(i + 1, len(order)):
                turned = [*order[:i], *order[i : j + 1][::-1], *order[j + 1 :]]
                if length(turned) < length(order) - 1e-9:
                    order, better = turned, True
    return order
