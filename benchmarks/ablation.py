"""What the model loses without each family of features, on simulated worlds and on real panels.

Usage: python -m benchmarks.ablation --out FILE.md --stored FOLDER [--worlds NAME ...]
       [--panel FOLDER:DAY ...]

Twelve monthly lists of each set are judged; every sixth month all models are fitted again, one on
all features and one without each family. Worlds are those of :data:`WORLDS`; a panel is a folder of
records in the form of the contract, judged from DAY on. What was computed for a set is stored in
FOLDER and not computed again, so that the sets can be run one by one.

The mean over all worlds decides whether a family is worth its place. Panels have few feeds, and
nothing is chosen on them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row, show_progress
from benchmarks.shift import FAKED, WITHDRAWN
from features.catalogue import Family
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.base import ScoringModel
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.simulator.parameters import Parameters
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.models.backtest_text import shown
from training.dataset.training_set import TrainingSet
from training.evaluation.ablation import models_without, varies
from training.evaluation.baselines import ContenderScores
from training.evaluation.bootstrap import bootstrap_weights, estimate
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import bootstrap_metrics
from training.evaluation.walk_forward import plan_walk, walk
from training.fit.fit import Trained

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRICS = ("average_precision", "roc_auc")
LISTS, LISTS_A_FIT = 12, 6
MONTHS_BEFORE_END = 18
"""From the first judged list to the end of a world; the last lists need time to mature."""

CAPACITY = 20
_NOTHING = "-"
_USUAL = Parameters()
_FAMILIES: tuple[Family, ...] = FEATURE_SETS["project"].families


@dataclass(frozen=True)
class World:
    """A simulated world; payrolls are ``falsified_from`` a day on as in ``benchmarks/shift.py``."""

    projects: int
    months: int
    seed: int
    end: dt.date
    parameters: Parameters = _USUAL
    falsified_from: dt.date | None = None


_PREFECTURE, _WINTERS, _HORIZONS = dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2026, 6, 30)
WORLDS: Mapping[str, World] = {
    "prefecture 31": World(1500, 66, 31, _PREFECTURE),
    "falsified 11": World(1500, 66, 11, _PREFECTURE, falsified_from=dt.date(2023, 7, 1)),
    **{f"winters {seed}": World(1000, 84, seed, _WINTERS) for seed in (201, 202, 203, 204)},
    **{f"horizons {seed}": World(400, 60, seed, _HORIZONS) for seed in (211, 212, 213)},
    "prompt 102": World(800, 54, 102, _HORIZONS),
}
"""The worlds of docs/evidence that have enough events for a fitted model, each once."""


@dataclass(frozen=True)
class Losses:
    """What one set loses, by metric and family: the sample's, then each resample's.

    A family without data in the set is left out. ``events`` are those of the judged lists,
    ``clusters`` the contractors that have any.
    """

    events: int
    clusters: int
    by_metric: Mapping[str, Mapping[str, NDArray[np.float64]]]


class WithoutEach:
    """Scores without each family, from models that are fitted again every sixth month."""

    def __init__(self, families: Sequence[Family]) -> None:
        self.families = families
        self.months = 0
        self.whole: Trained | None = None
        self.models: dict[str, ScoringModel] = {}

    def __call__(self, training_set: TrainingSet, cohort: Matrix) -> ContenderScores:
        """Scores of ``cohort`` by the whole model and by those that lack a family."""
        if self.whole is None or self.months % LISTS_A_FIT == 0:
            varied = [one for one in self.families if varies(training_set.matrix, one)]
            self.whole, self.models = models_without(training_set, varied)
        self.months += 1
        models = {MODEL: self.whole.model, **self.models}
        scores = {name: np.asarray(model.raw(cohort)) for name, model in models.items()}
        return ContenderScores(scores, {}, self.whole)


def main() -> None:
    """Compute what is not stored yet and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stored", type=Path, required=True)
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--panel", action="append", default=[], metavar="FOLDER:DAY")
    options = parser.parse_args()
    options.stored.mkdir(parents=True, exist_ok=True)
    worlds = {
        name: stored(options.stored, name, lambda name=name: losses_of_world(WORLDS[name]))
        for name in options.worlds
    }
    panels = {}
    for one in options.panel:
        folder, _, day = one.rpartition(":")
        first = dt.date.fromisoformat(day)
        panels[Path(folder).name] = stored(
            options.stored,
            Path(folder).name,
            lambda folder=folder, first=first: losses_of_panel(Path(folder), first),
        )
    options.out.write_text(document(worlds, panels), encoding="utf-8")


