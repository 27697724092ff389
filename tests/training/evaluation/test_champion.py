"""Scores of the champion: from its own model, or from its recipe fitted again."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

import numpy as np
import pytest

from features.matrix import Matrix
from models.arrears import Hyperparameters, MergedHyperparameters, hyperparameters_for
from models.logistic import LogisticHyperparameters
from models.registry import ModelVersion
from models.scorecard import Scorecard
from training.dataset.labels import event_log
from training.dataset.training_set import TrainingSet
from training.evaluation.champion import champion_scores
from training.fit.fit import Holdout, Trained
from training.fit.ladder import STRENGTHS
from training.fit.out_of_time import fit_regression, score_out_of_time

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


def found_for(training_set, model, about, recipe, columns=COLUMNS):
    """The scores of a champion of before the holdout, against a challenger of ``recipe``."""
    last = in_holdout(training_set)
    labels = np.zeros(int(last.sum()))
    own = np.arange(len(labels), dtype=float)
    held = Holdout(training_set.matrix.where(last), own, labels, labels, labels)
    challenger = replace(model, columns=columns)
    trained = Trained(challenger, DATES[-1], None, None, 0, 0, 0, 0, {}, {}, held, recipe)
    version = ModelVersion("1", model.kind, DATES[-3], "", (), about)
    found = champion_scores((model, version), training_set, trained, held)
    assert found.rows.all()
    assert np.array_equal(found.scores, own) or not found.same_recipe
    return found


def fitted_on_folds(training_set, columns, recipe):
    narrowed = replace(training_set, matrix=training_set.matrix.select_columns(columns))
    return score_out_of_time(narrowed, recipe)[in_holdout(training_set), 0]


def test_the_recipe_is_that_stored_with_the_version_or_its_choice_or_the_default(training_set):
    everything = np.ones(len(training_set.target), dtype=bool)
    model = fit_regression(training_set, LogisticHyperparameters(), everything)
    stored, other = LogisticHyperparameters(0.5), {"recipe": {"strength": 0.7}}
    recipe = {"strength": 0.5}
    for about, expected in (
        ({"recipe": recipe, "choice": other}, stored),
        ({"recipe": None, "choice": {"recipe": recipe}}, stored),
        ({"choice": None}, hyperparameters_for(float(training_set.target.sum()))),
    ):
        assert found_for(training_set, model, about, expected).same_recipe


def test_a_champion_of_fewer_features_is_fitted_again_on_those(training_set):
    recipe = LogisticHyperparameters(0.5)
    everything = np.ones(len(training_set.target), dtype=bool)
    model = replace(fit_regression(training_set, recipe, everything), columns=COLUMNS[:2])
    found = found_for(training_set, model, {"recipe": {"strength": 0.5}}, recipe)
    assert not found.same_recipe
    assert np.array_equal(found.scores, fitted_on_folds(training_set, COLUMNS[:2], recipe))


def test_a_merged_champion_needs_what_others_shared_and_all_its_features(training_set):
    """Its own part stands in for it; without one, the first regression."""
    everything = np.ones(len(training_set.target), dtype=bool)
    model = fit_regression(training_set, LogisticHyperparameters(), everything)
    own, others = Hyperparameters(3, 20, 1.0), replace(training_set, shared={"theirs": ()})
    first = LogisticHyperparameters(STRENGTHS[0])
    alone = {"recipe": {"shared": "theirs", "own": None}}
    both = {"recipe": {"shared": "theirs", "own": asdict(own)}}
    assert found_for(others, model, alone, MergedHyperparameters("theirs", None)).same_recipe
    assert found_for(others, model, both, MergedHyperparameters("theirs", own)).same_recipe
    assert found_for(training_set, model, both, own).same_recipe
    assert found_for(training_set, model, alone, first).same_recipe
    older = replace(model, columns=(REMOVED, *COLUMNS[1:]))
    assert found_for(others, older, both, own, older.columns).same_recipe
    again = found_for(others, older, alone, first)
    assert np.array_equal(again.scores, fitted_on_folds(training_set, COLUMNS[1:], first))
