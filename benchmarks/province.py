"""Scoring and publishing a province, end to end, as the command line does it.

Usage: python -m benchmarks.province [--full] [--keep]

The records are those of a province of 50,000 projects with eight teams and 60 months each, a
hundred million payments (quick: 1,000 with two teams and 14 months), and of a tenth of the projects
to see how time grows; the model was fitted on 500 projects of the same kind. ``score`` and
``publish`` (a list of one project in fifty, with reasons, red flags, dossiers and seal) run in
processes of their own, from start to end, with a memory limit on the record store.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, run
from benchmarks.offices import AS_OF, Records, command, trained

PROJECTS = {"quick": 1_000, "full": 50_000}
RECORDS = {"quick": Records(2, 14), "full": Records(8, 60)}
MEMORY_GB = {"quick": 0.5, "full": 4.0}
MORE_MB = 500
"""Peak memory of the process above the limit of the record store, at any size."""
MOST_SLOPE = 1.05


@dataclass(frozen=True)
class Month:
    """The two commands at one size."""

    payments: int
    score: Child
    publish: Child


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    whole, limit = PROJECTS[size], MEMORY_GB[size]
    with tempfile.TemporaryDirectory() as directory:
        model = trained(RECORDS[size], Path(directory), "model")
        tenth = _month(model, whole // 10, size)
        month = _month(model, whole, size)
    name, most = f"{whole:,} projects", limit * 1000 + MORE_MB
    slope = math.log10(month.publish.result["cpu"] / tenth.publish.result["cpu"])
    return [
        Figure(f"{name}: payments", month.payments, ""),
        Figure(f"{name}, score: seconds", month.score.seconds, "s"),
        Figure(f"{name}, score: CPU seconds", month.score.result["cpu"], "CPU s"),
        Figure(f"{name}, score: peak", month.score.peak_mb, "MB", "lower", most),
        Figure(f"{name}, publish: seconds", month.publish.seconds, "s"),
        Figure(f"{name}, publish: CPU seconds", month.publish.result["cpu"], "CPU s"),
        Figure(f"{name}, publish: peak", month.publish.peak_mb, "MB", "lower", most),
        Figure(
            f"publish: slope of CPU seconds, {whole // 10:,} to {whole:,} projects",
            round(slope, 3),
            "",
            "lower",
            MOST_SLOPE,
        ),
    ]


def _month(model: Path, projects: int, size: Size) -> Month:
    """Score and publish in a fresh office with the records of ``projects``."""
    office = model.parent / f"office-{projects}"
    shutil.copytree(model, office)
    payments = RECORDS[size].make(office / "records.duckdb", projects)
    scores, limit = office / "scores.csv", MEMORY_GB[size]
    as_of = ("--as-of", AS_OF)
    scored = command("-w", office, "score", *as_of, "--out", scores, memory_gb=limit)
    capacity = max(projects // 50, 1)
    line = ("-w", office, "publish", *as_of, "--capacity", capacity)
    published = command(*line, memory_gb=limit)
    shutil.rmtree(office)
    return Month(payments, scored, published)


if __name__ == "__main__":
    run("province", figures)
