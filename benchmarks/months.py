"""The feature cache: a new month and late records against a full rebuild.

Usage: python -m benchmarks.months [--full] [--keep]

The features of a simulated county's 36 months (quick: 24) are computed from scratch; then the next
month is added; then ten late attendance rows arrive and all months are requested again. All in one
process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from benchmarks.harness import Figure, Size, child, run

PROJECTS = {"quick": 200, "full": 2_000}
MONTHS = {"quick": 24, "full": 36}

_RUN = """
import datetime as dt, json, sys, time
from pathlib import Path
from features.matrix import feature_matrix
from features.cache.cached_matrix import cached_matrix
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.simulator import simulate
from risk.workspace import Workspace
folder, projects, months = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
simulate(folder / "records", projects=projects, months=months + 14, seed=5)
workspace = Workspace(folder / "workspace")
import_paths(workspace, [folder / "records"], today=dt.date(2026, 1, 1))
with RecordStore(workspace.records) as store:
    last = store.rows("SELECT max(known_at) FROM payrolls")[0][0].replace(day=2)
    dates = [add_months(last, -back) for back in reversed(range(months + 1))]

    def timed(dates):
        start = time.perf_counter()
        matrix = cached_matrix(store, dates, workspace.features)
        return time.perf_counter() - start, matrix

    cached_matrix(store, dates[:1], folder / "warm")
    first, _ = timed(dates[:-1])
    month, _ = timed(dates)
    again, _ = timed(dates)
    store.rows(
        "INSERT INTO attendance (project_id, contract_id, period, workers_present, known_at,"
        " arrival) SELECT project_id, contract_id, period, 1, ?, nextval('arrivals')"
        " FROM attendance LIMIT 10", [dates[-3]])
    late, matrix = timed(dates)
    start = time.perf_counter()
    whole = feature_matrix(store, dates)
    rebuilt = time.perf_counter() - start
    assert (whole.values.tobytes() == matrix.values.tobytes())
print(json.dumps(dict(first=first, month=month, again=again, late=late, rebuilt=rebuilt)))
"""


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    with tempfile.TemporaryDirectory() as directory:
        seconds = child(_RUN, directory, PROJECTS[size], MONTHS[size]).result
    name = f"{PROJECTS[size]:,} projects"
    rebuilt = seconds["rebuilt"]
    return [
        Figure(f"{name}, {MONTHS[size]} months from nothing", seconds["first"], "s"),
        Figure(f"{name}, the next month", seconds["month"], "s"),
        Figure(f"{name}, nothing new", seconds["again"], "s"),
        Figure(f"{name}, ten late attendance rows", seconds["late"], "s"),
        Figure(f"{name}, all months rebuilt", rebuilt, "s"),
        Figure(
            "the next month against a full rebuild", seconds["month"] / rebuilt, "ratio", "lower"
        ),
        Figure("late rows against a full rebuild", seconds["late"] / rebuilt, "ratio", "lower"),
    ]


if __name__ == "__main__":
    run("months", figures)
