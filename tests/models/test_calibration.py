"""Calibration: monotone, fitted where it can be, harmless where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from models.calibration import Calibration, Prior, fit, with_mean

from ..conftest import thorough


def drawn(slope, intercept, rows, seed):
    random = np.random.default_rng(seed)
    raw = random.normal(-3, 1, rows)
    chance = 1 / (1 + np.exp(-(slope * raw + intercept)))
    return raw, (random.random(rows) < chance).astype(float)


@thorough  # the optimum is held by test_fit_finds_the_optimum_of_newtons_method
def test_fit_finds_the_map_the_data_were_drawn_with():
    raw, labels = drawn(0.6, -0.5, 40_000, 1)
    fitted = fit(raw, labels)
    assert fitted.slope == pytest.approx(0.6, abs=0.08)
    assert fitted.probability(raw).mean() == pytest.approx(labels.mean(), rel=0.02)


def test_fit_draws_the_slope_towards_one_with_few_events():
    raw, labels = drawn(0.1, -1, 60, 2)
    many_raw, many_labels = np.tile(raw, 100), np.tile(labels, 100)
    assert abs(fit(raw, labels).slope - 1) < abs(fit(many_raw, many_labels).slope - 1) - 0.1


def test_fit_is_the_identity_without_events_or_with_nothing_else():
    assert fit(np.array([1.0, 2.0]), np.zeros(2)) == Calibration()
    assert fit(np.array([1.0, 2.0]), np.ones(2)) == Calibration()
    assert fit(np.zeros(0), np.zeros(0)) == Calibration()


def newton(raw, labels):
    """The same optimum by plain Newton steps with a line search."""
    design = np.column_stack([raw, np.ones_like(raw)])
    precision, mean = np.array([10.0, 0.0]), np.array([1.0, 0.0])

    def gradient(weights):
        return design.T @ (expit(design @ weights) - labels) + precision * (weights - mean)

    weights = mean
    for _ in range(200):
        chance = expit(design @ weights)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(precision)
        step, size = np.linalg.solve(curvature, gradient(weights)), 1.0
        while np.linalg.norm(gradient(weights - size * step)) > np.linalg.norm(gradient(weights)):
            size /= 2
            if size < 1e-9:
                return weights
        weights = weights - size * step
    return weights


@pytest.mark.parametrize(
    "labels_of",
    [
        lambda raw, chance: chance < 1 / (1 + np.exp(-(0.6 * raw - 0.5))),
        lambda raw, chance: raw > np.median(raw),
        lambda raw, chance: raw < np.median(raw),
        lambda raw, chance: raw == raw.max(),
    ],
    ids=["drawn", "separated", "separated the other way", "one event"],
)
@pytest.mark.parametrize("rows", [8, 300, 4_000])
def test_fit_finds_the_optimum_of_newtons_method(labels_of, rows):
    random = np.random.default_rng(rows)
    raw = random.normal(-1, 1.5, rows)
    labels = labels_of(raw, random.random(rows)).astype(float)
    fitted, (slope, intercept) = fit(raw, labels), newton(raw, labels)
    assert fitted.slope == pytest.approx(max(slope, 0.05), abs=1e-8)
    assert fitted.intercept == pytest.approx(intercept, abs=1e-8)


def test_fit_stays_at_the_prior_where_the_data_are_certain():
    fitted = fit(np.array([-500.0, 500.0]), np.array([0.0, 1.0]))
    assert fitted.slope == pytest.approx(1)
    assert fitted.intercept == pytest.approx(0)


@given(
    st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=2, max_size=50),
    st.lists(st.floats(-8, 8), min_size=2, max_size=10),
)
def test_fit_never_reverses_the_order(rows, scores):
    fitted = fit(np.array([r for r, _ in rows]), np.array([float(h) for _, h in rows]))
    ordered = fitted.probability(np.sort(np.array(scores)))
    assert (np.diff(ordered) >= 0).all()
    assert ((ordered >= 0) & (ordered <= 1)).all()


def test_a_line_through_two_rates_is_exact_to_the_last_digits():
    """20 of 1,000 rows of score 0 and 50 of 1,000 of score 1: odds of 1 to 49 and of 1 to 19."""
    raw = np.repeat([0.0, 1.0], 1_000)
    labels = np.repeat([1.0, 0.0, 1.0, 0.0], [20, 980, 50, 950])
    found = fit(raw, labels, Prior(slope_precision=0.0))
    assert found.intercept == pytest.approx(-np.log(49), abs=1e-12)
    assert found.slope == pytest.approx(np.log(49 / 19), abs=1e-12)


@pytest.mark.parametrize(
    ("raw", "rate", "intercept"),
    [([0, 4], 0.5, -2), ([-4, 0], 0.5, 2), ([2, 2], 0.25, -np.log(3) - 2), ([1], 0.5, -1)],
)
def test_the_mean_is_moved_to_a_rate(raw, rate, intercept):
    found = with_mean(np.array(raw, dtype=float), rate)
    assert (found.slope, found.intercept) == (1, pytest.approx(intercept, abs=1e-9))
