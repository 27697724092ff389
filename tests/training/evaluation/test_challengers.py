"""Challengers of one's own: loaded by name, fitted and judged beside the model, never trusted."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from risk.store.store import RecordStore
from training.dataset.frames import feature_frame
from training.evaluation.challengers import (
    Challenger,
    ChallengerFailed,
    ChallengerUnusable,
    load_challenger,
)
from training.promotion.challengers import challenger_probability, judge_challenger
from training.promotion.evaluate import _predictions


class Constant:
    def __init__(self, chance=0.5, shape=2):
        self.chance, self.shape = chance, shape

    def fit(self, x, y):
        self.labels = set(y.tolist())
        return self

    def predict_proba(self, x):
        return np.full((len(x), self.shape), self.chance)


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(
        "from sklearn.linear_model import RidgeClassifier\n"
        "class Half:\n"
        "    def fit(self, X, y): return self\n"
        "    def predict_proba(self, X): return [[0.5, 0.5]] * len(X)\n"
        "def made(): return Half()\n"
        "half, no_estimator, no_chance = Half(), object(), RidgeClassifier()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "my_models"


@pytest.mark.parametrize("name", ["Half", "made", "half"])
def test_an_estimator_is_loaded_from_a_class_a_function_or_an_object(module, name):
    found = load_challenger(f"{module}:{name}")
    assert found.name == f"my_models:{name}"
    assert type(found.estimator).__name__ == "Half"


@pytest.mark.parametrize(
    "name", ["my_models", "my_models:none", "my_models:no_estimator", "my_models:no_chance", "no:x"]
)
def test_what_is_no_estimator_is_refused(module, name):
    with pytest.raises(ChallengerUnusable):
        load_challenger(name)


@pytest.mark.parametrize("name", ["my_models:", ":half", ":", ""])
def test_a_name_says_module_and_object(module, name):
    with pytest.raises(ChallengerUnusable) as failure:
        load_challenger(name)
    assert failure.value.fields["detail"] == "module:object"


def test_probabilities_are_those_of_the_estimator_fitted_on_the_training_set(county_training_set):
    matrix = county_training_set.matrix
    cohort = matrix.rows_at(county_training_set.dates[-1])
    estimator = HistGradientBoostingClassifier(max_iter=5, random_state=0)
    found = Challenger("hgb", estimator).probability(county_training_set, cohort)
    labels = county_training_set.target.astype(int)
    features = feature_frame(matrix).loc[:, ~np.isnan(matrix.values).all(axis=0)]
    assert features.shape[1] < matrix.values.shape[1]
    estimator.fit(features, labels)
    expected = estimator.predict_proba(feature_frame(cohort)[features.columns])
    assert (found == expected[:, 1]).all()


def test_an_estimator_without_probabilities_fails_by_name(county_training_set):
    cohort = county_training_set.matrix.rows_at(county_training_set.dates[-1])
    for estimator in (Constant(1.5), Constant(np.nan), Constant(shape=3), object()):
        with pytest.raises(ChallengerFailed) as failure:
            Challenger("mine", estimator).probability(county_training_set, cohort)
        assert failure.value.fields["name"] == "mine"
    for sure in (0.0, 1.0):
        found = Challenger("mine", Constant(sure)).probability(county_training_set, cohort)
        assert (found == sure).all()


def test_with_one_label_only_it_gives_the_rate(county_training_set):
    none = np.zeros(len(county_training_set.target))
    empty = dataclasses.replace(county_training_set, target=none, expected=none)
    few = empty.matrix.rows_at(empty.dates[-1])
    found = Challenger("mine", object()).probability(empty, few)
    # 200 rows at 3 % more than those seen without an event.
    assert found == pytest.approx(6 / (len(none) + 200))


def test_a_holdout_row_is_scored_by_an_estimator_of_earlier_months(
    county, county_training_set, county_trained
):
    seen = []

    class Recorder(Constant):
        def fit(self, x, y):
            seen.append(len(x))
            return self

    challenger = Challenger("recorder", Recorder())
    holdout = county_trained.holdout
    found = challenger_probability(challenger, county_training_set, holdout.matrix)
    assert (found == 0.5).all()
    first = holdout.matrix.as_ofs.min() - np.timedelta64(90, "D")
    last = holdout.matrix.as_ofs.max() - np.timedelta64(90, "D")
    as_ofs = county_training_set.matrix.as_ofs
    assert seen[0] <= (as_ofs <= first).sum()
    assert seen[-1] < (as_ofs <= last).sum()
    with RecordStore(county.records, read_only=True) as store:
        judged = _predictions(store, holdout, county_training_set, [challenger])
    decision = judge_challenger(judged, "challenger/recorder", 20)
    assert not decision.passed
    assert decision.grounds in ("worse", "not_calibrated")
    assert "calibration" in {check.name for check in decision.checks}
    json.dumps(dataclasses.asdict(decision), default=str)
