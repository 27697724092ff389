"""Training of the risk model from what was known before a day.

1. Build the training set: mature monthly snapshots with labels.
2. Score each block of later months with boosters fitted on earlier months only (walk-forward
   folds).
3. Choose the number of boosting rounds by these out-of-time scores (early stopping).
4. Fit the calibration on the same out-of-time scores.
5. Fit the boosters on all mature months with the chosen number of rounds.

With few events a regression is fitted, or the expert scorecard is used: see
:mod:`training.fit.ladder`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models import calibration
from models.arrears import ArrearsModel, Hyperparameters, MergedHyperparameters
from models.base import ScoringModel
from models.logistic import LogisticHyperparameters
from models.scorecard import PRIOR_ROWS, Scorecard, fit_scorecard, shrunk_rate
from risk.calendar.dates import HORIZON_DAYS
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.completeness import Completeness
from training.dataset.training_set import TrainingSet, build_training_set
from training.fit.ladder import default_recipe
from training.fit.out_of_time import (
    MIN_EVENTS_FOR_CALIBRATION,
    ROUND_STEP,
    AnyHyperparameters,
    best_stage,
    directions_of,
    fit_boosters,
    fit_merged,
    fit_regression,
    recent_months,
    score_out_of_time,
)
from training.metrics import average_precision, event_starts, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SCORECARD_MONTHS = 12
"""The latest months it is calibrated on: every season once."""


@dataclass(frozen=True)
class Holdout:
    """Months scored by boosters fitted on earlier months only; the gate evaluates on them.

    ``expected`` is that of the training set. ``probability`` is calibrated on earlier months of
    the holdout; NaN where those hold too few events.
    """

    matrix: Matrix
    scores: NDArray[np.float64]
    labels: NDArray[np.float64]
    expected: NDArray[np.float64]
    probability: NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """A trained model and the facts of its training.

    ``events`` counts the arrears events in the training span, ``positives`` the rows with label
    1. ``metrics`` are out of time, over all folds together; empty for the scorecard.
    ``recipe`` holds the hyperparameters, None for the scorecard. ``completeness`` is that of the
    events the labels come from. ``stages`` are the raw scores of the holdout by number of rounds.
    """

    model: ScoringModel
    as_of: dt.date
    first_snapshot: dt.date | None
    last_snapshot: dt.date | None
    rows: int
    positives: int
    events: int
    maturity_days: int
    metrics: Mapping[str, float]
    parameters: Mapping[str, Any]
    holdout: Holdout | None = None
    recipe: AnyHyperparameters | None = None
    completeness: Completeness | None = None
    stages: NDArray[np.float64] | None = None


def train(store: RecordStore, as_of: dt.date, progress: Progress | None = None) -> Trained:
    """The model of ``as_of``, from what was known strictly before it.

    Raises:
        NoProjectsKnown: no project was known before ``as_of``.
    """
    return fit(build_training_set(store, as_of, progress), progress=progress)


def fit(
    training_set: TrainingSet,
    hyperparameters: AnyHyperparameters | None = None,
    progress: Progress | None = None,
    out_of_time: NDArray[np.float64] | None = None,
) -> Trained:
    """Fit a model with ``hyperparameters``, by default those of :mod:`training.fit.ladder`.

    ``out_of_time`` are the scores of :func:`training.fit.out_of_time.score_out_of_time` for
    ``hyperparameters``, if they were computed before.
    """
    chosen = hyperparameters or default_recipe(training_set)
    if chosen is None:
        return fit_card(training_set)
    if out_of_time is None:
        out_of_time = score_out_of_time(training_set, chosen)
    return _fitted(training_set, chosen, out_of_time, progress)


def fit_alike(training_set: TrainingSet, trained: Trained) -> ScoringModel:
    """The model of ``training_set`` by the recipe and number of rounds of ``trained``.

    It is not calibrated; ``trained`` is no scorecard.
    """
    if trained.recipe is None:
        raise ValueError("a scorecard has no recipe")
    stage = int(trained.parameters.get("rounds", ROUND_STEP)) // ROUND_STEP - 1
    return _model(training_set, trained.recipe, stage, calibration.Calibration(), None)[0]


def fit_card(training_set: TrainingSet) -> Trained:
    """The scorecard, calibrated to the labels of the latest months."""
    matrix = training_set.matrix
    recent = np.isin(matrix.as_ofs, np.unique(matrix.as_ofs)[-_SCORECARD_MONTHS:])
    labels = training_set.expected[recent] if training_set.dates else np.zeros(0)
    card = fit_scorecard(matrix.where(recent), labels)
    holdout = _holdout_of_card(training_set, card) if training_set.target[recent].any() else None
    return _trained(training_set, card, {}, {"rate": shrunk_rate(labels)}, holdout)


def _holdout_of_card(training_set: TrainingSet, card: Scorecard) -> Holdout:
    """The latest months with points of ``card`` and probabilities of cards of earlier months."""
    matrix, expected = training_set.matrix, training_set.expected
    rows = np.isin(matrix.as_ofs, np.unique(matrix.as_ofs)[-_SCORECARD_MONTHS:])
    held = matrix.where(rows)
    probability = np.full(len(held.as_ofs), np.nan)
    for as_of in np.unique(held.as_ofs):
        earlier = matrix.as_ofs <= as_of - HORIZON_DAYS
        months = np.unique(matrix.as_ofs[earlier])[-_SCORECARD_MONTHS:]
        known = np.isin(matrix.as_ofs, months)
        if known.any():
            then = fit_scorecard(matrix.where(known), expected[known])
            at = held.as_ofs == as_of
            probability[at] = then.calibration.probability(then.raw(held.where(at)))
    return Holdout(held, card.raw(held), training_set.target[rows], expected[rows], probability)


def _trained(
    training_set: TrainingSet,
    model: ScoringModel,
    metrics: Mapping[str, float],
    parameters: Mapping[str, Any],
    holdout: Holdout | None,
    recipe: AnyHyperparameters | None = None,
) -> Trained:
    return Trained(
        model=model,
        as_of=training_set.log.known_until,
        first_snapshot=min(training_set.dates, default=None),
        last_snapshot=max(training_set.dates, default=None),
        rows=len(training_set.target) if training_set.dates else 0,
        positives=int(training_set.target.sum()),
        events=training_set.events,
        maturity_days=training_set.log.maturity_days,
        metrics=metrics,
        parameters=parameters,
        holdout=holdout,
        recipe=recipe,
        completeness=training_set.log.completeness,
    )


def _fitted(
    training_set: TrainingSet,
    hyperparameters: AnyHyperparameters,
    out_of_time: NDArray[np.float64],
    progress: Progress | None,
) -> Trained:
    matrix, target = training_set.matrix, training_set.target
    rows = recent_months(matrix.as_ofs, training_set.starts(), ~np.isnan(out_of_time[:, 0]))
    expected = training_set.expected[rows]
    stage, scores = best_stage(out_of_time[rows], expected)
    calibrated = calibrate(scores, expected)
    model, parameters = _model(training_set, hyperparameters, stage, calibrated, progress)
    holdout = make_holdout(matrix.where(rows), scores, target[rows], expected)
    metrics = out_of_time_metrics(scores, target[rows])
    trained = _trained(training_set, model, metrics, parameters, holdout, hyperparameters)
    return replace(trained, stages=out_of_time[rows])


def calibrate(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> calibration.Calibration:
    """The calibration of out-of-time ``scores``, drawn to the event rate where events are few."""
    if not len(scores):
        return calibration.Calibration()
    rate = shrunk_rate(labels)
    centre = calibration.with_mean(scores, rate)
    precision = PRIOR_ROWS * rate * (1 - rate)
    return calibration.fit(scores, labels, calibration.Prior(centre, intercept_precision=precision))


def _model(
    training_set: TrainingSet,
    hyperparameters: AnyHyperparameters,
    stage: int,
    calibrated: calibration.Calibration,
    progress: Progress | None,
) -> tuple[ScoringModel, dict[str, Any]]:
    """The model fitted on the whole training set, and its parameters."""
    if isinstance(hyperparameters, LogisticHyperparameters):
        regression = fit_regression(training_set, hyperparameters)
        return replace(regression, calibration=calibrated), asdict(hyperparameters)
    if isinstance(hyperparameters, MergedHyperparameters):
        merged = fit_merged(training_set, hyperparameters)
        return replace(merged, calibration=calibrated), asdict(hyperparameters)
    rounds = (stage + 1) * ROUND_STEP
    boosters = fit_boosters(training_set, hyperparameters, rounds, hyperparameters.seeds)
    return bagged_model(
        training_set.matrix.columns, boosters, hyperparameters, rounds, calibrated, progress
    )


def bagged_model(
    columns: tuple[str, ...],
    boosters: Iterable[Any],
    hyperparameters: Hyperparameters,
    rounds: int,
    calibrated: calibration.Calibration,
    progress: Progress | None,
) -> tuple[ArrearsModel, dict[str, Any]]:
    """The model of ``boosters``, one per seed, and its parameters."""
    texts = []
    for booster in boosters:
        texts.append(booster.model_to_string())
        if progress:
            progress("boosters", len(texts) / len(hyperparameters.seeds))
    directions = dict(zip(columns, directions_of(columns), strict=True))
    parameters = {
        **hyperparameters.parameters([], 0),
        "monotone_constraints": {name: sign for name, sign in directions.items() if sign},
        "rounds": rounds,
        "seeds": list(hyperparameters.seeds),
    }
    del parameters["seed"]  # one per booster
    return ArrearsModel(columns, tuple(texts), calibrated), parameters


def make_holdout(
    matrix: Matrix,
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> Holdout:
    """The holdout rows with probabilities calibrated on horizons that ended before each date."""
    probability = np.full(len(scores), np.nan)
    starts = event_starts(matrix.project_ids, matrix.as_ofs, labels)
    for as_of in np.unique(matrix.as_ofs):
        earlier = matrix.as_ofs <= as_of - HORIZON_DAYS
        if starts[earlier].sum() >= MIN_EVENTS_FOR_CALIBRATION:
            calibrated = calibration.fit(scores[earlier], expected[earlier])
            rows = matrix.as_ofs == as_of
            probability[rows] = calibrated.probability(scores[rows])
    return Holdout(matrix, scores, labels, expected, probability)


def out_of_time_metrics(
    scores: NDArray[np.float64], labels: NDArray[np.float64]
) -> dict[str, float]:
    """Ranking metrics of the holdout rows; empty unless both labels occur.

    Their log loss would be too small, see :mod:`training.fit.honest_loss`.
    """
    if not len(labels) or labels.min() == labels.max():
        return {}
    return {
        "roc_auc": roc_auc(scores, labels),
        "average_precision": average_precision(scores, labels),
        "base_rate": float(labels.mean()),
    }
