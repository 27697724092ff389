"""Geometry of the SVG charts and maps that the templates draw without scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MapProjection:
    """Equirectangular projection, north up, true to scale at the middle latitude."""

    west: float
    north: float
    scale: float
    squeeze: float
    width: int
    height: int
    margin: int = 24

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return x and y of a point in the picture."""
        x = self.margin + (longitude - self.west) * self.squeeze * self.scale
        y = self.margin + (self.north - latitude) * self.scale
        return round(x, 1), round(y, 1)


def fit_projection(
    points: Sequence[tuple[float, float]], width: int = 900, most: int = 720
) -> MapProjection:
    """Return the projection of a picture that contains all (latitude, longitude) ``points``."""
    lats = [lat for lat, _ in points]
    lons = [lon for _, lon in points]
    squeeze = max(math.cos(math.radians((min(lats) + max(lats)) / 2)), 0.05)
    wide = max((max(lons) - min(lons)) * squeeze, 1e-3)
    high = max(max(lats) - min(lats), 1e-3)
    margin = 24
    scale = min((width - 2 * margin) / wide, (most - 2 * margin) / high)
    height = round(high * scale + 2 * margin)
    across = max(round(wide * scale + 2 * margin), 320)
    return MapProjection(min(lons), max(lats), scale, squeeze, across, max(height, 160), margin)


def convex_hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the convex hull of points by Andrew's monotone chain algorithm.

    >>> convex_hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
    [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _chain(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for point in points:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
