"""How time and memory of publishing grow with the projects, here and in an earlier checkout.

Usage: python -m benchmarks.publishing_sizes [--before FOLDER] [--projects N ...]

Offices of 500, 5,000 and 50,000 projects with one team and ten months each, some 42 payments a
project, so that the largest runs in minutes. A list of one project in fifty is published in a
process of its own: CPU seconds of the whole process and its peak memory; then the slope of the
seconds between neighbouring sizes in logarithms, where 1 is linear. The model that scores them was
fitted on records of the same generator, so that no input is lost and none is fitted in its stead.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

from benchmarks.harness import child
from benchmarks.province import _MAKE, AS_OF, LAST_MONTH
from risk.calendar.dates import add_months

PROJECTS = (500, 5_000, 50_000)
TEAMS, MONTHS = 1, 10

_TRAIN = """
import datetime as dt, sys
from pathlib import Path
from benchmarks.synthetic_store import make_projects
from serving.cli.main import main
office, months, first = Path(sys.argv[1]) / "office", int(sys.argv[2]), sys.argv[3]
assert main(["-w", str(office), "init"]) == 0
first = dt.date.fromisoformat(first)
make_projects(office / "records.duckdb", 500, teams=1, months=months, first=first).close()
assert main(["-w", str(office), "train", "--as-of", "2026-02-01"]) == 0
(office / "records.duckdb").unlink()
"""

_PUBLISH = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from serving.cli.main import run
sys.argv = ["wagewatch", *sys.argv[2:]]
try:
    run()  # as the installed command: main() alone imports scikit-learn with LightGBM
except SystemExit as done:
    code = done.code
print(json.dumps({"cpu": time.process_time(), "code": code}))
"""


def main() -> None:
    """Publish at every size and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing_sizes")
    parser.add_argument("--before", help="a checkout of an earlier commit to compare with")
    parser.add_argument("--projects", type=int, nargs="+", default=PROJECTS)
    options = parser.parse_args()
    here = str(Path(__file__).parent.parent)
    checkouts = {"now": here, **({"before": options.before} if options.before else {})}
    measured: dict[tuple[str, int], tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        first = add_months(LAST_MONTH, 1 - MONTHS)
        child(_TRAIN, folder, MONTHS, first)
        for projects in sorted(options.projects):
            records = folder / "records.duckdb"
            made = child(_MAKE, records, projects, TEAMS, MONTHS, first).result
            for name, checkout in checkouts.items():
                measured[name, projects] = _publish(folder, records, checkout, projects)
                cpu, peak = measured[name, projects]
                payments = made["payments"]
                print(
                    f"{name:6} {projects:>7,} projects {payments:>10,} payments"
                    f" {cpu:8.1f} CPU s {peak:7.0f} MB",
                    flush=True,
                )
            records.unlink()
    for name in checkouts:
        _print_slopes(name, {n: cpu for (one, n), (cpu, _) in measured.items() if one == name})


def _publish(folder: Path, records: Path, checkout: str, projects: int) -> tuple[float, float]:
    """CPU seconds and peak MB of publishing in a fresh office with ``records``."""
    office = folder / "published"
    # Each checkout makes the service's database itself: an earlier one refuses a later one's.
    shutil.copytree(folder / "office", office, ignore=shutil.ignore_patterns("service.sqlite*"))
    shutil.copyfile(records, office / "records.duckdb")
    line = ("-w", office, "publish", "--as-of", AS_OF, "--capacity", max(projects // 50, 1))
    done = child(_PUBLISH, checkout, *line)
    shutil.rmtree(office)
    if done.result["code"]:
        raise SystemExit(f"publishing {projects:,} projects failed")
    return float(done.result["cpu"]), done.peak_mb


def _print_slopes(name: str, seconds: dict[int, float]) -> None:
    sizes = sorted(seconds)
    for small, large in pairwise(sizes):
        slope = math.log(seconds[large] / seconds[small]) / math.log(large / small)
        print(f"{name:6} {small:,} to {large:,} projects: slope {slope:.2f}")


if __name__ == "__main__":
    main()
