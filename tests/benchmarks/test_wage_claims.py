"""Figures of the benchmark of wage claims, by hand on two dates."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.wage_claims import quarterly
from features.matrix import Matrix
from training.evaluation.bootstrap import bootstrap_weights

NAMES = tuple("ABCDABCDE")
DAYS = np.array(["2025-01-01"] * 4 + ["2025-05-01"] * 5, dtype="datetime64[D]")
LATER = Matrix(DAYS, NAMES, (), np.zeros((9, 0)), "project")
LABELS = np.array([1.0, 0, 0, 0, 0, 1, 0, 0, 0])
SCORES = np.array([4.0, 3, 2, 1, 5, 4, 3, 2, 1])
"""The event is first of four on the first date and second of five on the second."""


def test_figures_are_means_over_the_dates_that_have_an_event():
    weights = bootstrap_weights(NAMES)
    area, precision = quarterly(LATER, SCORES, LABELS, LABELS >= 0, weights)
    assert area.value == pytest.approx((1 + 3 / 4) / 2)
    assert precision.value == pytest.approx((1 + 1 / 2) / 2)
    assert (area.positives, precision.positives) == (2, 2)
    later = np.array([False] * 4 + [True] * 5)
    area, precision = quarterly(LATER, SCORES, LABELS, later, weights)
    assert (area.value, precision.value) == pytest.approx((3 / 4, 1 / 2))
