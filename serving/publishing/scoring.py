"""Scores the cohort of a date with the champion or a given model; heavy imports are lazy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from serving.models.service import require_trained_before
from serving.publishing.used_model import UsedModel, used_model

if TYPE_CHECKING:
    from models.base import ScoringModel
    from models.cohort_scores import CohortFeatures, ScoredCohort


@dataclass(frozen=True)
class Scored:
    """A scored cohort and the model that scored it."""

    cohort: ScoredCohort
    model: UsedModel

    def within(self, region: str) -> Scored:
        """Only the projects whose region code begins with ``region``."""
        return replace(self, cohort=self.cohort.within(region))


@dataclass(frozen=True)
class Probabilities:
    """The probability of every project of a cohort, and the model that gave them."""

    by_project: Mapping[str, float]
    model: UsedModel


def model_at(
    workspace: Workspace, kind: Kind, as_of: dt.date, version: str | None = None
) -> tuple[ScoringModel, UsedModel]:
    """Load the champion, or the model ``version``, to score the cohort of ``as_of``.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: it was trained later than ``as_of``.
    """
    from models.registry import Registry

    registry = Registry(workspace, kind)
    model, found = registry.load(version) if version else registry.champion()
    require_trained_before(found, as_of)
    return model, used_model(registry, found)


def score_cohort(
    workspace: Workspace,
    store: RecordStore,
    as_of: dt.date,
    progress: Progress,
    version: str | None = None,
) -> Scored:
    """Score the cohort of ``as_of`` with the champion or the model ``version``.

    Where inputs that the champion leans on are gone, a model fitted without them scores; see
    :mod:`training.stand_in`.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
        NoProjectsKnown: nothing is known before ``as_of``.
    """
    from models.cohort_scores import read_cohort, score_records

    found = model_at(workspace, store.kind, as_of, version)
    records = read_cohort(store, as_of, progress)
    model, used = _model_for(workspace, store, records, found, version, progress)
    return Scored(score_records(records, model), used)


def score_probabilities(
    workspace: Workspace,
    store: RecordStore,
    as_of: dt.date,
    progress: Progress,
    version: str | None = None,
) -> Probabilities:
    """The probabilities that :func:`score_cohort` gives, which raises the same.

    Reads nothing that only reasons and lists need.
    """
    from models.cohort_scores import read_features

    found = model_at(workspace, store.kind, as_of, version)
    features = read_features(store, as_of, progress)
    model, used = _model_for(workspace, store, features, found, version, progress)
    values = model.calibration.probability(model.raw(features.matrix)).tolist()
    return Probabilities(dict(zip(features.matrix.project_ids, values, strict=True)), used)


def _model_for(
    workspace: Workspace,
    store: RecordStore,
    features: CohortFeatures,
    found: tuple[ScoringModel, UsedModel],
    version: str | None,
    progress: Progress,
) -> tuple[ScoringModel, UsedModel]:
    """The model ``found``, or one fitted without the inputs that are gone, as it is used."""
    from features.cache.dependencies import redefined_families
    from models.registry import Registry
    from serving.publishing.inputs import with_inputs_left
    from training.dataset.training_set import NoProjectsKnown

    if not features.matrix.project_ids:
        raise NoProjectsKnown(as_of=features.as_of)
    loaded, champion = found
    used = with_inputs_left(
        workspace, store, features, champion, may_replace=version is None, progress=progress
    )
    registry = Registry(workspace, store.kind)
    model = loaded if used.version == champion.version else registry.load(used.version)[0]
    redefined = redefined_families(store, used.about.get("feature_definitions"))
    return model, replace(used, redefined=redefined)
