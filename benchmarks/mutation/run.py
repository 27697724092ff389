"""Plant small faults one at a time and count how many the tests notice.

Usage: python -m benchmarks.mutation.run [--minutes 18] [--seed 1] [--floor NAME] [--keep]

Faults are generated (:mod:`benchmarks.mutation.operators`) and drawn at random, the floors in turn,
until the time is over. A fault is noticed if a test of its floor fails or hangs. ``--keep`` stores
the score with the commit it was measured at; docs/evidence/mutation.md shows it. Faults listed in
``equivalent.toml`` are not planted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from pathlib import Path
from queue import Queue
from random import Random

from benchmarks.mutation.equivalent import is_equivalent
from benchmarks.mutation.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
SCORE_FILE = Path(__file__).with_name("score.json")
WORKERS = 2
_PARTS = ("risk", "features", "models", "training", "serving", "benchmarks", "tests", "docs")
_FILES = ("pyproject.toml", "Makefile", "README.md")
_SLACK = 60.0
_ELSEWHERE = ("commands", "endpoints", "pages", "schemas")
"""Modules whose tests are those of the command line, the API and the pages."""

Result = tuple[str, str, int, str, str, bool]
"""Floor, file, line, text before, text after, noticed."""


@dataclass(frozen=True)
class Floor:
    """Code (``sources``, as globs) and the ``tests`` that should notice its faults."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


FLOORS = (
    Floor(
        "feature SQL",
        ("features/families/*.py", "features/pay_state.py", "features/season.py"),
        (
            *("tests/features/families", "tests/features/test_by_hand.py"),
            *("tests/features/test_no_inspector_habits.py", "tests/features/test_catalogue.py"),
            *("tests/features/test_statement_bounds.py", "tests/models/test_evidence.py"),
            *("tests/models/test_scorecard_lines.py", "tests/models/test_pinned_reasons.py"),
        ),
    ),
    Floor("red flags", ("risk/flags/**/*.py",), ("tests/risk/flags",)),
    Floor("watchlist", ("risk/watchlist/*.py",), ("tests/risk/watchlist",)),
    Floor(
        "models",
        tuple(
            f"models/{name}.py"
            for name in (
                *("scorecard", "counterfactuals", "reasons", "novelty", "calibration"),
                *("peer_medians", "cohort_scores"),
            )
        ),
        tuple(
            f"tests/models/test_{name}.py"
            for name in (
                *("scorecard", "scorecard_lines", "calibration", "counterfactuals", "evidence"),
                *("novelty", "pinned_cohort", "pinned_reasons", "reasons"),
            )
        ),
    ),
    Floor(
        "evaluation and promotion",
        ("training/evaluation/*.py", "training/promotion/*.py"),
        ("tests/training/evaluation", "tests/training/promotion"),
    ),
    Floor("briefings", ("serving/briefings/**/*.py",), ("tests/serving/briefings",)),
    Floor(
        "matters",
        ("serving/matters/*.py",),
        ("tests/serving/matters", "tests/serving/outcomes/test_visit_dates.py"),
    ),
    Floor(
        "publishing",
        ("serving/publishing/*.py",),
        tuple(
            f"tests/serving/publishing/test_{name}.py"
            for name in (
                *("verdicts_by_hand", "parts_by_hand", "timeline", "remarks", "seals"),
                *("pipeline", "replay", "written_scores"),
            )
        ),
    ),
    Floor(
        "access",
        ("serving/auth/*.py",),
        tuple(
            f"tests/serving/auth/test_{name}.py"
            for name in (
                *("accounts_by_hand", "authenticator_by_hand", "edges_in_time", "second_factor"),
                *("sessions", "oidc"),
            )
        ),
    ),
)


def sample(found: Mapping[str, Sequence[Mutant]], size: int, seed: int) -> list[tuple[str, Mutant]]:
    """Return ``size`` of the mutants of all files, drawn at random; fewer if there are fewer."""
    every = [(file, one) for file in sorted(found) for one in found[file]]
    return Random(seed).sample(every, min(size, len(every)))  # noqa: S311  # no secret


@dataclass(frozen=True)
class FloorScore:
    """The faults planted in a floor and noticed, and those that were not."""

    planted: int
    noticed: int
    survivors: tuple[str, ...]


