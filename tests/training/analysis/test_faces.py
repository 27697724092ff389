"""scikit-learn and shap work on the model, and splits leave horizon and maturity out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import cross_validate

from models.logistic import LogisticHyperparameters
from risk.calendar.dates import month_days
from training.analysis.classifier import ArrearsClassifier
from training.analysis.splits import WalkForwardSplit
from training.dataset.frames import feature_frame, matrix_of
from training.fit.fit import fit

from ...conftest import thorough

MONTHS = np.array(month_days(dt.date(2024, 1, 1), dt.date(2025, 12, 1)), dtype="datetime64[D]")


@pytest.fixture(scope="module")
def frame(county_training_set):
    return feature_frame(county_training_set.matrix, keys=True)


@pytest.fixture(scope="module")
def classifier(county_trained):
    return ArrearsClassifier.from_model(county_trained.model)


def test_walk_forward_split_leaves_horizon_and_maturity_between_train_and_test():
    folds = list(WalkForwardSplit(2).split(np.zeros((24, 1)), groups=MONTHS))
    # The second half in two blocks of six; 2025-01-01 - 120 days = 2024-09-03.
    assert [(train.tolist(), test.tolist()) for train, test in folds] == [
        (list(range(9)), list(range(12, 18))),
        (list(range(15)), list(range(18, 24))),
    ]
    assert WalkForwardSplit(2).get_n_splits() == 2
    narrow = WalkForwardSplit(2, horizon_days=31, maturity_days=0)
    # 2025-01-01 - 31 days = 2024-12-01, but 2025-07-01 - 31 days = 2025-05-31.
    assert [len(train) for train, _ in narrow.split(MONTHS, groups=MONTHS)] == [12, 17]


def test_walk_forward_split_refuses_too_few_months_and_unknown_dates():
    with pytest.raises(ValueError, match="allow 1 folds"):
        list(WalkForwardSplit(2).split(MONTHS[:16], groups=MONTHS[:16]))
    with pytest.raises(ValueError, match="as_of"):
        list(WalkForwardSplit().split(np.zeros((24, 1))))


def test_the_classifier_gives_the_probabilities_of_the_model(
    classifier, county_trained, county_training_set, frame
):
    matrix = county_training_set.matrix
    expected = county_trained.model.calibration.probability(county_trained.model.raw(matrix))
    shuffled = frame[frame.columns[::-1]].head(50)
    found = classifier.predict_proba(shuffled)
    assert (found[:, 1] == expected[:50]).all()
    assert (found.sum(axis=1) == 1).all()
    assert (classifier.predict(shuffled) == (expected[:50] >= 0.5)).all()
    assert (classifier.predict_proba(matrix.values[:50]) == found).all()
    with pytest.raises(ValueError, match="missing columns: unpaid_amount"):
        classifier.predict_proba(frame.drop(columns="unpaid_amount"))
    with pytest.raises(ValueError, match="found shape"):
        classifier.predict_proba(matrix.values[:, :3])
    with pytest.raises(NotFittedError):
        clone(classifier).predict_proba(shuffled)


# shap draws with matplotlib, in a way matplotlib advises against.
@thorough  # shap takes seconds to import; contributions: tests/models/test_reasons.py
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_explanations_add_up_to_the_raw_score(classifier, frame):
    explained = classifier.explain(frame.head(20))
    total = explained.values.sum(axis=1) + explained.base_values
    assert np.abs(total - classifier.raw_score(frame.head(20))).max() < 1e-9
    assert explained.feature_names == list(classifier.feature_names_in_)


@thorough  # splits, fit and probabilities one by one: above and below
def test_scikit_learn_inspects_and_validates_the_model(classifier, county_training_set, frame):
    few = frame.head(300)
    labels = county_training_set.target.astype(int)
    found = permutation_importance(
        classifier, few, labels[:300], n_repeats=1, random_state=0, scoring="neg_log_loss"
    )
    importance = dict(zip(few.columns, found.importances_mean, strict=True))
    assert importance["project_id"] == importance["as_of"] == 0
    assert max(importance.values()) > 0
    recipe = LogisticHyperparameters(0.003)
    scored = cross_validate(
        *(ArrearsClassifier(recipe), frame, labels),
        cv=WalkForwardSplit(2),
        scoring="roc_auc",
    )
    assert scored["test_score"].shape == (2,)
    assert (scored["test_score"] > 0.55).all()


def test_fitting_the_classifier_is_training(county_training_set, frame):
    recipe = LogisticHyperparameters(0.01)
    labels = county_training_set.target
    ours = ArrearsClassifier(recipe).fit(frame, labels)
    expected = fit(county_training_set, recipe).model
    assert ours.model_.kind == "logistic"
    # The labels of open cases, which only the records know, may move it a little.
    gap = ours.raw_score(frame) - expected.raw(county_training_set.matrix)
    assert np.abs(gap).mean() < 0.05
    with pytest.raises(ValueError, match="as_of"):
        ArrearsClassifier(recipe).fit(frame.drop(columns="as_of"), labels)
    with pytest.raises(ValueError, match="other values than 0 and 1"):
        ArrearsClassifier(recipe).fit(frame, np.full(len(frame), np.nan))


def test_a_frame_and_its_matrix_are_the_same(county_training_set, frame):
    matrix = matrix_of(frame, county_training_set.matrix.columns)
    assert np.array_equal(matrix.values, county_training_set.matrix.values, equal_nan=True)
    assert matrix.project_ids == county_training_set.matrix.project_ids
    assert (matrix.as_ofs == county_training_set.matrix.as_ofs).all()
