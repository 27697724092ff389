"""Training on feature files of growing size: seconds and memory.

Usage: python -m benchmarks.training [--full] [--keep]

One booster of the four a model is made of, all features of a project, with the number of rounds and
leaves of :func:`models.arrears.hyperparameters_for`. The files are made before and deleted after;
each fit runs in its own process on all cores.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.harness import Child, Figure, Size, child, run

ROWS: dict[Size, tuple[int, int]] = {
    "quick": (100_000, 400_000),
    "full": (5_000_000, 20_000_000),
}
IN_MEMORY_ROWS = 400_000
MOST_EXPONENT = 1.1
"""The bound of the feature benchmark holds for training too."""

_MAKE = """
import sys; from pathlib import Path; from benchmarks.training_set import make
make(Path(sys.argv[1]), int(sys.argv[2]))
"""

_FIT = """
import json, sys, time
from pathlib import Path
import numpy as np
from benchmarks.training_set import LABEL
from features.matrix import Matrix
from models.arrears import fit_booster, hyperparameters_for
from training.dataset.lightgbm_dataset import matrix_dataset
from training.dataset.parquet_dataset import feature_files, parquet_dataset, partition_date
from training.fit.out_of_time import directions_of
from training.metrics import roc_auc

every = feature_files(Path(sys.argv[1]), exclude=[LABEL])
days = sorted(partition_date(path) for path in every.files)
files, later = every.of_dates(days[:-1]), every.of_dates(days[-1:])
label = files.column(LABEL)
recipe = hyperparameters_for(float((label == 1).sum()))
start = time.perf_counter()
if sys.argv[2] == "memory":
    values, filled = np.empty((len(label), len(files.columns)), order="F"), 0
    for block in files.blocks():
        values[filled:filled + len(block)] = block
        filled += len(block)
    nobody = np.zeros(0, "datetime64[D]"), ()
    data = matrix_dataset(Matrix(*nobody, files.columns, values), label)
    del values
else:
    data = parquet_dataset(files, label)
data.params = recipe.parameters(directions_of(files.columns), 0)
data.construct()
binned = time.perf_counter()
directions = directions_of(files.columns)
booster = fit_booster(
    data, directions, hyperparameters=recipe, rounds=recipe.max_rounds, seed=0
)
fitted = time.perf_counter()
scores = np.concatenate([booster.predict(block) for block in later.blocks()])
print(json.dumps({
    "rows": len(label), "columns": len(files.columns), "rounds": recipe.max_rounds,
    "leaves": recipe.leaves, "read": binned - start, "grow": fitted - binned,
    "roc_auc": roc_auc(scores, (later.column(LABEL) == 1).astype(float)),
}))
"""


@dataclass(frozen=True)
class Fit:
    """One finished fit: its rows, the seconds of reading and boosting, the peak memory in MB."""

    rows: int
    result: dict[str, float]
    peak_mb: float

    @property
    def seconds(self) -> float:
        """Reading, binning and growing; not the start of Python."""
        return self.result["read"] + self.result["grow"]


def fit(rows: int, storage: str = "disk") -> Fit:
    """Fit on ``rows`` generated rows; ``storage`` is "disk" or "memory"."""
    with tempfile.TemporaryDirectory(prefix="wagewatch-training-") as directory:
        child(_MAKE, directory, rows)
        done: Child = child(_FIT, directory, storage)
    return Fit(int(done.result["rows"]), done.result, done.peak_mb)


def figures(size: Size) -> Sequence[Figure]:
    """The figures of both sizes and their growth."""
    with all_cores():
        small, large = (fit(rows) for rows in ROWS[size])
        memory = fit(IN_MEMORY_ROWS, "memory")
        disk = large if large.rows == memory.rows else fit(IN_MEMORY_ROWS)
    found = [figure for one in (small, large) for figure in _of(one)]
    if size == "full":  # at the quick sizes what every fit costs anyway outweighs the rows
        growth = math.log(large.seconds / small.seconds) / math.log(large.rows / small.rows)
        per_row = (large.peak_mb - small.peak_mb) * 2**20 / (large.rows - small.rows)
        found.append(Figure("growth exponent of seconds", growth, "ratio", "lower", MOST_EXPONENT))
        found.append(Figure("bytes per further row", per_row, "bytes", "lower"))
    return [
        *found,
        Figure("bytes of a row as numbers", 8 * large.result["columns"], "bytes"),
        Figure("peak memory, disk over memory", disk.peak_mb / memory.peak_mb, "ratio", "lower", 1),
        Figure("seconds, disk over memory", disk.seconds / memory.seconds, "ratio", "lower"),
    ]


@contextmanager
def all_cores() -> Iterator[None]:
    """LightGBM takes all cores in children started within, as in use."""
    before = os.environ.pop("OMP_NUM_THREADS", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _of(one: Fit) -> list[Figure]:
    result = one.result
    millions = f"{one.rows / 1e6:.4g} M rows x {result['columns']:.0f}"
    fitted = f"{millions}, {result['rounds']:.0f} rounds, {result['leaves']:.0f} leaves"
    return [
        Figure(f"{fitted}: seconds", one.seconds, "s"),
        Figure(f"{millions}: reading and binning", result["read"], "s"),
        Figure(f"{millions}: peak memory", one.peak_mb, "MB"),
        Figure(f"{millions}: ROC AUC on a later date", result["roc_auc"], ""),
    ]


if __name__ == "__main__":
    run("training", figures)