def score(results: Iterable[Result]) -> dict[str, FloorScore]:
    """Return by floor how many faults were planted and noticed, and those that were not."""
    floors: dict[str, list[Result]] = {}
    for one in results:
        floors.setdefault(one[0], []).append(one)
    return {
        name: FloorScore(
            planted=len(rows),
            noticed=sum(noticed for *_, noticed in rows),
            survivors=tuple(
                f"{file}:{line}: `{before.strip()}` to `{after.strip()}`"
                for _, file, line, before, after, noticed in sorted(rows)
                if not noticed
            ),
        )
        for name, rows in floors.items()
    }


def main(arguments: Sequence[str]) -> int:
    """Run the mutants and print the score; 1 if the tests fail without any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=18.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--floor", action="append")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    floors = [one for one in FLOORS if options.floor is None or one.name in options.floor]
    deadline = time.monotonic() + 60 * options.minutes
    commit = _commit()
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Path] = Queue()
        for number in range(WORKERS):
            copies.put(_copy(Path(folder) / f"copy{number}"))
        results = _run(floors, copies, deadline, options.seed)
    if results is None:
        return 1
    found = score(results)
    for name, row in found.items():
        print(f"{name}: {row.noticed} of {row.planted} noticed")
        for one in row.survivors:
            print(f"  {one}")
    if options.keep:
        _store(found, options.seed, commit)
    return 0


def _run(
    floors: Sequence[Floor], copies: Queue[Path], deadline: float, seed: int
) -> list[Result] | None:
    """Try mutants of the floors in turn until the deadline; None if tests fail without a fault."""

    def baseline(floor: Floor) -> float | None:
        copy = copies.get()
        start = time.monotonic()
        passed = _tests_pass(copy, _test_files(floor, None), None)
        copies.put(copy)
        return time.monotonic() - start if passed else None

    def attempt(floor: Floor, file: str, mutant: Mutant, limit: float) -> Result | None:
        copy = copies.get()
        try:
            if time.monotonic() > deadline:
                return None
            noticed = not _survives(copy, floor, file, mutant, limit)
            return (floor.name, file, mutant.line, mutant.before, mutant.after, noticed)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(WORKERS) as pool:
        seconds = dict(zip(floors, pool.map(baseline, floors), strict=True))
        failing = [floor.name for floor, took in seconds.items() if took is None]
        if failing:
            sys.stderr.write(f"tests fail without a fault: {', '.join(failing)}\n")
            return None
        drawn = [
            [(floor, file, one) for file, one in sample(_mutants(floor), 1000, seed)]
            for floor in floors
        ]
        turns = [one for one in chain.from_iterable(zip_longest(*drawn)) if one is not None]
        tried = pool.map(lambda turn: attempt(*turn, 2 * (seconds[turn[0]] or 0.0) + _SLACK), turns)
        return [one for one in tried if one is not None]


def _survives(copy: Path, floor: Floor, file: str, mutant: Mutant, limit: float) -> bool:
    path = copy / file
    source = path.read_text(encoding="utf-8")
    path.write_text(mutant.apply(source), encoding="utf-8")
    try:
        return _tests_pass(copy, _test_files(floor, Path(file).stem), limit)
    finally:
        path.write_text(source, encoding="utf-8")


def _tests_pass(copy: Path, tests: Sequence[str], limit: float | None) -> bool:
    """Whether the tests pass in a copy of the project; False if they take longer than ``limit``."""
    command = [
        *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"),
        *("--no-header", "--disable-warnings", *tests),
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _mutants(floor: Floor) -> dict[str, list[Mutant]]:
    every = {path for pattern in floor.sources for path in ROOT.glob(pattern)}
    files = sorted(path for path in every if path.stem not in _ELSEWHERE)
    return {str(path.relative_to(ROOT)): _planted(path) for path in files}


def _planted(path: Path) -> list[Mutant]:
    """Return the mutants of a file without those that change nothing."""
    file, source = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    return [one for one in mutants(source) if not is_equivalent(file, one, source)]


def _test_files(floor: Floor, module: str | None) -> list[str]:
    """Return the test files of a floor, those that name ``module`` first."""
    found: dict[Path, None] = {}
    for pattern in floor.tests:
        glob = pattern if pattern.endswith(".py") else f"{pattern}/test_*.py"
        found |= dict.fromkeys(sorted(ROOT.glob(glob)))
    files = list(found)
    if module is not None:
        files.sort(key=lambda path: module not in path.read_text(encoding="utf-8"))
    return [str(path.relative_to(ROOT)) for path in files]


def _copy(folder: Path) -> Path:
    for name in _PARTS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


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
