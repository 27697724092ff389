"""Scores of the champion: from its own model, or from its recipe fitted again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from features.matrix import Matrix
from models.logistic import LogisticHyperparameters
from models.registry import ModelVersion
from models.scorecard import Scorecard
from training.dataset.labels import event_log
from training.dataset.training_set import TrainingSet
from training.evaluation.champion import champion_scores
from training.fit.fit import Holdout, Trained
from training.fit.out_of_time import fit_regression

COLUMNS = ("complaints_90d", "unpaid_share_3m", "listed")
REMOVED = "winter_share"
DATES = tuple(dt.date(2024 + month // 12, month % 12 + 1, 1) for month in range(18))
UNITS = 60


@pytest.fixture
def training_set(store):
    random = np.random.default_rng(0)
    rows = len(DATES) * UNITS
    values = random.random((rows, len(COLUMNS)))
    target = (random.random(rows) < 0.6 * values[:, 0]).astype(float)
    days = np.repeat(np.array(DATES, dtype="datetime64[D]"), UNITS)
    ids = tuple(f"P{row % UNITS}" for row in range(rows))
    matrix = Matrix(days, ids, COLUMNS, values)
    return TrainingSet(
        event_log(store, DATES[-1]), DATES, matrix, target, target, int(target.sum())
    )


def in_holdout(training_set):
    return training_set.matrix.as_ofs >= np.datetime64(DATES[-3])


def compared(model, recipe, training_set):
    """The scores of ``model``, trained before every month of the holdout."""
    last = in_holdout(training_set)
    labels = training_set.target[last]
    held = Holdout(training_set.matrix.where(last), np.zeros(len(labels)), labels, labels, labels)
    trained = Trained(model, DATES[-1], None, None, 0, 0, 0, 0, {}, {}, held, recipe)
    about = {"trained_at": DATES[-3].isoformat(), "recipe": {"strength": recipe.strength}}
    version = ModelVersion("1", "logistic", DATES[-3], "", (), about)
    return champion_scores((model, version), training_set, trained, held)


def test_a_scorecard_with_a_removed_feature_ranks_by_the_others(training_set):
    scorecard = Scorecard(columns=("complaints_90d", REMOVED, "listed"))
    found = compared(scorecard, LogisticHyperparameters(), training_set)
    assert found.rows.all()
    rows = training_set.matrix.where(in_holdout(training_set))
    assert np.array_equal(found.scores, Scorecard(columns=("complaints_90d", "listed")).raw(rows))


def test_the_recipe_of_a_model_with_a_removed_feature_is_fitted_again(training_set):
    recipe = LogisticHyperparameters()
    everything = np.ones(len(training_set.target), dtype=bool)
    model = fit_regression(training_set, recipe, everything)
    own = compared(model, recipe, training_set)
    rows = training_set.matrix.where(in_holdout(training_set))
    assert np.array_equal(own.scores, model.raw(rows))
    older = replace(model, columns=(REMOVED, *COLUMNS[1:]))
    again = compared(older, recipe, training_set)
    assert np.isfinite(again.scores).all()
    assert not np.array_equal(again.scores, own.scores)