def losses_of_world(world: World) -> Losses:
    """Simulate ``world`` and judge twelve of its lists."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(
            folder,
            projects=world.projects,
            months=world.months,
            seed=world.seed,
            end=world.end,
            parameters=world.parameters,
        )
        first = add_months(world.end.replace(day=1), -MONTHS_BEFORE_END)
        return _losses_of(folder, Path(directory) / "workspace", first, world.falsified_from)


def losses_of_panel(folder: Path, first: dt.date) -> Losses:
    """Judge twelve lists of the records in ``folder``, the first of them on ``first``."""
    with tempfile.TemporaryDirectory() as directory:
        return _losses_of(folder, Path(directory), first, None)


def _losses_of(folder: Path, place: Path, first: dt.date, falsified_from: dt.date | None) -> Losses:
    workspace = Workspace(place)
    import_paths(workspace, [folder], today=clock.today())
    with RecordStore(workspace.records) as store:
        if falsified_from:
            store.connection.execute(WITHDRAWN, [falsified_from])
            store.connection.execute(FAKED, [falsified_from])
        plan = plan_walk(store, first, add_months(first, LISTS - 1))
        return losses(walk(store, plan, show_progress, WithoutEach(_FAMILIES)).predictions)


def losses(predictions: Predictions) -> Losses:
    """What is lost without each family that ``predictions`` has scores without."""
    weights = bootstrap_weights(predictions.clusters)
    drawn = {
        name: bootstrap_metrics(predictions, name, CAPACITY, weights) for name in predictions.scores
    }
    whole = drawn.pop(MODEL)
    by_metric = {
        metric: {name: whole[metric] - one[metric] for name, one in drawn.items()}
        for metric in METRICS
    }
    return Losses(predictions.events, predictions.event_clusters, by_metric)


def stored(folder: Path, name: str, compute: Callable[[], Losses]) -> Losses:
    """The losses of the set ``name`` as stored in ``folder``, else computed and stored there."""
    path = folder / f"{name.replace(' ', '_')}.npz"
    if not path.exists():
        found = compute()
        flat = {
            f"{metric}|{family}": values
            for metric, families in found.by_metric.items()
            for family, values in families.items()
        }
        part = path.with_suffix(".part.npz")
        np.savez(part, counts=np.array([found.events, found.clusters]), **flat)
        os.replace(part, path)
    with np.load(path) as stored:
        events, clusters = (int(count) for count in stored["counts"])
        by_metric: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in METRICS}
        for key in stored.files:
            metric, _, family = key.partition("|")
            if family:
                by_metric[metric][family] = stored[key]
    return Losses(events, clusters, by_metric)


def mean(sets: Sequence[Losses]) -> Losses:
    """The mean over worlds, each counting alike; its resamples are drawn in each world."""
    return Losses(
        sum(one.events for one in sets),
        sum(one.clusters for one in sets),
        {
            metric: {
                family: np.mean([one.by_metric[metric][family] for one in sets], axis=0)
                for family in sets[0].by_metric[metric]
            }
            for metric in METRICS
        },
    )


def document(worlds: Mapping[str, Losses], panels: Mapping[str, Losses]) -> str:
    """The tables as Markdown."""
    sets = dict(worlds)
    if worlds:
        sets = {"mean of the worlds": mean(list(worlds.values())), **sets}
    blocks = [f"## {metric}\n\n{table({**sets, **panels}, metric)}" for metric in METRICS]
    return "\n\n".join(blocks) + "\n"


def table(sets: Mapping[str, Losses], metric: str) -> str:
    """What is lost of ``metric``: a line for each family, a column for each set."""
    heads = ["without", *(f"{name} ({one.events} events)" for name, one in sets.items())]
    first = next(iter(sets.values())).by_metric[metric]
    names = sorted(
        (family.name for family in _FAMILIES),
        key=lambda name: -float(first[name][0]) if name in first else 0.0,
    )
    lines = [row([name, *(cell(one, metric, name) for one in sets.values())]) for name in names]
    return "\n".join([row(heads), row(["---"] * len(heads)), *lines])


def cell(one: Losses, metric: str, family: str) -> str:
    """The loss with its interval; a dash where the set has no data of the family."""
    values = one.by_metric[metric].get(family)
    if values is None:
        return _NOTHING
    return shown(estimate(values, one.events, one.clusters), "en", signed=True)


if __name__ == "__main__":
    main()
