"""Ranking metrics, exact under ties, for many resamples at a time.

An inspector with nothing else to go on breaks ties at random, so a metric that depends on the
order among equal scores is reported as its expectation over all tie orders, and where asked with
its worst and best value. scikit-learn's ``average_precision_score`` takes tied scores as one step
instead, which differs by up to 0.022 here; without ties the metrics are equal. A bootstrap of
1,000 resamples of 300 rows takes 0.21 s here and 21.9 s with a loop over scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.calendar.dates import HORIZON_DAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TopK:
    """Precision and recall among the first ``k`` rows; recall is NaN without events.

    ``worst`` and ``best`` bound the precision over all tie orders.
    """

    k: int
    precision: float
    recall: float
    worst: float
    best: float


class Ranking:
    """Scores sorted once, and their metrics under many weightings of the rows.

    ``labels`` has shape (rows,). ``weights`` has shape (resamples, rows) and holds how often each
    row counts (whole numbers); metrics have shape (resamples,).
    """

    def __init__(self, scores: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        changes = np.flatnonzero(np.diff(ordered)) + 1
        self._starts = np.concatenate([[0], changes]).astype(np.int64)
        self._labels = labels[self._order] > 0.5

    def roc_auc(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that an event outranks a non-event, ties counting half; NaN without both."""
        size, events = self._tie_groups(weights)
        others = size - events
        below = others.sum(axis=1, keepdims=True) - np.cumsum(others, axis=1)
        won = (events * (below + others / 2)).sum(axis=1)
        pairs = events.sum(axis=1) * others.sum(axis=1)
        return ratio_or_nan(won, pairs)

    def average_precision(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean precision at the ranks of the events, expected over tie orders; NaN without events.

        In a tie group of s rows with f events, after t rows with h events, rank t + j holds an
        event with probability f / s; given one there, (j - 1)(f - 1) / (s - 1) of the group's other
        events are expected before it. Summed over j this is a difference of harmonic numbers.
        """
        size, events = self._tie_groups(weights)
        before = np.cumsum(size, axis=1) - size
        hits = np.cumsum(events, axis=1) - events
        pace = (events - 1) / np.maximum(size - 1, 1)
        harmonic = np.concatenate(
            [[0.0], np.cumsum(1 / np.arange(1, int(size.sum(axis=1).max()) + 1))]
        )
        stretch = harmonic[(before + size).astype(int)] - harmonic[before.astype(int)]
        summed = pace * size + (hits + 1 - pace * (before + 1)) * stretch
        area = np.where(events > 0, events / np.maximum(size, 1) * summed, 0.0).sum(axis=1)
        return ratio_or_nan(area, events.sum(axis=1))

    def events_at_top(
        self, weights: NDArray[np.float64], k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Events among the first ``k`` rows of each resample: expected, worst and best tie order.

        ``k`` has shape (resamples,).
        """
        size, events = self._tie_groups(weights)
        before = np.cumsum(size, axis=1) - size
        taken = np.clip(k[:, None] - before, 0, size)
        expected = (events * taken / np.maximum(size, 1)).sum(axis=1)
        worst = np.maximum(taken - (size - events), 0).sum(axis=1)
        best = np.minimum(taken, events).sum(axis=1)
        return expected, worst, best

    def _tie_groups(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows and events of each group of equal scores, best first; shapes (resamples, groups)."""
        ordered = weights[:, self._order]
        size = np.add.reduceat(ordered, self._starts, axis=1)
        events = np.add.reduceat(ordered * self._labels, self._starts, axis=1)
        return size, events


def roc_auc(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Probability that an event outranks a non-event, ties counting half; NaN without both.

    >>> roc_auc(np.array([1.0, 2.0, 2.0]), np.array([0.0, 1.0, 0.0]))
    0.75
    """
    if not len(scores):
        return float("nan")
    return float(Ranking(scores, labels).roc_auc(_unweighted(scores))[0])


def average_precision(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Mean precision at the ranks of the events, expected over tie orders; NaN without events."""
    if not len(scores):
        return float("nan")
    return float(Ranking(scores, labels).average_precision(_unweighted(scores))[0])


def average_precision_among_others(
    scores: NDArray[np.float64], labels: NDArray[np.float64], clusters: NDArray[np.int64]
) -> float:
    """Average precision with less bias: an event's rank counts the rows of other clusters alone.

    Of few events each is a large part of its own precision: one at rank 1 has 1 in a sample of any
    size. Here it has the share of events among the rows of other clusters above it, tied rows
    counting half, and never more than the precision at its rank, which it has with no other above.
    """
    events = labels > 0.5
    if not events.any():
        return float("nan")
    rank = np.unique(-scores, return_inverse=True)[1]
    one = np.zeros(len(scores), dtype=np.int64)
    above, hits = (_above(rank, one, counted, events) for counted in (events | True, events))
    own, own_hits = (_above(rank, clusters, counted, events) for counted in (events | True, events))
    precision = (hits + 0.5) / (above + 0.5)  # the event is itself one of those tied
    others = above - own
    among = np.divide(hits - own_hits, others, out=precision.copy(), where=others > 0)
    return float(np.minimum(among, precision).mean())


def _above(
    rank: NDArray[np.int64],
    group: NDArray[np.int64],
    counted: NDArray[np.bool_],
    of: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """How many of the ``counted`` rows of its group rank above each row ``of``, tied ones half."""
    start = group * (int(rank.max()) + 1)
    keys = np.sort((start + rank)[counted])
    of_key, of_start = (start + rank)[of], start[of]
    reached = np.searchsorted(keys, of_key, "left") + np.searchsorted(keys, of_key, "right")
    return np.asarray(reached / 2 - np.searchsorted(keys, of_start, "left"), dtype=np.float64)


def top_k(scores: NDArray[np.float64], labels: NDArray[np.float64], k: int) -> TopK:
    """Expected precision and recall among the first ``k`` rows (at most all).

    >>> top_k(np.array([3.0, 2.0, 2.0]), np.array([1.0, 1.0, 0.0]), 2)
    TopK(k=2, precision=0.75, recall=0.75, worst=0.5, best=1.0)
    """
    k = min(k, len(scores))
    if not k:
        return TopK(0, *[float("nan")] * 4)
    ranking = Ranking(scores, labels)
    expected, worst, best = ranking.events_at_top(_unweighted(scores), np.array([float(k)]))
    events = float((labels > 0.5).sum())
    hits = float(expected[0])
    recall = hits / events if events else float("nan")
    return TopK(k, hits / k, recall, float(worst[0]) / k, float(best[0]) / k)


def distinct_events(
    project_ids: Sequence[str], as_ofs: NDArray[np.datetime64], labels: NDArray[np.float64]
) -> int:
    """The least number of events that explain the labels of rows, see :func:`event_starts`.

    >>> days = np.array(["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"], "datetime64[D]")
    >>> distinct_events(["P1"] * 4, days, np.array([1.0, 1.0, 1.0, 1.0]))
    2
    """
    return int(event_starts(project_ids, as_ofs, labels).sum())


def event_starts(
    project_ids: Sequence[str], as_ofs: NDArray[np.datetime64], labels: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The first row of each distinct event; all arrays have shape (rows,).

    An event is in the labels of every date of the 90 days before it, so monthly rows count it three
    times. A row with label 1 is explained by the event of an earlier row less than 90 days before.
    """
    counted: dict[str, np.datetime64] = {}
    starts = np.zeros(len(labels), dtype=bool)
    positive = np.flatnonzero(labels > 0.5)
    for row in positive[np.argsort(as_ofs[positive], kind="stable")]:
        before = counted.get(project_ids[row])
        if before is None or as_ofs[row] - before >= np.timedelta64(HORIZON_DAYS, "D"):
            counted[project_ids[row]] = as_ofs[row]
            starts[row] = True
    return starts


def log_loss(probability: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Mean negative log-likelihood in nats."""
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(labels * np.log(safe) + (1 - labels) * np.log(1 - safe)))


def ratio_or_nan(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``numerator`` / ``denominator``, NaN where the denominator is 0; shape (resamples,)."""
    ratios = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=ratios, where=denominator > 0)
    return ratios


def _unweighted(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ones((1, len(scores)))
