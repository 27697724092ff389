"""Outlines of regions that an office provides as GeoJSON."""

from __future__ import annotations

import json
import os

import pytest

from serving.watchlists.map_pages import _thinned
from serving.watchlists.outlines import OutlinesUnreadable, outlines_within, read_outlines

SQUARE = [[100.0, 30.0], [101.0, 30.0], [101.0, 31.0], [100.0, 30.0]]


def _feature(code, coordinates=(SQUARE,), kind="Polygon", **properties):
    return {
        "type": "Feature",
        "properties": {"code": code, **properties},
        "geometry": {"type": kind, "coordinates": list(coordinates)},
    }


def _write(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_outlines_have_latitude_first_and_outer_rings_only(tmp_path):
    hole = [[100.2, 30.2], [100.4, 30.2], [100.4, 30.4], [100.2, 30.2]]
    both = [[SQUARE, hole], [SQUARE]]
    path = _write(
        tmp_path / "a.json",
        _feature("510822", [SQUARE, hole], name="甲县"),
        _feature(510823, both, "MultiPolygon"),
    )
    one, two = read_outlines(path)
    assert (one.region_code, one.name, len(one.rings)) == ("510822", "甲县", 1)
    assert one.rings[0][:2] == ((30.0, 100.0), (30.0, 101.0))
    assert (two.region_code, two.name, len(two.rings)) == ("510823", "", 2)


def test_outlines_are_those_of_the_region_counties_first(tmp_path):
    codes = ("510822101", "510823", "510822")
    found = read_outlines(_write(tmp_path / "a.json", *map(_feature, codes)))
    assert [one.region_code for one in outlines_within(found, "510822")] == ["510822", "510822101"]
    assert len(outlines_within(found, "")) == 3


def test_outlines_are_read_again_when_the_file_changes(tmp_path):
    path = _write(tmp_path / "a.json", _feature("510822"))
    assert read_outlines(path)[0].region_code == "510822"
    _write(path, _feature("510823"))
    os.utime(path, ns=(1, 1))
    assert read_outlines(path)[0].region_code == "510823"


@pytest.mark.parametrize(
    "feature",
    [
        _feature("青川"),
        _feature(""),
        _feature("510822", [[100.0, 30.0]], "Point"),
        _feature("510822", [SQUARE[:2]]),
        _feature("510822", [[[100.0, 91.0], *SQUARE[1:]]]),
        _feature("510822", [[["x", 30.0], *SQUARE[1:]]]),
        {"type": "Feature", "properties": None, "geometry": None},
        "nothing",
    ],
)
def test_what_is_no_outline_is_refused(tmp_path, feature):
    with pytest.raises(OutlinesUnreadable):
        read_outlines(_write(tmp_path / "a.json", feature))


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(OutlinesUnreadable):
        read_outlines(tmp_path / "none.json")
    (tmp_path / "a.json").write_bytes(b"\xff{")
    with pytest.raises(OutlinesUnreadable):
        read_outlines(tmp_path / "a.json")


def test_corners_closer_than_a_step_are_left_out():
    assert _thinned([(0, 0), (0.5, 0.5), (1, 0.6), (1, 1)]) == [(0, 0), (1, 0.6)]
