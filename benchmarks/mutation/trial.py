"""Tests run in a forked copy of this process, against a project with one fault.

What the tests import from elsewhere is imported once, before the fork (:func:`warm_up`); the
project itself is imported in the child, from its own copy on disk, so that every module sees the
fault and so do the programs that tests start. The outcome says whether the text with the fault was
executed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest

BUILT_BY = {
    "tracking": ("models/",),
    "service": ("serving/",),
    "records": ("risk/",),
    "county": ("risk/",),
    "county-training-set": ("risk/", "features/", "training/"),
    "county-trained": ("risk/", "features/", "models/", "training/"),
}
"""Folders that tests build once (``built_once``), and the code that builds them: they are
used again for faults in other code."""

_FROM_OUTSIDE = (signal.SIGINT, signal.SIGKILL, signal.SIGTERM)
_PROJECT = ("risk", "features", "models", "training", "serving", "tests", "docs", "benchmarks")
_PYTEST = (
    *("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--disable-warnings", "--tb=no"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins were imported before the fork
)


@dataclass(frozen=True)
class Outcome:
    """Whether the tests passed and the faulty text was executed, which test file failed.

    ``seconds`` are by test file; ``modules`` were imported from elsewhere.
    """

    passed: bool
    executed: bool
    failed: str | None
    seconds: dict[str, float]
    modules: tuple[str, ...]

    @classmethod
    def of(cls, pid: int, status: int, base: Path) -> Outcome:
        """Return the outcome of a trial that has ended; the tests failed if it hung or crashed.

        Programs that it started and left behind are killed. A trial that ended otherwise without
        a report, killed by somebody perhaps, says nothing of the tests: RuntimeError.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        report = _report(base)
        if report.exists():
            return cls(**json.loads(report.read_text(encoding="utf-8")))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in _FROM_OUTSIDE:
            return cls(passed=False, executed=True, failed=None, seconds={}, modules=())
        errors = _errors(base)
        said = errors.read_text(encoding="utf-8") if errors.exists() else "it was killed"
        raise RuntimeError(f"a trial ended without a report: {said}")


@dataclass(frozen=True)
class Trial:
    """Tests of the project in ``copy``, of whose files ``faulty`` has a fault (None: none has).

    ``built`` are folders of :data:`BUILT_BY`; after ``limit`` seconds the tests are killed.
    """

    copy: Path
    tests: tuple[str, ...]
    faulty: str | None
    built: tuple[Path, ...]
    limit: int

    def start(self, base: Path) -> int:
        """Fork a process for the tests, with temporary files in ``base``; return its id."""
        if pid := os.fork():
            return pid
        try:
            os.setpgid(0, 0)
            signal.alarm(self.limit)
            _silence()
            _report(base).write_text(json.dumps(vars(self._run(base))), encoding="utf-8")
        except BaseException:
            _errors(base).write_text(traceback.format_exc(), encoding="utf-8")
        finally:
            os._exit(0)

    def _run(self, base: Path) -> Outcome:
        _enter(self.copy)
        watch, listener = _Watch(self.faulty), _Listener(self.built)
        sys.meta_path.insert(0, watch)
        code = pytest.main([*_PYTEST, f"--basetemp={base}", *self.tests], plugins=[listener])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not watch.executed:
            raise RuntimeError(
                f"pytest ended with {code} before the fault was executed: {listener.internal_error}"
            )
        return Outcome(
            passed=code == pytest.ExitCode.OK,
            executed=watch.executed,
            failed=listener.failed,
            seconds=listener.seconds,
            modules=tuple(name for name in sys.modules if _is_elsewhere(name)),
        )


def warm_up(modules: Iterable[str]) -> None:
    """Import modules; what cannot be imported is left to the tests."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def unaffected(file: str | None, folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the folders that no code of ``file`` builds."""
    return tuple(one for one in folders if not (file or "").startswith(BUILT_BY[one.name]))


def folders_in(base: Path) -> dict[str, Path]:
    """Return the folders of :data:`BUILT_BY` that were built in ``base``, by name."""
    found = {name: base / name for name in BUILT_BY}
    return {
        name: one
        for name, one in found.items()
        if (one / ".built").exists() and not one.is_symlink()
    }


def _report(base: Path) -> Path:
    return base.with_suffix(".json")


def _errors(base: Path) -> Path:
    return base.with_suffix(".txt")


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _enter(copy: Path) -> None:
    """Make ``copy`` the project of this process and of those it starts."""
    for name in [one for one in sys.modules if one.partition(".")[0] in _PROJECT]:
        del sys.modules[name]
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    sys.path.insert(0, str(copy))
    importlib.invalidate_caches()


def _is_elsewhere(name: str) -> bool:
    """Whether a module is neither of the project nor one that pytest imports as a plugin."""
    is_plugin = name.startswith(("pytest", "_pytest", "xdist", "_hypothesis")) or "plugin" in name
    return name.partition(".")[0] not in (*_PROJECT, "__main__", "conftest") and not is_plugin


class _Watch(PathFinder):
    """Finds the faulty module as usual, and notes when its text is executed."""

    def __init__(self, faulty: str | None) -> None:
        self.executed = faulty is None
        parts = Path(faulty).with_suffix("").parts if faulty else ()
        self._name = ".".join(parts).removesuffix(".__init__")

    def find_spec(  # type: ignore[override]  # called on an object, not on the class
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._note)
        return spec

    def _note(self) -> None:
        self.executed = True


class _Loader(SourceFileLoader):
    """Compiles the text on disk without looking for a compiled file."""

    def __init__(self, name: str, path: str, note: Callable[[], None]) -> None:
        super().__init__(name, path)
        self._note = note

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        self._note()
        return code


class _Listener:
    """Links folders built before to the temporary ones; notes seconds and the first failure."""

    def __init__(self, built: tuple[Path, ...]) -> None:
        self.built_folders = _links(built)
        self.failed: str | None = None
        self.internal_error: str | None = None
        self.seconds: dict[str, float] = {}

    def pytest_internalerror(self, excrepr: object) -> None:
        self.internal_error = str(excrepr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        self.seconds[file] = self.seconds.get(file, 0.0) + report.duration
        if report.failed and self.failed is None:
            self.failed = file

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def _links(built: tuple[Path, ...]) -> object:
    """Return a fixture that runs before those of the tests."""

    @pytest.fixture(scope="session", autouse=True)
    def built_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
        for folder in built:
            (tmp_path_factory.getbasetemp() / folder.name).symlink_to(folder)

    return built_folders
