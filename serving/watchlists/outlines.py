"""Outlines of counties and townships that the office provides as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from serving.errors import CommandError

Ring = Sequence[tuple[float, float]]
"""Latitude and longitude of corners, in degrees."""

MAX_BYTES = 20_000_000
_CODES = ("code", "adcode", "region_code")
_NAMES = ("name", "NAME")


class OutlinesUnreadable(CommandError):
    """The file of outlines is missing, too large, or no GeoJSON FeatureCollection of polygons."""

    code = "outlines_unreadable"


@dataclass(frozen=True)
class Outline:
    """Outer rings of a region; ``name`` is empty if the file has none."""

    region_code: str
    name: str
    rings: tuple[Ring, ...]


def read_outlines(path: Path) -> tuple[Outline, ...]:
    """Return the outlines of a GeoJSON file; read again only if it has changed.

    Raises:
        OutlinesUnreadable: see the class.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise OutlinesUnreadable(path=path.name, detail=error.strerror) from error
    if stat.st_size > MAX_BYTES:
        raise OutlinesUnreadable(path=path.name, detail=f"{stat.st_size} > {MAX_BYTES}")
    return _read(path, stat.st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> tuple[Outline, ...]:
    try:
        document = json.loads(path.read_text("utf-8-sig"))
        return tuple(_outlines(document["features"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise OutlinesUnreadable(path=path.name, detail=type(error).__name__) from error


def outlines_within(outlines: Sequence[Outline], region: str) -> list[Outline]:
    """Return the outlines of ``region`` and of the level just below it, larger areas first.

    With an empty ``region`` all outlines are returned.
    """
    found = [one for one in outlines if one.region_code.startswith(region)]
    return sorted(found, key=lambda one: (len(one.region_code), one.region_code))


def _outlines(features: Sequence[Mapping[str, Any]]) -> Iterator[Outline]:
    for feature in features:
        properties, shape = feature["properties"] or {}, feature["geometry"]
        code, name = _first(properties, _CODES), _first(properties, _NAMES)
        parts = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}
        if not code.isdigit() or shape["type"] not in parts:
            raise ValueError(code)
        rings = tuple(_ring(part[0]) for part in parts[shape["type"]])
        yield Outline(code, name, rings)


def _first(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((str(properties[name]) for name in names if properties.get(name)), "")


def _ring(corners: Sequence[Sequence[float]]) -> Ring:
    ring = tuple((float(at[1]), float(at[0])) for at in corners)
    if len(ring) < 3 or any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in ring):
        raise ValueError(len(ring))
    return ring
