"""A county's commands, here and in an earlier checkout.

Usage: python -m benchmarks.county [--full] [--keep] [--before FOLDER] [--runs N]

A simulated county is imported, a model trained, and the month scored, published and shown, each
command in a process of its own from start to end, as the installed command runs it. Without
``--full`` the county is smaller. An earlier checkout (``--before``) reads the same records into a
workspace of its own and trains its own model; both take turns. Ratios of seconds and of CPU seconds
are those of a turn, so that their range shows what a busy machine does to them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figure, Size, child, keep, median
from benchmarks.publishing_sizes import FASTER, HERE, commit_of, line_of

PROJECTS: dict[Size, int] = {"quick": 60, "full": 300}
MONTHS: dict[Size, int] = {"quick": 24, "full": 36}
RUNS: dict[Size, int] = {"quick": 1, "full": 5}
TRAINED, AS_OF = "2025-06-01", "2025-09-01"
COMMANDS: Mapping[str, Sequence[str]] = {
    "train": ("train", "--as-of", TRAINED),
    "models list": ("models", "list"),
    "score": ("score", "--as-of", AS_OF, "--out", "scores.csv"),
    "publish": ("publish", "--as-of", AS_OF, "--capacity", "20"),
    "watchlist": ("watchlist", "--as-of", AS_OF),
}
"""In the order of a month, after ``import``."""

BOUND = {"publish": FASTER, "models list": 3.0, "score": 3.0}
"""How many times as fast as the earlier checkout, by the clock."""

_RUN = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])
from serving.cli.main import run
sys.argv = ["wagewatch", "-w", "office", *sys.argv[3:]]
try:
    run()
    code = 0
except SystemExit as done:
    code = done.code
print()
print(json.dumps({"cpu": time.process_time(), "code": code}))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, CPU seconds and peak MB of a command."""

    seconds: float
    cpu: float
    peak_mb: float


def main() -> None:
    """Run the commands, print the figures, and store them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.county")
    parser.add_argument("--full", action="store_true", help="the size of the documentation")
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--runs", type=int, help=f"repetitions; by default {RUNS}")
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    options = parser.parse_args()
    size: Size = "full" if options.full else "quick"
    before = options.before.resolve() if options.before else None
    with tempfile.TemporaryDirectory() as directory:
        records = _simulated(Path(directory), size)
        turns = []
        for turn in range(options.runs or RUNS[size]):
            place = Path(directory) / str(turn)
            earlier = commands(before, place / "before", records) if before else {}
            turns.append(tuple(figures(commands(HERE, place / "now", records), earlier, before)))
            shutil.rmtree(place)
    measured = median(turns)
    for figure in measured:
        print(line_of(figure))
    if options.keep:
        keep("county", size, measured)


def commands(checkout: Path, place: Path, records: Path) -> dict[str, Cost]:
    """The cost of every command with the code of ``checkout``, in a new workspace in ``place``."""
    place.mkdir(parents=True)
    _run(checkout, place, "init")
    # Settings that an earlier checkout does not know would be refused; the defaults are meant.
    (place / "office" / "wagewatch.toml").write_text("")
    found = {"import": _run(checkout, place, "import", str(records))}
    return found | {name: _run(checkout, place, *line) for name, line in COMMANDS.items()}


def figures(
    now: Mapping[str, Cost], earlier: Mapping[str, Cost], before: Path | None
) -> Iterator[Figure]:
    """The figures of one turn."""
    for name, cost in now.items():
        yield Figure(f"{name}: seconds", cost.seconds, "s")
        yield Figure(f"{name}: CPU seconds", cost.cpu, "CPU s")
        yield Figure(f"{name}: peak", cost.peak_mb, "MB")
    if before is None:
        return
    commit = commit_of(before)
    for name, cost in earlier.items():
        yield Figure(f"{name} at commit {commit}: seconds", cost.seconds, "s")
        yield Figure(f"{name} at commit {commit}: CPU seconds", cost.cpu, "CPU s")
        yield Figure(f"{name} at commit {commit}: peak", cost.peak_mb, "MB")
        faster, less = cost.seconds / now[name].seconds, cost.cpu / now[name].cpu
        bound = BOUND.get(name)
        yield Figure(f"{name}: times as fast as {commit}", faster, "ratio", "higher", bound)
        yield Figure(f"{name}: times less CPU than {commit}", less, "ratio")


def _simulated(folder: Path, size: Size) -> Path:
    line = ("simulate", "county", "--projects", PROJECTS[size], "--months", MONTHS[size])
    _run(HERE, folder, *map(str, line), "--seed", "4")
    return folder / "county"


def _run(checkout: Path, place: Path, *line: str) -> Cost:
    done = child(_RUN, checkout, place, *line)
    if done.result["code"]:
        raise SystemExit(f"wagewatch {' '.join(line)} failed in {checkout}")
    return Cost(done.seconds, float(done.result["cpu"]), done.peak_mb)


if __name__ == "__main__":
    main()
