"""Whether a ratio has become worse since the figures of this release were kept.

Usage: python -m benchmarks.check [NAME ...]

Runs the quick sizes again. A ratio more than 20 % worse than the kept one is listed and the
command fails; a ratio that was never kept is only said. Seconds and MB are not compared: they
depend on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.every import NAMES, ready
from benchmarks.measuring import KEPT, Figure, release

ALLOWED = 0.20
"""How much worse a ratio may be, as a share of the kept one."""


@dataclass(frozen=True)
class Comparison:
    """The lines about ratios that are worse, and about those that were never kept."""

    worse: tuple[str, ...]
    unkept: tuple[str, ...]


def compare(kept: Mapping[str, Mapping[str, Any]], figures: Sequence[Figure]) -> Comparison:
    """``figures`` of one benchmark against those ``kept`` of it, name to figure as JSON.

    A kept ratio that is not measured any more counts as worse: else a figure could be lost.
    Ratios that are neither better high nor low are not compared.
    """
    judged = [one for one in figures if one.unit == "ratio" and one.better != "neither"]
    worse = [
        f"{one.name}: {one.value:.3f}, kept {kept[one.name]['value']:.3f}"
        f" ({_loss(one, kept[one.name]['value']):.0%} worse)"
        for one in judged
        if one.name in kept and _loss(one, kept[one.name]["value"]) > ALLOWED
    ]
    measured = {one.name for one in figures}
    worse += [
        f"{name}: kept {one['value']:.3f}, not measured now"
        for name, one in kept.items()
        if one["unit"] == "ratio" and name not in measured
    ]
    unkept = [f"{one.name}: {one.value:.3f}" for one in judged if one.name not in kept]
    return Comparison(tuple(worse), tuple(unkept))


def _loss(figure: Figure, kept: float) -> float:
    """How much worse ``figure`` is than ``kept``, as a share of it; below 0 is better."""
    change = (figure.value - kept) / kept
    return -change if figure.better == "higher" else change


def main() -> None:
    """Measure, compare, say; fails where a ratio is worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    names = parser.parse_args().names or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    kept, worse = _kept(), []
    for name in (one for one in ready() if one in names):
        print(f"\n{name}", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").figures("quick")
        found = compare(kept.get(name, {}), figures)
        print("\n".join(f"  not kept yet: {line}" for line in found.unkept) or "  compared")
        worse += [f"{name}: {line}" for line in found.worse]
    if worse:
        raise SystemExit("\n".join(["", f"Worse by more than {ALLOWED:.0%}:", *worse]))


def _kept() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    path = KEPT / f"{release()}.json"
    if not path.exists():
        print(f"no figures are kept yet for this release ({path.name}): make bench KEEP=1")
        return {}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = kept.get("quick", {})
    return found


if __name__ == "__main__":
    main()
