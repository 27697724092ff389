"""Logistic regression: exact contributions, directions, storage, equal to scikit-learn's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.calibration import Calibration
from models.logistic import LogisticHyperparameters, LogisticModel, _to_ranks, fit_logistic
from models.scorecard import Scorecard
from models.storage import load, save


@pytest.fixture(scope="module")
def matrix():
    random = np.random.default_rng(0)
    values = random.normal(size=(600, 4))
    values[random.random(values.shape) < 0.1] = np.nan
    values[:, 3] = np.nan
    as_ofs = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), 600)
    return Matrix(as_ofs, tuple(f"P{n}" for n in range(600)), ("a", "b", "c", "d"), values)


@pytest.fixture(scope="module")
def happened(matrix):
    raw = 2 * np.nan_to_num(matrix.values[:, 0]) - np.nan_to_num(matrix.values[:, 1])
    return (np.random.default_rng(1).random(600) < 1 / (1 + np.exp(-raw))).astype(float)


def test_without_directions_it_is_ridge_logistic_regression(matrix, happened):
    ours = fit_logistic(matrix, happened, strength=0.1)
    spread = _to_ranks(matrix.values, ours.edges)
    theirs = LogisticRegression(C=0.1, max_iter=5000, tol=1e-10).fit(spread, happened > 0.5)
    assert np.allclose(ours.weights, theirs.coef_[0], atol=1e-4)
    assert ours.intercept == pytest.approx(float(theirs.intercept_[0]), abs=1e-4)


def test_fit_logistic_respects_directions(matrix, happened):
    held = fit_logistic(matrix, happened, [-1, -1, 1, 0], strength=0.1)
    assert held.weights[0] == 0
    assert held.weights[1] < 0
    free = fit_logistic(matrix, happened, strength=0.1)
    assert free.weights[0] > 0


def test_contributions_add_up_and_unknown_values_count_as_the_median(matrix, happened):
    model = fit_logistic(matrix, happened, strength=0.1)
    parts = model.contributions(matrix)
    assert np.abs(parts.sum(axis=1) - model.raw(matrix)).max() < 1e-9
    assert np.allclose(parts[:, 3], 0)
    assert np.abs(parts[:, :-1].mean(axis=0)).max() < 1e-9


def test_a_saved_logistic_model_loads_unchanged(matrix, happened, tmp_path):
    model = dataclasses.replace(fit_logistic(matrix, happened), calibration=Calibration(1.2, -0.3))
    digest = save(model, tmp_path / "model", {"trained_at": "2025-01-01"})
    again, _ = load(tmp_path / "model", digest)
    assert again == model
    assert np.array_equal(again.raw(matrix), model.raw(matrix))


@pytest.fixture(scope="module")
def scored():
    """400 projects of which half have a complaint (2 points) and a few are listed (2 points)."""
    columns = tuple(feature.name for feature in FEATURE_SETS["project"].features)
    values = np.full((400, len(columns)), np.nan)
    values[::2, columns.index("complaints_90d")] = 1.0
    values[:8, columns.index("listed")] = 1.0
    days = np.full(400, np.datetime64("2025-01-01"))
    return Matrix(days, tuple(f"P{n}" for n in range(400)), columns, values)


def test_a_regression_drawn_to_the_scorecard_is_the_scorecard_without_data(scored):
    """Labels that no feature explains: only the intercept is fitted."""
    labels = (np.arange(400) % 40 < 2).astype(float)
    card = Scorecard()
    model = fit_logistic(scored, labels, strength=1e-9, scorecard=card)
    ours, points = model.raw(scored), card.raw(scored)
    assert ours - ours[399] == pytest.approx(points - points[399], abs=1e-6)
    assert (1 / (1 + np.exp(-ours))).mean() == pytest.approx(0.05, abs=1e-3)


def test_a_regression_drawn_to_the_scorecard_adds_up_and_is_stored(scored, tmp_path):
    labels = np.zeros(400)
    labels[:30] = 1
    model = fit_logistic(scored, labels, strength=1.0, scorecard=Scorecard())
    assert np.abs(model.contributions(scored).sum(axis=1) - model.raw(scored)).max() < 1e-9
    # An intercept is free, so that as many are expected as were.
    assert (1 / (1 + np.exp(-model.raw(scored)))).sum() == pytest.approx(30, abs=1e-3)
    digest = save(model, tmp_path / "model", {"trained_at": "2025-01-01"})
    again, _ = load(tmp_path / "model", digest)
    assert again == model


def test_the_scorecard_adds_to_its_own_features_and_to_the_base():
    """Two points each, 0.5 and 0.25 are typical: 1.5 and 1.75 of 0.14, and 0.75 in the base."""
    columns = ("complaints_90d", "age_months", "listed")
    card = Scorecard(typical=(0.5, 0.25), columns=("listed", "complaints_90d"))
    nothing = (0.0,) * 3
    model = LogisticModel(columns, ((0.5,),) * 3, nothing, nothing, -1.0, scorecard=card)
    day = np.full(1, np.datetime64("2025-01-01"))
    parts = model.contributions(Matrix(day, ("P",), columns, np.array([[1.0, 7.0, 1.0]])))
    assert parts[0].tolist() == pytest.approx([0.245, 0, 0.21, -0.895])


def test_a_regression_is_drawn_to_one_probability_unless_asked_otherwise():
    assert LogisticHyperparameters() == LogisticHyperparameters(0.003, from_scorecard=False)


def test_a_score_is_the_intercept_and_weights_times_ranks():
    """0.75 has the rank 0.5 of a and 0.5 the rank 0 of b, which counts twice the other way."""
    model = LogisticModel(("a", "b"), ((0.0, 1.0),) * 2, (2.0, -4.0), (0.5, 0.5), 0.3)
    days = np.array(["2025-01-01"] * 2, dtype="datetime64[D]")
    matrix = Matrix(days, ("P", "Q"), ("a", "b"), np.array([[0.75, 0.5], [np.nan, 1.0]]))
    assert model.raw(matrix) == pytest.approx(np.array([1.3, -3.7]))
    expected = np.array([[0.0, 2.0, -0.7], [-1.0, -2.0, -0.7]])
    assert model.contributions(matrix) == pytest.approx(expected)


def test_ranks_are_between_twenty_one_quantiles():
    days = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), 3)
    values = np.array([[0.0, np.nan], [0.0, np.nan], [100.0, np.nan]])
    found = fit_logistic(Matrix(days, ("P", "Q", "R"), ("a", "b"), values), np.array([0.0, 0, 1]))
    # Of three values the second is the middle: quantiles from 0.55 on are above 0, ten of them.
    assert found.edges[0] == pytest.approx(range(0, 101, 10))
    assert found.edges[1] == (0.0,)
    assert found.typical == (-0.333333333, 0.0)


def test_a_feature_without_a_direction_pushes_either_way():
    days = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), 4)
    values = np.array([[0.0, 1, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 0, 1, 0]])
    matrix = Matrix(days, tuple("PQRS"), tuple("abcd"), values)
    labels = np.array([0.0, 0, 1, 1])
    found = fit_logistic(matrix, labels, [0, 0, 1, -1], strength=1.0)
    assert found.weights[0] == pytest.approx(-found.weights[1], abs=1e-6)
    assert min(found.weights[0], found.weights[2], -found.weights[3]) > 0.1
    held = fit_logistic(matrix, labels, [-1, 1, -1, 1], strength=1.0)
    assert held.weights == (0, 0, 0, 0)
