"""The calibration plot as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from serving.documents.charts import CalibrationPoint, bar_chart_svg, calibration_svg
from serving.documents.model import BarChart

SVG = "{http://www.w3.org/2000/svg}"
POINTS = (
    CalibrationPoint(0.1, 0.2, 0.1, 0.4),
    CalibrationPoint(0.3, 0.3, None, None),
    CalibrationPoint(0.5, 0.6, 0.5, 0.7),
)


def _parse(points, x_label="predicted"):
    return ElementTree.fromstring(calibration_svg(points, "Title", "A & B", x_label, "observed"))


def test_calibration_svg_shows_points_intervals_and_the_diagonal():
    root = _parse(POINTS)
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")]
    assert len(circles) == len(POINTS)
    assert [x for x, _ in circles] == sorted(x for x, _ in circles)
    # y grows downwards: a higher rate is nearer to the top.
    assert [y for _, y in circles] == sorted((y for _, y in circles), reverse=True)
    intervals = [line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "2"]
    assert [line.get("x1") for line in intervals] == [f"{circles[i][0]:.1f}" for i in (0, 2)]
    assert len([line for line in root.iter(f"{SVG}line") if line.get("stroke-dasharray")]) == 1


def test_calibration_svg_has_a_title_a_description_and_axis_labels():
    root = _parse(POINTS, x_label="<b>")
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Title"
    assert root.find(f"{SVG}desc").text == "A & B"
    assert {"<b>", "observed", "0.2"} <= {text.text for text in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("highest", [0.0, 1e-6, 0.013, 0.2, 0.99, 1.0])
def test_calibration_svg_has_a_readable_number_of_ticks(highest):
    root = _parse([CalibrationPoint(highest, highest)])
    labels = [text.text for text in root.iter(f"{SVG}text")]
    assert 2 * 4 <= len(labels) - 2 <= 2 * 10


def test_shares_have_one_decimal_place_as_in_the_text():
    chart = BarChart("率", ("甲", "乙"), ("率",), ((19.0,), (88.3,)), "%", 100.0)
    assert re.findall(r">([\d.]+%?)</text>", bar_chart_svg(chart)) == ["19.0%", "88.3%"]
    counts = BarChart("数", ("甲",), ("红",), ((19.0,),), "个")
    assert ">19</text>" in bar_chart_svg(counts)
