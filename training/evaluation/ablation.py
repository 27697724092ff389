"""Ablation of feature families: the walk repeated without one family at a time."""

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
from training.dataset.training_set import TrainingSet
from training.evaluation.baselines import ContenderScores
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import bootstrap_metrics, difference
from training.evaluation.walk_forward import WalkPlan, walk
from training.fit.fit import fit
from training.json_safe import to_json_safe

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


def _without_each(
    training_set: TrainingSet, cohort: Matrix, families: Sequence[Family]
) -> ContenderScores:
    """Scores of the whole model and, under each family's name, of one fitted without it."""
    trained = fit(training_set)
    scores = {MODEL: trained.model.raw(cohort)}
    for family in families:
        columns = [name for name in training_set.matrix.columns if name not in family.by_name]
        if trained.model.kind == "scorecard" or len(columns) == len(training_set.matrix.columns):
            scores[family.name] = scores[MODEL]
            continue
        ablated = fit(replace(training_set, matrix=training_set.matrix.select_columns(columns)))
        scores[family.name] = ablated.model.raw(cohort)
    probability = {MODEL: trained.model.calibration.probability(scores[MODEL])}
    arrays = {name: np.asarray(values) for name, values in scores.items()}
    return ContenderScores(arrays, probability, trained)
