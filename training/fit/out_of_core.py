"""Training from feature files: the model :func:`training.fit.fit.fit` gives, without the matrix.

For matrices that do not fit in memory. Features are read from a folder partitioned by date, labels
come from the known events. Only the holdout months (six as a rule) are read into memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models.arrears import Hyperparameters, fit_booster, hyperparameters_for
from risk.errors import WagewatchError
from risk.progress import Progress
from training.dataset.labels import EventLog, expected_labels, training_dates
from training.dataset.parquet_dataset import (
    FeatureFiles,
    NoFeatureFiles,
    parquet_dataset,
    partition_date,
)
from training.dataset.splits import Fold, walk_forward_folds
from training.dataset.training_set import events_within, training_labels
from training.fit.fit import (
    Trained,
    bagged_model,
    calibrate,
    make_holdout,
    out_of_time_metrics,
)
from training.fit.ladder import REGRESSION_BELOW
from training.fit.out_of_time import (
    MIN_EVENTS,
    MIN_MONTHS,
    N_FOLDS,
    N_SEEDS,
    ROUND_STEP,
    best_stage,
    directions_of,
    recent_months,
    stage_count,
    stage_scores,
)
from training.metrics import event_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TooFewEvents(WagewatchError):
    """Too few events for a model; only the scorecard could be used, which needs no files."""

    code = "too_few_events"


@dataclass(frozen=True)
class TrainingSetOnDisk:
    """A training set whose feature values are in ``files``, with rows ordered by date.

    ``starts`` are the first rows of distinct events. See
    :class:`training.dataset.training_set.TrainingSet`.
    """

    log: EventLog
    dates: tuple[dt.date, ...]
    files: FeatureFiles
    as_ofs: NDArray[np.datetime64]
    target: NDArray[np.float64]
    expected: NDArray[np.float64]
    starts: NDArray[np.bool_]
    events: int

    def rows_of(self, days: Sequence[dt.date]) -> NDArray[np.bool_]:
        """Mask of the rows of ``days``."""
        return np.isin(self.as_ofs, np.array(days, dtype="datetime64[D]"))


def training_set_on_disk(log: EventLog, files: FeatureFiles) -> TrainingSetOnDisk:
    """The training set of ``log`` over the mature dates of ``files``, partitioned by date.

    Raises:
        NoFeatureFiles: none of the files is of a training date.
    """
    mature = files.of_dates(training_dates(log))
    if not mature.files:
        raise NoFeatureFiles(path=str(files.files[0].parent) if files.files else "-")
    parts, owing = [], []
    for days, names in mature.key_blocks():
        labels = training_labels(log, names, days)
        parts.append((days, labels, expected_labels(log, names, days)))
        owing += [names[row] for row in np.flatnonzero(labels)]
    as_ofs, target, expected = (np.concatenate(column) for column in zip(*parts, strict=True))
    starts = np.zeros(len(target), dtype=bool)
    starts[target > 0] = event_starts(owing, as_ofs[target > 0], target[target > 0])
    dates = tuple(sorted({day for path in mature.files if (day := partition_date(path))}))
    events = events_within(log, dates)
    return TrainingSetOnDisk(log, dates, mature, as_ofs, target, expected, starts, events)


def fit_out_of_core(
    training_set: TrainingSetOnDisk,
    hyperparameters: Hyperparameters | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit a model with ``hyperparameters``; it equals the one fitted on the same rows in memory.

    Raises:
        TooFewEvents: fewer than :data:`training.fit.ladder.REGRESSION_BELOW`.
    """
    positives = min(training_set.events, int(training_set.target.sum()))
    if positives < REGRESSION_BELOW:
        raise TooFewEvents(events=positives, least=REGRESSION_BELOW)
    chosen = hyperparameters or hyperparameters_for(float(training_set.target.sum()))
    rows, out_of_time = _score_out_of_time(training_set, chosen)
    target, expected = training_set.target[rows], training_set.expected[rows]
    stage, scores = best_stage(out_of_time, expected)
    calibrated = calibrate(scores, expected)
    rounds = (stage + 1) * ROUND_STEP
    boosters = _boosters(training_set, chosen, rounds, chosen.seeds, training_set.dates)
    model, parameters = bagged_model(
        training_set.files.columns, boosters, chosen, rounds, calibrated, progress
    )
    return Trained(
        model=model,
        as_of=training_set.log.known_until,
        first_snapshot=training_set.dates[0],
        last_snapshot=training_set.dates[-1],
        rows=len(training_set.target),
        positives=int(training_set.target.sum()),
        events=training_set.events,
        maturity_days=training_set.log.maturity_days,
        metrics=out_of_time_metrics(scores, target),
        parameters=parameters,
        holdout=make_holdout(_matrix(training_set, rows), scores, target, expected),
        recipe=chosen,
        completeness=training_set.log.completeness,
        stages=out_of_time,
    )


def _score_out_of_time(
    training_set: TrainingSetOnDisk, hyperparameters: Hyperparameters
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The holdout rows and their scores after each stage, by boosters fitted on earlier rows.

    Folds are scored from the last one back until they hold enough months and events.
    """
    scored = np.zeros(len(training_set.as_ofs), dtype=bool)
    parts = [np.zeros((0, stage_count(hyperparameters)))]
    for fold in reversed(walk_forward_folds(training_set.dates, n_folds=N_FOLDS)):
        parts.insert(0, _fold_scores(training_set, hyperparameters, fold))
        scored |= training_set.rows_of(fold.test)
        months = len(np.unique(training_set.as_ofs[scored]))
        if months >= MIN_MONTHS and training_set.starts[scored].sum() >= MIN_EVENTS:
            break
    rows = recent_months(training_set.as_ofs, training_set.starts, scored)
    return rows, np.concatenate(parts)[rows[scored]]


def _fold_scores(
    training_set: TrainingSetOnDisk, hyperparameters: Hyperparameters, fold: Fold
) -> NDArray[np.float64]:
    seeds = hyperparameters.seeds[:N_SEEDS]
    boosters = list(
        _boosters(training_set, hyperparameters, hyperparameters.max_rounds, seeds, fold.train)
    )
    stages = stage_count(hyperparameters)
    parts = [
        sum(
            (stage_scores(booster, block, stages) / len(seeds) for booster in boosters),
            np.zeros((1, stages)),
        )
        for block in training_set.files.of_dates(fold.test).blocks()
    ]
    return np.concatenate(parts)


def _boosters(
    training_set: TrainingSetOnDisk,
    hyperparameters: Hyperparameters,
    rounds: int,
    seeds: Sequence[int],
    days: Sequence[dt.date],
) -> Iterator[Any]:
    labels = training_set.expected[training_set.rows_of(days)]
    data = parquet_dataset(training_set.files.of_dates(days), labels)
    directions = directions_of(training_set.files.columns)
    for seed in seeds:
        yield fit_booster(
            data, directions, hyperparameters=hyperparameters, rounds=rounds, seed=seed
        )


def _matrix(training_set: TrainingSetOnDisk, rows: NDArray[np.bool_]) -> Matrix:
    """The holdout rows, which are all rows of some dates, in memory."""
    days = [day.astype(object) for day in np.unique(training_set.as_ofs[rows])]
    files = training_set.files.of_dates(days)
    values = np.empty((int(rows.sum()), len(files.columns)), order="F")
    filled = 0
    for block in files.blocks():
        values[filled : filled + len(block)] = block
        filled += len(block)
    names = tuple(name for _, names in files.key_blocks() for name in names)
    return Matrix(training_set.as_ofs[rows], names, files.columns, values)
