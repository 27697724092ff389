"""Trains the arrears model on what was known before a day.

Order of work: matured monthly snapshots; walk-forward folds in which each block of later months
is scored by boosters grown on earlier months only; the number of rounds that served the later
months best (early stopping on later time); calibration on those same out-of-time scores; and at
last the boosters grown on all matured months with that number of rounds. With too few events the
expert scorecard takes the model's place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.build import Matrix, feature_matrix
from features.families import FEATURES
from models import calibration
from models.arrears import ArrearsModel, Recipe, grow, recipe_for
from models.scorecard import PRIOR_RATE, fit_scorecard
from models.scoring_model import ScoringModel
from risk.dates import HORIZON_DAYS
from risk.errors import WagewatchError
from risk.records import RecordStore
from training.labels import EventLog, event_log, happened, training_dates
from training.metrics import average_precision, log_loss, roc_auc
from training.splits import Fold, walk_forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_POSITIVES = 30
"""Fewer events than this and the scorecard scores instead."""

NEAR_EVENT_WEIGHT = 0.5
"""An event in the 90 days after the horizon counts half while fitting: trouble that surfaces a
little later was mostly there already. Measured on months before any reported date: ROC AUC
0.710 to 0.723. Calibration and every figure use the plain label."""

_FOLDS = 3
_LEAST_MONTHS = 6
_ENOUGH_EVENTS = 200
_ROUND_STEP = 20

Progress = Callable[[str, float], None]


class NoProjectsKnown(WagewatchError):
    """Nothing is known before the day, so there is nothing to train on or to score."""

    code = "no_projects_known"


@dataclass(frozen=True)
class LaterTime:
    """Months scored by boosters that saw only earlier ones: what the gate judges by."""

    matrix: Matrix
    scores: NDArray[np.float64]
    happened: NDArray[np.float64]


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
    require_projects(store, as_of)
    log = event_log(store, as_of)
    dates = training_dates(log)
    events = _events_within(log, dates)
    if events < MIN_POSITIVES:
        return _scorecard(store, log, dates, events)
    matrix = feature_matrix(store, dates, progress)
    target = happened(log, matrix)
    if target.sum() < MIN_POSITIVES:
        return _scorecard(store, log, dates, events)
    return _boosted(matrix, target, log, dates, events, progress)


def require_projects(store: RecordStore, as_of: dt.date) -> None:
    """Raises NoProjectsKnown if no project was known before ``as_of``."""
    if not store.rows("SELECT 1 FROM projects WHERE known_at < ? LIMIT 1", [as_of]):
        raise NoProjectsKnown(as_of=as_of)


def _events_within(log: EventLog, dates: Sequence[dt.date]) -> int:
    if not dates:
        return 0
    first = np.datetime64(min(dates))
    last = np.datetime64(max(dates)) + HORIZON_DAYS
    return int(sum(((days >= first) & (days < last)).sum() for days in log.days.values()))


def _scorecard(store: RecordStore, log: EventLog, dates: Sequence[dt.date], events: int) -> Trained:
    """The scorecard with its intercept set to the rate observed so far, drawn to the prior."""
    snapshots = list(dates)[-24:] or [log.told_at]
    matrix = feature_matrix(store, snapshots)
    seen = float(happened(log, matrix).sum()) if dates else 0.0
    rows = float(len(matrix.project_ids)) if dates else 0.0
    rate = min(max((seen + PRIOR_RATE * 200) / (rows + 200), 0.001), 0.5)
    return Trained(
        model=fit_scorecard(matrix, rate),
        as_of=log.told_at,
        first_snapshot=min(dates) if dates else None,
        last_snapshot=max(dates) if dates else None,
        rows=int(rows),
        positives=int(seen),
        events=events,
        maturity_days=log.maturity_days,
        metrics={},
        parameters={"rate": rate},
    )


def _boosted(
    matrix: Matrix,
    target: NDArray[np.float64],
    log: EventLog,
    dates: Sequence[dt.date],
    events: int,
    progress: Progress | None,
) -> Trained:
    later = happened(log, matrix, first_day=HORIZON_DAYS, last_day=2 * HORIZON_DAYS)
    soft = np.maximum(target, NEAR_EVENT_WEIGHT * later)
    recipe = recipe_for(float(target.sum()))
    folds = walk_forward(dates, folds=_FOLDS)
    out_of_time = _score_forward(matrix, soft, folds, recipe)
    judged = _recent(matrix, target, ~np.isnan(out_of_time[:, 0]))
    rounds, scores = _best_rounds(out_of_time[judged], target[judged], recipe)
    boosters = []
    for number, seed in enumerate(recipe.seeds, start=1):
        booster = _grow(matrix, soft, recipe, rounds, seed)
        boosters.append(booster.model_to_string())
        if progress:
            progress("boosters", number / len(recipe.seeds))
    fitted = calibration.fit(scores, target[judged])
    return Trained(
        model=ArrearsModel(matrix.columns, tuple(boosters), fitted),
        as_of=log.told_at,
        first_snapshot=min(dates),
        last_snapshot=max(dates),
        rows=len(target),
        positives=int(target.sum()),
        events=events,
        maturity_days=log.maturity_days,
        metrics=_out_of_time_metrics(fitted, scores, target[judged]),
        parameters={**recipe.parameters([], 0), "rounds": rounds, "seeds": list(recipe.seeds)},
        later=LaterTime(matrix.where(judged), scores, target[judged]),
    )


def _recent(
    matrix: Matrix, target: NDArray[np.float64], judged: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of the judged rows the latest months that hold enough events, at least six of them.

    Feeds and habits change over the years; what is fitted here must fit the next list.
    """
    events = 0.0
    kept = np.zeros_like(judged)
    for number, as_of in enumerate(np.unique(matrix.as_ofs[judged])[::-1], start=1):
        rows = judged & (matrix.as_ofs == as_of)
        kept |= rows
        events += float(target[rows].sum())
        if number >= _LEAST_MONTHS and events >= _ENOUGH_EVENTS:
            break
    return kept


