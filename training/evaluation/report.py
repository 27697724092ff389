"""How good each contender's lists were, with intervals, over the months they were made in.

A list is made anew every month, so a ranking is judged within its month and the months are added
up: ROC AUC over all pairs of one month, average precision weighted by each month's events,
precision and recall over all places and all events. An interval comes from resampling contractors
with all their projects and months; figures behind which fewer than 10 events stand get none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import (
    DRAWS,
    Estimate,
    Weights,
    a_few_draws,
    cluster_weights,
    estimate,
    joined,
)
from training.evaluation.calibration import Reliability, reliability
from training.evaluation.metrics import Ranking
from training.evaluation.predictions import Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES: Mapping[str, float] = {"5pct": 0.05, "10pct": 0.10, "20pct": 0.20}
CUTS = ("capacity", *SHARES)

Drawn = Mapping[str, "NDArray[np.float64]"]
"""Per figure its value on the rows as they are, then on each resample; shape (1 + draws,)."""


@dataclass(frozen=True)
class TieRange:
    """The precision in the worst and the best order among equal scores."""

    worst: float
    best: float


@dataclass(frozen=True)
class Verdict:
    """One contender: figures by name, what ties could do to the precisions, its probabilities.

    ``labelled`` is the share of its places, by cut, where somebody looked within the horizon.
    """

    figures: Mapping[str, Estimate]
    ties: Mapping[str, TieRange]
    labelled: Mapping[str, float]
    reliability: Reliability | None


def resamples(judged: Judged, draws: int = DRAWS, seed: int = 0) -> Weights:
    """The rows as they are, then ``draws`` resamples of contractors; shape (1 + draws, rows).

    Small whole numbers, kept small: a province has 300,000 rows.
    """
    drawn = cluster_weights(judged.clusters, draws, seed)
    return np.concatenate([np.ones((1, len(judged.clusters)), dtype=drawn.dtype), drawn])


def verdict(judged: Judged, contender: str, places: int, weights: Weights) -> Verdict:
    """The figures of ``contender`` with ``places`` on each month's list."""
    drawn = figures_drawn(judged, contender, places, weights)
    events = float(judged.happened.sum())
    said = judged.probability.get(contender)
    return Verdict(
        figures={name: estimate(float(all_[0]), all_[1:], events) for name, all_ in drawn.items()},
        ties=_tie_ranges(judged, contender, places),
        labelled=_labelled(judged, contender, places),
        reliability=None if said is None else reliability(said, judged.happened, weights[1:]),
    )


def figures_drawn(
    judged: Judged, contender: str, places: int, weights: Weights
) -> dict[str, NDArray[np.float64]]:
    """All figures of ``contender`` for every row of ``weights``."""
    return joined([_drawn(judged, contender, places, part) for part in a_few_draws(weights)])


def _drawn(
    judged: Judged, contender: str, places: int, weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    totals: dict[str, NDArray[np.float64]] = {}
    for rows in _by_month(judged):
        month = _month(
            judged.scores[contender][rows], judged.happened[rows], places, weights[:, rows]
        )
        for name, value in month.items():
            totals[name] = totals.get(name, np.zeros(len(weights))) + value
    return _shares(totals)


def difference(ours: Drawn, theirs: Drawn, figure: str, positives: float) -> Estimate:
    """Ours minus theirs on the same resamples."""
    gap = ours[figure] - theirs[figure]
    return estimate(float(gap[0]), gap[1:], positives)


def _by_month(judged: Judged) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(judged.as_ofs == day) for day in np.unique(judged.as_ofs)]


def _month(
    score: NDArray[np.float64],
    happened: NDArray[np.float64],
    places: int,
    weights: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The sums of one month that the figures over all months are made from."""
    ranking = Ranking(score, happened)
    rows, events = weights.sum(axis=1), weights @ happened
    pairs = events * (rows - events)
    out = {
        "rows": rows,
        "events": events,
        "pairs": pairs,
        "won": np.nan_to_num(ranking.roc_auc(weights)) * pairs,
        "area": np.nan_to_num(ranking.average_precision(weights)) * events,
    }
    for cut in CUTS:
        taken = _places(cut, places, rows)
        out[f"places_{cut}"] = taken
        out[f"found_{cut}"] = ranking.found_at_top(weights, taken)[0]
    return out


def _places(cut: str, places: int, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    if cut == "capacity":
        return np.minimum(float(places), rows)
    return np.minimum(np.maximum(np.round(SHARES[cut] * rows), 1.0), rows)


def _shares(totals: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    if not totals:
        return {}
    rate = _ratio(totals["events"], totals["rows"])
    out = {
        "base_rate": rate,
        "roc_auc": _ratio(totals["won"], totals["pairs"]),
        "average_precision": _ratio(totals["area"], totals["events"]),
    }
    for cut in CUTS:
        precision = _ratio(totals[f"found_{cut}"], totals[f"places_{cut}"])
        out[f"precision_{cut}"] = precision
        out[f"recall_{cut}"] = _ratio(totals[f"found_{cut}"], totals["events"])
        out[f"lift_{cut}"] = _ratio(precision, rate)
    return out


def _tie_ranges(judged: Judged, contender: str, places: int) -> dict[str, TieRange]:
    worst, best, taken = (dict.fromkeys(CUTS, 0.0) for _ in range(3))
    for rows in _by_month(judged):
        ranking = Ranking(judged.scores[contender][rows], judged.happened[rows])
        once = np.ones((1, len(rows)))
        for cut in CUTS:
            count = _places(cut, places, once.sum(axis=1))
            _, low, high = ranking.found_at_top(once, count)
            worst[cut] += float(low[0])
            best[cut] += float(high[0])
            taken[cut] += float(count[0])
    return {
        f"precision_{cut}": TieRange(worst[cut] / taken[cut], best[cut] / taken[cut])
        for cut in CUTS
        if taken[cut]
    }


def _labelled(judged: Judged, contender: str, places: int) -> dict[str, float]:
    """Share of the places where the outcome is known, expected over tie orders."""
    looked = (~np.isnan(judged.outcome)).astype(np.float64)
    found, taken = dict.fromkeys(CUTS, 0.0), dict.fromkeys(CUTS, 0.0)
    for rows in _by_month(judged):
        ranking = Ranking(judged.scores[contender][rows], looked[rows])
        once = np.ones((1, len(rows)))
        for cut in CUTS:
            count = _places(cut, places, once.sum(axis=1))
            found[cut] += float(ranking.found_at_top(once, count)[0][0])
            taken[cut] += float(count[0])
    return {cut: found[cut] / taken[cut] for cut in CUTS if taken[cut]}


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
