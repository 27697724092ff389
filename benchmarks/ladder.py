"""Which kind of model ranks best with how many events: the curve behind ``training/fit/ladder.py``.

Usage: python -m benchmarks.ladder --out FILE.md [--projects 1200] [--draws 6] [--panel DIR:DAY ...]

From a large training set contractors are drawn until they hold a given number of distinct events;
every kind of model is fitted on their rows and ranks all projects of the following months. Three
simulated worlds, and any panel of records in the form of the contract, trained until ``DAY``.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.arrears import hyperparameters_for
from models.logistic import LogisticHyperparameters
from models.scorecard import Scorecard
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import TrainingSet, build_training_set
from training.evaluation.walk_forward import end_of_records
from training.fit.out_of_time import fit_boosters, fit_regression
from training.metrics import average_precision, distinct_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = (101, 102, 103)
END = dt.date(2026, 7, 1)
EVENTS = (5, 10, 20, 40, 80, 160)
ROUNDS = 200
STRENGTH = 0.01
KINDS = ("scorecard", "regression from the scorecard", "regression", "boosters")
MIN_POSITIVES = 2


@dataclasses.dataclass(frozen=True)
class World:
    """A training set, the rows to rank afterwards, their labels, and contractor by project."""

    training_set: TrainingSet
    later: Matrix
    labels: NDArray[np.float64]
    contractors: dict[str, str | None]


def main() -> None:
    """Build the worlds, fit, write the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=1200)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--panel", action="append", default=[], metavar="DIR:DAY")
    options = parser.parse_args()
    parts = ["# Kind of model by number of events", "Made by `benchmarks/ladder.py`."]
    simulated = [simulated_world(options.projects, seed) for seed in SEEDS]
    parts.append(curve("simulated worlds", simulated, options.draws))
    if options.panel:
        panels = [panel_world(*one.rsplit(":", 1)) for one in options.panel]
        parts.append(curve("panels", panels, options.draws))
    options.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def simulated_world(projects: int, seed: int) -> World:
    """A simulated county of 54 months, trained until 16 months before its end."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(folder, projects=projects, months=54, seed=seed, end=END)
        return world(folder, add_months(END, -16), range(11))


def panel_world(folder: str, day: str) -> World:
    """Records in the form of the contract, trained until ``day``; four dates are ranked."""
    return world(Path(folder), dt.date.fromisoformat(day), range(0, 12, 3))


def world(folder: Path, until: dt.date, months: range) -> World:
    """The world of the records in ``folder``."""
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory) / "workspace")
        import_paths(workspace, [folder], today=END)
        with RecordStore(workspace.records) as store:
            log = event_log(store, end_of_records(store))
            days = [add_months(until, month) for month in months]
            later = cached_matrix(store, [d for d in days if d <= log.last_mature()], None, None)
            contractors = store.rows(
                "SELECT project_id, any_value(contractor_id) FROM projects GROUP BY project_id"
            )
            return World(
                build_training_set(store, until),
                later,
                horizon_labels(log, later),
                {str(project): contractor for project, contractor in contractors},
            )


def curve(title: str, worlds: list[World], draws: int) -> str:
    """Average precision of every kind as a multiple of the scorecard's, by number of events."""
    lines = [f"## {title}", row(["events", "draws", *KINDS]), row(["---"] * (len(KINDS) + 2))]
    for events in EVENTS:
        found = [one for each in worlds for one in precisions(each, events, draws)]
        if found:
            mean = np.mean(found, axis=0)
            shown = [f"{value:.2f}" for value in mean / mean[0]]
            lines.append(row([str(events), str(len(found)), *shown]))
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def precisions(one: World, events: int, draws: int) -> Iterator[list[float]]:
    """Average precision of :data:`KINDS`, one list per draw of contractors with ``events``."""
    names, counts = events_by_contractor(one)
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(names))
        reached = int(np.searchsorted(np.cumsum(counts[order]), events)) + 1
        drawn = set(names[order[:reached]])
        rows = np.array([contractor(one, name) in drawn for name in project_ids(one)])
        subset = dataclasses.replace(
            one.training_set,
            matrix=one.training_set.matrix.where(rows),
            target=one.training_set.target[rows],
            expected=one.training_set.expected[rows],
        )
        if subset.target.sum() >= MIN_POSITIVES and reached < len(names):
            yield [average_precision(scores, one.labels) for scores in scored(subset, one.later)]


def scored(training_set: TrainingSet, later: Matrix) -> Iterator[NDArray[np.float64]]:
    """Scores of ``later`` by :data:`KINDS`."""
    yield Scorecard(unit=later.kind).raw(later)
    for from_scorecard in (True, False):
        recipe = LogisticHyperparameters(STRENGTH, from_scorecard)
        yield fit_regression(training_set, recipe).raw(later)
    trees = hyperparameters_for(float(training_set.target.sum()))
    boosters = fit_boosters(training_set, trees, ROUNDS, trees.seeds[:2])
    yield np.mean([one.predict(later.values, raw_score=True) for one in boosters], axis=0)


def events_by_contractor(one: World) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """All contractors of the training set, and the number of distinct events of each."""
    owner = np.array([contractor(one, name) for name in project_ids(one)], dtype=object)
    names = np.unique(owner.astype(str)).astype(object)
    target, as_ofs = one.training_set.target, one.training_set.matrix.as_ofs
    counts = dict.fromkeys(names, 0)
    for name in np.unique(owner[target > 0].astype(str)):
        rows = np.flatnonzero((owner == name) & (target > 0))
        projects = [project_ids(one)[row] for row in rows]
        counts[name] = distinct_events(projects, as_ofs[rows], target[rows])
    return names, np.array([counts[name] for name in names], dtype=np.int64)


def project_ids(one: World) -> tuple[str, ...]:
    """Projects of the rows of the training set."""
    return one.training_set.matrix.project_ids


def contractor(one: World, project: str) -> str:
    """Contractor of ``project``; the project where it is unknown."""
    return one.contractors.get(project) or project


if __name__ == "__main__":
    main()
