"""Every benchmark of speed, one after another, each in a process of its own.

Usage: python -m benchmarks.every [--full] [--keep]

A benchmark that is not there, or whose rivals are not installed, is left out with a line.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys

NAMES = (
    *("features", "memory", "months", "explanations"),
    *("training", "province", "intake", "start_up"),
)
"""In the order they run."""

RIVALS = {"features": ("polars",), "explanations": ("shap",), "intake": ("pandera",)}
"""Packages a benchmark compares with, beyond those the command needs."""


def main() -> None:
    """Read the arguments, run all, fail at the end if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes the documents speak of")
    parser.add_argument("--keep", action="store_true", help="keep the figures of this release")
    asked = parser.parse_args()
    flags = [*["--full"] * asked.full, *["--keep"] * asked.save]
    failed = [name for name in ready() if not _run(name, flags)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def ready() -> list[str]:
    """The benchmarks that can run here; says which cannot, and why."""
    found = []
    for name in NAMES:
        why = missing(name)
        if why:
            print(f"{name} is left out: {why}")
        else:
            found.append(name)
    return found


def missing(name: str) -> str:
    """What the benchmark ``name`` lacks here; empty when nothing."""
    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        return f"there is no benchmarks/{name}.py"
    lacking = [one for one in RIVALS.get(name, ()) if importlib.util.find_spec(one) is None]
    return f"{', '.join(lacking)} not installed" if lacking else ""


def _run(name: str, flags: list[str]) -> bool:
    print(f"\n{name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *flags]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
