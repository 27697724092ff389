"""The training run: train, register as challenger, promote if the gate passes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from features.cache.dependencies import feature_definitions
from models.arrears import MergedHyperparameters
from models.registry import ModelVersion, NoModel, Registry
from models.runs import Run
from models.storage import ModelDamaged
from risk.minimum_wage import MinimumWage
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from training.artifacts import missing_feeds, model_artifacts, typical_row
from training.dataset.training_set import TrainingSet, build_training_set
from training.fit.fit import Trained, fit, fit_card
from training.fit.honest_loss import honest_losses
from training.fit.ladder import simpler_than
from training.fit.model_selection import Choice
from training.fit.out_of_time import AnyHyperparameters
from training.fit.tuning import tune
from training.json_safe import to_json_safe
from training.monitoring.lost_inputs import feed_summaries
from training.promotion.evaluate import ChallengerEvaluation, Champion, evaluate_challenger
from training.promotion.gate import Decision
from training.promotion.leakage import require_no_leak
from training.run_log import log_candidates, log_decision, log_training, opening_tags
from training.shared import (
    SHARED_ARTIFACT,
    provenance,
    shipped_definitions,
    with_shared_models,
    with_shared_of,
)

if TYPE_CHECKING:
    from models.shared_models import SharedModels
    from training.evaluation.challengers import Challenger

Attempt: TypeAlias = tuple[Trained, ChallengerEvaluation]
Fit: TypeAlias = Callable[[AnyHyperparameters | None], Trained]
Judge: TypeAlias = Callable[[Trained], ChallengerEvaluation]


@dataclass(frozen=True)
class TrainingRun:
    """The trained model, its registered version and the gate's decision."""

    trained: Trained
    version: ModelVersion
    decision: Decision


@dataclass(frozen=True)
class Search:
    """What is compared: ``trials`` of hyperparameters, proposed from ``seed``, and models that use
    those of other counties in the file ``shared``, by default that of the workspace if it has one.
    ``challengers`` are evaluated with the model and never stored.
    """

    trials: int = 0
    seed: int = 0
    shared: Path | None = None
    challengers: Sequence[Challenger] = ()


def run_training(
    workspace: Workspace,
    as_of: dt.date,
    *,
    principal: str,
    capacity: int,
    search: Search | None = None,
    progress: Progress | None = None,
    kind: Kind = "project",
    minimum_wages: Sequence[MinimumWage] | None = None,
) -> TrainingRun:
    """Train on what was known before ``as_of``, register the model and run the gate on it.

    ``principal`` is recorded as the one who promotes. ``capacity`` is the usual length of a list,
    at which the gate compares precision. The hyperparameters are chosen over past months, see
    :mod:`training.fit.model_selection`. ``minimum_wages`` are those of features, by default those
    shipped with the law. The run in MLflow begins before anything is fitted.

    Raises:
        NoProjectsKnown: nothing was known before ``as_of``.
        FeaturesLeak: features change when later records are removed.
        SharedModelsUnreadable: the shared file is none.
        SharedModelsOfOtherFeatures: a part of it was learnt from features defined otherwise.
        SharedModelsFromLater: a part of it was learnt from records of ``as_of`` or later.
    """
    registry = Registry(workspace, kind)
    asked = _Asked(as_of, principal, capacity, search or Search(), minimum_wages)
    with registry.run(f"{registry.name} {as_of}", opening_tags(as_of, kind)) as run:
        return _train(workspace, registry, asked, run, progress)


@dataclass(frozen=True)
class _Asked:
    """The arguments of :func:`run_training`."""

    as_of: dt.date
    principal: str
    capacity: int
    search: Search
    minimum_wages: Sequence[MinimumWage] | None


def _train(
    workspace: Workspace, registry: Registry, asked: _Asked, run: Run, progress: Progress | None
) -> TrainingRun:
    as_of, champion = asked.as_of, _champion(registry)
    others = _shared(workspace, registry.kind, asked.search.shared)
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as records:
        records.minimum_wages = asked.minimum_wages
        store = records.for_kind(registry.kind)
        training_set = build_training_set(store, as_of, progress, workspace.features)
        if training_set.dates:
            sample = [training_set.dates[0], training_set.dates[-1]]
            require_no_leak(store, sample, matrix=training_set.matrix)
        if others is not None:
            definitions = shipped_definitions(store)
            training_set = with_shared_models(training_set, others, definitions, registry.origin())
        training_set = with_shared_of(training_set, registry, champion[1] if champion else None)
        extent = asked.search
        choice = tune(training_set, extent.trials, extent.seed, workspace.tuning, progress)
        judge = partial(
            evaluate_challenger,
            *(store, training_set),
            champion=champion,
            capacity=asked.capacity,
            challengers=extent.challengers,
        )
        attempts = _attempts(training_set, choice, judge, champion is None, progress)
        trained, evaluation = attempts[-1]
        about = metadata(attempts, choice, store)
        artifacts = dict(model_artifacts(training_set, trained))
        if others is not None and isinstance(trained.recipe, MergedHyperparameters):
            about["shared"] = provenance(others, registry.origin())
            artifacts[SHARED_ARTIFACT] = others.to_text()
    log_training(run, training_set, trained, about["records_digest"])
    if choice is not None:
        log_candidates(run, choice)
    version = registry.register(
        trained.model,
        about,
        parameters=trained.parameters,
        metrics=about["metrics"],
        artifacts=artifacts,
        run=run,
        example=typical_row(training_set.matrix, trained.model.columns),
    )
    decision = evaluation.decision
    log_decision(run, about, decision)
    if decision.passed:
        why = f"gate: {decision.grounds}"
        version = registry.promote(version.version, who=asked.principal, why=why)
    return TrainingRun(trained, version, decision)


