"""Model selection over several past months, and the reproducible search."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.arrears import Hyperparameters
from models.logistic import LogisticHyperparameters
from training.dataset.splits import walk_forward_folds
from training.dataset.training_set import training_labels
from training.fit import tuning
from training.fit.fit import fit
from training.fit.model_selection import Candidate, choose, evaluate_candidate
from training.fit.out_of_time import score_out_of_time
from training.fit.tuning import tune

from ...conftest import thorough

SMALL = Hyperparameters(leaves=3, min_rows_in_leaf=100, l2=20.0, max_rounds=40, seeds=(0,))


@pytest.fixture
def training_set(county_training_set):
    return county_training_set


@pytest.fixture
def quick(monkeypatch):
    """A default small enough for a search in a test."""
    monkeypatch.setattr(tuning, "default_recipe", lambda training_set: SMALL)


def candidate(name, *by_month):
    return Candidate(name, SMALL, by_month)


def test_choose_keeps_the_default_unless_clearly_beaten():
    default = candidate("default", 0.2, 0.3, 0.2, 0.3, 0.2, 0.3)
    lucky = candidate("lucky", 0.1, 0.9, 0.1, 0.2, 0.1, 0.2)
    better = candidate("better", 0.3, 0.41, 0.3, 0.4, 0.31, 0.4)
    assert choose([default, lucky]).chosen.name == "default"
    assert choose([default, lucky, better]).chosen.name == "better"
    assert choose([default, better]).chosen.name == "better"
    assert choose([better, default]).chosen.name == "better"


def test_choose_measures_regret_against_the_best_of_each_month():
    found = choose([candidate("a", 0.2, 0.5), candidate("b", 0.4, 0.1)])
    regrets = {one.name: (one.mean, one.worst) for one in found.regrets}
    assert regrets["a"] == pytest.approx((0.1, 0.2))
    assert regrets["b"] == pytest.approx((0.2, 0.4))
    assert [one.name for one in found.regrets] == ["a", "b"]
    assert found.months == 2


def test_choose_without_months_keeps_the_default():
    assert choose([candidate("default"), candidate("other")]).chosen.name == "default"


def test_score_out_of_time_uses_earlier_months_only(training_set):
    """Inverting the labels of a test block changes no score of that block."""
    recipe = LogisticHyperparameters()
    fold = walk_forward_folds(training_set.dates, n_folds=3)[-1]
    later = np.isin(training_set.matrix.as_ofs, np.array(fold.test, dtype="datetime64[D]"))
    turned = dataclasses.replace(
        training_set, target=np.where(later, 1 - training_set.target, training_set.target)
    )
    for one in (recipe, SMALL):
        before, after = score_out_of_time(training_set, one), score_out_of_time(turned, one)
        assert np.array_equal(before[later], after[later])
        assert not np.isnan(before[later]).any()
        assert np.isnan(before[: len(before) // 4]).all()


def test_score_out_of_time_learns_from_no_event_of_the_judged_months(training_set):
    """Without the events from the first judged day on, the scores of these months are the same."""
    recipe = LogisticHyperparameters()
    before = score_out_of_time(training_set, recipe)
    for fold in walk_forward_folds(training_set.dates, n_folds=3):
        first = np.datetime64(fold.test[0])
        matrix = training_set.matrix
        days = {name: days[days < first] for name, days in training_set.log.days.items()}
        log = dataclasses.replace(training_set.log, days=days)
        cut = dataclasses.replace(
            training_set, target=training_labels(log, matrix.project_ids, matrix.as_ofs)
        )
        assert cut.target.sum() < training_set.target.sum()
        judged = np.isin(matrix.as_ofs, np.array(fold.test, dtype="datetime64[D]"))
        assert np.array_equal(before[judged], score_out_of_time(cut, recipe)[judged])


@thorough
def test_tune_resumes_an_interrupted_search(training_set, quick, tmp_path):
    whole = tune(training_set, 3, 7, tmp_path / "whole.sqlite")
    tune(training_set, 1, 7, tmp_path / "parts.sqlite")
    resumed = tune(training_set, 3, 7, tmp_path / "parts.sqlite")
    assert resumed == whole
    names = {one.name for one in whole.regrets}
    assert {"default", "trial 0", "trial 1", "trial 2"} <= names
    other = tune(training_set, 1, 8, tmp_path / "whole.sqlite")
    first = {one.name: one for one in whole.regrets}["trial 0"]
    assert {one.name: one for one in other.regrets}["trial 0"] != first


@thorough
def test_tune_does_not_reuse_trials_of_another_training_set(training_set, quick, tmp_path):
    path = tmp_path / "tuning.sqlite"
    fewer = dataclasses.replace(training_set, target=training_set.target * 0)
    assert tuning.training_set_digest(training_set) != tuning.training_set_digest(fewer)
    one = tune(training_set, 1, 7, path)
    assert tune(training_set, 0, 7, path).regrets != one.regrets


def test_fit_with_a_regression_gives_a_logistic_model(training_set):
    trained = fit(training_set, LogisticHyperparameters())
    assert trained.model.kind == "logistic"
    assert trained.metrics["roc_auc"] > 0.6
    assert trained.holdout is not None
    assert trained.parameters["strength"] == LogisticHyperparameters().strength
    assert trained.recipe == LogisticHyperparameters()


def test_evaluate_candidate_gives_one_figure_per_month(training_set):
    found = evaluate_candidate(training_set, "logistic", LogisticHyperparameters())
    assert len(found.by_month) > 3
    assert all(0 < one <= 1 for one in found.by_month)
