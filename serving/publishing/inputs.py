"""Compares the inputs of the scoring model with what it was trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from risk.progress import Progress
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.publishing.used_model import UsedModel, used_model

if TYPE_CHECKING:
    from models.cohort_scores import CohortFeatures
    from models.registry import ModelVersion, Registry
    from training.monitoring.lost_inputs import LostInputs, TrainedOn


def with_inputs_left(
    workspace: Workspace,
    store: RecordStore,
    records: CohortFeatures,
    used: UsedModel,
    *,
    may_replace: bool,
    progress: Progress,
) -> UsedModel:
    """Return ``used``, or a model fitted without the inputs that are gone.

    Only where it ``may_replace`` and leans on them; a past list is rebuilt with its own model.
    """
    from models.registry import Registry

    registry = Registry(workspace, store.kind)
    version = registry.get(used.version)
    lost = lost_at(registry, version, store, records)
    if lost is None or not lost.matters:
        return used
    if lost.is_everything:
        return replace(used, stale_since=max(f.newest for f in lost.feeds if f.newest))
    if not may_replace:
        return used
    # Fitting imports scikit-learn and what draws a card, which other months do not need.
    from training.stand_in import StandInRequest, find_or_train

    request = StandInRequest(version, records.as_of, lost, records.matrix)
    return used_model(
        registry, find_or_train(registry, store, request, workspace.features, progress)
    )


def lost_at(
    registry: Registry, version: ModelVersion, store: RecordStore, records: CohortFeatures
) -> LostInputs | None:
    """Return what of the inputs of ``version`` is gone; None if it was stored without them."""
    found = trained_on(registry, version)
    return found.lost_at(store, records.as_of, records.matrix) if found else None


def trained_on(registry: Registry, version: ModelVersion) -> TrainedOn | None:
    """Return what ``version`` was trained on; None if it was stored without it."""
    from models.storage import ArtifactMissing
    from training.monitoring.drift import PROFILE_ARTIFACT, parse_profile
    from training.monitoring.lost_inputs import TrainedOn, parse_summaries

    try:
        profile = parse_profile(registry.artifact(version.version, PROFILE_ARTIFACT))
    except ArtifactMissing:
        return None
    feeds = version.about.get("feeds")
    return None if feeds is None else TrainedOn(parse_summaries(feeds), profile)
