"""Scoring and publishing a province, end to end, as the command line does it.

Usage: python -m benchmarks.province [--full] [--keep]

A model is trained on a small simulated county; then the records are those of a province of 50,000
projects with eight teams and 60 months each, a hundred million payments (quick: 1,000 with two
teams and 14 months), and of a tenth of the projects to see how time grows. ``score`` and
``publish`` (a list of one project in fifty, with reasons, red flags, dossiers and seal) run in
processes of their own, from start to end.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, child, run
from risk.calendar.dates import add_months

PROJECTS = {"quick": 1_000, "full": 50_000}
TEAMS, MONTHS = {"quick": 2, "full": 8}, {"quick": 14, "full": 60}
LAST_MONTH = dt.date(2026, 1, 1)
AS_OF = "2026-03-02"

_TRAIN = """
import datetime as dt, sys
from pathlib import Path
from serving.cli.main import main
folder = Path(sys.argv[1])
for words in (["simulate", folder / "county", "--projects", 300, "--months", 36, "--seed", 4],
              ["-w", folder / "office", "init"],
              ["-w", folder / "office", "import", folder / "county"],
              ["-w", folder / "office", "train", "--as-of", "2025-12-01"]):
    assert main([str(word) for word in words]) == 0, words
(folder / "office" / "records.duckdb").unlink()
"""

_MAKE = """
import datetime as dt, json, sys
from benchmarks.synthetic_store import make_projects
path, (projects, teams, months) = sys.argv[1], map(int, sys.argv[2:5])
with make_projects(path, projects, teams=teams, months=months,
                   first=dt.date.fromisoformat(sys.argv[5])) as store:
    print(json.dumps({"payments": store.rows("SELECT count(*) FROM payments")[0][0]}))
"""

_COMMAND = """
import sys
from serving.cli.main import main
raise SystemExit(main(sys.argv[1:]))
"""


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    whole = PROJECTS[size]
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        child(_TRAIN, folder)
        _, _, tenth = _office_figures(folder, whole // 10, size)
        payments, scored, published = _office_figures(folder, whole, size)
    name = f"{whole:,} projects"
    return [
        Figure(f"{name}: payments", payments, ""),
        Figure(f"{name}, score: seconds", scored.seconds, "s"),
        Figure(f"{name}, score: peak", scored.peak_mb, "MB"),
        Figure(f"{name}, publish: seconds", published.seconds, "s"),
        Figure(f"{name}, publish: peak", published.peak_mb, "MB"),
        Figure(
            "publish: seconds at ten times the projects, a tenth",
            published.seconds / tenth.seconds / 10,
            "ratio",
            "lower",
            1.2,
        ),
    ]


def _office_figures(folder: Path, projects: int, size: Size) -> tuple[int, Child, Child]:
    """The payments, and score and publish in a fresh office with the records of ``projects``."""
    office = folder / f"office-{projects}"
    shutil.copytree(folder / "office", office)
    months = MONTHS[size]
    records = (projects, TEAMS[size], months, add_months(LAST_MONTH, 1 - months))
    made = child(_MAKE, office / "records.duckdb", *records)
    scored = child(
        _COMMAND, "-w", office, "score", "--as-of", AS_OF, "--out", folder / "scores.csv"
    )
    capacity = max(projects // 50, 1)
    published = child(_COMMAND, "-w", office, "publish", "--as-of", AS_OF, "--capacity", capacity)
    shutil.rmtree(office)
    return int(made.result["payments"]), scored, published


if __name__ == "__main__":
    run("province", figures)
