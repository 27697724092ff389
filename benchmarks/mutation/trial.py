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
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    # Other plugins that are installed need not load into a process in which modules were imported.
    *("--disable-plugin-autoload", "-p", "anyio", "-p", "hypothesispytest"),
)
_HYPOTHESIS = "_hypothesis_pytestplugin"
_SLACK = 60


@dataclass(frozen=True)
class Outcome:
    """Whether the tests passed and the faulty text was executed, which test file failed.

    ``seconds`` are by test file; ``modules`` were imported from elsewhere. ``undecided`` says what
    ended the trial before the tests could say anything.
    """

    passed: bool
    executed: bool
    failed: str | None
    seconds: dict[str, float]
    modules: tuple[str, ...]
    undecided: str | None = None

    @classmethod
    def of(cls, pid: int, status: int, base: Path) -> Outcome:
        """Return the outcome of a trial that has ended; the tests failed if it hung or crashed.

        Programs that it started and left behind are killed. A trial that ended otherwise without
        a report, killed by somebody perhaps, says nothing of the tests.
        """
        end(pid)
        report = _report(base)
        if report.exists():
            return cls(**json.loads(report.read_text(encoding="utf-8")))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in _FROM_OUTSIDE:
            return cls(passed=False, executed=True, failed=None, seconds={}, modules=())
        undecided = f"no report: {_last_words(base) or 'it was killed'}"
        return cls(False, executed=False, failed=None, seconds={}, modules=(), undecided=undecided)


@dataclass(frozen=True)
class Trial:
    """Tests of the project in ``copy``, of whose files ``faulty`` has a fault (None: none has).

    ``built`` are folders of :data:`BUILT_BY`; after ``limit`` seconds the tests are killed, and
    when one takes a minute and more longer than its file did before (``seconds``).
    """

    copy: Path
    tests: tuple[str, ...]
    faulty: str | None
    built: tuple[Path, ...]
    limit: int
    seconds: Mapping[str, float] = field(default_factory=dict)

    def start(self, base: Path) -> int:
        """Fork a process for the tests, with temporary files in ``base``; return its id."""
        if pid := os.fork():
            with contextlib.suppress(OSError):  # it did so itself
                os.setpgid(pid, pid)
            return pid
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setpgid(0, 0)
            signal.alarm(self.limit)
            _redirect(_errors(base))
            _report(base).write_text(json.dumps(vars(self._run(base))), encoding="utf-8")
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)

    def _run(self, base: Path) -> Outcome:
        _enter(self.copy)
        watch, listener = _Watch(self.faulty), _Listener(self.built, self._limits())
        sys.meta_path.insert(0, watch)
        code = pytest.main([*_PYTEST, f"--basetemp={base}", *self.tests], plugins=[listener])
        return Outcome(
            passed=code == pytest.ExitCode.OK,
            executed=watch.executed,
            failed=listener.failed,
            seconds=listener.seconds,
            modules=tuple(name for name in sys.modules if _is_elsewhere(name)),
            undecided=_breakage(code, listener.internal_error or _last_words(base)),
        )

    def _limits(self) -> Callable[[str], int]:
        """Return how many seconds a test of a file may take from now on."""
        ends = time.monotonic() + self.limit

        def limit(file: str) -> int:
            left = max(1, round(ends - time.monotonic()))
            return min(left, _SLACK + 2 * round(self.seconds.get(file, self.limit)))

        return limit


def end(pid: int) -> None:
    """Kill a trial and the programs that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def warm_up(modules: Iterable[str]) -> None:
    """Import modules; what cannot be imported is left to the tests.

    Hypothesis refuses to load its plugin of pytest after modules that have used it. What
    ``tests/conftest.py`` sets for libraries is read when they are imported.
    """
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENPYXL_LXML": "False"}
    for name in (_HYPOTHESIS, *modules):
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


def _breakage(code: int, said: str | None) -> str | None:
    """Return what pytest itself said if it ended otherwise than by the result of tests."""
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return None
    return f"pytest ended with {int(code)}: {said}"


def _last_words(base: Path) -> str | None:
    """Return the last line that the trial wrote as an error."""
    errors = _errors(base)
    text = errors.read_text(encoding="utf-8", errors="replace") if errors.exists() else ""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else None


def _redirect(errors: Path) -> None:
    """Write errors of this process to ``errors``, and nothing else."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT, 0o600), 2)


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
        text = self.get_data(self.path)
        self._note()  # also of a text that is no Python
        code: CodeType = self.source_to_code(text, self.path)
        return code


class _Listener:
    """Links folders built before to the temporary ones; notes seconds and the first failure.

    A test that takes more than the seconds ``limit`` gives for its file ends the process.
    """

    def __init__(self, built: tuple[Path, ...], limit: Callable[[str], int]) -> None:
        self.built_folders = _links(built)
        self._limit = limit
        self.failed: str | None = None
        self.internal_error: str | None = None
        self.seconds: dict[str, float] = {}

    def pytest_internalerror(self, excrepr: object) -> None:
        self.internal_error = str(excrepr).strip().splitlines()[-1]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.alarm(self._limit(nodeid.partition("::")[0]))

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
