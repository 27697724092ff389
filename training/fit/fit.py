"""Trains the arrears model on what was known before a day.

Order of work: matured monthly snapshots; walk-forward folds in which each block of later months
is scored by boosters grown on earlier months only; the number of rounds that served the later
months best (early stopping on later time); calibration on those same out-of-time scores; and at
last the boosters grown on all matured months with that number of rounds. With too few events the
expert scorecard takes the model's place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models import calibration
from models.arrears import ArrearsModel, Hyperparameters, hyperparameters_for
from models.base import ScoringModel
from models.logistic import LogisticHyperparameters
from models.scorecard import PRIOR_RATE, fit_scorecard
from risk.calendar.dates import HORIZON_DAYS
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.training_set import Lessons, lessons_at
from training.evaluation.bootstrap import MIN_POSITIVES_TO_TELL
from training.evaluation.metrics import average_precision, log_loss, roc_auc
from training.fit.out_of_time import (
    ROUND_STEP,
    AnyRecipe,
    best_stage,
    boosters,
    recent,
    regress,
    score_forward,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LaterTime:
    """Months scored by boosters that saw only earlier ones: what the gate judges by.

    ``probability`` is calibrated on earlier months of these; NaN where those held too few events.
    """

    matrix: Matrix
    scores: NDArray[np.float64]
    happened: NDArray[np.float64]
    probability: NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """A model and what it was made from.

    ``events`` counts the arrears events in the training span, ``positives`` the rows with label
    1. ``metrics`` are out of time, over all folds together; empty for the scorecard.
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
    later: LaterTime | None = None


def train(store: RecordStore, as_of: dt.date, progress: Progress | None = None) -> Trained:
    """The model of ``as_of``, from what was known strictly before it.

    Raises:
        NoProjectsKnown: no project was known before ``as_of``.
    """
    return fit(lessons_at(store, as_of, progress), progress=progress)


def fit(
    lessons: Lessons,
    recipe: AnyRecipe | None = None,
    progress: Progress | None = None,
    forward: NDArray[np.float64] | None = None,
) -> Trained:
    """The model these lessons give by ``recipe``; with too few events the scorecard.

    ``forward`` are the scores :func:`training.fit.out_of_time.score_forward` gave for ``recipe``,
    if known.
    """
    if not lessons.enough():
        return _scorecard(lessons)
    chosen = recipe or hyperparameters_for(float(lessons.target.sum()))
    out_of_time = score_forward(lessons, chosen) if forward is None else forward
    return _fitted(lessons, chosen, out_of_time, progress)


def _scorecard(lessons: Lessons) -> Trained:
    """The scorecard with its intercept set to the rate observed so far, drawn to the prior."""
    latest = np.unique(lessons.matrix.as_ofs)[-24:]
    rows = float(len(lessons.target)) if lessons.dates else 0.0
    seen = float(lessons.target.sum())
    rate = min(max((seen + PRIOR_RATE * 200) / (rows + 200), 0.001), 0.5)
    shown = lessons.matrix.where(np.isin(lessons.matrix.as_ofs, latest))
    return _trained(lessons, fit_scorecard(shown, rate), {}, {"rate": rate}, None)


def _trained(
    lessons: Lessons,
    model: ScoringModel,
    metrics: Mapping[str, float],
    parameters: Mapping[str, Any],
    later: LaterTime | None,
) -> Trained:
    return Trained(
        model=model,
        as_of=lessons.log.told_at,
        first_snapshot=min(lessons.dates, default=None),
        last_snapshot=max(lessons.dates, default=None),
        rows=len(lessons.target) if lessons.dates else 0,
        positives=int(lessons.target.sum()),
        events=lessons.events,
        maturity_days=lessons.log.maturity_days,
        metrics=metrics,
        parameters=parameters,
        later=later,
    )


def _fitted(
    lessons: Lessons,
    recipe: AnyRecipe,
    out_of_time: NDArray[np.float64],
    progress: Progress | None,
) -> Trained:
    matrix, target = lessons.matrix, lessons.target
    judged = recent(matrix.as_ofs, target, ~np.isnan(out_of_time[:, 0]))
    stage, scores = best_stage(out_of_time[judged], target[judged])
    fitted = calibration.fit(scores, target[judged])
    model, parameters = _model(lessons, recipe, stage, fitted, progress)
    later = later_time(matrix.where(judged), scores, target[judged])
    metrics = out_of_time_metrics(fitted, scores, target[judged])
    return _trained(lessons, model, metrics, parameters, later)


def _model(
    lessons: Lessons,
    recipe: AnyRecipe,
    stage: int,
    fitted: calibration.Calibration,
    progress: Progress | None,
) -> tuple[ScoringModel, dict[str, Any]]:
    """The model of all lessons, and how it was made."""
    if isinstance(recipe, LogisticHyperparameters):
        return replace(regress(lessons, recipe), calibration=fitted), asdict(recipe)
    rounds = (stage + 1) * ROUND_STEP
    grown = boosters(lessons, recipe, rounds, recipe.seeds)
    return bagged(lessons.matrix.columns, grown, recipe, rounds, fitted, progress)


def bagged(
    columns: tuple[str, ...],
    grown: Iterable[Any],
    recipe: Hyperparameters,
    rounds: int,
    fitted: calibration.Calibration,
    progress: Progress | None,
) -> tuple[ArrearsModel, dict[str, Any]]:
    """The model of the boosters ``grown``, one per seed, and how they were grown."""
    texts = []
    for booster in grown:
        texts.append(booster.model_to_string())
        if progress:
            progress("boosters", len(texts) / len(recipe.seeds))
    parameters = {**recipe.parameters([], 0), "rounds": rounds, "seeds": list(recipe.seeds)}
    return ArrearsModel(columns, tuple(texts), fitted), parameters


def later_time(
    matrix: Matrix, scores: NDArray[np.float64], target: NDArray[np.float64]
) -> LaterTime:
    """The judged rows with probabilities calibrated on what came before each date."""
    probability = np.full(len(scores), np.nan)
    for as_of in np.unique(matrix.as_ofs):
        earlier = matrix.as_ofs <= as_of - HORIZON_DAYS
        if target[earlier].sum() >= MIN_POSITIVES_TO_TELL:
            fitted = calibration.fit(scores[earlier], target[earlier])
            now = matrix.as_ofs == as_of
            probability[now] = fitted.probability(scores[now])
    return LaterTime(matrix, scores, target, probability)


def out_of_time_metrics(
    fitted: calibration.Calibration, scores: NDArray[np.float64], target: NDArray[np.float64]
) -> dict[str, float]:
    """Figures of the judged rows; none without both outcomes."""
    if not len(target) or target.min() == target.max():
        return {}
    return {
        "roc_auc": roc_auc(scores, target),
        "average_precision": average_precision(scores, target),
        "log_loss": log_loss(fitted.probability(scores), target),
        "base_rate": float(target.mean()),
    }
