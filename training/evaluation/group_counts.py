"""Counts and rates per group of projects, resampled by contractor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.predictions import Predictions
from training.metrics import ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray


def listed_share(predictions: Predictions, contender: str, capacity: int) -> NDArray[np.float64]:
    """How much of a place each row has on the list of its month, from 0 to 1; ties share places."""
    share = np.zeros(len(predictions.project_ids))
    for month in np.unique(predictions.as_ofs):
        rows = np.flatnonzero(predictions.as_ofs == month)
        _, tie_group, sizes = np.unique(
            -predictions.scores[contender][rows], return_inverse=True, return_counts=True
        )
        before = np.cumsum(sizes) - sizes
        share[rows] = (np.clip(capacity - before, 0, sizes) / sizes)[tie_group]
    return share


class GroupCounts:
    """Counts per row, and their sums over a group, resampled by contractor.

    Columns: rows, listed, hits, events; then rows, probability and events of the rows that have a
    probability.
    """

    def __init__(
        self, predictions: Predictions, listed: NDArray[np.float64], contender: str, seed: int
    ) -> None:
        event = (predictions.labels > 0.5).astype(np.float64)
        probability = predictions.probability.get(contender, np.full(len(event), np.nan))
        known = (~np.isnan(probability)).astype(np.float64)
        counts = (np.ones_like(event), listed, listed * event, event)
        self.columns = np.column_stack([*counts, known, np.nan_to_num(probability), known * event])
        self._predictions = predictions
        names, self.cluster = np.unique(
            np.array(predictions.clusters, dtype=str), return_inverse=True
        )
        self._weights = bootstrap_weights(names.tolist(), seed=seed).astype(np.float64)

    def sums(self, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Sums over ``rows`` in the sample and its resamples; shape (1 + resamples, columns)."""
        by_cluster = np.zeros((self._weights.shape[1], self.columns.shape[1]))
        np.add.at(by_cluster, self.cluster[rows], self.columns[rows])
        return self._weights @ by_cluster

    def events(self, rows: NDArray[np.bool_]) -> int:
        """Number of distinct events of ``rows``: one counts in up to three months."""
        return self._predictions.events_of(rows)

    def known_events(self, rows: NDArray[np.bool_]) -> int:
        """The same of the rows that have a probability."""
        return self.events(rows & (self.columns[:, 4] > 0))


def canonical_order(predictions: Predictions) -> Predictions:
    """The rows ordered by date and project, so that sums of fractions repeat to the bit."""
    order = np.lexsort((np.array(predictions.project_ids, dtype=str), predictions.as_ofs))
    return predictions.take(order)


def group_metrics(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Metrics of a group by name from :meth:`GroupCounts.sums`; shape (1 + resamples,) each."""
    rows, listed, hits, events, known, probability, known_events = sums.T
    return {
        "selection_rate": ratio_or_nan(listed, rows),
        "precision": ratio_or_nan(hits, listed),
        "recall": ratio_or_nan(hits, events),
        "calibration": ratio_or_nan(probability - known_events, known),
        "ratio": ratio_or_nan(probability, known_events),
        "observed_rate": ratio_or_nan(events, rows),
        "known_rate": ratio_or_nan(known_events, known),
    }
