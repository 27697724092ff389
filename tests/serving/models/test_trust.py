"""The page of trust: hit rates in words, and plots whose values lie where they should."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from serving.models.trust import calibration_plot, hit_rates, list_changes, precision_plot
from serving.web.line_plot import line_plot
from training.evaluation.monthly_precision import monthly_precision
from training.evaluation.predictions import Predictions


def evidence(highest_low=0.25, highest_high=0.45, random=0.0625):
    def observed(value, low, high, positives):
        return {"value": value, "low": low, "high": high, "positives": positives}

    return {
        "figures": {
            "model": {"precision_capacity": {"value": 0.2}},
            "rules": {"precision_capacity": {"value": 0.125}},
            "random": {"precision_capacity": {"value": random}},
        },
        "calibration": {
            "bins": [
                {"mean_probability": 0.01, "observed": observed(0.01, None, None, 2), "rows": 200},
                {
                    "mean_probability": 0.2,
                    "observed": observed(0.35, highest_low, highest_high, 35),
                    "rows": 100,
                },
                {"mean_probability": 0.9, "observed": observed(None, None, None, 0), "rows": 0},
            ]
        },
        "by_month": [
            {"as_of": "2025-01-01", "precision": {"model": 0.2, "rules": 0.1}},
            {"as_of": "2025-02-01", "precision": {"model": 0.4, "rules": 0.1}},
        ],
    }


def test_hit_rates_say_how_many_visits_find_one():
    found = hit_rates(evidence())
    assert (found.listed, found.rules, found.random) == (5.0, 8.0, 16.0)
    assert hit_rates(evidence(random=0.0)).random is None


@pytest.mark.parametrize(
    ("low", "high", "lean"),
    [(0.25, 0.45, "low"), (0.1, 0.19, "high"), (0.2, 0.45, "fits"), (None, None, "unknown")],
)
def test_the_highest_group_leans(low, high, lean):
    assert hit_rates(evidence(low, high)).lean == lean


def test_intervals_lie_within_the_frame_of_the_plot_of_calibration():
    plot = calibration_plot(evidence())
    assert plot.top == 0.5
    low, high = plot.bins
    assert (low.low, low.rows, high.events) == (None, 200, 35)
    assert plot.upper <= high.high < high.y < high.low <= plot.base
    # 0.2 of 0.5 across, 0.35 of 0.5 up.
    assert high.x == round(62 + (380 - 62 - 14) * 0.4, 1)
    assert high.y == round(380 - 52 - (380 - 52 - 18) * 0.7, 1)
    assert calibration_plot({"calibration": None}) is None


def test_precision_by_month_is_drawn_where_it_is_known():
    plot = precision_plot(evidence())
    assert plot.rows == (("2025-01", (0.2, 0.1)), ("2025-02", (0.4, 0.1)))
    assert precision_plot({}) is None


def test_changes_of_a_list_are_counted():
    counted = list_changes({"new": 2, "up": 1, "same": 1}, 1)
    assert counted == {"new": 2, "up": 1, "down": 0, "same": 1, "gone": 1}


def test_a_line_is_interrupted_where_a_value_is_unknown():
    plot = line_plot(["a", "b", "c", "d"], {"x": [1.0, 2.0, None, 4.0]}, marks={"b": "春节"})
    (line,) = plot.lines
    assert [dot.label for dot in line.dots] == ["a", "b", "d"]
    assert len(line.runs) == 1
    assert [tick.value for tick in plot.ticks] == [0, 1, 2, 3, 4]
    assert (plot.ticks[0].at, plot.ticks[-1].at) == (plot.base, plot.upper)
    assert [(mark.at, mark.text) for mark in plot.marks] == [(line.dots[1].x, "春节")]
    assert line_plot(["a"], {"x": [None]}) is None
    assert line_plot([], {}) is None


def test_monthly_precision_counts_ties_as_expected():
    days = [dt.date(2025, 1, 1)] * 3 + [dt.date(2025, 2, 1)] * 2
    rows = len(days)
    predictions = Predictions(
        as_ofs=np.array(days, "datetime64[D]"),
        project_ids=tuple("abcab"),
        clusters=tuple("abcab"),
        labels=np.array([1.0, 0.0, 0.0, 0.0, 1.0]),
        observed=np.full(rows, np.nan),
        scores={"model": np.array([3.0, 2.0, 1.0, 1.0, 1.0])},
        probability={},
        attributes={},
        workers=np.full(rows, np.nan),
        amount=np.full(rows, np.nan),
    )
    first, second = monthly_precision(predictions, ("model", "rules"), 1)
    assert first == {"as_of": "2025-01-01", "rows": 3, "events": 1, "precision": {"model": 1.0}}
    assert second["precision"] == {"model": 0.5}
