"""Probabilities of small counties: ten simulated counties, every month fitted on what was known.

Usage: python -m benchmarks.small_counties --out FILE.md [--counties 10] [--first-seed 21]

Each county has 100 to 200 projects and 24 to 36 months of records before the first of nine judged
months. Its model is what ``wagewatch train`` would fit, mostly a scorecard or a regression drawn to
it. Compared with one rate for every project: that of the latest twelve months, as known then, and
that of the judged months themselves, which nobody can know beforehand.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.matrix import Matrix
from models.scorecard import shrunk_rate
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.dataset.training_set import TrainingSet
from training.evaluation.baselines import ContenderScores
from training.evaluation.bootstrap import Estimate, cluster_weights
from training.evaluation.calibration import calibration_report
from training.evaluation.predictions import MODEL, Predictions, concat
from training.evaluation.walk_forward import MonthNote, plan_walk, walk
from training.fit.fit import fit
from training.metrics import distinct_events, log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

END = dt.date(2026, 7, 1)
JUDGED = 16
"""Months between the first judged month and the end of the records; the last are not mature."""

ONE_RATE = "one rate"
RATE_MONTHS = 12


@dataclass(frozen=True)
class County:
    """The judged months of a county; ``history`` is the months of records before the first."""

    seed: int
    projects: int
    history: int
    predictions: Predictions
    months: tuple[MonthNote, ...]


def main() -> None:
    """Simulate and judge the counties, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--counties", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=21)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.counties)
    counties = [county(seed) for seed in seeds]
    parts = ["# Probabilities of small counties", "Made by `benchmarks/small_counties.py`."]
    parts += [pooled(counties), table(counties)]
    options.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def county(seed: int, projects: int | None = None, history: int | None = None) -> County:
    """Simulate the county of ``seed`` and judge its months; sizes follow from the seed."""
    size = projects or 100 + seed * 37 % 101
    months = history or 24 + seed * 5 % 13
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(folder, projects=size, months=months + JUDGED, seed=seed, end=END)
        workspace = Workspace(Path(directory) / "workspace")
        import_paths(workspace, [folder], today=END)
        with RecordStore(workspace.records) as store:
            plan = plan_walk(store, add_months(END, -JUDGED), END)
            judged = walk(store, plan, scorer=scores)
    return County(seed, size, months, judged.predictions, judged.months)


def scores(training_set: TrainingSet, cohort: Matrix) -> ContenderScores:
    """The model and one rate for every project."""
    trained = fit(training_set)
    raw = trained.model.raw(cohort)
    rate = np.full(len(raw), recent_rate(training_set))
    chances = {MODEL: trained.model.calibration.probability(raw), ONE_RATE: rate}
    return ContenderScores({MODEL: raw, ONE_RATE: rate}, chances, trained)


def recent_rate(training_set: TrainingSet) -> float:
    """Event rate of the latest :data:`RATE_MONTHS` mature months."""
    as_ofs = training_set.matrix.as_ofs
    latest = np.isin(as_ofs, np.unique(as_ofs)[-RATE_MONTHS:])
    return shrunk_rate(training_set.target[latest])


def pooled(counties: Sequence[County]) -> str:
    """The figures over all counties, contractors resampled within the pool."""
    everything = concat([one.predictions for one in counties])
    clusters = [f"{one.seed}/{name}" for one in counties for name in one.predictions.clusters]
    events = sum(one.predictions.events for one in counties)
    report = calibration_report(
        everything.probability[MODEL], everything.labels, cluster_weights(clusters), events
    )
    losses = [
        log_loss(everything.probability[name], everything.labels) for name in (MODEL, ONE_RATE)
    ]
    hindsight = log_loss(own_rates(counties), everything.labels)
    lines = [
        f"{len(counties)} counties, {len(clusters)} project-months,"
        f" {int(everything.labels.sum())} with an event within the horizon ({events} events).",
        row(["expected / came", "slope", "log loss", ONE_RATE, "each county's rate in hindsight"]),
        row(["---"] * 5),
        row(
            [shown(report.ratio), shown(report.slope), *(f"{x:.4f}" for x in (*losses, hindsight))]
        ),
    ]
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def own_rates(counties: Sequence[County]) -> NDArray[np.float64]:
    """The event rate of each county's judged months, one value per row."""
    parts = [np.full(len(o.predictions.labels), o.predictions.labels.mean()) for o in counties]
    return np.clip(np.concatenate(parts), 1e-6, 1 - 1e-6)


def table(counties: Sequence[County]) -> str:
    """One row per county."""
    heads = ["seed", "projects", "months before", "kinds of model", "events", "expected / came"]
    heads += ["log loss", ONE_RATE]
    lines = [row(heads), row(["---"] * len(heads))]
    for one in counties:
        labels, chances = one.predictions.labels, one.predictions.probability
        came = labels.sum()
        lines.append(
            row(
                [
                    *(str(value) for value in (one.seed, one.projects, one.history)),
                    ", ".join(sorted({month.kind for month in one.months})),
                    str(
                        distinct_events(one.predictions.project_ids, one.predictions.as_ofs, labels)
                    ),
                    f"{chances[MODEL].sum() / came:.2f}" if came else "none came",
                    *(f"{log_loss(chances[name], labels):.4f}" for name in (MODEL, ONE_RATE)),
                ]
            )
        )
    return "\n".join(lines)


def shown(figure: Estimate) -> str:
    """The figure with its interval."""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f} (too few events)"
    return f"{figure.value:.2f} ({figure.low:.2f} – {figure.high:.2f})"


if __name__ == "__main__":
    main()
