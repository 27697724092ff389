"""Contributions by tables are those of LightGBM, whatever the trees and the unknown values."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.matrix import Matrix
from models import arrears
from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.tree_shap import add_contributions, trees_of

from ..conftest import thorough

COLUMNS = 24


def lesson(rows: int, seed: int, unknown: float) -> tuple[np.ndarray, np.ndarray]:
    """Made-up features with unknown and zero values, and a target that depends on them."""
    drawn = np.random.default_rng(seed)
    values = np.round(drawn.normal(size=(rows, COLUMNS)), 1)
    target = (values[:, 0] + values[:, 1] * values[:, 2] + drawn.normal(size=rows) > 0.5) * 1.0
    values[drawn.random(values.shape) < unknown] = np.nan
    return values, target


def grown(values: np.ndarray, target: np.ndarray, **settings: object) -> lgb.Booster:
    """A small booster as a model file would give it back."""
    parameters = {"objective": "cross_entropy", "min_data_in_leaf": 3, "verbosity": -1}
    parameters |= {"num_threads": 1, "feature_fraction": 0.4, "seed": 1, **settings}
    booster = lgb.train(parameters, lgb.Dataset(values, target), num_boost_round=4)
    return lgb.Booster(model_str=booster.model_to_string())


def contributions(booster: lgb.Booster, values: np.ndarray) -> np.ndarray:
    out = np.zeros((values.shape[1] + 1, len(values)))
    add_contributions(trees_of(booster), values, out)
    return out.T


@given(
    seed=st.integers(0, 10_000),
    leaves=st.integers(2, 60),
    unknown=st.sampled_from([0.0, 0.1, 0.6]),
    zero_as_missing=st.booleans(),
)
def test_add_contributions_equals_pred_contrib_of_lightgbm(seed, leaves, unknown, zero_as_missing):
    values, target = lesson(300, seed, unknown)
    booster = grown(values, target, num_leaves=leaves, zero_as_missing=zero_as_missing)
    asked = np.vstack([values[:40], lesson(40, seed + 1, 0.3)[0]])
    expected = booster.predict(asked, pred_contrib=True, num_threads=1)
    assert np.allclose(contributions(booster, asked), expected, rtol=0, atol=1e-10)


@thorough  # shorter paths: above
def test_paths_too_long_for_a_table_are_exact_too():
    values, target = lesson(3_000, 5, 0.1)
    booster = grown(values, target, num_leaves=400, feature_fraction=1.0)
    longest = max(len(leaf.features) for tree in trees_of(booster) for leaf in tree.leaves)
    assert longest > 9
    expected = booster.predict(values[:50], pred_contrib=True, num_threads=1)
    assert np.allclose(contributions(booster, values[:50]), expected, rtol=0, atol=1e-10)


def test_a_tree_that_never_splits_only_moves_the_base():
    values = np.zeros((50, COLUMNS))
    booster = grown(values, np.repeat([0.0, 1.0], [40, 10]))
    parts = contributions(booster, values[:3])
    assert (parts[:, :-1] == 0).all()
    assert parts.sum(axis=1) == pytest.approx(booster.predict(values[:3], raw_score=True))


@thorough
def test_contributions_do_not_depend_on_the_batch_size(monkeypatch):
    values, target = lesson(500, 3, 0.2)
    columns = tuple(f"f{i}" for i in range(COLUMNS))
    boosters = tuple(
        grown(values, target, seed=seed, num_leaves=80).model_to_string() for seed in (1, 2)
    )
    model = ArrearsModel(columns, boosters, Calibration())
    matrix = Matrix(
        np.full(500, np.datetime64("2025-01-01")), tuple(map(str, range(500))), columns, values
    )
    whole = model.contributions(matrix)
    monkeypatch.setattr(arrears, "ROWS_PER_BATCH", 7)
    assert model.contributions(matrix).tobytes() == whole.tobytes()
