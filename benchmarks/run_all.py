"""Run all speed benchmarks, one after another, each in its own process.

Usage: python -m benchmarks.run_all [--full] [--keep]

A benchmark that is missing, or whose rivals are not installed, is skipped with a message.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys

NAMES = (
    *("features", "memory", "months", "explanations"),
    *("training", "province", "intake", "structure", "start_up"),
)
"""In running order."""

RIVALS = {"features": ("polars",), "explanations": ("shap",), "intake": ("pandera",)}
"""Packages a benchmark compares with, beyond the dependencies of the command."""


def main() -> None:
    """Run all benchmarks; fail at the end if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the documentation")
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    options = parser.parse_args()
    flags = [*["--full"] * options.full, *["--keep"] * options.keep]
    failed = [name for name in runnable() if not _run(name, flags)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def runnable() -> list[str]:
    """The benchmarks that can run here; prints which cannot, and why."""
    names = []
    for name in NAMES:
        reason = missing(name)
        if reason:
            print(f"{name} is skipped: {reason}")
        else:
            names.append(name)
    return names


def missing(name: str) -> str:
    """What the benchmark ``name`` lacks here; empty if nothing."""
    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        return f"there is no benchmarks/{name}.py"
    packages = [one for one in RIVALS.get(name, ()) if importlib.util.find_spec(one) is None]
    return f"{', '.join(packages)} not installed" if packages else ""


def _run(name: str, flags: list[str]) -> bool:
    print(f"\n{name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *flags]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
