"""Whether a ratio has become worse since the figures of this release were kept.

Usage: python -m benchmarks.check [NAME ...]

Runs the quick sizes again. A ratio more than 20 % worse than the kept one is listed and the
command fails, and so it does where a kept benchmark cannot run; name those to be looked at to leave
others out. A ratio that was never kept is only said. Seconds and MB are not compared: they depend
on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.every import NAMES, missing, ready
from benchmarks.measuring import KEPT, Figure, release

ALLOWED = 0.20
"""How much worse a ratio may be, as a share of the kept one."""


@dataclass(frozen=True)
class Comparison:
    """The lines about ratios that are worse, those never kept, and those not to be had here."""

    worse: tuple[str, ...]
    unkept: tuple[str, ...]
    left_out: tuple[str, ...]


def compare(
    kept: Mapping[str, Mapping[str, Any]],
    figures: Sequence[Figure],
    environment: Mapping[str, str] = os.environ,
) -> Comparison:
    """``figures`` of one benchmark against those ``kept`` of it, name to figure as JSON.

    A kept ratio that is not measured any more counts as worse: else a figure could be lost. Only
    one that needs what the ``environment`` does not name is left out. Ratios that are neither
    better high nor low are not compared.
    """
    judged = [one for one in figures if one.unit == "ratio" and one.better != "neither"]
    worse = [
        f"{one.name}: {one.value:.3f}, kept {kept[one.name]['value']:.3f}"
        f" ({_loss(one, kept[one.name]['value']):.0%} worse)"
        for one in judged
        if one.name in kept and _loss(one, kept[one.name]["value"]) > ALLOWED
    ]
    measured = {one.name for one in figures}
    gone = [one for name, one in kept.items() if one["unit"] == "ratio" and name not in measured]
    lacking = [one for one in gone if one["needs"] and not environment.get(one["needs"])]
    worse += [
        f"{one['name']}: kept {one['value']:.3f}, not measured now"
        for one in gone
        if one not in lacking
    ]
    unkept = [f"{one.name}: {one.value:.3f}" for one in judged if one.name not in kept]
    left_out = [f"{one['name']}: {one['needs']} is not set" for one in lacking]
    return Comparison(tuple(worse), tuple(unkept), tuple(left_out))


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
    kept = _kept()
    worse = [
        f"{name}: kept, but {why}" for name in names if name in kept and (why := missing(name))
    ]
    for name in (one for one in ready() if one in names):
        print(f"\n{name}", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").figures("quick")
        found = compare(kept.get(name, {}), figures)
        said = [f"  not kept yet: {line}" for line in found.unkept]
        said += [f"  left out: {line}" for line in found.left_out]
        print("\n".join(said) or "  compared")
        worse += [f"{name}: {line}" for line in found.worse]
    if worse:
        raise SystemExit("\n".join(["", f"Worse by more than {ALLOWED:.0%}:", *worse]))


def _kept() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The quick figures kept of this release, by benchmark and name.

    Raises:
        SystemExit: there are none: nothing would be compared.
    """
    path = KEPT / f"{release()}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = kept.get("quick", {})
    if not found:
        raise SystemExit(f"nothing to compare with in {path.name}: make bench KEEP=1 keeps figures")
    return found


if __name__ == "__main__":
    main()
