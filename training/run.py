"""One training as an office runs it: train, register as challenger, promote if the gate passes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from models.registry import ModelVersion, NoModel, Registry
from risk.records import RecordStore
from risk.workspace import Workspace
from training.fitting import Trained, train
from training.gate import Decision, decide
from training.leaks import TooGood, require_no_leak, too_good


@dataclass(frozen=True)
class TrainingRun:
    """What came out of one training."""

    trained: Trained
    version: ModelVersion
    decision: Decision


def train_and_register(
    workspace: Workspace,
    as_of: dt.date,
    *,
    who: str,
    progress: Callable[[str, float], None] | None = None,
) -> TrainingRun:
    """Train on what was known before ``as_of`` and put the model through the gate."""
    with RecordStore(workspace.records, read_only=True) as store:
        trained = train(store, as_of, progress)
        if trained.first_snapshot and trained.last_snapshot:
            require_no_leak(store, [trained.first_snapshot, trained.last_snapshot])
        about = _about(trained, store)
    registry = Registry(workspace)
    try:
        champion = registry.champion()
    except NoModel:
        champion = None
    decision = decide(trained, champion)
    version = registry.register(
        trained.model, about, parameters=trained.parameters, metrics=trained.metrics
    )
    if decision.passed:
        version = registry.promote(version.version, who=who, why=f"gate: {decision.grounds}")
    return TrainingRun(trained, version, decision)


def _too_good(trained: Trained) -> list[TooGood]:
    if trained.later is None:
        return []
    return too_good(trained.later.matrix, trained.later.happened)


def _about(trained: Trained, store: RecordStore) -> dict[str, Any]:
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
        "too_good": [asdict(one) for one in _too_good(trained)],
    }
