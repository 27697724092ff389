"""Ranking metrics of a contender over several months, with bootstrap intervals.

A new list is made every month, so rankings are compared within a month and then added up: ROC AUC
over all pairs within months, average precision weighted by the events of each month, precision and
recall over all listed rows and all events. Intervals come from resampling contractors with all
their projects and months; figures with fewer than 10 events get none. That of average precision
reaches down to what a large population would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import (
    Estimate,
    Weights,
    concat_batches,
    estimate,
    in_batches,
)
from training.evaluation.calibration import CalibrationReport, calibration_report
from training.evaluation.predictions import Predictions
from training.metrics import Ranking, average_precision_among_others, ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES: Mapping[str, float] = {"5pct": 0.05, "10pct": 0.10, "20pct": 0.20}
CUTS = ("capacity", *SHARES)
"""Lengths of the list at which precision, recall and lift are reported."""

BootstrapMetrics = Mapping[str, "NDArray[np.float64]"]
"""Per metric its value on the sample itself, then on each resample; shape (1 + resamples,)."""


@dataclass(frozen=True)
class TieRange:
    """Precision in the worst and the best order among equal scores."""

    worst: float
    best: float


@dataclass(frozen=True)
class RankingReport:
    """Metrics of one contender by name, their range under ties, and the calibration.

    ``labelled`` is, by cut, the share of the listed rows that were observed within the horizon.
    ``reliability`` is None for a contender without probabilities.
    """

    figures: Mapping[str, Estimate]
    ties: Mapping[str, TieRange]
    labelled: Mapping[str, float]
    reliability: CalibrationReport | None


def ranking_report(
    predictions: Predictions, contender: str, capacity: int, weights: Weights
) -> RankingReport:
    """The report on ``contender`` with ``capacity`` rows on the list of each month.

    ``weights`` as made by :func:`training.evaluation.bootstrap.bootstrap_weights`.
    """
    metrics = bootstrap_metrics(predictions, contender, capacity, weights)
    events, clusters = predictions.events, predictions.event_clusters
    debiased = {"average_precision": precision_among_others(predictions, contender)}
    return RankingReport(
        figures={
            name: estimate(values, events, clusters, debiased.get(name))
            for name, values in metrics.items()
        },
        ties=_tie_ranges(predictions, contender, capacity),
        labelled=_observed_shares(predictions, contender, capacity),
        reliability=None
        if contender not in predictions.probability
        else calibration_of(predictions, contender, predictions.labels, weights),
    )


def calibration_of(
    predictions: Predictions, contender: str, labels: NDArray[np.float64], weights: Weights
) -> CalibrationReport:
    """The calibration of ``contender`` against ``labels``.

    It rests on the rows with a probability: the early months of a holdout have none, so that their
    events say nothing about it.
    """
    probability = predictions.probability[contender]
    known = ~np.isnan(probability)
    events, clusters = predictions.events_of(known), predictions.event_clusters_of(known)
    return calibration_report(probability, labels, weights[1:], events, clusters)


def bootstrap_metrics(
    predictions: Predictions, contender: str, capacity: int, weights: Weights
) -> dict[str, NDArray[np.float64]]:
    """All ranking metrics of ``contender`` for every row of ``weights``."""
    return concat_batches(
        [_metrics(predictions, contender, capacity, batch) for batch in in_batches(weights)]
    )


def difference(
    ours: BootstrapMetrics,
    theirs: BootstrapMetrics,
    metric: str,
    positives: float,
    clusters: int | None = None,
) -> Estimate:
    """``metric`` of ours minus theirs on the same resamples."""
    return estimate(ours[metric] - theirs[metric], positives, clusters)


def precision_among_others(predictions: Predictions, contender: str) -> float:
    """Average precision within months with less bias, from other contractors; NaN without events.

    See :func:`training.metrics.average_precision_among_others`.
    """
    clusters = np.unique(np.asarray(predictions.clusters, dtype=str), return_inverse=True)[1]
    months = [rows for rows in _rows_by_month(predictions) if predictions.labels[rows].any()]
    if not months:
        return float("nan")
    scores, labels = predictions.scores[contender], predictions.labels
    precisions = [
        average_precision_among_others(scores[rows], labels[rows], clusters[rows])
        for rows in months
    ]
    return float(np.average(precisions, weights=[labels[rows].sum() for rows in months]))


def _metrics(
    predictions: Predictions, contender: str, capacity: int, weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    totals: dict[str, NDArray[np.float64]] = {}
    for rows in _rows_by_month(predictions):
        sums = _month_sums(
            predictions.scores[contender][rows],
            predictions.labels[rows],
            capacity,
            weights[:, rows],
        )
        for name, value in sums.items():
            totals[name] = totals.get(name, np.zeros(len(weights))) + value
    return _ratios(totals)


def _rows_by_month(predictions: Predictions) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(predictions.as_ofs == day) for day in np.unique(predictions.as_ofs)]


def _month_sums(
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    capacity: int,
    weights: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The sums of one month from which the metrics over all months are computed."""
    ranking = Ranking(scores, labels)
    rows, events = weights.sum(axis=1), weights @ labels
    pairs = events * (rows - events)
    sums = {
        "rows": rows,
        "events": events,
        "pairs": pairs,
        "won": np.nan_to_num(ranking.roc_auc(weights)) * pairs,
        "area": np.nan_to_num(ranking.average_precision(weights)) * events,
    }
    for cut in CUTS:
        length = _list_length(cut, capacity, rows)
        sums[f"listed_{cut}"] = length
        sums[f"hits_{cut}"] = ranking.events_at_top(weights, length)[0]
    return sums


