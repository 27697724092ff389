"""How every benchmark measures and tells: figures with names, children with time and peak memory.

A benchmark is one file with ``figures(size)``; ``run`` gives it its command line. Only ratios are
compared between machines and releases: both sides of a ratio are measured in the same run.
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

    ``unit`` is "ratio" for what can be compared across machines. ``better`` says which way is
    better; ``bound`` is the least (or, where lower is better, the most) it should be. ``needs``
    names the environment variable without which it cannot be measured.
    """

    name: str
    value: float
    unit: str
    better: Better = "neither"
    bound: float | None = None
    needs: str = ""

    def holds(self) -> bool:
        """Whether the bound is kept; true where there is none."""
        if self.bound is None or self.better == "neither":
            return True
        return self.value >= self.bound if self.better == "higher" else self.value <= self.bound


@dataclass(frozen=True)
class Child:
    """A finished child process: what it printed last, as JSON; seconds; peak memory in MB.

    The peak is the process's own largest resident size. What the system tells a waiting parent
    would not do: it never falls below the parent's size when the child was started.
    """

    told: Any
    seconds: float
    peak_mb: float


_PEAK = "peak resident kB: "
_TELL_PEAK = f"""
import atexit as _atexit
@_atexit.register
def _tell_peak():
    with open("/proc/self/status") as status:
        print({_PEAK!r} + next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def child(script: str, *arguments: object, python: str = sys.executable) -> Child:
    """Run ``script`` in a Python of its own, with this folder's parent on its path.

    The last line it prints that is a JSON object is what it told. The time includes the start of
    Python.

    Raises:
        SystemExit: it failed.
    """
    path = os.pathsep.join([str(KEPT.parent.parent), os.environ.get("PYTHONPATH", "")])
    command = [python, "-c", _TELL_PEAK + script, *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        done = subprocess.run(
            command, stdout=out, env={**os.environ, "PYTHONPATH": path}, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"a measured process failed with {done.returncode}")
        out.seek(0)
        said = out.read()
    *_, peak = (line for line in said.splitlines() if line.startswith(_PEAK))
    return Child(_told(said), seconds, int(peak.removeprefix(_PEAK)) / 1024)


def _told(said: str) -> Any:
    """The last line that is a JSON object; None where there is none."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    return None


def run(name: str, figures: Callable[[Size], Sequence[Figure]]) -> None:
    """The command line of a benchmark: ``python -m benchmarks.NAME [--full] [--keep]``.

    Without ``--full`` it is the quick size, with ``--keep`` the figures go to ``benchmarks/kept``.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--full", action="store_true", help="the sizes the documents speak of")
    parser.add_argument("--keep", action="store_true", help="keep the figures of this release")
    asked = parser.parse_args()
    size: Size = "full" if asked.full else "quick"
    found = list(figures(size))
    for figure in found:
        print(_line(figure))
    if asked.save:
        keep(name, size, found)


def keep(name: str, size: Size, figures: Sequence[Figure]) -> None:
    """Write the figures of this release to ``kept/RELEASE.json``, beside those of other files."""
    path = KEPT / f"{release()}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept.setdefault(size, {})[name] = {one.name: asdict(one) for one in figures}
    kept["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def release() -> str:
    """The version figures are kept under."""
    import tomllib

    with (KEPT.parent.parent / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _line(figure: Figure) -> str:
    bound = ""
    if figure.bound is not None:
        sign = ">=" if figure.better == "higher" else "<="
        bound = f"  (bound {sign} {figure.bound:g}: {'kept' if figure.holds() else 'NOT KEPT'})"
    return f"{figure.name:<52} {figure.value:>14,.3f} {figure.unit}{bound}"
