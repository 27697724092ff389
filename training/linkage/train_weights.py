"""Trains the shipped weights of complaint linkage on simulated counties.

Usage: python -m training.linkage.train_weights

Writes ``models/linkage/weights.toml``, the prior that a county's own complaints adapt.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.linkage.conditional_logit import Weights, fit
from models.linkage.linker import training_examples
from models.linkage.similarity import NONE_FEATURES, PAIR_FEATURES
from models.linkage.snapshot import read_snapshot
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace

if TYPE_CHECKING:
    from models.linkage.linker import Examples

SEEDS = (101, 102, 103, 104, 105, 106)
PROJECTS, MONTHS = 1000, 36
AS_OF = dt.date(2026, 1, 1)
RIDGE = 0.5
FILE = Path(__file__).parents[2] / "models" / "linkage" / "weights.toml"

_HEAD = """\
# Weights of the candidates a complaint may mean, and of none of them (last three).
# Made by: python -m training.linkage.train_weights
# From simulated counties, {projects} projects and {months} months each, seeds {seeds}.
"""


def simulated_store(folder: Path, seed: int) -> Path:
    """The record store of one simulated county."""
    simulate(folder / "records", projects=PROJECTS, months=MONTHS, seed=seed)
    workspace = Workspace(folder / "workspace")
    import_paths(workspace, [folder / "records"], today=AS_OF)
    return workspace.records


def train_shipped_weights(seeds: tuple[int, ...] = SEEDS) -> dict[str, Weights]:
    """Weights by kind, from the complaints of all counties that name their project."""
    collected: dict[str, list[Examples]] = {"project": [], "organisation": []}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = simulated_store(Path(folder), seed)
            with RecordStore(path, read_only=True) as store:
                known = read_snapshot(store, AS_OF, dt.date(2000, 1, 1))
            for kind, parts in collected.items():
                parts.append(training_examples(known, kind))
    return {kind: _fit(parts) for kind, parts in collected.items()}


def _fit(collected: list[Examples]) -> Weights:
    parts, real, meant = (np.concatenate([part[n] for part in collected]) for n in range(3))
    return fit(parts, real, meant, prior_strength=RIDGE)


def to_toml(weights: dict[str, Weights]) -> str:
    """The text of the weights file."""
    seeds = ", ".join(str(seed) for seed in SEEDS)
    lines = [_HEAD.format(projects=PROJECTS, months=MONTHS, seeds=seeds)]
    for kind, fitted in weights.items():
        lines += [f"[{kind}]", f"learnt_from = {fitted.learnt_from}"]
        named = zip((*PAIR_FEATURES, *NONE_FEATURES), fitted.values, strict=True)
        lines += [f"{name} = {value}" for name, value in named] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(to_toml(train_shipped_weights()), encoding="utf-8")
