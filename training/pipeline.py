"""One training as an office runs it: train, register as challenger, promote if the gate passes."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from models.base import ScoringModel
from models.registry import ModelVersion, NoModel, Registry
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from training.artifacts import missing_feeds, papers
from training.dataset.training_set import Lessons, lessons_at
from training.fit.fit import Trained, fit
from training.fit.model_selection import Choice
from training.fit.tuning import tune
from training.json_safe import plain
from training.promotion.evaluate import Evidence, weigh
from training.promotion.gate import Decision
from training.promotion.leakage import require_no_leak


@dataclass(frozen=True)
class TrainingRun:
    """What came out of one training."""

    trained: Trained
    version: ModelVersion
    decision: Decision


@dataclass(frozen=True)
class Search:
    """How long to look for a better way of fitting: ``trials``, proposed from ``seed``."""

    trials: int = 0
    seed: int = 0


def train_and_register(
    workspace: Workspace,
    as_of: dt.date,
    *,
    who: str,
    places: int,
    search: Search | None = None,
    progress: Progress | None = None,
    kind: Kind = "project",
) -> TrainingRun:
    """Train on what was known before ``as_of`` and put the model through the gate.

    ``places`` is the usual length of a list, on which the gate compares precision. How the model
    is fitted is chosen over past months, see :mod:`training.fit.model_selection`.

    Raises:
        NoProjectsKnown: nothing was known before ``as_of``.
        FeaturesLeak: features change when later records are taken away.
    """
    registry = Registry(workspace, kind)
    champion = _champion(registry)
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as stored:
        store = stored.for_kind(kind)
        lessons = lessons_at(store, as_of, progress, workspace.features)
        if lessons.dates:
            require_no_leak(store, [lessons.dates[0], lessons.dates[-1]])
        choice = _choice(workspace, lessons, search or Search(), progress)
        chosen = choice.chosen if choice else None
        trained = (
            fit(lessons, chosen.recipe, progress, chosen.forward)
            if chosen
            else fit(lessons, progress=progress)
        )
        evidence = weigh(store, lessons, trained, champion, places=places)
        about = _about(trained, evidence, choice, store)
        kept = papers(store, lessons, trained)
    version = registry.register(
        trained.model,
        about,
        parameters=trained.parameters,
        metrics=trained.metrics,
        artifacts=kept,
    )
    decision = evidence.decision
    if decision.passed:
        version = registry.promote(version.version, who=who, why=f"gate: {decision.grounds}")
    return TrainingRun(trained, version, decision)


def _champion(registry: Registry) -> tuple[ScoringModel, ModelVersion] | None:
    try:
        return registry.champion()
    except NoModel:
        return None


def _choice(
    workspace: Workspace, lessons: Lessons, search: Search, progress: Progress | None
) -> Choice | None:
    if not lessons.enough():
        return None
    return tune(lessons, search.trials, search.seed, workspace.tuning, progress)


def _about(
    trained: Trained, evidence: Evidence, choice: Choice | None, store: RecordStore
) -> dict[str, Any]:
    return {
        "trained_at": trained.as_of.isoformat(),
        "first_snapshot": trained.first_snapshot,
        "last_snapshot": trained.last_snapshot,
        "rows": trained.rows,
        "positives": trained.positives,
        "events": trained.events,
        "maturity_days": trained.maturity_days,
        "metrics": dict(trained.metrics),
        "parameters": dict(trained.parameters),
        "records_digest": store.digest(trained.as_of),
        "missing_feeds": missing_feeds(store, trained.as_of),
        "too_good": [asdict(one) for one in evidence.too_good],
        "choice": plain(choice.to_document()) if choice else None,
        "evidence": plain(evidence.document),
    }
