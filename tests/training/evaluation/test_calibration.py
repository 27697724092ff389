"""The calibration report on calibrated and miscalibrated probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from training.evaluation.bootstrap import cluster_weights, estimate
from training.evaluation.calibration import calibration_report

ROWS = 6_000


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(5)
    raw = random.normal(-2.5, 1.0, ROWS)
    chance = 1 / (1 + np.exp(-raw))
    return raw, chance, (random.random(ROWS) < chance).astype(float)


@pytest.fixture(scope="module")
def weights():
    return cluster_weights([str(row // 4) for row in range(ROWS)], n_resamples=200, seed=1)


def within(estimate, truth):
    return estimate.low <= truth <= estimate.high


def test_calibration_report_of_true_probabilities_has_slope_one_and_intercept_zero(drawn, weights):
    _, chance, labels = drawn
    found = calibration_report(chance, labels, weights)
    assert within(found.slope, 1.0)
    assert within(found.intercept, 0.0)
    assert within(found.ratio, 1.0)
    assert found.brier_reliability.value < 0.001


def test_calibration_report_of_extreme_probabilities_has_a_slope_below_one(drawn, weights):
    raw, _, labels = drawn
    found = calibration_report(1 / (1 + np.exp(-2 * raw)), labels, weights)
    assert found.slope.high < 0.6


def test_calibration_report_of_doubled_probabilities_has_a_ratio_of_two(drawn, weights):
    _, chance, labels = drawn
    found = calibration_report(np.minimum(2 * chance, 0.99), labels, weights)
    assert found.ratio.low > 1.6
    assert found.intercept.high < 0


def test_calibration_report_slope_and_intercept_equal_a_logistic_fit(drawn, weights):
    raw, _, labels = drawn
    predicted = 1 / (1 + np.exp(-(0.5 * raw - 1)))
    found = calibration_report(predicted, labels, weights)
    fitted = LogisticRegression(C=1e9).fit((0.5 * raw - 1)[:, None], labels)
    assert found.slope.value == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    assert found.intercept.value == pytest.approx(fitted.intercept_[0], abs=1e-3)


@pytest.mark.parametrize(
    ("chances", "events"),
    # Log-odds of 20 and 50 of 1,000 lie 0.947 apart, those of 3.7 % and 4 % only 0.081: 11.7.
    [((0.037, 0.04), (20, 50)), ((0.037, 0.04), (50, 20)), ((0.0005, 0.3), (30, 40))],
)
def test_slope_through_two_rates_is_exact_in_every_resample(chances, events):
    """A line through two points: rise of the log-odds that came over that of those predicted."""

    def odds(share):
        return np.log(share / (1 - share))

    predicted = np.repeat(chances, 1_000)
    labels = np.concatenate([[1.0] * n + [0.0] * (1_000 - n) for n in events])
    weights = cluster_weights([str(row) for row in range(2_000)], n_resamples=100, seed=2)
    found = calibration_report(predicted, labels, weights)
    drawn = np.concatenate([np.ones((1, 2_000)), weights])
    low, high = (
        odds(drawn[:, rows] @ labels[rows] / drawn[:, rows].sum(axis=1))
        for rows in (slice(0, 1_000), slice(1_000, 2_000))
    )
    slopes = (high - low) / (odds(chances[1]) - odds(chances[0]))
    exact = estimate(slopes, sum(events), sum(events))
    shown = (found.slope.value, found.slope.low, found.slope.high)
    assert shown == pytest.approx((exact.value, exact.low, exact.high), rel=1e-9)
    assert found.intercept.value == pytest.approx(low[0] - slopes[0] * odds(chances[0]), rel=1e-5)


def test_slope_of_equal_chances_is_left_at_one():
    labels = np.array([1.0] * 20 + [0.0] * 180)
    found = calibration_report(np.full(200, 0.05), labels, np.ones((2, 200), dtype=np.uint16))
    assert found.slope.value == pytest.approx(1.0)
    assert found.intercept.value == pytest.approx(np.log(0.1 / 0.9) - np.log(0.05 / 0.95))


@given(st.lists(st.booleans(), min_size=36, max_size=36))
def test_calibration_report_brier_parts_add_up_when_bins_hold_one_value(flags):
    predicted = np.repeat([0.1, 0.4, 0.8], 12)
    labels = np.array(flags, dtype=float)
    found = calibration_report(predicted, labels, np.ones((2, 36)))
    parts = (
        found.brier_reliability.value - found.brier_resolution.value + found.brier_uncertainty.value
    )
    assert found.brier.value == pytest.approx(parts, abs=1e-9)


def test_brier_parts_by_hand():
    """Of ten rows of 0.1 two came, of thirty of 0.5 twenty-one: 57.5 % of all."""
    predicted = np.repeat([0.1, 0.5], [10, 30])
    labels = np.repeat([1.0, 0, 1, 0], [2, 8, 21, 9])
    found = calibration_report(predicted, labels, np.ones((2, 40)))
    assert found.brier.value == pytest.approx((2 * 0.81 + 8 * 0.01 + 30 * 0.25) / 40)
    assert found.brier_reliability.value == pytest.approx((10 * 0.1**2 + 30 * 0.2**2) / 40)
    assert found.brier_resolution.value == pytest.approx((10 * 0.375**2 + 30 * 0.125**2) / 40)
    assert found.brier_uncertainty.value == pytest.approx(0.575 * 0.425)


def test_a_calibration_report_of_no_probability_is_empty():
    found = calibration_report(np.full(2, np.nan), np.array([0.0, 1.0]), np.ones((2, 2)))
    assert found.bins == ()
    assert np.isnan([found.slope.value, found.ratio.value]).all()
    parts = (found.brier_reliability, found.brier_resolution, found.brier_uncertainty)
    assert np.isnan([part.value for part in (found.brier, *parts)]).all(), "0 would be perfect"


def test_calibration_report_ignores_rows_without_probability():
    predicted = np.array([0.2] * 20 + [np.nan] * 20)
    labels = np.array([1.0] * 4 + [0.0] * 16 + [1.0] * 20)
    found = calibration_report(predicted, labels, np.ones((3, 40)))
    assert found.ratio.value == pytest.approx(1.0)
    assert found.ratio.too_few
    assert found.ratio.low is None
