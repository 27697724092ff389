"""Boosters worked out by hand: where rows go, batches, gains, and the settings of trees."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from features.matrix import Matrix
from models import arrears, tree_shap
from models.arrears import ArrearsModel, fit_booster, hyperparameters_for
from models.calibration import Calibration
from models.shared_trees import SharedTree, booster_text
from models.tree_shap import add_contributions, trees_of

COLUMNS = ("a", "b", "c")
NONE, ZERO, UNKNOWN = 0, 4, 8
"""What a split takes for missing, as LightGBM stores it; two more where that goes left."""


def stump(threshold=0.5, decision=UNKNOWN, feature=0, gain=1.0, leaves=(-3.0, -1.0)):
    """Six rows of nine are at most ``threshold``."""
    return SharedTree(
        **{"split_feature": (feature,), "split_gain": (gain,), "threshold": (threshold,)},
        **{"decision_type": (decision,), "left_child": (-1,), "right_child": (-2,)},
        **{"internal_count": (9,), "leaf_value": leaves, "leaf_count": (6, 3)},
    )


LEAF = SharedTree(
    **{"split_feature": (), "split_gain": (), "threshold": (), "decision_type": ()},
    **{"left_child": (), "right_child": (), "internal_count": ()},
    **{"leaf_value": (1.0,), "leaf_count": (9,)},
)


def matrix(values):
    rows = np.column_stack([values, np.zeros((len(values), 2))])
    days = np.full(len(rows), np.datetime64("2025-01-01"))
    return Matrix(days, tuple(map(str, range(len(rows)))), COLUMNS, rows)


@pytest.mark.parametrize("decision", [NONE, NONE + 2, ZERO, ZERO + 2, UNKNOWN, UNKNOWN + 2])
@pytest.mark.parametrize("threshold", [0.5, 0.0, -0.5])
def test_values_at_the_threshold_zeros_and_unknown_ones_go_where_lightgbm_sends_them(
    decision, threshold
):
    booster = lgb.Booster(model_str=booster_text([stump(threshold, decision)], COLUMNS))
    values = matrix([threshold, threshold + 1e-9, 0.0, -1e-9, 1e-9, np.nan]).values
    found = np.zeros((4, len(values)))
    add_contributions(trees_of(booster), values, found)
    np.testing.assert_allclose(found.T, booster.predict(values, pred_contrib=True), atol=1e-9)


def test_a_stump_moves_a_row_from_the_mean_to_its_leaf():
    """The mean is (6 * -3 + 3 * -1) / 9; with a zero unknown to the right 1e-35 is none."""
    (tree,) = trees_of(lgb.Booster(model_str=booster_text([stump(decision=ZERO)], COLUMNS)))
    found = np.zeros((4, 3))
    add_contributions([tree], matrix([0.5, 0.6, 1e-35]).values, found)
    assert found[-1] == pytest.approx([-7 / 3] * 3)
    assert found[0] == pytest.approx([-2 / 3, 4 / 3, 4 / 3])
    assert not found[1:3].any()


def test_contributions_without_a_table_are_those_with_one(monkeypatch):
    drawn = np.random.default_rng(3)
    values = drawn.normal(size=(200, 5))
    target = (values[:, 0] * values[:, 1] + values[:, 2] > 0).astype(float)
    asked = {"objective": "cross_entropy", "num_leaves": 12, "verbosity": -1, "num_threads": 1}
    booster = lgb.train(asked, lgb.Dataset(values, target), num_boost_round=2)
    monkeypatch.setattr(tree_shap, "_MAX_IN_TABLE", 0)
    trees = trees_of(booster)
    assert {leaf.table is None for tree in trees for leaf in tree.leaves} == {True}
    found = np.zeros((6, len(values)))
    add_contributions(trees, values, found)
    np.testing.assert_allclose(found.T, booster.predict(values, pred_contrib=True), atol=1e-9)


def test_a_path_of_seventeen_features_is_exact():
    """One row leaves at each of seventeen splits, each on a feature of its own; one goes on."""
    nodes = 17
    tree = SharedTree(
        **{"split_feature": tuple(range(nodes)), "split_gain": (1.0,) * nodes},
        **{"threshold": (0.5,) * nodes, "decision_type": (UNKNOWN,) * nodes},
        left_child=tuple(range(-1, -nodes - 1, -1)),
        right_child=(*range(1, nodes), -nodes - 1),
        internal_count=tuple(range(nodes + 1, 1, -1)),
        leaf_value=tuple(float(number) for number in range(nodes + 1)),
        leaf_count=(1,) * (nodes + 1),
    )
    names = tuple(f"f{number}" for number in range(nodes))
    booster = lgb.Booster(model_str=booster_text([tree], names))
    values = np.vstack([np.ones(nodes), np.zeros(nodes), np.arange(nodes) < 9])
    found = np.zeros((nodes + 1, 3))
    add_contributions(trees_of(booster), values, found)
    expected = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(found.T, expected, atol=1e-9)


def test_batches_are_scored_and_explained_one_after_the_other(monkeypatch):
    monkeypatch.setattr(arrears, "ROWS_PER_BATCH", 2)
    model = ArrearsModel(COLUMNS, (booster_text([stump()], COLUMNS),) * 2, Calibration())
    rows = matrix([0.0, 1.0, 1.0, 0.0, 1.0])
    assert model.raw(rows).tolist() == [-3, -1, -1, -3, -1]
    parts = model.contributions(rows)
    assert parts.shape == (5, 4)
    assert parts[:, 0] == pytest.approx([-2 / 3, 4 / 3, 4 / 3, -2 / 3, 4 / 3])
    assert parts[:, -1] == pytest.approx([-7 / 3] * 5)
    assert not parts[:, 1:3].any()


def test_importance_is_the_share_of_the_gain_by_weight():
    """Gains of 1 and 3: alike 1/2 and 3/2, at weights 3 and 1 3/4 each."""
    texts = tuple(
        booster_text([stump(feature=feature, gain=gain)], COLUMNS)
        for feature, gain in ((0, 1.0), (2, 3.0))
    )
    assert ArrearsModel(COLUMNS, texts, Calibration()).importance().tolist() == [0.25, 0, 0.75]
    little = booster_text([stump(gain=0.25)], COLUMNS)
    assert ArrearsModel(COLUMNS, (little,), Calibration()).importance().tolist() == [1, 0, 0]
    weighted = ArrearsModel(COLUMNS, texts, Calibration(), weights=(3.0, 1.0))
    assert weighted.importance().tolist() == [0.5, 0, 0.5]
    empty = ArrearsModel(COLUMNS, (booster_text([LEAF], COLUMNS),), Calibration())
    assert empty.importance().tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("positives", "leaves", "rows", "rounds"),
    [
        (999, 4, 100, 400),
        (1_000, 7, 200, 400),
        (9_999, 7, 200, 400),
        (10_000, 31, 500, 600),
    ],
)
def test_the_fewer_events_the_simpler_the_trees(positives, leaves, rows, rounds):
    found = hyperparameters_for(positives)
    assert (found.leaves, found.min_rows_in_leaf, found.max_rounds) == (leaves, rows, rounds)
    assert (found.l2, found.learning_rate, found.feature_share) == (20, 0.03, 0.3)
    assert (found.row_share, found.seeds) == (0.5, (0, 1, 2, 3))


def test_settings_of_lightgbm():
    """Every row is drawn again in each round; the same seed gives the same booster."""
    assert hyperparameters_for(0).parameters([1, 0], 7) == {
        **{"objective": "cross_entropy", "num_leaves": 4, "min_data_in_leaf": 100},
        **{"lambda_l2": 20.0, "learning_rate": 0.03, "feature_fraction": 0.3},
        **{"bagging_fraction": 0.5, "bagging_freq": 1, "monotone_constraints": [1, 0]},
        **{"monotone_constraints_method": "basic", "seed": 7, "deterministic": True},
        **{"force_col_wise": True, "num_threads": 0, "verbosity": -1},
    }


def test_a_booster_has_the_rounds_that_were_asked_for():
    values = np.arange(1000.0)[:, None]
    data = lgb.Dataset(values, (values[:, 0] > 500) * 1.0, params={"verbosity": -1})
    recipe = hyperparameters_for(0)
    found = fit_booster(data, [1], hyperparameters=recipe, rounds=3, seed=1)
    assert found.num_trees() == 3
