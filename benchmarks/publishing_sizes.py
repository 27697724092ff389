"""How time and memory of publishing grow with the projects, here and in an earlier checkout.

Usage: python -m benchmarks.publishing_sizes [--keep] [--projects N ...] [--before FOLDER]
[--before-projects N ...] [--runs N] [--memory-gb G] [--office FOLDER]

Offices of 500, 5,000 and 50,000 projects with one team and ten months each, some 42 payments a
project, so that the largest runs in minutes. A list of one project in fifty is published in a
process of its own, with a memory limit on the record store: CPU seconds of the whole process and
its peak memory; then the slope of the seconds between neighbouring sizes in logarithms, where 1 is
linear. The model that scores them was fitted on records of the same generator, so that no input
is lost and none is fitted in its stead; ``--office`` is a workspace that already has one. Sizes up
to 500 are repeated ``--runs`` times, in turns with the earlier checkout. ``--keep`` stores the
figures in ``benchmarks/kept``.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.harness import Figure, keep, median
from benchmarks.offices import AS_OF, HERE, Records, command, trained

PROJECTS = (500, 5_000, 50_000)
RECORDS = Records(teams=1, months=10)
REPEATED = 500
"""Larger sizes run once."""

MEMORY_GB = 0.5
MORE_MB = 500
"""Peak memory of the process above the limit of the record store, at any size."""

SLOPE, SLOPE_FROM = 1.05, 5_000
"""Largest slope, from that many projects on: before, the start of the process weighs too much."""

FASTER = 1.5
"""Times as fast as the earlier checkout, for a county of up to :data:`REPEATED` projects."""


@dataclass(frozen=True)
class Measured:
    """One publication: CPU seconds and peak MB of the process, and the commit if not this one.

    ``stored`` is the size of the service's database afterwards, in bytes.
    """

    cpu: float
    peak_mb: float
    commit: str = ""
    stored: int = 0


class Bench:
    """A folder in which offices are published, each checkout with a model of its own.

    An earlier checkout reads no model of a later one.
    """

    def __init__(self, folder: Path, memory_gb: float, office: Path | None) -> None:
        """``office`` is a workspace with a model of this checkout, None to fit one."""
        self.folder, self.memory_gb = folder, memory_gb
        self._offices = {HERE: office} if office else {}

    def publish(self, checkout: Path, records: Path, projects: int) -> Measured:
        """Publish ``records`` in a fresh office with the code of ``checkout``."""
        if checkout not in self._offices:
            name = f"office-{len(self._offices)}"
            self._offices[checkout] = trained(RECORDS, self.folder, name, checkout)
        office = self.folder / "published"
        found = self._offices[checkout]
        shutil.copytree(found, office, ignore=shutil.ignore_patterns("service.sqlite*"))
        shutil.copyfile(records, office / "records.duckdb")
        line = ("-w", office, "publish", "--as-of", AS_OF, "--capacity", max(projects // 50, 1))
        done = command(*line, memory_gb=self.memory_gb, checkout=checkout)
        stored = sum(one.stat().st_size for one in office.glob("service.sqlite*"))
        shutil.rmtree(office)
        return Measured(float(done.result["cpu"]), done.peak_mb, commit_of(checkout), stored)


def main() -> None:
    """Publish at every size, print the figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing_sizes")
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--before-projects", type=int, nargs="+", default=[500])
    parser.add_argument("--projects", type=int, nargs="+", default=PROJECTS)
    parser.add_argument("--runs", type=int, default=3, help=f"up to {REPEATED} projects")
    parser.add_argument("--memory-gb", type=float, default=MEMORY_GB)
    parser.add_argument("--office", type=Path, help="a workspace with a model for such records")
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    options = parser.parse_args()
    before = options.before.resolve() if options.before else None
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory), options.memory_gb, options.office)
        now: dict[int, Measured] = {}
        figures: list[Figure] = []
        for projects in sorted(options.projects):
            other = before if projects in options.before_projects else None
            runs = options.runs if projects <= REPEATED else 1
            for measured in _figures_of_size(bench, projects, other, runs, now):
                print(line_of(measured), flush=True)
                figures.append(measured)
    for figure in slopes(now):
        print(line_of(figure))
        figures.append(figure)
    if options.keep:
        keep("publishing_sizes", "full", figures)


def _figures_of_size(
    bench: Bench, projects: int, before: Path | None, runs: int, now: dict[int, Measured]
) -> Sequence[Figure]:
    """The medians of ``runs`` at one size; the last is written to ``now``."""
    records = bench.folder / "records.duckdb"
    payments = RECORDS.make(records, projects)
    repeated = []
    for _ in range(runs):
        earlier = bench.publish(before, records, projects) if before else None
        now[projects] = bench.publish(HERE, records, projects)
        limit = round(bench.memory_gb * 1000) + MORE_MB
        repeated.append(tuple(figures(projects, now[projects], earlier, limit)))
    records.unlink()
    name = f"{projects:,} projects: payments"
    return [Figure(name, payments, ""), *median(repeated)]


def figures(
    projects: int, now: Measured, before: Measured | None, limit_mb: float
) -> Iterator[Figure]:
    """The figures of one publication, and of the earlier checkout if it ran too."""
    name = f"{projects:,} projects"
    yield Figure(f"{name}: publish", now.cpu, "CPU s")
    yield Figure(f"{name}: publish, peak", now.peak_mb, "MB", "lower", limit_mb)
    if projects > REPEATED:  # in small databases the empty tables weigh most
        each = now.stored / projects
        yield Figure(f"{name}: stored with a first list and its matters, a project", each, "bytes")
    if before is not None:
        earlier = f"{name}: publish at commit {before.commit}"
        yield Figure(earlier, before.cpu, "CPU s")
        yield Figure(f"{earlier}, peak", before.peak_mb, "MB")
        faster = before.cpu / now.cpu
        bound = FASTER if projects <= REPEATED else None
        yield Figure(
            f"{name}: publish, times as fast as {before.commit}", faster, "", "higher", bound
        )


def slopes(now: Mapping[int, Measured]) -> Iterator[Figure]:
    """The slope of CPU seconds between neighbouring sizes, bound where starting weighs little.

    >>> [one.value for one in slopes({10: Measured(2, 0), 1000: Measured(200, 0)})]
    [1.0]
    """
    sizes = sorted(now)
    for small, large in pairwise(sizes):
        slope = math.log(now[large].cpu / now[small].cpu) / math.log(large / small)
        name = f"publish: slope of CPU seconds, {small:,} to {large:,} projects"
        bound = SLOPE if small >= SLOPE_FROM else None
        yield Figure(name, round(slope, 3), "", "lower", bound)


def commit_of(checkout: Path) -> str:
    """The commit that a checkout is at."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short=8", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def line_of(figure: Figure) -> str:
    """One line of a terminal for a figure."""
    spread = f" ({figure.low:.4g} to {figure.high:.4g})" if figure.low is not None else ""
    bound = "" if figure.bound is None else f" {'met' if figure.holds() else 'NOT MET'}"
    return f"{figure.name:60} {figure.value:10.4g} {figure.unit}{spread}{bound}"


if __name__ == "__main__":
    main()
