"""Explanations: all reasons of many projects in both languages, against shap on the same model.

Usage: python -m benchmarks.explanations [--full] [--keep]

A model of 300 trees on all features of a project is fitted on random data with unknown values.
Both sides explain the same rows on one thread, each in a process of its own, best of the runs;
importing is not timed, reading the model is. Wagewatch also computes the reasons and their
sentences in Chinese and English. The contributions must agree to 1e-6.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, child, run

ROWS = {"quick": 3_000, "full": 20_000}
RUNS = {"quick": 2, "full": 2}
FITTED_ROWS = 20_000
ROUNDS = 300

_MAKE = """
import sys
from pathlib import Path
import lightgbm, numpy as np
from features.feature_sets import FEATURE_SETS
from models.arrears import Hyperparameters, fit_booster
folder, rows, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
drawn = np.random.default_rng(7)
columns = [one.name for one in FEATURE_SETS["project"].features]
values = drawn.gamma(1.5, 3.0, size=(rows, len(columns)))
values[:, ::3] = np.floor(values[:, ::3])
odds = np.log1p(values[:, :40]) @ drawn.normal(size=40) / 3
target = (drawn.random(rows) < 1 / (1 + np.exp(2 - odds + odds.mean()))) * 1.0
values[drawn.random(values.shape) < 0.3] = np.nan
recipe = Hyperparameters(leaves=31, min_rows_in_leaf=100, l2=20.0)
data = lightgbm.Dataset(values, target, feature_name=columns, free_raw_data=False)
booster = fit_booster(data, [0] * len(columns), hyperparameters=recipe, rounds=rounds, seed=1)
booster.save_model(folder / "model.txt")
np.save(folder / "values.npy", values)
"""

_HEAD = """
import json, sys, time
from pathlib import Path
import numpy as np
folder, rows = Path(sys.argv[1]), int(sys.argv[2])
values = np.load(folder / "values.npy", mmap_mode="r")
values = np.concatenate([values] * -(-rows // len(values)))[:rows]
text = (folder / "model.txt").read_text()
"""

_MATRIX = (
    _HEAD
    + """
from features.matrix import Matrix
from features.feature_sets import FEATURE_SETS
from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.reasons import reasons
from models.reason_text import reason_text
columns = tuple(one.name for one in FEATURE_SETS["project"].features)
days = np.full(rows, np.datetime64("2025-01-02"))
matrix = Matrix(days, tuple(f"P{i}" for i in range(rows)), columns, values)
start = time.perf_counter()
model = ArrearsModel(columns, (text,), Calibration())
parts = model.contributions(matrix)
"""
)

_OURS = (
    _MATRIX
    + """
explained = time.perf_counter() - start
found = reasons(model, matrix, parts, {})
each = [one for row in found for one in row]
sentences = [reason_text(one, language) for language in ("zh", "en") for one in each]
seconds = time.perf_counter() - start
np.save(folder / "ours.npy", parts[:, :-1])
print(json.dumps({"seconds": seconds, "explained": explained, "sentences": len(sentences)}))
"""
)

_PARTS = _MATRIX + "print(json.dumps({}))"

_SHAP = (
    _HEAD
    + """
import lightgbm, shap
start = time.perf_counter()
parts = shap.TreeExplainer(lightgbm.Booster(model_str=text)).shap_values(values)
seconds = time.perf_counter() - start
np.save(folder / "shap.npy", parts)
print(json.dumps({"seconds": seconds}))
"""
)


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    rows = ROWS[size]
    with tempfile.TemporaryDirectory() as directory, one_thread():
        folder = Path(directory)
        child(_MAKE, folder, FITTED_ROWS, ROUNDS)
        ours, theirs = (_best(way, folder, rows, RUNS[size]) for way in (_OURS, _SHAP))
        _agree(folder)
        small, large = (child(_PARTS, folder, count) for count in (rows, 4 * rows))
    return [
        Figure("rows per second, reasons in two languages", rows / ours.result["seconds"], "1/s"),
        Figure("rows per second, contributions alone", rows / ours.result["explained"], "1/s"),
        Figure("rows per second, shap's contributions", rows / theirs.result["seconds"], "1/s"),
        Figure("sentences a row", ours.result["sentences"] / rows, ""),
        _times("times as fast as shap, words included", theirs, ours.result["seconds"], 2.0),
        _times("times as fast as shap, contributions alone", theirs, ours.result["explained"], 2.0),
        Figure("peak, contributions", small.peak_mb, "MB"),
        Figure("peak, contributions of four times the rows", large.peak_mb, "MB"),
        Figure(
            "memory at four times the rows", large.peak_mb / small.peak_mb, "ratio", "lower", 2.0
        ),
    ]


@contextmanager
def one_thread() -> Iterator[None]:
    """Children started within use one thread."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        os.environ.pop("OMP_NUM_THREADS")
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _times(name: str, theirs: Child, seconds: float, bound: float) -> Figure:
    return Figure(name, theirs.result["seconds"] / seconds, "ratio", "higher", bound)


def _best(script: str, folder: Path, rows: int, runs: int) -> Child:
    done = [child(script, folder, rows) for _ in range(runs)]
    return min(done, key=lambda one: float(one.result["seconds"]))


def _agree(folder: Path) -> None:
    """Raises SystemExit if shap found other contributions."""
    import numpy as np

    gap = np.abs(np.load(folder / "ours.npy") - np.load(folder / "shap.npy")).max()
    if gap > 1e-6:
        raise SystemExit(f"shap found other contributions: up to {gap:g} apart")


if __name__ == "__main__":
    run("explanations", figures)
