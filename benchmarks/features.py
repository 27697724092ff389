"""Features by the million payments: growth, memory, and against alternative implementations.

Usage: python -m benchmarks.features [--full] [--keep]

All implementations compute the same 32 features of wage payment at 24 monthly dates and must agree
to 1e-9; Wagewatch computes the last of the family too, and has a memory limit of half a GB.
Featuretools cannot express these features: it computes the nearest it has at a small size and is
compared by seconds per feature. Each runs in its own process, from start to end. The compared
implementations take turns: a ratio is that of one round, given as the median of the rounds.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Better, Child, Figure, Size, child, run
from benchmarks.synthetic_store import as_ofs

DATES = 24
FEATURES = 32
"""Of wage payment, without the share below the minimum wage."""
SIZES = {"quick": (200_000, 1_000_000), "full": (1_000_000, 10_000_000, 50_000_000)}
COMPARED = {"quick": 1_000_000, "full": 10_000_000}
SMALL = {"quick": 50_000, "full": 400_000}
LIMIT_GB = {"quick": 0.25, "full": 0.53}
ROUNDS = {"quick": 3, "full": 3}
FEATURETOOLS_PYTHON = "FEATURETOOLS_PYTHON"
"""Names a Python with featuretools: it needs an older pandas."""

_MAKE = """
import sys
from pathlib import Path
from benchmarks.synthetic_store import make
folder, payments = Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir()
store = make(folder / "records.duckdb", payments)
for table in ("projects", "cases", "payrolls", "payments"):
    store.connection.execute(f"COPY {table} TO '{folder}/{table}.parquet'")
store.close()
"""

_TAIL = """
import json, numpy as np
np.save(folder / f"{way}.npy", values)
print(json.dumps({"rows": len(values), "features": values.shape[1]}))
"""

_HEAD = """
import sys
from pathlib import Path
from benchmarks.synthetic_store import as_ofs
folder, way, dates = Path(sys.argv[1]), sys.argv[2], as_ofs(int(sys.argv[3]))
limit = float(sys.argv[4])
"""

_OURS = (
    _HEAD
    + """
from features.matrix import feature_matrix
from features.families import payments
from risk.store.store import RecordStore
asked = [payments.FAMILY] if way == "ours" else None
with RecordStore(folder / "records.duckdb", read_only=True, memory_gb=limit) as store:
    matrix = feature_matrix(store, dates, families=asked)
if way == "ours":
    matrix = matrix.select_columns([c for c in matrix.columns if c != "below_minimum_share_3m"])
values = matrix.values
"""
    + _TAIL
)

_TUNED = (
    _HEAD
    + """
from benchmarks.rivals.sql_features import features
from risk.store.store import RecordStore
import numpy as np
with RecordStore(folder / "records.duckdb", read_only=True) as store:
    table = features(store, dates)
values = np.column_stack([c.to_numpy().astype(float) for c in table.columns[2:]])
"""
    + _TAIL
)

_PANDAS = (
    _HEAD
    + """
from benchmarks.rivals import finished, SUMS
from benchmarks.rivals.pandas_features import sums
import numpy as np
frame = sums(folder, dates)
values = np.column_stack(list(finished({n: frame[n].to_numpy() for n in SUMS}).values()))
"""
    + _TAIL
)

_POLARS = (
    _HEAD
    + """
