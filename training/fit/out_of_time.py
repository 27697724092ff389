"""Scores of later months by what was grown on earlier ones only.

Whatever is decided while fitting (how many rounds, which recipe, the calibration) is decided on
these scores, never on months that were learnt from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from features.feature_sets import ALL_FEATURES
from models import calibration
from models.arrears import Hyperparameters, fit_booster
from models.logistic import LogisticHyperparameters, LogisticModel, fit_logistic
from training.dataset.lightgbm_dataset import dataset_of
from training.dataset.splits import walk_forward
from training.dataset.training_set import Lessons
from training.evaluation.metrics import log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUND_STEP = 20
"""Numbers of boosting rounds tried: every multiple of this."""

FOLDS = 3
SEEDS_JUDGED = 2
LEAST_MONTHS = 6
ENOUGH_EVENTS = 200
"""What is judged by: at least so many months with at least so many events, see :func:`recent`."""

_ROWS_AT_ONCE = 16_384
_DIRECTIONS = {feature.name: feature.direction for feature in ALL_FEATURES}

AnyRecipe = Hyperparameters | LogisticHyperparameters


def score_forward(lessons: Lessons, recipe: AnyRecipe) -> NDArray[np.float64]:
    """Raw scores of every later block, NaN where not judged; shape (rows, stages).

    For boosters a stage is :data:`ROUND_STEP` more rounds; a regression has one stage.
    """
    matrix = lessons.matrix
    scores = np.full((len(matrix.project_ids), stages_of(recipe)), np.nan)
    for fold in walk_forward(lessons.dates, folds=FOLDS):
        known = np.isin(matrix.as_ofs, np.array(fold.train, dtype="datetime64[D]"))
        judged = np.isin(matrix.as_ofs, np.array(fold.later, dtype="datetime64[D]"))
        if isinstance(recipe, LogisticHyperparameters):
            fitted = regress(lessons, recipe, known)
            scores[judged, 0] = fitted.raw(matrix.where(judged))
        else:
            scores[judged] = _boosted(lessons, recipe, known, judged)
    return scores


def stages_of(recipe: AnyRecipe) -> int:
    """How many numbers of rounds are judged."""
    return 1 if isinstance(recipe, LogisticHyperparameters) else recipe.max_rounds // ROUND_STEP


def _boosted(
    lessons: Lessons, recipe: Hyperparameters, known: NDArray[np.bool_], judged: NDArray[np.bool_]
) -> NDArray[np.float64]:
    rows = np.flatnonzero(judged)
    seeds = recipe.seeds[:SEEDS_JUDGED]
    grown = list(boosters(lessons, recipe, recipe.max_rounds, seeds, known))
    scores = np.zeros((len(rows), stages_of(recipe)))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        values = lessons.matrix.values[rows[block]]
        for booster in grown:
            scores[block] += staged(booster, values, scores.shape[1]) / len(seeds)
    return scores


def staged(booster: Any, values: NDArray[np.float64], stages: int) -> NDArray[np.float64]:
    """Raw scores after each stage of :data:`ROUND_STEP` rounds, shape (rows, stages).

    Each tree is walked once: what a stage adds is put on top of the stage before.
    """
    added = [
        booster.predict(
            values,
            raw_score=True,
            start_iteration=stage * ROUND_STEP,
            num_iteration=ROUND_STEP,
        )
        for stage in range(stages)
    ]
    return np.cumsum(np.column_stack(added), axis=1)


def boosters(
    lessons: Lessons,
    recipe: Hyperparameters,
    rounds: int,
    seeds: Sequence[int],
    rows: NDArray[np.bool_] | None = None,
) -> Iterator[Any]:
    """A booster per seed, grown on the lessons or on those ``rows`` of them, one after another.

    The values are binned once for all seeds.
    """
    data = dataset_of(lessons.matrix, lessons.soft, rows)
    directions = directions_of(lessons.matrix.columns)
    for seed in seeds:
        yield fit_booster(data, directions, hyperparameters=recipe, rounds=rounds, seed=seed)


def regress(
    lessons: Lessons, recipe: LogisticHyperparameters, rows: NDArray[np.bool_] | None = None
) -> LogisticModel:
    """The regression fitted on the lessons, or on those ``rows`` of them."""
    matrix = lessons.matrix if rows is None else lessons.matrix.where(rows)
    soft = lessons.soft if rows is None else lessons.soft[rows]
    return fit_logistic(matrix, soft, directions_of(matrix.columns), strength=recipe.strength)


def directions_of(columns: Sequence[str]) -> list[int]:
    """Which way each feature may push: 1, -1, or 0 for either."""
    return [_DIRECTIONS.get(name, 0) for name in columns]


def recent(
    as_ofs: NDArray[np.datetime64], target: NDArray[np.float64], judged: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of the judged rows the latest months that hold enough events, at least six of them.

    Feeds and habits change over the years; what is fitted here must fit the next list.
    """
    events = 0.0
    kept = np.zeros_like(judged)
    for number, as_of in enumerate(np.unique(as_ofs[judged])[::-1], start=1):
        rows = judged & (as_ofs == as_of)
        kept |= rows
        events += float(target[rows].sum())
        if number >= LEAST_MONTHS and events >= ENOUGH_EVENTS:
            break
    return kept


def best_stage(
    scores: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """The stage with the least calibrated log loss on later time, and its scores.

    Without later time, or without both outcomes in it, the middle one.
    """
    if not len(target) or target.min() == target.max():
        middle = scores.shape[1] // 2
        return middle, scores[:, middle]
    losses = [
        log_loss(calibration.fit(stage, target).probability(stage), target) for stage in scores.T
    ]
    best = int(np.argmin(losses))
    return best, scores[:, best]
