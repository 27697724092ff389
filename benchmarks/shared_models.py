"""Learning across counties that share models but no records: five simulated counties.

Usage: python -m benchmarks.shared_models --out FILE.md [--projects 340] [--seeds 321 322 ...]

Each county has 30 months of records (about 40 events) and is judged in the twelve months after.
Compared are its own records alone, the models of the others merged with its own, and one model on
the rows of all, each as ``wagewatch train`` would fit it. The gain is the share of the way from own
records to pooled rows. Also with a sixth county that has hardly any events of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.arrears import hyperparameters_for
from models.shared_models import SharedPart
from models.shared_trees import read_booster
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import TrainingSet, build_training_set
from training.evaluation.walk_forward import end_of_records
from training.fit.fit import fit
from training.fit.out_of_time import shared_boosters
from training.metrics import average_precision, log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

END = dt.date(2026, 7, 1)
MONTHS, AFTER, JUDGED = 30, 16, 12
SEEDS = (321, 322, 323, 324, 325)
FEW_PROJECTS, FEW_SEED = 90, 331


@dataclass(frozen=True)
class County:
    """Training set, later rows and their labels."""

    training_set: TrainingSet
    later: Matrix
    labels: NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Mean average precision of the counties, log loss of all rows, expected over came."""

    precision: float
    loss: float
    ratio: float


Fit = Callable[[int], TrainingSet]
"""The training set of the county of that number."""


def main() -> None:
    """Simulate, fit and judge, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=340)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    options = parser.parse_args()
    counties = [county(options.projects, seed) for seed in options.seeds]
    few = county(FEW_PROJECTS, FEW_SEED)
    options.out.write_text(document(counties, few), encoding="utf-8")


def county(projects: int, seed: int) -> County:
    """The simulated county of ``seed``."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(folder, projects=projects, months=MONTHS + AFTER, seed=seed, end=END)
        workspace = Workspace(Path(directory) / "workspace")
        import_paths(workspace, [folder], today=END)
        with RecordStore(workspace.records) as store:
            until = add_months(END, -AFTER)
            log = event_log(store, end_of_records(store))
            days = [add_months(until, month) for month in range(JUDGED)]
            later = cached_matrix(store, [d for d in days if d <= log.last_mature()], None, None)
            return County(build_training_set(store, until), later, horizon_labels(log, later))


def part_of(number: int, training_set: TrainingSet) -> SharedPart:
    """What the county shares."""
    positives = int(training_set.target.sum())
    boosters = shared_boosters(training_set, hyperparameters_for(positives))
    return SharedPart(
        origin=f"{number:032x}",
        office=f"county {number + 1}",
        by="benchmark",
        exported_at=END,
        trained_at=training_set.log.known_until,
        kind="project",
        events=training_set.events,
        positives=positives,
        rows=len(training_set.target),
        definitions={},
        columns=training_set.matrix.columns,
        boosters=tuple(read_booster(booster.model_to_string()) for booster in boosters),
    )


def with_parts(training_set: TrainingSet, parts: Sequence[SharedPart]) -> TrainingSet:
    """``training_set`` with the models of others."""
    return replace(training_set, shared={"others": tuple(parts)}, use_shared="others")


def pooled_rows(counties: Sequence[County]) -> TrainingSet:
    """The rows of all counties as one training set."""
    sets = [one.training_set for one in counties]
    names = tuple(f"{n}/{p}" for n, one in enumerate(sets) for p in one.matrix.project_ids)
    matrix = replace(
        sets[0].matrix,
        project_ids=names,
        as_ofs=np.concatenate([one.matrix.as_ofs for one in sets]),
        values=np.vstack([one.matrix.values for one in sets]),
    )
    return replace(
        sets[0],
        dates=tuple(sorted({day for one in sets for day in one.dates})),
        matrix=matrix,
        target=np.concatenate([one.target for one in sets]),
        expected=np.concatenate([one.expected for one in sets]),
        events=sum(one.events for one in sets),
    )


def judged(counties: Sequence[County], training_set_of: Fit) -> Figures:
    """The figures over all counties, each scored by the model of its training set."""
    fitted: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for number, one in enumerate(counties):
        model = fit(training_set_of(number)).model
        raw = model.raw(one.later)
        fitted[number] = raw, model.calibration.probability(raw)
    chances = np.concatenate([chance for _, chance in fitted.values()])
    labels = np.concatenate([one.labels for one in counties])
    precisions = [average_precision(fitted[n][0], one.labels) for n, one in enumerate(counties)]
    return Figures(
        float(np.mean(precisions)),
        log_loss(chances, labels),
        float(chances.sum() / max(labels.sum(), 1)),
    )


def document(counties: Sequence[County], few: County) -> str:
    """The tables as Markdown."""
    parts = [part_of(number, one.training_set) for number, one in enumerate(counties)]
    pooled = pooled_rows(counties)

    def merged(number: int) -> TrainingSet:
        others = [part for part in parts if part is not parts[number]]
        return with_parts(counties[number].training_set, others)

    events = ", ".join(str(one.training_set.events) for one in counties)
    came = int(sum(one.labels.sum() for one in counties))
    lines = ["## Models of several counties", "Made by `benchmarks/shared_models.py`."]
    lines.append(f"Events learnt from: {events}; {came} project-months with an event judged.")
    lines.append(table({
        "own records alone": judged(counties, lambda number: counties[number].training_set),
        "own merged with the models of the four others": judged(counties, merged),
        "rows of all five pooled": judged(counties, lambda _: pooled),
    }))  # fmt: skip
    own = few.training_set
    came = int(few.labels.sum())
    lines.append(f"A county with {own.events} events; {came} project-months with an event judged.")
    lines.append(table({
        "own records alone": judged([few], lambda _: own),
        "models of the five others": judged([few], lambda _: with_parts(own, parts)),
        "rows of all six pooled": judged([few], lambda _: pooled_rows([*counties, few])),
    }))  # fmt: skip
    return "\n\n".join(lines) + "\n"


def table(found: dict[str, Figures]) -> str:
    """A row per way to learn; gains as shares of the last row's over the first row's."""
    first, *_, last = found.values()
    heads = ["learnt from", "average precision", "share of the gain", "log loss"]
    lines = [row([*heads, "share of the gain", "expected / came"]), row(["---"] * 6)]
    for name, one in found.items():
        shares = [
            (one.precision - first.precision) / (last.precision - first.precision),
            (one.loss - first.loss) / (last.loss - first.loss),
        ]
        shown = [f"{100 * share:.0f} %" for share in shares]
        lines.append(
            row([name, f"{one.precision:.4f}", shown[0], f"{one.loss:.4f}", shown[1],
                 f"{one.ratio:.2f}"])
        )  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
