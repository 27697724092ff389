"""Ablation of feature families: the walk repeated without one family at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalogue import Family
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.base import ScoringModel
from risk.progress import Progress
from risk.store.store import RecordStore
from training.dataset.training_set import TrainingSet
from training.evaluation.baselines import ContenderScores
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import bootstrap_metrics, difference
from training.evaluation.walk_forward import WalkPlan, walk
from training.fit.fit import Trained, fit, fit_alike
from training.json_safe import to_json_safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVERY_MONTHS = 3
"""Only every third month is walked: an effect is the mean of many fits, not one per month."""


@dataclass(frozen=True)
class FamilyEffect:
    """What the model loses without a family: its metric with all families minus that without."""

    family: str
    roc_auc: Estimate
    average_precision: Estimate


def ablation(
    store: RecordStore,
    plan: WalkPlan,
    *,
    capacity: int,
    progress: Progress | None = None,
    seed: int = SEED,
    cache_dir: Path | None = None,
) -> tuple[FamilyEffect, ...]:
    """The effect of each family of the kind of unit, greatest average precision first.

    Features are read from and written to the feature cache in ``cache_dir``, if given.
    """
    families = FEATURE_SETS[store.kind].families
    thinned = replace(plan, months=plan.months[::EVERY_MONTHS])
    walked = walk(
        store,
        thinned,
        progress,
        lambda training_set, cohort: _without_each(training_set, cohort, families),
        cache_dir,
    )
    return family_effects(walked.predictions, [one.name for one in families], capacity, seed)


def family_effects(
    predictions: Predictions, families: Sequence[str], capacity: int, seed: int = SEED
) -> tuple[FamilyEffect, ...]:
    """The effects, greatest average precision first, of scores without each of ``families``."""
    weights = bootstrap_weights(predictions.clusters, seed=seed)
    whole = bootstrap_metrics(predictions, MODEL, capacity, weights)
    events, clusters = predictions.events, predictions.event_clusters
    effects = []
    for family in families:
        without = bootstrap_metrics(predictions, family, capacity, weights)
        effects.append(
            FamilyEffect(
                family,
                difference(whole, without, "roc_auc", events, clusters),
                difference(whole, without, "average_precision", events, clusters),
            )
        )
    return tuple(
        sorted(effects, key=lambda effect: (-effect.average_precision.value, effect.family))
    )


def as_document(effects: Sequence[FamilyEffect]) -> list[dict[str, Any]]:
    """The effects as JSON-safe values."""
    document: list[dict[str, Any]] = to_json_safe([asdict(effect) for effect in effects])
    return document


def models_without(
    training_set: TrainingSet, families: Sequence[Family]
) -> tuple[Trained, dict[str, ScoringModel]]:
    """The whole model and, under each family's name, one fitted without the family.

    All have the recipe and the number of boosting rounds of the whole model, so that nothing but
    the family differs. It is the whole model itself where the family cannot matter: for a
    scorecard, and where each column of the family has one value in all rows.
    """
    whole = fit(training_set)
    models: dict[str, ScoringModel] = {}
    for family in families:
        if whole.recipe is None or not varies(training_set.matrix, family):
            models[family.name] = whole.model
            continue
        columns = [name for name in training_set.matrix.columns if name not in family.by_name]
        left = replace(training_set, matrix=training_set.matrix.select_columns(columns))
        models[family.name] = fit_alike(left, whole)
    return whole, models


def varies(matrix: Matrix, family: Family) -> bool:
    """Whether a column of ``family`` has more than one value, unknown being a value."""
    columns = [number for number, name in enumerate(matrix.columns) if name in family.by_name]
    return any(column_varies(matrix.values[:, number]) for number in columns)


def column_varies(column: NDArray[np.float64]) -> bool:
    """Whether ``column`` has more than one value, unknown being a value."""
    return not np.array_equal(column[1:], column[:-1], equal_nan=True)


def _without_each(
    training_set: TrainingSet, cohort: Matrix, families: Sequence[Family]
) -> ContenderScores:
    """Scores of the whole model and, under each family's name, of one fitted without it."""
    whole, without = models_without(training_set, families)
    models = {MODEL: whole.model, **without}
    scores = {name: np.asarray(model.raw(cohort)) for name, model in models.items()}
    probability = {MODEL: whole.model.calibration.probability(scores[MODEL])}
    return ContenderScores(scores, probability, whole)
