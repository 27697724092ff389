"""Probabilities that mean what they say, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from training.evaluation.bootstrap import cluster_weights
from training.evaluation.calibration import reliability

ROWS = 6_000


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(5)
    raw = random.normal(-2.5, 1.0, ROWS)
    chance = 1 / (1 + np.exp(-raw))
    return raw, chance, (random.random(ROWS) < chance).astype(float)


@pytest.fixture(scope="module")
def weights():
    return cluster_weights([str(row // 4) for row in range(ROWS)], draws=200, seed=1)


def within(estimate, truth):
    return estimate.low <= truth <= estimate.high


def test_true_probabilities_have_slope_one_and_intercept_nought(drawn, weights):
    _, chance, happened = drawn
    found = reliability(chance, happened, weights)
    assert within(found.slope, 1.0)
    assert within(found.intercept, 0.0)
    assert within(found.ratio, 1.0)
    assert found.brier_reliability.value < 0.001


def test_probabilities_too_far_apart_have_a_slope_under_one(drawn, weights):
    raw, _, happened = drawn
    found = reliability(1 / (1 + np.exp(-2 * raw)), happened, weights)
    assert found.slope.high < 0.6


def test_doubled_probabilities_are_twice_the_rate(drawn, weights):
    _, chance, happened = drawn
    found = reliability(np.minimum(2 * chance, 0.99), happened, weights)
    assert found.ratio.low > 1.6
    assert found.intercept.high < 0


def test_slope_and_intercept_are_those_of_a_logistic_fit(drawn, weights):
    raw, _, happened = drawn
    said = 1 / (1 + np.exp(-(0.5 * raw - 1)))
    found = reliability(said, happened, weights)
    fitted = LogisticRegression(C=1e9).fit((0.5 * raw - 1)[:, None], happened)
    assert found.slope.value == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    assert found.intercept.value == pytest.approx(fitted.intercept_[0], abs=1e-3)


@given(st.lists(st.booleans(), min_size=36, max_size=36))
def test_the_parts_of_the_brier_score_add_up_where_bins_are_of_one_value(flags):
    said = np.repeat([0.1, 0.4, 0.8], 12)
    happened = np.array(flags, dtype=float)
    found = reliability(said, happened, np.ones((2, 36)))
    parts = (
        found.brier_reliability.value - found.brier_resolution.value + found.brier_uncertainty.value
    )
    assert found.brier.value == pytest.approx(parts, abs=1e-9)


def test_rows_without_a_probability_are_left_out_and_few_events_get_no_interval():
    said = np.array([0.2] * 20 + [np.nan] * 20)
    happened = np.array([1.0] * 4 + [0.0] * 16 + [1.0] * 20)
    found = reliability(said, happened, np.ones((3, 40)))
    assert found.ratio.value == pytest.approx(1.0)
    assert found.ratio.too_few
    assert found.ratio.low is None
