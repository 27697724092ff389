"""Plant small faults one at a time and count how many the tests notice.

Usage: python -m benchmarks.mutation.run [--minutes 18] [--seed 1] [--floor NAME] [--keep]

Faults are generated (:mod:`benchmarks.mutation.operators`) and drawn at random, the floors in turn,
until no floor's tests could end before the time is over. A fault is noticed if a test of its floor
fails or hangs; one in a module that no test of the floor executes is counted apart, and so is a
trial that something else ended. ``--keep`` stores the score with the commit it was measured at;
docs/evidence/mutation.md shows it. Faults listed in ``equivalent.toml`` are not planted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from pathlib import Path
from random import Random

from benchmarks.mutation.desk import Desk, Fault, folder_for_copies
from benchmarks.mutation.floors import FLOORS, ROOT, Floor, planted
from benchmarks.mutation.operators import Mutant

SCORE_FILE = Path(__file__).with_name("score.json")
_DRAWN = 1000


@dataclass(frozen=True)
class Result:
    """What became of a fault; ``executed``: the module that holds it was.

    ``undecided`` says what ended the trial, other than the tests.
    """

    floor: str
    file: str
    mutant: Mutant
    noticed: bool
    executed: bool = True
    undecided: str | None = None

    def __str__(self) -> str:
        """Return where the fault was and what it was."""
        before, after = self.mutant.before.strip(), self.mutant.after.strip()
        return f"{self.file}:{self.mutant.line}: `{before}` to `{after}`"


@dataclass(frozen=True)
class FloorScore:
    """The faults planted in executed modules and noticed; those that were not; those elsewhere.

    Trials that something else ended (``undecided``) are not counted.
    """

    planted: int
    noticed: int
    survivors: tuple[str, ...]
    not_executed: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def sample(found: Mapping[str, Sequence[Mutant]], size: int, seed: int) -> list[tuple[str, Mutant]]:
    """Return ``size`` of the mutants of all files, drawn at random; fewer if there are fewer."""
    every = [(file, one) for file in sorted(found) for one in found[file]]
    return Random(seed).sample(every, min(size, len(every)))  # noqa: S311  # no secret


def score(results: Iterable[Result]) -> dict[str, FloorScore]:
    """Return by floor how many faults were planted and noticed, and those that were not."""
    floors: dict[str, list[Result]] = {}
    for one in results:
        floors.setdefault(one.floor, []).append(one)
    return {name: _floor_score(rows) for name, rows in floors.items()}


def _floor_score(results: Sequence[Result]) -> FloorScore:
    rows = sorted(results, key=lambda one: (one.file, one.mutant.start, one.mutant.after))
    decided = [one for one in rows if one.undecided is None]
    executed = [one for one in decided if one.executed]
    return FloorScore(
        planted=len(executed),
        noticed=sum(one.noticed for one in executed),
        survivors=tuple(str(one) for one in executed if not one.noticed),
        not_executed=tuple(str(one) for one in decided if not one.executed),
        undecided=tuple(f"{one} ({one.undecided})" for one in rows if one.undecided is not None),
    )


def main(arguments: Sequence[str]) -> int:
    """Run the mutants and print the score; 1 if the tests fail without any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=18.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--floor", action="append", choices=[one.name for one in FLOORS])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    floors = [one for one in FLOORS if options.floor is None or one.name in options.floor]
    deadline = time.monotonic() + 60 * options.minutes
    commit = _commit()
    signal.signal(signal.SIGTERM, _stop)
    with folder_for_copies() as folder, closing(Desk(folder)) as desk:
        failing = desk.try_without_fault(floors)
        if failing:
            sys.stderr.write(f"tests fail without a fault: {', '.join(failing)}\n")
            return 1
        results = list(_results(desk, _draws(floors, options.seed, desk.original), deadline))
    found = score(results)
    for name, row in found.items():
        print(f"{name}: {row.noticed} of {row.planted} noticed")
        for one in row.survivors:
            print(f"  {one}")
        for one in row.not_executed:
            print(f"  in no test: {one}")
        for one in row.undecided:
            print(f"  undecided: {one}")
    if options.keep:
        _store(found, options.seed, commit)
    return 0


def _results(desk: Desk, faults: Iterable[Fault], deadline: float) -> Iterator[Result]:
    def in_time() -> Iterator[Fault]:
        """Yield those whose tests can end before the deadline, all of them: whatever they find."""
        for fault in faults:
            if time.monotonic() + desk.seconds(fault.floor) < deadline:
                yield fault

    for fault, one in desk.outcomes(in_time()):
        found = (fault.floor.name, fault.file, fault.mutant, not one.passed)
        yield Result(*found, executed=one.executed, undecided=one.undecided)


def _stop(number: int, _: object) -> None:
    """End as an exception does, so that the copies are removed; once."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def _draws(floors: Sequence[Floor], seed: int, root: Path = ROOT) -> Iterator[Fault]:
    """Yield mutants of the project in ``root`` drawn at random, the floors in turn."""
    drawn = [
        [Fault(floor, file, one) for file, one in sample(_mutants(floor, root), _DRAWN, seed)]
        for floor in floors
    ]
    return (one for one in chain.from_iterable(zip_longest(*drawn)) if one is not None)


def _mutants(floor: Floor, root: Path) -> dict[str, list[Mutant]]:
    return {file: planted(file, root) for file in floor.files(root)}


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _store(found: Mapping[str, FloorScore], seed: int, commit: str) -> None:
    measured_on = dt.datetime.now(dt.UTC).date().isoformat()
    floors = {name: asdict(row) for name, row in found.items()}
    stored = {"commit": commit, "measured_on": measured_on, "seed": seed, "floors": floors}
    SCORE_FILE.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
