"""Paths of points on maps."""

from __future__ import annotations

from serving.web.svg import dots


def test_dots_go_from_each_point_to_the_next_below_once():
    assert dots([(30.5, 20.0), (7.0, 20.0), (30.5, 20.0), (10.1, 3.2)]) == (
        "m10.1 3.2h0m-3.1 16.8h0m23.5 0h0"
    )
    assert dots([(2.0, -4.0)]) == "m2-4h0"
    assert dots([]) == ""
