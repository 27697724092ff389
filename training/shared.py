"""Learning from counties that may not share their records: exporting a part, and using others'."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from features.cache.dependencies import feature_definitions
from models.arrears import hyperparameters_for
from models.registry import ModelVersion, Registry
from models.shared_trees import read_booster
from risk.errors import WagewatchError
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from training.dataset.training_set import TrainingSet, build_training_set
from training.event_counts import SCORECARD_BELOW
from training.fit.out_of_time import shared_boosters

if TYPE_CHECKING:
    from models.shared_models import SharedModels

SHARED_ARTIFACT = "shared.json"


class TooFewEventsToShare(WagewatchError):
    """Fewer events than a model can be fitted on."""

    code = "too_few_events_to_share"


@dataclass(frozen=True)
class Exporter:
    """The office that exports and the person who does, on the day ``on``."""

    office: str
    by: str
    on: dt.date


def export_models(
    workspace: Workspace,
    as_of: dt.date,
    exporter: Exporter,
    kind: Kind = "project",
    progress: Progress | None = None,
) -> SharedModels:
    """What this county has learnt before ``as_of``, as a file of one part.

    Raises:
        NoProjectsKnown: nothing was known before ``as_of``.
        TooFewEventsToShare: too few events are known to fit boosters.
    """
    from models.shared_models import SharedModels, SharedPart

    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as records:
        store = records.for_kind(kind)
        training_set = build_training_set(store, as_of, progress, workspace.features)
        definitions = shipped_definitions(store)
    positives = int(training_set.target.sum())
    if min(training_set.events, positives) < SCORECARD_BELOW:
        raise TooFewEventsToShare(events=training_set.events, least=SCORECARD_BELOW)
    boosters = shared_boosters(training_set, hyperparameters_for(positives))
    part = SharedPart(
        origin=Registry(workspace, kind).origin(),
        office=exporter.office,
        by=exporter.by,
        exported_at=exporter.on,
        trained_at=as_of,
        kind=kind,
        events=training_set.events,
        positives=positives,
        rows=len(training_set.target),
        definitions=definitions,
        columns=training_set.matrix.columns,
        boosters=tuple(read_booster(booster.model_to_string()) for booster in boosters),
    )
    return SharedModels(parts=(part,))


def shipped_definitions(store: RecordStore) -> dict[str, str]:
    """The digests of the features with the shipped minimum wages, which differ by place."""
    own = store.minimum_wages
    store.minimum_wages = None
    try:
        return feature_definitions(store)
    finally:
        store.minimum_wages = own


def with_shared_models(
    training_set: TrainingSet,
    shared: SharedModels,
    definitions: Mapping[str, str],
    origin: str,
) -> TrainingSet:
    """``training_set`` whose default model uses the parts of ``shared`` but that of ``origin``.

    ``definitions`` are those of :func:`shipped_definitions`. The own part would know the months on
    which the model is calibrated and judged.

    Raises:
        SharedModelsOfOtherFeatures: a part was learnt from features defined otherwise.
        SharedModelsOfOtherKind: a part scores another kind of unit.
        SharedModelsFromLater: a part was learnt from records of the training day or later.
    """
    from models.shared_models import SharedModelsFromLater, require_alike

    matrix = training_set.matrix
    require_alike(shared.parts, matrix.kind, matrix.columns, definitions)
    parts = shared.without(origin)
    as_of = training_set.log.known_until
    for part in parts:
        if part.trained_at > as_of:
            raise SharedModelsFromLater(office=part.office, found=part.trained_at, as_of=as_of)
    if not parts:
        return training_set
    known = {**training_set.shared, shared.digest: parts}
    return replace(training_set, shared=known, use_shared=shared.digest)


def with_shared_of(
    training_set: TrainingSet, registry: Registry, version: ModelVersion | None
) -> TrainingSet:
    """``training_set`` with the parts that ``version`` was trained with, to fit its recipe."""
    if version is None or not version.about.get("shared"):
        return training_set
    from models.shared_models import parse_shared_models

    shared = parse_shared_models(registry.artifact(version.version, SHARED_ARTIFACT))
    parts = shared.without(registry.origin())
    if any(part.columns != training_set.matrix.columns for part in parts):
        return training_set
    return replace(training_set, shared={**training_set.shared, shared.digest: parts})


def provenance(shared: SharedModels, origin: str) -> Mapping[str, Any]:
    """Where the parts of other counties come from, as stored with a model."""
    names = {"office", "by", "exported_at", "trained_at", "events", "positives", "rows"}
    parts = [part.model_dump(mode="json", include=names) for part in shared.without(origin)]
    return {"digest": shared.digest, "parts": parts}
