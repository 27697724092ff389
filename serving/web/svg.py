"""Geometry of the SVG charts and maps that the templates draw without scripts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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


def dots(places: Iterable[tuple[float, float]]) -> str:
    """Return a path of a point at each of ``places``, in tenths; one where several are the same.

    The way from one to the next below is a shorter text than its place, and compressing it takes
    less than half the time.
    """
    path, at = [], (0, 0)
    tenths = {(round(10 * x), round(10 * y)) for x, y in places}
    for place in sorted(tenths, key=lambda one: (one[1], one[0])):
        across, down = (_tenths(new - old) for new, old in zip(place, at, strict=True))
        path.append(f"m{across}{'' if down.startswith('-') else ' '}{down}h0")
        at = place
    return "".join(path)


def _tenths(number: int) -> str:
    return f"{number / 10:g}"


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
