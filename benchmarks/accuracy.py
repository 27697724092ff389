"""How good is the model on a folder of records? Beside the rules, the scorecard and others.

Usage: python benchmarks/accuracy.py FOLDER --train 2024-10-01 --score 2024-10-01 2025-01-01 ...

Imports FOLDER into a temporary workspace, trains once on what was known before --train, scores
each --score date, and judges by all events the folder ever tells. Figures are means over the
dates, with the standard deviation between dates behind ±.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from features.build import Matrix, feature_matrix
from models.baselines import fit_logistic, last_inspection, rules_in_use
from models.scorecard import Scorecard
from risk.intake import import_paths
from risk.records import RecordStore
from risk.workspace import Workspace
from training.fitting import train
from training.labels import event_log, happened, training_dates
from training.metrics import at_top, average_precision, roc_auc

SHARES = (0.05, 0.10, 0.20)
END_OF_TIME = dt.date(2099, 1, 1)


def scores(
    store: RecordStore, trained_at: dt.date, matrix: Matrix
) -> dict[str, NDArray[np.float64]]:
    """Raw scores of ``matrix`` by every contender trained on what was known at ``trained_at``."""
    log = event_log(store, trained_at)
    lessons = feature_matrix(store, training_dates(log))
    complaints = matrix.values[:, matrix.columns.index("complaints_all")]
    return {
        "model": train(store, trained_at).model.raw(matrix),
        "rules in use": rules_in_use(matrix),
        "scorecard": Scorecard().raw(matrix),
        "logistic regression": fit_logistic(lessons, happened(log, lessons)).raw(matrix),
        "last inspection": last_inspection(matrix),
        "prior complaints": np.nan_to_num(complaints),
    }


def figures(score: NDArray[np.float64], truth: NDArray[np.float64]) -> list[float]:
    """AUC, average precision, then precision and recall at each share."""
    row = [roc_auc(score, truth), average_precision(score, truth)]
    for share in SHARES:
        top = at_top(score, truth, round(share * len(score)))
        row += [top.precision, top.recall]
    return row


def report(folder: Path, trained_at: dt.date, dates: Sequence[dt.date]) -> Table:
    """The table of all contenders over ``dates``."""
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Path(place))
        import_paths(workspace, [folder], today=dt.date.today())
        with RecordStore(workspace.records, read_only=True) as store:
            matrix = feature_matrix(store, dates)
            truth = happened(event_log(store, END_OF_TIME), matrix)
            contenders = scores(store, trained_at, matrix)
    table = Table(title=f"{folder.name}: trained {trained_at}, base rate {truth.mean():.2%}")
    heads = ["ROC AUC", "avg. precision"]
    heads += [f"{name} {share:.0%}" for share in SHARES for name in ("prec.", "recall")]
    for head in ["", *heads]:
        table.add_column(head)
    for name, score in contenders.items():
        rows = np.array(
            [
                figures(score[at], truth[at])
                for at in (matrix.as_ofs == np.datetime64(day) for day in dates)
            ]
        )
        spread = rows.std(axis=0, ddof=1) if len(dates) > 1 else np.zeros(rows.shape[1])
        cells = [f"{m:.3f} ±{s:.3f}" for m, s in zip(rows.mean(axis=0), spread, strict=True)]
        table.add_row(name, *cells)
    return table


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--score", type=dt.date.fromisoformat, nargs="+", required=True)
    chosen = parser.parse_args()
    Console(width=160).print(report(chosen.folder, chosen.train, chosen.score))


if __name__ == "__main__":
    main()
