"""Benchmark harness: named figures, and child processes with their time and peak memory.

A benchmark is a module with ``figures(size)``; :func:`run` is its command line. Only ratios are
compared between machines and releases, since both sides of a ratio are measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Size = Literal["quick", "full"]
Better = Literal["higher", "lower", "neither"]
KEPT = Path(__file__).parent / "kept"


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    ``unit`` is "ratio" for figures comparable across machines. ``bound`` is the lowest acceptable
    value (the highest where lower is better). ``needs`` names the environment variable without
    which the figure cannot be measured.
    """

    name: str
    value: float
    unit: str
    better: Better = "neither"
    bound: float | None = None
    needs: str = ""

    def holds(self) -> bool:
        """Whether the value is within the bound; true without one."""
        if self.bound is None or self.better == "neither":
            return True
        return self.value >= self.bound if self.better == "higher" else self.value <= self.bound


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
    path = os.pathsep.join([str(KEPT.parent.parent), os.environ.get("PYTHONPATH", "")])
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
    """The command line of a benchmark: ``python -m benchmarks.NAME [--full] [--keep]``.

    Runs the quick size without ``--full``; ``--keep`` stores the figures in ``benchmarks/kept``.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--full", action="store_true", help="the sizes of the documentation")
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    options = parser.parse_args()
    size: Size = "full" if options.full else "quick"
    measured = list(figures(size))
    for figure in measured:
        print(_line(figure))
    if options.keep:
        keep(name, size, measured)


def keep(name: str, size: Size, figures: Sequence[Figure]) -> None:
    """Store the figures in ``kept/RELEASE.json``, which also holds those of other benchmarks."""
    path = KEPT / f"{release()}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    document.setdefault(size, {})[name] = {figure.name: asdict(figure) for figure in figures}
    document["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def release() -> str:
    """The version the figures are stored under."""
    import tomllib

    with (KEPT.parent.parent / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _line(figure: Figure) -> str:
    bound = ""
    if figure.bound is not None:
        sign = ">=" if figure.better == "higher" else "<="
        bound = f"  (bound {sign} {figure.bound:g}: {'met' if figure.holds() else 'NOT MET'})"
    return f"{figure.name:<52} {figure.value:>14,.3f} {figure.unit}{bound}"
