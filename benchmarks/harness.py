"""Benchmark harness: named figures, and child processes with their time and peak memory.

A benchmark is a module with ``figures(size)``; :func:`run` is its command line. Only ratios are
compared between machines and releases, since both sides of a ratio are measured in the same run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

Size = Literal["quick", "full"]
Better = Literal["higher", "lower", "neither"]
ROOT = Path(__file__).parent.parent
KEPT = ROOT / "benchmarks/kept"
RUNS: dict[Size, int] = {"quick": 3, "full": 1}
"""How often a benchmark is repeated unless ``--runs`` gives another number."""
LIBRARIES = ("duckdb", "pyarrow", "numpy", "lightgbm", "pandas", "polars", "pyspark", "sqlalchemy")
"""Whose versions are stored with the figures, where installed."""


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    ``unit`` is "ratio" for figures comparable across machines. ``bound`` is the lowest acceptable
    value (the highest where lower is better). ``needs`` names the environment variable without
    which the figure cannot be measured. ``value`` is the median of ``runs`` repetitions, ``low``
    and ``high`` their range; None before :func:`median` has seen more than one.
    """

    name: str
    value: float
    unit: str
    better: Better = "neither"
    bound: float | None = None
    needs: str = ""
    low: float | None = None
    high: float | None = None
    runs: int = 1

    def holds(self) -> bool:
        """Whether the value is within the bound; true without one."""
        if self.bound is None or self.better == "neither":
            return True
        return self.value >= self.bound if self.better == "higher" else self.value <= self.bound

    def uncertain(self) -> bool:
        """Whether some repetitions are within the bound and others are not."""
        return self.bound is not None and self.in_range(self.bound)

    def in_range(self, value: float) -> bool:
        """Whether ``value`` is between the lowest and the highest repetition."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high


@dataclass(frozen=True)
class Child:
    """A finished child process: the JSON object it printed last, seconds, peak memory in MB.

    The peak is the largest resident size the process reports itself. The figure a waiting parent
    gets is unusable: it is never below the parent's size when the child was started.
    """

    result: Any
    seconds: float
    peak_mb: float


_PEAK = "peak resident kB: "
_REPORT_PEAK = f"""
import atexit as _atexit
@_atexit.register
def _report_peak():
    with open("/proc/self/status") as status:
        print({_PEAK!r} + next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def child(script: str, *arguments: object, python: str = sys.executable) -> Child:
    """Run ``script`` in a Python of its own, with this folder's parent on its path.

    Its result is the last line it prints that is a JSON object. The time includes the start of
    Python.

    Raises:
        SystemExit: it failed.
    """
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [python, "-c", _REPORT_PEAK + script, *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        done = subprocess.run(
            command, stdout=out, env={**os.environ, "PYTHONPATH": path}, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"a measured process failed with {done.returncode}")
        out.seek(0)
        output = out.read()
    *_, peak = (line for line in output.splitlines() if line.startswith(_PEAK))
    return Child(_last_json(output), seconds, int(peak.removeprefix(_PEAK)) / 1024)


def _last_json(output: str) -> Any:
    """The last line that is a JSON object; None without one."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    return None


def run(name: str, figures: Callable[[Size], Sequence[Figure]]) -> None:
    """The command line of a benchmark: ``python -m benchmarks.NAME [--full] [--keep] [--runs N]``.

    Runs the quick size without ``--full``; ``--keep`` stores the figures in ``benchmarks/kept``.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--full", action="store_true", help="the sizes of the documentation")
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    parser.add_argument("--runs", type=int, help=f"repetitions; by default {RUNS}")
    options = parser.parse_args()
    size: Size = "full" if options.full else "quick"
    measured = repeated(figures, size, options.runs or RUNS[size])
    for figure in measured:
        print(_line(figure))
    if options.keep:
        keep(name, size, measured)


def repeated(
    figures: Callable[[Size], Sequence[Figure]], size: Size, runs: int
) -> tuple[Figure, ...]:
    """The figures of ``runs`` repetitions of a benchmark, each with its median and range."""
    return median([figures(size) for _ in range(runs)])


def median(runs: Sequence[Iterable[Figure]]) -> tuple[Figure, ...]:
    """The figures of several repetitions as one each; memory and ratios like seconds.

    >>> (one,) = median([[Figure("s", value, "s")] for value in (3.0, 1.0, 9.0)])
    >>> one.value, one.low, one.high, one.runs
    (3.0, 1.0, 9.0, 3)
    """
    grouped: dict[str, list[Figure]] = {}
    for figures in runs:
        for figure in figures:
            grouped.setdefault(figure.name, []).append(figure)
    return tuple(_median(same) for same in grouped.values())


def _median(same: Sequence[Figure]) -> Figure:
    if len(same) == 1:
        return same[0]
    values = [figure.value for figure in same]
    middle, low, high = statistics.median(values), min(values), max(values)
    return replace(same[0], value=middle, low=low, high=high, runs=len(values))


def keep(name: str, size: Size, figures: Sequence[Figure]) -> None:
    """Store the figures in ``kept/RELEASE.json``, which also holds those of other benchmarks.

    The day, commit, processor and versions are stored for each benchmark and size, since they are
    seldom all measured at once.
    """
    path = KEPT / f"{release()}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    document.setdefault(size, {})[name] = {figure.name: asdict(figure) for figure in figures}
    document.setdefault("origin", {}).setdefault(size, {})[name] = origin()
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def origin() -> dict[str, str]:
    """Day (UTC), commit, processor, cores and versions of a measurement made now."""
    versions = [f"{name} {found}" for name in LIBRARIES if (found := _version(name))]
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": _commit(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
    }


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit measured, with a plus sign where files were changed; empty without git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _processor() -> str:
    """The processor's name as Linux gives it, else as the platform does."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].partition(":")[2].strip() if lines else platform.processor()


def release() -> str:
    """The version the figures are stored under."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _line(figure: Figure) -> str:
    bound = spread = ""
    if figure.low is not None:
        spread = f"  [{figure.low:,.3f} to {figure.high:,.3f} in {figure.runs} runs]"
    if figure.bound is not None:
        sign = ">=" if figure.better == "higher" else "<="
        met = "met" if figure.holds() else "NOT MET"
        met += ", but not by every run" if figure.uncertain() else ""
        bound = f"  (bound {sign} {figure.bound:g}: {met})"
    return f"{figure.name:<52} {figure.value:>14,.3f} {figure.unit}{spread}{bound}"
