"""The way of fitting is chosen over several past months, and the search repeats to the bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.arrears import Hyperparameters
from models.logistic import LogisticHyperparameters
from risk.store.store import RecordStore
from training.dataset.splits import walk_forward
from training.dataset.training_set import lessons_at
from training.fit import tuning
from training.fit.fit import fit
from training.fit.model_selection import Candidate, choose, judge
from training.fit.out_of_time import score_forward
from training.fit.tuning import tune

from ...conftest import thorough

SMALL = Hyperparameters(leaves=3, min_rows_in_leaf=100, l2=20.0, max_rounds=40, seeds=(0,))


@pytest.fixture(scope="module")
def lessons(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        return lessons_at(store, county_trained.as_of)


@pytest.fixture
def quick(monkeypatch):
    """A default recipe small enough to be searched around in a test."""
    monkeypatch.setattr(tuning, "hyperparameters_for", lambda positives: SMALL)


def candidate(name, *by_month):
    return Candidate(name, SMALL, by_month)


def test_the_way_in_use_stays_unless_clearly_beaten():
    default = candidate("default", 0.2, 0.3, 0.2, 0.3, 0.2, 0.3)
    lucky = candidate("lucky", 0.1, 0.9, 0.1, 0.2, 0.1, 0.2)
    better = candidate("better", 0.3, 0.41, 0.3, 0.4, 0.31, 0.4)
    assert choose([default, lucky]).chosen.name == "default"
    assert choose([default, lucky, better]).chosen.name == "better"
    assert choose([default, better]).chosen.name == "better"
    assert choose([better, default]).chosen.name == "better"


def test_regret_is_against_the_best_of_each_month():
    found = choose([candidate("a", 0.2, 0.5), candidate("b", 0.4, 0.1)])
    told = {one.name: (one.mean, one.worst) for one in found.regrets}
    assert told["a"] == pytest.approx((0.1, 0.2))
    assert told["b"] == pytest.approx((0.2, 0.4))
    assert [one.name for one in found.regrets] == ["a", "b"]
    assert found.months == 2


def test_without_months_the_way_in_use_stays():
    assert choose([candidate("default"), candidate("other")]).chosen.name == "default"


def test_later_months_are_scored_by_earlier_ones_only(lessons):
    """Turning the outcomes of a block around changes no score of that block."""
    recipe = LogisticHyperparameters()
    fold = walk_forward(lessons.dates, folds=3)[-1]
    later = np.isin(lessons.matrix.as_ofs, np.array(fold.later, dtype="datetime64[D]"))
    turned = dataclasses.replace(lessons, soft=np.where(later, 1 - lessons.soft, lessons.soft))
    for one in (recipe, SMALL):
        before, after = score_forward(lessons, one), score_forward(turned, one)
        assert np.array_equal(before[later], after[later])
        assert not np.isnan(before[later]).any()
        assert np.isnan(before[: len(before) // 4]).all()


@thorough
def test_an_interrupted_search_ends_like_one_that_was_not(lessons, quick, tmp_path):
    whole = tune(lessons, 3, 7, tmp_path / "whole.sqlite")
    tune(lessons, 1, 7, tmp_path / "parts.sqlite")
    resumed = tune(lessons, 3, 7, tmp_path / "parts.sqlite")
    assert resumed == whole
    names = {one.name for one in whole.regrets}
    assert {"default", "trial 0", "trial 1", "trial 2"} <= names
    other = tune(lessons, 1, 8, tmp_path / "whole.sqlite")
    first = {one.name: one for one in whole.regrets}["trial 0"]
    assert {one.name: one for one in other.regrets}["trial 0"] != first


def test_trials_of_other_lessons_are_not_taken_for_these(lessons, quick, tmp_path):
    path = tmp_path / "tuning.sqlite"
    fewer = dataclasses.replace(lessons, target=lessons.target * 0, soft=lessons.soft / 2)
    assert tuning.lessons_digest(lessons) != tuning.lessons_digest(fewer)
    one = tune(lessons, 1, 7, path)
    assert tune(lessons, 0, 7, path).regrets != one.regrets


def test_a_regression_is_a_model_like_any_other(lessons):
    trained = fit(lessons, LogisticHyperparameters())
    assert trained.model.kind == "logistic"
    assert trained.metrics["roc_auc"] > 0.6
    assert trained.later is not None
    assert trained.parameters == {"strength": LogisticHyperparameters().strength}


def test_a_candidate_is_judged_month_by_month(lessons):
    judged = judge(lessons, "logistic", LogisticHyperparameters())
    assert len(judged.by_month) > 3
    assert all(0 < one <= 1 for one in judged.by_month)