def _shared(workspace: Workspace, kind: Kind, path: Path | None) -> SharedModels | None:
    """The models of other counties in ``path``, or in the workspace if they are of ``kind``."""
    chosen = path or workspace.shared_models
    if path is None and not chosen.is_file():
        return None
    from models.shared_models import read_shared_models

    found = read_shared_models(chosen)
    return found if path or found.parts[0].kind == kind else None


def _champion(registry: Registry) -> Champion | None:
    """The model to compare with; None too if its files are gone, as it scores nothing any more."""
    try:
        return registry.champion()
    except (NoModel, ModelDamaged):
        return None


def _attempts(
    training_set: TrainingSet,
    choice: Choice | None,
    judge: Judge,
    first: bool,
    progress: Progress | None,
) -> list[Attempt]:
    """The trained models with their evaluations; the last one is the challenger.

    The ``first`` model goes live even if it fails a check, so then the next simpler kind is trained
    until one passes or only the scorecard is left.
    """
    chosen = choice.chosen if choice else None
    trained = (
        fit(training_set, chosen.hyperparameters, progress, chosen.out_of_time)
        if chosen
        else fit(training_set, progress=progress)
    )
    if not first:
        return [(trained, judge(trained))]
    return attempts_until_sound(trained, partial(fit_recipe, training_set, progress), judge)


def attempts_until_sound(trained: Trained, fit_again: Fit, judge: Judge) -> list[Attempt]:
    """``trained`` and ever simpler kinds after it, until one passes all checks of ``judge``.

    The last one is the model to use: it is sound, or the scorecard.
    """
    attempts: list[Attempt] = []
    while True:
        evaluation = judge(trained)
        attempts.append((trained, evaluation))
        if not evaluation.decision.failed_checks() or trained.recipe is None:
            return attempts
        trained = fit_again(simpler_than(trained.recipe))


def fit_recipe(
    training_set: TrainingSet, progress: Progress | None, recipe: AnyHyperparameters | None
) -> Trained:
    """The model with the hyperparameters ``recipe``; the scorecard for None."""
    return fit(training_set, recipe, progress) if recipe else fit_card(training_set)


def metadata(
    attempts: list[Attempt], choice: Choice | None, store: RecordStore, digest: str | None = None
) -> dict[str, Any]:
    """The data stored with the last of ``attempts``, see :class:`models.registry.ModelVersion`.

    ``digest`` is that of the records as of its training, if it was made before.
    """
    trained, evaluation = attempts[-1]
    return {
        "trained_at": trained.as_of.isoformat(),
        "first_snapshot": trained.first_snapshot,
        "last_snapshot": trained.last_snapshot,
        "rows": trained.rows,
        "positives": trained.positives,
        "events": trained.events,
        "maturity_days": trained.maturity_days,
        "completeness": trained.completeness.to_document() if trained.completeness else None,
        "metrics": {**trained.metrics, **_losses(trained)},
        "parameters": dict(trained.parameters),
        "records_digest": digest or store.digest(trained.as_of),
        "missing_feeds": missing_feeds(store, trained.as_of),
        "feeds": {
            name: one.to_document() for name, one in feed_summaries(store, trained.as_of).items()
        },
        "feature_definitions": feature_definitions(store),
        "too_good": [asdict(feature) for feature in evaluation.suspicious],
        "recipe": asdict(trained.recipe) if trained.recipe else None,
        "choice": to_json_safe(choice.to_document()) if choice else None,
        "evidence": to_json_safe(evaluation.document),
        "rejected": [
            {"kind": other.model.kind, "failed": list(judged.decision.failed_checks())}
            for other, judged in attempts[:-1]
        ],
    }


def _losses(trained: Trained) -> Mapping[str, float]:
    held = trained.holdout
    if held is None or trained.stages is None or not trained.metrics:
        return {}
    matrix = held.matrix
    return honest_losses(
        trained.stages, matrix.project_ids, matrix.as_ofs, held.labels, held.expected
    )
