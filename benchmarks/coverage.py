"""How often the 95 % intervals of a backtest contain the truth, by simulation.

Usage: python -m benchmarks.coverage --out FILE.md [--repetitions 300]

Contractors of one to many projects, whose risks are alike, over twelve months; an event is in the
labels of three months, as with a horizon of 90 days. Scores know the risk in part. The truth is the
figure of a population of 60,000 contractors; intervals are those of ``wagewatch backtest``. Average
precision is higher in small samples, so its intervals are held against their mean as well.

A second table has worlds with fewer than ten events, whose expected and observed numbers ``check``
compares exactly: how often right probabilities are called wrong, and how often such as are too high
by a factor.
"""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from risk.calendar.dates import add_months
from training.evaluation.bootstrap import Estimate, bootstrap_weights
from training.evaluation.calibration import RATIO_ALLOWED, calibration_report
from training.evaluation.few_events import few_events
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import ranking_report
from training.metrics import average_precision, distinct_events, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

MONTHS, HORIZON_MONTHS = 12, 3
HAZARD = 0.008
"""Events of a project of middling risk in a month."""
CONTRACTORS = (42, 84)
"""They have about 37 and 74 events, half of them any."""
POPULATION = 60_000
FIRST_SEED = 20_001
"""The way the intervals are made was chosen on other seeds."""
CAPACITY = 20
FIGURES = ("roc_auc", "average_precision", "ratio", "slope")
FEW_CONTRACTORS = (6, 12)
FACTORS = (1, 2, 3, 5)
"""Of the probabilities; 1 are right ones."""
_FIRST = dt.date(2024, 1, 1)


@dataclass(frozen=True)
class World:
    """Rows of all projects and months: contractor, score, probability, label, month."""

    contractor: NDArray[np.int64]
    project: NDArray[np.int64]
    month: NDArray[np.int64]
    scores: NDArray[np.float64]
    chances: NDArray[np.float64]
    labels: NDArray[np.float64]


