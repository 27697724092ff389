"""What is each feed worth? The walk again without one family of features at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from features.catalogue import Family
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.training_set import Lessons
from training.evaluation.baselines import Contest
from training.evaluation.bootstrap import Estimate
from training.evaluation.predictions import MODEL
from training.evaluation.report import difference, figures_drawn, resamples
from training.evaluation.walk_forward import Plan, walk
from training.fit.fit import fit
from training.json_safe import plain

EVERY_MONTHS = 3
"""Every third month is walked: a family's worth is the mean of many fits, not of each month."""


@dataclass(frozen=True)
class Worth:
    """What the model loses without a family: the whole model's figure minus its figure without."""

    family: str
    roc_auc: Estimate
    average_precision: Estimate


def ablation(
    store: RecordStore,
    planned: Plan,
    *,
    places: int,
    progress: Progress | None = None,
    seed: int = 0,
    kept: Path | None = None,
) -> tuple[Worth, ...]:
    """The worth of each family of the kind of unit, the greatest in average precision first.

    Features of dates that were computed before are read from the folder ``kept``, if given.
    """
    families = FEATURE_SETS[store.kind].families
    thinned = replace(planned, months=planned.months[::EVERY_MONTHS])
    walked = walk(
        store, thinned, progress, lambda lessons, cohort: _without(lessons, cohort, families), kept
    )
    judged = walked.judged
    weights = resamples(judged, seed=seed)
    whole = figures_drawn(judged, MODEL, places, weights)
    events = float(judged.happened.sum())
    worths = []
    for family in families:
        left = figures_drawn(judged, family.name, places, weights)
        roc_auc = difference(whole, left, "roc_auc", events)
        worths.append(
            Worth(family.name, roc_auc, difference(whole, left, "average_precision", events))
        )
    return tuple(sorted(worths, key=lambda one: (-one.average_precision.value, one.family)))


def as_document(worths: Sequence[Worth]) -> list[dict[str, Any]]:
    """The worths as JSON-ready data."""
    document: list[dict[str, Any]] = plain([asdict(one) for one in worths])
    return document


def _without(lessons: Lessons, cohort: Matrix, families: Sequence[Family]) -> Contest:
    """The whole model and, under each family's name, one that never saw the family."""
    trained = fit(lessons)
    scores = {MODEL: trained.model.raw(cohort)}
    for family in families:
        left = [name for name in lessons.matrix.columns if name not in family.by_name]
        if trained.model.kind == "scorecard" or len(left) == len(lessons.matrix.columns):
            scores[family.name] = scores[MODEL]
            continue
        blind = fit(replace(lessons, matrix=lessons.matrix.select_columns(left)))
        scores[family.name] = blind.model.raw(cohort)
    said = {MODEL: trained.model.calibration.probability(scores[MODEL])}
    return Contest({name: np.asarray(one) for name, one in scores.items()}, said, trained)
