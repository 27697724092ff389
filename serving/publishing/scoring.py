"""Scores the cohort of a date with the champion or a given model; heavy imports are lazy."""

from __future__ import annotations

import datetime as dt
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
    from models.cohort_scores import ScoredCohort


@dataclass(frozen=True)
class Scored:
    """A scored cohort and the model that scored it."""

    cohort: ScoredCohort
    model: UsedModel

    def within(self, region: str) -> Scored:
        """Only the projects whose region code begins with ``region``."""
        return replace(self, cohort=self.cohort.within(region))


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
    from features.cache.dependencies import redefined_families
    from models.cohort_scores import read_cohort, score_records
    from models.registry import Registry
    from serving.publishing.inputs import with_inputs_left
    from training.dataset.training_set import NoProjectsKnown

    registry = Registry(workspace, store.kind)
    loaded, champion = model_at(workspace, store.kind, as_of, version)
    records = read_cohort(store, as_of, progress)
    if not records.details:
        raise NoProjectsKnown(as_of=as_of)
    used = with_inputs_left(
        workspace, store, records, champion, may_replace=version is None, progress=progress
    )
    model = loaded if used.version == champion.version else registry.load(used.version)[0]
    cohort = score_records(records, model)
    redefined = redefined_families(store, used.about.get("feature_definitions"))
    return Scored(cohort, replace(used, redefined=redefined))
