"""Compare the ratios of the quick sizes with the stored figures of this release.

Usage: python -m benchmarks.check [NAME ...]

The command fails if a ratio is more than 20 % worse than the stored one, or a stored benchmark
cannot run here; give the NAMEs to check to leave others out. Ratios without a stored figure are
only listed. Seconds and MB are not compared, since they depend on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import KEPT, Figure, release
from benchmarks.run_all import NAMES, missing, runnable

ALLOWED = 0.20
"""How much worse a ratio may be, as a share of the stored one."""


@dataclass(frozen=True)
class Comparison:
    """Messages about ratios that are worse, not stored, or not measurable here."""

    worse: tuple[str, ...]
    not_stored: tuple[str, ...]
    skipped: tuple[str, ...]


def compare(
    stored: Mapping[str, Mapping[str, Any]],
    figures: Sequence[Figure],
    environment: Mapping[str, str] = os.environ,
) -> Comparison:
    """Compare the ``figures`` of one benchmark with its ``stored`` ones (name to figure as JSON).

    A stored ratio that is no longer measured counts as worse, so that no figure is lost, unless it
    needs a variable missing from ``environment``. Ratios without a better direction are not
    compared.
    """
    ratios = [one for one in figures if one.unit == "ratio" and one.better != "neither"]
    worse = [
        f"{one.name}: {one.value:.3f}, stored {stored[one.name]['value']:.3f}"
        f" ({_loss(one, stored[one.name]['value']):.0%} worse)"
        for one in ratios
        if one.name in stored and _loss(one, stored[one.name]["value"]) > ALLOWED
    ]
    measured = {one.name for one in figures}
    gone = [one for name, one in stored.items() if one["unit"] == "ratio" and name not in measured]
    skipped = [one for one in gone if one["needs"] and not environment.get(one["needs"])]
    worse += [
        f"{one['name']}: stored {one['value']:.3f}, not measured now"
        for one in gone
        if one not in skipped
    ]
    return Comparison(
        tuple(worse),
        tuple(f"{one.name}: {one.value:.3f}" for one in ratios if one.name not in stored),
        tuple(f"{one['name']}: {one['needs']} is not set" for one in skipped),
    )


def _loss(figure: Figure, stored: float) -> float:
    """How much worse ``figure`` is than ``stored``, as a share of it; below 0 is better."""
    change = (figure.value - stored) / stored
    return -change if figure.better == "higher" else change


def main() -> None:
    """Measure and compare; fails if a ratio is worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    names = parser.parse_args().names or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    stored = _stored()
    worse = [
        f"{name}: stored, but {reason}"
        for name in names
        if name in stored and (reason := missing(name))
    ]
    for name in (one for one in runnable() if one in names):
        print(f"\n{name}", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").figures("quick")
        comparison = compare(stored.get(name, {}), figures)
        lines = [f"  not stored yet: {line}" for line in comparison.not_stored]
        lines += [f"  skipped: {line}" for line in comparison.skipped]
        print("\n".join(lines) or "  compared")
        worse += [f"{name}: {line}" for line in comparison.worse]
    if worse:
        raise SystemExit("\n".join(["", f"Worse by more than {ALLOWED:.0%}:", *worse]))


def _stored() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The stored quick figures of this release, by benchmark and name.

    Raises:
        SystemExit: there are none, so nothing would be compared.
    """
    path = KEPT / f"{release()}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    quick: Mapping[str, Mapping[str, Mapping[str, Any]]] = document.get("quick", {})
    if not quick:
        message = f"nothing to compare with in {path.name}: make bench KEEP=1 stores figures"
        raise SystemExit(message)
    return quick


if __name__ == "__main__":
    main()