from benchmarks.rivals import finished, SUMS
from benchmarks.rivals.polars_features import sums
import numpy as np
frame = sums(folder, dates)
sums = {n: frame[n].cast(float).fill_null(float("nan")).to_numpy() for n in SUMS}
values = np.column_stack(list(finished(sums).values()))
"""
    + _TAIL
)

_FEATURETOOLS = """
import json, sys
from benchmarks.rivals.featuretools_features import count_features
print(json.dumps({"features": count_features(sys.argv[1], sys.argv[2], sys.argv[3:])}))
"""

_WAYS = {
    "ours": _OURS,
    "tuned": _TUNED,
    "pandas": _PANDAS,
    "polars": _POLARS,
}


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    with tempfile.TemporaryDirectory() as directory:
        folders = {}
        for payments in (SMALL[size], *SIZES[size]):
            folders[payments] = Path(directory) / str(payments)
            child(_MAKE, folders[payments], payments)
        return [
            *_growth(size, folders),
            *_rivals(size, folders[COMPARED[size]]),
            *_featuretools(size, folders[SMALL[size]]),
        ]


def _growth(size: Size, folders: dict[int, Path]) -> list[Figure]:
    """All features of all families, by size."""
    found, points = [], []
    for payments in SIZES[size]:
        done = [child(_OURS, folders[payments], "all", DATES, 4) for _ in range(ROUNDS[size])]
        seconds = [one.seconds for one in done]
        points.append((math.log(payments), math.log(statistics.median(seconds))))
        name = f"all {done[0].result['features']} features, {payments // 1000:,} k payments"
        found.append(_spread(f"{name}: seconds", "s", seconds))
        speeds = [payments / one for one in seconds]
        found.append(_spread(f"{name}: payments per second", "1/s", speeds))
        found.append(_spread(f"{name}: peak", "MB", [one.peak_mb for one in done]))
    return [*found, Figure("growth exponent", _slope(points), "ratio", "lower", 1.1)]


def _spread(
    name: str,
    unit: str,
    values: Sequence[float],
    better: Better = "neither",
    bound: float | None = None,
) -> Figure:
    """One figure of the rounds: their median and range."""
    middle = statistics.median(values)
    low, high, rounds = min(values), max(values), len(values)
    return Figure(name, middle, unit, better, bound, low=low, high=high, runs=rounds)


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum(
        (x - mean_x) ** 2 for x, _ in points
    )


def _rivals(size: Size, folder: Path) -> list[Figure]:
    ways = ("ours", "tuned", "pandas", "polars")
    rounds = [
        {way: child(_WAYS[way], folder, way, DATES, LIMIT_GB[size]) for way in ways}
        for _ in range(ROUNDS[size])
    ]
    _agree(folder, ways)
    # With few rows the libraries themselves fill the memory, so the quick size has no such bound.
    quarter = 0.25 if size == "full" else None
    figures = [
        figure
        for way in ways
        for figure in (
            _spread(f"{FEATURES} features, {way}: seconds", "s", [r[way].seconds for r in rounds]),
            _spread(f"{FEATURES} features, {way}: peak", "MB", [r[way].peak_mb for r in rounds]),
        )
    ]

    def seconds(way: str, other: str) -> list[float]:
        return [one[way].seconds / one[other].seconds for one in rounds]

    def peaks(way: str) -> list[float]:
        return [one["ours"].peak_mb / one[way].peak_mb for one in rounds]

    return [
        *figures,
        _spread("times as fast as pandas", "ratio", seconds("pandas", "ours"), "higher", 2.5),
        _spread("memory against pandas", "ratio", peaks("pandas"), "lower", quarter),
        _spread("seconds against Polars", "ratio", seconds("ours", "polars"), "lower", 1.2),
        _spread("memory against Polars", "ratio", peaks("polars"), "lower"),
        _spread("seconds against one query", "ratio", seconds("ours", "tuned"), "lower", 1.5),
    ]


def _agree(folder: Path, ways: Sequence[str]) -> None:
    """Raises SystemExit if a way found other features."""
    import numpy as np

    ours = np.load(folder / "ours.npy")
    for way in ways[1:]:
        other = np.load(folder / f"{way}.npy")
        if not np.allclose(ours, other, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise SystemExit(f"{way} found other features")


def _featuretools(size: Size, folder: Path) -> list[Figure]:
    python = os.environ.get(FEATURETOOLS_PYTHON)
    if not python:
        print(f"featuretools is left out: {FEATURETOOLS_PYTHON} names no interpreter that has it")
        return []
    runs = [child(_OURS, folder, "ours", DATES, 4) for _ in range(ROUNDS[size])]
    ours = min(runs, key=lambda one: one.seconds)
    bounds = {"nearest": 20.0 if size == "full" else None, "cheapest": None}
    return [
        figure
        for which, bound in bounds.items()
        for figure in _against_featuretools(which, python, ours, folder, bound)
    ]


def _against_featuretools(
    which: str, python: str, ours: Child, folder: Path, bound: float | None
) -> list[Figure]:
    name = f"its {which} features ({int(folder.name) // 1000} k payments)"
    asked = [which, *as_ofs(DATES)]
    runs = [child(_FEATURETOOLS, folder, *asked, python=python) for _ in range(2)]
    seconds, count = min(one.seconds for one in runs), runs[0].result["features"]
    ratio = (seconds / count) / (ours.seconds / FEATURES)
    return [
        Figure(f"featuretools, {name}: seconds", seconds, "s"),
        Figure(f"featuretools, {name}: features", count, ""),
        Figure(
            f"times as fast a feature as featuretools, {name}",
            *(ratio, "ratio", "higher", bound, FEATURETOOLS_PYTHON),
        ),
    ]


if __name__ == "__main__":
    run("features", figures)