def _directions() -> list[int]:
    return [feature.direction for feature in FEATURES]


def _grow(matrix: Matrix, soft: NDArray[np.float64], recipe: Recipe, rounds: int, seed: int) -> Any:
    return grow(
        matrix.values, soft, matrix.columns, _directions(), recipe=recipe, rounds=rounds, seed=seed
    )


def _score_forward(
    matrix: Matrix, soft: NDArray[np.float64], folds: Sequence[Fold], recipe: Recipe
) -> NDArray[np.float64]:
    """Raw scores of every later block after each ``_ROUND_STEP`` rounds; NaN where not judged.

    Shape (rows, max_rounds / _ROUND_STEP).
    """
    stages = list(range(_ROUND_STEP, recipe.max_rounds + 1, _ROUND_STEP))
    scores = np.full((len(matrix.project_ids), len(stages)), np.nan)
    for fold in folds:
        known = np.isin(matrix.as_ofs, np.array(fold.train, dtype="datetime64[D]"))
        judged = np.isin(matrix.as_ofs, np.array(fold.later, dtype="datetime64[D]"))
        scores[judged] = 0.0
        for seed in recipe.seeds[:2]:
            booster = _grow(matrix.where(known), soft[known], recipe, recipe.max_rounds, seed)
            for column, rounds in enumerate(stages):
                part = booster.predict(matrix.values[judged], raw_score=True, num_iteration=rounds)
                scores[judged, column] += np.asarray(part) / 2
    return scores


def _best_rounds(
    scores: NDArray[np.float64], target: NDArray[np.float64], recipe: Recipe
) -> tuple[int, NDArray[np.float64]]:
    """The number of rounds with the least calibrated log loss on later time, and its scores.

    Without later time, or without both outcomes in it, half of the most rounds.
    """
    if not len(target) or target.min() == target.max():
        middle = scores.shape[1] // 2
        return (middle + 1) * _ROUND_STEP, scores[:, middle]
    losses = [
        log_loss(calibration.fit(stage, target).probability(stage), target) for stage in scores.T
    ]
    best = int(np.argmin(losses))
    return (best + 1) * _ROUND_STEP, scores[:, best]


def _out_of_time_metrics(
    fitted: calibration.Calibration, scores: NDArray[np.float64], target: NDArray[np.float64]
) -> dict[str, float]:
    if not len(target) or target.min() == target.max():
        return {}
    return {
        "roc_auc": roc_auc(scores, target),
        "average_precision": average_precision(scores, target),
        "log_loss": log_loss(fitted.probability(scores), target),
        "base_rate": float(target.mean()),
    }
