"""Trials side by side, each in its copy of the project; which tests are asked first."""

from __future__ import annotations

import compileall
import gc
import os
import py_compile
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.mutation.floors import ROOT, Floor
from benchmarks.mutation.operators import Mutant
from benchmarks.mutation.trial import Outcome, Trial, end, folders_in, unaffected, warm_up

WORKERS = 2
_PARTS = ("risk", "features", "models", "training", "serving", "benchmarks", "tests", "docs")
_FILES = ("pyproject.toml", "Makefile", "README.md")
_REMOVALS = 3
"""A program that a test started may still write while the copies are removed."""
_SLACK = 60
_AT_MOST = 3600
"""Seconds that the tests of a floor may take without a fault."""


@dataclass(frozen=True)
class Fault:
    """A mutant of a file, and the floor whose tests should notice it."""

    floor: Floor
    file: str
    mutant: Mutant


@contextmanager
def folder_for_copies() -> Iterator[Path]:
    """Yield a new folder, in memory where there is one: databases wait for no disk then."""
    memory = Path("/dev/shm")  # noqa: S108  # else the usual place
    made = tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None)
    try:
        yield Path(made)
    finally:
        for _ in range(_REMOVALS):
            shutil.rmtree(made, ignore_errors=True)


class Desk:
    """Copies of the project in ``folder``, and what is known of the tests.

    Everything is read from the copy ``original``: the project may be changed during a run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.original = _copy(folder / "original")
        self._free = [
            Path(shutil.copytree(self.original, folder / f"copy{number}"))
            for number in range(WORKERS)
        ]
        self._running: dict[int, tuple[Floor, Fault | None, Path, Path]] = {}
        self._started = 0
        self._built: dict[str, Path] = {}
        self._noticed_by: dict[str, Counter[str]] = {}
        self._seconds: dict[Floor, dict[str, float]] = {}

    def try_without_fault(self, floors: Sequence[Floor]) -> list[str]:
        """Return the floors whose tests fail; what the others import is imported from now on."""
        failing, modules = [], dict[str, None]()
        for floor, _, outcome in self._outcomes((floor, None) for floor in floors):
            self._seconds[floor] = outcome.seconds
            modules |= dict.fromkeys(outcome.modules)
            reason = outcome.undecided or outcome.failed
            failing += [] if outcome.passed else [f"{floor.name} ({reason})"]
        warm_up(modules)
        return failing

    def seconds(self, floor: Floor) -> float:
        """Return how long the tests of a floor take without a fault."""
        return sum(self._seconds[floor].values())

    def close(self) -> None:
        """End the trials that are running."""
        for pid in self._running:
            end(pid)
            os.waitpid(pid, 0)
        self._running.clear()

    def outcomes(self, faults: Iterable[Fault]) -> Iterator[tuple[Fault, Outcome]]:
        """Yield what became of each fault, in the order in which the trials end."""
        gc.freeze()  # what is imported stays; trials need not look at it again
        for _, fault, outcome in self._outcomes((one.floor, one) for one in faults):
            if fault is not None:
                decided = self._decided(fault, outcome)
                self._noticed_by.setdefault(fault.file, Counter())[decided.failed or ""] += 1
                yield fault, decided
        gc.unfreeze()

    def _decided(self, fault: Fault, outcome: Outcome) -> Outcome:
        """Return an outcome, as noticed if it is undecided where the tests pass without the fault.

        The tests that had begun are asked again, or the first file if none had.
        """
        if outcome.undecided is None:
            return outcome
        tests = tuple(outcome.seconds) or self._order(fault.floor, fault)[:1]
        pid = self._start(fault.floor, None, tests)
        _, _, again = self._ended(*os.waitpid(pid, 0))
        if not again.passed:
            return outcome
        return replace(outcome, passed=False, executed=True, undecided=None)

    def _outcomes(
        self, jobs: Iterable[tuple[Floor, Fault | None]]
    ) -> Iterator[tuple[Floor, Fault | None, Outcome]]:
        waiting = iter(jobs)
        while True:
            while self._free and (job := next(waiting, None)) is not None:
                self._start(*job, self._order(*job))
            if not self._running:
                return
            yield self._ended(*os.wait())

    def _start(self, floor: Floor, fault: Fault | None, tests: tuple[str, ...]) -> int:
        copy, base = self._free.pop(), self._folder / f"run{self._started}"
        self._started += 1
        file = None if fault is None else fault.file
        if fault is not None:
            path = copy / fault.file
            path.write_text(fault.mutant.apply(self._text(fault.file)), encoding="utf-8")
        built = unaffected(file, self._built.values())
        seconds = self._seconds.get(floor, {})
        trial = Trial(copy, tests, file, built, self._limit(floor), seconds)
        pid = trial.start(base)
        self._running[pid] = (floor, fault, copy, base)
        return pid

    def _ended(self, pid: int, status: int) -> tuple[Floor, Fault | None, Outcome]:
        floor, fault, copy, base = self._running.pop(pid)
        outcome = Outcome.of(pid, status, base)
        if fault is None:
            self._store(base)
        else:
            (copy / fault.file).write_text(self._text(fault.file), encoding="utf-8")
        shutil.rmtree(base, ignore_errors=True)
        self._free.append(copy)
        return floor, fault, outcome

    def _store(self, base: Path) -> None:
        """Store the folders that were built without a fault."""
        for name, folder in folders_in(base).items():
            if name not in self._built:
                self._built[name] = self._folder / "built" / name
                self._built[name].parent.mkdir(exist_ok=True)
                folder.rename(self._built[name])

    def _limit(self, floor: Floor) -> int:
        seconds = self._seconds.get(floor)
        return _AT_MOST if seconds is None else _SLACK + 2 * round(sum(seconds.values()))

    def _text(self, file: str) -> str:
        return (self.original / file).read_text(encoding="utf-8")

    def _order(self, floor: Floor, fault: Fault | None) -> tuple[str, ...]:
        """Return the test files: first those that noticed faults of the file, then that name it."""
        tests = floor.test_files(self.original)
        if fault is None:
            return tuple(tests)
        file = fault.file
        noticed, seconds = self._noticed_by.get(file, Counter()), self._seconds[floor]

        def place(test: str) -> tuple[int, bool, float]:
            return -noticed[test], Path(file).stem not in self._text(test), seconds.get(test, 0.0)

        return tuple(sorted(tests, key=place))


def _copy(folder: Path) -> Path:
    """Copy the project and compile it; compiled files are compared by the text they are of.

    By its time a faulty file could pass for the one before: both are written in the same second.
    """
    for name in _PARTS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(folder / name, quiet=2, invalidation_mode=mode)
    for name in _FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder
