"""Where the ways out call the models: one short function per need, heavy imports inside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from risk.locale import LANGUAGES
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from serving.errors import CommandError

if TYPE_CHECKING:
    from models.base import ScoringModel
    from models.cohort_scores import ScoredCohort
    from models.novelty import Resemblance
    from models.registry import Registry
    from serving.models.card.sections import Material
    from serving.models.repository import StoredModel
    from serving.watchlists.repository import WatchlistRepository
    from training.evaluation.ablation import Worth
    from training.evaluation.backtest import Backtest
    from training.monitoring.check import CheckReport
    from training.pipeline import TrainingRun


class ModelFromLater(CommandError):
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
    """Write the feature matrix of ``as_ofs`` as Parquet and say how many rows it has.

    Raises:
        OSError: the file cannot be written; what was written of it may be there.
    """
    import pyarrow.parquet as pq

    from features.matrix import computed_by_dates, matrix_table

    rows = 0
    with ExitStack() as opened:
        writer: pq.ParquetWriter | None = None
        for engine in computed_by_dates(store, as_ofs, progress):
            table = matrix_table(engine)
            writer = writer or opened.enter_context(pq.ParquetWriter(out, table.schema))
            writer.write_table(table)
            rows += int(table.num_rows)
    return rows


def write_features_by_date(
    store: RecordStore, as_ofs: Sequence[dt.date], folder: Path, progress: Progress
) -> int:
    """Write the feature matrix to ``FOLDER/as_of=YYYY-MM-DD/part-0.parquet``; how many rows it has.

    The layout Spark writes: dates asked for are replaced once they are whole, others stay.

    Raises:
        OSError: the folder cannot be written.
    """
    from features.feature_sets import FEATURE_SETS
    from features.matrix import computed_by_dates, matrix_sql

    rows = 0
    for engine in computed_by_dates(store, as_ofs, progress):
        engine.write(matrix_sql(FEATURE_SETS[store.kind].families), str(folder))
        rows += int(str(engine.rows("SELECT count(*) FROM cohort")[0][0]))
    return rows


def train_and_register(
    workspace: Workspace,
    as_of: dt.date,
    *,
    who: str,
    places: int,
    trials: int,
    seed: int,
    progress: Progress,
    kind: Kind = "project",
) -> TrainingRun:
    """Train, register as challenger, promote if the gate passes."""
    from training.pipeline import Search
    from training.pipeline import train_and_register as run

    search = Search(trials, seed)
    return run(
        workspace, as_of, who=who, places=places, search=search, progress=progress, kind=kind
    )


def run_backtest(
    store: RecordStore,
    span: tuple[dt.date, dt.date],
    places: int,
    progress: Progress,
    kept: Path | None = None,
) -> Backtest:
    """Walk forward over ``span`` and judge, with ``places`` on each month's list."""
    from training.evaluation.backtest import backtest

    return backtest(store, *span, places=places, progress=progress, kept=kept)


def run_ablation(
    store: RecordStore,
    span: tuple[dt.date, dt.date],
    places: int,
    progress: Progress,
    kept: Path | None = None,
) -> tuple[Worth, ...]:
    """What each family of features is worth over ``span``."""
    from training.evaluation.ablation import ablation
    from training.evaluation.walk_forward import plan

    return ablation(store, plan(store, *span), places=places, progress=progress, kept=kept)


def run_check(
    workspace: Workspace,
    store: RecordStore,
    lists: WatchlistRepository,
    as_of: dt.date,
    places: int,
) -> CheckReport:
    """Everything watched at ``as_of``, for the champion and the lists published so far.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
    """
    from models.storage import PaperMissing
    from serving.watchlists.history import listed_entries
    from training.monitoring.check import Watched, check
    from training.monitoring.drift import PAPER, from_text

    registry = open_registry(workspace, store.kind)
    model, version = registry.champion()
    if version.trained_at > as_of:
        raise ModelFromLater(trained_at=version.trained_at, as_of=as_of)
    try:
        profile = from_text(registry.paper(version.version, PAPER))
    except PaperMissing:
        profile = None
    watched = Watched(model, version.trained_at, profile, listed_entries(lists), places)
    return check(store, watched, as_of, workspace.features)


def open_registry(workspace: Workspace, kind: Kind = "project") -> Registry:
    """The registry of models of ``workspace`` for ``kind``."""
    from models.registry import Registry

    return Registry(workspace, kind)


def registry_holding(workspace: Workspace, version: str) -> Registry:
    """The registry that ``version`` is from."""
    from models.registry import kind_of

    return open_registry(workspace, kind_of(version))


def card_material(registry: Registry, version: str) -> Material:
    """What the card of ``version`` is made from.

    Raises:
        ModelUnknown: there is no such version.
    """
    import json

    from models.storage import PaperMissing
    from serving.models.card.sections import Material
    from training.monitoring.drift import PAPER

    found = registry.get(version)
    try:
        importance = json.loads(registry.paper(version, PAPER))["importance"]
    except PaperMissing:
        importance = {}
    return Material(found, importance)


def model_for_shelf(workspace: Workspace, version: str) -> StoredModel:
    """A version with its card in both languages, as the service keeps it."""
    from serving.models.card.render import card
    from serving.models.repository import StoredModel
    from training.json_safe import plain

    material = card_material(registry_holding(workspace, version), version)
    found = material.version
    return StoredModel(
        found.version,
        found.kind,
        found.trained_at,
        plain(dict(found.about)),
        {language: card(material, language, "md") for language in LANGUAGES},
        {language: card(material, language, "html") for language in LANGUAGES},
    )


def resemblance_of(registry: Registry, version: str) -> Resemblance | None:
    """What the inspected projects looked like when ``version`` was trained; None if too few."""
    from models.novelty import PAPER, from_text
    from models.storage import PaperMissing

    try:
        return from_text(registry.paper(version, PAPER))
    except PaperMissing:
        return None


def model_at(
    workspace: Workspace, kind: Kind, as_of: dt.date, version: str | None = None
) -> tuple[ScoringModel, ModelUsed]:
    """The champion, or the model ``version``, to score the cohort of ``as_of`` with.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: it was trained later than ``as_of``.
    """
    registry = open_registry(workspace, kind)
    model, found = registry.load(version) if version else registry.champion()
    if found.trained_at > as_of:
        raise ModelFromLater(trained_at=found.trained_at, as_of=as_of)
    events = int(found.about.get("events", 0))
    return model, ModelUsed(registry.name, found.version, found.kind, events)


def score_cohort(
    workspace: Workspace,
    store: RecordStore,
    as_of: dt.date,
    progress: Progress,
    version: str | None = None,
    *,
    with_levers: bool = False,
) -> Scored:
    """The cohort of ``as_of`` scored by the champion, or by the model ``version``.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
        NoProjectsKnown: nothing is known before ``as_of``.
    """
    from models.cohort_scores import score_cohort as score
    from training.dataset.training_set import NoProjectsKnown

    model, used = model_at(workspace, store.kind, as_of, version)
    resemblance = resemblance_of(open_registry(workspace, store.kind), used.version)
    cohort = score(store, model, as_of, resemblance, progress, with_levers=with_levers)
    if not cohort.projects:
        raise NoProjectsKnown(as_of=as_of)
    return Scored(cohort, used)
