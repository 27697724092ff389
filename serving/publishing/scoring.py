"""Scores the cohort of a date with the champion or a given model; heavy imports are lazy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from serving.models.service import require_trained_before

if TYPE_CHECKING:
    from models.base import ScoringModel
    from models.cohort_scores import ScoredCohort
    from models.novelty import NoveltyDetector
    from models.registry import Registry


@dataclass(frozen=True)
class UsedModel:
    """The scoring model; ``events`` counts the arrears events it was trained on.

    ``completeness`` is that of its labels, None for models stored without it.
    """

    name: str
    version: str
    kind: str
    events: int
    completeness: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Scored:
    """A scored cohort and the model that scored it."""

    cohort: ScoredCohort
    model: UsedModel

    def within(self, region: str) -> Scored:
        """Only the projects whose region code begins with ``region``."""
        projects = tuple(p for p in self.cohort.projects if p.region_code.startswith(region))
        return replace(self, cohort=replace(self.cohort, projects=projects))


def load_novelty_detector(registry: Registry, version: str) -> NoveltyDetector | None:
    """Return the novelty detector of ``version``; None if too few projects were inspected."""
    from models.novelty import ARTIFACT, from_text
    from models.storage import ArtifactMissing

    try:
        return from_text(registry.artifact(version, ARTIFACT))
    except ArtifactMissing:
        return None


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
    events = int(found.about.get("events", 0))
    return model, UsedModel(
        registry.name, found.version, found.kind, events, found.about.get("completeness")
    )


def score_cohort(
    workspace: Workspace,
    store: RecordStore,
    as_of: dt.date,
    progress: Progress,
    version: str | None = None,
    *,
    with_levers: bool = False,
) -> Scored:
    """Score the cohort of ``as_of`` with the champion or the model ``version``.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
        NoProjectsKnown: nothing is known before ``as_of``.
    """
    from models.cohort_scores import score_cohort as score
    from models.registry import Registry
    from training.dataset.training_set import NoProjectsKnown

    model, used = model_at(workspace, store.kind, as_of, version)
    resemblance = load_novelty_detector(Registry(workspace, store.kind), used.version)
    cohort = score(store, model, as_of, resemblance, progress, with_levers=with_levers)
    if not cohort.projects:
        raise NoProjectsKnown(as_of=as_of)
    return Scored(cohort, used)
