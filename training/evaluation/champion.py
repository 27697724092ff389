"""Scores of the champion on the holdout of a challenger.

The champion may only be evaluated on months after its training. If models are trained every month
hardly any such months have known events. Then its recipe (kind, hyperparameters and features) is
fitted again on the folds of the challenger, so that both are compared on the same months. So is the
recipe of a champion that reads features this version no longer computes, without these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models.arrears import Hyperparameters, MergedHyperparameters, hyperparameters_for
from models.base import ScoringModel
from models.logistic import LogisticHyperparameters
from models.registry import ModelVersion
from models.scorecard import Scorecard
from training.dataset.training_set import TrainingSet
from training.evaluation.bootstrap import MIN_EVENTS_FOR_INTERVAL
from training.fit.fit import Holdout, Trained
from training.fit.ladder import STRENGTHS
from training.fit.out_of_time import AnyHyperparameters, best_stage, score_out_of_time
from training.metrics import distinct_events

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ChampionScores:
    """The champion's scores of the holdout rows, and a mask of the rows to compare on.

    With ``same_recipe`` the champion differs from the challenger in the age of its data alone, and
    the scores are those of the challenger.
    """

    scores: NDArray[np.float64]
    rows: NDArray[np.bool_]
    same_recipe: bool = False


def champion_scores(
    champion: tuple[ScoringModel, ModelVersion],
    training_set: TrainingSet,
    trained: Trained,
    holdout: Holdout,
) -> ChampionScores:
    """The champion's scores on the ``holdout`` of ``trained``."""
    model, version = champion
    all_rows = np.ones(len(holdout.scores), dtype=bool)
    after = holdout.matrix.as_ofs >= np.datetime64(version.trained_at)
    if isinstance(model, Scorecard):  # only its rate is learnt, which does not change the ranking
        known = tuple(name for name in model.columns if name in holdout.matrix.columns)
        return ChampionScores(replace(model, columns=known).raw(holdout.matrix), all_rows)
    is_computed = set(model.columns) <= set(holdout.matrix.columns)
    if is_computed and _events(holdout, after) >= MIN_EVENTS_FOR_INTERVAL:
        return ChampionScores(model.raw(holdout.matrix), after)
    recipe = recipe_of(version) or hyperparameters_for(float(training_set.target.sum()))
    if isinstance(recipe, MergedHyperparameters) and (
        not is_computed or recipe.shared not in training_set.shared
    ):  # what the others have learnt reads features that are gone
        recipe = recipe.own or LogisticHyperparameters(STRENGTHS[0])
    if recipe == trained.recipe and model.columns == trained.model.columns:
        return ChampionScores(holdout.scores, all_rows, same_recipe=True)
    return ChampionScores(_fitted_again(model, recipe, training_set, holdout), all_rows)


def recipe_of(version: ModelVersion) -> AnyHyperparameters | None:
    """The hyperparameters stored with ``version``; None if it was stored without them."""
    stored = version.about.get("recipe") or (version.about.get("choice") or {}).get("recipe")
    return _recipe(stored) if stored else None


def _recipe(stored: Mapping[str, Any]) -> AnyHyperparameters:
    if "strength" in stored:
        return LogisticHyperparameters(**stored)
    if "shared" in stored:
        own = stored["own"]
        return MergedHyperparameters(stored["shared"], _boosters(own) if own else None)
    return _boosters(stored)


def _boosters(stored: Mapping[str, Any]) -> Hyperparameters:
    return Hyperparameters(**{**stored, "seeds": tuple(stored["seeds"])})


def _events(holdout: Holdout, rows: NDArray[np.bool_]) -> int:
    matrix = holdout.matrix
    return distinct_events(matrix.project_ids, matrix.as_ofs, holdout.labels * rows)


def _fitted_again(
    model: ScoringModel, recipe: AnyHyperparameters, training_set: TrainingSet, holdout: Holdout
) -> NDArray[np.float64]:
    """Scores of the holdout rows by the recipe, fitted on the earlier months of every fold."""
    matrix = training_set.matrix
    known = [name for name in matrix.columns if name in model.columns]
    narrowed = replace(training_set, matrix=_with_columns(matrix, known))
    out_of_time = score_out_of_time(narrowed, recipe)
    rows = np.isin(matrix.as_ofs, np.unique(holdout.matrix.as_ofs))
    return best_stage(out_of_time[rows], training_set.expected[rows])[1]


def _with_columns(matrix: Matrix, names: list[str]) -> Matrix:
    if tuple(names) == matrix.columns:
        return matrix
    index = [matrix.columns.index(name) for name in names]
    return replace(matrix, columns=tuple(names), values=matrix.values[:, index])
