"""The model of features on disk: what :func:`training.fit.fit.fit` does, without the matrix.

For more rows than fit in memory as numbers. Features lie in a folder parted by date; labels come
from the events known. Only the months the model is judged by are read into memory, six as a rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models import calibration
from models.arrears import Hyperparameters, fit_booster, hyperparameters_for
from risk.errors import WagewatchError
from risk.progress import Progress
from training.dataset.labels import EventLog, training_dates
from training.dataset.parquet_dataset import FeatureFiles, NoFeatureFiles, dataset_from, date_of
from training.dataset.splits import Fold, walk_forward
from training.dataset.training_set import MIN_POSITIVES, events_within, labels_of
from training.fit.fit import Trained, bagged, later_time, out_of_time_metrics
from training.fit.out_of_time import (
    ENOUGH_EVENTS,
    FOLDS,
    LEAST_MONTHS,
    ROUND_STEP,
    SEEDS_JUDGED,
    best_stage,
    directions_of,
    recent,
    staged,
    stages_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TooFewEvents(WagewatchError):
    """So little happened that only the scorecard could score, which needs no files."""

    code = "too_few_events"


@dataclass(frozen=True)
class LessonsOnDisk:
    """As :class:`.training_set.Lessons`, the values being in ``files``; rows by date."""

    log: EventLog
    dates: tuple[dt.date, ...]
    files: FeatureFiles
    as_ofs: NDArray[np.datetime64]
    target: NDArray[np.float64]
    soft: NDArray[np.float64]
    events: int

    def at(self, days: Sequence[dt.date]) -> NDArray[np.bool_]:
        """Which rows are of one of ``days``."""
        return np.isin(self.as_ofs, np.array(days, dtype="datetime64[D]"))


def lessons_on_disk(log: EventLog, files: FeatureFiles) -> LessonsOnDisk:
    """The lessons of ``log`` over the mature dates of ``files``, a folder parted by date.

    Raises:
        NoFeatureFiles: none of the files is of a date to learn from.
    """
    mature = files.within(training_dates(log))
    if not mature.files:
        raise NoFeatureFiles(path=str(files.files[0].parent) if files.files else "-")
    parts = [(days, *labels_of(log, names, days)) for days, names in mature.keys_in_blocks()]
    as_ofs, target, soft = (np.concatenate(column) for column in zip(*parts, strict=True))
    dates = tuple(sorted({day for path in mature.files if (day := date_of(path))}))
    return LessonsOnDisk(log, dates, mature, as_ofs, target, soft, events_within(log, dates))


def fit_on_disk(
    lessons: LessonsOnDisk, recipe: Hyperparameters | None = None, progress: Progress | None = None
) -> Trained:
    """The model these lessons give by ``recipe``: the one their rows would give in memory.

    Raises:
        TooFewEvents: fewer than :data:`training.dataset.training_set.MIN_POSITIVES`.
    """
    happened = min(lessons.events, int(lessons.target.sum()))
    if happened < MIN_POSITIVES:
        raise TooFewEvents(events=happened, least=MIN_POSITIVES)
    chosen = recipe or hyperparameters_for(float(lessons.target.sum()))
    judged, out_of_time = _forward(lessons, chosen)
    target = lessons.target[judged]
    stage, scores = best_stage(out_of_time, target)
    fitted = calibration.fit(scores, target)
    rounds = (stage + 1) * ROUND_STEP
    grown = _boosters(lessons, chosen, rounds, chosen.seeds, lessons.dates)
    model, parameters = bagged(lessons.files.columns, grown, chosen, rounds, fitted, progress)
    return Trained(
        model=model,
        as_of=lessons.log.told_at,
        first_snapshot=lessons.dates[0],
        last_snapshot=lessons.dates[-1],
        rows=len(lessons.target),
        positives=int(lessons.target.sum()),
        events=lessons.events,
        maturity_days=lessons.log.maturity_days,
        metrics=out_of_time_metrics(fitted, scores, target),
        parameters=parameters,
        later=later_time(_matrix(lessons, judged), scores, target),
    )


def _forward(
    lessons: LessonsOnDisk, recipe: Hyperparameters
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The rows to judge by and their scores after each stage, by what saw only earlier ones.

    Blocks of later time are scored from the last one back until they hold enough.
    """
    judged = np.zeros(len(lessons.as_ofs), dtype=bool)
    parts = [np.zeros((0, stages_of(recipe)))]
    for fold in reversed(walk_forward(lessons.dates, folds=FOLDS)):
        parts.insert(0, _scored(lessons, recipe, fold))
        judged |= lessons.at(fold.later)
        months = len(np.unique(lessons.as_ofs[judged]))
        if months >= LEAST_MONTHS and lessons.target[judged].sum() >= ENOUGH_EVENTS:
            break
    kept = recent(lessons.as_ofs, lessons.target, judged)
    return kept, np.concatenate(parts)[kept[judged]]


def _scored(lessons: LessonsOnDisk, recipe: Hyperparameters, fold: Fold) -> NDArray[np.float64]:
    seeds = recipe.seeds[:SEEDS_JUDGED]
    grown = list(_boosters(lessons, recipe, recipe.max_rounds, seeds, fold.train))
    stages = stages_of(recipe)
    parts = [
        sum((staged(one, block, stages) / len(seeds) for one in grown), np.zeros((1, stages)))
        for block in lessons.files.within(fold.later).blocks()
    ]
    return np.concatenate(parts)


def _boosters(
    lessons: LessonsOnDisk,
    recipe: Hyperparameters,
    rounds: int,
    seeds: Sequence[int],
    days: Sequence[dt.date],
) -> Iterator[Any]:
    data = dataset_from(lessons.files.within(days), lessons.soft[lessons.at(days)])
    directions = directions_of(lessons.files.columns)
    for seed in seeds:
        yield fit_booster(data, directions, hyperparameters=recipe, rounds=rounds, seed=seed)


def _matrix(lessons: LessonsOnDisk, judged: NDArray[np.bool_]) -> Matrix:
    """The rows to judge by, which are all rows of some dates, in memory."""
    days = [day.astype(object) for day in np.unique(lessons.as_ofs[judged])]
    files = lessons.files.within(days)
    values = np.empty((int(judged.sum()), len(files.columns)), order="F")
    filled = 0
    for block in files.blocks():
        values[filled : filled + len(block)] = block
        filled += len(block)
    names = tuple(name for _, told in files.keys_in_blocks() for name in told)
    return Matrix(lessons.as_ofs[judged], names, files.columns, values)
