"""Where the ways out call the models: one short function per need, heavy imports inside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from risk.errors import WagewatchError
from risk.records import RecordStore
from risk.workspace import Workspace

if TYPE_CHECKING:
    from models.registry import Registry
    from models.scoring import ScoredCohort
    from training.run import TrainingRun

Progress = Callable[[str, float], None]


class ModelFromLater(WagewatchError):
    """The champion knows what happened after the day asked for."""

    code = "model_from_later"


@dataclass(frozen=True)
class ModelUsed:
    """The model that scored; ``events`` is how many arrears events it learnt from."""

    name: str
    version: str
    kind: str
    events: int


@dataclass(frozen=True)
class Scored:
    """A scored cohort and the model that scored it."""

    cohort: ScoredCohort
    model: ModelUsed

    def within(self, region: str) -> Scored:
        """Only the projects whose region code begins with ``region``."""
        kept = tuple(p for p in self.cohort.projects if p.region_code.startswith(region))
        return replace(self, cohort=replace(self.cohort, projects=kept))


def write_features(
    store: RecordStore, as_ofs: Sequence[dt.date], out: Path, progress: Progress
) -> int:
    """Write the feature matrix of ``as_ofs`` as Parquet and say how many rows it has."""
    import pyarrow.parquet as pq

    from features.build import compute, matrix_table

    engine = compute(store, as_ofs, progress)
    try:
        table = matrix_table(engine)
    finally:
        engine.close()
    pq.write_table(table, out)
    return int(table.num_rows)


def train_and_register(
    workspace: Workspace, as_of: dt.date, *, who: str, progress: Progress
) -> TrainingRun:
    """Train, register as challenger, promote if the gate passes."""
    from training.run import train_and_register as run

    return run(workspace, as_of, who=who, progress=progress)


def open_registry(workspace: Workspace) -> Registry:
    """The registry of models of ``workspace``."""
    from models.registry import Registry

    return Registry(workspace)


def score_cohort(
    workspace: Workspace, store: RecordStore, as_of: dt.date, progress: Progress
) -> Scored:
    """The cohort of ``as_of`` scored by the champion.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
        NoProjectsKnown: nothing is known before ``as_of``.
    """
    from models.registry import NAME
    from models.scoring import score_cohort as score
    from training.fitting import NoProjectsKnown

    model, version = open_registry(workspace).champion()
    if version.trained_at > as_of:
        raise ModelFromLater(trained_at=version.trained_at, as_of=as_of)
    cohort = score(store, model, as_of, progress)
    if not cohort.projects:
        raise NoProjectsKnown(as_of=as_of)
    events = int(version.about.get("events", 0))
    return Scored(cohort, ModelUsed(NAME, version.version, version.kind, events))
