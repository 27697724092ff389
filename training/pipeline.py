"""The training run: train, register as challenger, promote if the gate passes."""

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
from training.artifacts import missing_feeds, model_artifacts
from training.dataset.training_set import build_training_set
from training.fit.fit import Trained, fit
from training.fit.model_selection import Choice
from training.fit.tuning import tune
from training.json_safe import to_json_safe
from training.promotion.evaluate import ChallengerEvaluation, evaluate_challenger
from training.promotion.gate import Decision
from training.promotion.leakage import require_no_leak


@dataclass(frozen=True)
class TrainingRun:
    """The trained model, its registered version and the gate's decision."""

    trained: Trained
    version: ModelVersion
    decision: Decision


@dataclass(frozen=True)
class Search:
    """Extent of the hyperparameter search: ``trials``, proposed from ``seed``."""

    trials: int = 0
    seed: int = 0


def run_training(
    workspace: Workspace,
    as_of: dt.date,
    *,
    principal: str,
    capacity: int,
    search: Search | None = None,
    progress: Progress | None = None,
    kind: Kind = "project",
) -> TrainingRun:
    """Train on what was known before ``as_of``, register the model and run the gate on it.

    ``principal`` is recorded as the one who promotes. ``capacity`` is the usual length of a list,
    at which the gate compares precision. The hyperparameters are chosen over past months, see
    :mod:`training.fit.model_selection`.

    Raises:
        NoProjectsKnown: nothing was known before ``as_of``.
        FeaturesLeak: features change when later records are removed.
    """
    registry = Registry(workspace, kind)
    champion = _champion(registry)
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as records:
        store = records.for_kind(kind)
        training_set = build_training_set(store, as_of, progress, workspace.features)
        if training_set.dates:
            require_no_leak(store, [training_set.dates[0], training_set.dates[-1]])
        extent = search or Search()
        choice = tune(training_set, extent.trials, extent.seed, workspace.tuning, progress)
        chosen = choice.chosen if choice else None
        trained = (
            fit(training_set, chosen.hyperparameters, progress, chosen.out_of_time)
            if chosen
            else fit(training_set, progress=progress)
        )
        evaluation = evaluate_challenger(store, training_set, trained, champion, capacity=capacity)
        about = _about(trained, evaluation, choice, store)
        artifacts = model_artifacts(store, training_set, trained)
    version = registry.register(
        trained.model,
        about,
        parameters=trained.parameters,
        metrics=trained.metrics,
        artifacts=artifacts,
    )
    decision = evaluation.decision
    if decision.passed:
        version = registry.promote(version.version, who=principal, why=f"gate: {decision.grounds}")
    return TrainingRun(trained, version, decision)


def _champion(registry: Registry) -> tuple[ScoringModel, ModelVersion] | None:
    try:
        return registry.champion()
    except NoModel:
        return None


def _about(
    trained: Trained, evaluation: ChallengerEvaluation, choice: Choice | None, store: RecordStore
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
        "too_good": [asdict(feature) for feature in evaluation.suspicious],
        "recipe": asdict(trained.recipe) if trained.recipe else None,
        "choice": to_json_safe(choice.to_document()) if choice else None,
        "evidence": to_json_safe(evaluation.document),
    }
