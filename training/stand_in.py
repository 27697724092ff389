"""A model that stands in for the champion at one date, fitted without inputs that are gone.

It has the champion's recipe and training months, so that only the inputs differ. Where too few
events are known for a fit, it is the scorecard with the event rate of the champion's training.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from features.cache.dependencies import feature_definitions
from features.matrix import Matrix
from models import calibration
from models.arrears import Hyperparameters, MergedHyperparameters
from models.registry import ModelVersion, Registry
from models.scorecard import PRIOR_RATE, fit_scorecard
from risk.progress import Progress
from risk.store.store import RecordStore
from training.artifacts import model_artifacts
from training.dataset.training_set import NoProjectsKnown, TrainingSet, build_training_set
from training.evaluation.champion import recipe_of
from training.event_counts import SCORECARD_BELOW
from training.fit.fit import Trained
from training.fit.ladder import default_recipe
from training.fit.out_of_time import AnyHyperparameters
from training.monitoring.lost_inputs import LostInputs
from training.pipeline import attempts_until_sound, fit_recipe, metadata
from training.promotion.evaluate import ChallengerEvaluation, evaluate_challenger
from training.promotion.gate import Decision

_DEFAULT_CAPACITY = 20

_MORE_ROUNDS = 100
"""Boosting rounds beyond those of the champion that are tried. Its number was chosen among all;
without some features the best one is hardly ever much larger, and each round of the search is
fitted six times."""


@dataclass(frozen=True)
class StandInRequest:
    """The champion to replace at ``as_of``, what is lost, and the cohort to be scored."""

    champion: ModelVersion
    as_of: dt.date
    lost: LostInputs
    cohort: Matrix

    @property
    def capacity(self) -> int:
        """The length of a list at which the champion was judged."""
        evidence = self.champion.about.get("evidence") or {}
        return int(evidence.get("places") or _DEFAULT_CAPACITY)

    def to_document(self) -> dict[str, Any]:
        """Why the model was fitted, stored with it."""
        return {
            "instead_of": self.champion.version,
            "as_of": self.as_of.isoformat(),
            "tables": [
                {"table": feed.table, "newest": feed.newest.isoformat() if feed.newest else None}
                for feed in self.lost.feeds
            ],
            "features": list(self.lost.features),
        }


def find_or_train(
    registry: Registry,
    store: RecordStore,
    request: StandInRequest,
    cache_dir: Path | None,
    progress: Progress | None = None,
) -> ModelVersion:
    """The registered model for ``request``; the same request and records give the same version.

    Where a model could be fitted it also scores later dates at which the same inputs are gone.
    """
    keys = _Keys(store, request)
    found = registry.stand_in(keys.of_training) or registry.stand_in(keys.of_date)
    return found or _train(registry, store, request, cache_dir, keys, progress)


@dataclass(frozen=True)
class _Keys:
    """What a stand-in is found again by.

    ``of_training`` covers only what a fit reads: the champion, what is lost, and what was known
    before the champion was trained. ``of_date`` covers all that is known at the date of the list:
    the scorecard, which takes its bins from the cohort to be scored, is found under it alone. A
    digest hashes all records, so each is made once, when it is needed.
    """

    store: RecordStore
    request: StandInRequest

    @cached_property
    def digest(self) -> str:
        """The digest of what was known before the champion was trained."""
        return self.store.digest(self.request.champion.trained_at)

    @cached_property
    def of_training(self) -> str:
        """The key of a model that is fitted."""
        why = self.request.to_document()
        lasting = {name: value for name, value in why.items() if name != "as_of"}
        trained_at = self.request.champion.trained_at.isoformat()
        definitions = feature_definitions(self.store)
        return _hash(["fitted", lasting, trained_at, self.digest, definitions])

    @cached_property
    def of_date(self) -> str:
        """The key of a scorecard."""
        digest = self.store.digest(self.request.as_of)
        return _hash([self.request.to_document(), digest, feature_definitions(self.store)])


def _hash(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _train(
    registry: Registry,
    store: RecordStore,
    request: StandInRequest,
    cache_dir: Path | None,
    keys: _Keys,
    progress: Progress | None,
) -> ModelVersion:
    training_set = _training_set(store, request.champion.trained_at, cache_dir, progress)
    if training_set is not None and training_set.events >= SCORECARD_BELOW:
        key = keys.of_training
        trained, about, artifacts = _fitted_again(store, training_set, request, keys, progress)
    else:
        events = training_set.events if training_set else 0
        key = keys.of_date
        trained, about, artifacts = _card_with_champions_rate(store, request, keys, events)
    return registry.register(
        trained.model,
        {**about, "stand_in": request.to_document()},
        parameters=trained.parameters,
        metrics=trained.metrics,
        artifacts=artifacts,
        stands_in=key,
    )


def _training_set(
    store: RecordStore, as_of: dt.date, cache_dir: Path | None, progress: Progress | None
) -> TrainingSet | None:
    try:
        return build_training_set(store, as_of, progress, cache_dir)
    except NoProjectsKnown:
        return None


def _fitted_again(
    store: RecordStore,
    training_set: TrainingSet,
    request: StandInRequest,
    keys: _Keys,
    progress: Progress | None,
) -> tuple[Trained, dict[str, Any], Mapping[str, str]]:
    """The model fitted on ``training_set`` without the lost features, or a simpler kind."""
    matrix = training_set.matrix
    left = [name for name in matrix.columns if name not in request.lost.features]
    narrowed = replace(training_set, matrix=matrix.select_columns(left))
    fit_again = partial(fit_recipe, narrowed, progress)
    recipe = _recipe(request.champion)
    if isinstance(recipe, MergedHyperparameters):  # what others have learnt reads the lost features
        recipe = default_recipe(narrowed)

    def judge(trained: Trained) -> ChallengerEvaluation:
        whole = _with_whole_holdout(trained, matrix)
        return evaluate_challenger(store, training_set, whole, None, capacity=request.capacity)

    attempts = attempts_until_sound(fit_again(recipe), fit_again, judge)
    trained = attempts[-1][0]
    about = metadata(attempts, None, store, keys.digest)
    if "gate" in about["evidence"]:
        about["evidence"]["gate"]["grounds"] = "stand_in"
    return trained, about, model_artifacts(narrowed, trained)


def _recipe(champion: ModelVersion) -> AnyHyperparameters | None:
    """The hyperparameters of ``champion``, with a search that ends not far above its rounds."""
    recipe = None if champion.kind == "scorecard" else recipe_of(champion)
    rounds = (champion.about.get("parameters") or {}).get("rounds")
    if not isinstance(recipe, Hyperparameters) or rounds is None:
        return recipe
    return replace(recipe, max_rounds=min(recipe.max_rounds, rounds + _MORE_ROUNDS))


def _with_whole_holdout(trained: Trained, matrix: Matrix) -> Trained:
    """``trained`` with all columns of ``matrix`` in its holdout, which the baselines read."""
    if trained.holdout is None:
        return trained
    rows = np.isin(matrix.as_ofs, np.unique(trained.holdout.matrix.as_ofs))
    return replace(trained, holdout=replace(trained.holdout, matrix=matrix.where(rows)))


def _card_with_champions_rate(
    store: RecordStore, request: StandInRequest, keys: _Keys, events: int
) -> tuple[Trained, dict[str, Any], Mapping[str, str]]:
    """The scorecard of the features that are left, with the event rate of the champion.

    ``events`` are the distinct events still known, too few for a fit; lists state their number.
    """
    about, cohort = request.champion.about, request.cohort
    left = [name for name in cohort.columns if name not in request.lost.features]
    narrowed = cohort.select_columns(left)
    rate = about["positives"] / about["rows"] if about.get("rows") else PRIOR_RATE
    card = fit_scorecard(narrowed, np.zeros(0))
    centred = calibration.with_mean(card.raw(narrowed), min(max(rate, 0.001), 0.5))
    trained = Trained(
        model=replace(card, calibration=centred),
        as_of=request.champion.trained_at,
        first_snapshot=None,
        last_snapshot=None,
        rows=0,
        positives=0,
        events=events,
        maturity_days=int(about.get("maturity_days", 0)),
        metrics=MappingProxyType({}),
        parameters={"rate": rate},
    )
    evaluation = ChallengerEvaluation(Decision(True, "stand_in", ()), {}, ())
    return trained, metadata([(trained, evaluation)], None, store, keys.digest), {}
