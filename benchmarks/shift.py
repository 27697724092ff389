"""Distribution shift: does monthly retraining keep up when reporting changes half-way?

Usage: python -m benchmarks.shift --out FILE.md [--projects 1500] [--months 66] [--seed 11]

In a simulated county, all contractors begin half-way to report every payroll as paid in full
through the bank on its due day, whatever is really owed, so the most informative features lose
their meaning. Three models are compared from then on: one retrained every month on all records, one
trained on the new regime only, and the last one from before the change.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.backtest import row, show_progress
from features.matrix import Matrix
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.models.backtest_text import shown
from training.dataset.training_set import TrainingSet
from training.evaluation.baselines import ContenderScores
from training.evaluation.bootstrap import Estimate, bootstrap_weights, estimate
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import (
    BootstrapMetrics,
    bootstrap_metrics,
    difference,
    precision_among_others,
)
from training.evaluation.walk_forward import plan_walk, walk
from training.fit.fit import Trained, fit

NEW, OLD = "new regime alone", "before the change"
QUARTER = 3
END = dt.date(2026, 1, 1)
FIGURES = ("roc_auc", "average_precision")
WITHDRAWN = """
    DELETE FROM payments
    WHERE payroll_id IN (SELECT payroll_id FROM payrolls WHERE due_on >= $1)
"""
FAKED = """
    INSERT INTO payments (payment_id, payroll_id, paid_on, amount, channel, known_at, arrival)
    SELECT 'F-' || payroll_id, payroll_id, max(due_on), max(amount_due), 'bank',
           max(greatest(known_at, due_on)) + 1, 1000000000 + row_number() OVER (ORDER BY payroll_id)
    FROM payrolls WHERE due_on >= $1 GROUP BY payroll_id
"""


def main() -> None:
    """Simulate the shift, compare the models, write the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=1500)
    parser.add_argument("--months", type=int, default=66)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    options.out.write_text(
        document(options.projects, options.months, options.seed), encoding="utf-8"
    )


def document(projects: int, months: int, seed: int) -> str:
    """The curve as Markdown."""
    change = add_months(END, -(months // 2) + QUARTER)
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory) / "workspace")
        simulate(Path(directory) / "records", projects=projects, months=months, seed=seed, end=END)
        import_paths(workspace, [Path(directory) / "records"], today=END)
        with RecordStore(workspace.records) as store:
            store.connection.execute(WITHDRAWN, [change])
            store.connection.execute(FAKED, [change])
            planned = plan_walk(store, change, END)
            predictions = walk(store, planned, show_progress, Contenders(change)).predictions
    return curve(predictions, change, projects, seed)


class Contenders:
    """Scores of the three models; the one from before the change is fitted once."""

    def __init__(self, change: dt.date) -> None:
        self.change = change
        self.old: Trained | None = None

    def __call__(self, training_set: TrainingSet, cohort: Matrix) -> ContenderScores:
        """Fit on ``training_set`` and score ``cohort``."""
        self.old = self.old or fit(training_set)
        trained = fit(training_set)
        since = training_set.matrix.as_ofs >= np.datetime64(self.change)
        alone = replace(
            training_set,
            dates=tuple(day for day in training_set.dates if day >= self.change),
            matrix=training_set.matrix.where(since),
            target=training_set.target[since],
            expected=training_set.expected[since],
        )
        new = fit(alone) if since.any() else self.old
        scores = {
            MODEL: trained.model.raw(cohort),
            NEW: new.model.raw(cohort),
            OLD: self.old.model.raw(cohort),
        }
        return ContenderScores(scores, {}, trained)


def curve(predictions: Predictions, change: dt.date, projects: int, seed: int) -> str:
    """Quarter by quarter since the change, then everything after six months."""
    heads = ["months since the change", "events"]
    heads += [f"{figure}: {name}" for figure in FIGURES for name in ("every month", NEW, OLD)]
    quarters = range(0, len(predictions.months()), QUARTER)
    rows = [
        quarter(predictions, add_months(change, start), add_months(change, start + QUARTER), start)
        for start in quarters
    ]
    after = predictions.where(predictions.as_ofs >= np.datetime64(add_months(change, 6)))
    weights = bootstrap_weights(after.clusters)
    drawn = {name: bootstrap_metrics(after, name, 20, weights) for name in after.scores}
    events = float(after.labels.sum())
    gaps = [
        f"- {figure}: {against(drawn[MODEL], drawn[other], figure, events)} against {other}"
        for figure in FIGURES
        for other in (NEW, OLD)
    ]
    return (
        "\n\n".join(
            [
                "# A world that changes half-way",
                "Made by `benchmarks/shift.py`.",
                f"{projects} simulated projects (seed {seed}). From {change} on every payroll is"
                " reported as paid in full on the day it is due, whatever is really owed. One model"
                f" is trained again every month on all records, one on the {NEW} (the scorecard"
                " until enough events are known, the old model until any month is), one is left as"
                f" it was {OLD}. 95 % intervals by resampling contractors.",
                "\n".join([row(heads), row(["---"] * len(heads)), *rows]),
                f"Training again every month, from six months after the change on ({events:.0f}"
                " project-months with an event):",
                "\n".join(gaps),
            ]
        )
        + "\n"
    )


def quarter(predictions: Predictions, first: dt.date, stop: dt.date, start: int) -> str:
    """One line of the table."""
    within = (predictions.as_ofs >= np.datetime64(first)) & (
        predictions.as_ofs < np.datetime64(stop)
    )
    part = predictions.where(within)
    weights = bootstrap_weights(part.clusters)
    events = float(part.labels.sum())
    drawn = {name: bootstrap_metrics(part, name, 20, weights) for name in part.scores}

    def debiased(name: str, figure: str) -> float | None:
        return precision_among_others(part, name) if figure == "average_precision" else None

    cells = [
        with_interval(estimate(drawn[name][figure], events, debiased=debiased(name, figure)))
        for figure in FIGURES
        for name in (MODEL, NEW, OLD)
    ]
    return row([f"{start} to {start + QUARTER - 1}", f"{events:.0f}", *cells])


def against(ours: BootstrapMetrics, theirs: BootstrapMetrics, figure: str, events: float) -> str:
    """The difference of a figure with its interval."""
    return with_interval(difference(ours, theirs, figure, events), signed=True)


def with_interval(figure: Estimate, *, signed: bool = False) -> str:
    """A figure with its interval."""
    return shown(figure, "en", signed=signed)


if __name__ == "__main__":
    main()
