"""Probabilities of a list whose payments no longer arrive, with and without them.

Usage: python -m benchmarks.lost_feed --out FILE.md [--projects 450] [--seeds 2 301 302]

In simulated counties a model is trained and scores the cohort two months later: as records arrive,
without any payments, and with payments that stopped on the day of training. The mean probability
of the champion and of the model that is fitted without payments is compared with the share of
projects that had an event within the horizon.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.backtest import row
from models.registry import Registry
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.publishing.scoring import score_cohort
from training.dataset.labels import dated_within, event_log
from training.pipeline import run_training

END = dt.date(2026, 1, 1)
TRAINED_AT = dt.date(2025, 7, 1)
SCORED_AT = add_months(TRAINED_AT, 2)
MONTHS = 42
LOSSES = (
    ("arrive", "FALSE"),
    ("no rows at all", "TRUE"),
    ("stopped two months ago", f"known_at >= '{TRAINED_AT}'"),
)
"""What became of the payments, and which rows of them are missing."""


def main() -> None:
    """Simulate, train, score and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=450)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 301, 302])
    options = parser.parse_args()
    heads = ["county", "payments", "share with an event", "champion", "without payments"]
    lines = [row(heads), row(["---"] * len(heads))]
    for seed in options.seeds:
        for line in county(options.projects, seed):
            lines.append(row([str(seed), *line]))
            print(lines[-1], flush=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def county(projects: int, seed: int) -> Iterator[list[str]]:
    """The cells of one county, a line for each loss."""
    with tempfile.TemporaryDirectory() as directory:
        folder, trained = Path(directory) / "records", Workspace(Path(directory) / "trained")
        simulate(folder, projects=projects, months=MONTHS, seed=seed, end=END)
        import_paths(trained, [folder], today=END)
        run_training(trained, TRAINED_AT, principal="benchmark", capacity=20)
        for number, (name, missing) in enumerate(LOSSES):
            office = Workspace(Path(directory) / str(number))
            shutil.copytree(trained.root, office.root)
            yield [name, *_means(office, missing)]


def _means(office: Workspace, missing: str) -> list[str]:
    """Share of projects with an event, and mean probabilities of both models."""
    champion = Registry(office).champion()[1].version
    with RecordStore(office.records) as store:
        days = event_log(store, END).days
        store.connection.execute(f"DELETE FROM payments WHERE {missing}")
        by_champion, used = (
            score_cohort(office, store, SCORED_AT, _quiet, version) for version in (champion, None)
        )
    names = [project.project_id for project in used.cohort.outlines()]
    came = dated_within(days, names, np.full(len(names), np.datetime64(SCORED_AT))).mean()
    means = [
        float(np.mean([project.probability for project in one.cohort.outlines()]))
        for one in (by_champion, used)
    ]
    replaced = used.model.version != champion
    return [f"{came:.3f}", f"{means[0]:.3f}", f"{means[1]:.3f}" if replaced else ""]


def _quiet(step: str, share: float) -> None:
    """Show no progress."""


if __name__ == "__main__":
    main()
