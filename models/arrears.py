"""The arrears model: LightGBM trees, averaged over seeds, with exact SHAP contributions.

``raw`` and ``contributions`` correspond to ``predict(raw_score=True)`` and
``predict(pred_contrib=True)`` of LightGBM, averaged over the boosters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models.base import Kind, align_columns
from models.calibration import Calibration
from models.tree_shap import Tree, add_contributions, trees_of

if TYPE_CHECKING:
    import lightgbm as lgb
    from numpy.typing import NDArray


ROWS_PER_BATCH = 8_192
"""Rows scored and explained together; bounds the memory of large cohorts."""


@dataclass(frozen=True)
class ArrearsModel:
    """LightGBM boosters in text format, the features they read, and the calibration.

    The raw score is the mean over the boosters; its SHAP contributions are the mean of theirs and
    so add up to it. ``weights``, one per booster, make it a weighted mean; none means equal ones.
    """

    columns: tuple[str, ...]
    boosters: tuple[str, ...]
    calibration: Calibration
    kind: Kind = "lightgbm"
    weights: tuple[float, ...] = ()

    @cached_property
    def _loaded(self) -> tuple[Any, ...]:
        import lightgbm as lgb  # takes a second to import

        return tuple(lgb.Booster(model_str=text) for text in self.boosters)

    @cached_property
    def _groups(self) -> tuple[tuple[float, tuple[Tree, ...]], ...]:
        """The trees of boosters of the same weight, with their share of the mean."""
        weights = self.weights or (1.0,) * len(self.boosters)
        grouped: dict[float, list[Tree]] = {}
        for weight, booster in zip(weights, self._loaded, strict=True):
            grouped.setdefault(weight, []).extend(trees_of(booster))
        return tuple((weight / sum(weights), tuple(trees)) for weight, trees in grouped.items())

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""
        values = align_columns(matrix, self.columns)
        raw = np.zeros(len(values))
        for start in range(0, len(values), ROWS_PER_BATCH):
            rows = slice(start, start + ROWS_PER_BATCH)
            block = np.ascontiguousarray(values[rows])
            scores = [b.predict(block, raw_score=True, num_threads=1) for b in self._loaded]
            raw[rows] = weighted_mean(scores, self.weights)
        return raw

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Exact TreeSHAP contributions, shape (rows, features + 1); the last column is the base.

        Source: Lundberg et al., "From local explanations to global understanding", 2020.
        """
        values = align_columns(matrix, self.columns)
        out = np.zeros((len(values), len(self.columns) + 1))
        for start in range(0, len(values), ROWS_PER_BATCH):
            block = slice(start, start + ROWS_PER_BATCH)
            for share, trees in self._groups:
                parts = np.zeros((out.shape[1], len(values[block])))
                add_contributions(trees, values[block], parts)
                out[block] += parts.T * share
        return out

    def importance(self) -> NDArray[np.float64]:
        """Total gain per feature, summed over the boosters, as shares of 1."""
        gains = [b.feature_importance("gain") for b in self._loaded]
        gain = weighted_mean(gains, self.weights)
        total = gain.sum()
        return np.asarray(gain / total if total > 0 else gain, dtype=np.float64)


def weighted_mean(
    parts: Sequence[NDArray[np.float64]], weights: Sequence[float]
) -> NDArray[np.float64]:
    """The mean of ``parts`` of equal shape; without ``weights`` all count alike."""
    if not weights:
        return np.asarray(np.mean(parts, axis=0), dtype=np.float64)
    return np.asarray(np.average(parts, axis=0, weights=weights), dtype=np.float64)


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of the boosters; see :func:`hyperparameters_for`."""

    leaves: int
    min_rows_in_leaf: int
    l2: float
    learning_rate: float = 0.03
    feature_share: float = 0.3
    row_share: float = 0.5
    max_rounds: int = 400
    seeds: tuple[int, ...] = (0, 1, 2, 3)

    def parameters(self, directions: Sequence[int], seed: int) -> dict[str, Any]:
        """Parameters for LightGBM; monotone constraints where the catalogue gives a direction."""
        return {
            "objective": "cross_entropy",
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_rows_in_leaf,
            "lambda_l2": self.l2,
            "learning_rate": self.learning_rate,
            "feature_fraction": self.feature_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "monotone_constraints": list(directions),
            "monotone_constraints_method": "basic",
            "seed": seed,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": 0,
            "verbosity": -1,
        }


@dataclass(frozen=True)
class MergedHyperparameters:
    """Boosters of this county and of others, averaged with their numbers of events as weights.

    ``shared`` is the digest of the others' file, see :mod:`models.shared_models`. ``own`` is None
    where this county has too few events for boosters of its own; then it fits the calibration.
    """

    shared: str
    own: Hyperparameters | None


def hyperparameters_for(positives: float) -> Hyperparameters:
    """Hyperparameters by the number of positive rows: the fewer events, the simpler the trees.

    Measured on months before any reported date: with a few hundred positive rows, trees of four
    leaves had the best average precision; deeper trees fitted noise.
    """
    if positives < 1_000:
        return Hyperparameters(leaves=4, min_rows_in_leaf=100, l2=20.0)
    if positives < 10_000:
        return Hyperparameters(leaves=7, min_rows_in_leaf=200, l2=20.0)
    return Hyperparameters(leaves=31, min_rows_in_leaf=500, l2=20.0, max_rounds=600)


def fit_booster(
    data: lgb.Dataset,
    directions: Sequence[int],
    *,
    hyperparameters: Hyperparameters,
    rounds: int,
    seed: int,
) -> Any:
    """Fit one booster.

    ``data`` has labels in [0, 1]; boosters with the same hyperparameters may share it.
    ``directions`` per column: 1, -1, or 0 for either.
    """
    import lightgbm as lgb

    return lgb.train(hyperparameters.parameters(directions, seed), data, num_boost_round=rounds)