def main() -> None:
    """Simulate and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repetitions", type=int, default=300)
    options = parser.parse_args()
    truth = figures_of(world(POPULATION, np.random.default_rng(0)))
    heads = ["contractors", "events", *FIGURES, "average_precision, mean of such samples"]
    lines = [row(heads), row(["---"] * len(heads))]
    for contractors in CONTRACTORS:
        found = [
            estimates_of(world(contractors, np.random.default_rng(seed)))
            for seed in range(FIRST_SEED, FIRST_SEED + options.repetitions)
        ]
        events = np.mean([one["roc_auc"].positives for one in found])
        shares = [covered([one[figure] for one in found], truth[figure]) for figure in FIGURES]
        precisions = [one["average_precision"] for one in found]
        shares.append(covered(precisions, float(np.mean([one.value for one in precisions]))))
        lines.append(
            row([str(contractors), f"{events:.0f}", *(f"{100 * one:.1f} %" for one in shares)])
        )
    lines += ["", *few_events_table(options.repetitions, truth["ratio"])]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def few_events_table(repetitions: int, ratio: float) -> list[str]:
    """How often worlds with few events are called wrong, by the factor of their probabilities.

    ``ratio`` is that of expected to observed events in the population.
    """
    heads = ["contractors", "worlds", "events", *(f"{factor} times" for factor in FACTORS)]
    lines = [row(heads), row(["---"] * len(heads))]
    for contractors in FEW_CONTRACTORS:
        seeds = range(FIRST_SEED, FIRST_SEED + repetitions)
        worlds = [world(contractors, np.random.default_rng(seed)) for seed in seeds]
        counts = [distinct_events(*keys_of(one), one.labels) for one in worlds]
        few = [one for one, count in zip(worlds, counts, strict=True) if count < 10]
        mean = np.mean([count for count in counts if count < 10])
        shares = [
            np.mean([is_called_wrong(one, factor / ratio) for one in few]) for factor in FACTORS
        ]
        cells = [str(contractors), str(len(few)), f"{mean:.1f}"]
        lines.append(row([*cells, *(f"{100 * share:.1f} %" for share in shares)]))
    return lines


def is_called_wrong(one: World, factor: float) -> bool:
    """Whether the probabilities of a world, times ``factor``, are called wrong."""
    clusters = [f"C{number}" for number in one.contractor]
    return few_events(one.chances * factor, one.labels, clusters).is_outside(*RATIO_ALLOWED)


def keys_of(one: World) -> tuple[tuple[str, ...], NDArray[np.datetime64]]:
    """The projects and dates of the rows."""
    days = np.array([add_months(_FIRST, n) for n in range(MONTHS)], dtype="datetime64[D]")
    return tuple(f"P{number}" for number in one.project), days[one.month]


def world(contractors: int, random: np.random.Generator) -> World:
    """A world of so many contractors."""
    projects = 1 + random.poisson(1.5, contractors) * random.integers(1, 4, contractors)
    owner = np.repeat(np.arange(contractors), projects)
    risk = 0.7 * random.normal(size=contractors)[owner] + 0.9 * random.normal(size=len(owner))
    drift = 0.4 * random.normal(size=(len(owner), MONTHS + HORIZON_MONTHS - 1))
    hazard = HAZARD * np.exp(risk[:, None] + drift)
    happened = random.random(hazard.shape) < hazard
    labels = np.any([happened[:, n : n + MONTHS] for n in range(HORIZON_MONTHS)], axis=0)
    scores = risk[:, None] + 0.8 * random.normal(size=(len(owner), 1)) + drift[:, :MONTHS] / 2
    return World(
        np.repeat(owner, MONTHS),
        np.repeat(np.arange(len(owner)), MONTHS),
        np.tile(np.arange(MONTHS), len(owner)),
        scores.ravel(),
        1 / (1 + np.exp(-(0.7 * scores.ravel() - 3.4))),
        labels.ravel().astype(np.float64),
    )


def estimates_of(one: World) -> dict[str, Estimate]:
    """The figures of :data:`FIGURES` with their intervals."""
    names, as_ofs = keys_of(one)
    clusters = tuple(f"C{number}" for number in one.contractor)
    nothing = np.full(len(names), np.nan)
    predictions = Predictions(
        as_ofs, names, clusters, one.labels, one.labels,
        {MODEL: one.scores}, {MODEL: one.chances}, {}, nothing, nothing,
    )  # fmt: skip
    weights = bootstrap_weights(clusters)
    ranking = ranking_report(predictions, MODEL, CAPACITY, weights).figures
    events, with_event = predictions.events, predictions.event_clusters
    calibration = calibration_report(one.chances, one.labels, weights[1:], events, with_event)
    return {
        "roc_auc": ranking["roc_auc"],
        "average_precision": ranking["average_precision"],
        "ratio": calibration.ratio,
        "slope": calibration.slope,
    }


def figures_of(one: World) -> dict[str, float]:
    """The figures themselves, of a world that is large."""
    months = [one.month == number for number in range(MONTHS)]
    report = calibration_report(
        one.chances, one.labels, np.zeros((0, len(one.labels)), dtype=np.uint16)
    )
    return {
        "roc_auc": float(np.mean([roc_auc(one.scores[m], one.labels[m]) for m in months])),
        "average_precision": float(
            np.mean([average_precision(one.scores[m], one.labels[m]) for m in months])
        ),
        "ratio": report.ratio.value,
        "slope": report.slope.value,
    }


def covered(found: list[Estimate], truth: float) -> float:
    """The share of the intervals that contain ``truth``, of those that were given."""
    given = [(one.low, one.high) for one in found if one.low is not None and one.high is not None]
    return float(np.mean([low <= truth <= high for low, high in given]))


if __name__ == "__main__":
    main()