def _list_length(cut: str, capacity: int, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    if cut == "capacity":
        return np.minimum(float(capacity), rows)
    return np.minimum(np.maximum(np.round(SHARES[cut] * rows), 1.0), rows)


def _ratios(totals: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    if not totals:
        return {}
    rate = ratio_or_nan(totals["events"], totals["rows"])
    metrics = {
        "base_rate": rate,
        "roc_auc": ratio_or_nan(totals["won"], totals["pairs"]),
        "average_precision": ratio_or_nan(totals["area"], totals["events"]),
    }
    for cut in CUTS:
        precision = ratio_or_nan(totals[f"hits_{cut}"], totals[f"listed_{cut}"])
        metrics[f"precision_{cut}"] = precision
        metrics[f"recall_{cut}"] = ratio_or_nan(totals[f"hits_{cut}"], totals["events"])
        metrics[f"lift_{cut}"] = ratio_or_nan(precision, rate)
    return metrics


def _tie_ranges(predictions: Predictions, contender: str, capacity: int) -> dict[str, TieRange]:
    worst, best, listed = (dict.fromkeys(CUTS, 0.0) for _ in range(3))
    for rows in _rows_by_month(predictions):
        ranking = Ranking(predictions.scores[contender][rows], predictions.labels[rows])
        unweighted = np.ones((1, len(rows)))
        for cut in CUTS:
            length = _list_length(cut, capacity, unweighted.sum(axis=1))
            _, low, high = ranking.events_at_top(unweighted, length)
            worst[cut] += float(low[0])
            best[cut] += float(high[0])
            listed[cut] += float(length[0])
    return {
        f"precision_{cut}": TieRange(worst[cut] / listed[cut], best[cut] / listed[cut])
        for cut in CUTS
        if listed[cut]
    }


def _observed_shares(predictions: Predictions, contender: str, capacity: int) -> dict[str, float]:
    """Share of the listed rows that were observed, expected over tie orders."""
    observed = (~np.isnan(predictions.observed)).astype(np.float64)
    hits, listed = dict.fromkeys(CUTS, 0.0), dict.fromkeys(CUTS, 0.0)
    for rows in _rows_by_month(predictions):
        ranking = Ranking(predictions.scores[contender][rows], observed[rows])
        unweighted = np.ones((1, len(rows)))
        for cut in CUTS:
            length = _list_length(cut, capacity, unweighted.sum(axis=1))
            hits[cut] += float(ranking.events_at_top(unweighted, length)[0][0])
            listed[cut] += float(length[0])
    return {cut: hits[cut] / listed[cut] for cut in CUTS if listed[cut]}
