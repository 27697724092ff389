"""Out-of-time scores: later months scored by models fitted on earlier months only.

Every decision while fitting (number of rounds, choice of hyperparameters, calibration) rests on
these scores, never on months the model was fitted on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from features.feature_sets import ALL_FEATURES
from models import calibration
from models.arrears import ArrearsModel, Hyperparameters, MergedHyperparameters, fit_booster
from models.logistic import LogisticHyperparameters, LogisticModel, fit_logistic
from models.scorecard import scorecard_for
from training.dataset.lightgbm_dataset import matrix_dataset
from training.dataset.splits import walk_forward_folds
from training.dataset.training_set import TrainingSet
from training.metrics import log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUND_STEP = 20
"""The numbers of boosting rounds tried are the multiples of this."""

N_FOLDS = 3
N_SEEDS = 2
"""Boosters per fold; the final model has one per seed of its hyperparameters."""

MIN_MONTHS = 6
MIN_EVENTS = 80
"""The holdout has at least this many months with this many distinct events, see
:func:`recent_months`; each is in the labels of two or three months."""

MIN_EVENTS_FOR_CALIBRATION = 10
"""Distinct events before a month, from which on it has a probability."""

MIN_POSITIVES_OF_A_FOLD = 5

_BATCH_ROWS = 16_384
_DIRECTIONS = {feature.name: feature.direction for feature in ALL_FEATURES}

SHARED_ROUNDS = 300
"""Boosting rounds of models that counties share: an average of several varies less than each, so
with fewer rounds it is too flat for a calibration drawn to slope 1."""

AnyHyperparameters = Hyperparameters | LogisticHyperparameters | MergedHyperparameters


def score_out_of_time(
    training_set: TrainingSet, hyperparameters: AnyHyperparameters
) -> NDArray[np.float64]:
    """Raw scores of the test rows of every fold, NaN elsewhere; shape (rows, stages).

    A stage of boosters is :data:`ROUND_STEP` further rounds; a regression and merged boosters have
    one stage. A fold whose training months hold fewer than :data:`MIN_POSITIVES_OF_A_FOLD`
    positives is left out. Boosters of other counties alone learn nothing here: all rows are scored.
    """
    matrix = training_set.matrix
    if isinstance(hyperparameters, MergedHyperparameters) and hyperparameters.own is None:
        return fit_merged(training_set, hyperparameters).raw(matrix)[:, None]
    scores = np.full((len(matrix.project_ids), stage_count(hyperparameters)), np.nan)
    for fold in walk_forward_folds(training_set.dates, n_folds=N_FOLDS):
        train = np.isin(matrix.as_ofs, np.array(fold.train, dtype="datetime64[D]"))
        test = np.isin(matrix.as_ofs, np.array(fold.test, dtype="datetime64[D]"))
        if training_set.target[train].sum() < MIN_POSITIVES_OF_A_FOLD:
            continue
        if isinstance(hyperparameters, LogisticHyperparameters):
            regression = fit_regression(training_set, hyperparameters, train)
            scores[test, 0] = regression.raw(matrix.where(test))
        elif isinstance(hyperparameters, MergedHyperparameters):
            merged = fit_merged(training_set, hyperparameters, train)
            scores[test, 0] = merged.raw(matrix.where(test))
        else:
            scores[test] = _booster_scores(training_set, hyperparameters, train, test)
    return scores


def stage_count(hyperparameters: AnyHyperparameters) -> int:
    """How many numbers of rounds are evaluated."""
    if isinstance(hyperparameters, Hyperparameters):
        return hyperparameters.max_rounds // ROUND_STEP
    return 1


def _booster_scores(
    training_set: TrainingSet,
    hyperparameters: Hyperparameters,
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
) -> NDArray[np.float64]:
    rows = np.flatnonzero(test)
    seeds = hyperparameters.seeds[:N_SEEDS]
    boosters = list(
        fit_boosters(training_set, hyperparameters, hyperparameters.max_rounds, seeds, train)
    )
    scores = np.zeros((len(rows), stage_count(hyperparameters)))
    for start in range(0, len(rows), _BATCH_ROWS):
        batch = slice(start, start + _BATCH_ROWS)
        values = training_set.matrix.values[rows[batch]]
        for booster in boosters:
            scores[batch] += stage_scores(booster, values, scores.shape[1]) / len(seeds)
    return scores


def stage_scores(booster: Any, values: NDArray[np.float64], stages: int) -> NDArray[np.float64]:
    """Raw scores after each stage of :data:`ROUND_STEP` rounds, shape (rows, stages).

    Each tree is evaluated once: the scores of a stage are added to those of the stage before.
    """
    increments = [
        booster.predict(
            values,
            raw_score=True,
            start_iteration=stage * ROUND_STEP,
            num_iteration=ROUND_STEP,
        )
        for stage in range(stages)
    ]
    return np.cumsum(np.column_stack(increments), axis=1)


def fit_boosters(
    training_set: TrainingSet,
    hyperparameters: Hyperparameters,
    rounds: int,
    seeds: Sequence[int],
    rows: NDArray[np.bool_] | None = None,
) -> Iterator[Any]:
    """Fit a booster per seed, one after another, on the training set or on its ``rows``.

    The values are binned once for all seeds.
    """
    data = matrix_dataset(training_set.matrix, training_set.expected, rows)
    directions = directions_of(training_set.matrix.columns)
    for seed in seeds:
        yield fit_booster(
            data, directions, hyperparameters=hyperparameters, rounds=rounds, seed=seed
        )


def fit_regression(
    training_set: TrainingSet,
    hyperparameters: LogisticHyperparameters,
    rows: NDArray[np.bool_] | None = None,
) -> LogisticModel:
    """The regression fitted on the training set or on its ``rows``."""
    matrix = training_set.matrix if rows is None else training_set.matrix.where(rows)
    target = training_set.expected if rows is None else training_set.expected[rows]
    return fit_logistic(
        matrix,
        target,
        directions_of(matrix.columns),
        strength=hyperparameters.strength,
        scorecard=scorecard_for(matrix) if hyperparameters.from_scorecard else None,
    )


def shared_boosters(
    training_set: TrainingSet,
    hyperparameters: Hyperparameters,
    rows: NDArray[np.bool_] | None = None,
) -> Iterator[Any]:
    """Fit the boosters that a county shares: a fixed number of rounds, :data:`N_SEEDS` seeds."""
    seeds = hyperparameters.seeds[:N_SEEDS]
    return fit_boosters(training_set, hyperparameters, SHARED_ROUNDS, seeds, rows)


def fit_merged(
    training_set: TrainingSet,
    hyperparameters: MergedHyperparameters,
    rows: NDArray[np.bool_] | None = None,
) -> ArrearsModel:
    """The boosters of other counties and those fitted on the training set or on its ``rows``.

    A county counts by its number of events; own boosters always by all events of the training set.
    """
    texts: list[str] = []
    weights: list[float] = []
    for part in training_set.shared[hyperparameters.shared]:
        texts += part.texts()
        weights += [part.events / len(part.boosters)] * len(part.boosters)
    if hyperparameters.own is not None:
        own = list(shared_boosters(training_set, hyperparameters.own, rows))
        texts += [booster.model_to_string() for booster in own]
        weights += [training_set.events / len(own)] * len(own)
    columns = training_set.matrix.columns
    return ArrearsModel(columns, tuple(texts), calibration.Calibration(), weights=tuple(weights))


def directions_of(columns: Sequence[str]) -> list[int]:
    """Monotone constraint of each feature: 1 rising, -1 falling, 0 none."""
    return [_DIRECTIONS.get(name, 0) for name in columns]


def recent_months(
    as_ofs: NDArray[np.datetime64], starts: NDArray[np.bool_], scored: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The rows of the latest scored months in which enough events start, at least six months.

    ``starts`` are the rows of :func:`training.metrics.event_starts`. Feeds and habits change over
    the years, and the calibration must suit the next list.
    """
    events = 0
    recent = np.zeros_like(scored)
    for number, as_of in enumerate(np.unique(as_ofs[scored])[::-1], start=1):
        rows = scored & (as_ofs == as_of)
        recent |= rows
        events += int(starts[rows].sum())
        if number >= MIN_MONTHS and events >= MIN_EVENTS:
            break
    return recent


def best_stage(
    scores: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """The stage with the lowest calibrated log loss, and its scores.

    The middle stage if there are no rows or only one of the two labels occurs.
    """
    if not len(target) or target.min() == target.max():
        middle = scores.shape[1] // 2
        return middle, scores[:, middle]
    losses = [
        log_loss(calibration.fit(stage, target).probability(stage), target) for stage in scores.T
    ]
    best = int(np.argmin(losses))
    return best, scores[:, best]
