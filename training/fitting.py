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
from training.intervals import MIN_POSITIVES_TO_TELL
from training.labels import EventLog, event_log, happened, training_dates
from training.metrics import average_precision, log_loss, roc_auc
from training.splits import walk_forward

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
ROUND_STEP = 20
"""Numbers of boosting rounds tried: every multiple of this."""

_DIRECTIONS = {feature.name: feature.direction for feature in FEATURES}

Progress = Callable[[str, float], None]


class NoProjectsKnown(WagewatchError):
    """Nothing is known before the day, so there is nothing to train on or to score."""

    code = "no_projects_known"


@dataclass(frozen=True)
class Lessons:
    """Matured snapshots and what came of them, as told at ``log.told_at``.

    ``target`` is 1 where an event fell within the horizon; ``soft`` is what boosters learn from
    (see :data:`NEAR_EVENT_WEIGHT`); ``events`` counts the events of the span.
    """

    log: EventLog
    dates: tuple[dt.date, ...]
    matrix: Matrix
    target: NDArray[np.float64]
    soft: NDArray[np.float64]
    events: int

    def enough(self) -> bool:
        """Whether there is enough to learn from; else the scorecard scores."""
        return min(self.events, int(self.target.sum())) >= MIN_POSITIVES


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


def lessons_at(store: RecordStore, as_of: dt.date, progress: Progress | None = None) -> Lessons:
    """What can be learnt from what was known strictly before ``as_of``.

    Raises:
        NoProjectsKnown: no project was known before ``as_of``.
    """
    require_projects(store, as_of)
    log = event_log(store, as_of)
    return lessons_from(log, feature_matrix(store, training_dates(log) or [as_of], progress))


def lessons_from(log: EventLog, matrix: Matrix) -> Lessons:
    """The lessons of ``log`` over the rows of ``matrix``, which holds every training date.

    Without any training date the rows of the day itself remain, with nothing known of them.
    """
    dates = tuple(training_dates(log))
    wanted = np.array(dates or (log.told_at,), dtype="datetime64[D]")
    taught = matrix.where(np.isin(matrix.as_ofs, wanted))
    target = happened(log, taught) if dates else np.zeros(len(taught.project_ids))
    near = happened(log, taught, first_day=HORIZON_DAYS, last_day=2 * HORIZON_DAYS)
    soft = np.maximum(target, NEAR_EVENT_WEIGHT * near)
    return Lessons(log, dates, taught, target, soft, _events_within(log, dates))


def fit(
    lessons: Lessons, recipe: Recipe | None = None, progress: Progress | None = None
) -> Trained:
    """The model these lessons give: boosters by ``recipe``; with too few events the scorecard."""
    if not lessons.enough():
        return _scorecard(lessons)
    return _boosted(lessons, recipe or recipe_for(float(lessons.target.sum())), progress)


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


def _boosted(lessons: Lessons, recipe: Recipe, progress: Progress | None) -> Trained:
    matrix, target = lessons.matrix, lessons.target
    out_of_time = score_forward(lessons, recipe)
    judged = _recent(matrix, target, ~np.isnan(out_of_time[:, 0]))
    rounds, scores = best_rounds(out_of_time[judged], target[judged])
    boosters = []
    for number, seed in enumerate(recipe.seeds, start=1):
        booster = _grow(matrix, lessons.soft, recipe, rounds, seed)
        boosters.append(booster.model_to_string())
        if progress:
            progress("boosters", number / len(recipe.seeds))
    fitted = calibration.fit(scores, target[judged])
    later = _later_time(matrix.where(judged), scores, target[judged])
    return _trained(
        lessons,
        ArrearsModel(matrix.columns, tuple(boosters), fitted),
        _out_of_time_metrics(fitted, scores, target[judged]),
        {**recipe.parameters([], 0), "rounds": rounds, "seeds": list(recipe.seeds)},
        later,
    )


def _later_time(
    matrix: Matrix, scores: NDArray[np.float64], target: NDArray[np.float64]
) -> LaterTime:
    probability = np.full(len(scores), np.nan)
    for as_of in np.unique(matrix.as_ofs):
        earlier = matrix.as_ofs <= as_of - HORIZON_DAYS
        if target[earlier].sum() >= MIN_POSITIVES_TO_TELL:
            fitted = calibration.fit(scores[earlier], target[earlier])
            now = matrix.as_ofs == as_of
            probability[now] = fitted.probability(scores[now])
    return LaterTime(matrix, scores, target, probability)


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


def _grow(matrix: Matrix, soft: NDArray[np.float64], recipe: Recipe, rounds: int, seed: int) -> Any:
    directions = [_DIRECTIONS.get(name, 0) for name in matrix.columns]
    return grow(
        matrix.values, soft, matrix.columns, directions, recipe=recipe, rounds=rounds, seed=seed
    )


def score_forward(lessons: Lessons, recipe: Recipe) -> NDArray[np.float64]:
    """Raw scores of every later block after each :data:`ROUND_STEP` rounds; NaN where not judged.

    Boosters grown on earlier months only. Shape (rows, max_rounds / ROUND_STEP).
    """
    matrix, soft = lessons.matrix, lessons.soft
    folds = walk_forward(lessons.dates, folds=_FOLDS)
    stages = list(range(ROUND_STEP, recipe.max_rounds + 1, ROUND_STEP))
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


def best_rounds(
    scores: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """The number of rounds with the least calibrated log loss on later time, and its scores.

    Without later time, or without both outcomes in it, half of the most rounds.
    """
    if not len(target) or target.min() == target.max():
        middle = scores.shape[1] // 2
        return (middle + 1) * ROUND_STEP, scores[:, middle]
    losses = [
        log_loss(calibration.fit(stage, target).probability(stage), target) for stage in scores.T
    ]
    best = int(np.argmin(losses))
    return (best + 1) * ROUND_STEP, scores[:, best]


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
