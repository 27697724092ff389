"""The scorecard and the rules in use read features of the catalogue, for each kind of unit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.baselines import last_inspection, rules_in_use
from models.scorecard import LINES, Scorecard, fit_scorecard, shrunk_rate
from models.storage import load, save
from risk.unit_kinds import KINDS


def matrix_of(kind, rows=3, **known):
    """A matrix of ``kind`` in which only the features in ``known`` have a value."""
    columns = tuple(feature.name for feature in FEATURE_SETS[kind].features)
    values = np.full((rows, len(columns)), np.nan)
    for name, value in known.items():
        values[:, columns.index(name)] = value
    days = np.full(rows, np.datetime64("2025-01-01"))
    return Matrix(days, tuple(f"U{row}" for row in range(rows)), columns, values, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_lines_read_features_of_the_kind_in_their_direction(kind):
    directions = {feature.name: feature.direction for feature in FEATURE_SETS[kind].features}
    assert len(LINES[kind]) > 10
    for name, line in LINES[kind]:
        assert directions[name] in (0, 1 if line.at_least is not None else -1), line
        assert (line.at_least is None) != (line.at_most is None)
        assert line.source


@pytest.mark.parametrize(
    ("kind", "known", "points"),
    [
        ("project", {"unpaid_share_3m": 0.33}, 4),
        ("project", {"unpaid_share_3m": 0.32}, 2),
        ("project", {"contractor_overdue_loans": 1.0}, 1),
        ("employer", {"contractor_overdue_loans": 1.0}, 2),
        ("employer", {"contractor_tax_ratio": 0.5, "listed": 1.0}, 3),
        ("employer", {}, 0),
    ],
)
def test_points_are_those_of_the_kind(kind, known, points):
    assert (
        Scorecard(unit=kind).points(matrix_of(kind, **known)).sum(axis=1).tolist() == [points] * 3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_scorecard_keeps_its_features(kind, tmp_path):
    """Lines added to the catalogue later do not change a model that is registered."""
    matrix = matrix_of(kind, complaints_90d=1.0, listed=1.0)
    older = Scorecard(typical=(0.5, 0.25), unit=kind, columns=("listed", "complaints_90d"))
    save(older, tmp_path / "m", {})
    loaded, _ = load(tmp_path / "m")
    assert loaded == older
    assert loaded.points(matrix).tolist() == [[2, 2]] * 3
    parts = loaded.contributions(matrix)
    # Points of 0.14 in log-odds above the mean ones: 2 - 0.5 and 2 - 0.25; the base is their sum.
    assert parts[0].tolist() == pytest.approx([0.21, 0.245, 0.105])
    assert parts.sum(axis=1) == pytest.approx(loaded.raw(matrix))


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_fitted_on_no_project_gives_three_percent_to_four_points(kind):
    """Without a mean to compare with, each point counts from 0; the base is 0."""
    card = fit_scorecard(matrix_of(kind, rows=0), np.zeros(0))
    matrix = matrix_of(kind, complaints_90d=1.0, listed=1.0)
    assert card.calibration.probability(card.raw(matrix)) == pytest.approx([0.03] * 3)
    parts = card.contributions(matrix)[0]
    assert parts.sum() == pytest.approx(4 * 0.14)
    assert parts[-1] == 0


def uneven(kind, high=2, low=18):
    """``high`` units with 4 points and ``low`` with none."""
    matrix = matrix_of(kind, rows=high + low, complaints_90d=1.0, listed=1.0)
    matrix.values[high:] = np.nan
    return matrix


@pytest.mark.parametrize("kind", KINDS)
def test_fit_scorecard_makes_the_mean_probability_the_rate(kind):
    """Not the probability of a unit with mean points: the mean of the probabilities is above it."""
    card = fit_scorecard(uneven(kind), np.zeros(0))
    probability = card.calibration.probability(card.raw(uneven(kind)))
    assert probability.mean() == pytest.approx(0.03)
    high, low = probability[0], probability[-1]
    assert np.log(high / (1 - high)) - np.log(low / (1 - low)) == pytest.approx(4 * 0.14)


@pytest.mark.parametrize("kind", KINDS)
def test_fit_scorecard_follows_the_labels(kind):
    """1,000 rows of which 100 with 4 points: 30 % and 2 % came, mean 4.8 %."""
    matrix = uneven(kind, high=100, low=900)
    labels = np.zeros(1000)
    labels[:30] = 1
    labels[-18:] = 1
    card = fit_scorecard(matrix, labels)
    probability = card.calibration.probability(card.raw(matrix))
    assert probability.mean() == pytest.approx(0.048, abs=0.006)
    assert card.calibration.slope > 1.2
    assert 0.06 < probability[0] < 0.3
    assert card.contributions(matrix).sum(axis=1) == pytest.approx(card.raw(matrix))


def test_fit_scorecard_weighs_labels_against_200_rows_of_the_prior():
    """Where the slope is s and the intercept b, the labels pull as hard as the prior draws back.

    100 of 1,000 rows have 4 points (0.56) and 30 events, 900 have none and 18. The prior rate is
    (48 + 6) / 1,200 = 0.045. Its intercept a has the precision 200 * 0.045 * 0.955 = 8.595 and its
    slope 1 the precision 30.
    """
    matrix = uneven("project", high=100, low=900)
    labels = np.zeros(1000)
    labels[:30] = 1
    labels[-18:] = 1
    fitted = fit_scorecard(matrix, labels).calibration
    high, low = fitted.probability(np.array([0.56, 0.0]))
    assert (100 * high - 30) * 0.56 + 30 * (fitted.slope - 1) == pytest.approx(0, abs=1e-5)
    prior = fitted.intercept + (100 * high - 30 + 900 * low - 18) / 8.595
    high, low = 1 / (1 + np.exp(-(np.array([0.56, 0.0]) + prior)))
    assert (100 * high + 900 * low) / 1000 == pytest.approx(0.045)


@pytest.mark.parametrize(
    ("events", "rows", "rate"),
    [
        (0, 0, 0.03),
        (0, 200, 0.015),
        (4, 200, 0.025),
        (0, 5_800, 0.001),  # 6 / 6,000
        (0, 11_800, 0.001),  # 6 / 12,000, but at least 0.001
        (188, 188, 0.5),  # 194 / 388
        (200, 200, 0.5),  # 206 / 400, but at most 0.5
    ],
)
def test_rate_is_drawn_to_the_prior(events, rows, rate):
    labels = np.zeros(rows)
    labels[:events] = 1
    assert shrunk_rate(labels) == pytest.approx(rate)


def test_a_scorecard_stored_without_the_size_of_a_point_has_the_former_one(tmp_path):
    save(Scorecard(), tmp_path / "m", {})
    path = tmp_path / "m" / "model.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    assert described.pop("log_odds_per_point") == 0.14
    path.write_text(json.dumps(described), encoding="utf-8")
    older, _ = load(tmp_path / "m")
    matrix = matrix_of("project", complaints_90d=1.0, listed=1.0)
    assert older.raw(matrix) == pytest.approx([4 * 0.35] * 3)


@pytest.mark.parametrize(
    ("kind", "known", "points"),
    [
        ("project", {"oldest_unpaid_days": 61.0, "complaints_90d": 1.0, "notice_board": 0.0}, 5),
        ("employer", {"contractor_overdue_loans": 1.0, "electricity_ratio": 0.8}, 4),
        ("project", {}, 0),
        ("employer", {}, 0),
    ],
)
def test_rules_in_use_alert_on_what_is_known(kind, known, points):
    assert rules_in_use(matrix_of(kind, **known)).tolist() == [points] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_last_inspection_is_undecided_without_one(kind):
    assert last_inspection(matrix_of(kind)).tolist() == [0.5] * 3
    assert last_inspection(matrix_of(kind, last_inspection_found=1.0)).tolist() == [1.0] * 3
