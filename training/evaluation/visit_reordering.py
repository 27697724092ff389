"""The visits really made, in the order of a score: how much sooner would arrears be found?

The visited projects and the days of visits stay the same within each quarter; only the order of the
projects changes, by their score at the beginning of the quarter. Source: the evaluation of
Chicago's food inspections, "Food Inspections Evaluation", 2015, which found critical violations
7.5 days earlier. As there, arrears are assumed to exist already on the earlier day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import add_months
from training.dataset.observation import Inspection
from training.evaluation.baselines import RULES
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights, estimate
from training.evaluation.predictions import MODEL, Predictions
from training.metrics import ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_MONTHS = 3


@dataclass(frozen=True)
class ReorderedVisits:
    """One order: mean days sooner per visit that found arrears, and how many of these come first.

    ``first_half`` is the share of visits with arrears in the first half of their quarter's visits;
    ``made_first_half`` the same share in the real order.
    """

    visits: int
    found: int
    days_sooner: Estimate
    first_half: Estimate
    made_first_half: Estimate


@dataclass(frozen=True)
class _Moves:
    """Per visit: days it moves forward, and its relative rank in the quarter before and after."""

    cluster: list[str]
    arrears_found: list[bool]
    days_sooner: list[float]
    rank_before: list[float]
    rank_after: list[float]


Window = tuple[dt.date, dt.date]


def reorder_visits(
    predictions: Predictions,
    inspections: Sequence[Inspection],
    contenders: Sequence[str] = (MODEL, RULES),
    seed: int = SEED,
) -> Mapping[str, ReorderedVisits]:
    """The visits of every whole quarter of the walk, in the order of each contender."""
    months = predictions.months()
    starts = months[::WINDOW_MONTHS][: len(months) // WINDOW_MONTHS]
    windows = [(start, add_months(start, WINDOW_MONTHS)) for start in starts]
    return {
        name: reorder_within(predictions, inspections, windows, name, seed) for name in contenders
    }


def reorder_within(
    predictions: Predictions,
    inspections: Sequence[Inspection],
    windows: Sequence[Window],
    contender: str,
    seed: int = SEED,
) -> ReorderedVisits:
    """The visits of each window [start, stop) in the order of ``contender`` at its start."""
    moves = _Moves([], [], [], [], [])
    random = np.random.default_rng(seed)
    for window in windows:
        _append_moves(predictions, inspections, window, contender, random, moves)
    return _summary(moves, seed)


def _append_moves(
    predictions: Predictions,
    inspections: Sequence[Inspection],
    window: Window,
    contender: str,
    random: np.random.Generator,
    moves: _Moves,
) -> None:
    start, stop = window
    rows = np.flatnonzero(predictions.as_ofs == np.datetime64(start))
    row_of = {predictions.project_ids[row]: row for row in rows}
    within = (v for v in inspections if start <= v.on < stop and v.project_id in row_of)
    made = sorted(within, key=lambda visit: visit.on)
    made_rows = np.array([row_of[visit.project_id] for visit in made], dtype=np.int64)
    score = predictions.scores[contender][made_rows]
    order = np.lexsort((random.random(len(made)), -score))
    for rank, number in enumerate(order):
        moves.cluster.append(predictions.clusters[made_rows[number]])
        moves.arrears_found.append(made[number].arrears_found)
        moves.days_sooner.append(float((made[number].on - made[rank].on).days))
        moves.rank_before.append((number + 0.5) / len(made))
        moves.rank_after.append((rank + 0.5) / len(made))


def _summary(moves: _Moves, seed: int) -> ReorderedVisits:
    found = np.array(moves.arrears_found, dtype=np.float64)
    weights = bootstrap_weights(moves.cluster, seed=seed) * found

    def mean(values: NDArray[np.float64]) -> Estimate:
        return estimate(ratio_or_nan(weights @ values, weights.sum(axis=1)), float(found.sum()))

    return ReorderedVisits(
        visits=len(found),
        found=int(found.sum()),
        days_sooner=mean(np.array(moves.days_sooner)),
        first_half=mean((np.array(moves.rank_after) < 0.5).astype(np.float64)),
        made_first_half=mean((np.array(moves.rank_before) < 0.5).astype(np.float64)),
    )
