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
from training.fit.ladder import STRENGTHS
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


@pytest.mark.parametrize(("events", "on_its_own"), [(9, False), (10, True)])
def test_a_champion_is_judged_itself_on_ten_events_after_its_training(
    training_set, events, on_its_own
):
    """Trained on the second of three months of the holdout; each event is in both later months.

    The events of the first month do not count, the champion may have learnt from them.
    """
    recipe = LogisticHyperparameters()
    everything = np.ones(len(training_set.target), dtype=bool)
    model = fit_regression(training_set, recipe, everything)
    matrix = training_set.matrix.where(in_holdout(training_set))
    after = matrix.as_ofs >= np.datetime64(DATES[-2])
    owing = np.isin(matrix.project_ids, [f"P{number}" for number in range(events)])
    labels = np.where(after, owing, 1.0)
    held = Holdout(matrix, np.zeros(len(labels)), labels, labels, labels)
    trained = Trained(model, DATES[-1], None, None, 0, 0, 0, 0, {}, {}, held, recipe)
    about = {"trained_at": DATES[-2].isoformat(), "recipe": {"strength": recipe.strength}}
    version = ModelVersion("1", "logistic", DATES[-2], "", (), about)
    found = champion_scores((model, version), training_set, trained, held)
    assert found.same_recipe is not on_its_own
    assert found.rows.tolist() == (after if on_its_own else np.ones(len(labels))).tolist()
    assert np.array_equal(found.scores, model.raw(matrix) if on_its_own else held.scores)
    other = replace(trained, recipe=LogisticHyperparameters(strength=0.5))
    again = champion_scores((model, version), training_set, other, held)
    assert not again.same_recipe


def test_without_what_others_shared_a_merged_champion_is_fitted_as_a_regression(training_set):
    """It has no part of its own: the first regression, which is the challenger's recipe too."""
    recipe = LogisticHyperparameters(STRENGTHS[0])
    everything = np.ones(len(training_set.target), dtype=bool)
    model = fit_regression(training_set, recipe, everything)
    matrix = training_set.matrix.where(in_holdout(training_set))
    none = np.zeros(len(matrix.project_ids))
    held = Holdout(matrix, none, none, none, none)
    trained = Trained(model, DATES[-1], None, None, 0, 0, 0, 0, {}, {}, held, recipe)
    about = {"trained_at": DATES[-2].isoformat(), "recipe": {"shared": "gone", "own": None}}
    version = ModelVersion("1", "lightgbm", DATES[-2], "", (), about)
    assert champion_scores((model, version), training_set, trained, held).same_recipe


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
