"""Compare the ratios of the quick sizes with their bounds and the stored figures of this release.

Usage: python -m benchmarks.check [--runs N] [NAME ...]

The command fails if a ratio misses its bound, or is more than 20 % worse than the stored one and
outside the range of the stored repetitions, or a stored benchmark cannot run here; give the NAMEs
to check to leave others out. What is within the range of the repetitions is listed as noise.
Ratios without a stored figure are only listed, unless they miss their bound. Seconds and MB are
not compared, since they depend on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import KEPT, Figure, release, repeated
from benchmarks.run_all import NAMES, missing, runnable

ALLOWED = 0.20
"""How much worse a ratio may be, as a share of the stored one."""


@dataclass(frozen=True)
class Comparison:
    """Messages about ratios that are worse, within noise, not stored, or not measurable here.

    ``worse`` holds the missed bounds too.
    """

    worse: tuple[str, ...]
    noise: tuple[str, ...]
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
    findings = [
        (message, _noise(one, stored.get(one.name)))
        for one in ratios
        for message in (*_missed(one), *_lost(one, stored.get(one.name)))
    ]
    worse = [message for message, noise in findings if not noise]
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
        tuple(message for message, noise in findings if noise),
        tuple(f"{one.name}: {one.value:.3f}" for one in ratios if one.name not in stored),
        tuple(f"{one['name']}: {one['needs']} is not set" for one in skipped),
    )


def _missed(figure: Figure) -> list[str]:
    if figure.holds():
        return []
    return [f"{figure.name}: {figure.value:.3f}, bound {figure.bound:g}"]


def _lost(figure: Figure, stored: Mapping[str, Any] | None) -> list[str]:
    if stored is None or (loss := _loss(figure, stored["value"])) <= ALLOWED:
        return []
    return [f"{figure.name}: {figure.value:.3f}, stored {stored['value']:.3f} ({loss:.0%} worse)"]


def _noise(figure: Figure, stored: Mapping[str, Any] | None) -> bool:
    """Whether repetitions differ as much: of this measurement, or of the stored one."""
    return figure.uncertain() or (stored is not None and Figure(**stored).in_range(figure.value))


def _loss(figure: Figure, stored: float) -> float:
    """How much worse ``figure`` is than ``stored``, as a share of it; below 0 is better."""
    change = (figure.value - stored) / stored
    return -change if figure.better == "higher" else change


def main() -> None:
    """Measure and compare; fails if a ratio is worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--runs", type=int, default=1, help="repetitions of each benchmark")
    options = parser.parse_args()
    names = options.names or NAMES
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
        module = importlib.import_module(f"benchmarks.{name}")
        comparison = compare(stored.get(name, {}), repeated(module.figures, "quick", options.runs))
        lines = [f"  not stored yet: {line}" for line in comparison.not_stored]
        lines += [f"  within noise: {line}" for line in comparison.noise]
        lines += [f"  skipped: {line}" for line in comparison.skipped]
        print("\n".join(lines) or "  compared")
        worse += [f"{name}: {line}" for line in comparison.worse]
    if worse:
        raise SystemExit(
            "\n".join(["", f"Beyond the bound, or worse by more than {ALLOWED:.0%}:", *worse])
        )


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
